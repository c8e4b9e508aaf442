// Parameters behind a semicolon: ";name" or ";name=value" (RFC 3261 25.1, generic-param).
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::sip {

struct Param {
  std::string_view name;
  std::string_view value;  // without the quotes of a quoted string; its escapes are kept
  bool has_value = false;
  bool is_quoted = false;
};

// Takes the parameters of a checked text one by one.
class ParamCursor {
 public:
  explicit ParamCursor(std::string_view text) : left_(text) {}
  std::optional<Param> next();

 private:
  std::string_view left_;
};

// A view of checked parameter text: empty, or starting with ';' (white space may stand before it).
struct Params {
  std::string_view text;

  [[nodiscard]] ParamCursor begin() const { return ParamCursor(text); }
  // The first parameter of that name, case ignored (RFC 3261 7.3.1).
  [[nodiscard]] std::optional<Param> find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  // The value of a parameter; empty where it is missing or has none.
  [[nodiscard]] std::string_view value(std::string_view name) const;
};

// Checks ";name=value;..." with white space and folding around the separators; all of text must be
// parameters. ERR_SIP_PARAM.
Result<Params> parse_params(std::string_view text);

// Writes the value of a quoted string without its backslashes.
void unescape_quoted(std::string_view value, bytes::Writer& out);

}  // namespace voxlock::sip
