// Session keys from a master key (RFC 3711 section 4.3.1), with a derivation rate of 0.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/secure.h"
#include "srtp/suite.h"

namespace voxlock::srtp {

// RFC 3711 section 4.3.2.
enum class KeyLabel : uint8_t {
  kRtpEncryption = 0,
  kRtpAuthentication = 1,
  kRtpSalt = 2,
  kRtcpEncryption = 3,
  kRtcpAuthentication = 4,
  kRtcpSalt = 5,
};

// Fills out. key_and_salt: exactly the suite's. RFC 7714 section 11: the shorter salt of AEAD has
// zeros behind it.
void derive_key(const Suite& suite, ByteView key_and_salt, KeyLabel label, MutableBytes out);

// RFC 3711 section 8.2.
inline constexpr size_t kAuthKeyLen = 20;
// What authenticates with a key of the HMAC suites, and decrypts nothing. Empty for AEAD, whose one
// key does both.
secure::Secret<kAuthKeyLen> auth_key(const Suite& suite, ByteView key_and_salt);

}  // namespace voxlock::srtp
