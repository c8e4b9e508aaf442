// VAES and VPCLMULQDQ with AVX-512, four blocks to a vector.
#include <immintrin.h>

#include <cstdint>

#include "crypto/kernels/x86.h"

#define VOXLOCK_KERNEL \
  __attribute__((target("aes,pclmul,avx512f,avx512bw,avx512vl,vaes,vpclmulqdq")))
#define VOXLOCK_INLINE                                                           \
  __attribute__((target("aes,pclmul,avx512f,avx512bw,avx512vl,vaes,vpclmulqdq"), \
                 always_inline)) inline

#include "crypto/kernels/x86_block.h"

namespace voxlock::crypto::kernels {
namespace {

using V = __m512i;
constexpr size_t kLanes = 4;

VOXLOCK_INLINE __mmask64 first_bytes(size_t n) {
  return ~__mmask64{0} >> (64 - n);
}
VOXLOCK_INLINE V load(const uint8_t* at) {
  return _mm512_loadu_si512(at);
}
VOXLOCK_INLINE void store(uint8_t* at, V v) {
  _mm512_storeu_si512(at, v);
}
VOXLOCK_INLINE V load_part(const uint8_t* at, size_t n) {
  return _mm512_maskz_loadu_epi8(first_bytes(n), at);
}
VOXLOCK_INLINE void store_part(uint8_t* at, V v, size_t n) {
  _mm512_mask_storeu_epi8(at, first_bytes(n), v);
}
VOXLOCK_INLINE V keep(V v, size_t n) {
  return _mm512_maskz_mov_epi8(first_bytes(n), v);
}
VOXLOCK_INLINE V spread(B block) {
  return _mm512_broadcast_i32x4(block);
}
VOXLOCK_INLINE V widen(B block) {
  return _mm512_zextsi128_si512(block);
}
VOXLOCK_INLINE B narrow(V v) {
  const __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}
VOXLOCK_INLINE V lane_numbers() {
  return _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0);
}
VOXLOCK_INLINE V bit_xor(V a, V b) {
  return _mm512_xor_si512(a, b);
}
VOXLOCK_INLINE V add32(V a, V b) {
  return _mm512_add_epi32(a, b);
}
VOXLOCK_INLINE V reverse(V v) {
  return _mm512_shuffle_epi8(v, spread(block_of(0x0001020304050607, 0x08090a0b0c0d0e0f)));
}
VOXLOCK_INLINE V aes_first(V v, V key) {
  return bit_xor(v, key);
}
VOXLOCK_INLINE V aes_next(V v, V, V key) {
  return _mm512_aesenc_epi128(v, key);
}
VOXLOCK_INLINE V aes_last(V v, V, V key) {
  return _mm512_aesenclast_epi128(v, key);
}
template <int kHalves>
VOXLOCK_INLINE V multiply(V a, V b) {
  return _mm512_clmulepi64_epi128(a, b, kHalves);
}

}  // namespace
}  // namespace voxlock::crypto::kernels

#include "crypto/kernels/flow.h"

namespace voxlock::crypto::kernels {

const AesRow kVaesAvx512 = {"vaes-avx512", expand, ctr, hash_key, ghash, seal, open};

}  // namespace voxlock::crypto::kernels
