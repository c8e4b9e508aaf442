// Sample rate conversion by SpeexDSP's windowed sinc filter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>

#include "audio/frame.h"
#include "base/result.h"

struct SpeexResamplerState_;

namespace voxlock::audio {

struct ResampleConfig {
  uint32_t out_rate = 48000;  // Hz: 8000, 16000 or 48000
  uint32_t quality = 3;       // 0..10; 3 is libspeexdsp's own choice for telephony
};

class Resample {
 public:
  // ERR_AUDIO_RESAMPLE_RATE, ERR_AUDIO_RESAMPLE_QUALITY; ERR_NO_MEMORY.
  static Result<Resample> create(std::pmr::memory_resource& memory, const ResampleConfig& config,
                                 uint32_t in_rate);

  // Delay at the output rate; 0 where both rates are equal.
  [[nodiscard]] uint32_t latency_samples() const;
  // in.size() is a multiple of in_rate / gcd(in_rate, out_rate), out holds exactly its share; the
  // two do not overlap. False where libspeexdsp gave another number of samples; the rest of out is
  // zero then.
  bool process(PcmView in, Pcm out);

 private:
  // As for Denoise: the filter memory is overwritten with silence before libspeexdsp frees it.
  struct Deleter {
    void operator()(SpeexResamplerState_* state) const noexcept;
  };
  using State = std::unique_ptr<SpeexResamplerState_, Deleter>;
  explicit Resample(State state) : state_(std::move(state)) {}

  State state_;  // none where both rates are equal
};

}  // namespace voxlock::audio
