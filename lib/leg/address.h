// An IP address and UDP port as a value.
#pragma once

#include <array>
#include <cstdint>

namespace voxlock::leg {

struct Address {
  std::array<uint8_t, 16> ip{};  // network order; IPv4 in the first four bytes, zeros behind
  uint16_t port = 0;
  uint8_t family = 0;  // 4, 6 or 0 for none

  bool operator==(const Address&) const = default;
  [[nodiscard]] bool is_set() const { return family != 0 && port != 0; }
};

}  // namespace voxlock::leg
