// Settings of an endpoint: names, timers, limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace voxlock::ua {

inline constexpr uint64_t kMillisecond = 1'000'000;
inline constexpr uint64_t kSecond = 1'000 * kMillisecond;
inline constexpr uint64_t kNever = UINT64_MAX;

// The numbers are those of the C ABI.
enum class Transport : uint32_t { kTcp = 1, kTls = 2 };

// RFC 3261 17.1.1.1: every timer of a transaction is made of these three.
struct Timers {
  uint64_t t1_ns = 500 * kMillisecond;
  uint64_t t2_ns = 4 * kSecond;
  uint64_t t4_ns = 5 * kSecond;
};

// What the endpoint may hold at once. A request beyond a limit is answered 503.
struct Limits {
  uint32_t connections = 64;
  uint32_t calls = 256;
  uint32_t transactions = 1024;
  // Longest message in either direction; a longer one is answered 513 and the connection closed,
  // for the end of such a message is not worth waiting for.
  uint32_t message_len = 16 * 1024;
  // Bytes waiting for the host's poll; at least four messages.
  uint32_t output_len = 256 * 1024;
};

// Digest algorithms as bits of a set; RFC 8760 2.
inline constexpr uint32_t kAllowMd5 = 1;
inline constexpr uint32_t kAllowSha256 = 2;

struct Config {
  // Host name or address that peers reach us at: Via, Contact and From carry it. Required.
  std::string_view host;
  uint16_t port_tcp = 0;                 // 0: 5060
  uint16_t port_tls = 0;                 // 0: 5061
  std::string_view user = "voxlock";     // user part of Contact and of a default From
  std::string_view product = "voxlock";  // User-Agent and Server
  // Realm in which requests from peers must authenticate; empty: no request is challenged.
  std::string_view realm;
  // Algorithms of our challenges and of those we answer.
  uint32_t algorithms = kAllowMd5 | kAllowSha256;
  uint64_t nonce_lifetime_ns = 300 * kSecond;
  // Seconds in the Retry-After of a 503.
  uint32_t retry_after_s = 10;
  // Session timers (RFC 4028): what we ask for, 0 for none, and the least we grant.
  uint32_t session_expires_s = 1800;
  uint32_t min_se_s = 90;
  // A call whose connection closes goes on: its next request opens another. False: it ends.
  bool calls_survive_connection = true;
  Timers timers;
  Limits limits;
};

}  // namespace voxlock::ua
