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

struct Lanes {
  Chain chain[kSha1Lanes];
  Round r[kSha1Lanes];
};

template <int kStep>
VOXLOCK_INLINE void step_lanes(Lanes& lanes) {
  static_assert(kSha1Lanes == 4);
  step<kStep>(lanes.r[0], lanes.chain[0]);
  step<kStep>(lanes.r[1], lanes.chain[1]);
  step<kStep>(lanes.r[2], lanes.chain[2]);
  step<kStep>(lanes.r[3], lanes.chain[3]);
}

template <int kFirst>
VOXLOCK_INLINE void five_steps_of_lanes(Lanes& lanes) {
  step_lanes<kFirst>(lanes);
  step_lanes<kFirst + 1>(lanes);
  step_lanes<kFirst + 2>(lanes);
  step_lanes<kFirst + 3>(lanes);
  step_lanes<kFirst + 4>(lanes);
}

VOXLOCK_INLINE void compress_lanes(Lanes& lanes) {
  for (size_t i = 0; i < kSha1Lanes; ++i) begin(lanes.r[i], lanes.chain[i]);
  five_steps_of_lanes<0>(lanes);
  five_steps_of_lanes<5>(lanes);
  five_steps_of_lanes<10>(lanes);
  five_steps_of_lanes<15>(lanes);
  for (size_t i = 0; i < kSha1Lanes; ++i) end(lanes.chain[i], lanes.r[i]);
}

VOXLOCK_KERNEL void blocks_in_lanes(Sha1States& states, const uint8_t* const* data, size_t count) {
  Lanes lanes;
  for (size_t i = 0; i < kSha1Lanes; ++i) lanes.chain[i] = load_chain(states[i]);
  for (size_t at = 0; at < 64 * count; at += 64) {
    for (size_t i = 0; i < kSha1Lanes; ++i) load_block(lanes.r[i], data[i] + at);
    compress_lanes(lanes);
  }
  for (size_t i = 0; i < kSha1Lanes; ++i) store_chain(states[i], lanes.chain[i]);
}

VOXLOCK_KERNEL void outer_in_lanes(Sha1States& states, const uint32_t* const* outer_states) {
  Lanes lanes;
  for (size_t i = 0; i < kSha1Lanes; ++i) {
    lanes.chain[i] = load_chain(outer_states[i]);
    load_digest(lanes.r[i], states[i]);
  }
  compress_lanes(lanes);
  for (size_t i = 0; i < kSha1Lanes; ++i) store_chain(states[i], lanes.chain[i]);
}

// NOLINTEND(misc-definitions-in-headers)

}  // namespace
}  // namespace voxlock::crypto::kernels
