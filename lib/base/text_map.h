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

  // A bit for each special octet from p on, up to the end of its window: the lowest is that of p.
  [[nodiscard]] VOXLOCK_ALWAYS_INLINE uint64_t specials_from(const char* p) const {
    const auto at = static_cast<size_t>(p - start);
    return specials[at / Window::kSize] >> (at % Window::kSize);
  }
  // The same as offsets from the start.
  [[nodiscard]] VOXLOCK_ALWAYS_INLINE size_t next_special_at(size_t at) const {
    return next_at<&TextMap::specials>(at);
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
  VOXLOCK_ALWAYS_INLINE size_t next_at(size_t at) const {
    size_t i = at / Window::kSize;
    const uint64_t word = (this->*kWords)[i] >> (at % Window::kSize);
    if (word != 0) return at + first(word);
    while ((this->*kWords)[++i] == 0) {
    }
    return i * Window::kSize + first((this->*kWords)[i]);
  }
  template <auto kWords>
  VOXLOCK_ALWAYS_INLINE const char* next(const char* p) const {
    return start + next_at<kWords>(static_cast<size_t>(p - start));
  }
};

// A place in a mapped text that carries the word of special octets ahead of it: each step then
// depends on the one before by a shift, not by a load.
class MapPlace {
 public:
  MapPlace(const TextMap& map, const char* p)
      : map_(&map), position_(p), specials_(map.specials_from(p)) {}

  [[nodiscard]] const char* position() const { return position_; }
  [[nodiscard]] const TextMap& map() const { return *map_; }
  VOXLOCK_ALWAYS_INLINE void advance(size_t count) {
    position_ += count;
    specials_ = count < Window::kSize ? specials_ >> count : 0;
  }
  void move_to(const char* p) {
    position_ = p;
    specials_ = 0;
  }
  // To the first special octet at or behind the place; there must be one in the mapped part.
  VOXLOCK_ALWAYS_INLINE void to_special() {
    if (specials_ == 0) {
      position_ = map_->next_special(position_);
      specials_ = map_->specials_from(position_);
    } else {
      advance(static_cast<unsigned>(std::countr_zero(specials_)));
    }
  }

 private:
  const TextMap* map_;
  const char* position_;
  uint64_t specials_;  // as specials_from tells; 0 where the map has to be asked
};

}  // namespace voxlock
