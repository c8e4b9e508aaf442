#include "sip/scan.h"

#include <bit>
#include <cstring>

#include "base/text.h"
#include "sip/block.h"
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

// Takes a CRLF that was seen at an offset out of the window.
void HeadScanner::drop_crlf(size_t at) {
  stops_ &= stops_ - 1;
  if (at + 1 < window_end_) {
    stops_ &= stops_ - 1;
  } else {
    window_end_ = at + 2;
  }
}

// Looks for the CRLF that ends the line and is not a fold. False where the data ends first.
VOXLOCK_SIP_INLINE bool HeadScanner::find_end(std::string_view data) {
  for (;;) {
    while (stops_ == 0) {
      if (!load_window(data)) return false;
    }
    const size_t at = window_at_ + static_cast<size_t>(std::countr_zero(stops_));
    const char* p = data.data() + at;
    const size_t left = data.size() - at;
    if (*p == '\r') {
      if (left < 2) return false;
      if (p[1] == '\n') {
        const bool can_fold = has_start_line_ && at != at_;
        if (can_fold && left < 3) return false;
        drop_crlf(at);
        line_end_ = at;
        if (!can_fold || !text::is_space(p[2])) return true;
        continue;
      }
    }
    stops_ &= stops_ - 1;
    note_stop(p, at == at_);
  }
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

// header-name HCOLON header-value; white space may stand before the colon (RFC 3261 7.3.1).
VOXLOCK_SIP_INLINE Step HeadScanner::take_field(std::string_view data) {
  grammar::Cursor cursor(line, data.data() + data.size());
  const std::string_view name = cursor.run(grammar::kToken);
  while (text::is_space(cursor.peek())) cursor.move_to(cursor.position() + 1);
  if (name.empty() || name.size() > UINT16_MAX || !cursor.take(':'))
    return bad_line(Status::ERR_SIP_HEADER_LINE);
  const HeaderId id = header_id(name);
  if (field_count_ == kMaxHeaderFields) {
    error = Status::ERR_SIP_TOO_MANY_HEADERS;
    return Step::kTooLarge;
  }
  ++field_count_;
  const std::string_view value = grammar::trim_lws(cursor.rest());
  field = {static_cast<uint32_t>(line_at_), static_cast<uint32_t>(value.data() - data.data()),
           static_cast<uint32_t>(value.size()), static_cast<uint16_t>(name.size()), id};
  return id == HeaderId::kContentLength ? take_content_length(value) : Step::kField;
}

Step HeadScanner::next(std::string_view data) {
  const bool is_cut = data.size() > kMaxHeadLen;
  if (is_cut) data = {data.data(), kMaxHeadLen};
  if (!find_end(data)) {
    if (!is_cut) return Step::kMore;
    error = Status::ERR_SIP_TOO_LARGE;
    return Step::kTooLarge;
  }
  line_at_ = at_;
  at_ = line_end_ + 2;
  line = {data.data() + line_at_, line_end_ - line_at_};
  const bool is_clean = !has_control_ || check_controls();
  if (!has_start_line_) {
    has_start_line_ = true;
    return is_clean ? Step::kStartLine : bad_line(Status::ERR_SIP_CONTROL);
  }
  if (line.empty()) return Step::kEnd;
  return is_clean ? take_field(data) : bad_line(Status::ERR_SIP_CONTROL);
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
