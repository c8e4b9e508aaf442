// Parsers of grammar elements at a cursor, for the parsers of whole values in this folder. Each
// takes the longest match and leaves the cursor behind it.
#pragma once

#include "sip/address.h"
#include "sip/grammar.h"
#include "sip/params.h"
#include "sip/uri.h"
#include "sip/via.h"

namespace voxlock::sip::grammar {

// host [":" port]; IPv6 in brackets. May have white space around the colon where is_spaced.
struct HostPort {
  std::string_view host;
  uint16_t port = 0;
  bool has_port = false;
};
Result<HostPort> take_host_port(Cursor& cursor, bool is_spaced);

// *( SEMI generic-param ), up to the end or a character that is none of it.
Result<Params> take_params(Cursor& cursor);

// A URI. Outside angle brackets (is_bare) it ends at ';', ',' and '?' (RFC 3261 20).
Result<void> take_uri(Cursor& cursor, bool is_bare, Uri& out);

Result<void> take_address(Cursor& cursor, Address& out);
Result<void> take_via(Cursor& cursor, Via& out);

}  // namespace voxlock::sip::grammar
