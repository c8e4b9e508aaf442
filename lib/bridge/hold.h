// Packets that wait for a lost one in front of them, which the leg has asked its peer for. Without
// loss nothing waits. What waits is a payload, sealed anew with a key that nobody else has: it lies
// here until the lost packet comes, or for the time the host allows, and is opened when it leaves.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/random.h"
#include "crypto/aes_ctr.h"
#include "leg/leg.h"

namespace voxlock::bridge {

class Hold {
 public:
  static constexpr size_t kMost = 12;

  // span_ns: the longest wait; 0: nothing waits, and no memory is taken. random: gives the key;
  // without one nothing waits either.
  Hold(std::pmr::memory_resource& memory, uint64_t span_ns, RandomSource* random);

  // Whether the packet has to wait: is_open tells that one in front of it may still come. If so it
  // was copied.
  bool take(const leg::Received& received, bool is_open, uint64_t now_ns);
  // A packet goes on, in front of those that wait or past an empty hold.
  void passed(const leg::Received& received) {
    const uint64_t next = received.index + 1;
    next_ = received.is_new_source ? next : std::max(next_, next);
  }
  // Whether there is a packet whose turn it is: it is next, or its time is over.
  [[nodiscard]] bool is_ready(uint64_t now_ns) const;
  // The index of the oldest, whatever its time; UINT64_MAX where nothing waits.
  [[nodiscard]] uint64_t oldest() const;
  // Takes the oldest out, and opens it into room for kMaxPacketLen bytes, where it stays valid.
  leg::Received pop(MutableBytes room);

  [[nodiscard]] bool is_used() const { return span_ns_ != 0; }
  [[nodiscard]] uint64_t span_ns() const { return span_ns_; }
  // Packets that had to wait.
  [[nodiscard]] uint64_t waited() const { return waited_; }
  [[nodiscard]] uint64_t next_deadline() const;
  // For tests: nothing is left of what waited.
  [[nodiscard]] bool is_clean() const;

 private:
  struct Waiting {
    leg::Received received;
    size_t slot = 0;
    size_t len = 0;       // bytes of the slot
    uint64_t number = 0;  // no two packets have the same: that of the keystream
    uint64_t until_ns = 0;
  };
  [[nodiscard]] MutableBytes room(size_t slot) {
    return MutableBytes(bytes_).subspan(slot * leg::kMaxPacketLen, leg::kMaxPacketLen);
  }
  [[nodiscard]] size_t free_slot() const;
  // Calls with each view into the bytes of a packet that wait.
  template <typename Function>
  static void for_each_view(leg::Received& received, Function function);
  // Seals or opens: both add the keystream of one packet.
  void add_keystream(MutableBytes bytes, uint64_t number);

  uint64_t span_ns_ = 0;
  crypto::AesCtr cipher_;
  std::pmr::vector<uint8_t> bytes_;
  std::array<Waiting, kMost> waiting_{};  // ascending
  size_t count_ = 0;
  uint64_t next_ = 0;  // the index that may go on
  uint64_t waited_ = 0;
};

}  // namespace voxlock::bridge
