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

  // RFC 3711 section 3.1: | header | payload, encrypted | MKI | tag |. packet: header and payload,
  // the latter at most kMaxPayloadLen. Opens it into out, which has room and does not overlap it.
  // False where the tag is wrong, with nothing in out.
  [[nodiscard]] bool open(ByteView packet, ByteView tag, size_t header_len, uint32_t ssrc,
                          uint64_t index, MutableBytes out) const {
    Message wanted = message(packet, index);
    wanted.key->tag(wanted.data, wanted.suffix, wanted.tag);
    if (!is_genuine(wanted, tag)) return false;
    crypt(packet, header_len, ssrc, index, out);
    return true;
  }
  // Seals it into out, with the tag behind it.
  void seal(ByteView packet, size_t tag_len, size_t header_len, uint32_t ssrc, uint64_t index,
            MutableBytes out) const {
    crypt(packet, header_len, ssrc, index, out);
    Message made = message(out.first(packet.size()), index);
    made.key->tag(made.data, made.suffix, made.tag);
    put_tag(made, tag_len, out);
  }

  // The same in steps, between which the tags of several messages are computed at once.
  [[nodiscard]] Message message(ByteView packet, uint64_t index) const {
    return {&authentication_, packet, static_cast<uint32_t>(index >> 16), {}};
  }
  // Wipes what the tag should have been: it would pass for a forged packet.
  [[nodiscard]] static bool is_genuine(Message& wanted, ByteView tag) {
    const bool is_same = secure::equal(ByteView(wanted.tag).first(tag.size()), tag);
    secure::wipe(wanted.tag.data(), wanted.tag.size());
    return is_same;
  }
  static void put_tag(const Message& made, size_t tag_len, MutableBytes out) {
    std::memcpy(out.data() + made.data.size(), made.tag.data(), tag_len);
  }
  // Encrypts or decrypts the payload; the header is copied.
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
