// Keys from secrets: HKDF (RFC 5869) and PBKDF2 (RFC 8018 section 5.2), both over HMAC.
#pragma once

#include <cstdint>

#include "crypto/hash.h"

namespace voxlock::crypto {

// RFC 5869 2.2: the pseudorandom key. ERR_NO_MEMORY.
Result<Digest> hkdf_extract(HashId id, ByteView salt, ByteView secret);

// RFC 5869 2.3: fills out, at most 255 digests (ERR_LIMIT). ERR_NO_MEMORY. On an error out holds
// zeros.
Result<void> hkdf_expand(HashId id, ByteView key, ByteView info, MutableBytes out);

// Both steps. The statuses of hkdf_expand.
Result<void> hkdf(HashId id, ByteView secret, ByteView salt, ByteView info, MutableBytes out);

// RFC 8018 5.2: fills out. Slow on purpose: each digest of out costs so many HMACs, 100,000 about
// a tenth of a second. ERR_INVALID_ARGUMENT (iterations 0), ERR_NO_MEMORY. On an error out holds
// zeros.
Result<void> pbkdf2(HashId id, ByteView password, ByteView salt, uint32_t iterations,
                    MutableBytes out);

}  // namespace voxlock::crypto
