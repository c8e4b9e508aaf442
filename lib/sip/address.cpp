#include "sip/address.h"

#include "sip/elements.h"

namespace voxlock::sip {
namespace {

using grammar::Cursor;

// Takes what stands before '<': a quoted string, tokens, or nothing. False where there is no '<'.
VOXLOCK_SIP_INLINE bool take_display_name(Cursor& cursor, Address& out) {
  if (cursor.peek() == '<') return true;
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

Result<void> grammar::take_address(Cursor& caller, Address& out) {
  Cursor cursor = caller;
  cursor.skip_lws();
  out.has_angles = take_display_name(cursor, out);
  if (!out.has_angles && cursor.peek() == '"') return Status::ERR_SIP_ADDRESS;
  cursor.take('<');
  caller.move_to(cursor.position());
  VOXLOCK_TRY_VOID(take_uri(caller, !out.has_angles, out.uri));
  cursor.move_to(caller.position());
  if (out.has_angles && !cursor.take('>')) return Status::ERR_SIP_ADDRESS;
  VOXLOCK_TRY_VOID(take_params(cursor, out.params));
  cursor.skip_lws();
  caller.move_to(cursor.position());
  return {};
}

Result<Address> parse_address(std::string_view text) {
  if (text == "*") {
    Address out;
    out.is_star = true;
    return out;
  }
  return grammar::parse_all<Address>(text, Status::ERR_SIP_ADDRESS, grammar::take_address);
}

}  // namespace voxlock::sip
