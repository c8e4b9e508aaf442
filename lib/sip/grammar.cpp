#include "sip/grammar.h"
#include "base/text.h"

namespace voxlock::sip::grammar {

const char* behind_run(const char* p, const char* end, unsigned bits) {
  while (p != end && is(*p, bits)) ++p;
  return p;
}

bool is_escape(const char* p, const char* end) {
  return end - p >= 3 && text::hex_value(p[1]) >= 0 && text::hex_value(p[2]) >= 0;
}

const char* closing_quote(const char* p, const char* end) {
  for (; p != end; ++p) {
    if (*p == '"') return p;
    // quoted-pair: the next character is taken as it is.
    if (*p == '\\' && ++p == end) return nullptr;
  }
  return nullptr;
}

std::string_view take_element(std::string_view& left) {
  bool is_quoted = false;
  bool is_angled = false;
  size_t at = 0;
  for (; at < left.size(); ++at) {
    const char c = left[at];
    if (is_quoted) {
      if (c == '\\') ++at;
      if (c == '"') is_quoted = false;
    } else if (c == '"') {
      is_quoted = true;
    } else if (c == '<' || c == '>') {
      is_angled = c == '<';
    } else if (c == ',' && !is_angled) {
      break;
    }
  }
  const std::string_view element = trim_lws(left.substr(0, at));
  left = at < left.size() ? left.substr(at + 1) : std::string_view();
  return element;
}

}  // namespace voxlock::sip::grammar
