// Our ciphers in the place of libsrtp2's own.
#pragma once

namespace voxlock::srtp::library {

// Makes this process's copy of libsrtp2 use crypto/aes_ctr.h and hmac_sha1.h. Only for a
// private copy, once, after srtp_init and before the first session. libsrtp2 runs its self-tests on
// each type first; false where one failed.
bool replace_types();

// For tests: the same self-tests again, with the kernels that are active now.
bool test_types();

}  // namespace voxlock::srtp::library
