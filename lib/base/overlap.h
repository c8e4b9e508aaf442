// Whether two views share a byte.
#pragma once

#include <functional>

#include "base/bytes.h"

namespace voxlock {

// Wherever they come from.
inline bool overlaps(ByteView a, ByteView b) {
  const std::less<const uint8_t*> before;
  return !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) &&
         before(b.data(), a.data() + a.size());
}

}  // namespace voxlock
