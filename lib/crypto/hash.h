// Hash functions over mbedTLS.
#pragma once

#include <mbedtls/md.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure.h"

namespace voxlock::crypto {

// MD5 and SHA-1 are for protocols that name them and do not rest on collision resistance: digest
// authentication (RFC 8760) and HMAC. Certificates and fingerprints never use them.
enum class HashId : uint8_t { kMd5, kSha1, kSha256, kSha384, kSha512 };

inline constexpr size_t kMaxDigest = 64;
// A digest; wiped when it dies, since it may be a key or a password's hash.
using Digest = secure::Secret<kMaxDigest>;

// Bytes of a digest.
constexpr size_t digest_size(HashId id) {
  constexpr std::array<size_t, 5> kSizes{16, 20, 32, 48, 64};
  return kSizes[static_cast<size_t>(id)];
}

namespace detail {

// Owns an mbedTLS message digest. mbedTLS keeps its state in memory of the C library and wipes it.
class MdContext {
 public:
  MdContext(HashId id, bool is_hmac);
  ~MdContext();
  MdContext(const MdContext&) = delete;
  MdContext& operator=(const MdContext&) = delete;

  mbedtls_md_context_t raw;
  // ERR_NO_MEMORY where mbedTLS got none.
  Status status;
};

}  // namespace detail

// Hashes piece by piece. An error sticks and is told by finish().
class Hash {
 public:
  explicit Hash(HashId id);

  void update(ByteView data);
  // The digest of all updates; the object then starts anew. ERR_NO_MEMORY.
  Result<Digest> finish();

 private:
  void start();

  HashId id_;
  detail::MdContext md_;
};

// The digest of data at once. ERR_NO_MEMORY.
Result<Digest> hash(HashId id, ByteView data);

// Name in the fingerprint attribute and in digest authentication's registries: "sha-256".
const char* hash_name(HashId id);

}  // namespace voxlock::crypto
