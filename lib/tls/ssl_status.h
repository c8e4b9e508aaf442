// Errors of the mbedTLS SSL layer as statuses.
#pragma once

#include "base/status.h"

namespace voxlock::tls {

// For a result that is an error; ERR_TLS_HANDSHAKE for one without a status of its own.
Status status_of_ssl(int mbedtls_result);

}  // namespace voxlock::tls
