// Character classes of RFC 3261 25.1 and a cursor that runs through checked lines with them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/block.h"
#include "base/inline.h"
#include "base/text_map.h"

namespace voxlock::sip::grammar {

enum CharClass : uint16_t {
  kToken = 1 << 0,
  kUser = 1 << 1,      // unreserved / user-unreserved
  kBareUser = 1 << 2,  // kUser without what may not stand outside angle brackets
  kPassword = 1 << 3,
  kParamChar = 1 << 4,   // of a URI parameter
  kHeaderChar = 1 << 5,  // of the headers of a URI
  kHostChar = 1 << 6,    // letters, digits, '-', '.', and the '_' some peers use
  kGenValue = 1 << 7,    // token / host: value of a header parameter
  kWord = 1 << 8,        // Call-ID
  kLws = 1 << 9,         // white space; CR and LF stand only inside folds of a scanned line
  kOpaque = 1 << 10,     // URI of another scheme
  kBareOpaque = 1 << 11,
  kDisplay = 1 << 12,  // unquoted display name: token, and the UTF-8 that peers send there
  kDigit = 1 << 13,
};

constexpr std::array<uint16_t, 256> make_classes() {
  std::array<uint16_t, 256> table{};
  auto add = [&table](std::string_view chars, unsigned bits) {
    for (const char c : chars) {
      auto& entry = table[static_cast<uint8_t>(c)];
      entry = static_cast<uint16_t>(entry | bits);
    }
  };
  constexpr std::string_view kAlphanum =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::string_view kMark = "-_.!~*'()";
  constexpr unsigned kUnreserved =
      kUser | kBareUser | kPassword | kParamChar | kHeaderChar | kOpaque | kBareOpaque;
  add(kAlphanum, kToken | kUnreserved | kHostChar | kGenValue | kWord | kDisplay);
  add("0123456789", kDigit);
  add(kMark, kUnreserved);
  add("&=+$,;?/", kUser);
  add("&=+$/", kBareUser);
  add("&=+$,", kPassword);
  add("[]/:&+$", kParamChar);
  add("[]/?:+$", kHeaderChar);
  add("-._", kHostChar);
  add("-.!%*_+`'~", kToken | kGenValue | kDisplay);
  add("[]:", kGenValue);
  add("-.!%*_+`'~()<>:\\\"/[]?{}", kWord);
  add(" \t\r\n", kLws);
  add(";/?:@&=+$,[]%#", kOpaque);
  add("/:@&=+$[]%#", kBareOpaque);
  for (size_t c = 0x80; c < 256; ++c) table[c] = kDisplay;
  return table;
}
inline constexpr std::array<uint16_t, 256> kClasses = make_classes();

inline bool is(char c, unsigned bits) {
  return (kClasses[static_cast<uint8_t>(c)] & bits) != 0;
}

inline bool all(std::string_view text, unsigned bits) {
  unsigned common = bits;
  for (const char c : text) common &= kClasses[static_cast<uint8_t>(c)];
  return !text.empty() && (common & bits) == bits;
}
inline bool is_token(std::string_view text) {
  return all(text, kToken);
}

// The classes that hold every letter, every digit, '-' and '.': their runs are passed by the map.
inline constexpr unsigned kMapped = kToken | kUser | kBareUser | kPassword | kParamChar |
                                    kHeaderChar | kHostChar | kGenValue | kWord | kOpaque |
                                    kBareOpaque | kDisplay;

// Behind the longest run of a class.
const char* behind_run(const char* p, const char* end, unsigned bits);
// Whether "%hh" stands at p.
bool is_escape(const char* p, const char* end);
// The quote that closes the string whose inside starts at p; nullptr where it does not end.
const char* closing_quote(const char* p, const char* end);

// Runs forward through text. Small enough to live in registers: a parser that calls others works on
// its own copy (see elements.h), because a cursor whose address is taken lives in memory.
//
// A Cursor goes through any text, octet by octet. A LineCursor goes through a part of a line that
// HeadScanner has found, before white space or the CRLF: it passes letters and digits by the map,
// and stops at the white space without having to look for the end.
template <bool kIsMapped>
class BasicCursor {
 public:
  explicit BasicCursor(std::string_view text) requires(!kIsMapped)
      : place_{text.data()}, end_(text.data() + text.size()) {}
  BasicCursor(std::string_view text, const TextMap& map) requires(kIsMapped)
      : place_(map, text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] bool at_end() const { return position() == end_; }
  [[nodiscard]] const char* position() const { return place_.position(); }
  [[nodiscard]] const char* end() const { return end_; }
  [[nodiscard]] std::string_view rest() const { return since(position(), end_); }
  // Whether c, which is no white space, comes next.
  [[nodiscard]] bool sees(char c) const {
    return (kIsMapped || position() != end_) && *position() == c;
  }
  // Whether a member of the class comes next.
  [[nodiscard]] bool sees(CharClass bits) const {
    const bool is_safe = kIsMapped && (bits & kLws) == 0;
    return (is_safe || position() != end_) && is(*position(), bits);
  }
  [[nodiscard]] std::string_view from(const char* start) const { return since(start, position()); }
  // Whether two blocks may be loaded at p, which is not behind the end.
  [[nodiscard]] bool has_two_blocks(const char* p) const {
    const char* readable_end = end_;
    if constexpr (kIsMapped) readable_end = place_.map().end;
    return readable_end - p >= 2 * Block::kSize;
  }

