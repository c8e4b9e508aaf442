// The steps of HeadScanner that every line takes, inlined where lines are taken. The plain way is a
// loop that looks at each octet: is it the CR of the line end? Here a window of 64 octets is turned
// into one word with a bit for each octet that is not printable ASCII (window.h), and the lines are
// cut from bit to bit; an octet is looked at by itself only where its bit is set. In an ordinary
// message those are the CRLFs. The last octets of the input are copied into a padded window rather
// than read past. Values are then walked with grammar::LineCursor, which passes runs of letters and
// digits by a second word of each window.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "sip/grammar.h"
#include "sip/header_lookup.h"
#include "sip/limits.h"
#include "sip/scan.h"

namespace voxlock::sip {

static_assert(kMaxHeadLen <= TextMap::kMaxText, "a map has to hold a whole head");

// Whether p, with two octets behind it, is a CRLF that no fold can follow.
VOXLOCK_ALWAYS_INLINE bool is_plain_line_end(const char* p) {
  uint16_t seen, crlf;
  std::memcpy(&seen, p, 2);
  std::memcpy(&crlf, "\r\n", 2);
  return seen == crlf && static_cast<uint8_t>(p[2]) > ' ';
}

// Looks for the CRLF that ends the line and is not a fold. False where the data ends first.
VOXLOCK_ALWAYS_INLINE bool HeadScanner::find_end(std::string_view data, TextMap* map) {
  while (stops_ == 0) {
    if (!load_window(data, map)) return false;
  }
  const size_t at = window_at_ + static_cast<size_t>(std::countr_zero(stops_));
  if (data.size() - at < 3 || !is_plain_line_end(data.data() + at))
    return find_end_with_care(data, map);
  drop_crlf();
  line_end_ = at;
  return true;
}

// header-name HCOLON header-value; white space may stand before the colon (RFC 3261 7.3.1).
VOXLOCK_ALWAYS_INLINE Step HeadScanner::take_field(std::string_view data, Field* field,
                                                   const TextMap* map) {
  const char* const start = data.data() + line_at_;
  const char* const end = data.data() + line_end_;
  // What stands before the first colon mostly is a name that the table has, and then no character
  // of it needs a look.
  const char* name_end = map != nullptr ? map->next_special(start) : first_colon(data);
  const char* colon = name_end;
  HeaderId id = HeaderId::kOther;
  if (*name_end == ':') id = header_id({start, static_cast<size_t>(name_end - start)});
  if (id == HeaderId::kOther) {
    if (!find_colon(data, name_end, colon)) return bad_line(Status::ERR_SIP_HEADER_LINE);
    id = header_id({start, static_cast<size_t>(name_end - start)});
  }
  if (field_count_ == kMaxHeaderFields) {
    error = Status::ERR_SIP_TOO_MANY_HEADERS;
    return Step::kTooLarge;
  }
  ++field_count_;
  const char* value = colon + 1;
  if (*value == ' ') ++value;
  const char* value_end = end;
  if (value >= end || grammar::is(*value, grammar::kLws) || grammar::is(end[-1], grammar::kLws)) {
    const std::string_view trimmed =
        grammar::trim_lws({colon + 1, static_cast<size_t>(end - colon - 1)});
    value = trimmed.data();
    value_end = value + trimmed.size();
  }
  field->name_at = static_cast<uint32_t>(line_at_);
  field->value_at = static_cast<uint32_t>(value - data.data());
  field->value_len = static_cast<uint32_t>(value_end - value);
  field->name_len = static_cast<uint16_t>(name_end - start);
  field->id = id;
  if (id != HeaderId::kContentLength) return Step::kField;
  return take_content_length({value, field->value_len});
}

// What next does with plain header fields: those with a name of the table, on one line that lies in
// whole windows. A tight loop, so that the place in the text stays in registers from field to
// field.
VOXLOCK_ALWAYS_INLINE size_t HeadScanner::take_plain_fields(std::string_view data, TextMap& map,
                                                            Field* out) {
  if (!has_start_line_ || has_control_) return 0;
  const char* const text = data.data();
  const size_t whole = std::min(data.size(), kMaxHeadLen) / Window::kSize * Window::kSize;
  const char* const readable_end = text + data.size();
  const Field* const out_begin = out;
  const Field* const out_end = out + (kMaxHeaderFields - field_count_);
  size_t window = window_at_;
  uint64_t stops = stops_;
  size_t start = at_;
  for (; out != out_end; ++out) {
    while (stops == 0 && window + Window::kSize < whole) {
      window += Window::kSize;
      if (window == map.mapped_len) map.load_more();
      stops = map.unprintables[window / Window::kSize] & ~uint64_t{start == window + 1};
    }
    if (stops == 0) break;
    const size_t end = window + static_cast<unsigned>(std::countr_zero(stops));
    if (end + 2 >= whole || !is_plain_line_end(text + end)) break;
    const size_t colon = map.next_special_at(start);
    if (text[colon] != ':') break;
    const size_t name_len = colon - start;
    const HeaderId id = header_id({text + start, name_len}, readable_end);
    if (id == HeaderId::kOther || id == HeaderId::kContentLength) break;
    const size_t value = colon + 1 + (text[colon + 1] == ' ');
    // A tab would be a stop, and an empty value has its CR here.
    if (text[value] <= ' ' || text[end - 1] == ' ') break;
    stops &= stops - 1;
    stops &= stops - 1;
    *out = {static_cast<uint32_t>(start), static_cast<uint32_t>(value),
            static_cast<uint32_t>(end - value), static_cast<uint16_t>(name_len), id};
    start = end + 2;
  }
  const auto count = static_cast<size_t>(out - out_begin);
  if (count == 0) return 0;
  field_count_ += count;
  at_ = start;
  line_end_ = start - 2;
  window_at_ = window;
  window_end_ = window + Window::kSize;
  stops_ = stops;
  return count;
}

VOXLOCK_ALWAYS_INLINE Step HeadScanner::next(std::string_view data, Field* field, TextMap* map) {
  const bool is_cut = data.size() > kMaxHeadLen;
  if (is_cut) data = {data.data(), kMaxHeadLen};
  if (!find_end(data, map)) {
    if (!is_cut) return Step::kMore;
    error = Status::ERR_SIP_TOO_LARGE;
    return Step::kTooLarge;
  }
  line_at_ = at_;
  at_ = line_end_ + 2;
  if (!has_start_line_ || has_control_ || line_end_ == line_at_) {
    const Step step = take_other_line(data);
    if (step != Step::kField) return step;
  }
  return take_field(data, field, map);
}

}  // namespace voxlock::sip
