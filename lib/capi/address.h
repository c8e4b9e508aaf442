// Addresses across the ABI.
#pragma once

#include <algorithm>

#include "base/address.h"
#include "voxlock/address.h"

namespace voxlock::capi {

inline Address to_address(const voxlock_address& in) {
  Address out;
  std::copy(std::begin(in.ip), std::end(in.ip), out.ip.begin());
  out.port = in.port;
  out.family = in.family;
  return out;
}

inline voxlock_address from_address(const Address& in) {
  voxlock_address out{};
  std::copy(in.ip.begin(), in.ip.end(), std::begin(out.ip));
  out.port = in.port;
  out.family = in.family;
  return out;
}

}  // namespace voxlock::capi
