#include "srtp/key_memory.h"

#include "crypto/hash.h"

namespace voxlock::srtp {

Result<uint64_t> KeyMemory::print(ByteView key_and_salt) {
  VOXLOCK_TRY(const crypto::Digest digest, crypto::hash(crypto::HashId::kSha256, key_and_salt));
  return bytes::Reader(digest.view()).u64();
}

}  // namespace voxlock::srtp
