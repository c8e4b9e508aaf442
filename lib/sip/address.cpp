#include "sip/address.h"

#include "base/text.h"
#include "sip/elements.h"
#include "sip/numbers.h"

namespace voxlock::sip {
namespace {

// Takes what stands before '<': a quoted string, tokens, or nothing. False where there is no '<'.
template <typename Cursor>
VOXLOCK_ALWAYS_INLINE bool take_display_name(Cursor& cursor, Address& out) {
  if (cursor.sees('<')) return true;
  if (cursor.take_quoted(out.display_name)) {
    cursor.skip_lws();
    return cursor.sees('<');
  }
  const Cursor start = cursor;
  const char* end = start.position();
  while (cursor.sees(grammar::kDisplay)) {
    (void)cursor.run(grammar::kDisplay);
    end = cursor.position();
    cursor.skip_lws();
  }
  if (!cursor.sees('<')) {
    cursor = start;
    return false;
  }
  out.display_name = {start.position(), static_cast<size_t>(end - start.position())};
  return true;
}

template <typename Cursor>
VOXLOCK_ALWAYS_INLINE Result<void> take_name_addr(Cursor& cursor, Address& out) {
  cursor.skip_lws();
  out.has_angles = take_display_name(cursor, out);
  if (!out.has_angles && cursor.sees('"')) return Status::ERR_SIP_ADDRESS;
  cursor.take('<');
  Cursor inside = cursor;
  VOXLOCK_TRY_VOID(grammar::take_uri(inside, !out.has_angles, out.uri));
  cursor = inside;
  return out.has_angles && !cursor.take('>') ? Result<void>(Status::ERR_SIP_ADDRESS)
                                             : Result<void>();
}

// qvalue and delta-seconds.
Status check_contact_param(std::string_view name, std::string_view value) {
  if (text::equals_ignore_case(name, "q"))
    return is_qvalue(value) ? Status::OK : Status::ERR_SIP_NUMBER;
  if (text::equals_ignore_case(name, "expires")) return parse_delta_seconds(value).error();
  return Status::OK;
}

}  // namespace

template <typename Cursor>
Result<void> grammar::take_address(Cursor& caller, Address& out) {
  Cursor cursor = caller;
  VOXLOCK_TRY_VOID(take_name_addr(cursor, out));
  VOXLOCK_TRY_VOID(take_params(cursor, out.params));
  cursor.skip_lws();
  caller = cursor;
  return {};
}

template Result<void> grammar::take_address(Cursor&, Address&);
template Result<void> grammar::take_address(LineCursor&, Address&);

Result<void> grammar::take_contact(LineCursor& caller, Address& out) {
  LineCursor cursor = caller;
  Status numbers = Status::OK;
  VOXLOCK_TRY_VOID(take_name_addr(cursor, out));
  VOXLOCK_TRY_VOID(
      take_params(cursor, out.params, [&numbers](std::string_view name, std::string_view value) {
        if (numbers == Status::OK) numbers = check_contact_param(name, value);
      }));
  cursor.skip_lws();
  caller = cursor;
  return numbers;
}

Result<Address> parse_address(std::string_view text) {
  if (text == "*") {
    Address out;
    out.is_star = true;
    return out;
  }
  return grammar::parse_all<Address>(text, Status::ERR_SIP_ADDRESS,
                                     grammar::take_address<grammar::Cursor>);
}

}  // namespace voxlock::sip
