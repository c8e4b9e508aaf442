// Sixteen octets looked at in one step; SSE2 belongs to every x86-64.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace voxlock::sip {

#if defined(__SSE2__)

class Block {
 public:
  static constexpr int kSize = 16;
  static Block load(const char* p) {
    return Block(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  // One bit for each control character other than HTAB, DEL included.
  [[nodiscard]] uint32_t controls() const {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes_, _mm_set1_epi8(0x1f)), bytes_);
    const __m128i tab = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('\t'));
    const __m128i del = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(0x7f));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del)));
  }
  // One bit for each octet above 0x7f.
  [[nodiscard]] uint32_t high_bits() const {
    return static_cast<uint32_t>(_mm_movemask_epi8(bytes_));
  }
  // One bit for each octet that is no ASCII letter, digit, '-' or '.'.
  [[nodiscard]] uint32_t specials() const {
    const __m128i letter =
        _mm_sub_epi8(_mm_or_si128(bytes_, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
    // '-', '.', '/' and the digits stand in one row.
    const __m128i digit = _mm_sub_epi8(bytes_, _mm_set1_epi8('-'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8('9' - '-')), digit);
    const __m128i plain = _mm_or_si128(is_letter, _mm_andnot_si128(equal('/'), is_digit));
    return static_cast<uint32_t>(_mm_movemask_epi8(plain)) ^ 0xffff;
  }
  // One bit for each octet that is c.
  [[nodiscard]] uint32_t places_of(char c) const {
    return static_cast<uint32_t>(_mm_movemask_epi8(equal(c)));
  }
  static int first(uint32_t mask) { return __builtin_ctz(mask); }

 private:
  [[nodiscard]] __m128i equal(char c) const { return _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c)); }
  explicit Block(__m128i bytes) : bytes_(bytes) {}
  __m128i bytes_;
};

#else

class Block {
 public:
  static constexpr int kSize = 8;
  static Block load(const char* p) {
    Block out;
    std::memcpy(out.bytes_, p, kSize);
    return out;
  }
  [[nodiscard]] uint32_t controls() const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i) {
      const uint8_t c = bytes_[i];
      mask |= static_cast<uint32_t>((c < 0x20 && c != '\t') || c == 0x7f) << i;
    }
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
  [[nodiscard]] uint32_t places_of(char c) const {
    uint32_t mask = 0;
    for (int i = 0; i < kSize; ++i)
      mask |= static_cast<uint32_t>(bytes_[i] == static_cast<uint8_t>(c)) << i;
    return mask;
  }
  static int first(uint32_t mask) { return __builtin_ctz(mask); }

 private:
  uint8_t bytes_[kSize];
};

#endif

}  // namespace voxlock::sip
