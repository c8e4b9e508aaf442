// Lists of tokens: Require, Proxy-Require, Supported, Unsupported, Allow (RFC 3261 20).
#pragma once

#include <optional>
#include <string_view>

namespace voxlock::sip {

// Takes the tokens of one field's value one by one.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : left_(text) {}
  std::optional<std::string_view> next();

 private:
  std::string_view left_;
};

}  // namespace voxlock::sip
