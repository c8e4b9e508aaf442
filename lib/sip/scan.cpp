#include "sip/scan.h"

#include <algorithm>
#include <bit>
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
bool HeadScanner::load_window(std::string_view data, TextMap* map) {
  const size_t left = data.size() - window_end_;
  if (left == 0) return false;
  window_at_ = window_end_;
  window_end_ += std::min(left, Window::kSize);
  if (map != nullptr) {
    if (window_at_ == map->mapped_len) map->load_more();
    stops_ = map->unprintables[window_at_ / Window::kSize];
  } else {
    const size_t len = std::min(left, Window::kSize);
    uint64_t specials = 0;
    Window::load_tail(data.data() + window_end_, len, window_end_, stops_, specials);
  }
  // The LF of the last CRLF may be its first octet.
  stops_ &= ~uint64_t{line_end_ + 1 == window_at_};
  return true;
}

// A line end that may be a fold or incomplete, or a stop that is no line end.
bool HeadScanner::find_end_with_care(std::string_view data, TextMap* map) {
  for (;;) {
    while (stops_ == 0) {
      if (!load_window(data, map)) return false;
    }
    const size_t at = window_at_ + static_cast<size_t>(std::countr_zero(stops_));
    const char* p = data.data() + at;
    const size_t left = data.size() - at;
    if (*p == '\r') {
      if (left < 2) return false;
      if (p[1] == '\n') {
        const bool can_fold = has_start_line_ && at != at_;
        if (can_fold && left < 3) return false;
        drop_crlf();
        line_end_ = at;
        if (!can_fold || !text::is_space(p[2])) return true;
        continue;
      }
    }
    stops_ &= stops_ - 1;
    note_stop(p, at == at_);
  }
}

// A line that is no plain header field: the start line, the empty line, or one with control
// characters. kField where it is a header field nevertheless.
Step HeadScanner::take_other_line(std::string_view data) {
  const bool is_clean = !has_control_ || check_controls(data);
  if (!has_start_line_) {
    has_start_line_ = true;
    return is_clean ? Step::kStartLine : bad_line(Status::ERR_SIP_CONTROL);
  }
  if (line_len() == 0) return Step::kEnd;
  return is_clean ? Step::kField : bad_line(Status::ERR_SIP_CONTROL);
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
bool HeadScanner::check_controls(std::string_view data) {
  const bool is_bad = has_bare_control_ || !has_start_line_ ||
                      !controls_are_quoted(data.substr(line_at_, line_len()));
  has_control_ = has_bare_control_ = false;
  return !is_bad;
}

// The first colon of the line, where one is near; else the start of the line.
const char* HeadScanner::first_colon(std::string_view data) const {
  const char* start = data.data() + line_at_;
  if (data.size() - line_at_ < Block::kSize) return start;
  const uint32_t colons = Block::load(start).places_of(':');
  const bool is_near = colons != 0 && static_cast<size_t>(Block::first(colons)) < line_len();
  return is_near ? start + Block::first(colons) : start;
}

// The long way: the name is any token. False where there is none, or no colon.
bool HeadScanner::find_colon(std::string_view data, const char*& name_end,
                             const char*& colon) const {
  grammar::Cursor cursor(data.substr(line_at_, line_len()));
  const std::string_view name = cursor.run(grammar::kToken);
  name_end = cursor.position();
  while (cursor.sees(' ') || cursor.sees('\t')) cursor.advance(1);
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
