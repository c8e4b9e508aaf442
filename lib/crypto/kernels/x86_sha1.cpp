// SHA-1 with the SHA extensions: four rounds to an instruction.
#include <immintrin.h>

#include <cstdint>

#include "crypto/kernels/x86.h"

#define VOXLOCK_KERNEL __attribute__((target("sha,ssse3,sse4.1")))
#define VOXLOCK_INLINE __attribute__((target("sha,ssse3,sse4.1"), always_inline)) inline

namespace voxlock::crypto::kernels {
namespace {

using Words = __m128i;

// The instructions want a in the highest word, and e there too.
struct Chain {
  __m128i abcd, e;
};

struct Round {
  __m128i abcd;
  __m128i before;  // abcd four rounds ago; e comes from it
  Words words[4];
};

VOXLOCK_INLINE Words words_of(uint32_t first, uint32_t second, uint32_t third, uint32_t fourth) {
  return _mm_set_epi32(static_cast<int>(first), static_cast<int>(second), static_cast<int>(third),
                       static_cast<int>(fourth));
}
VOXLOCK_INLINE Words load_words(const uint8_t* at) {
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                          _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
}

VOXLOCK_INLINE Chain load_chain(const uint32_t* state) {
  return {_mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(state)), 0x1b),
          words_of(state[4], 0, 0, 0)};
}
VOXLOCK_INLINE void store_chain(uint32_t* state, const Chain& chain) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_shuffle_epi32(chain.abcd, 0x1b));
  state[4] = static_cast<uint32_t>(_mm_extract_epi32(chain.e, 3));
}

VOXLOCK_INLINE void begin(Round& r, const Chain& chain) {
  r.abcd = r.before = chain.abcd;
}
VOXLOCK_INLINE void end(Chain& chain, const Round& r) {
  chain.e = _mm_sha1nexte_epu32(r.before, chain.e);
  chain.abcd = _mm_add_epi32(chain.abcd, r.abcd);
}

template <int kStep>
VOXLOCK_INLINE void step(Round& r, const Chain& chain) {
  Words& word = r.words[kStep % 4];
  if constexpr (kStep >= 4) {
    word =
        _mm_xor_si128(_mm_sha1msg1_epu32(word, r.words[(kStep + 1) % 4]), r.words[(kStep + 2) % 4]);
    word = _mm_sha1msg2_epu32(word, r.words[(kStep + 3) % 4]);
  }
  const __m128i e_and_words =
      kStep == 0 ? _mm_add_epi32(chain.e, word) : _mm_sha1nexte_epu32(r.before, word);
  r.before = r.abcd;
  r.abcd = _mm_sha1rnds4_epu32(r.abcd, e_and_words, kStep / 5);
}

}  // namespace
}  // namespace voxlock::crypto::kernels

#include "crypto/kernels/sha1_flow.h"

namespace voxlock::crypto::kernels {

const Sha1Row kSha1Ni = {"sha-ni", blocks, outer, blocks_in_lanes, outer_in_lanes};

}  // namespace voxlock::crypto::kernels
