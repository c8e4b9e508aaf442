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

VOXLOCK_INLINE void load_block(Round& r, const uint8_t* data) {
  r.words[0] = load_words(data);
  r.words[1] = load_words(data + 16);
  r.words[2] = load_words(data + 32);
  r.words[3] = load_words(data + 48);
}

// The digest is in the order of words already.
VOXLOCK_INLINE void load_digest(Round& r, const uint32_t* digest) {
  r.words[0] = load_chain(digest).abcd;
  // A one bit behind the 20 bytes; 84 bytes counted in bits.
  r.words[1] = words_of(digest[4], 0x80000000, 0, 0);
  r.words[2] = words_of(0, 0, 0, 0);
  r.words[3] = words_of(0, 0, 0, 84 * 8);
}

VOXLOCK_KERNEL void blocks(uint32_t* state, const uint8_t* data, size_t count) {
  Chain chain = load_chain(state);
  for (; count > 0; --count, data += 64) {
    Round r;
    load_block(r, data);
    compress(chain, r);
  }
  store_chain(state, chain);
}

VOXLOCK_KERNEL void outer(uint32_t* state, const uint32_t* outer_state) {
  Chain chain = load_chain(outer_state);
  Round r;
  load_digest(r, state);
  compress(chain, r);
  store_chain(state, chain);
}

// One lane each, by name: what lies in an array goes through memory in every step.
struct Lane {
  Chain chain;
  Round r;
};

template <int kStep>
VOXLOCK_INLINE void step_lanes(Lane& a, Lane& b, Lane& c, Lane& d) {
  step<kStep>(a.r, a.chain);
  step<kStep>(b.r, b.chain);
  step<kStep>(c.r, c.chain);
  step<kStep>(d.r, d.chain);
}

template <int kFirst>
VOXLOCK_INLINE void five_steps_of_lanes(Lane& a, Lane& b, Lane& c, Lane& d) {
  step_lanes<kFirst>(a, b, c, d);
  step_lanes<kFirst + 1>(a, b, c, d);
  step_lanes<kFirst + 2>(a, b, c, d);
  step_lanes<kFirst + 3>(a, b, c, d);
  step_lanes<kFirst + 4>(a, b, c, d);
}

VOXLOCK_INLINE void compress_lanes(Lane& a, Lane& b, Lane& c, Lane& d) {
  begin(a.r, a.chain);
  begin(b.r, b.chain);
  begin(c.r, c.chain);
  begin(d.r, d.chain);
  five_steps_of_lanes<0>(a, b, c, d);
  five_steps_of_lanes<5>(a, b, c, d);
  five_steps_of_lanes<10>(a, b, c, d);
  five_steps_of_lanes<15>(a, b, c, d);
  end(a.chain, a.r);
  end(b.chain, b.r);
  end(c.chain, c.r);
  end(d.chain, d.r);
}

VOXLOCK_KERNEL void blocks_in_lanes(Sha1States& states, const uint8_t* const* data, size_t count) {
  static_assert(kSha1Lanes == 4);
  Lane a, b, c, d;
  a.chain = load_chain(states[0]);
  b.chain = load_chain(states[1]);
  c.chain = load_chain(states[2]);
  d.chain = load_chain(states[3]);
  for (size_t at = 0; at < 64 * count; at += 64) {
    load_block(a.r, data[0] + at);
    load_block(b.r, data[1] + at);
    load_block(c.r, data[2] + at);
    load_block(d.r, data[3] + at);
    compress_lanes(a, b, c, d);
  }
  store_chain(states[0], a.chain);
  store_chain(states[1], b.chain);
  store_chain(states[2], c.chain);
  store_chain(states[3], d.chain);
}

VOXLOCK_KERNEL void outer_in_lanes(Sha1States& states, const uint32_t* const* outer_states) {
  Lane a, b, c, d;
  a.chain = load_chain(outer_states[0]);
  b.chain = load_chain(outer_states[1]);
  c.chain = load_chain(outer_states[2]);
  d.chain = load_chain(outer_states[3]);
  load_digest(a.r, states[0]);
  load_digest(b.r, states[1]);
  load_digest(c.r, states[2]);
  load_digest(d.r, states[3]);
  compress_lanes(a, b, c, d);
  store_chain(states[0], a.chain);
  store_chain(states[1], b.chain);
  store_chain(states[2], c.chain);
  store_chain(states[3], d.chain);
}

// NOLINTEND(misc-definitions-in-headers)

}  // namespace
}  // namespace voxlock::crypto::kernels
