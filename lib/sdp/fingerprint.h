// a=fingerprint, the hash of the certificate a peer will show (RFC 8122, section 5).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::sdp {

// The numbers are those of the C ABI. MD2, MD5, SHA-1 and SHA-224 are no proof of identity.
enum class FingerprintHash : uint8_t { kNone = 0, kSha256 = 1, kSha384 = 2, kSha512 = 3 };

inline constexpr size_t kMaxDigest = 64;

struct Fingerprint {
  FingerprintHash hash = FingerprintHash::kNone;
  std::array<uint8_t, kMaxDigest> digest{};  // zeros behind the hash's length

  [[nodiscard]] ByteView view() const;
  bool operator==(const Fingerprint&) const = default;
};

// Bytes of a hash, 0 for kNone or an unknown number.
size_t digest_len(FingerprintHash hash);

// Reads "<hash> <XX:XX:...>"; names and digits in either case. ERR_UNSUPPORTED for any other hash,
// whose line does not count; ERR_SDP_FINGERPRINT for a broken line.
Result<Fingerprint> parse_fingerprint(std::string_view value);
void write_fingerprint(bytes::Writer& out, const Fingerprint& fingerprint);

}  // namespace voxlock::sdp
