// What a PCM frame is: int16 mono samples in host byte order at 8000, 16000 or 48000 Hz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/secure.h"

namespace voxlock::audio {

using Pcm = std::span<int16_t>;
using PcmView = std::span<const int16_t>;

// The rates the library works at: telephony, wideband telephony, Opus fullband.
constexpr bool is_rate(uint32_t sample_rate) {
  return sample_rate == 8000 || sample_rate == 16000 || sample_rate == 48000;
}

// The longest packet any codec here makes or takes; RFC 6716 2.1.4: an Opus packet lasts at most
// 120 ms.
inline constexpr uint32_t kMaxPacketMs = 120;
constexpr size_t max_packet_samples(uint32_t sample_rate) {
  return sample_rate / 1000 * kMaxPacketMs;
}
// Room for the longest packet at the highest rate.
inline constexpr size_t kMaxPacketSamples = max_packet_samples(48000);

// Wipes a PCM buffer when the scope ends, on every path out of it.
class WipeOnExit {
 public:
  explicit WipeOnExit(Pcm pcm) : pcm_(pcm) {}
  ~WipeOnExit() { secure::wipe(pcm_); }
  WipeOnExit(const WipeOnExit&) = delete;
  WipeOnExit& operator=(const WipeOnExit&) = delete;

 private:
  Pcm pcm_;
};

}  // namespace voxlock::audio
