// Which octets of a text are printable, and which are letters or digits.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/inline.h"
#include "base/window.h"

namespace voxlock {

// Lines are cut from stop to stop, and a run of letters and
// digits is passed by counting zeros. The windows are written in order, as far as mapped_len tells.
struct TextMap {
  static constexpr size_t kMaxText = 64 * 1024;

  explicit TextMap(std::string_view text)
      : start(text.data()), end(start + std::min(text.size(), kMaxText)) {}

  // Maps some more of the text. There must be some left.
  void load_more() {
    const size_t left = static_cast<size_t>(end - start) - mapped_len;
    const size_t at = mapped_len / Window::kSize;
    if (left < Window::kSize) {
      Window::load_tail(end, left, mapped_len + left, unprintables[at], specials[at]);
      mapped_len += left;
    } else {
      const size_t count = std::min(left / Window::kSize, kStep);
      Window::load(start + mapped_len, count, unprintables + at, specials + at);
      mapped_len += count * Window::kSize;
    }
  }

  // Maps all of the text, and takes what stands behind it for unprintable and special.
  void load_all() {
    while (mapped_len < static_cast<size_t>(end - start)) load_more();
    const size_t at = mapped_len / Window::kSize;
    const uint64_t bit = uint64_t{1} << (mapped_len % Window::kSize);
    if (bit == 1) unprintables[at] = specials[at] = 0;
    unprintables[at] |= bit;
    specials[at] |= bit;
  }

  // The first unprintable octet at or behind p; there must be one in the mapped part.
  [[nodiscard]] VOXLOCK_ALWAYS_INLINE const char* next_unprintable(const char* p) const {
    return next<&TextMap::unprintables>(p);
  }
  // The first special octet at or behind p; there must be one in the mapped part.
  [[nodiscard]] VOXLOCK_ALWAYS_INLINE const char* next_special(const char* p) const {
    return next<&TextMap::specials>(p);
  }

  const char* start;
  const char* end;  // of what can be mapped
  size_t mapped_len = 0;
  // A word of each for each window, see window.h.
  uint64_t unprintables[kMaxText / Window::kSize + 1];
  uint64_t specials[kMaxText / Window::kSize + 1];

 private:
  static constexpr size_t kStep = 4;  // windows at a time

  static size_t first(uint64_t word) { return static_cast<unsigned>(std::countr_zero(word)); }
  template <auto kWords>
  VOXLOCK_ALWAYS_INLINE const char* next(const char* p) const {
    const auto at = static_cast<size_t>(p - start);
    const uint64_t word = (this->*kWords)[at / Window::kSize] >> (at % Window::kSize);
    return word != 0 ? p + first(word) : first_from<kWords>(at / Window::kSize + 1);
  }
  template <auto kWords>
  VOXLOCK_ALWAYS_INLINE const char* first_from(size_t i) const {
    while ((this->*kWords)[i] == 0) ++i;
    return start + i * Window::kSize + first((this->*kWords)[i]);
  }
};

}  // namespace voxlock
