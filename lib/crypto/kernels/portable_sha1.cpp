#include <algorithm>
#include <bit>

#include "base/secure.h"
#include "crypto/kernels/portable.h"

namespace voxlock::crypto::kernels {
namespace {

// FIPS 180-4 sections 4.1.1 and 4.2.1.
uint32_t function_and_constant(size_t t, uint32_t b, uint32_t c, uint32_t d) {
  if (t < 20) return (d ^ (b & (c ^ d))) + 0x5a827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (t < 60) return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

void block(uint32_t* state, const uint8_t* data, uint32_t* w) {
  for (size_t t = 0; t < 16; ++t, data += 4) {
    w[t] = uint32_t{data[0]} << 24 | uint32_t{data[1]} << 16 | uint32_t{data[2]} << 8 | data[3];
  }
  uint32_t a = state[0];
  uint32_t b = state[1];
  uint32_t c = state[2];
  uint32_t d = state[3];
  uint32_t e = state[4];
  for (size_t t = 0; t < 80; ++t) {
    // The schedule of 80 words is kept as a ring of 16.
    if (t >= 16) {
      w[t % 16] = std::rotl(w[(t - 3) % 16] ^ w[(t - 8) % 16] ^ w[(t - 14) % 16] ^ w[t % 16], 1);
    }
    const uint32_t next = std::rotl(a, 5) + function_and_constant(t, b, c, d) + e + w[t % 16];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void blocks(uint32_t* state, const uint8_t* data, size_t count) {
  uint32_t w[16];
  for (; count > 0; --count, data += 64) block(state, data, w);
  secure::wipe(w, sizeof w);
}

void outer(uint32_t* state, const uint32_t* outer_state) {
  // 20 bytes, a one bit, zeros, and 84 bytes counted in bits.
  uint8_t data[64] = {};
  for (size_t i = 0; i < 20; ++i) data[i] = static_cast<uint8_t>(state[i / 4] >> (24 - i % 4 * 8));
  data[20] = 0x80;
  data[62] = 0x02;
  data[63] = 0xa0;
  std::copy_n(outer_state, 5, state);
  blocks(state, data, 1);
  secure::wipe(data, sizeof data);
}

void blocks_in_lanes(Sha1States& states, const uint8_t* const* data, size_t count) {
  for (size_t i = 0; i < kSha1Lanes; ++i) blocks(states[i], data[i], count);
}

void outer_in_lanes(Sha1States& states, const uint32_t* const* outer_states) {
  for (size_t i = 0; i < kSha1Lanes; ++i) outer(states[i], outer_states[i]);
}

}  // namespace

const Sha1Row kPortableSha1 = {"portable", blocks, outer, blocks_in_lanes, outer_in_lanes};

}  // namespace voxlock::crypto::kernels
