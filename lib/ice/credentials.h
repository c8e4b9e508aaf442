// User fragment and password of one ICE generation (RFC 8445, section 5.3).
#pragma once

#include <string_view>

#include "base/random.h"
#include "base/secure.h"

namespace voxlock::ice {

// RFC 8839 section 5.4: ufrag 4..256, pwd 22..256 characters of ALPHA / DIGIT / "+" / "/".
inline constexpr size_t kMinUfrag = 4;
inline constexpr size_t kMinPwd = 22;
inline constexpr size_t kMaxCredential = 256;
// Of those made here: 48 and 192 bits; the RFC asks for 24 and 128.
inline constexpr size_t kOwnUfrag = 8;
inline constexpr size_t kOwnPwd = 32;

bool is_ufrag(std::string_view text);
bool is_pwd(std::string_view text);

struct Credentials {
  // ERR_ENTROPY.
  static Result<Credentials> generate(RandomSource& random);
  // ERR_ICE_CREDENTIAL where either breaks the grammar.
  static Result<Credentials> from(std::string_view ufrag, std::string_view pwd);

  secure::Secret<kMaxCredential> ufrag;
  secure::Secret<kMaxCredential> pwd;
};

}  // namespace voxlock::ice
