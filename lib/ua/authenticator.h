// Digest as a server (RFC 3261 22.1, RFC 7616, RFC 8760): accounts of one realm, nonces that need
// no memory until they are used rightly.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secure.h"
#include "sip/message.h"
#include "sip/writer.h"
#include "ua/config.h"
#include "ua/digest.h"

namespace voxlock::ua {

inline constexpr size_t kMaxAccounts = 4096;
inline constexpr size_t kNonceTableLen = 512;

enum class AuthVerdict : uint8_t {
  kAccepted,
  kChallenge,  // no credentials for our realm: 401
  kStale,      // right credentials, but the nonce is used up: 401 with stale=true
  kRefused,    // wrong credentials: 403
};

class Authenticator {
 public:
  Authenticator(std::pmr::memory_resource& memory, std::string_view realm, uint32_t algorithms,
                uint64_t nonce_lifetime_ns);

  // The key of the nonces. ERR_ENTROPY.
  Result<void> seed(RandomSource& random) { return random.fill(key_); }
  // Adds, replaces or with an empty password removes. ERR_LIMIT, ERR_INVALID_ARGUMENT.
  Result<void> set_account(std::string_view user, std::string_view password);

  [[nodiscard]] bool is_on() const { return !realm_.empty(); }
  // Judges a request. Only an accepted one changes anything: the count of its nonce.
  Result<AuthVerdict> check(const sip::Message& request, uint64_t now_ns);
  // Writes a WWW-Authenticate for each algorithm, the strongest first (RFC 8760 2.3).
  Result<void> write_challenges(RandomSource& random, bool is_stale, uint64_t now_ns,
                                sip::Writer& out) const;

  ~Authenticator() { secure::wipe(key_.data(), key_.size()); }
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

 private:
  struct Account {
    explicit Account(std::pmr::memory_resource& memory) : user(&memory), password(&memory) {}
    std::pmr::string user, password;
  };
  // A nonce that was used rightly: the next use must count higher (RFC 7616 3.4, nc).
  struct UsedNonce {
    uint64_t issued_ns = 0;
    uint64_t serial = 0;
    uint32_t nc = 0;  // 0: the entry is free
  };
  static constexpr size_t kNonceLen = 64;  // 16 digits time, 16 serial, 32 of a MAC
  using Nonce = std::array<char, kNonceLen>;

  Result<Nonce> make_nonce(uint64_t issued_ns, uint64_t serial) const;
  [[nodiscard]] bool use_nonce(uint64_t issued_ns, uint64_t serial, uint32_t nc);
  [[nodiscard]] const Account* find_account(std::string_view user) const;

  std::pmr::string realm_;
  uint32_t algorithms_;
  uint64_t nonce_lifetime_ns_;
  std::array<uint8_t, 32> key_{};
  std::pmr::vector<Account> accounts_;  // sorted by user
  std::pmr::vector<UsedNonce> used_;
  // Nonces issued before this are used up, for the table has forgotten some of them.
  uint64_t oldest_ns_ = 0;
};

}  // namespace voxlock::ua
