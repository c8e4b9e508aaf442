// ASCII text as the SIP and SDP grammars use it. Never depends on a locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace voxlock::text {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}

// Value of a hexadecimal digit, -1 for any other character.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

constexpr bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// Without spaces and tabs at both ends.
constexpr std::string_view trim(std::string_view s) {
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}

// Cuts s at the first separator: returns what stands before it and leaves in s what stands after
// it; without a separator returns all of s and leaves it empty.
constexpr std::string_view cut(std::string_view& s, char separator) {
  const size_t at = s.find(separator);
  const std::string_view head = s.substr(0, at);
  s = at == std::string_view::npos ? std::string_view() : s.substr(at + 1);
  return head;
}

// A whole decimal number of digits only, at most max. ERR_SYNTAX for anything else, ERR_LIMIT
// above.
inline Result<uint64_t> parse_decimal(std::string_view s, uint64_t max) {
  if (s.empty()) return Status::ERR_SYNTAX;
  constexpr size_t kSafeDigits = 19;  // no number of as many passes 64 bits
  uint64_t value = 0;
  bool is_over = false;
  for (size_t i = 0; i < s.size(); ++i) {
    if (!is_digit(s[i])) return Status::ERR_SYNTAX;
    const auto digit = static_cast<uint64_t>(s[i] - '0');
    if (i >= kSafeDigits) is_over = is_over || value > (UINT64_MAX - digit) / 10;
    if (!is_over) value = value * 10 + digit;
  }
  if (is_over || value > max) return Status::ERR_LIMIT;
  return value;
}

}  // namespace voxlock::text
