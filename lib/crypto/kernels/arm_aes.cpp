// AESE, AESMC and PMULL, one block to a vector.
#include <arm_neon.h>

#include <cstdint>

#include "crypto/kernels/arm.h"

#define VOXLOCK_KERNEL __attribute__((target("+crypto")))
#define VOXLOCK_INLINE __attribute__((target("+crypto"), always_inline)) inline

namespace voxlock::crypto::kernels {
namespace {

using B = uint8x16_t;

VOXLOCK_INLINE B load_block(const uint8_t* at) {
  return vld1q_u8(at);
}
VOXLOCK_INLINE void store_block(uint8_t* at, B block) {
  vst1q_u8(at, block);
}
VOXLOCK_INLINE B block_of(uint64_t high, uint64_t low) {
  return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high)));
}
VOXLOCK_INLINE uint64_t high_of(B block) {
  return vgetq_lane_u64(vreinterpretq_u64_u8(block), 1);
}
VOXLOCK_INLINE uint64_t low_of(B block) {
  return vgetq_lane_u64(vreinterpretq_u64_u8(block), 0);
}
VOXLOCK_INLINE B shuffle(B block, B places) {
  return vqtbl1q_u8(block, places);
}
VOXLOCK_INLINE B swap_halves(B block) {
  return vextq_u8(block, block, 8);
}
VOXLOCK_INLINE B reverse_block(B block) {
  return swap_halves(vrev64q_u8(block));
}
template <int kBytes>
VOXLOCK_INLINE B move_up(B block) {
  return vextq_u8(vdupq_n_u8(0), block, kBlockLen - kBytes);
}
VOXLOCK_INLINE B bit_xor(B a, B b) {
  return veorq_u8(a, b);
}
VOXLOCK_INLINE B bit_and(B a, B b) {
  return vandq_u8(a, b);
}
VOXLOCK_INLINE B add32(B a, B b) {
  return vreinterpretq_u8_u32(vaddq_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)));
}
// AESE adds the key first, and leaves MixColumns to AESMC.
VOXLOCK_INLINE B aes_first(B block, B) {
  return block;
}
VOXLOCK_INLINE B aes_next(B block, B before, B) {
  return vaesmcq_u8(vaeseq_u8(block, before));
}
VOXLOCK_INLINE B aes_last(B block, B before, B key) {
  return veorq_u8(vaeseq_u8(block, before), key);
}
// PMULL takes the lower halves, PMULL2 the upper ones.
template <int kHalves>
VOXLOCK_INLINE B multiply(B a, B b) {
  if constexpr (kHalves == 0x01 || kHalves == 0x10) b = swap_halves(b);
  const poly64x2_t x = vreinterpretq_p64_u8(a);
  const poly64x2_t y = vreinterpretq_p64_u8(b);
  if constexpr ((kHalves & 1) != 0) return vreinterpretq_u8_p128(vmull_high_p64(x, y));
  return vreinterpretq_u8_p128(vmull_p64(vgetq_lane_p64(x, 0), vgetq_lane_p64(y, 0)));
}

}  // namespace
}  // namespace voxlock::crypto::kernels

#include "crypto/kernels/one_block.h"

#include "crypto/kernels/flow.h"

namespace voxlock::crypto::kernels {

const AesRow kArmAes = {"arm-aes", expand, ctr, hash_key, ghash, seal, open};

}  // namespace voxlock::crypto::kernels
