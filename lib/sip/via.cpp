#include "sip/via.h"

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

// sent-protocol LWS sent-by *( SEMI via-params )
Result<void> grammar::take_via(Cursor& cursor, Via& out) {
  cursor.skip_lws();
  const bool is_plain = cursor.rest().substr(0, 8) == "SIP/2.0/";
  if (is_plain) {
    cursor.move_to(cursor.position() + 8);
    cursor.skip_lws();
  } else {
    // Another version is the start line's matter (RFC 4475 3.1.2.16).
    if (!text::equals_ignore_case(cursor.run(kToken), "SIP") || !cursor.take_separator('/'))
      return Status::ERR_SIP_VIA;
    if (cursor.run(kToken).empty() || !cursor.take_separator('/')) return Status::ERR_SIP_VIA;
  }
  out.transport = cursor.run(kToken);
  if (out.transport.empty() || !cursor.sees(kLws)) return Status::ERR_SIP_VIA;
  cursor.skip_lws();
  VOXLOCK_TRY(const HostPort sent_by, take_host_port(cursor, true));
  out.host = sent_by.host;
  out.port = sent_by.port;
  out.has_port = sent_by.has_port;
  VOXLOCK_TRY(out.params, take_params(cursor));
  cursor.skip_lws();
  return {};
}

Result<Via> parse_via(std::string_view text) {
  grammar::Cursor cursor(text);
  Via out;
  VOXLOCK_TRY_VOID(grammar::take_via(cursor, out));
  if (!cursor.at_end()) return Status::ERR_SIP_VIA;
  return out;
}

}  // namespace voxlock::sip
