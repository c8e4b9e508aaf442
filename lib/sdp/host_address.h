// Numeric IP addresses as SDP writes them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::sdp {

struct HostAddress {
  std::array<uint8_t, 16> ip{};  // network order; IPv4 in the first four bytes, zeros behind
  uint16_t port = 0;
  uint8_t family = 0;  // 4, 6 or 0 for none

  bool operator==(const HostAddress&) const = default;
  // 0.0.0.0 or ::, the old way to put a call on hold (RFC 2543, B.5).
  [[nodiscard]] bool is_unspecified() const { return ip == std::array<uint8_t, 16>{}; }
};

// Reads "192.0.2.1" (RFC 8866: IP4) or "2001:db8::1" (IP6), without brackets, zone or port; the
// port of the result is 0. ERR_SDP_ADDRESS, also for host names.
Result<HostAddress> parse_address(std::string_view text);

// Writes the address without port; IPv6 in full form without "::" (any form is legal).
void write_address(bytes::Writer& out, const HostAddress& address);

}  // namespace voxlock::sdp
