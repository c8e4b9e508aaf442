#include "audio/stage.h"

#include <type_traits>
#include <utility>

#include "base/secure.h"

namespace voxlock::audio {
namespace {

template <typename Work>
uint32_t latency_of(const Work& work) {
  if constexpr (std::is_same_v<Work, Gain>) {
    return 0;
  } else {
    return work.latency_samples();
  }
}

}  // namespace

Stage::Stage(const StageConfig& config, Input input, Work work)
    : kind_(config.kind),
      output_rate_(config.kind == StageKind::kResample ? config.resample.out_rate
                                                       : input.sample_rate),
      changes_rate_(output_rate_ != input.sample_rate),
      work_(std::move(work)) {
  stats_.latency_samples = std::visit([](const auto& w) { return latency_of(w); }, work_);
}

Result<Stage> Stage::create(std::pmr::memory_resource& memory, const StageConfig& config,
                            Input input) {
  switch (config.kind) {
    case StageKind::kGain: {
      VOXLOCK_TRY(Gain work, Gain::create(config.gain));
      return Stage(config, input, work);
    }
    case StageKind::kDenoise: {
      VOXLOCK_TRY(Denoise work, Denoise::create(memory, config.denoise, input.sample_rate));
      return Stage(config, input, Framed<Denoise>(memory, std::move(work), input.block));
    }
    case StageKind::kHost: {
      VOXLOCK_TRY(HostStage work, HostStage::create(memory, config.host, input.sample_rate));
      return Stage(config, input, Framed<HostStage>(memory, std::move(work), input.block));
    }
    case StageKind::kResample: {
      VOXLOCK_TRY(Resample work, Resample::create(memory, config.resample, input.sample_rate));
      return Stage(config, input, std::move(work));
    }
  }
  return Status::ERR_AUDIO_STAGE_KIND;
}

size_t Stage::stack_depth() const {
  // Measured: libspeexdsp's denoiser takes 0.7 KiB of stack, its resampler 4.2 KiB. What a host's
  // code takes it alone knows; 64 KiB hold all codecs and filters that we know.
  constexpr size_t kLibrary = 8 * 1024;
  constexpr size_t kHost = 64 * 1024;
  switch (kind_) {
    case StageKind::kGain:
      return secure::kShallowStack;
    case StageKind::kDenoise:
    case StageKind::kResample:
      return kLibrary;
    case StageKind::kHost:
      return kHost;
  }
  return kHost;
}

void Stage::process(Pcm pcm) {
  stats_.samples += pcm.size();
  if (auto* gain = std::get_if<Gain>(&work_)) {
    gain->process(pcm);
    ++stats_.frames;
  } else if (auto* denoise = std::get_if<Framed<Denoise>>(&work_)) {
    denoise->process(pcm, stats_.frames, stats_.bypassed_frames);
  } else if (auto* host = std::get_if<Framed<HostStage>>(&work_)) {
    host->process(pcm, stats_.frames, stats_.bypassed_frames);
  } else {
    // A resampler between equal rates: the audio is right as it is.
    ++stats_.frames;
  }
}

void Stage::resample(PcmView in, Pcm out) {
  stats_.samples += in.size();
  ++(std::get<Resample>(work_).process(in, out) ? stats_.frames : stats_.bypassed_frames);
}

}  // namespace voxlock::audio
