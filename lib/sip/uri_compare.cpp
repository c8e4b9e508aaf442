// Comparison of URIs (RFC 3261 19.1.4, RFC 3966 5).
#include "base/text.h"
#include "sip/uri.h"

namespace voxlock::sip {
namespace {

// Takes one octet, escaped or not. An escape equals its octet except where it hides a reserved
// character: those differ from their escaped form.
struct Octet {
  char value;
  bool is_escaped;
};

bool is_reserved(char c) {
  return std::string_view(";/?:@&=+$,").find(c) != std::string_view::npos;
}

Octet take_octet(std::string_view& text) {
  const char c = text.front();
  if (c == '%' && text.size() >= 3 && text::hex_value(text[1]) >= 0 &&
      text::hex_value(text[2]) >= 0) {
    const auto value = static_cast<char>(text::hex_value(text[1]) * 16 + text::hex_value(text[2]));
    text.remove_prefix(3);
    return {value, is_reserved(value)};
  }
  text.remove_prefix(1);
  return {c, false};
}

bool equals_unescaped(std::string_view a, std::string_view b, bool ignores_case) {
  while (!a.empty() && !b.empty()) {
    const Octet x = take_octet(a);
    const Octet y = take_octet(b);
    const bool is_same =
        ignores_case ? text::lower(x.value) == text::lower(y.value) : x.value == y.value;
    if (!is_same || x.is_escaped != y.is_escaped) return false;
  }
  return a.empty() && b.empty();
}

// These never match where only one URI has them.
bool must_be_in_both(std::string_view name) {
  for (const std::string_view strict : {"user", "ttl", "method", "maddr", "transport"}) {
    if (text::equals_ignore_case(name, strict)) return true;
  }
  return false;
}

enum class Match { kMissing, kDiffers, kSame };

// A name given twice (RFC 3261 19.1.1 forbids it) matches with any of its values, so that every URI
// equals itself.
Match match_param(const Params& params, const Param& wanted) {
  Match out = Match::kMissing;
  ParamCursor cursor = params.begin();
  while (const auto param = cursor.next()) {
    if (!equals_unescaped(param->name, wanted.name, true)) continue;
    if (param->has_value == wanted.has_value && equals_unescaped(param->value, wanted.value, true))
      return Match::kSame;
    out = Match::kDiffers;
  }
  return out;
}

// A URI with more parameters than this equals none: comparing takes the square of their number.
constexpr size_t kMaxCompared = 64;

bool params_match(const Params& a, const Params& b, bool all_in_both) {
  ParamCursor cursor = a.begin();
  size_t count = 0;
  while (const auto param = cursor.next()) {
    if (++count > kMaxCompared) return false;
    const Match match = match_param(b, *param);
    const bool may_miss = !all_in_both && !must_be_in_both(param->name);
    if (match == Match::kDiffers || (match == Match::kMissing && !may_miss)) return false;
  }
  return true;
}

// Every header of a is in b; headers may come in any order.
bool headers_match(std::string_view a, std::string_view b) {
  for (size_t count = 0; !a.empty(); ++count) {
    if (count > kMaxCompared) return false;
    std::string_view value = text::cut(a, '&');
    const std::string_view name = text::cut(value, '=');
    bool is_found = false;
    for (std::string_view left = b; !left.empty() && !is_found;) {
      std::string_view other = text::cut(left, '&');
      const std::string_view other_name = text::cut(other, '=');
      is_found = equals_unescaped(name, other_name, true) && equals_unescaped(value, other, false);
    }
    if (!is_found) return false;
  }
  return true;
}

bool sip_equal(const Uri& a, const Uri& b) {
  return a.has_user == b.has_user && a.has_password == b.has_password && a.has_port == b.has_port &&
         a.port == b.port && text::equals_ignore_case(a.host, b.host) &&
         equals_unescaped(a.user, b.user, false) &&
         equals_unescaped(a.password, b.password, false) &&
         params_match(a.params, b.params, false) && params_match(b.params, a.params, false) &&
         headers_match(a.headers, b.headers) && headers_match(b.headers, a.headers);
}

bool is_visual(char c) {
  return c == '-' || c == '.' || c == '(' || c == ')';
}

// Visual separators do not count (RFC 3966 5).
bool numbers_match(std::string_view a, std::string_view b) {
  for (;;) {
    while (!a.empty() && is_visual(a.front())) a.remove_prefix(1);
    while (!b.empty() && is_visual(b.front())) b.remove_prefix(1);
    if (a.empty() || b.empty()) return a.empty() && b.empty();
    if (text::lower(a.front()) != text::lower(b.front())) return false;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
}

}  // namespace

bool equal(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme) return false;
  switch (a.scheme) {
    case Scheme::kSip:
    case Scheme::kSips:
      return sip_equal(a, b);
    case Scheme::kTel:
      return numbers_match(a.user, b.user) && params_match(a.params, b.params, true) &&
             params_match(b.params, a.params, true);
    case Scheme::kOther:
      break;
  }
  return text::equals_ignore_case(a.scheme_text, b.scheme_text) && a.user == b.user;
}

}  // namespace voxlock::sip
