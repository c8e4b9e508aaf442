// WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization, Authentication-Info
// (RFC 3261 20.7, 20.27, 20.28, 20.44; RFC 8760).
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "sip/params.h"

namespace voxlock::sip {

// A challenge or credentials: scheme, then name=value pairs divided by commas.
struct Auth {
  std::string_view scheme;  // "Digest"
  std::string_view params;  // checked

  [[nodiscard]] bool is_digest() const;
  // The first parameter of that name, case ignored; quotes are taken off.
  [[nodiscard]] std::optional<Param> find(std::string_view name) const;
  // Its value, empty where it is missing.
  [[nodiscard]] std::string_view value(std::string_view name) const;
};

// ERR_SIP_AUTH. A scheme other than Digest is taken as it stands (RFC 4475 3.3.7).
Result<Auth> parse_auth(std::string_view text);

// Authentication-Info has no scheme: only pairs. ERR_SIP_AUTH.
Result<Auth> parse_authentication_info(std::string_view text);

}  // namespace voxlock::sip
