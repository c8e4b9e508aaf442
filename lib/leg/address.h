// An IP address and UDP port as a value.
#pragma once

#include "base/address.h"

namespace voxlock::leg {

using voxlock::Address;

}  // namespace voxlock::leg
