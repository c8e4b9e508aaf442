#include "ua/digest.h"

#include "base/text.h"
#include "crypto/hash.h"

namespace voxlock::ua {
namespace {

struct AlgorithmRow {
  Algorithm algorithm;
  std::string_view token;
  crypto::HashId hash;
  bool is_session;
  uint32_t bit;
};
constexpr AlgorithmRow kAlgorithms[] = {
    {Algorithm::kMd5, "MD5", crypto::HashId::kMd5, false, kAllowMd5},
    {Algorithm::kMd5Sess, "MD5-sess", crypto::HashId::kMd5, true, kAllowMd5},
    {Algorithm::kSha256, "SHA-256", crypto::HashId::kSha256, false, kAllowSha256},
    {Algorithm::kSha256Sess, "SHA-256-sess", crypto::HashId::kSha256, true, kAllowSha256},
};

const AlgorithmRow& row(Algorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)];
}

// H(parts joined by colons).
Result<HexDigest> hash_of(crypto::HashId id, std::initializer_list<std::string_view> parts) {
  crypto::Hash hash(id);
  bool is_first = true;
  for (const std::string_view part : parts) {
    if (!is_first) hash.update(as_bytes(":"));
    is_first = false;
    hash.update(as_bytes(part));
  }
  VOXLOCK_TRY(const crypto::Digest digest, hash.finish());
  const ByteView raw = digest.view();
  HexDigest out;
  out.len = 2 * raw.size();
  for (size_t i = 0; i < out.len; ++i) {
    out.digits[i] = "0123456789abcdef"[raw[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  }
  return out;
}

// RFC 7616 3.4.3: A2 covers the body with auth-int.
Result<HexDigest> hash_a2(const DigestInput& input, crypto::HashId id) {
  if (input.qop != Qop::kAuthInt) return hash_of(id, {input.method, input.uri});
  VOXLOCK_TRY(const HexDigest body, hash_of(id, {as_text(input.body)}));
  return hash_of(id, {input.method, input.uri, body.view()});
}

}  // namespace

std::optional<Algorithm> parse_algorithm(std::string_view token) {
  if (token.empty()) return Algorithm::kMd5;
  for (const AlgorithmRow& entry : kAlgorithms) {
    if (text::equals_ignore_case(entry.token, token)) return entry.algorithm;
  }
  return std::nullopt;
}

std::string_view algorithm_token(Algorithm algorithm) {
  return row(algorithm).token;
}

uint32_t algorithm_bit(Algorithm algorithm) {
  return row(algorithm).bit;
}

Result<HexDigest> compute_response(const DigestInput& input) {
  const AlgorithmRow& algorithm = row(input.algorithm);
  VOXLOCK_TRY(HexDigest a1, hash_of(algorithm.hash, {input.user, input.realm, input.password}));
  if (algorithm.is_session) {
    VOXLOCK_TRY(a1, hash_of(algorithm.hash, {a1.view(), input.nonce, input.cnonce}));
  }
  VOXLOCK_TRY(const HexDigest a2, hash_a2(input, algorithm.hash));
  if (input.qop == Qop::kNone) return hash_of(algorithm.hash, {a1.view(), input.nonce, a2.view()});
  const std::string_view qop = input.qop == Qop::kAuth ? "auth" : "auth-int";
  return hash_of(algorithm.hash, {a1.view(), input.nonce, input.nc, input.cnonce, qop, a2.view()});
}

}  // namespace voxlock::ua
