#include "e2ee/aead.h"

#include <cstring>

#include "base/secure.h"

namespace voxlock::e2ee {

Result<void> Aead::set_gcm_key(ByteView key) {
  if (!gcm_.set_key(key)) return Status::ERR_INVALID_ARGUMENT;
  kind_ = AeadKind::kGcm;
  return {};
}

Result<void> Aead::set_ctr_hmac_keys(ByteView cipher_key, crypto::HashId hash, ByteView hmac_key) {
  if (!ctr_.set_key(cipher_key)) return Status::ERR_INVALID_ARGUMENT;
  hmac_.emplace(hash, hmac_key);
  kind_ = AeadKind::kCtrHmac;
  // The first tag shows whether the HMAC got its memory.
  const auto first = hmac_->finish();
  return first ? Result<void>() : first.error();
}

void Aead::start_gcm(const Nonce& nonce, const Aad& aad) {
  gcm_.start(nonce);
  for (const ByteView piece : aad) gcm_.aad(piece);
}

// RFC 9605 4.5.1: the nonce and four bytes of zeros are the first counter block.
void Aead::apply_ctr(const Nonce& nonce, MutableBytes data) {
  std::array<uint8_t, crypto::kernels::kBlockLen> counter{};
  std::memcpy(counter.data(), nonce.data(), nonce.size());
  ctr_.start(counter);
  ctr_.apply(data);
}

// RFC 9605 4.5.1, compute_tag: the lengths come first, so that no byte can move from one part into
// another.
Result<crypto::Digest> Aead::hmac_tag(const Nonce& nonce, const Aad& aad, ByteView sealed,
                                      size_t tag_len) {
  std::array<uint8_t, 24> lengths{};
  bytes::Writer writer(lengths);
  writer.u64(aad[0].size() + aad[1].size());
  writer.u64(sealed.size());
  writer.u64(tag_len);
  hmac_->update(lengths);
  hmac_->update(nonce);
  for (const ByteView piece : aad) hmac_->update(piece);
  hmac_->update(sealed);
  return hmac_->finish();
}

Result<void> Aead::seal(const Nonce& nonce, const Aad& aad, MutableBytes data, MutableBytes tag) {
  if (kind_ == AeadKind::kGcm) {
    start_gcm(nonce, aad);
    gcm_.seal(data, tag);
    return {};
  }
  apply_ctr(nonce, data);
  VOXLOCK_TRY(const crypto::Digest whole, hmac_tag(nonce, aad, data, tag.size()));
  if (tag.size() > whole.size()) return Status::ERR_INTERNAL;
  std::memcpy(tag.data(), whole.view().data(), tag.size());
  return {};
}

Result<void> Aead::open(const Nonce& nonce, const Aad& aad, MutableBytes data, ByteView tag) {
  if (kind_ == AeadKind::kGcm) {
    start_gcm(nonce, aad);
    if (!gcm_.open(data, tag)) return Status::ERR_E2EE_AUTH;
    return {};
  }
  VOXLOCK_TRY(const crypto::Digest whole, hmac_tag(nonce, aad, data, tag.size()));
  if (tag.empty() || tag.size() > whole.size() ||
      !secure::equal(whole.view().first(tag.size()), tag)) {
    return Status::ERR_E2EE_AUTH;
  }
  apply_ctr(nonce, data);
  return {};
}

}  // namespace voxlock::e2ee
