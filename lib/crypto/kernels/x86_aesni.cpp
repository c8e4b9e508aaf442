// AES-NI and PCLMULQDQ, one block to a vector.
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "base/secure.h"
#include "crypto/kernels/x86.h"

#define VOXLOCK_KERNEL __attribute__((target("aes,pclmul,ssse3,sse4.1")))
#define VOXLOCK_INLINE __attribute__((target("aes,pclmul,ssse3,sse4.1"), always_inline)) inline

namespace voxlock::crypto::kernels {
namespace {

using V = __m128i;
constexpr size_t kLanes = 1;

VOXLOCK_INLINE V load(const uint8_t* at) {
  return _mm_loadu_si128(reinterpret_cast<const V*>(at));
}
VOXLOCK_INLINE void store(uint8_t* at, V v) {
  _mm_storeu_si128(reinterpret_cast<V*>(at), v);
}
VOXLOCK_INLINE V load_part(const uint8_t* at, size_t n) {
  alignas(V) uint8_t block[sizeof(V)] = {};
  std::memcpy(block, at, n);
  const V v = load(block);
  secure::wipe(block, sizeof block);
  return v;
}
VOXLOCK_INLINE void store_part(uint8_t* at, V v, size_t n) {
  alignas(V) uint8_t block[sizeof(V)];
  store(block, v);
  std::memcpy(at, block, n);
  secure::wipe(block, sizeof block);
}
VOXLOCK_INLINE V keep(V v, size_t n) {
  static constexpr uint8_t kMask[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                        255, 255, 255, 255, 255, 255, 255, 255};
  return _mm_and_si128(v, load(kMask + 16 - n));
}
VOXLOCK_INLINE V spread(__m128i block) {
  return block;
}
VOXLOCK_INLINE V widen(__m128i block) {
  return block;
}
VOXLOCK_INLINE __m128i narrow(V v) {
  return v;
}
VOXLOCK_INLINE V lane_numbers() {
  return _mm_setzero_si128();
}
VOXLOCK_INLINE V bit_xor(V a, V b) {
  return _mm_xor_si128(a, b);
}
VOXLOCK_INLINE V add32(V a, V b) {
  return _mm_add_epi32(a, b);
}
VOXLOCK_INLINE V reverse(V v) {
  return _mm_shuffle_epi8(v, _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
}
VOXLOCK_INLINE V aes_round(V v, V key) {
  return _mm_aesenc_si128(v, key);
}
VOXLOCK_INLINE V aes_last(V v, V key) {
  return _mm_aesenclast_si128(v, key);
}
template <int kHalves>
VOXLOCK_INLINE V multiply(V a, V b) {
  return _mm_clmulepi64_si128(a, b, kHalves);
}

}  // namespace
}  // namespace voxlock::crypto::kernels

#include "crypto/kernels/x86_flow.h"

namespace voxlock::crypto::kernels {

const AesRow kAesNi = {"aesni", expand, ctr, hash_key, ghash, seal, open};

}  // namespace voxlock::crypto::kernels
