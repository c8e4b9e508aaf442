// The computation of digest access authentication (RFC 7616 3.4, RFC 8760 for SIP, RFC 3261 22).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "ua/config.h"

namespace voxlock::ua {

enum class Algorithm : uint8_t { kMd5, kMd5Sess, kSha256, kSha256Sess };

enum class Qop : uint8_t { kNone, kAuth, kAuthInt };

// The token of the algorithm parameter; an empty one means MD5 (RFC 7616 3.3). Nothing for an
// algorithm this library does not compute: such a challenge is passed over (RFC 8760 2.3).
std::optional<Algorithm> parse_algorithm(std::string_view token);
std::string_view algorithm_token(Algorithm algorithm);
// Bit of the set in Config::algorithms.
uint32_t algorithm_bit(Algorithm algorithm);

// Lower-case hexadecimal digits of a hash.
struct HexDigest {
  std::array<char, 64> digits{};
  size_t len = 0;
  [[nodiscard]] std::string_view view() const { return {digits.data(), len}; }
};

struct DigestInput {
  Algorithm algorithm = Algorithm::kMd5;
  Qop qop = Qop::kNone;
  std::string_view user;   // unescaped
  std::string_view realm;  // unescaped
  std::string_view password;
  std::string_view nonce;
  std::string_view cnonce;  // with a qop or a -sess algorithm
  std::string_view nc;      // 8 digits, with a qop
  std::string_view method;
  std::string_view uri;  // as written in the credentials
  ByteView body;         // with auth-int
};

// The response parameter. ERR_NO_MEMORY where the hash cannot be had.
Result<HexDigest> compute_response(const DigestInput& input);

}  // namespace voxlock::ua
