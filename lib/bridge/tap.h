// A tap: a copy of the audio of one direction for the host. What no tap holds stays in the airlock.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "audio/array.h"
#include "audio/frame.h"

namespace voxlock::bridge {

// A build with VOXLOCK_NO_TAPS has none, and no audio of a bridge gets to its host.
#if defined(VOXLOCK_NO_TAPS)
inline constexpr bool kHasTaps = false;
#else
inline constexpr bool kHasTaps = true;
#endif

inline constexpr size_t kMaxTaps = 4;  // of a direction: an agent, a recorder, and room
inline constexpr size_t kTapName = 24;

class Bridge;

class Tap {
 public:
  // What stands in front: a frame of audio, whole.
  struct Frame {
    uint32_t sample_rate = 0;
    uint32_t samples = 0;
    uint64_t position = 0;  // of its first sample; pauses and losses leave gaps
    uint64_t lost = 0;      // frames that found no room, since the tap was made
  };

  // Room for so many ms of audio at the highest rate. name: at most kTapName - 1 characters, for
  // the report. Throws std::bad_alloc.
  Tap(std::pmr::memory_resource& memory, uint32_t buffer_ms, std::string_view name);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // Copies a frame; where there is no room, the oldest go.
  void hear(audio::PcmView pcm, uint32_t sample_rate, uint64_t position);
  // The oldest frame; nothing where none waits.
  [[nodiscard]] std::optional<Frame> front() const;
  // Moves it out; out has room for its samples. Nothing is left of it here.
  void take(audio::Pcm out);
  // For good: what waits is wiped, and nothing more comes.
  void revoke();

  [[nodiscard]] bool is_revoked() const { return bridge_ == nullptr; }
  [[nodiscard]] std::string_view name() const { return name_.data(); }

 private:
  friend class Bridge;
  void drop();
  // The ring from `at` on, in up to two pieces.
  [[nodiscard]] std::array<audio::Pcm, 2> pieces(size_t at, size_t samples) const;

  audio::Array<int16_t> samples_;  // a ring
  audio::Array<Frame> frames_;     // a ring as well
  size_t first_sample_ = 0;
  size_t used_samples_ = 0;
  size_t first_frame_ = 0;
  size_t used_frames_ = 0;
  uint64_t lost_ = 0;
  std::array<char, kTapName> name_{};
  Bridge* bridge_ = nullptr;  // that feeds it; nullptr once it is revoked
};

}  // namespace voxlock::bridge
