// SHA-1 for processors with instructions for four rounds at a time. Included by each source of such
// a row after it has defined VOXLOCK_KERNEL and VOXLOCK_INLINE (both with the target's instruction
// sets, the latter always inlined) and
//
//   Words                        four words of the schedule
//   words_of, load_words         of four numbers; of 16 bytes, big-endian
//   Chain                        the state between blocks: abcd, of the type Words, and e
//   load_chain, store_chain
//   Round                        the state within a block, with words, the last 16 of the schedule,
//                                a ring
//   begin(r, chain)              takes the state over; words are there already
//   step<k>(r, chain)            FIPS 180-4 section 6.1.2, rounds 4 k ... 4 k + 3, with their words
//                                W(t) = ROTL(W(t-3) ^ W(t-8) ^ W(t-14) ^ W(t-16), 1) from k = 4 on
//   end(chain, r)                adds the state
//
// It is no header of its own, like flow.h.
#pragma once

#include <cstdint>

#include "crypto/kernels/kernels.h"

namespace voxlock::crypto::kernels {
namespace {

// Included once by each source of a row, on purpose.
// NOLINTBEGIN(misc-definitions-in-headers)

template <int kFirst>
VOXLOCK_INLINE void five_steps(Round& r, const Chain& chain) {
  step<kFirst>(r, chain);
  step<kFirst + 1>(r, chain);
  step<kFirst + 2>(r, chain);
  step<kFirst + 3>(r, chain);
  step<kFirst + 4>(r, chain);
}

VOXLOCK_INLINE void compress(Chain& chain, Round& r) {
  begin(r, chain);
  five_steps<0>(r, chain);
  five_steps<5>(r, chain);
  five_steps<10>(r, chain);
  five_steps<15>(r, chain);
  end(chain, r);
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
  Chain chain = load_chain(outer_state);
  Round r;
  r.words[0] = load_chain(state).abcd;
  // A one bit behind the 20 bytes; 84 bytes counted in bits.
  r.words[1] = words_of(state[4], 0x80000000, 0, 0);
  r.words[2] = words_of(0, 0, 0, 0);
  r.words[3] = words_of(0, 0, 0, 84 * 8);
  compress(chain, r);
  store_chain(state, chain);
}

// NOLINTEND(misc-definitions-in-headers)

}  // namespace
}  // namespace voxlock::crypto::kernels
