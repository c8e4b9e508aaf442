#include "rtp/sent_log.h"

#include <algorithm>

namespace voxlock::rtp {
namespace {

// The reporter's clock wraps: 24 bits of 64 ms.
constexpr int64_t kWrapUs = kReferenceUs << 24;

}  // namespace

uint16_t SentLog::next(uint64_t now_ns) {
  sent_[next_ % kRemembered] = {now_ns, next_, Fate::kSent};
  return next_++;
}

void SentLog::on_feedback(TransportFeedback feedback) {
  ++stats_.messages;
  while (const auto status = feedback.next()) {
    Sent& sent = sent_[status->sequence % kRemembered];
    if (sent.fate == Fate::kNone || sent.sequence != status->sequence) continue;
    if (!status->is_received) {
      if (sent.fate != Fate::kSent) continue;
      sent.fate = Fate::kLost;
      ++stats_.lost;
      continue;
    }
    if (sent.fate == Fate::kReceived) continue;
    // What was lost first came again: its way tells nothing.
    if (sent.fate == Fate::kLost) --stats_.lost;
    if (sent.fate == Fate::kSent) on_arrival(sent, status->arrival_us);
    sent.fate = Fate::kReceived;
    ++stats_.received;
  }
}

void SentLog::on_arrival(const Sent& sent, int64_t arrival_us) {
  if (has_delay_) {
    const int64_t step = (arrival_us - last_arrival_us_) % kWrapUs;
    const int64_t forward = step < -kWrapUs / 2 ? step + kWrapUs : step;
    last_arrival_us_ += forward > kWrapUs / 2 ? forward - kWrapUs : forward;
  } else {
    last_arrival_us_ = arrival_us;
  }
  const int64_t delay_us = last_arrival_us_ - static_cast<int64_t>(sent.at_ns / 1000);
  // The two clocks drift: what was quickest once is forgotten by 2 us a packet, 100 in a million.
  quickest_us_ = has_delay_ ? std::min(quickest_us_ + 2, delay_us) : delay_us;
  has_delay_ = true;
  stats_.queue_us = static_cast<uint64_t>(delay_us - quickest_us_);
}

}  // namespace voxlock::rtp
