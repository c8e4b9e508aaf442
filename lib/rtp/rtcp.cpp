#include "rtp/rtcp.h"

#include <algorithm>

namespace voxlock::rtp {
namespace {

bool is_report(uint8_t type) {
  return type == kRtcpSenderReport || type == kRtcpReceiverReport;
}

// Browsers and pion pad this one by one to three octets, wherever it stands.
bool is_transport_feedback(uint8_t first, uint8_t type) {
  constexpr uint8_t kFormat = 15;
  return type == kRtcpTransportFeedback && (first & 0x1f) == kFormat;
}

// Checks the packet at the front of the datagram.
Result<RtcpPacket> front_packet(ByteView datagram) {
  bytes::Reader reader(datagram);
  const uint8_t first = reader.u8();
  const uint8_t type = reader.u8();
  const size_t body_len = 4 * static_cast<size_t>(reader.u16());
  if (!datagram.empty() && first >> 6 != 2) return Status::ERR_RTP_VERSION;
  ByteView body = reader.take(body_len);
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  const ByteView packet = datagram.first(reader.position());
  if ((first & 0x20) != 0) {
    // RFC 3550 6.4.1: the last octet counts the padding, a multiple of four.
    const size_t padding = body.empty() ? 0 : body.back();
    const bool is_odd = padding % 4 != 0 && !is_transport_feedback(first, type);
    if (padding == 0 || padding > body.size() || is_odd) return Status::ERR_RTP_PADDING;
    body = body.first(body.size() - padding);
  }
  return RtcpPacket{static_cast<uint8_t>(first & 0x1f), type, body, packet};
}

void write_head(size_t count, uint8_t type, size_t body_len, bytes::Writer& writer) {
  writer.u8(static_cast<uint8_t>(0x80 | count));
  writer.u8(type);
  writer.u16(static_cast<uint16_t>(body_len / 4));
}

void write_block(const ReportBlock& block, bytes::Writer& writer) {
  // 24 bits, signed: RFC 3550 A.3 clamps instead of wrapping.
  const int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7fffff);
  writer.u32(block.ssrc);
  writer.u8(block.fraction_lost);
  writer.u24(static_cast<uint32_t>(lost) & 0xffffff);
  writer.u32(block.extended_highest);
  writer.u32(block.jitter);
  writer.u32(block.last_sr);
  writer.u32(block.delay_since_sr);
}

size_t padded(size_t len) {
  return (len + 3) / 4 * 4;
}

}  // namespace

Result<RtcpCompound> RtcpCompound::parse(ByteView datagram, Rule rule) {
  if (datagram.empty()) return Status::ERR_TRUNCATED;
  ByteView left = datagram;
  while (!left.empty()) {
    VOXLOCK_TRY(const RtcpPacket packet, front_packet(left));
    const bool is_first = left.size() == datagram.size();
    const bool is_last = packet.packet.size() == left.size();
    const bool is_padded = packet.body.size() + 4 != packet.packet.size();
    if (is_padded && !is_last && !is_transport_feedback(packet.count, packet.type))
      return Status::ERR_RTCP_COMPOUND;
    if (rule == Rule::kStrict && is_first && !is_report(packet.type))
      return Status::ERR_RTCP_COMPOUND;
    left = left.subspan(packet.packet.size());
  }
  return RtcpCompound(datagram);
}

std::optional<RtcpPacket> RtcpCompound::next() {
  if (position_ == datagram_.size()) return std::nullopt;
  const auto packet = front_packet(datagram_.subspan(position_));
  if (!packet) return std::nullopt;
  position_ += packet->packet.size();
  return *packet;
}

ReportBlock ReportView::block(size_t i) const {
  bytes::Reader reader(blocks.subspan(kReportBlockLen * i, kReportBlockLen));
  ReportBlock block;
  block.ssrc = reader.u32();
  block.fraction_lost = reader.u8();
  const uint32_t lost = reader.u24();
  block.cumulative_lost = static_cast<int32_t>(lost) - ((lost & 0x800000) != 0 ? 0x1000000 : 0);
  block.extended_highest = reader.u32();
  block.jitter = reader.u32();
  block.last_sr = reader.u32();
  block.delay_since_sr = reader.u32();
  return block;
}

