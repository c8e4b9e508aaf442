#include "audio/level.h"

#include <algorithm>
#include <cmath>

namespace voxlock::audio {

uint8_t level_minus_dbov(PcmView pcm) {
  constexpr uint8_t kSilence = 127;
  uint64_t energy = 0;
  for (const int16_t sample : pcm)
    energy += static_cast<uint64_t>(int32_t{sample} * int32_t{sample});
  if (energy == 0) return kSilence;
  constexpr double kFullScale = 32768.0 * 32768.0;
  const double mean = static_cast<double>(energy) / static_cast<double>(pcm.size());
  const double level = -10.0 * std::log10(mean / kFullScale);
  return static_cast<uint8_t>(std::lround(std::clamp(level, 0.0, 127.0)));
}

}  // namespace voxlock::audio
