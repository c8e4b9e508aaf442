// Vectors of one block, as flow.h wants them. Included after VOXLOCK_INLINE and the functions on
// blocks have been defined, and add32 with them; no header of its own, like flow.h.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/secure.h"
#include "crypto/kernels/kernels.h"

namespace voxlock::crypto::kernels {
namespace {

// Included once by each source, on purpose.
// NOLINTBEGIN(misc-definitions-in-headers)

using V = B;
constexpr size_t kLanes = 1;

VOXLOCK_INLINE V load(const uint8_t* at) {
  return load_block(at);
}
VOXLOCK_INLINE void store(uint8_t* at, V v) {
  store_block(at, v);
}
VOXLOCK_INLINE V load_part(const uint8_t* at, size_t n) {
  alignas(V) uint8_t block[kBlockLen] = {};
  std::memcpy(block, at, n);
  const V v = load(block);
  secure::wipe(block, sizeof block);
  return v;
}
VOXLOCK_INLINE void store_part(uint8_t* at, V v, size_t n) {
  alignas(V) uint8_t block[kBlockLen];
  store(block, v);
  std::memcpy(at, block, n);
  secure::wipe(block, sizeof block);
}
VOXLOCK_INLINE V keep(V v, size_t n) {
  static constexpr uint8_t kMask[2 * kBlockLen] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                   255, 255, 255, 255, 255, 255, 255, 255};
  return bit_and(v, load(kMask + kBlockLen - n));
}
VOXLOCK_INLINE V spread(B block) {
  return block;
}
VOXLOCK_INLINE V widen(B block) {
  return block;
}
VOXLOCK_INLINE B narrow(V v) {
  return v;
}
VOXLOCK_INLINE V lane_numbers() {
  return block_of(0, 0);
}
VOXLOCK_INLINE V reverse(V v) {
  return reverse_block(v);
}

// NOLINTEND(misc-definitions-in-headers)

}  // namespace
}  // namespace voxlock::crypto::kernels
