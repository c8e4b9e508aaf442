#include "sip/uri.h"

#include <cstring>

#include "base/text.h"
#include "sip/elements.h"

namespace voxlock::sip {
namespace {

Scheme scheme_of(std::string_view text) {
  if (text::equals_ignore_case(text, "sip")) return Scheme::kSip;
  if (text::equals_ignore_case(text, "sips")) return Scheme::kSips;
  return text::equals_ignore_case(text, "tel") ? Scheme::kTel : Scheme::kOther;
}

// "sip:" in any case, as one word; four octets are readable.
bool is_sip(const char* p) {
  uint32_t word, case_bits, expected;
  std::memcpy(&word, p, 4);
  std::memcpy(&case_bits, "   ", 4);  // a space is the bit that tells 's' from 'S'
  std::memcpy(&expected, "sip:", 4);
  return (word | case_bits) == expected;
}

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
const char* scheme_end(const char* p, const char* end) {
  const char* start = p;
  while (p != end && ((grammar::is(*p, grammar::kHostChar) && *p != '_') || *p == '+')) ++p;
  return p != start && text::is_alpha(*start) ? p : nullptr;
}

// scheme ":"
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE bool take_scheme(Cursor& cursor, Uri& out) {
  const char* start = cursor.position();
  if (cursor.end() - start >= 4 && is_sip(start)) {
    out.scheme = Scheme::kSip;
    out.scheme_text = {start, 3};
    cursor.advance(4);
    return true;
  }
  const char* end = scheme_end(start, cursor.end());
  if (end == nullptr) return false;
  cursor.move_to(end);
  out.scheme_text = cursor.from(start);
  out.scheme = scheme_of(out.scheme_text);
  return cursor.take(':');
}

// [ userinfo "@" ]: only the '@' tells whether the text before it was a user or already the host.
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE void take_userinfo(Cursor& cursor, bool is_bare, Uri& out) {
  const Cursor start = cursor;
  const std::string_view user = cursor.run_escaped(is_bare ? grammar::kBareUser : grammar::kUser);
  std::string_view password;
  const bool has_password = !user.empty() && cursor.take(':');
  if (has_password) password = cursor.run_escaped(grammar::kPassword);
  if (user.empty() || !cursor.take('@')) {
    cursor = start;
    return;
  }
  out.user = user;
  out.has_user = true;
  out.password = password;
  out.has_password = has_password;
}

// *( ";" pname [ "=" pvalue ] )
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE Result<void> take_uri_params(Cursor& cursor, Uri& out) {
  const char* start = cursor.position();
  while (cursor.take(';')) {
    if (cursor.run_escaped(grammar::kParamChar).empty()) return Status::ERR_SIP_URI;
    if (cursor.take('=') && cursor.run_escaped(grammar::kParamChar).empty())
      return Status::ERR_SIP_URI;
  }
  out.params.text = cursor.from(start);
  return {};
}

// "?" hname "=" hvalue *( "&" hname "=" hvalue )
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE Result<void> take_uri_headers(Cursor& cursor, Uri& out) {
  if (!cursor.take('?')) return {};
  const char* start = cursor.position();
  do {
    if (cursor.run_escaped(grammar::kHeaderChar).empty() || !cursor.take('='))
      return Status::ERR_SIP_URI;
    (void)cursor.run_escaped(grammar::kHeaderChar);
  } while (cursor.take('&'));
  out.headers = cursor.from(start);
  return {};
}

template <typename Cursor>
VOXLOCK_ALWAYS_INLINE Result<void> take_sip(Cursor& cursor, bool is_bare, Uri& out) {
  take_userinfo(cursor, is_bare, out);
  VOXLOCK_TRY_VOID(grammar::take_host_port(cursor, false, out));
  if (is_bare) return {};
  VOXLOCK_TRY_VOID(take_uri_params(cursor, out));
  return take_uri_headers(cursor, out);
}

// RFC 3966 3: digits and visual separators, a global number with '+', a local one also with '*',
// '#' and hexadecimal digits.
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE Result<void> take_tel(Cursor& cursor, bool is_bare, Uri& out) {
  const char* start = cursor.position();
  const bool is_global = cursor.take('+');
  size_t digits = 0;
  for (; !cursor.at_end(); cursor.advance(1)) {
    const char c = *cursor.position();
    const bool is_dialled =
        is_global ? text::is_digit(c) : text::hex_value(c) >= 0 || c == '*' || c == '#';
    if (!is_dialled && c != '-' && c != '.' && c != '(' && c != ')') break;
    if (is_dialled) ++digits;
  }
  if (digits == 0) return Status::ERR_SIP_URI;
  out.user = cursor.from(start);
  out.has_user = true;
  return is_bare ? Result<void>() : take_uri_params(cursor, out);
}

// The grammar of another scheme is not ours: its characters are checked only.
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE Result<void> take_other(Cursor& cursor, bool is_bare, Uri& out) {
  out.user = cursor.run(is_bare ? grammar::kBareOpaque : grammar::kOpaque);
  out.has_user = true;
  return out.user.empty() ? Result<void>(Status::ERR_SIP_URI) : Result<void>();
}

template <bool kIsBare, typename Cursor>
Result<void> take_uri_as(Cursor& caller, Uri& out) {
  Cursor cursor = caller;
  const char* start = cursor.position();
  if (!take_scheme(cursor, out)) return Status::ERR_SIP_URI;
  VOXLOCK_TRY_VOID(out.is_sip()                 ? take_sip(cursor, kIsBare, out)
                   : out.scheme == Scheme::kTel ? take_tel(cursor, kIsBare, out)
                                                : take_other(cursor, kIsBare, out));
  out.text = cursor.from(start);
  caller = cursor;
  return {};
}

}  // namespace

template <typename Cursor>
Result<void> grammar::take_uri(Cursor& cursor, bool is_bare, Uri& out) {
  return is_bare ? take_uri_as<true>(cursor, out) : take_uri_as<false>(cursor, out);
}
template Result<void> grammar::take_uri(Cursor&, bool, Uri&);
template Result<void> grammar::take_uri(LineCursor&, bool, Uri&);

uint16_t Uri::effective_port() const {
  if (has_port) return port;
  return scheme == Scheme::kSips ? 5061 : 5060;
}

Result<Uri> parse_uri(std::string_view text) {
  return grammar::parse_all<Uri>(text, Status::ERR_SIP_URI, [](grammar::Cursor& cursor, Uri& out) {
    return grammar::take_uri(cursor, false, out);
  });
}

void unescape(std::string_view text, bytes::Writer& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && text.size() - i >= 3 &&
                           text::hex_value(text[i + 1]) >= 0 && text::hex_value(text[i + 2]) >= 0;
    if (is_escape) {
      out.u8(
          static_cast<uint8_t>(text::hex_value(text[i + 1]) * 16 + text::hex_value(text[i + 2])));
      i += 2;
    } else {
      out.put(text[i]);
    }
  }
}

}  // namespace voxlock::sip
