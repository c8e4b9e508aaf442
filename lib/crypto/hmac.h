// HMAC (RFC 2104): with SHA-1 on our own kernels, with other hashes over mbedTLS.
#pragma once

#include <optional>

#include "crypto/hash.h"
#include "crypto/hmac_sha1.h"

namespace voxlock::crypto {

// Authenticates piece by piece with one key. An error sticks and is told by finish().
class Hmac {
 public:
  Hmac(HashId id, ByteView key);

  void update(ByteView data);
  // The full tag of all updates; the object then starts anew with the same key. ERR_NO_MEMORY.
  // Compare tags with secure::equal.
  Result<Digest> finish();

 private:
  HashId id_;
  // One of the two.
  std::optional<HmacSha1> sha1_;
  std::optional<detail::MdContext> md_;
};

// The tag of data at once. ERR_NO_MEMORY.
Result<Digest> hmac(HashId id, ByteView key, ByteView data);

}  // namespace voxlock::crypto
