#include "sip/content_type.h"

#include "base/text.h"
#include "sip/elements.h"

namespace voxlock::sip {

bool ContentType::is(std::string_view media_type) const {
  const std::string_view wanted_type = text::cut(media_type, '/');
  return text::equals_ignore_case(type, wanted_type) &&
         text::equals_ignore_case(subtype, media_type);
}

template <typename Cursor>
Result<void> grammar::take_content_type(Cursor& caller, ContentType& out) {
  Cursor cursor = caller;
  out.type = cursor.run(kToken);
  if (out.type.empty() || !cursor.take_separator('/')) return Status::ERR_SIP_CONTENT_TYPE;
  out.subtype = cursor.run(kToken);
  if (out.subtype.empty()) return Status::ERR_SIP_CONTENT_TYPE;
  VOXLOCK_TRY_VOID(take_params(cursor, out.params));
  cursor.skip_lws();
  caller = cursor;
  return {};
}
template Result<void> grammar::take_content_type(Cursor&, ContentType&);
template Result<void> grammar::take_content_type(LineCursor&, ContentType&);

Result<ContentType> parse_content_type(std::string_view text) {
  return grammar::parse_all<ContentType>(text, Status::ERR_SIP_CONTENT_TYPE,
                                         grammar::take_content_type<grammar::Cursor>);
}

}  // namespace voxlock::sip
