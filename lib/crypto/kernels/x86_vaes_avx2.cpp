// VAES and VPCLMULQDQ with AVX2, two blocks to a vector.
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "base/secure.h"
#include "crypto/kernels/x86.h"

#define VOXLOCK_KERNEL __attribute__((target("aes,pclmul,avx2,vaes,vpclmulqdq")))
#define VOXLOCK_INLINE \
  __attribute__((target("aes,pclmul,avx2,vaes,vpclmulqdq"), always_inline)) inline

#include "crypto/kernels/x86_block.h"

namespace voxlock::crypto::kernels {
namespace {

using V = __m256i;
constexpr size_t kLanes = 2;

VOXLOCK_INLINE V load(const uint8_t* at) {
  return _mm256_loadu_si256(reinterpret_cast<const V*>(at));
}
VOXLOCK_INLINE void store(uint8_t* at, V v) {
  _mm256_storeu_si256(reinterpret_cast<V*>(at), v);
}
VOXLOCK_INLINE V widen(B block) {
  return _mm256_zextsi128_si256(block);
}
VOXLOCK_INLINE V load_part(const uint8_t* at, size_t n) {
  // One whole block is what packets with frames of 10 and 20 ms of audio end in.
  if (n == 16) return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  alignas(V) uint8_t blocks[sizeof(V)] = {};
  std::memcpy(blocks, at, n);
  const V v = load(blocks);
  secure::wipe(blocks, sizeof blocks);
  return v;
}
VOXLOCK_INLINE void store_part(uint8_t* at, V v, size_t n) {
  if (n == 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm256_castsi256_si128(v));
    return;
  }
  alignas(V) uint8_t blocks[sizeof(V)];
  store(blocks, v);
  std::memcpy(at, blocks, n);
  secure::wipe(blocks, sizeof blocks);
}
VOXLOCK_INLINE V keep(V v, size_t n) {
  static constexpr uint8_t kMask[64] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                        255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  return _mm256_and_si256(v, load(kMask + 32 - n));
}
VOXLOCK_INLINE V spread(B block) {
  return _mm256_broadcastsi128_si256(block);
}
VOXLOCK_INLINE B narrow(V v) {
  return _mm_xor_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}
VOXLOCK_INLINE V lane_numbers() {
  return _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0);
}
VOXLOCK_INLINE V bit_xor(V a, V b) {
  return _mm256_xor_si256(a, b);
}
VOXLOCK_INLINE V add32(V a, V b) {
  return _mm256_add_epi32(a, b);
}
VOXLOCK_INLINE V reverse(V v) {
  return _mm256_shuffle_epi8(v, spread(block_of(0x0001020304050607, 0x08090a0b0c0d0e0f)));
}
VOXLOCK_INLINE V aes_first(V v, V key) {
  return bit_xor(v, key);
}
VOXLOCK_INLINE V aes_next(V v, V, V key) {
  return _mm256_aesenc_epi128(v, key);
}
VOXLOCK_INLINE V aes_last(V v, V, V key) {
  return _mm256_aesenclast_epi128(v, key);
}
template <int kHalves>
VOXLOCK_INLINE V multiply(V a, V b) {
  return _mm256_clmulepi64_epi128(a, b, kHalves);
}

}  // namespace
}  // namespace voxlock::crypto::kernels

#include "crypto/kernels/flow.h"

namespace voxlock::crypto::kernels {

const AesRow kVaesAvx2 = {"vaes-avx2", expand, ctr, hash_key, ghash, seal, open};

}  // namespace voxlock::crypto::kernels
