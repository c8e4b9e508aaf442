// Digest as a client: credentials of the host and the challenges that were met (RFC
// 3261 22.2, 22.3).
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "sip/message.h"
#include "sip/writer.h"
#include "ua/digest.h"
#include "ua/endpoint.h"

namespace voxlock::ua {

// Most realms a host may have credentials for, and the longest text of each part.
inline constexpr size_t kMaxCredentials = 64;
inline constexpr size_t kMaxCredentialLen = 256;

class CredentialStore {
 public:
  struct Entry {
    explicit Entry(std::pmr::memory_resource& memory)
        : realm(&memory), peer(&memory), user(&memory), password(&memory) {}
    std::pmr::string realm, peer, user, password;
  };

  explicit CredentialStore(std::pmr::memory_resource& memory)
      : memory_(memory), entries_(&memory) {}

  // Adds, replaces, or with an empty user removes. ERR_LIMIT, ERR_INVALID_ARGUMENT.
  Result<void> set(const Credentials& credentials);
  // The entry for a realm at a peer, one bound to the peer before one for any; nullptr for none.
  [[nodiscard]] const Entry* find(std::string_view realm, std::string_view peer) const;

 private:
  std::pmr::memory_resource& memory_;
  std::pmr::vector<Entry> entries_;
};

// One challenge that credentials are known for.
struct Challenge {
  explicit Challenge(std::pmr::memory_resource& memory)
      : realm(&memory), nonce(&memory), opaque(&memory) {}

  std::pmr::string realm, nonce, opaque;  // without escapes
  Algorithm algorithm = Algorithm::kMd5;
  bool has_qop = false;
  bool has_algorithm = false;
  bool has_opaque = false;
  bool is_proxy = false;
  uint32_t nc = 0;  // uses of the nonce
};

// Challenges of one call, at most one a realm and kind.
struct AuthState {
  explicit AuthState(std::pmr::memory_resource& memory) : challenges(&memory) {}
  std::pmr::vector<Challenge> challenges;
};
inline constexpr size_t kMaxChallenges = 4;

struct AuthRules {
  const CredentialStore& store;
  std::string_view peer;  // next hop the request goes to
  uint32_t algorithms;    // Config::algorithms
};

// Takes the challenges of a 401 or 407 to a request. True where a new attempt makes sense: there
// are credentials for a realm, and they were not refused already (a new nonce without stale=true
// for credentials that the request carried is a refusal, RFC 3261 22.2). Throws std::bad_alloc.
bool take_challenges(AuthState& state, const AuthRules& rules, const sip::Message& response,
                     const sip::Message& request);

// Writes Authorization and Proxy-Authorization for all challenges of the state that have
// credentials. What the credentials of one request are computed over.
struct AuthTarget {
  std::string_view method;
  std::string_view uri;
};
Result<void> write_credentials(AuthState& state, const AuthRules& rules, const AuthTarget& target,
                               RandomSource& random, sip::Writer& out);

}  // namespace voxlock::ua
