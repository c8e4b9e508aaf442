// The values of WWW-Authenticate, Proxy-Authenticate, Authorization and Proxy-Authorization
// (RFC 3261 25.1) with the Digest scheme.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::ua {

// Texts as written, quotes removed, escapes kept; empty where missing.
struct DigestFields {
  std::string_view realm;
  std::string_view nonce;
  std::string_view opaque;
  std::string_view algorithm;
  std::string_view qop;  // a challenge: a list; credentials: one token
  std::string_view username;
  std::string_view uri;
  std::string_view response;
  std::string_view cnonce;
  std::string_view nc;
  std::string_view stale;

  // A challenge's qop list has the token.
  [[nodiscard]] bool offers_qop(std::string_view token) const;
  // realm without its escapes is this text.
  [[nodiscard]] bool is_realm(std::string_view text) const;
};

// ERR_UNSUPPORTED for another scheme, ERR_SIP_AUTH for a value that breaks the grammar.
Result<DigestFields> parse_digest(std::string_view value);

// Writes "text" and name="text" with quotes and backslashes of text escaped.
void put_quoted_text(bytes::Writer& out, std::string_view text);
void put_quoted(bytes::Writer& out, std::string_view name, std::string_view text);

}  // namespace voxlock::ua
