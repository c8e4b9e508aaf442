#include "tls/ssl_status.h"

#include "tls/mbedtls_compat.h"

namespace voxlock::tls {

Status status_of_ssl(int mbedtls_result) {
  switch (mbedtls_result) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      return Status::ERR_TLS_ALERT;
    case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE:
      return Status::ERR_TLS_CERT_MISSING;
    case MBEDTLS_ERR_SSL_CONN_EOF:
      return Status::ERR_TLS_TRUNCATED;
    case MBEDTLS_ERR_SSL_TIMEOUT:
      return Status::ERR_DTLS_TIMEOUT;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
      return Status::ERR_NO_MEMORY;
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
    case MBEDTLS_ERR_SSL_INVALID_MAC:
    case MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL:
      return Status::ERR_TLS_RECORD;
    case compat::kBadVersion:
      return Status::ERR_TLS_VERSION;
    case compat::kNoSharedCipher:
      return Status::ERR_TLS_NO_SHARED_CIPHER;
    default:
      return Status::ERR_TLS_HANDSHAKE;
  }
}

}  // namespace voxlock::tls
