#include "base/window.h"

#include <cstring>

#include "base/block.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace voxlock {
namespace {

void load_blocks(const char* p, size_t count, uint64_t* unprintables, uint64_t* specials) {
  for (size_t k = 0; k < count; ++k, p += Window::kSize) {
    unprintables[k] = specials[k] = 0;
#pragma GCC unroll 8
    for (size_t i = 0; i < Window::kSize; i += Block::kSize) {
      const Block block = Block::load(p + i);
      unprintables[k] |= uint64_t{block.unprintables()} << i;
      specials[k] |= uint64_t{block.specials()} << i;
    }
  }
}

#if defined(__x86_64__)

// A range moved to the top of the signed numbers is told by one comparison, as in block.h.
[[gnu::target("avx2")]] inline uint32_t bits_of(__m256i octets) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(octets));
}
template <char kFirst, char kLast>
[[gnu::target("avx2")]] inline __m256i in_range(__m256i octets) {
  const __m256i moved = _mm256_add_epi8(octets, _mm256_set1_epi8(static_cast<char>(0x7f - kLast)));
  return _mm256_cmpgt_epi8(moved, _mm256_set1_epi8(static_cast<char>(0x7f - kLast + kFirst - 1)));
}

[[gnu::target("avx2")]] void load_avx2(const char* p, size_t count, uint64_t* unprintables,
                                       uint64_t* specials) {
  for (size_t k = 0; k < count; ++k, p += Window::kSize) {
    uint64_t printables = 0;
    uint64_t plain = 0;
#pragma GCC unroll 2
    for (size_t i = 0; i < Window::kSize; i += sizeof(__m256i)) {
      const __m256i octets = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i));
      const __m256i letters = in_range<'a', 'z'>(_mm256_or_si256(octets, _mm256_set1_epi8(0x20)));
      const __m256i slashes = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8('/'));
      const __m256i digits = _mm256_andnot_si256(slashes, in_range<'-', '9'>(octets));
      printables |= uint64_t{bits_of(in_range<' ', '~'>(octets))} << i;
      plain |= uint64_t{bits_of(_mm256_or_si256(letters, digits))} << i;
    }
    unprintables[k] = ~printables;
    specials[k] = ~plain;
  }
}

template <char kFirst, char kLast>
[[gnu::target("avx512f,avx512bw")]] inline uint64_t mask_of_range(__m512i octets) {
  return _mm512_cmple_epu8_mask(_mm512_sub_epi8(octets, _mm512_set1_epi8(kFirst)),
                                _mm512_set1_epi8(kLast - kFirst));
}

[[gnu::target("avx512f,avx512bw")]] void load_avx512(const char* p, size_t count,
                                                     uint64_t* unprintables, uint64_t* specials) {
  for (size_t k = 0; k < count; ++k, p += Window::kSize) {
    const __m512i octets = _mm512_loadu_si512(p);
    const uint64_t letters =
        mask_of_range<'a', 'z'>(_mm512_or_si512(octets, _mm512_set1_epi8(0x20)));
    const uint64_t slashes = _mm512_cmpeq_epi8_mask(octets, _mm512_set1_epi8('/'));
    const uint64_t digits = mask_of_range<'-', '9'>(octets) & ~slashes;
    unprintables[k] = ~mask_of_range<' ', '~'>(octets);
    specials[k] = ~(letters | digits);
  }
}

bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}
bool has_avx512() {
  return __builtin_cpu_supports("avx512bw") != 0;
}

#elif defined(__AARCH64EL__)

uint64_t mask_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
  const uint8x16_t ab = vpaddq_u8(neon::own_bits(a), neon::own_bits(b));
  const uint8x16_t cd = vpaddq_u8(neon::own_bits(c), neon::own_bits(d));
  const uint8x16_t abcd = vpaddq_u8(ab, cd);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(abcd, abcd)), 0);
}

void load_neon(const char* p, size_t count, uint64_t* unprintables, uint64_t* specials) {
  const auto* at = reinterpret_cast<const uint8_t*>(p);
  for (size_t k = 0; k < count; ++k, at += Window::kSize) {
    const uint8x16_t a = vld1q_u8(at);
    const uint8x16_t b = vld1q_u8(at + 16);
    const uint8x16_t c = vld1q_u8(at + 32);
    const uint8x16_t d = vld1q_u8(at + 48);
    unprintables[k] = ~mask_of(neon::printables(a), neon::printables(b), neon::printables(c),
                               neon::printables(d));
    specials[k] = ~mask_of(neon::plain(a), neon::plain(b), neon::plain(c), neon::plain(d));
  }
}

#endif

}  // namespace

void Window::load(const char* p, size_t count, uint64_t* unprintables, uint64_t* specials) {
#if defined(__x86_64__)
  if (has_avx512()) return load_avx512(p, count, unprintables, specials);
  if (has_avx2()) return load_avx2(p, count, unprintables, specials);
#elif defined(__AARCH64EL__)
  return load_neon(p, count, unprintables, specials);
#endif
  load_blocks(p, count, unprintables, specials);
}

void Window::load_tail(const char* end, size_t len, size_t text_len, uint64_t& unprintables,
                       uint64_t& specials) {
  char padded[kSize];
  if (text_len < kSize) {
    std::memcpy(padded + kSize - len, end - len, len);
    end = padded + kSize;
  }
  load(end - kSize, 1, &unprintables, &specials);
  const size_t others = kSize - len;
  unprintables >>= others;
  specials = specials >> others | ~(~uint64_t{0} >> others);
}

size_t Window::list_kinds(Load (&out)[kMaxKinds]) {
  size_t count = 0;
  out[count++] = load_blocks;
#if defined(__x86_64__)
  if (has_avx2()) out[count++] = load_avx2;
  if (has_avx512()) out[count++] = load_avx512;
#elif defined(__AARCH64EL__)
  out[count++] = load_neon;
#endif
  return count;
}

}  // namespace voxlock
