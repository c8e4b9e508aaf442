// Sixteen octets looked at in one step; SSE2 belongs to every x86-64, NEON to every 64-bit Arm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__AARCH64EL__)
#include <arm_neon.h>
#endif

namespace voxlock {

// The same questions for any machine, eight octets at a time; a test compares the two.
class PlainBlock {
 public:
  static constexpr int kSize = 8;
  static PlainBlock load(const char* p) {
    PlainBlock out;
    std::memcpy(out.bytes_, p, kSize);
    return out;
  }
  [[nodiscard]] uint32_t unprintables() const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i)
      mask |= static_cast<uint32_t>(bytes_[i] < ' ' || bytes_[i] > '~') << i;
    return mask;
  }
  [[nodiscard]] uint32_t high_bits() const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i) mask |= static_cast<uint32_t>(bytes_[i] >> 7) << i;
    return mask;
  }
  [[nodiscard]] uint32_t specials() const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i) {
      const auto letter = static_cast<uint8_t>((bytes_[i] | 0x20) - 'a');
      const auto digit = static_cast<uint8_t>(bytes_[i] - '-');
      mask |= static_cast<uint32_t>(letter > 25 && (digit > '9' - '-' || bytes_[i] == '/')) << i;
    }
    return mask;
  }
  [[nodiscard]] uint32_t digits() const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i)
      mask |= static_cast<uint32_t>(bytes_[i] >= '0' && bytes_[i] <= '9') << i;
    return mask;
  }
  [[nodiscard]] uint32_t places_of(char c) const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i)
      mask |= static_cast<uint32_t>(bytes_[i] == static_cast<uint8_t>(c)) << i;
    return mask;
  }
  // One bit for each octet that with the bits of ored is that of expected.
  [[nodiscard]] uint32_t places_of(PlainBlock expected, PlainBlock ored) const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i)
      mask |= static_cast<uint32_t>((bytes_[i] | ored.bytes_[i]) == expected.bytes_[i]) << i;
    return mask;
  }
  static int first(uint32_t mask) { return __builtin_ctz(mask); }

 private:
  uint8_t bytes_[kSize];
};

#if defined(__SSE2__)

class Sse2Block {
 public:
  static constexpr int kSize = 16;
  static Sse2Block load(const char* p) {
    return Sse2Block(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  // One bit for each octet that is not printable ASCII. Read as signed numbers and moved up by
  // one, DEL and the octets above it are negative, and the controls follow them.
  [[nodiscard]] uint32_t unprintables() const {
    const __m128i moved = _mm_add_epi8(bytes_, _mm_set1_epi8(1));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmplt_epi8(moved, _mm_set1_epi8(' ' + 1))));
  }
  // One bit for each octet above 0x7f.
  [[nodiscard]] uint32_t high_bits() const {
    return static_cast<uint32_t>(_mm_movemask_epi8(bytes_));
  }
  // One bit for each octet that is no ASCII letter, digit, '-' or '.'.
  [[nodiscard]] uint32_t specials() const {
    // '-', '.', '/' and the digits stand in one row.
    const __m128i letters = in_range<'a', 'z'>(_mm_or_si128(bytes_, _mm_set1_epi8(0x20)));
    const __m128i digits = _mm_andnot_si128(equal('/'), in_range<'-', '9'>(bytes_));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(letters, digits))) ^ 0xffff;
  }
  // One bit for each octet that is an ASCII digit.
  [[nodiscard]] uint32_t digits() const {
    return static_cast<uint32_t>(_mm_movemask_epi8(in_range<'0', '9'>(bytes_)));
  }
  // One bit for each octet that is c.
  [[nodiscard]] uint32_t places_of(char c) const {
    return static_cast<uint32_t>(_mm_movemask_epi8(equal(c)));
  }
  // One bit for each octet that with the bits of ored is that of expected.
  [[nodiscard]] uint32_t places_of(Sse2Block expected, Sse2Block ored) const {
    const __m128i all = _mm_or_si128(bytes_, ored.bytes_);
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(all, expected.bytes_)));
  }
  static int first(uint32_t mask) { return __builtin_ctz(mask); }

 private:
  // Moves the range to the top of the signed numbers, so that one comparison tells it.
  template <char kFirst, char kLast>
  static __m128i in_range(__m128i bytes) {
    const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(0x7f - kLast)));
    return _mm_cmpgt_epi8(moved, _mm_set1_epi8(static_cast<char>(0x7f - kLast + kFirst - 1)));
  }
  [[nodiscard]] __m128i equal(char c) const { return _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c)); }
  explicit Sse2Block(__m128i bytes) : bytes_(bytes) {}
  __m128i bytes_;
};

