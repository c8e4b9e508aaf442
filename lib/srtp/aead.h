// SRTP and SRTCP of the AEAD suites (RFC 7714), with the session keys of one master key. libsrtp2
// is not asked: its own handling of a packet takes longer than AES-GCM does. Stateless: who calls
// knows the index. SRTP is inlined: views that do not fit into registers cost as much as a block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/inline.h"
#include "crypto/aes_gcm.h"
#include "srtp/clear.h"
#include "srtp/suite.h"

namespace voxlock::srtp {

class Aead {
 public:
  static constexpr size_t kTagLen = crypto::AesGcm::kTagLen;
  // What sealing adds to SRTCP.
  static constexpr size_t kRtcpOverhead = kTagLen + 4;

  // An AEAD suite; key_and_salt exactly its own. Wiped when it dies.
  Aead(const Suite& suite, ByteView key_and_salt);

  // RFC 7714 section 8: | header | payload, sealed | tag |. Opens into out, which has room and does
  // not overlap packet, and gives the length; 0 where the tag is wrong, with zeros in out. packet
  // holds the header and a tag at least; index: ROC and sequence number.
  [[nodiscard]] VOXLOCK_ALWAYS_INLINE size_t open_rtp(ByteView packet, size_t header_len,
                                                      uint32_t ssrc, uint64_t index,
                                                      MutableBytes out) {
    rtp_.start(ssrc, index);
    rtp_.gcm.aad(packet.first(header_len));
    return open(rtp_, packet, header_len, packet.size() - kTagLen, out);
  }
  // Seals into out, which has room for the tag and does not overlap packet, and gives the length.
  VOXLOCK_ALWAYS_INLINE size_t seal_rtp(ByteView packet, size_t header_len, uint32_t ssrc,
                                        uint64_t index, MutableBytes out) {
    rtp_.start(ssrc, index);
    rtp_.gcm.aad(packet.first(header_len));
    copy_clear(packet, header_len, out);
    rtp_.gcm.seal(packet.subspan(header_len), out.subspan(header_len),
                  out.subspan(packet.size(), kTagLen));
    return packet.size() + kTagLen;
  }

  // RFC 7714 section 9: | header, SSRC | the rest, sealed | tag | E, index |. packet holds all but
  // the rest at least; where E is not set nothing is sealed and all of it is authenticated.
  [[nodiscard]] size_t open_rtcp(ByteView packet, uint32_t ssrc, MutableBytes out);
  // index: 31 bits.
  size_t seal_rtcp(ByteView packet, uint32_t ssrc, uint32_t index, bool is_plain, MutableBytes out);

 private:
  struct Keys {
    crypto::AesGcm gcm;
    // The salt as the nonce wants it: two numbers, big-endian.
    uint64_t salt_high = 0;
    uint32_t salt_low = 0;

    ~Keys();
    // RFC 7714 sections 8.1 and 9.1: 00 00 | SSRC | ROC | SEQ for SRTP, 00 00 | SSRC | 00 00 |
    // index for SRTCP, mixed with the salt. Both are the SSRC with 48 bits of index behind it.
    void start(uint32_t ssrc, uint64_t index) {
      std::array<uint8_t, crypto::AesGcm::kNonceLen> nonce;
      bytes::Writer writer(nonce);
      writer.u64((uint64_t{ssrc} << 16 | index >> 32) ^ salt_high);
      writer.u32(static_cast<uint32_t>(index) ^ salt_low);
      gcm.start(nonce);
    }
  };

  // What is clear is authenticated where it lies; out gets none of it where that fails.
  VOXLOCK_ALWAYS_INLINE static size_t open(Keys& keys, ByteView packet, size_t clear_len,
                                           size_t len, MutableBytes out) {
    const size_t sealed_len = len - clear_len;
    if (!keys.gcm.open(packet.subspan(clear_len, sealed_len), out.subspan(clear_len),
                       packet.subspan(len).first<kTagLen>()))
      return 0;
    copy_clear(packet, clear_len, out);
    return len;
  }

  Keys rtp_;
  Keys rtcp_;

 public:
  // The part of the object that SRTP reads: it lies in front.
  static constexpr size_t kRtpLen = sizeof(Keys);
};

}  // namespace voxlock::srtp
