#include "sip/scan.h"

#include <utility>

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

uint32_t offset_in(std::string_view data, const char* p) {
  return static_cast<uint32_t>(p - data.data());
}

}  // namespace

const char* find_control(const char* p, const char* end) {
  for (; end - p >= Block::kSize; p += Block::kSize) {
    const uint32_t found = Block::load(p).controls();
    if (found != 0) return p + Block::first(found);
  }
  while (p != end && !is_control(*p)) ++p;
  return p;
}

// Looks for the CRLF that ends the line and is not a fold.
Step HeadScanner::find_end(std::string_view data) {
  const char* const end = data.data() + data.size();
  const char* p = data.data() + searched_;
  for (;; ++p) {
    p = find_control(p, end);
    searched_ = static_cast<size_t>(p - data.data());
    if (p == end) return Step::kMore;
    const bool is_cr = *p == '\r';
    if (is_cr && end - p < 2) return Step::kMore;
    if (is_cr && p[1] == '\n') {
      const bool can_fold = has_start_line_ && searched_ != at_;
      if (can_fold && end - p < 3) return Step::kMore;
      if (!can_fold || !text::is_space(p[2])) break;
      ++p;
    } else if (is_cr || *p == '\n' || searched_ == at_ || p[-1] != '\\') {
      control_error_ = Status::ERR_SIP_CONTROL;
    } else {
      has_quoted_control_ = true;
    }
  }
  line_end_ = searched_;
  searched_ += 2;
  return Step::kField;
}

Step HeadScanner::next(std::string_view data) {
  const bool is_cut = data.size() > kMaxHeadLen;
  if (is_cut) data = data.substr(0, kMaxHeadLen);
  if (find_end(data) == Step::kMore) {
    if (!is_cut) return Step::kMore;
    error = Status::ERR_SIP_TOO_LARGE;
    return Step::kTooLarge;
  }
  line_at_ = at_;
  at_ = searched_;
  line = data.substr(line_at_, line_end_ - line_at_);
  const Status controls = std::exchange(control_error_, Status::OK);
  const bool has_quoted_control = std::exchange(has_quoted_control_, false);
  if (!has_start_line_) {
    has_start_line_ = true;
    return controls == Status::OK && !has_quoted_control ? Step::kStartLine
                                                         : bad_line(Status::ERR_SIP_CONTROL);
  }
  if (line.empty()) return Step::kEnd;
  if (controls != Status::OK || (has_quoted_control && !controls_are_quoted(line))) {
    return bad_line(Status::ERR_SIP_CONTROL);
  }
  return take_field(data);
}

// header-name HCOLON header-value; white space may stand before the colon (RFC 3261 7.3.1).
Step HeadScanner::take_field(std::string_view data) {
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
  field = {offset_in(data, name.data()), offset_in(data, value.data()),
           static_cast<uint32_t>(value.size()), static_cast<uint16_t>(name.size()), id};
  return id == HeaderId::kContentLength ? take_content_length(value) : Step::kField;
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
