// The field of GHASH, SP 800-38D section 6.3: x^128 + x^7 + x^2 + x + 1 over bits in mirrored
// order.
#pragma once

#include <cstdint>

namespace voxlock::crypto::kernels {

// A block with its bits in the order of the exponents, high to low.
struct Element {
  uint64_t high, low;
};

// The upper half of the mirrored polynomial without x^128; the lower half is 1.
inline constexpr uint64_t kPolynomial = 0xc200000000000000;

// The product of mirrored factors comes out shifted by one, which a key times x makes up for.
inline Element twice(const Element& element) {
  const uint64_t carry = 0 - (element.high >> 63);
  return {(element.high << 1 | element.low >> 63) ^ (carry & kPolynomial),
          (element.low << 1) ^ (carry & 1)};
}

}  // namespace voxlock::crypto::kernels
