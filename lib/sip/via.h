// Via (RFC 3261 20.42, RFC 3581 rport).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sip/params.h"

namespace voxlock::sip {

//   SIP/2.0/UDP host:port;branch=z9hG4bK...;received=...;rport=...
struct Via {
  std::string_view transport;  // "UDP", "TCP", "TLS", "WSS", ... as written
  std::string_view host;       // an IPv6 address keeps its brackets
  Params params;
  uint16_t port = 0;
  bool has_port = false;

  [[nodiscard]] std::string_view branch() const { return params.value("branch"); }
  // An address without brackets, also where the sender wrote them (RFC 5118 4.5).
  [[nodiscard]] std::string_view received() const;
  [[nodiscard]] bool has_rport() const { return params.has("rport"); }
  // RFC 3261 17.2.3: the branch names a transaction only where it starts with the magic cookie and
  // goes on after it; otherwise match as RFC 2543 did.
  [[nodiscard]] bool has_unique_branch() const;
};

inline constexpr std::string_view kMagicCookie = "z9hG4bK";

// One via-parm. ERR_SIP_VIA, ERR_SIP_HOST, ERR_SIP_PARAM.
Result<Via> parse_via(std::string_view text);

}  // namespace voxlock::sip
