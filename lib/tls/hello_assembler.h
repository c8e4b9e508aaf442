// Puts the fragments of a ClientHello together before the DTLS library sees them. Browsers with
// post-quantum key shares send hellos larger than a datagram, which mbedTLS below 3.6.6 refuses.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "tls/dtls_record.h"

namespace voxlock::tls {

// One message at a time, in memory of a fixed size. Fragments may come in any order, twice, and
// overlapping (RFC 6347, section 4.2.3). One that contradicts what is there (another length, other
// bytes) throws the old ones away: whoever sent first must not keep the true client out.
class HelloAssembler {
 public:
  // A hello with two post-quantum key shares has about 3 KiB.
  static constexpr size_t kMaxHello = 8192;

  explicit HelloAssembler(std::pmr::memory_resource& memory) : message_(&memory), seen_(&memory) {}

  // Gets the memory. Until then nothing is taken.
  void reserve();
  // Gives it back; nothing is taken from now on.
  void release();

  // The body of the whole message once its last missing byte has come, else nothing. Valid until
  // the next call. Costs time in proportion to the fragment.
  ByteView take(const HandshakeFragment& fragment);
  // Forgets all fragments.
  void clear();

 private:
  [[nodiscard]] bool fits(const HandshakeFragment& fragment) const;
  void begin(const HandshakeFragment& fragment);

  std::pmr::vector<uint8_t> message_;
  std::pmr::vector<uint8_t> seen_;  // 1 where the byte has come
  size_t length_ = 0;               // 0: no message yet
  size_t missing_ = 0;
  uint16_t message_seq_ = 0;
};

}  // namespace voxlock::tls
