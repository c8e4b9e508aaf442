// The steps of HeadScanner that every line takes, inlined where lines are taken. The plain way is a
// loop that looks at each octet: is it the CR of the line end? Here a window of 64 octets is turned
// into one word with a bit for each octet that is not printable ASCII (block.h), and the lines are
// cut from bit to bit; an octet is looked at by itself only where its bit is set. In an ordinary
// message those are the CRLFs. The window goes on where the last line ended, so that no octet is
// read twice, and the last octets of the input are copied into a padded block rather than read
// past. Values are then walked with grammar::Cursor, which passes runs of letters and digits by
// blocks of 16.
#pragma once

#include <bit>

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/limits.h"
#include "sip/scan.h"

namespace voxlock::sip {

// Takes a CRLF that was seen at an offset out of the window.
VOXLOCK_SIP_INLINE void HeadScanner::drop_crlf(size_t at) {
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

// header-name HCOLON header-value; white space may stand before the colon (RFC 3261 7.3.1).
VOXLOCK_SIP_INLINE Step HeadScanner::take_field(std::string_view data) {
  const char* const start = line.data();
  const char* const end = start + line.size();
  // What stands before the first colon mostly is a name that the table has, and then no character
  // of it needs a look.
  const char* name_end = start;
  if (data.data() + data.size() - start >= Block::kSize) {
    const uint32_t colons = Block::load(start).places_of(':');
    name_end += colons != 0 ? Block::first(colons) : 0;
  }
  const char* colon = name_end;
  HeaderId id = HeaderId::kOther;
  if (name_end < end) id = header_id({start, static_cast<size_t>(name_end - start)});
  if (id == HeaderId::kOther) {
    colon = name_end = start;
    if (!find_colon(name_end, colon)) return bad_line(Status::ERR_SIP_HEADER_LINE);
    id = header_id({start, static_cast<size_t>(name_end - start)});
  }
  if (field_count_ == kMaxHeaderFields) {
    error = Status::ERR_SIP_TOO_MANY_HEADERS;
    return Step::kTooLarge;
  }
  ++field_count_;
  const std::string_view value =
      grammar::trim_lws({colon + 1, static_cast<size_t>(end - colon - 1)});
  field = {static_cast<uint32_t>(line_at_), static_cast<uint32_t>(value.data() - data.data()),
           static_cast<uint32_t>(value.size()), static_cast<uint16_t>(name_end - start), id};
  return id == HeaderId::kContentLength ? take_content_length(value) : Step::kField;
}

VOXLOCK_SIP_INLINE Step HeadScanner::next(std::string_view data) {
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

}  // namespace voxlock::sip
