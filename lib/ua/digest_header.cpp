#include "ua/digest_header.h"

#include <array>

#include "base/text.h"

namespace voxlock::ua {
namespace {

struct FieldRow {
  std::string_view name;
  std::string_view DigestFields::*field;
};
constexpr FieldRow kFields[] = {
    {"realm", &DigestFields::realm},       {"nonce", &DigestFields::nonce},
    {"opaque", &DigestFields::opaque},     {"algorithm", &DigestFields::algorithm},
    {"qop", &DigestFields::qop},           {"username", &DigestFields::username},
    {"uri", &DigestFields::uri},           {"response", &DigestFields::response},
    {"cnonce", &DigestFields::cnonce},     {"nc", &DigestFields::nc},
    {"stale", &DigestFields::stale},
};

// White space and folds.
constexpr bool is_lws(char c) { return text::is_space(c) || c == '\r' || c == '\n'; }

void skip_lws(std::string_view& s) {
  while (!s.empty() && is_lws(s.front())) s.remove_prefix(1);
}

constexpr bool is_token_char(char c) {
  constexpr std::string_view kMarks = "-.!%*_+`'~";
  return text::is_alpha(c) || text::is_digit(c) || kMarks.find(c) != std::string_view::npos;
}

std::string_view take_token(std::string_view& s) {
  size_t n = 0;
  while (n < s.size() && is_token_char(s[n])) ++n;
  const std::string_view token = s.substr(0, n);
  s.remove_prefix(n);
  return token;
}

// The inside of a quoted string whose opening quote was taken.
Result<std::string_view> take_quoted(std::string_view& s) {
  for (size_t n = 0; n < s.size(); ++n) {
    if (s[n] == '\\') {
      ++n;
      continue;
    }
    if (s[n] != '"') continue;
    const std::string_view inside = s.substr(0, n);
    s.remove_prefix(n + 1);
    return inside;
  }
  return Status::ERR_SYNTAX;
}

Result<std::string_view> take_value(std::string_view& s) {
  if (!s.empty() && s.front() == '"') {
    s.remove_prefix(1);
    return take_quoted(s);
  }
  const std::string_view token = take_token(s);
  if (token.empty()) return Status::ERR_SYNTAX;
  return token;
}

Result<void> take_param(std::string_view& s, DigestFields& out, uint32_t& seen) {
  const std::string_view name = take_token(s);
  skip_lws(s);
  if (name.empty() || s.empty() || s.front() != '=') return Status::ERR_SYNTAX;
  s.remove_prefix(1);
  skip_lws(s);
  VOXLOCK_TRY(const std::string_view value, take_value(s));
  for (size_t i = 0; i < std::size(kFields); ++i) {
    if (!text::equals_ignore_case(kFields[i].name, name)) continue;
    if ((seen >> i & 1) != 0) return Status::ERR_SYNTAX;
    seen |= 1u << i;
    out.*kFields[i].field = value;
  }
  return {};
}

}  // namespace

bool DigestFields::offers_qop(std::string_view token) const {
  std::string_view left = qop;
  while (!left.empty()) {
    if (text::equals_ignore_case(text::trim(text::cut(left, ',')), token)) return true;
  }
  return false;
}

Result<DigestFields> parse_digest(std::string_view value) {
  skip_lws(value);
  if (!text::equals_ignore_case(take_token(value), "Digest")) return Status::ERR_UNSUPPORTED;
  DigestFields out;
  uint32_t seen = 0;
  while (true) {
    skip_lws(value);
    VOXLOCK_TRY_VOID(take_param(value, out, seen));
    skip_lws(value);
    if (value.empty()) return out;
    if (value.front() != ',') return Status::ERR_SYNTAX;
    value.remove_prefix(1);
  }
}

void put_quoted(bytes::Writer& out, std::string_view name, std::string_view text) {
  out.put(name);
  out.put('=');
  put_quoted_text(out, text);
}

void put_quoted_text(bytes::Writer& out, std::string_view text) {
  out.put('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.put('\\');
    out.put(c);
  }
  out.put('"');
}

}  // namespace voxlock::ua
