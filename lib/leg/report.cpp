// RTCP of a leg: what it tells and what it hears, RFC 3550 section 6.
#include <span>

#include "leg/leg.h"

namespace voxlock::leg {

void Leg::take_rtcp(ByteView packet, const Address& source) {
  auto compound = rtp::RtcpCompound::parse(packet, rtp::RtcpCompound::Rule::kReducedSize);
  if (!compound) return count_drop(Drop::kMalformed);
  ++stats_.rtcp_in;
  heard_ns_ = time_.now_ns();
  is_silent_ = false;
  if (!agreement_->is_rtcp_mux) follow(remote_rtcp_, source);
  // RFC 3550 6.1: who reports stands behind the head of whatever comes first.
  bytes::Reader reader(packet.subspan(4));
  const uint32_t reporter = reader.u32();
  if (reader.ok()) schedule_.on_received(reporter, packet.size(), time_.now_ns());
  while (const auto part = compound->next()) {
    if (part->type == rtp::kRtcpSenderReport || part->type == rtp::kRtcpReceiverReport)
      take_report(*part);
    if (part->type == rtp::kRtcpBye) take_bye(*part);
    if (part->type == rtp::kRtcpTransportFeedback) take_feedback(*part);
    if (part->type == rtp::kRtcpExtendedReport) take_extended_report(*part);
  }
}

void Leg::take_report(const rtp::RtcpPacket& packet) {
  const auto report = rtp::parse_report(packet);
  if (!report) return count_drop(Drop::kMalformed);
  // An SFU that only receives reports under the identifier of the source it reports about.
  if (report->info) avoid_collision(report->ssrc);
  if (report->info && receive_stats_ && report->ssrc == ssrc_recv_) {
    receive_stats_->on_sender_report(*report->info, time_.now_ns());
  }
  for (size_t i = 0; i < report->block_count(); ++i) {
    const rtp::ReportBlock block = report->block(i);
    if (block.ssrc == ssrc_send_) send_stats_.on_report_block(block, ntp());
  }
}

void Leg::take_bye(const rtp::RtcpPacket& packet) {
  const auto bye = rtp::parse_bye(packet);
  if (!bye) return count_drop(Drop::kMalformed);
  for (size_t i = 0; i < bye->ssrc_count(); ++i) {
    schedule_.on_bye(bye->ssrc(i), time_.now_ns());
    if (!has_source_ || bye->ssrc(i) != ssrc_recv_) continue;
    Event event;
    event.type = EventType::kBye;
    event.ssrc = ssrc_recv_;
    (void)queue_.push(event);
  }
}

// Without a wall clock the host's own time serves: RFC 3550 6.4.1 allows any clock, for round trips
// need differences only.
uint64_t Leg::ntp() const {
  const uint64_t wall = context_.wall_ns(time_.now_ns());
  return wall != 0 ? rtp::ntp_from_unix(wall) : rtp::fixed_seconds(time_.now_ns());
}

void Leg::send_report(bool has_bye) {
  if (!may_send_rtcp()) return;
  // RFC 3550 6.3.7: nobody knows an identifier that never was sent.
  if (has_bye && send_stats_.packets() == 0 && !has_own_report_) return;
  uint8_t plain[256];
  bytes::Writer writer(plain);
  write_report(writer);
  write_quality(writer);
  if (has_bye) (void)rtp::write_bye(std::span<const uint32_t>(&ssrc_send_, 1), {}, writer);
  if (!writer.ok()) return count_drop(Drop::kQueue);
  if (send_rtcp(writer.written())) has_own_report_ = true;
}

// What every compound begins with: a report and the CNAME.
void Leg::write_report(bytes::Writer& writer) {
  rtp::ReportBlock block;
  const bool has_block = receive_stats_ && receive_stats_->is_valid();
  if (has_block) block = receive_stats_->take_report(ssrc_recv_, time_.now_ns());
  const auto blocks = std::span<const rtp::ReportBlock>(&block, has_block ? 1 : 0);
  if (send_stats_.packets() != packets_reported_) {
    const uint64_t since_ns = time_.now_ns() - last_sent_ns_;
    // RFC 3550 6.4.1: the RTP timestamp belongs to the same instant as the NTP one.
    const auto ticks =
        static_cast<uint32_t>(since_ns / 1000 * agreement_->rtp_clock_hz / 1'000'000);
    (void)rtp::write_sender_report(ssrc_send_, send_stats_.info(ntp(), last_timestamp_ + ticks),
                                   blocks, writer);
    packets_reported_ = send_stats_.packets();
  } else {
    (void)rtp::write_receiver_report(ssrc_send_, blocks, writer);
  }
  (void)rtp::write_sdes_cname(ssrc_send_, config_.cname.data(), writer);
}

bool Leg::send_rtcp(ByteView plain) {
  // Tag, index and MKI at most.
  constexpr size_t kMostOverhead = 16 + 4 + srtp::kMaxMkiLen;
  if (sealed_.rtcp >= limit_.rtcp) return false;
  const MutableBytes room = queue_.reserve(plain.size() + kMostOverhead);
  if (room.empty()) return count_drop(Drop::kQueue), false;
  const Result<size_t> sealed = seal(plain, room, true);
  if (!sealed) return false;
  ++sealed_.rtcp;
  Event event;
  event.is_rtcp = true;
  event.address = rtcp_target();
  event.local = local_;
  (void)queue_.push(event, *sealed);
  ++stats_.rtcp_out;
  schedule_.on_sent(*sealed);
  return true;
}

// Where the random source fails reports go out in the middle of their window.
void Leg::plan_first_report() {
  schedule_.begin(time_.now_ns(), random_.u32().value_or(0x80000000u));
}

// RFC 3550 6.3.8 and 6.3.5: a sender is who sent in the last two intervals.
bool Leg::is_sender() const {
  return send_stats_.packets() != 0 &&
         time_.now_ns() < after(last_sent_ns_, 2 * schedule_.interval_ns());
}

// RFC 3556 3: of any kind, a BYE as well.
bool Leg::may_send_rtcp() const {
  return rtcp_target().is_set() && agreement_->rtcp_bandwidth.allows(is_sender());
}

bool Leg::is_report_due() {
  const uint64_t now = time_.now_ns();
  rtp::RtcpSchedule::Media media;
  media.we_sent = is_sender();
  media.peer_sent = has_source_ && now < after(last_received_ns_, 2 * schedule_.interval_ns());
  media.peer_ssrc = ssrc_recv_;
  std::array<uint8_t, 8> chance{};
  if (!random_.fill(chance)) chance = {0x80, 0, 0, 0, 0x80};
  return schedule_.expire(media, now, bytes::Reader(chance).u64());
}

}  // namespace voxlock::leg
