#include "sip/token_list.h"

#include "sip/elements.h"

namespace voxlock::sip {

std::optional<std::string_view> TokenCursor::next() {
  if (left_.empty()) return std::nullopt;
  return grammar::take_element(left_);
}

Result<void> grammar::take_token_list(LineCursor& caller, bool may_be_empty) {
  LineCursor cursor = caller;
  if (cursor.at_end() && may_be_empty) return {};
  do {
    if (cursor.run(kToken).empty()) return Status::ERR_SIP_TOKEN_LIST;
  } while (cursor.take_separator(','));
  caller = cursor;
  return {};
}

}  // namespace voxlock::sip
