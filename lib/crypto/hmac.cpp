#include "crypto/hmac.h"

namespace voxlock::crypto {

Hmac::Hmac(HashId id, ByteView key) : id_(id) {
  if (id == HashId::kSha1) {
    sha1_.emplace().set_key(key);
    return;
  }
  md_.emplace(id, true);
  if (md_->status != Status::OK) return;
  // mbedTLS wants a pointer even for the empty key.
  static constexpr uint8_t kNothing[1] = {};
  const uint8_t* data = key.empty() ? kNothing : key.data();
  if (mbedtls_md_hmac_starts(&md_->raw, data, key.size()) != 0) md_->status = Status::ERR_INTERNAL;
}

void Hmac::update(ByteView data) {
  if (data.empty()) return;
  if (sha1_) return sha1_->update(data);
  if (md_->status == Status::OK && mbedtls_md_hmac_update(&md_->raw, data.data(), data.size()) != 0)
    md_->status = Status::ERR_INTERNAL;
}

Result<Digest> Hmac::finish() {
  Digest tag;
  const MutableBytes room = tag.resize(digest_size(id_));
  if (sha1_) {
    sha1_->finish(room);
    sha1_->start();
    return tag;
  }
  if (md_->status != Status::OK) return md_->status;
  if (mbedtls_md_hmac_finish(&md_->raw, room.data()) != 0 ||
      mbedtls_md_hmac_reset(&md_->raw) != 0) {
    md_->status = Status::ERR_INTERNAL;
    return md_->status;
  }
  return tag;
}

Result<Digest> hmac(HashId id, ByteView key, ByteView data) {
  Hmac hmac(id, key);
  hmac.update(data);
  return hmac.finish();
}

}  // namespace voxlock::crypto
