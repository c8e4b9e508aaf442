// Parsed certificates and key of one connection.
#pragma once

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "base/random.h"
#include "base/result.h"
#include "tls/settings.h"

namespace voxlock::tls {

class Credentials {
 public:
  Credentials();
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  // ERR_TLS_BAD_CERTIFICATE, ERR_TLS_BAD_KEY, ERR_NO_MEMORY.
  Result<void> parse(const Settings& settings, RandomSource& random);

  mbedtls_x509_crt certificates;
  mbedtls_x509_crt authorities;
  mbedtls_pk_context key;
};

}  // namespace voxlock::tls
