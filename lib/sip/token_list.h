// Lists of tokens: Require, Proxy-Require, Supported, Unsupported, Allow (RFC 3261 20).
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace voxlock::sip {

// Takes the tokens of one field's value one by one.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : left_(text) {}
  std::optional<std::string_view> next();

 private:
  std::string_view left_;
};

// Tokens divided by commas; an empty list is legal for Supported and Allow. ERR_SIP_TOKEN_LIST.
Result<void> check_token_list(std::string_view text, bool may_be_empty);

}  // namespace voxlock::sip
