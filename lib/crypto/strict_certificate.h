// Certificates of mbedTLS 2.28 as strict readers want them.
#pragma once

#include <memory_resource>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "crypto/mbedtls_compat.h"

namespace voxlock::crypto {

// RFC 5758, section 3.2: ecdsa-with-SHA256 stands without parameters. mbedTLS 2.28 writes NULL
// there, which OpenSSL takes and Python's cryptography (aiortc) and others refuse. Takes it out and
// signs anew; another certificate stays as it is. signer: the issuer's key. ERR_SYNTAX, ERR_LIMIT,
// ERR_NO_MEMORY. Throws std::bad_alloc.
Result<void> drop_null_parameters(std::pmr::vector<uint8_t>& certificate,
                                  mbedtls_pk_context& signer, RandomSource& random);

}  // namespace voxlock::crypto
