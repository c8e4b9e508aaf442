#include "tls/fingerprint.h"

#include <algorithm>
#include <optional>

#include "base/secure.h"
#include "base/text.h"
#include "tls/credentials.h"

namespace voxlock::tls {
namespace {

using crypto::HashId;

struct HashRow {
  std::string_view name;  // RFC 8122, section 5
  std::optional<HashId> id;
};

// A row without an id is a hash that is known and refused.
constexpr HashRow kHashes[] = {
    {"sha-256", HashId::kSha256}, {"sha-384", HashId::kSha384}, {"sha-512", HashId::kSha512},
    {"sha-224", std::nullopt},    {"sha-1", std::nullopt},      {"md5", std::nullopt},
    {"md2", std::nullopt},
};

bool is_strong(HashId id) {
  return id == HashId::kSha256 || id == HashId::kSha384 || id == HashId::kSha512;
}

Result<HashId> find_hash(std::string_view name) {
  for (const HashRow& row : kHashes) {
    if (!text::equals_ignore_case(row.name, name)) continue;
    if (!row.id) return Status::ERR_DTLS_FINGERPRINT_WEAK;
    return *row.id;
  }
  return Status::ERR_UNSUPPORTED;
}

}  // namespace

Result<Fingerprint> Fingerprint::parse(std::string_view text) {
  text = text::trim(text);
  const std::string_view name = text.substr(0, text.find_first_of(" \t"));
  VOXLOCK_TRY(const HashId id, find_hash(name));
  const std::string_view digits = text::trim(text.substr(name.size()));
  const size_t size = crypto::digest_size(id);
  // Two digits a byte with colons between them.
  if (digits.size() != size * 3 - 1) return Status::ERR_SYNTAX;
  Fingerprint out(id);
  for (size_t i = 0; i < size; ++i) {
    const int high = text::hex_value(digits[3 * i]);
    const int low = text::hex_value(digits[3 * i + 1]);
    if (high < 0 || low < 0 || (i + 1 < size && digits[3 * i + 2] != ':'))
      return Status::ERR_SYNTAX;
    out.digest_[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return out;
}

Result<Fingerprint> Fingerprint::of_der(HashId id, ByteView certificate_der) {
  if (!is_strong(id)) return Status::ERR_DTLS_FINGERPRINT_WEAK;
  VOXLOCK_TRY(const crypto::Digest digest, crypto::hash(id, certificate_der));
  Fingerprint out(id);
  std::ranges::copy(digest.view(), out.digest_.begin());
  return out;
}

Result<Fingerprint> Fingerprint::of(std::pmr::memory_resource& memory, HashId id,
                                    ByteView pem_or_der) {
  Credentials credentials;
  VOXLOCK_TRY_VOID(credentials.parse_certificates(copy_with_nul(memory, pem_or_der)));
  const auto& raw = credentials.certificates.raw;
  if (raw.len == 0) return Status::ERR_TLS_BAD_CERTIFICATE;
  return of_der(id, {raw.p, raw.len});
}

void Fingerprint::write(bytes::Writer& out) const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out.put(crypto::hash_name(hash_));
  char before = ' ';
  for (const uint8_t byte : digest()) {
    out.put(before);
    out.put(kDigits[byte >> 4]);
    out.put(kDigits[byte & 15]);
    before = ':';
  }
}

Result<CertificateDigests> CertificateDigests::of_der(ByteView certificate_der) {
  CertificateDigests out;
  const auto put = [&](HashId id, MutableBytes to) -> Result<void> {
    VOXLOCK_TRY(const crypto::Digest digest, crypto::hash(id, certificate_der));
    std::ranges::copy(digest.view(), to.begin());
    return {};
  };
  VOXLOCK_TRY_VOID(put(HashId::kSha256, out.sha256_));
  VOXLOCK_TRY_VOID(put(HashId::kSha384, out.sha384_));
  VOXLOCK_TRY_VOID(put(HashId::kSha512, out.sha512_));
  return out;
}

bool CertificateDigests::match_any(std::span<const Fingerprint> expected) const {
  bool is_match = false;
  for (const Fingerprint& one : expected) {
    const ByteView own = one.hash() == HashId::kSha256   ? ByteView(sha256_)
                         : one.hash() == HashId::kSha384 ? ByteView(sha384_)
                                                         : ByteView(sha512_);
    is_match = secure::equal(own, one.digest()) || is_match;
  }
  return is_match;
}

}  // namespace voxlock::tls
