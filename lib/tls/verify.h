// Rules for a peer's certificate that do not need the connection.
#pragma once

#include <mbedtls/x509_crt.h>

#include <string_view>

#include "base/status.h"

namespace voxlock::tls {

// SHA-2, RSA from 2048 bits, the NIST curves P-256 and up (RFC 9325, section 4.5).
const mbedtls_x509_crt_profile& certificate_profile();

// Takes out of flags what mbedTLS found by its own clock and its own name rule, and says what is
// left.
Status judge_flags(uint32_t* flags);

// Compares the validity period with the host's wall time (Unix seconds, 0: unknown) and sets the
// flags that make mbedTLS send the right alert. ERR_TLS_CERT_EXPIRED, ERR_TLS_CERT_NOT_YET_VALID,
// ERR_TLS_CLOCK_UNKNOWN.
Status check_dates(const mbedtls_x509_crt& certificate, uint64_t wall_s, bool allows_unknown,
                   uint32_t* flags);

// True where any attribute of the subject holds a NUL byte.
bool has_nul_subject(const mbedtls_x509_crt& certificate);

// "TLS_ECDHE_..." for the name that mbedTLS gives ("TLS-ECDHE-..."); empty for a suite not offered.
std::string_view iana_cipher_name(std::string_view mbedtls_name);

}  // namespace voxlock::tls