using Block = Sse2Block;

#elif defined(__AARCH64EL__)

namespace neon {

template <uint8_t kFirst, uint8_t kLast>
uint8x16_t in_range(uint8x16_t octets) {
  return vcleq_u8(vsubq_u8(octets, vdupq_n_u8(kFirst)), vdupq_n_u8(kLast - kFirst));
}
// No ASCII control, DEL or octet above it.
inline uint8x16_t printables(uint8x16_t octets) {
  return in_range<' ', '~'>(octets);
}
// ASCII letters, digits, '-' and '.'; the latter stand in one row with '/'.
inline uint8x16_t plain(uint8x16_t octets) {
  const uint8x16_t letters = in_range<'a', 'z'>(vorrq_u8(octets, vdupq_n_u8(0x20)));
  const uint8x16_t slashes = vceqq_u8(octets, vdupq_n_u8('/'));
  return vorrq_u8(letters, vbicq_u8(in_range<'-', '9'>(octets), slashes));
}
// Of octets that are 0xff or 0, the one bit that sums of neighbours put in its place.
inline uint8x16_t own_bits(uint8x16_t octets) {
  return vandq_u8(octets, vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201)));
}

}  // namespace neon

class NeonBlock {
 public:
  static constexpr int kSize = 16;
  static NeonBlock load(const char* p) {
    return NeonBlock(vld1q_u8(reinterpret_cast<const uint8_t*>(p)));
  }
  // One bit for each octet that is not printable ASCII.
  [[nodiscard]] uint32_t unprintables() const { return mask(neon::printables(octets_)) ^ 0xffff; }
  // One bit for each octet above 0x7f.
  [[nodiscard]] uint32_t high_bits() const { return mask(neon::in_range<0x80, 0xff>(octets_)); }
  // One bit for each octet that is no ASCII letter, digit, '-' or '.'.
  [[nodiscard]] uint32_t specials() const { return mask(neon::plain(octets_)) ^ 0xffff; }
  // One bit for each octet that is an ASCII digit.
  [[nodiscard]] uint32_t digits() const { return mask(neon::in_range<'0', '9'>(octets_)); }
  // One bit for each octet that is c.
  [[nodiscard]] uint32_t places_of(char c) const {
    return mask(vceqq_u8(octets_, vdupq_n_u8(static_cast<uint8_t>(c))));
  }
  // One bit for each octet that with the bits of ored is that of expected.
  [[nodiscard]] uint32_t places_of(NeonBlock expected, NeonBlock ored) const {
    return mask(vceqq_u8(vorrq_u8(octets_, ored.octets_), expected.octets_));
  }
  static int first(uint32_t mask) { return __builtin_ctz(mask); }

 private:
  static uint32_t mask(uint8x16_t octets) {
    uint8x16_t sums = neon::own_bits(octets);
    for (int i = 0; i < 3; ++i) sums = vpaddq_u8(sums, sums);
    return vgetq_lane_u16(vreinterpretq_u16_u8(sums), 0);
  }
  explicit NeonBlock(uint8x16_t octets) : octets_(octets) {}
  uint8x16_t octets_;
};

using Block = NeonBlock;

#else

using Block = PlainBlock;

#endif

}  // namespace voxlock
