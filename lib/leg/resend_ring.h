// Packets as they were sealed and sent, to be sent again where the peer asks for one (RFC 4585).
//
// Ciphertext is kept, byte for byte: nothing is sealed a second time under the same index (RFC
// 3711, section 9.1), and no plaintext waits here. Memory is taken once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace voxlock::leg {

class ResendRing {
 public:
  // 1.3 s of packets of 20 ms, and what they take with any codec but L16.
  static constexpr size_t kPackets = 64;
  static constexpr size_t kBytes = 16384;
  // One packet goes out again so often at most, and not twice for one gap.
  static constexpr uint32_t kMostPerPacket = 3;
  static constexpr uint64_t kLeastGapNs = 10 * kNsPerMs;
  // All of them together take half of what the media takes, and so much at once.
  static constexpr size_t kMostAtOnce = 4096;

  // Without use it takes no memory, and keeps nothing.
  ResendRing(std::pmr::memory_resource& memory, bool is_used);

  void keep(uint16_t sequence, ByteView sealed);
  // The packet, counted as sent again; nothing where it is gone or was sent too often.
  [[nodiscard]] ByteView take(uint16_t sequence, uint64_t now_ns);
  // Other keys, another source or another peer: what was sealed before is of no use to it.
  void clear();
  // Sums over what decides about later requests.
  [[nodiscard]] uint64_t position() const { return position_; }

 private:
  struct Kept {
    uint64_t begin = 0;  // of its bytes, counted from the first that were ever kept
    uint64_t sent_ns = 0;
    uint32_t len = 0;  // 0: none
    uint32_t resent = 0;
    uint16_t sequence = 0;
  };

  std::pmr::vector<uint8_t> bytes_;
  std::pmr::vector<Kept> kept_;  // by sequence number modulo kPackets
  uint64_t position_ = 0;
  size_t credit_ = 0;  // bytes
};

}  // namespace voxlock::leg
