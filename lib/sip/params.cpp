#include "sip/params.h"

#include "base/text.h"
#include "sip/elements.h"

namespace voxlock::sip {
namespace {

bool take_param(grammar::Cursor& cursor, Param& out) {
  // A URI parameter may be escaped and holds more characters than a token; checked text of either
  // kind is cut the same way: up to a separator.
  constexpr unsigned kName = grammar::kToken | grammar::kParamChar;
  out.name = cursor.run(kName);
  if (!cursor.take_separator('=')) return !out.name.empty();
  out.has_value = true;
  out.is_quoted = cursor.take_quoted(out.value);
  if (!out.is_quoted) out.value = cursor.run(kName | grammar::kGenValue);
  return !out.name.empty();
}

}  // namespace

std::optional<Param> ParamCursor::next() {
  grammar::Cursor cursor(left_);
  Param param;
  if (!cursor.take_separator(';') || !take_param(cursor, param)) {
    left_ = {};
    return std::nullopt;
  }
  left_ = cursor.rest();
  return param;
}

std::optional<Param> Params::find(std::string_view name) const {
  ParamCursor cursor(text);
  while (const auto param = cursor.next()) {
    if (text::equals_ignore_case(param->name, name)) return param;
  }
  return std::nullopt;
}

std::string_view Params::value(std::string_view name) const {
  const auto param = find(name);
  return param ? param->value : std::string_view();
}

Result<Params> parse_params(std::string_view text) {
  grammar::Cursor cursor(text);
  Params params;
  VOXLOCK_TRY_VOID(grammar::take_params(cursor, params));
  cursor.skip_lws();
  if (!cursor.at_end()) return Status::ERR_SIP_PARAM;
  return params;
}

void unescape_quoted(std::string_view value, bytes::Writer& out) {
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    out.put(value[i]);
  }
}

}  // namespace voxlock::sip
