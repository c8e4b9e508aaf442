// Certificates with an ECDSA P-256 key: self-signed ones, and ones issued by another identity.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace voxlock::crypto {

// RFC 5280, section 4.2.1.6: the kinds of subjectAltName we write; the number is the DER tag.
enum class NameKind : uint8_t { kDns = 0x82, kUri = 0x86, kIp = 0x87 };

struct SubjectName {
  NameKind kind;
  // Text of a DNS name or URI; 4 or 16 bytes of an address. Not checked: tests need odd ones.
  ByteView value;
};

class Identity;

struct IdentityRequest {
  // Letters, digits, '.', '-', '_' and spaces, 1..64.
  std::string_view common_name = "voxlock";
  std::span<const SubjectName> names;
  // Unix seconds, inclusive, below year 10000.
  uint64_t not_before_s = 0;
  uint64_t not_after_s = 0;
  bool is_ca = false;
  // nullptr: self-signed.
  const Identity* issuer = nullptr;
};

// Key and certificate in the caller's memory, wiped when freed.
class Identity {
 public:
  // ERR_INVALID_ARGUMENT (name, dates), ERR_LIMIT (names beyond 2 KiB), ERR_NO_MEMORY, ERR_ENTROPY.
  static Result<Identity> create(std::pmr::memory_resource& memory, const IdentityRequest& request,
                                 RandomSource& random);

  [[nodiscard]] ByteView certificate_der() const { return certificate_; }
  [[nodiscard]] ByteView key_der() const { return key_; }
  void write_certificate_pem(bytes::Writer& out) const;
  void write_key_pem(bytes::Writer& out) const;
  // SHA-256 of the certificate's DER form (RFC 8122, section 5).
  [[nodiscard]] Result<Digest> fingerprint() const { return hash(HashId::kSha256, certificate_); }

 private:
  explicit Identity(std::pmr::memory_resource& memory) : certificate_(&memory), key_(&memory) {}

  std::pmr::vector<uint8_t> certificate_;
  std::pmr::vector<uint8_t> key_;
};

}  // namespace voxlock::crypto
