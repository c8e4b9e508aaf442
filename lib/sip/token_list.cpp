#include "sip/token_list.h"

#include "sip/grammar.h"

namespace voxlock::sip {

std::optional<std::string_view> TokenCursor::next() {
  if (left_.empty()) return std::nullopt;
  return grammar::take_element(left_);
}

Result<void> check_token_list(std::string_view text, bool may_be_empty) {
  grammar::Cursor cursor(text);
  if (text.empty()) return may_be_empty ? Result<void>() : Status::ERR_SIP_TOKEN_LIST;
  do {
    if (cursor.run(grammar::kToken).empty()) return Status::ERR_SIP_TOKEN_LIST;
  } while (cursor.take_separator(','));
  return cursor.at_end() ? Result<void>() : Status::ERR_SIP_TOKEN_LIST;
}

}  // namespace voxlock::sip
