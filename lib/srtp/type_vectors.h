// What libsrtp2's self-tests run our types on. It wants one case at least from each type.
#pragma once

#include <srtp2/auth.h>
#include <srtp2/cipher.h>

#include <cstdint>

namespace voxlock::srtp::library::vectors {

extern const srtp_cipher_test_case_t kCm128;
extern const srtp_cipher_test_case_t kCm256;
extern const srtp_auth_test_case_t kHmac;

}  // namespace voxlock::srtp::library::vectors
