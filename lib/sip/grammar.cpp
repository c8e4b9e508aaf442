#include "sip/grammar.h"
#include "base/text.h"

namespace voxlock::sip::grammar {

bool Cursor::take_hex_pair() {
  if (end_ - p_ < 3 || text::hex_value(p_[1]) < 0 || text::hex_value(p_[2]) < 0) return false;
  p_ += 3;
  return true;
}

bool Cursor::take_quoted(std::string_view& inside) {
  if (p_ == end_ || *p_ != '"') return false;
  const char* start = p_ + 1;
  for (const char* q = start; q != end_; ++q) {
    if (*q == '"') {
      inside = since(start, q);
      p_ = q + 1;
      return true;
    }
    // quoted-pair: the next character is taken as it is.
    if (*q == '\\' && ++q == end_) return false;
  }
  return false;
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

std::string_view trim_lws(std::string_view text) {
  while (!text.empty() && is(text.front(), kLws)) text.remove_prefix(1);
  while (!text.empty() && is(text.back(), kLws)) text.remove_suffix(1);
  return text;
}

}  // namespace voxlock::sip::grammar
