// Character classes of RFC 3261 25.1 and a cursor that runs through checked lines with them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sip/block.h"

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

// The classes that hold every letter, every digit, '-' and '.': their runs are taken block by
// block.
inline constexpr unsigned kBlockwise = kToken | kUser | kBareUser | kPassword | kParamChar |
                                       kHeaderChar | kHostChar | kGenValue | kWord | kOpaque |
                                       kBareOpaque | kDisplay;

// Runs forward through text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : Cursor(text, text.data() + text.size()) {}
  // Octets up to readable_end may be looked at, though they do not belong to text.
  Cursor(std::string_view text, const char* readable_end)
      : p_(text.data()), end_(text.data() + text.size()), readable_end_(readable_end) {}

  [[nodiscard]] bool at_end() const { return p_ == end_; }
  [[nodiscard]] const char* position() const { return p_; }
  [[nodiscard]] std::string_view rest() const { return since(p_, end_); }
  // '\0' at the end: no class holds it.
  [[nodiscard]] char peek() const { return p_ != end_ ? *p_ : '\0'; }
  [[nodiscard]] bool sees(unsigned bits) const { return p_ != end_ && is(*p_, bits); }
  [[nodiscard]] std::string_view from(const char* start) const { return since(start, p_); }

  void move_to(const char* p) { p_ = p; }
  // Takes one character where it is c.
  bool take(char c) {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  // Takes the longest run of a class.
  std::string_view run(unsigned bits) {
    const char* start = p_;
    skip(bits);
    return from(start);
  }
  // The same with "%hh" as one more member (escaped, RFC 3261 25.1).
  std::string_view run_escaped(unsigned bits) {
    const char* start = p_;
    do {
      skip(bits);
    } while (take_escape());
    return from(start);
  }
  void skip_lws() {
    while (p_ != end_ && is(*p_, kLws)) ++p_;
  }
  // Takes c with white space around it.
  bool take_separator(char c) {
    const char* start = p_;
    skip_lws();
    if (!take(c)) {
      p_ = start;
      return false;
    }
    skip_lws();
    return true;
  }
  // Takes a quoted string; inside gets what stands between the quotes. False, and no move, where
  // there is none or it does not end.
  bool take_quoted(std::string_view& inside);

  [[nodiscard]] const char* readable_end() const { return readable_end_; }

 private:
  void skip(unsigned bits) {
    const char* p = p_;
    for (;; ++p) {
      while ((bits & kBlockwise) != 0 && readable_end_ - p >= Block::kSize) {
        const uint32_t specials = Block::load(p).specials();
        p += specials != 0 ? Block::first(specials) : Block::kSize;
        if (specials != 0) break;
      }
      if (p >= end_ || !is(*p, bits)) break;
    }
    p_ = p < end_ ? p : end_;
  }
  // Takes "%hh".
  bool take_escape() { return p_ != end_ && *p_ == '%' && take_hex_pair(); }
  bool take_hex_pair();
  static std::string_view since(const char* a, const char* b) {
    return {a, static_cast<size_t>(b - a)};
  }

  const char* p_;
  const char* end_;
  const char* readable_end_;
};

// Cuts the first element off a comma-separated list; commas inside quotes and angle brackets belong
// to the element. left is empty after the last one.
std::string_view take_element(std::string_view& left);

// Without white space and folds at both ends.
std::string_view trim_lws(std::string_view text);

}  // namespace voxlock::sip::grammar
