#include "sip/scan.h"

#include <cstring>

#include "base/block.h"
#include "base/text.h"
#include "sip/grammar.h"
#include "sip/limits.h"

namespace voxlock::sip {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

// A control character may stand in a quoted-pair of a quoted string (RFC 3261 25.1; RFC
// 4475 3.1.1.2).
bool controls_are_quoted(std::string_view value) {
  bool is_quoted = false;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"') is_quoted = !is_quoted;
    if (value[i] == '\\' && is_quoted) {
      ++i;
    } else if (is_control(value[i]) && !grammar::is(value[i], grammar::kLws)) {
      return false;
    }
  }
  return true;
}

}  // namespace

// Marks the stops in the next octets; false where there are none left.
bool HeadScanner::load_window(std::string_view data) {
  const size_t left = data.size() - window_end_;
  if (left == 0) return false;
  const char* p = data.data() + window_end_;
  window_at_ = window_end_;
  if (left >= kWindowSize) {
    stops_ = unprintables_of_window(p);
    window_end_ += kWindowSize;
    return true;
  }
  char padded[kWindowSize];
  std::memset(padded, ' ', sizeof padded);
  std::memcpy(padded, p, left);
  stops_ = unprintables_of_window(padded);
  window_end_ += left;
  return true;
}

// A stop other than of a line end or fold.
void HeadScanner::note_stop(const char* p, bool is_first) {
  if (!is_control(*p)) {
    is_ascii_ = is_ascii_ && *p == '\t';
    return;
  }
  has_control_ = true;
  if (*p == '\r' || *p == '\n' || is_first || p[-1] != '\\') has_bare_control_ = true;
}

// Whether the line that was found may stand, as far as its control characters go.
bool HeadScanner::check_controls() {
  const bool is_bad = has_bare_control_ || !has_start_line_ || !controls_are_quoted(line);
  has_control_ = has_bare_control_ = false;
  return !is_bad;
}

// The long way: the name is any token. False where there is none, or no colon.
bool HeadScanner::find_colon(const char*& name_end, const char*& colon) const {
  grammar::Cursor cursor(line);
  const std::string_view name = cursor.run(grammar::kToken);
  name_end = cursor.position();
  while (text::is_space(cursor.peek())) cursor.move_to(cursor.position() + 1);
  colon = cursor.position();
  return !name.empty() && name.size() <= UINT16_MAX && cursor.take(':');
}

// Digits only: a sign or a second, different length would let two readers disagree on where the
// message ends (RFC 4475 3.1.2.3, 3.3.9).
Step HeadScanner::take_content_length(std::string_view value) {
  const auto number = text::parse_decimal(value, kMaxMessageLen);
  if (!number) return bad_line(Status::ERR_SIP_CONTENT_LENGTH);
  if (has_content_length_ && *number != content_length_) return bad_line(Status::ERR_SIP_DUPLICATE);
  content_length_ = static_cast<uint32_t>(*number);
  has_content_length_ = true;
  return Step::kField;
}

}  // namespace voxlock::sip
