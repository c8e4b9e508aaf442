// name-addr and addr-spec with parameters: From, To, Contact, Route, Record-Route, Path,
// Refer-To...
#pragma once

#include <string_view>

#include "base/result.h"
#include "sip/params.h"
#include "sip/temporary.h"
#include "sip/uri.h"

namespace voxlock::sip {

struct Address {
  std::string_view display_name;  // without quotes, its escapes kept; empty for none
  Uri uri;
  Params params;  // of the header field, not of the URI
  bool has_angles = false;
  bool is_star = false;  // "Contact: *", everything else is empty then

  [[nodiscard]] std::string_view tag() const { return params.value("tag"); }
};

// All of text must be one address. ERR_SIP_ADDRESS, ERR_SIP_URI, ERR_SIP_HOST, ERR_SIP_PARAM.
// An addr-spec without angle brackets holds no comma, semicolon or question mark (RFC 3261 20).
Result<Address> parse_address(std::string_view text);
template <TemporaryString T>
Result<Address> parse_address(T&& text) = delete;

}  // namespace voxlock::sip
