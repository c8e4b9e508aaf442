// Packets that wait for a lost one in front of them, which the leg has asked its peer for. Without
// loss nothing waits. What waits is an opened payload: it lies here until the lost packet comes, or
// for the time the host allows, and is wiped when it leaves.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <vector>

#include "leg/leg.h"

namespace voxlock::bridge {

class Hold {
 public:
  static constexpr size_t kMost = 12;

  // span_ns: the longest wait; 0: nothing waits, and no memory is taken.
  Hold(std::pmr::memory_resource& memory, uint64_t span_ns);

  // Whether the packet has to wait: is_open tells that one in front of it may still come. If so it
  // was copied.
  bool take(const leg::Received& received, bool is_open, uint64_t now_ns);
  // A packet goes on, in front of those that wait or past an empty hold.
  void passed(const leg::Received& received) {
    const uint64_t next = received.index + 1;
    next_ = received.is_new_source ? next : std::max(next_, next);
  }
  // The packet whose turn it is: it is next, or its time is over. Its payload is valid until pop,
  // which it needs.
  [[nodiscard]] std::optional<leg::Received> ready(uint64_t now_ns) const;
  // The oldest, whatever its time.
  [[nodiscard]] std::optional<leg::Received> oldest() const;
  void pop();

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
    size_t len = 0;  // bytes of the slot
    uint64_t until_ns = 0;
  };
  [[nodiscard]] MutableBytes room(size_t slot) {
    return MutableBytes(bytes_).subspan(slot * leg::kMaxPacketLen, leg::kMaxPacketLen);
  }
  [[nodiscard]] size_t free_slot() const;
  static void copy(ByteView& view, bytes::Writer& writer, MutableBytes room);

  uint64_t span_ns_;
  std::pmr::vector<uint8_t> bytes_;
  std::array<Waiting, kMost> waiting_{};  // ascending
  size_t count_ = 0;
  uint64_t next_ = 0;  // the index that may go on
  uint64_t waited_ = 0;
};

}  // namespace voxlock::bridge