Result<ReportView> parse_report(const RtcpPacket& packet) {
  if (!is_report(packet.type)) return Status::ERR_INVALID_ARGUMENT;
  bytes::Reader reader(packet.body);
  ReportView view;
  view.ssrc = reader.u32();
  if (packet.type == kRtcpSenderReport) {
    SenderInfo info;
    info.ntp = reader.u64();
    info.rtp_timestamp = reader.u32();
    info.packets = reader.u32();
    info.octets = reader.u32();
    view.info = info;
  }
  view.blocks = reader.take(kReportBlockLen * packet.count);
  view.extension = reader.rest();
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  return view;
}

// Chunk: SSRC, items of type, length, text; a zero type ends it and pads to 32 bits. RFC 3550 6.5.
std::optional<SdesReader::Item> SdesReader::next() {
  while (reader_.ok()) {
    if (!is_in_chunk_) {
      if (chunks_ == 0) return std::nullopt;
      --chunks_;
      ssrc_ = reader_.u32();
      is_in_chunk_ = true;
    }
    const uint8_t type = reader_.u8();
    if (type == 0) {
      is_in_chunk_ = false;
      reader_.skip((4 - reader_.position() % 4) % 4);
      continue;
    }
    const size_t len = reader_.u8();
    const ByteView text = reader_.take(len);
    if (!reader_.ok()) return std::nullopt;
    return Item{ssrc_, type, as_text(text)};
  }
  return std::nullopt;
}

Result<ByeView> parse_bye(const RtcpPacket& packet) {
  if (packet.type != kRtcpBye) return Status::ERR_INVALID_ARGUMENT;
  bytes::Reader reader(packet.body);
  ByeView view;
  view.ssrcs = reader.take(4 * static_cast<size_t>(packet.count));
  if (reader.ok() && reader.left() != 0) {
    const size_t len = reader.u8();
    view.reason = as_text(reader.take(len));
  }
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  return view;
}

Result<void> write_sender_report(uint32_t ssrc, const SenderInfo& info,
                                 std::span<const ReportBlock> blocks, bytes::Writer& writer) {
  if (blocks.size() > kMaxReportBlocks) return Status::ERR_INVALID_ARGUMENT;
  write_head(blocks.size(), kRtcpSenderReport, 24 + kReportBlockLen * blocks.size(), writer);
  writer.u32(ssrc);
  writer.u64(info.ntp);
  writer.u32(info.rtp_timestamp);
  writer.u32(info.packets);
  writer.u32(info.octets);
  for (const ReportBlock& block : blocks) write_block(block, writer);
  return {};
}

Result<void> write_receiver_report(uint32_t ssrc, std::span<const ReportBlock> blocks,
                                   bytes::Writer& writer) {
  if (blocks.size() > kMaxReportBlocks) return Status::ERR_INVALID_ARGUMENT;
  write_head(blocks.size(), kRtcpReceiverReport, 4 + kReportBlockLen * blocks.size(), writer);
  writer.u32(ssrc);
  for (const ReportBlock& block : blocks) write_block(block, writer);
  return {};
}

Result<void> write_sdes_cname(uint32_t ssrc, std::string_view cname, bytes::Writer& writer) {
  if (cname.size() > 255) return Status::ERR_INVALID_ARGUMENT;
  // The items end with one zero octet or more, up to a 32-bit boundary.
  const size_t items = padded(2 + cname.size() + 1);
  write_head(1, kRtcpSdes, 4 + items, writer);
  writer.u32(ssrc);
  writer.u8(SdesReader::kCname);
  writer.u8(static_cast<uint8_t>(cname.size()));
  writer.put(cname);
  writer.fill(0, items - 2 - cname.size());
  return {};
}

Result<void> write_bye(std::span<const uint32_t> ssrcs, std::string_view reason,
                       bytes::Writer& writer) {
  if (ssrcs.size() > kMaxReportBlocks || reason.size() > 255) return Status::ERR_INVALID_ARGUMENT;
  const size_t text = reason.empty() ? 0 : padded(1 + reason.size());
  write_head(ssrcs.size(), kRtcpBye, 4 * ssrcs.size() + text, writer);
  for (const uint32_t ssrc : ssrcs) writer.u32(ssrc);
  if (reason.empty()) return {};
  writer.u8(static_cast<uint8_t>(reason.size()));
  writer.put(reason);
  writer.fill(0, text - 1 - reason.size());
  return {};
}

}  // namespace voxlock::rtp
