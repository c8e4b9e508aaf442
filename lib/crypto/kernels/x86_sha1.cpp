// SHA-1 with the SHA extensions: four rounds to an instruction.
#include <immintrin.h>

#include <cstdint>

#include "crypto/kernels/x86.h"

#define VOXLOCK_KERNEL __attribute__((target("sha,ssse3,sse4.1")))
#define VOXLOCK_INLINE __attribute__((target("sha,ssse3,sse4.1"), always_inline)) inline

namespace voxlock::crypto::kernels {
namespace {

struct Round {
  __m128i abcd;
  __m128i before;    // abcd four rounds ago; e comes from it
  __m128i words[4];  // the last 16 words of the schedule, a ring
};

// Rounds 4 kStep ... 4 kStep + 3.
template <int kStep>
VOXLOCK_INLINE void step(Round& r, __m128i e) {
  __m128i& word = r.words[kStep % 4];
  if constexpr (kStep >= 4) {
    // FIPS 180-4 section 6.1.2: W(t) = ROTL(W(t-3) ^ W(t-8) ^ W(t-14) ^ W(t-16), 1).
    word =
        _mm_xor_si128(_mm_sha1msg1_epu32(word, r.words[(kStep + 1) % 4]), r.words[(kStep + 2) % 4]);
    word = _mm_sha1msg2_epu32(word, r.words[(kStep + 3) % 4]);
  }
  const __m128i e_and_words =
      kStep == 0 ? _mm_add_epi32(e, word) : _mm_sha1nexte_epu32(r.before, word);
  r.before = r.abcd;
  r.abcd = _mm_sha1rnds4_epu32(r.abcd, e_and_words, kStep / 5);
}

template <int kFirst>
VOXLOCK_INLINE void five_steps(Round& r, __m128i e) {
  step<kFirst>(r, e);
  step<kFirst + 1>(r, e);
  step<kFirst + 2>(r, e);
  step<kFirst + 3>(r, e);
  step<kFirst + 4>(r, e);
}

VOXLOCK_INLINE __m128i load_words(const uint8_t* at) {
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                          _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
}

// The state between blocks; the instructions want a in the highest word, and e there too.
struct Chain {
  __m128i abcd, e;
};

VOXLOCK_INLINE Chain load_chain(const uint32_t* state) {
  return {_mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(state)), 0x1b),
          _mm_set_epi32(static_cast<int>(state[4]), 0, 0, 0)};
}

VOXLOCK_INLINE void store_chain(uint32_t* state, const Chain& chain) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_shuffle_epi32(chain.abcd, 0x1b));
  state[4] = static_cast<uint32_t>(_mm_extract_epi32(chain.e, 3));
}

VOXLOCK_INLINE void compress(Chain& chain, Round& r) {
  r.abcd = r.before = chain.abcd;
  five_steps<0>(r, chain.e);
  five_steps<5>(r, chain.e);
  five_steps<10>(r, chain.e);
  five_steps<15>(r, chain.e);
  chain.e = _mm_sha1nexte_epu32(r.before, chain.e);
  chain.abcd = _mm_add_epi32(chain.abcd, r.abcd);
}

VOXLOCK_KERNEL void blocks(uint32_t* state, const uint8_t* data, size_t count) {
  Chain chain = load_chain(state);
  for (; count > 0; --count, data += 64) {
    Round r;
    r.words[0] = load_words(data);
    r.words[1] = load_words(data + 16);
    r.words[2] = load_words(data + 32);
    r.words[3] = load_words(data + 48);
    compress(chain, r);
  }
  store_chain(state, chain);
}

// The digest is in the order of words already.
VOXLOCK_KERNEL void outer(uint32_t* state, const uint32_t* outer_state) {
  const Chain digest = load_chain(state);
  Chain chain = load_chain(outer_state);
  Round r;
  r.words[0] = digest.abcd;
  // A one bit behind the 20 bytes; 84 bytes counted in bits.
  r.words[1] = _mm_or_si128(digest.e, _mm_set_epi32(0, static_cast<int>(0x80000000), 0, 0));
  r.words[2] = _mm_setzero_si128();
  r.words[3] = _mm_set_epi32(0, 0, 0, 84 * 8);
  compress(chain, r);
  store_chain(state, chain);
}

}  // namespace

const Sha1Row kSha1Ni = {"sha-ni", blocks, outer};

}  // namespace voxlock::crypto::kernels
