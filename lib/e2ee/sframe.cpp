#include "e2ee/sframe.h"

#include <cstring>

#include "crypto/kdf.h"

namespace voxlock::e2ee {
namespace {

// RFC 9605 4.4.2: a text, the KID and the suite.
Result<void> expand(const SframeSuite& suite, ByteView secret, std::string_view text, uint64_t kid,
                    MutableBytes out) {
  std::array<uint8_t, 40> label{};
  bytes::Writer writer(label);
  writer.put(text);
  writer.u64(kid);
  writer.u16(suite.id);
  return crypto::hkdf_expand(suite.hash, secret, writer.written(), out);
}

}  // namespace

Result<SframeSecrets> derive_sframe(const SframeSuite& suite, uint64_t kid, ByteView base_key) {
  VOXLOCK_TRY(const crypto::Digest secret, crypto::hkdf_extract(suite.hash, {}, base_key));
  SframeSecrets out;
  VOXLOCK_TRY_VOID(
      expand(suite, secret.view(), "SFrame 1.0 Secret key ", kid, out.key.resize(suite.key_len())));
  VOXLOCK_TRY_VOID(
      expand(suite, secret.view(), "SFrame 1.0 Secret salt ", kid, out.salt.resize(kNonceLen)));
  return out;
}

Result<void> SframeKey::set(const SframeSuite& suite, uint64_t kid, ByteView base_key) {
  VOXLOCK_TRY(SframeSecrets secrets, derive_sframe(suite, kid, base_key));
  const ByteView key = secrets.key.view();
  if (suite.kind == AeadKind::kGcm) {
    VOXLOCK_TRY_VOID(aead_.set_gcm_key(key));
  } else {
    VOXLOCK_TRY_VOID(aead_.set_ctr_hmac_keys(key.first(suite.cipher_key_len), suite.hash,
                                             key.subspan(suite.cipher_key_len)));
  }
  kid_ = kid;
  tag_len_ = suite.tag_len;
  salt_ = std::move(secrets.salt);
  return {};
}

// RFC 9605 4.4.3: the salt XOR the counter, big-endian at its end.
Nonce SframeKey::nonce_of(uint64_t ctr) const {
  Nonce nonce{};
  bytes::Writer(MutableBytes(nonce).last(8)).u64(ctr);
  const ByteView salt = salt_.view();
  for (size_t i = 0; i < nonce.size(); ++i) nonce[i] = static_cast<uint8_t>(nonce[i] ^ salt[i]);
  return nonce;
}

Result<size_t> SframeKey::seal(uint64_t ctr, ByteView plain, ByteView metadata, MutableBytes out) {
  bytes::Writer writer(out);
  write_sframe_header({kid_, ctr, 0}, writer);
  const size_t header_len = writer.size();
  writer.put(plain);
  writer.fill(0, tag_len_);
  if (!writer.ok()) return Status::ERR_BUFFER_TOO_SMALL;
  const Aad aad{out.first(header_len), metadata};
  const MutableBytes data = out.subspan(header_len, plain.size());
  const auto sealed =
      aead_.seal(nonce_of(ctr), aad, data, out.subspan(header_len + plain.size(), tag_len_));
  if (sealed) return writer.size();
  secure::wipe(out.first(writer.size()));
  return sealed.error();
}

Result<size_t> SframeKey::open(const SframeHeader& header, ByteView frame, ByteView metadata,
                               MutableBytes out) {
  const ByteView sealed = frame.subspan(header.len);
  if (sealed.size() < tag_len_) return Status::ERR_TRUNCATED;
  const size_t len = sealed.size() - tag_len_;
  if (out.size() < len) return Status::ERR_BUFFER_TOO_SMALL;
  const MutableBytes data = out.first(len);
  if (len != 0) std::memcpy(data.data(), sealed.data(), len);
  const Aad aad{frame.first(header.len), metadata};
  const auto opened = aead_.open(nonce_of(header.ctr), aad, data, sealed.last(tag_len_));
  if (opened) return len;
  secure::wipe(data);
  return opened.error();
}

}  // namespace voxlock::e2ee
