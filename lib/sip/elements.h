// Parsers of grammar elements at a cursor, for the parsers of whole values in this folder. Each
// takes the longest match and leaves the cursor behind it; where one fails the position means
// nothing. The small ones are inlined, so that the cursor of a value stays in registers: a function
// that is called copies the cursor, works on the copy and moves the caller's to where it ended.
#pragma once

#include "sip/address.h"
#include "sip/content_type.h"
#include "sip/cseq.h"
#include "sip/grammar.h"
#include "sip/params.h"
#include "sip/uri.h"
#include "sip/via.h"

namespace voxlock::sip::grammar {

// A URI. Outside angle brackets (is_bare) it ends at ';', ',' and '?' (RFC 3261 20).
template <typename Cursor>
Result<void> take_uri(Cursor& cursor, bool is_bare, Uri& out);
template <typename Cursor>
Result<void> take_address(Cursor& cursor, Address& out);
// The same, and checks the numbers of a Contact (RFC 3261 20.10). ERR_SIP_NUMBER.
Result<void> take_contact(LineCursor& cursor, Address& out);
template <typename Cursor>
Result<void> take_via(Cursor& cursor, Via& out);
template <typename Cursor>
Result<void> take_content_type(Cursor& cursor, ContentType& out);
template <typename Cursor>
Result<void> take_cseq(Cursor& cursor, CSeq& out);
// Tokens divided by commas; an empty list is legal for Supported and Allow. ERR_SIP_TOKEN_LIST.
Result<void> take_token_list(LineCursor& cursor, bool may_be_empty);

// *DIGIT, at most max. False for none and for more.
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE bool take_number(Cursor& cursor, uint32_t max, uint32_t& out) {
  const char* start = cursor.position();
  const char* p = start;
  uint64_t value = 0;
  for (; p != cursor.end() && is(*p, kDigit); ++p) {
    value = value * 10 + static_cast<uint64_t>(*p - '0');
    if (value > max) value = uint64_t{max} + 1;
  }
  cursor.advance(static_cast<size_t>(p - start));
  out = static_cast<uint32_t>(value);
  return p != start && value <= max;
}

// Whether a run of kHostChar is a host name or an IPv4 address.
bool is_host(std::string_view host, bool has_two_blocks);
// Behind the ']' of an IPv6reference that starts at p; nullptr where there is none.
const char* ipv6_reference_end(const char* p, const char* end);

// host [":" port]; IPv6 in brackets. May have white space around the colon where is_spaced. Fills
// host, port and has_port of out. ERR_SIP_HOST.
template <typename Cursor, typename T>
VOXLOCK_ALWAYS_INLINE Result<void> take_host_port(Cursor& cursor, bool is_spaced, T& out) {
  const char* start = cursor.position();
  if (cursor.sees('[')) {
    const char* end = ipv6_reference_end(start, cursor.end());
    if (end == nullptr) return Status::ERR_SIP_HOST;
    cursor.move_to(end);
  } else {
    cursor.run(kHostChar);
    if (!is_host(cursor.from(start), cursor.has_two_blocks(start))) return Status::ERR_SIP_HOST;
  }
  out.host = cursor.from(start);
  out.has_port = is_spaced ? cursor.take_separator(':') : cursor.take(':');
  if (!out.has_port) return {};
  uint32_t port = 0;
  if (!take_number(cursor, UINT16_MAX, port)) return Status::ERR_SIP_HOST;
  out.port = static_cast<uint16_t>(port);
  return {};
}

// *( SEMI generic-param ), up to the end or a character that is none of it; see is called with the
// name and value of each. ERR_SIP_PARAM.
template <typename Cursor, typename See>
VOXLOCK_ALWAYS_INLINE Result<void> take_params(Cursor& cursor, Params& out, See see) {
  const char* start = cursor.position();
  const char* end = start;
  while (cursor.take_separator(';')) {
    const std::string_view name = cursor.run(kToken);
    if (name.empty()) return Status::ERR_SIP_PARAM;
    end = cursor.position();
    std::string_view value;
    if (cursor.take_separator('=')) {
      if (!cursor.take_quoted(value)) {
        value = cursor.run(kGenValue);
        if (value.empty()) return Status::ERR_SIP_PARAM;
      }
      end = cursor.position();
    }
    see(name, value);
  }
  if (cursor.position() != end) cursor.move_to(end);
  out.text = cursor.from(start);
  return {};
}

template <typename Cursor>
VOXLOCK_ALWAYS_INLINE Result<void> take_params(Cursor& cursor, Params& out) {
  return take_params(cursor, out, [](std::string_view, std::string_view) {});
}

// A parser of a value as one of a whole text: what is left over is an error.
template <typename T, typename Take>
Result<T> parse_all(std::string_view text, Status left_over, Take take) {
  Cursor cursor(text);
  T out;
  VOXLOCK_TRY_VOID(take(cursor, out));
  if (!cursor.at_end()) return left_over;
  return out;
}

}  // namespace voxlock::sip::grammar
