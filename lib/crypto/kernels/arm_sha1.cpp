// SHA-1 with SHA1C, SHA1P, SHA1M and SHA1H: four rounds to an instruction.
#include <arm_neon.h>

#include <cstdint>

#include "crypto/kernels/arm.h"

#define VOXLOCK_KERNEL __attribute__((target("+crypto")))
#define VOXLOCK_INLINE __attribute__((target("+crypto"), always_inline)) inline

namespace voxlock::crypto::kernels {
namespace {

using Words = uint32x4_t;

struct Chain {
  uint32x4_t abcd;
  uint32_t e;
};

struct Round {
  uint32x4_t abcd;
  uint32_t e;
  Words words[4];
};

VOXLOCK_INLINE Words words_of(uint32_t first, uint32_t second, uint32_t third, uint32_t fourth) {
  return vreinterpretq_u32_u64(vcombine_u64(vcreate_u64(uint64_t{second} << 32 | first),
                                            vcreate_u64(uint64_t{fourth} << 32 | third)));
}
VOXLOCK_INLINE Words load_words(const uint8_t* at) {
  return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(at)));
}

VOXLOCK_INLINE Chain load_chain(const uint32_t* state) {
  return {vld1q_u32(state), state[4]};
}
VOXLOCK_INLINE void store_chain(uint32_t* state, const Chain& chain) {
  vst1q_u32(state, chain.abcd);
  state[4] = chain.e;
}

VOXLOCK_INLINE void begin(Round& r, const Chain& chain) {
  r.abcd = chain.abcd;
  r.e = chain.e;
}
VOXLOCK_INLINE void end(Chain& chain, const Round& r) {
  chain.abcd = vaddq_u32(chain.abcd, r.abcd);
  chain.e += r.e;
}

// FIPS 180-4 section 4.2.1.
constexpr uint32_t kConstants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

template <int kStep>
VOXLOCK_INLINE void step(Round& r, const Chain&) {
  Words& word = r.words[kStep % 4];
  if constexpr (kStep >= 4) {
    word = vsha1su0q_u32(word, r.words[(kStep + 1) % 4], r.words[(kStep + 2) % 4]);
    word = vsha1su1q_u32(word, r.words[(kStep + 3) % 4]);
  }
  constexpr int kPart = kStep / 5;
  const uint32x4_t sum = vaddq_u32(word, vdupq_n_u32(kConstants[kPart]));
  const uint32_t next_e = vsha1h_u32(vgetq_lane_u32(r.abcd, 0));
  if constexpr (kPart == 0) {
    r.abcd = vsha1cq_u32(r.abcd, r.e, sum);
  } else if constexpr (kPart == 2) {
    r.abcd = vsha1mq_u32(r.abcd, r.e, sum);
  } else {
    r.abcd = vsha1pq_u32(r.abcd, r.e, sum);
  }
  r.e = next_e;
}

}  // namespace
}  // namespace voxlock::crypto::kernels

#include "crypto/kernels/sha1_flow.h"

namespace voxlock::crypto::kernels {

const Sha1Row kArmSha1 = {"arm-sha1", blocks, outer, blocks_in_lanes, outer_in_lanes};

}  // namespace voxlock::crypto::kernels
