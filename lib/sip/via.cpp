#include "sip/via.h"

#include <cstring>

#include "base/text.h"
#include "sip/elements.h"

namespace voxlock::sip {

std::string_view Via::received() const {
  std::string_view value = params.value("received");
  if (value.size() >= 2 && value.front() == '[' && value.back() == ']') {
    value.remove_prefix(1);
    value.remove_suffix(1);
  }
  return value;
}

bool Via::has_unique_branch() const {
  const std::string_view text = branch();
  return text.size() > kMagicCookie.size() &&
         text::equals_ignore_case(text.substr(0, kMagicCookie.size()), kMagicCookie);
}

namespace {

// protocol-name SLASH protocol-version SLASH, up to transport
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE bool take_protocol(Cursor& cursor) {
  constexpr std::string_view kPlain = "SIP/2.0/";
  const bool is_plain = static_cast<size_t>(cursor.end() - cursor.position()) >= kPlain.size() &&
                        std::memcmp(cursor.position(), kPlain.data(), kPlain.size()) == 0;
  if (is_plain) {
    cursor.advance(kPlain.size());
    cursor.skip_lws();
    return true;
  }
  // Another version is the start line's matter (RFC 4475 3.1.2.16).
  if (!text::equals_ignore_case(cursor.run(grammar::kToken), "SIP") || !cursor.take_separator('/'))
    return false;
  return !cursor.run(grammar::kToken).empty() && cursor.take_separator('/');
}

}  // namespace

// sent-protocol LWS sent-by *( SEMI via-params )
template <typename Cursor>
Result<void> grammar::take_via(Cursor& caller, Via& out) {
  Cursor cursor = caller;
  cursor.skip_lws();
  if (!take_protocol(cursor)) return Status::ERR_SIP_VIA;
  out.transport = cursor.run(kToken);
  if (out.transport.empty() || !cursor.sees(kLws)) return Status::ERR_SIP_VIA;
  cursor.skip_lws();
  VOXLOCK_TRY_VOID(take_host_port(cursor, true, out));
  VOXLOCK_TRY_VOID(take_params(cursor, out.params));
  cursor.skip_lws();
  caller = cursor;
  return {};
}
template Result<void> grammar::take_via(Cursor&, Via&);
template Result<void> grammar::take_via(LineCursor&, Via&);

Result<Via> parse_via(std::string_view text) {
  return grammar::parse_all<Via>(text, Status::ERR_SIP_VIA, grammar::take_via<grammar::Cursor>);
}

}  // namespace voxlock::sip
