// Packets that came before the keys they are sealed with: while an offer of ours is out its answer
// may be slower than the media (RFC 3264, section 5.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "leg/address.h"

namespace voxlock::leg {

// Holds sealed packets, the newest kPackets of them and none for longer than the span. Memory is
// taken once, none for a span of 0. Nothing in it is trusted: what the answer's keys do not open is
// dropped when it is taken out.
class EarlyMedia {
 public:
  static constexpr size_t kPackets = 32;
  static constexpr size_t kMaxLen = 256;  // 20 ms of any codec, sealed; longer ones are not held

  struct Packet {
    ByteView data;  // valid until the next call
    Address source;
    uint32_t local = 0;
  };

  EarlyMedia(std::pmr::memory_resource& memory, uint64_t span_ns);

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
  [[nodiscard]] bool is_ready() const { return !is_awaited_ && count_ != 0; }

 private:
  struct Slot {
    std::array<uint8_t, kMaxLen> bytes;
    size_t len = 0;
    Address source;
    uint32_t local = 0;
    uint64_t came_ns = 0;
  };

  std::pmr::vector<Slot> slots_;
  uint64_t span_ns_;
  size_t first_ = 0;
  size_t count_ = 0;
  bool is_awaited_ = false;
};

}  // namespace voxlock::leg
