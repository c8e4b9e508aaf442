// Character classes of RFC 3261 25.1 and a cursor that runs through checked lines with them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/block.h"

// For the small steps of which every value takes dozens: a call costs more than they do.
#define VOXLOCK_SIP_INLINE [[gnu::always_inline]] inline

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

// Runs forward through text. Small enough to live in registers: a parser that calls others works on
// its own copy (see elements.h), because a Cursor whose address is taken lives in memory.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : Cursor(text, text.data() + text.size()) {}
  // Octets up to readable_end may be looked at, though they do not belong to text.
  Cursor(std::string_view text, const char* readable_end)
      : p_(text.data()),
        end_(text.data() + text.size()),
        blocks_end_(readable_end - text.data() >= Block::kSize ? readable_end - Block::kSize + 1
                                                               : text.data()) {}

  [[nodiscard]] bool at_end() const { return p_ == end_; }
  [[nodiscard]] const char* position() const { return p_; }
  [[nodiscard]] const char* end() const { return end_; }
  [[nodiscard]] std::string_view rest() const { return since(p_, end_); }
  // '\0' at the end: no class holds it.
  [[nodiscard]] char peek() const { return p_ != end_ ? *p_ : '\0'; }
  [[nodiscard]] bool sees(unsigned bits) const { return p_ != end_ && is(*p_, bits); }
  [[nodiscard]] std::string_view from(const char* start) const { return since(start, p_); }
  // Whether two blocks may be loaded at p, which is not behind the position.
  [[nodiscard]] bool has_two_blocks(const char* p) const {
    return p < blocks_end_ && blocks_end_ - p > Block::kSize;
  }

  void move_to(const char* p) { p_ = p; }
  // Takes one character where it is c.
  bool take(char c) {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  // Takes the longest run of a class.
  VOXLOCK_SIP_INLINE std::string_view run(unsigned bits) {
    const char* start = p_;
    skip(bits);
    return from(start);
  }
  // The same with "%hh" as one more member (escaped, RFC 3261 25.1).
  VOXLOCK_SIP_INLINE std::string_view run_escaped(unsigned bits) {
    const char* start = p_;
    do {
      skip(bits);
    } while (take_escape());
    return from(start);
  }
  void skip_lws() {
    while (sees(kLws)) ++p_;
  }
  // Takes c with white space around it.
  VOXLOCK_SIP_INLINE bool take_separator(char c) {
    if (p_ == end_) return false;
    const char* p = p_;
    if (*p != c) {
      if (!is(*p, kLws)) return false;
      p = behind_lws(p, end_);
      if (p == end_ || *p != c) return false;
    }
    p_ = p + 1;
    if (sees(kLws)) p_ = behind_lws(p_, end_);
    return true;
  }
  // Takes a quoted string; inside gets what stands between the quotes. False, and no move, where
  // there is none or it does not end.
  bool take_quoted(std::string_view& inside) {
    if (p_ == end_ || *p_ != '"') return false;
    const char* quote = closing_quote(p_ + 1, end_);
    if (quote == nullptr) return false;
    inside = since(p_ + 1, quote);
    p_ = quote + 1;
    return true;
  }

 private:
  // Where blocks may be loaded, letters and digits are passed sixteen at a time; only the octet
  // that stops them is looked up.
  VOXLOCK_SIP_INLINE void skip(unsigned bits) {
    const char* p = p_;
    for (;; ++p) {
      while ((bits & kBlockwise) != 0 && p < blocks_end_) {
        const uint32_t specials = Block::load(p).specials();
        if (specials != 0) {
          p += Block::first(specials);
          break;
        }
        p += Block::kSize;
      }
      if (p >= end_ || !is(*p, bits)) break;
    }
    p_ = p < end_ ? p : end_;
  }
  // Takes "%hh".
  bool take_escape() {
    if (p_ == end_ || *p_ != '%' || !is_escape(p_, end_)) return false;
    p_ += 3;
    return true;
  }
  static const char* behind_lws(const char* p, const char* end);
  static bool is_escape(const char* p, const char* end);
  // nullptr where the string does not end.
  static const char* closing_quote(const char* p, const char* end);
  static std::string_view since(const char* a, const char* b) {
    return {a, static_cast<size_t>(b - a)};
  }

  const char* p_;
  const char* end_;
  const char* blocks_end_;  // before it a block may be loaded anywhere
};

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
