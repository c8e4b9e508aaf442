#include "rtp/arrival_log.h"

#include <algorithm>

namespace voxlock::rtp {

void ArrivalLog::on_packet(uint16_t sequence, uint64_t now_ns) {
  const auto at_us = static_cast<int64_t>(now_ns / 1000);
  if (!has_any_) {
    // Far from 0, so that numbers before the first one are numbers too.
    next_ = end_ = uint64_t{1} << 32 | sequence;
    arrivals_us_.fill(-1);
    has_any_ = true;
  }
  const auto ahead = static_cast<int16_t>(sequence - static_cast<uint16_t>(end_));
  const uint64_t index = end_ + static_cast<uint64_t>(int64_t{ahead});
  if (ahead < 0 && end_ - index > kRemembered) return;
  if (ahead >= 0) {
    // Of a leap that is longer than the memory only its end is told.
    const uint64_t first = std::max(end_, index >= kRemembered ? index - kRemembered + 1 : 0);
    for (uint64_t i = first; i < index; ++i) arrival(i) = -1;
    end_ = index + 1;
  } else if (arrival(index) >= 0) {
    return;
  }
  arrival(index) = at_us;
  // One that came late is told although its place was told before.
  next_ = std::min(next_, index);
  if (end_ - next_ > kRemembered) next_ = end_ - kRemembered;
  waiting_since_ns_ = std::min(waiting_since_ns_, now_ns);
}

bool ArrivalLog::write(uint32_t sender_ssrc, uint32_t media_ssrc, bytes::Writer& writer) {
  if (waiting_since_ns_ == kNever) return false;
  std::array<int64_t, kRemembered> told;
  const auto n = static_cast<size_t>(end_ - next_);
  for (size_t i = 0; i < n; ++i) told[i] = arrival(next_ + i);
  const TransportReport head{sender_ssrc, media_ssrc, static_cast<uint16_t>(next_), count_};
  const size_t written = write_transport_feedback(head, std::span(told).first(n), writer);
  next_ += written;
  if (written == 0 || next_ == end_) waiting_since_ns_ = kNever;
  if (written == 0) return false;
  ++count_;
  return true;
}

}  // namespace voxlock::rtp
