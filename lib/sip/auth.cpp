#include "sip/auth.h"

#include "base/text.h"
#include "sip/grammar.h"

namespace voxlock::sip {
namespace {

using grammar::Cursor;

bool take_pair(Cursor& cursor, Param& out) {
  out.name = cursor.run(grammar::kToken);
  if (out.name.empty() || !cursor.take_separator('=')) return false;
  out.has_value = true;
  out.is_quoted = cursor.take_quoted(out.value);
  // nonce-count, qop, algorithm and stale are bare; a bare uri is a known slip of old phones.
  if (!out.is_quoted)
    out.value = cursor.run(grammar::kToken | grammar::kGenValue | grammar::kParamChar);
  return out.is_quoted || !out.value.empty();
}

bool are_pairs(std::string_view text) {
  Cursor cursor(text);
  Param param;
  do {
    if (!take_pair(cursor, param)) return false;
  } while (cursor.take_separator(','));
  cursor.skip_lws();
  return cursor.at_end();
}

}  // namespace

bool Auth::is_digest() const {
  return text::equals_ignore_case(scheme, "Digest");
}

std::optional<Param> Auth::find(std::string_view name) const {
  Cursor cursor(params);
  Param param;
  while (take_pair(cursor, param)) {
    if (text::equals_ignore_case(param.name, name)) return param;
    if (!cursor.take_separator(',')) break;
  }
  return std::nullopt;
}

std::string_view Auth::value(std::string_view name) const {
  const auto param = find(name);
  return param ? param->value : std::string_view();
}

Result<Auth> parse_auth(std::string_view text) {
  Cursor cursor(text);
  Auth out;
  out.scheme = cursor.run(grammar::kToken);
  if (out.scheme.empty() || !cursor.sees(grammar::kLws)) return Status::ERR_SIP_AUTH;
  cursor.skip_lws();
  out.params = cursor.rest();
  if (out.params.empty() || (out.is_digest() && !are_pairs(out.params)))
    return Status::ERR_SIP_AUTH;
  return out;
}

Result<Auth> parse_authentication_info(std::string_view text) {
  if (!are_pairs(text)) return Status::ERR_SIP_AUTH;
  return Auth{{}, text};
}

}  // namespace voxlock::sip
