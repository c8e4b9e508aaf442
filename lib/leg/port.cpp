// A leg whose transport is the host's.
#include <algorithm>

#include "leg/leg.h"

namespace voxlock::leg {
namespace {

// RFC 3550, appendix A.1: MAX_DROPOUT is 3000; a longer gap would count as a new beginning.
constexpr uint32_t kMostLost = 1000;

}  // namespace

Result<Box<Leg>> Leg::create_port(const Context& context, RandomSource& random,
                                  const LegConfig& config, PortPlan plan) {
  if (plan.agreement.codec == Codec::kNone || plan.agreement.rtp_clock_hz == 0 ||
      plan.agreement.keys) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  auto leg = make_box<Leg>(context.memory(), context, random, config);
  // Without a clock of its own a port cannot tell silence; the host knows its transport.
  leg->config_.media_timeout_ns = 0;
  VOXLOCK_TRY_VOID(leg->start_source());
  leg->transport_.emplace<HostTransport>(plan.is_framed, plan.is_protected);
  leg->take(std::move(plan.agreement), 0);
  return leg;
}

// A frame goes the way of a packet: what a packet would be dropped for, it is dropped for.
Received Leg::receive_frame(const Frame& frame, MutableBytes plain, uint64_t now_ns) {
  Received received;
  if (is_closed_) return count_drop(Drop::kNotReady), received;
  rtp::PacketFields header;
  header.marker = frame.has_marker;
  header.payload_type = frame.payload_type;
  header.sequence = static_cast<uint16_t>(frame_sequence_ + 1 + std::min(frame.lost, kMostLost));
  header.timestamp = frame.timestamp;
  header.ssrc = ~ssrc_send_;
  bytes::Writer writer(plain);
  const bool is_written = rtp::write_header(header, writer).has_value();
  writer.put(frame.payload);
  if (!is_written || !rtp::parse_packet(writer.written(), received.packet))
    return count_drop(Drop::kMalformed), received;
  (void)time_.advance(now_ns);
  take_rtp({}, received);
  if (received.kind != Received::Kind::kNothing) frame_sequence_ = header.sequence;
  return received;
}

Event Leg::frame_event(const rtp::PacketFields& header, const Outgoing& fields) const {
  Event event;
  event.type = EventType::kPayload;
  event.payload_type = fields.payload_type;
  event.marker = fields.marker;
  event.timestamp = fields.timestamp;
  event.ssrc = header.ssrc;
  event.sequence = stats_.packets_out;
  return event;
}

}  // namespace voxlock::leg
