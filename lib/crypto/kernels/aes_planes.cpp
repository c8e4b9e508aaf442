#include "crypto/kernels/aes_planes.h"

#include <bit>
#include <cstring>

namespace voxlock::crypto::kernels {
namespace {

// The inversion in GF(2^8) is done in GF(2^4)[y] / (y^2 + y + v), where GF(2^4) is
// GF(2)[w] / (w^4 + w + 1) and v = w^3 + w^2. Of all such towers this one has the sparsest change
// of basis: 55 terms for the way in and the way out with the affine map of the S-box.
struct Nibble {
  uint64_t a, b, c, d;  // the coefficients of 1, w, w^2, w^3
};

Nibble operator^(const Nibble& x, const Nibble& y) {
  return {x.a ^ y.a, x.b ^ y.b, x.c ^ y.c, x.d ^ y.d};
}

Nibble operator*(const Nibble& x, const Nibble& y) {
  const uint64_t w4 = (x.b & y.d) ^ (x.c & y.c) ^ (x.d & y.b);
  const uint64_t w5 = (x.c & y.d) ^ (x.d & y.c);
  const uint64_t w6 = x.d & y.d;
  // w^4 = w + 1.
  return {(x.a & y.a) ^ w4, (x.a & y.b) ^ (x.b & y.a) ^ w4 ^ w5,
          (x.a & y.c) ^ (x.b & y.b) ^ (x.c & y.a) ^ w5 ^ w6,
          (x.a & y.d) ^ (x.b & y.c) ^ (x.c & y.b) ^ (x.d & y.a) ^ w6};
}

Nibble square(const Nibble& x) {
  return {x.a ^ x.c, x.c, x.b ^ x.d, x.d};
}

// v x^2
Nibble square_by_v(const Nibble& x) {
  const uint64_t cd = x.c ^ x.d;
  const uint64_t bcd = x.b ^ cd;
  return {bcd, cd, x.a ^ bcd, x.a ^ x.d};
}

// 1 / x, and 0 for 0.
Nibble invert(const Nibble& x) {
  const uint64_t bc = x.b & x.c;
  const uint64_t ab = x.a & x.b;
  const uint64_t ac = x.a & x.c;
  const uint64_t bcd = bc & x.d;
  const uint64_t bd = x.b & x.d;
  const uint64_t ad = x.a & x.d;
  return {x.a ^ x.b ^ x.c ^ x.d ^ ac ^ bc ^ (ab & x.c) ^ bcd, ab ^ ac ^ bc ^ x.d ^ bd ^ (ab & x.d),
          ab ^ x.c ^ ac ^ x.d ^ ad ^ (ac & x.d), x.b ^ x.c ^ x.d ^ ad ^ bd ^ (x.c & x.d) ^ bcd};
}

void swap_bits(uint64_t& x, uint64_t& y, uint64_t mask, int distance) {
  const uint64_t moved = ((x >> distance) ^ y) & mask;
  y ^= moved;
  x ^= moved << distance;
}

// Transposes the 8 x 8 bits of each byte column: byte k of word j, bit i <-> word i, byte k, bit j.
void transpose(uint64_t* word) {
  for (size_t i = 0; i < 8; i += 2) swap_bits(word[i], word[i + 1], 0x5555555555555555, 1);
  for (size_t i = 0; i < 8; i += i % 4 == 1 ? 3 : 1)
    swap_bits(word[i], word[i + 2], 0x3333333333333333, 2);
  for (size_t i = 0; i < 4; ++i) swap_bits(word[i], word[i + 4], 0x0f0f0f0f0f0f0f0f, 4);
}

uint32_t load32(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) | static_cast<uint32_t>(at[1]) << 8 |
         static_cast<uint32_t>(at[2]) << 16 | static_cast<uint32_t>(at[3]) << 24;
}

// Puts a zero byte behind each byte.
uint64_t spread(uint32_t column) {
  uint64_t x = column;
  x = (x | x << 16) & 0x0000ffff0000ffff;
  return (x | x << 8) & 0x00ff00ff00ff00ff;
}

void gather(uint64_t x, uint8_t* at) {
  x &= 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  x |= x >> 16;
  for (int i = 0; i < 4; ++i) at[i] = static_cast<uint8_t>(x >> (8 * i));
}

}  // namespace

