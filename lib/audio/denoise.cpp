#include "audio/denoise.h"

#include <speex/speex_preprocess.h>

#include <algorithm>
#include <array>

#include "audio/speex_memory.h"
#include "base/secure.h"

namespace voxlock::audio {
namespace {

constexpr uint32_t kMaxFrameMs = 20;
constexpr size_t kMaxFrameSamples = 48000 / 1000 * kMaxFrameMs;

void set_option(SpeexPreprocessState* state, int option, spx_int32_t value) {
  (void)speex_preprocess_ctl(state, option, &value);
}

}  // namespace

void Denoise::Deleter::operator()(SpeexPreprocessState_* state) const noexcept {
  if constexpr (!beneath::kIsPrivate) {
    // Two frames fill input and output overlap, the third moves the last trace out of the output.
    std::array<spx_int16_t, kMaxFrameSamples> silence;
    for (int i = 0; i < 3; ++i) {
      silence.fill(0);
      (void)speex_preprocess_run(state, silence.data());
    }
    secure::wipe(Pcm(silence));
  }
  speex_preprocess_state_destroy(state);
}

Result<Denoise> Denoise::create(std::pmr::memory_resource& memory, const DenoiseConfig& config,
                                uint32_t sample_rate) {
  if (config.attenuation_db < 1 || config.attenuation_db > 45) return Status::ERR_AUDIO_ATTENUATION;
  if (config.frame_ms != 10 && config.frame_ms != kMaxFrameMs) return Status::ERR_AUDIO_STAGE_FRAME;
  const uint32_t frame_samples = sample_rate / 1000 * config.frame_ms;
  const auto make = [&] {
    return speex_preprocess_state_init(static_cast<int>(frame_samples),
                                       static_cast<int>(sample_rate));
  };
  VOXLOCK_TRY(SpeexPreprocessState* const made,
              make_speex(memory, make, speex_preprocess_state_destroy));
  State state(made, Deleter{frame_samples});
  if (state == nullptr) return Status::ERR_NO_MEMORY;
  set_option(state.get(), SPEEX_PREPROCESS_SET_DENOISE, 1);
  set_option(state.get(), SPEEX_PREPROCESS_SET_NOISE_SUPPRESS,
             -static_cast<spx_int32_t>(config.attenuation_db));
  set_option(state.get(), SPEEX_PREPROCESS_SET_AGC, 0);
  set_option(state.get(), SPEEX_PREPROCESS_SET_DEREVERB, 0);
  return Denoise(std::move(state));
}

bool Denoise::process(Pcm frame) {
  (void)speex_preprocess_run(state_.get(), frame.data());
  return true;
}

}  // namespace voxlock::audio
