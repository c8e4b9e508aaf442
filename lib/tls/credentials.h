// Parsed certificates and key of one connection.
#pragma once

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <memory_resource>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "tls/settings.h"

namespace voxlock::tls {

// A copy with a NUL behind, which mbedTLS wants behind PEM; empty for empty data.
std::pmr::vector<uint8_t> copy_with_nul(std::pmr::memory_resource& memory, ByteView data);

class Credentials {
 public:
  Credentials();
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  // Certificates alone, PEM or one DER with a NUL behind. ERR_TLS_BAD_CERTIFICATE, ERR_NO_MEMORY.
  Result<void> parse_certificates(ByteView with_nul);
  // Own certificates and the key that belongs to the first, each PEM or DER with a NUL behind.
  // ERR_TLS_BAD_CERTIFICATE, ERR_TLS_BAD_KEY, ERR_NO_MEMORY.
  Result<void> parse_own(ByteView certificates_with_nul, ByteView key_with_nul,
                         RandomSource& random);
  // All that the settings hold. The same errors.
  Result<void> parse(const Settings& settings, RandomSource& random);

  mbedtls_x509_crt certificates;
  mbedtls_x509_crt authorities;
  mbedtls_pk_context key;
};

}  // namespace voxlock::tls
