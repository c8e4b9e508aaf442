// Redundant audio of a leg, RFC 2198: earlier frames in each packet, and what is taken from those
// of the peer.
#include <algorithm>

#include "base/secure.h"
#include "leg/leg.h"

namespace voxlock::leg {
namespace {

// A packet stays within what every path carries: the rest of 1500 bytes is for headers and tags.
constexpr size_t kMostRedundant = 1200;

}  // namespace

// The newest frame takes the place of the payload. Earlier ones that are no frame of the codec, or
// stand in no order of time, are passed over; padding alone holds none. ERR_TRUNCATED.
Result<void> Leg::unwrap(const Agreement& agreed, Received& received) {
  if (received.packet.payload.empty()) {
    received.packet.payload_type = agreed.payload_type_recv;
    return {};
  }
  VOXLOCK_TRY(rtp::RedReader reader, rtp::RedReader::parse(received.packet.payload));
  const uint32_t now = received.packet.timestamp;
  size_t to_skip = reader.block_count() - std::min(reader.block_count(), Redundant::kMost + 1);
  uint32_t last_offset = rtp::kMaxRedOffset + 1;
  while (const auto block = reader.next()) {
    if (block->is_primary) {
      received.packet.payload = block->data;
      received.packet.payload_type = block->payload_type;
      return {};
    }
    if (to_skip != 0) {
      --to_skip;
      continue;
    }
    const bool is_usable = block->payload_type == agreed.payload_type_recv &&
                           block->timestamp_offset != 0 && block->timestamp_offset < last_offset &&
                           !block->data.empty();
    if (!is_usable) continue;
    last_offset = block->timestamp_offset;
    Redundant& out = received.redundant;
    out.list[out.count++] = {now - block->timestamp_offset, block->data};
  }
  return Status::ERR_TRUNCATED;
}

// A packet before this one whose frame came along need not be asked for.
void Leg::note_loss(const Received& received) {
  stats_.redundant_in += received.redundant.count != 0 ? 1 : 0;
  if (!agreement_->has_nack) return;
  losses_.on_packet(received.index, time_.now_ns());
  const uint64_t covered = std::min<uint64_t>(received.redundant.count, received.lost);
  for (uint64_t i = 1; i <= covered; ++i) losses_.forget(received.index - i);
}

// The caller's packet has no room for more frames: another one is built, and wiped.
Result<void> Leg::send_redundant(MutableBytes packet, Outgoing fields, uint64_t now_ns) {
  struct Scratch {
    std::array<uint8_t, kMaxPacketLen> bytes;
    size_t used = 0;
    ~Scratch() { secure::wipe(bytes.data(), used); }
  } scratch;
  const size_t begin = header_len(fields);
  if (packet.size() < begin) return Status::ERR_INVALID_ARGUMENT;
  // A spurt begins: what was said before the pause is of no use to anyone.
  if (fields.marker) red_->reset();
  const MutableBytes room = MutableBytes(scratch.bytes).subspan(begin);
  bytes::Writer writer(room);
  VOXLOCK_TRY_VOID(red_->write(fields.payload_type, fields.timestamp, packet.subspan(begin),
                               kMostRedundant, writer));
  scratch.used = std::min(begin + writer.size(), scratch.bytes.size());
  // One byte more than there is room for: it goes out as it is.
  if (!writer.ok()) return send_packet(packet, fields, now_ns);
  fields.payload_type = agreement_->red_type_send;
  VOXLOCK_TRY_VOID(send_packet(MutableBytes(scratch.bytes).first(scratch.used), fields, now_ns));
  if (writer.size() > packet.size() - begin + 1) ++stats_.redundant_out;
  return {};
}

}  // namespace voxlock::leg