  void move_to(const char* p) { place_.move_to(p); }
  void advance(size_t count) { place_.advance(count); }
  // Takes one character where it is c, which is no white space.
  bool take(char c) {
    if (!sees(c)) return false;
    advance(1);
    return true;
  }
  // Takes the longest run of a class.
  VOXLOCK_ALWAYS_INLINE std::string_view run(unsigned bits) {
    const char* start = position();
    skip(bits);
    return from(start);
  }
  // The same with "%hh" as one more member (escaped, RFC 3261 25.1).
  VOXLOCK_ALWAYS_INLINE std::string_view run_escaped(unsigned bits) {
    const char* start = position();
    do {
      skip(bits);
    } while (take_escape());
    return from(start);
  }
  void skip_lws() {
    if (!sees(kLws)) return;
    advance(1);
    if (sees(kLws)) move_to(behind_run(position(), end_, kLws));
  }
  // Takes c with white space around it.
  VOXLOCK_ALWAYS_INLINE bool take_separator(char c) {
    if (!sees(c)) {
      if (!sees(kLws)) return false;
      const char* p = behind_run(position(), end_, kLws);
      if (p == end_ || *p != c) return false;
      move_to(p);
    }
    advance(1);
    skip_lws();
    return true;
  }
  // Takes a quoted string; inside gets what stands between the quotes. False, and no move, where
  // there is none or it does not end.
  bool take_quoted(std::string_view& inside) {
    if (!sees('"')) return false;
    const char* quote = closing_quote(position() + 1, end_);
    if (quote == nullptr) return false;
    inside = since(position() + 1, quote);
    advance(static_cast<size_t>(quote + 1 - position()));
    return true;
  }

 private:
  struct PlainPlace {
    const char* p;
    [[nodiscard]] const char* position() const { return p; }
    void advance(size_t count) { p += count; }
    void move_to(const char* to) { p = to; }
  };

  VOXLOCK_ALWAYS_INLINE void skip(unsigned bits) {
    if constexpr (kIsMapped) {
      if ((bits & kLws) == 0 && (bits & kMapped) != 0) {
        place_.to_special();
        while (is(*position(), bits)) {
          advance(1);
          place_.to_special();
        }
        return;
      }
    }
    move_to(behind_run(position(), end_, bits));
  }
  // Takes "%hh".
  bool take_escape() {
    if (!sees('%') || !is_escape(position(), end_)) return false;
    advance(3);
    return true;
  }
  static std::string_view since(const char* a, const char* b) {
    return {a, static_cast<size_t>(b - a)};
  }

  std::conditional_t<kIsMapped, MapPlace, PlainPlace> place_;
  const char* end_;
};

using Cursor = BasicCursor<false>;
using LineCursor = BasicCursor<true>;

// Cuts the first element off a comma-separated list; commas inside quotes and angle brackets belong
// to the element. left is empty after the last one.
std::string_view take_element(std::string_view& left);

// Without white space and folds at both ends.
inline std::string_view trim_lws(std::string_view text) {
  while (!text.empty() && is(text.front(), kLws)) text.remove_prefix(1);
  while (!text.empty() && is(text.back(), kLws)) text.remove_suffix(1);
  return text;
}

}  // namespace voxlock::sip::grammar
