// AES on bit planes: 64 bytes, that is four blocks, in eight words. Bit p of plane i is bit i of
// the byte at position p, so the S-box is logic on whole words and no table is looked up.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voxlock::crypto::kernels {

// Position of row r, column c of block b: 16 r + 4 c + b.
struct Planes {
  uint64_t bit[8];
};

// Four blocks, one after the other.
Planes to_planes(const uint8_t* blocks);
void from_planes(const Planes& planes, uint8_t* blocks);

// FIPS 197 section 5.1.1 on every byte.
void sub_bytes(Planes& planes);
// FIPS 197 sections 5.1.2 and 5.1.3.
void shift_rows(Planes& planes);
void mix_columns(Planes& planes);

}  // namespace voxlock::crypto::kernels
