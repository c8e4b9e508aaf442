#include "sip/content_type.h"

#include "base/text.h"
#include "sip/elements.h"

namespace voxlock::sip {

bool ContentType::is(std::string_view media_type) const {
  const std::string_view wanted_type = text::cut(media_type, '/');
  return text::equals_ignore_case(type, wanted_type) &&
         text::equals_ignore_case(subtype, media_type);
}

Result<ContentType> parse_content_type(std::string_view text) {
  grammar::Cursor cursor(text);
  ContentType out;
  out.type = cursor.run(grammar::kToken);
  if (out.type.empty() || !cursor.take_separator('/')) return Status::ERR_SIP_CONTENT_TYPE;
  out.subtype = cursor.run(grammar::kToken);
  if (out.subtype.empty()) return Status::ERR_SIP_CONTENT_TYPE;
  VOXLOCK_TRY(out.params, grammar::take_params(cursor));
  cursor.skip_lws();
  if (!cursor.at_end()) return Status::ERR_SIP_CONTENT_TYPE;
  return out;
}

}  // namespace voxlock::sip
