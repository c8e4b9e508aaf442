#include "srtp/tag_check.h"

#include <algorithm>
#include <cstring>

namespace voxlock::srtp {
namespace {

constexpr size_t kMaxTagLen = 16;

}  // namespace

TagCheck::TagCheck(const Suite& suite, ByteView key_and_salt) : is_aead_(suite.is_aead) {
  if (!is_aead_) {
    hmac_.set(auth_key(suite, key_and_salt).view());
    return;
  }
  secure::Secret<32> key;
  derive_key(suite, key_and_salt, KeyLabel::kRtpEncryption, key.resize(suite.key_len));
  derive_key(suite, key_and_salt, KeyLabel::kRtpSalt, salt_.resize(suite.salt_len));
  (void)gcm_.set_key(key.view());
}

TagCheck::TagCheck(ByteView auth_key) {
  hmac_.set(auth_key);
}

bool TagCheck::matches(ByteView packet, const TagLayout& layout, uint32_t roc) {
  const size_t behind = layout.tag_len + layout.mki_len;
  if (packet.size() > kMaxCheckedLen || layout.tag_len == 0 || layout.tag_len > kMaxTagLen ||
      packet.size() < layout.header.len || packet.size() - layout.header.len < behind) {
    return false;
  }
  return is_aead_ ? matches_aead(packet, layout, roc) : matches_hmac(packet, layout, roc);
}

// RFC 3711 section 4.2: header and payload, then the rollover counter.
bool TagCheck::matches_hmac(ByteView packet, const TagLayout& layout, uint32_t roc) {
  std::array<uint8_t, crypto::HmacSha1Key::kTagLen> tag{};
  hmac_.tag(packet.first(packet.size() - layout.tag_len - layout.mki_len), roc, tag);
  const bool is_same =
      secure::equal(ByteView(tag).first(layout.tag_len), packet.last(layout.tag_len));
  secure::wipe(tag.data(), tag.size());
  return is_same;
}

// RFC 7714 section 8.1: the nonce is 00 00 | SSRC | ROC | SEQ, mixed with the salt.
bool TagCheck::matches_aead(ByteView packet, const TagLayout& layout, uint32_t roc) {
  std::array<uint8_t, crypto::AesGcm::kNonceLen> nonce{};
  bytes::Writer writer(nonce);
  writer.u16(0);
  writer.u32(layout.header.ssrc);
  writer.u32(roc);
  writer.u16(layout.header.sequence);
  for (size_t i = 0; i < nonce.size(); ++i) nonce[i] ^= salt_.view()[i];
  const ByteView sealed = packet.first(packet.size() - layout.mki_len);
  std::array<uint8_t, kMaxCheckedLen> scratch;
  const size_t len = sealed.size() - layout.tag_len - layout.header.len;
  const MutableBytes data = MutableBytes(scratch).first(len);
  std::copy_n(sealed.begin() + static_cast<std::ptrdiff_t>(layout.header.len), len, data.begin());
  gcm_.start(nonce);
  gcm_.aad(sealed.first(layout.header.len));
  const bool is_genuine = gcm_.open(data, sealed.last(layout.tag_len));
  secure::wipe(data.data(), data.size());
  return is_genuine;
}

}  // namespace voxlock::srtp
