// SIP, SIPS and tel URIs (RFC 3261 19.1, RFC 3966, RFC 5954 for IPv6), and any other scheme as
// text.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "sip/params.h"
#include "sip/temporary.h"

namespace voxlock::sip {

enum class Scheme : uint8_t { kSip, kSips, kTel, kOther };

//   sip:user:password@host:port;uri-parameters?headers
struct Uri {
  std::string_view text;  // all of it
  std::string_view scheme_text;
  std::string_view
      user;  // still escaped; the number of a tel URI; the whole rest of another scheme
  std::string_view password;
  std::string_view host;     // an IPv6 address keeps its brackets
  Params params;             // with the leading ';'
  std::string_view headers;  // without the '?'
  Scheme scheme = Scheme::kOther;
  bool has_user = false;  // "sip:@host" is not legal, so a present user is not empty
  bool has_password = false;
  bool has_port = false;
  uint16_t port = 0;

  [[nodiscard]] bool is_sip() const { return scheme == Scheme::kSip || scheme == Scheme::kSips; }
  // RFC 3261 16.4: the parameter of a loose router.
  [[nodiscard]] bool has_lr() const { return params.has("lr"); }
  // The port, or the default one of the scheme: 5060 for sip, 5061 for sips.
  [[nodiscard]] uint16_t effective_port() const;
};

// All of text must be one URI. ERR_SIP_URI for bad syntax, ERR_SIP_HOST for a bad host or port.
Result<Uri> parse_uri(std::string_view text);
template <TemporaryString T>
Result<Uri> parse_uri(T&& text) = delete;

// RFC 3261 19.1.4 for sip and sips, RFC 3966 5 for tel, bytes for the rest. Not transitive, as the
// RFC says: an absent parameter matches any value, but for user, ttl, method, maddr and transport.
[[nodiscard]] bool equal(const Uri& a, const Uri& b);

// Writes text with each %hh replaced by its octet. The result may hold any octet, NUL included.
void unescape(std::string_view text, bytes::Writer& out);

// Checks an IPv6 address without brackets (RFC 5954: the form of RFC 3986), an IPv4 address, a host
// name.
[[nodiscard]] bool is_ipv6(std::string_view text);
[[nodiscard]] bool is_ipv4(std::string_view text);
[[nodiscard]] bool is_host_name(std::string_view text);

}  // namespace voxlock::sip
