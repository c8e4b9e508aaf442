#include "rtp/feedback.h"

#include <array>

namespace voxlock::rtp {
namespace {

constexpr uint16_t kMaskBits = 16;

struct NackEntry {
  uint16_t packet_id = 0;
  uint16_t mask = 0;
};

}  // namespace

Result<FeedbackView> parse_feedback(const RtcpPacket& packet) {
  if (packet.type != kRtcpTransportFeedback && packet.type != kRtcpPayloadFeedback)
    return Status::ERR_INVALID_ARGUMENT;
  bytes::Reader reader(packet.body);
  FeedbackView view;
  view.format = packet.count;
  view.sender_ssrc = reader.u32();
  view.media_ssrc = reader.u32();
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  view.fci = reader.rest();
  return view;
}

std::optional<uint16_t> NackReader::next() {
  if (mask_ == 0) {
    const uint16_t packet_id = reader_.u16();
    const uint16_t mask = reader_.u16();
    if (!reader_.ok()) return std::nullopt;
    at_ = packet_id;
    mask_ = mask;
    return packet_id;
  }
  ++at_;
  while ((mask_ & 1) == 0) {
    mask_ = static_cast<uint16_t>(mask_ >> 1);
    ++at_;
  }
  mask_ = static_cast<uint16_t>(mask_ >> 1);
  return at_;
}

Result<void> write_nack(uint32_t sender_ssrc, uint32_t media_ssrc,
                        std::span<const uint16_t> sequences, bytes::Writer& writer) {
  if (sequences.empty() || sequences.size() > kMaxNacked) return Status::ERR_INVALID_ARGUMENT;
  std::array<NackEntry, kMaxNacked> entries;
  size_t count = 0;
  for (const uint16_t sequence : sequences) {
    NackEntry* const last = count != 0 ? &entries[count - 1] : nullptr;
    const auto behind = last != nullptr ? static_cast<uint16_t>(sequence - last->packet_id) : 0;
    if (behind == 0 || behind > kMaskBits) {
      entries[count++] = {sequence, 0};
    } else {
      last->mask = static_cast<uint16_t>(last->mask | 1u << (behind - 1));
    }
  }
  writer.u8(0x80 | kGenericNack);
  writer.u8(kRtcpTransportFeedback);
  writer.u16(static_cast<uint16_t>(2 + count));
  writer.u32(sender_ssrc);
  writer.u32(media_ssrc);
  for (const NackEntry& entry : std::span(entries).first(count)) {
    writer.u16(entry.packet_id);
    writer.u16(entry.mask);
  }
  return {};
}

}  // namespace voxlock::rtp
