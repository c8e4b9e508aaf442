// One block for x86-64, as flow.h wants it. Included by each x86_*.cpp with AES after it has
// defined VOXLOCK_INLINE, and no header of its own, like flow.h.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace voxlock::crypto::kernels {
namespace {

// Included once by each source, on purpose.
// NOLINTBEGIN(misc-definitions-in-headers)

using B = __m128i;

VOXLOCK_INLINE B load_block(const uint8_t* at) {
  return _mm_loadu_si128(reinterpret_cast<const B*>(at));
}
VOXLOCK_INLINE void store_block(uint8_t* at, B block) {
  _mm_storeu_si128(reinterpret_cast<B*>(at), block);
}
VOXLOCK_INLINE B block_of(uint64_t high, uint64_t low) {
  return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}
VOXLOCK_INLINE uint64_t high_of(B block) {
  return static_cast<uint64_t>(_mm_extract_epi64(block, 1));
}
VOXLOCK_INLINE uint64_t low_of(B block) {
  return static_cast<uint64_t>(_mm_cvtsi128_si64(block));
}
VOXLOCK_INLINE B shuffle(B block, B places) {
  return _mm_shuffle_epi8(block, places);
}
VOXLOCK_INLINE B reverse_block(B block) {
  return shuffle(block, block_of(0x0001020304050607, 0x08090a0b0c0d0e0f));
}
VOXLOCK_INLINE B swap_halves(B block) {
  return _mm_shuffle_epi32(block, 0x4e);
}
template <int kBytes>
VOXLOCK_INLINE B move_up(B block) {
  return _mm_slli_si128(block, kBytes);
}
VOXLOCK_INLINE B bit_xor(B a, B b) {
  return _mm_xor_si128(a, b);
}
VOXLOCK_INLINE B aes_first(B block, B key) {
  return _mm_xor_si128(block, key);
}
VOXLOCK_INLINE B aes_next(B block, B, B key) {
  return _mm_aesenc_si128(block, key);
}
VOXLOCK_INLINE B aes_last(B block, B, B key) {
  return _mm_aesenclast_si128(block, key);
}
template <int kHalves>
VOXLOCK_INLINE B multiply(B a, B b) {
  return _mm_clmulepi64_si128(a, b, kHalves);
}

// NOLINTEND(misc-definitions-in-headers)

}  // namespace
}  // namespace voxlock::crypto::kernels
