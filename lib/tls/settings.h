// What a TLS endpoint brings along: checked once, then shared by its connections and never changed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/context.h"
#include "base/result.h"

namespace voxlock::tls {

enum class Role : uint8_t { kClient, kServer };
// What a server asks of its clients. A client always verifies its server.
enum class ClientAuth : uint8_t { kNone, kOptional, kRequired };

struct SettingsRequest {
  Role role = Role::kClient;
  ClientAuth client_auth = ClientAuth::kNone;
  ByteView certificates;  // own chain, leaf first: PEM, or one DER certificate; empty for none
  ByteView key;           // PEM or DER, not encrypted
  ByteView authorities;   // PEM list, or one DER certificate
  std::span<const std::string_view>
      alpn;                          // most wanted first; at most kMaxAlpn of 1..kMaxAlpnName bytes
  bool requires_alpn = false;        // fail where no protocol was agreed
  bool requires_tls13 = false;       // ERR_UNSUPPORTED where the library lacks it
  bool allows_unknown_time = false;  // skip certificate dates while the wall time is unknown
};

inline constexpr size_t kMaxAlpn = 8;
inline constexpr size_t kMaxAlpnName = 31;

// Holds the bytes, not parsed objects: mbedTLS caches curve tables inside parsed keys and
// certificates, so two connections on two threads must not share them. A reload makes new Settings
// for new connections; old connections keep theirs alive.
class Settings {
 public:
  // ERR_TLS_BAD_CERTIFICATE, ERR_TLS_BAD_KEY (also: not of the leaf certificate), ERR_TLS_NO_CA,
  // ERR_INVALID_ARGUMENT (a server without certificate, ALPN), ERR_LIMIT (1 MiB), ERR_UNSUPPORTED,
  // ERR_NO_MEMORY, ERR_ENTROPY.
  static Result<std::shared_ptr<const Settings>> create(Context& context,
                                                        const SettingsRequest& request);

  Settings(std::pmr::memory_resource& memory, const SettingsRequest& request);

  Role role;
  ClientAuth client_auth;
  bool requires_alpn;
  bool requires_tls13;
  bool allows_unknown_time;
  // Each with a NUL behind, which mbedTLS wants behind PEM.
  std::pmr::vector<uint8_t> certificates;
  std::pmr::vector<uint8_t> key;
  std::pmr::vector<uint8_t> authorities;
  // NULL-terminated list, as mbedTLS takes it; it points into alpn_names.
  std::array<const char*, kMaxAlpn + 1> alpn{};
  std::array<std::array<char, kMaxAlpnName + 1>, kMaxAlpn> alpn_names{};

  [[nodiscard]] bool verifies_peer() const {
    return role == Role::kClient || client_auth != ClientAuth::kNone;
  }
};

// Whether the library can speak TLS 1.3.
[[nodiscard]] bool has_tls13();

}  // namespace voxlock::tls
