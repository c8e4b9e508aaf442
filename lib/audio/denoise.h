// Noise suppression by SpeexDSP's preprocessor. Its attenuation is limited: too much suppression
// deletes words.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>

#include "audio/frame.h"
#include "base/result.h"

struct SpeexPreprocessState_;

namespace voxlock::audio {

struct DenoiseConfig {
  uint32_t attenuation_db = 15;  // at most so much, 1..45
  uint32_t frame_ms = 10;        // 10 or 20: the delay, and the finer spectrum of the longer frame
};

class Denoise {
 public:
  // ERR_AUDIO_ATTENUATION, ERR_AUDIO_STAGE_FRAME, ERR_NO_MEMORY.
  static Result<Denoise> create(std::pmr::memory_resource& memory, const DenoiseConfig& config,
                                uint32_t sample_rate);

  [[nodiscard]] uint32_t frame_samples() const { return state_.get_deleter().frame_samples; }
  // One frame lies in the overlap of the analysis windows.
  [[nodiscard]] uint32_t latency_samples() const { return frame_samples(); }
  // One frame in place; never fails.
  bool process(Pcm frame);

 private:
  // Where libspeexdsp has its state from the C library, silence is run through it before the free,
  // so that no audio is left in the heap.
  struct Deleter {
    uint32_t frame_samples;
    void operator()(SpeexPreprocessState_* state) const noexcept;
  };
  using State = std::unique_ptr<SpeexPreprocessState_, Deleter>;
  explicit Denoise(State state) : state_(std::move(state)) {}

  State state_;
};

}  // namespace voxlock::audio
