#include "audio/gain.h"

#include <algorithm>
#include <cmath>

namespace voxlock::audio {

Result<Gain> Gain::create(const GainConfig& config) {
  if (config.gain_cdb < -6000 || config.gain_cdb > 3000) return Status::ERR_AUDIO_GAIN;
  return Gain(std::pow(10.0f, static_cast<float>(config.gain_cdb) / 2000.0f));
}

void Gain::process(Pcm pcm) const {
  const float factor = factor_;
  for (int16_t& sample : pcm) {
    const float scaled = static_cast<float>(sample) * factor;
    const float rounded = scaled + (scaled < 0.0f ? -0.5f : 0.5f);
    sample = static_cast<int16_t>(std::min(std::max(rounded, -32768.0f), 32767.0f));
  }
}

}  // namespace voxlock::audio
