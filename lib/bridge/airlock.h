// The only place where plaintext of a bridged call exists: an opened packet, its audio, and the
// packet built of it, between open and seal. It wipes what was used and tells how long it lived.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "audio/frame.h"
#include "base/cycles.h"
#include "base/secure.h"
#include "bridge/histogram.h"
#include "leg/leg.h"

namespace voxlock::bridge {

class Airlock {
 public:
  // From construction to destruction plaintext may exist.
  class Visit {
   public:
    Visit(Airlock& airlock, Histogram& lifetimes)
        : airlock_(airlock), lifetimes_(lifetimes), begin_(read_cycles()) {}
    ~Visit() {
      airlock_.wipe();
      if (is_opened_ && kHasCycles) lifetimes_.add(read_cycles() - begin_);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    void opened() { is_opened_ = true; }

   private:
    Airlock& airlock_;
    Histogram& lifetimes_;
    uint64_t begin_;
    bool is_opened_ = false;
  };

  // Each hands out a buffer and remembers how much of it must be wiped.
  MutableBytes datagram(size_t len) { return use(datagram_, datagram_used_, len); }
  MutableBytes packet(size_t len) { return use(packet_, packet_used_, len); }
  // Frames sealed end to end: what came out of one, and what goes into one.
  MutableBytes opened(size_t len) { return use(opened_, opened_used_, len); }
  MutableBytes encoded(size_t len) { return use(encoded_, encoded_used_, len); }
  // For a packet that waited.
  MutableBytes waited() { return use(waited_, waited_used_, waited_.size()); }
  audio::Pcm decoded(size_t samples) { return use(decoded_, decoded_used_, samples); }
  audio::Pcm processed(size_t samples) { return use(processed_, processed_used_, samples); }

  // Codecs and stages leave audio on so much of the dead stack below the visitor's frame.
  void stack(size_t depth) { stack_used_ = std::max(stack_used_, depth); }

  // For tests: nothing is left.
  [[nodiscard]] bool is_clean() const {
    return is_zero(datagram_) && is_zero(packet_) && is_zero(opened_) && is_zero(encoded_) &&
           is_zero(waited_) && is_zero(decoded_) && is_zero(processed_);
  }

 private:
  template <typename T, size_t N>
  static std::span<T> use(std::array<T, N>& buffer, size_t& used, size_t wanted) {
    const size_t n = std::min(wanted, N);
    used = std::max(used, n);
    return std::span<T>(buffer).first(n);
  }
  template <typename T, size_t N>
  static void clean(std::array<T, N>& buffer, size_t& used) {
    secure::wipe(std::span<T>(buffer).first(used));
    used = 0;
  }
  template <typename T, size_t N>
  static bool is_zero(const std::array<T, N>& buffer) {
    return std::all_of(buffer.begin(), buffer.end(), [](T value) { return value == 0; });
  }
  void wipe() {
    clean(datagram_, datagram_used_);
    clean(packet_, packet_used_);
    clean(opened_, opened_used_);
    clean(encoded_, encoded_used_);
    clean(waited_, waited_used_);
    clean(decoded_, decoded_used_);
    clean(processed_, processed_used_);
    // Once for all of the visit, whichever way it ends.
    secure::burn_stack(stack_used_);
    stack_used_ = secure::kShallowStack;
  }

  std::array<uint8_t, leg::kMaxPacketLen> datagram_{};
  std::array<uint8_t, leg::kMaxPacketLen> packet_{};
  std::array<uint8_t, leg::kMaxPacketLen> opened_{};
  std::array<uint8_t, leg::kMaxPacketLen> encoded_{};
  std::array<uint8_t, leg::kMaxPacketLen> waited_{};
  std::array<int16_t, audio::kMaxPacketSamples> decoded_{};
  std::array<int16_t, audio::kMaxPacketSamples> processed_{};
  size_t datagram_used_ = 0;
  size_t packet_used_ = 0;
  size_t opened_used_ = 0;
  size_t encoded_used_ = 0;
  size_t waited_used_ = 0;
  size_t decoded_used_ = 0;
  size_t processed_used_ = 0;
  size_t stack_used_ = secure::kShallowStack;
};

}  // namespace voxlock::bridge
