// The part of a packet that stays clear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace voxlock::srtp {

// Copies the first len bytes, eight at least. Most headers have sixteen at most, and need no call.
inline void copy_clear(ByteView packet, size_t len, MutableBytes out) {
  constexpr size_t kHalf = 8;
  if (len > 2 * kHalf) {
    std::memcpy(out.data(), packet.data(), len);
    return;
  }
  std::memcpy(out.data(), packet.data(), kHalf);
  std::memcpy(out.data() + len - kHalf, packet.data() + len - kHalf, kHalf);
}

}  // namespace voxlock::srtp
