// Feedback of a leg: what it asks of the peer, and what the peer asks of it (RFC 4585). All of it
// comes in authenticated RTCP, or changes nothing.
#include <algorithm>
#include <array>
#include <cstring>

#include "leg/leg.h"

namespace voxlock::leg {

void Leg::take_feedback(const rtp::RtcpPacket& packet) {
  const auto feedback = rtp::parse_feedback(packet);
  if (!feedback) return count_drop(Drop::kMalformed);
  if (feedback->format == rtp::kGenericNack) take_nack(*feedback);
  if (feedback->format == rtp::kTransportFeedback) take_transport_feedback(*feedback);
}

// RTCP of plain RTP may come from anyone: it moves nothing. What the ring gives out is bounded by
// the media that went into it, whatever is asked.
void Leg::take_nack(const rtp::FeedbackView& feedback) {
  if (!agreement_->has_nack || !is_secure() || feedback.media_ssrc != ssrc_send_ || !may_send())
    return;
  rtp::NackReader reader(feedback.fci);
  while (const auto sequence = reader.next()) {
    const ByteView sealed = resend_.take(*sequence, time_.now_ns());
    if (sealed.empty()) {
      ++stats_.resend_denied;
      continue;
    }
    const MutableBytes room = queue_.reserve(sealed.size());
    if (room.empty()) return count_drop(Drop::kQueue);
    std::memcpy(room.data(), sealed.data(), sealed.size());
    Event event;
    event.address = remote_rtp_;
    event.local = local_;
    (void)queue_.push(event, sealed.size());
    ++stats_.resent;
  }
}

// How long to wait for an answer: as long as former ones took, else a round trip, with some room
// and within bounds.
uint64_t Leg::answer_ns() const {
  constexpr uint64_t kUnknown = 100 * kNsPerMs;
  const uint64_t round_trip = send_stats_.has_rtt() ? send_stats_.rtt_ns() : kUnknown;
  const uint64_t answer = losses_.answer_ns() != 0 ? losses_.answer_ns() : round_trip;
  return std::clamp(answer + 10 * kNsPerMs, 20 * kNsPerMs, 200 * kNsPerMs);
}

// RFC 4585 3.5.3: with two members there is no reason to wait, for no one else would ask. RFC 5506
// 4.1: alone where that was agreed, else behind a report.
void Leg::send_nack() {
  std::array<uint16_t, rtp::kMaxNacked> due;
  const size_t count = losses_.take_due(answer_ns(), time_.now_ns(), due);
  if (count == 0 || !has_source_ || !may_send_rtcp()) return;
  uint8_t plain[384];
  bytes::Writer writer(plain);
  if (!agreement_->is_rtcp_reduced) write_report(writer);
  (void)rtp::write_nack(ssrc_send_, ssrc_recv_, std::span(due).first(count), writer);
  if (!writer.ok()) return count_drop(Drop::kQueue);
  (void)send_rtcp(writer.written());
}

// Another peer, or another association with it.
void Leg::forget_transport() {
  resend_.clear();
  arrivals_.reset();
  if (red_) red_->reset();
}

// Numbers are the transport's, not the source's: the SSRC in the message says nothing.
void Leg::take_transport_feedback(const rtp::FeedbackView& feedback) {
  if (!agreement_->has_transport_feedback) return;
  const auto parsed = rtp::TransportFeedback::parse(feedback.fci);
  if (!parsed) return count_drop(Drop::kMalformed);
  sent_log_.on_feedback(*parsed);
}

// A tenth of a second is what senders expect; with a report around it, it would take as much as the
// audio.
uint64_t Leg::transport_feedback_at_ns() const {
  const uint64_t since = arrivals_.waiting_since_ns();
  if (since == kNever || !agreement_) return kNever;
  return after(since, (agreement_->is_rtcp_reduced ? 100 : 250) * kNsPerMs);
}

void Leg::send_transport_feedback() {
  uint8_t plain[512];
  bytes::Writer writer(plain);
  if (!may_send_rtcp()) return arrivals_.reset();
  if (!agreement_->is_rtcp_reduced) write_report(writer);
  if (!arrivals_.write(ssrc_send_, ssrc_recv_, writer) || !writer.ok()) return;
  if (send_rtcp(writer.written())) ++stats_.transport_feedback_out;
}

}  // namespace voxlock::leg
