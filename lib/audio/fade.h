// Plain concealment for codecs that have none of their own: the last 20 ms are played to and fro
// while they fade, so that neither the gap nor its end clicks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "audio/array.h"
#include "audio/frame.h"

namespace voxlock::audio {

class Fade {
 public:
  // Throws std::bad_alloc.
  Fade(std::pmr::memory_resource& memory, uint32_t sample_rate);

  // Decoded audio passes here: its first 5 ms are blended with the fading copy after a gap.
  void accept(Pcm pcm);
  // A lost packet: falls to silence over 60 ms of gap, zeros from there on.
  void conceal(Pcm out) { fall(out, samples_per_ms_ * kLossMs); }
  // Silence the sender meant (an empty payload): falls within 5 ms.
  void silence(Pcm out) { fall(out, samples_per_ms_ * kBlendMs); }

 private:
  static constexpr size_t kHistoryMs = 20;
  static constexpr size_t kLossMs = 60;
  static constexpr size_t kBlendMs = 5;

  void fall(Pcm out, size_t length);
  float next_copy();
  void remember(PcmView pcm);

  size_t samples_per_ms_;
  Array<int16_t> history_;  // the last good samples, oldest first
  size_t position_ = 0;     // where the copy is read, counted back from the newest sample
  float gain_ = 0;          // of the copy
  bool is_gap_ = false;
};

}  // namespace voxlock::audio