// Before the transposition word 4 (c mod 2) + b has at byte 2 r + c / 2 the byte of row r, column c
// of block b.
Planes to_planes(const uint8_t* blocks) {
  Planes out;
  for (size_t b = 0; b < 4; ++b) {
    const uint8_t* const block = blocks + 16 * b;
    out.bit[b] = spread(load32(block)) | spread(load32(block + 8)) << 8;
    out.bit[4 + b] = spread(load32(block + 4)) | spread(load32(block + 12)) << 8;
  }
  transpose(out.bit);
  return out;
}

void from_planes(const Planes& planes, uint8_t* blocks) {
  Planes words = planes;
  transpose(words.bit);
  for (size_t b = 0; b < 4; ++b) {
    uint8_t* const block = blocks + 16 * b;
    gather(words.bit[b], block);
    gather(words.bit[b] >> 8, block + 8);
    gather(words.bit[4 + b], block + 4);
    gather(words.bit[4 + b] >> 8, block + 12);
  }
}

void sub_bytes(Planes& planes) {
  uint64_t* const x = planes.bit;
  const uint64_t x23 = x[2] ^ x[3];
  const uint64_t x57 = x[5] ^ x[7];
  const Nibble low{x[0] ^ x[4] ^ x[7], x23 ^ x[4] ^ x57, x[1] ^ x[3] ^ x[6], x[2] ^ x[6] ^ x[7]};
  const Nibble high{x[1] ^ x23 ^ x57, x[1] ^ x[4] ^ x[5] ^ x[6], x23, x57};
  // 1 / (h y + l) = (h y + h + l) / (v h^2 + h l + l^2)
  const Nibble factor = invert(square_by_v(high) ^ high * low ^ square(low));
  const Nibble l = (high ^ low) * factor;
  const Nibble h = high * factor;
  const uint64_t l0h1 = l.a ^ h.b;
  const uint64_t l12 = l.b ^ l.c;
  const uint64_t l1h0 = l.b ^ h.a;
  // The constant 0x63 of the affine map is in the complements.
  x[0] = ~(l1h0 ^ l0h1);
  x[1] = ~l0h1;
  x[2] = l.a ^ l12 ^ h.d;
  x[3] = l.a ^ l1h0 ^ h.c;
  x[4] = l.a ^ l.c ^ l.d;
  x[5] = ~(l12 ^ l.d ^ h.c);
  x[6] = ~(h.a ^ h.b ^ h.d);
  x[7] = l12 ^ h.a ^ h.d;
}

void shift_rows(Planes& planes) {
  for (uint64_t& x : planes.bit) {
    // Row r is a field of 16 bits and turns by r columns of four bits.
    x = (x & 0x000000000000ffff) | (x & 0x00000000fff00000) >> 4 | (x & 0x00000000000f0000) << 12 |
        (x & 0x0000ff0000000000) >> 8 | (x & 0x000000ff00000000) << 8 |
        (x & 0xf000000000000000) >> 12 | (x & 0x0fff000000000000) << 4;
  }
}

void mix_columns(Planes& planes) {
  uint64_t pair[8];  // row r + row r + 1
  uint64_t next[8];  // row r + 1
  for (size_t i = 0; i < 8; ++i) {
    next[i] = std::rotr(planes.bit[i], 16);
    pair[i] = planes.bit[i] ^ next[i];
  }
  for (size_t i = 0; i < 8; ++i) {
    // Twice the pair, modulo x^8 + x^4 + x^3 + x + 1.
    uint64_t twice = i == 0 ? pair[7] : pair[i - 1];
    if (i == 1 || i == 3 || i == 4) twice ^= pair[7];
    planes.bit[i] = twice ^ next[i] ^ std::rotr(pair[i], 32);
  }
}

}  // namespace voxlock::crypto::kernels
