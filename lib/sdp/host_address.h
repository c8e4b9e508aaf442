// Numeric IP addresses as SDP writes them.
#pragma once

#include <string_view>

#include "base/address.h"

namespace voxlock::sdp {

using HostAddress = voxlock::Address;

// Reads the address of a c= line (RFC 8866: IP4 or IP6). ERR_SDP_ADDRESS, also for host names.
inline Result<HostAddress> parse_address(std::string_view text) {
  const auto address = parse_ip(text);
  if (!address) return Status::ERR_SDP_ADDRESS;
  return *address;
}

inline void write_address(bytes::Writer& out, const HostAddress& address) {
  write_ip(out, address);
}

}  // namespace voxlock::sdp
