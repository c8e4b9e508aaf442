#include "srtp/aead.h"

#include "base/secure.h"
#include "srtp/key_derivation.h"

namespace voxlock::srtp {
namespace {

constexpr size_t kRtcpHeaderLen = 8;
constexpr size_t kRtcpIndexLen = Aead::kRtcpOverhead - Aead::kTagLen;
constexpr uint32_t kEncrypted = 0x80000000;

}  // namespace

Aead::Aead(const Suite& suite, ByteView key_and_salt) {
  const auto set = [&](Keys& keys, KeyLabel encryption, KeyLabel salt) {
    secure::Secret<32> key;
    derive_key(suite, key_and_salt, encryption, key.resize(suite.key_len));
    secure::Secret<crypto::AesGcm::kNonceLen> mixed;
    derive_key(suite, key_and_salt, salt, mixed.resize(crypto::AesGcm::kNonceLen));
    bytes::Reader reader(mixed.view());
    keys.salt_high = reader.u64();
    keys.salt_low = reader.u32();
    // A suite has no other key lengths than AES.
    (void)keys.gcm.set_key(key.view());
  };
  set(rtp_, KeyLabel::kRtpEncryption, KeyLabel::kRtpSalt);
  set(rtcp_, KeyLabel::kRtcpEncryption, KeyLabel::kRtcpSalt);
}

Aead::Keys::~Keys() {
  secure::wipe(&salt_high, sizeof salt_high);
  secure::wipe(&salt_low, sizeof salt_low);
}

size_t Aead::open_rtcp(ByteView packet, uint32_t ssrc, MutableBytes out) {
  const ByteView flag_and_index = packet.last(kRtcpIndexLen);
  const uint32_t word = bytes::Reader(flag_and_index).u32();
  const size_t len = packet.size() - kRtcpOverhead;
  const size_t clear_len = (word & kEncrypted) != 0 ? kRtcpHeaderLen : len;
  rtcp_.start(ssrc, word & ~kEncrypted);
  rtcp_.gcm.aad(packet.first(clear_len));
  rtcp_.gcm.aad(flag_and_index);
  return open(rtcp_, packet, clear_len, len, out);
}

size_t Aead::seal_rtcp(ByteView packet, uint32_t ssrc, uint32_t index, bool is_plain,
                       MutableBytes out) {
  const size_t len = packet.size();
  const size_t clear_len = is_plain ? len : kRtcpHeaderLen;
  const MutableBytes flag_and_index = out.subspan(len + kTagLen, kRtcpIndexLen);
  bytes::Writer(flag_and_index).u32(is_plain ? index : index | kEncrypted);
  rtcp_.start(ssrc, index);
  rtcp_.gcm.aad(packet.first(clear_len));
  rtcp_.gcm.aad(flag_and_index);
  copy_clear(packet, clear_len, out);
  rtcp_.gcm.seal(packet.subspan(clear_len), out.subspan(clear_len), out.subspan(len, kTagLen));
  return len + kRtcpOverhead;
}

}  // namespace voxlock::srtp
