// Datagrams that are quicker than the answer to our offer, without which nobody can make use of
// them (RFC 3264, section 5.1; RFC 5763, section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "leg/address.h"

namespace voxlock::leg {

// Holds the newest datagrams, none for longer than the span, and none for a span of 0. Nothing in
// it is trusted: what does not fit the answer is dropped when it is taken out.
class EarlyPackets {
 public:
  struct Limits {
    size_t count = 0;
    size_t max_len = 0;  // bytes; longer ones are not held
    uint64_t span_ns = 0;
  };
  struct Packet {
    ByteView data;  // valid until the next call
    Address source;
    uint32_t local = 0;
  };

  EarlyPackets(std::pmr::memory_resource& memory, Limits limits)
      : limits_(limits), bytes_(&memory), slots_(&memory) {}

  // Takes the memory, once. Throws std::bad_alloc.
  void reserve();
  // An offer of ours went out: packets wait. The former ones are forgotten.
  void begin();
  // The answer counts: what waits may be taken out.
  void release() { is_awaited_ = false; }
  // There will be none.
  void forget();
  // False where it is not held.
  bool keep(ByteView data, const Address& source, uint32_t local, uint64_t now_ns);
  // The oldest one, after release(). Nothing where none is left that is young enough.
  std::optional<Packet> take(uint64_t now_ns);
  [[nodiscard]] bool is_awaited() const { return is_awaited_; }
  [[nodiscard]] bool is_ready() const { return !is_awaited_ && count_ != 0; }

 private:
  struct Slot {
    size_t len = 0;
    Address source;
    uint32_t local = 0;
    uint64_t came_ns = 0;
  };

  Limits limits_;
  std::pmr::vector<uint8_t> bytes_;
  std::pmr::vector<Slot> slots_;
  size_t first_ = 0;
  size_t count_ = 0;
  bool is_awaited_ = false;
};

}  // namespace voxlock::leg
