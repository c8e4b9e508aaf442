#include "rtp/dtmf.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace voxlock::rtp {
namespace {

// RFC 4733 table 3: codes 0..15 in this order.
constexpr std::string_view kDigits = "0123456789*#ABCD";
constexpr uint32_t kSegment = 0xffff;

// True where timestamp begins a further segment of an event whose present segment began at segment
// (segments between may be lost; a minute of them is more than any key press).
bool is_next_segment(uint32_t timestamp, uint32_t segment) {
  const uint32_t distance = timestamp - segment;
  return distance != 0 && distance % kSegment == 0 && distance / kSegment <= 60;
}

bool is_before(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b) < 0;
}

}  // namespace

Result<TelephoneEvent> parse_event(ByteView payload) {
  bytes::Reader reader(payload);
  TelephoneEvent event;
  event.code = reader.u8();
  const uint8_t flags = reader.u8();
  event.is_end = (flags & 0x80) != 0;
  event.volume = flags & 0x3f;
  event.duration = reader.u16();
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  return event;
}

void write_event(const TelephoneEvent& event, bytes::Writer& writer) {
  writer.u8(event.code);
  writer.u8(static_cast<uint8_t>((event.is_end ? 0x80 : 0) | (event.volume & 0x3f)));
  writer.u16(event.duration);
}

char digit_of(uint8_t code) {
  return code < kDigits.size() ? kDigits[code] : '\0';
}

std::optional<uint8_t> code_of(char digit) {
  for (size_t i = 0; i < kDigits.size(); ++i) {
    if (text::lower(kDigits[i]) == text::lower(digit)) return static_cast<uint8_t>(i);
  }
  return std::nullopt;
}

bool EventDetector::is_same_event(const TelephoneEvent& event, uint32_t timestamp) const {
  if (!has_any_ || event.code != code_) return false;
  if (timestamp == segment_) return true;
  // A packet of an earlier segment that comes late.
  if (timestamp - begin_ < segment_ - begin_ && (timestamp - begin_) % kSegment == 0) return true;
  return is_active_ && is_next_segment(timestamp, segment_);
}

DigitEvent EventDetector::present(DigitEvent::Kind kind, bool is_end_seen) const {
  return {kind, code_, volume_, begin_, segment_ - begin_ + duration_, is_end_seen};
}

DigitEvents EventDetector::on_packet(const TelephoneEvent& event, uint32_t timestamp,
                                     uint64_t now_ns) {
  DigitEvents out;
  if (is_same_event(event, timestamp)) {
    if (!is_active_) return out;  // a repeated end packet
    if (is_before(timestamp, segment_)) return out;
    if (timestamp != segment_) duration_ = 0;
    segment_ = timestamp;
  } else {
    // A late packet of an event that is over.
    if (has_any_ && is_before(timestamp, segment_)) return out;
    if (is_active_) out.add(present(DigitEvent::Kind::kEnd, false));
    has_any_ = true;
    is_active_ = true;
    code_ = event.code;
    begin_ = timestamp;
    segment_ = timestamp;
    duration_ = event.duration;
    volume_ = event.volume;
    out.add(present(DigitEvent::Kind::kBegin, false));
  }
  // Packets of one event may be out of order: its duration only grows.
  duration_ = std::max(duration_, event.duration);
  last_ns_ = now_ns;
  if (event.is_end) {
    is_active_ = false;
    out.add(present(DigitEvent::Kind::kEnd, true));
  }
  return out;
}

DigitEvents EventDetector::on_time(uint64_t now_ns) {
  DigitEvents out;
  if (!is_active_ || now_ns < next_deadline()) return out;
  is_active_ = false;
  out.add(present(DigitEvent::Kind::kEnd, false));
  return out;
}

EventTranslator::Translated EventTranslator::translate(const TelephoneEvent& event,
                                                       uint32_t timestamp, uint32_t out_now) {
  const bool is_known =
      has_any_ && event.code == code_ &&
      (timestamp == in_segment_ || (!is_ended_ && is_next_segment(timestamp, in_segment_)));
  if (!is_known) {
    has_any_ = true;
    code_ = event.code;
    in_begin_ = timestamp;
    out_begin_ = out_now;
    is_ended_ = false;
  }
  in_segment_ = timestamp;
  is_ended_ = is_ended_ || event.is_end;
  const uint64_t total =
      scale_duration(uint64_t{timestamp - in_begin_} + event.duration, in_rate_, out_rate_);
  // Segments end at exactly 0xFFFF units; the next one begins there.
  const uint64_t segments = total == 0 ? 0 : (total - 1) / kSegment;
  Translated out{event, out_begin_ + static_cast<uint32_t>(segments * kSegment), !is_known};
  out.event.duration = static_cast<uint16_t>(total - segments * kSegment);
  return out;
}

}  // namespace voxlock::rtp
