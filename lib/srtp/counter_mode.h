// SRTP of the suites of AES-CM and HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2), with the session
// keys of one master key. libsrtp2 does their SRTCP: its own handling of an RTP packet takes a
// third of what the ciphers take, and it goes packet by packet. Stateless: who calls knows the
// index.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "base/secure.h"
#include "crypto/aes_ctr.h"
#include "crypto/hmac_sha1.h"
#include "srtp/clear.h"
#include "srtp/suite.h"

namespace voxlock::srtp {

class CounterMode {
 public:
  using Message = crypto::HmacSha1Key::Message;
  // RFC 3711 section 4.1.1: an index has 2^16 blocks of keystream.
  static constexpr size_t kMaxPayloadLen = size_t{1} << 20;

  // Not of an AEAD suite; key_and_salt exactly the suite's. Wiped when it dies.
  CounterMode(const Suite& suite, ByteView key_and_salt);
  ~CounterMode();
  CounterMode(const CounterMode&) = delete;
  CounterMode& operator=(const CounterMode&) = delete;

  // RFC 3711 section 3.1: what the tag of a packet is made of. packet: header and encrypted
  // payload.
  [[nodiscard]] Message message(ByteView packet, uint64_t index) const {
    return {&authentication_, packet, static_cast<uint32_t>(index >> 16), {}};
  }
  // Encrypts or decrypts the payload, at most kMaxPayloadLen, into out, which has room and does not
  // overlap packet. The header is copied.
  void crypt(ByteView packet, size_t header_len, uint32_t ssrc, uint64_t index,
             MutableBytes out) const {
    std::array<uint8_t, crypto::kernels::kBlockLen> counter;
    bytes::Writer writer(counter);
    writer.u64(salt_high_ ^ ssrc);
    writer.u64(salt_low_ ^ index << 16);
    aes_.crypt(counter, packet.subspan(header_len), out.data() + header_len);
    secure::wipe(counter.data(), counter.size());
    copy_clear(packet, header_len, out);
  }

 private:
  crypto::AesCtr aes_;
  crypto::HmacSha1Key authentication_;
  // The salt as the counter wants it: two numbers, big-endian.
  uint64_t salt_high_ = 0;
  uint64_t salt_low_ = 0;
};

}  // namespace voxlock::srtp
