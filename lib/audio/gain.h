// A fixed gain with saturation.
#pragma once

#include <cstdint>

#include "audio/frame.h"
#include "base/result.h"

namespace voxlock::audio {

struct GainConfig {
  int32_t gain_cdb = 0;  // hundredths of a decibel, -6000..3000; 0 leaves every bit as it is
};

class Gain {
 public:
  // ERR_AUDIO_GAIN outside the range.
  static Result<Gain> create(const GainConfig& config);
  void process(Pcm pcm) const;

 private:
  explicit Gain(float factor) : factor_(factor) {}
  float factor_;
};

}  // namespace voxlock::audio
