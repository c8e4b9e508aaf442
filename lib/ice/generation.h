// What belongs to one pair of local credentials, from one (re)start to the next.
#pragma once

#include <utility>

#include "crypto/hmac.h"
#include "ice/credentials.h"

namespace voxlock::ice {

struct Generation {
  Generation(uint32_t number, Credentials&& local)
      : serial(number),
        credentials(std::move(local)),
        key(crypto::HashId::kSha1, credentials.pwd.view()) {}

  [[nodiscard]] bool has_remote() const { return !remote_ufrag.empty(); }

  uint32_t serial;
  Credentials credentials;
  // RFC 8489 section 9.1.1: the password itself is the key; ice-chars need no preparation.
  crypto::Hmac key;
  secure::Secret<kMaxCredential> remote_ufrag;
};

}  // namespace voxlock::ice
