// Fingerprints of certificates: how the two ends of a media session know each other (RFC 8122).
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace voxlock::tls {

inline constexpr size_t kMaxFingerprints = 16;

// A SHA-256, SHA-384 or SHA-512 digest of a certificate in DER. There is no way to make one with
// MD5 or SHA-1 (RFC 8122, section 5: not to be used for new fingerprints).
class Fingerprint {
 public:
  // The value of "a=fingerprint": "sha-256 4A:AD:...", name and digits without case, any number of
  // spaces between. ERR_DTLS_FINGERPRINT_WEAK (md2, md5, sha-1, sha-224), ERR_UNSUPPORTED (another
  // hash), ERR_SYNTAX.
  static Result<Fingerprint> parse(std::string_view text);
  // ERR_DTLS_FINGERPRINT_WEAK, ERR_NO_MEMORY.
  static Result<Fingerprint> of_der(crypto::HashId id, ByteView certificate_der);
  // The first certificate of a PEM list, or one in DER. ERR_TLS_BAD_CERTIFICATE and as of_der.
  static Result<Fingerprint> of(std::pmr::memory_resource& memory, crypto::HashId id,
                                ByteView pem_or_der);

  [[nodiscard]] crypto::HashId hash() const { return hash_; }
  [[nodiscard]] ByteView digest() const {
    return ByteView(digest_).first(crypto::digest_size(hash_));
  }
  // As parse takes it, hexadecimal digits in upper case.
  void write(bytes::Writer& out) const;

 private:
  explicit Fingerprint(crypto::HashId id) : hash_(id) {}

  crypto::HashId hash_;
  std::array<uint8_t, crypto::kMaxDigest> digest_{};
};

// The digests of one certificate by every hash a fingerprint may use.
class CertificateDigests {
 public:
  // ERR_NO_MEMORY.
  static Result<CertificateDigests> of_der(ByteView certificate_der);

  [[nodiscard]] ByteView sha256() const { return ByteView(sha256_); }
  // True where any of the fingerprints is of this certificate. Compares in constant time.
  [[nodiscard]] bool match_any(std::span<const Fingerprint> expected) const;

 private:
  std::array<uint8_t, 32> sha256_{};
  std::array<uint8_t, 48> sha384_{};
  std::array<uint8_t, 64> sha512_{};
};

}  // namespace voxlock::tls
