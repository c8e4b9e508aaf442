#include "sip/address.h"

#include "sip/elements.h"

namespace voxlock::sip {
namespace {

using grammar::Cursor;

// Takes what stands before '<': a quoted string, tokens, or nothing. False where there is no '<'.
bool take_display_name(Cursor& cursor, Address& out) {
  if (cursor.take_quoted(out.display_name)) {
    cursor.skip_lws();
    return cursor.peek() == '<';
  }
  const char* start = cursor.position();
  const char* end = start;
  while (cursor.sees(grammar::kDisplay)) {
    (void)cursor.run(grammar::kDisplay);
    end = cursor.position();
    cursor.skip_lws();
  }
  if (cursor.peek() != '<') {
    cursor.move_to(start);
    return false;
  }
  out.display_name = {start, static_cast<size_t>(end - start)};
  return true;
}

}  // namespace

Result<void> grammar::take_address(Cursor& cursor, Address& out) {
  cursor.skip_lws();
  if (take_display_name(cursor, out)) {
    cursor.take('<');
    out.has_angles = true;
    VOXLOCK_TRY_VOID(take_uri(cursor, false, out.uri));
    if (!cursor.take('>')) return Status::ERR_SIP_ADDRESS;
  } else {
    if (cursor.peek() == '"') return Status::ERR_SIP_ADDRESS;
    VOXLOCK_TRY_VOID(take_uri(cursor, true, out.uri));
  }
  VOXLOCK_TRY(out.params, take_params(cursor));
  cursor.skip_lws();
  return {};
}

Result<Address> parse_address(std::string_view text) {
  Cursor cursor(text);
  Address out;
  if (text == "*") {
    out.is_star = true;
    return out;
  }
  VOXLOCK_TRY_VOID(grammar::take_address(cursor, out));
  if (!cursor.at_end()) return Status::ERR_SIP_ADDRESS;
  return out;
}

}  // namespace voxlock::sip
