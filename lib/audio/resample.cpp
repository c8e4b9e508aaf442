#include "audio/resample.h"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <array>

#include "audio/speex_memory.h"
#include "base/secure.h"

namespace voxlock::audio {
namespace {

void flush(SpeexResamplerState* state) {
  // Filter memory and the block before it, at the longest filter libspeexdsp makes (quality 10 by
  // 6).
  constexpr size_t kLongestMemory = 256 * 6 + 512;
  std::array<spx_int16_t, 256> silence{};
  std::array<spx_int16_t, 256 * 6 + 8> dropped{};
  for (size_t fed = 0; fed < kLongestMemory; fed += silence.size()) {
    auto in_samples = static_cast<spx_uint32_t>(silence.size());
    auto out_samples = static_cast<spx_uint32_t>(dropped.size());
    (void)speex_resampler_process_int(state, 0, silence.data(), &in_samples, dropped.data(),
                                      &out_samples);
  }
  secure::wipe(Pcm(dropped));
}

}  // namespace

void Resample::Deleter::operator()(SpeexResamplerState_* state) const noexcept {
  if constexpr (!beneath::kIsPrivate) flush(state);
  speex_resampler_destroy(state);
}

Result<Resample> Resample::create(std::pmr::memory_resource& memory, const ResampleConfig& config,
                                  uint32_t in_rate) {
  if (!is_rate(config.out_rate)) return Status::ERR_AUDIO_RESAMPLE_RATE;
  if (config.quality > SPEEX_RESAMPLER_QUALITY_MAX) return Status::ERR_AUDIO_RESAMPLE_QUALITY;
  if (config.out_rate == in_rate) return Resample(nullptr);
  const auto make = [&] {
    int error = RESAMPLER_ERR_SUCCESS;
    return speex_resampler_init(1, in_rate, config.out_rate, static_cast<int>(config.quality),
                                &error);
  };
  VOXLOCK_TRY(SpeexResamplerState* const made, make_speex(memory, make, speex_resampler_destroy));
  State state(made);
  if (state == nullptr) return Status::ERR_NO_MEMORY;
  return Resample(std::move(state));
}

uint32_t Resample::latency_samples() const {
  return state_ == nullptr
             ? 0
             : static_cast<uint32_t>(speex_resampler_get_output_latency(state_.get()));
}

bool Resample::process(PcmView in, Pcm out) {
  if (state_ == nullptr) {
    std::copy(in.begin(), in.end(), out.begin());
    return true;
  }
  auto in_samples = static_cast<spx_uint32_t>(in.size());
  auto out_samples = static_cast<spx_uint32_t>(out.size());
  const int error = speex_resampler_process_int(state_.get(), 0, in.data(), &in_samples, out.data(),
                                                &out_samples);
  if (error == RESAMPLER_ERR_SUCCESS && in_samples == in.size() && out_samples == out.size())
    return true;
  std::fill(
      out.begin() + static_cast<std::ptrdiff_t>(error == RESAMPLER_ERR_SUCCESS ? out_samples : 0),
      out.end(), int16_t{0});
  return false;
}

}  // namespace voxlock::audio
