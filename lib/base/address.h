// An IP address and UDP port as a value, and its numeric text.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock {

struct Address {
  std::array<uint8_t, 16> ip{};  // network order; IPv4 in the first four bytes, zeros behind
  uint16_t port = 0;
  uint8_t family = 0;  // 4, 6 or 0 for none

  bool operator==(const Address&) const = default;
  [[nodiscard]] bool is_set() const { return family != 0 && port != 0; }
  // 0.0.0.0 or ::, the old way to put a call on hold (RFC 2543, B.5).
  [[nodiscard]] bool is_unspecified() const { return ip == std::array<uint8_t, 16>{}; }

  // For an archive (base/archive.h).
  template <typename Archive, typename Self>
  static void describe(Archive& archive, Self& self) {
    archive.array(self.ip);
    archive.number(self.port);
    archive.number(self.family);
  }
};

// Reads "192.0.2.1" or "2001:db8::1", without brackets, zone or port; the port of the result is 0.
// ERR_SYNTAX, also for host names.
Result<Address> parse_ip(std::string_view text);

// Writes the address without port; IPv6 in full form without "::" (any form is legal).
void write_ip(bytes::Writer& out, const Address& address);

}  // namespace voxlock
