#include "rtp/packet.h"

namespace voxlock::rtp {
namespace {

void put_number(MutableBytes packet, size_t at, uint32_t value, size_t len) {
  for (size_t i = 0; i < len; ++i)
    packet[at + i] = static_cast<uint8_t>(value >> (8 * (len - 1 - i)));
}

// Inlined into both parsers, so that no view is copied on its way out.
[[gnu::always_inline]] inline Status read_header(ByteView packet, HeaderView& header) {
  if (packet.size() >= 2 && packet[0] >> 6 != 2) return Status::ERR_RTP_VERSION;
  if (packet.size() < kFixedHeaderLen) return Status::ERR_TRUNCATED;
  // The length of this part is known: the compiler needs no check for each number.
  bytes::Reader fixed(packet.first(kFixedHeaderLen));
  const uint8_t first = fixed.u8();
  const uint8_t second = fixed.u8();
  header.has_padding = (first & 0x20) != 0;
  header.has_extension = (first & 0x10) != 0;
  header.marker = (second & 0x80) != 0;
  header.payload_type = second & 0x7f;
  header.sequence = fixed.u16();
  header.timestamp = fixed.u32();
  header.ssrc = fixed.u32();
  header.len = kFixedHeaderLen;
  // Most packets end their header here.
  if ((first & 0x1f) == 0) return Status::OK;
  bytes::Reader reader(packet.subspan(kFixedHeaderLen));
  header.csrcs = reader.take(4 * static_cast<size_t>(first & 0x0f));
  if (header.has_extension) {
    header.extension_profile = reader.u16();
    const size_t words = reader.u16();
    header.extension = reader.take(4 * words);
  }
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  header.len += reader.position();
  return Status::OK;
}

}  // namespace

Result<HeaderView> parse_header(ByteView packet) {
  HeaderView header;
  const Status status = read_header(packet, header);
  if (status != Status::OK) return status;
  return header;
}

Result<void> parse_packet(ByteView packet, PacketView& view) {
  const Status status = read_header(packet, view);
  if (status != Status::OK) return status;
  view.payload = packet.subspan(view.len);
  if (!view.has_padding) return {};
  // RFC 3550 5.1: the last octet counts the padding, itself included.
  if (view.payload.empty()) return Status::ERR_RTP_PADDING;
  view.padding_len = view.payload.back();
  if (view.padding_len == 0 || view.padding_len > view.payload.size())
    return Status::ERR_RTP_PADDING;
  view.payload = view.payload.first(view.payload.size() - view.padding_len);
  return {};
}

Result<PacketView> parse_packet(ByteView packet) {
  PacketView view;
  VOXLOCK_TRY_VOID(parse_packet(packet, view));
  return view;
}

Result<void> write_header(const PacketFields& fields, bytes::Writer& writer) {
  if (fields.payload_type > 127 || fields.csrcs.size() > kMaxCsrcs)
    return Status::ERR_INVALID_ARGUMENT;
  const bool has_extension = !fields.extensions.empty();
  if (has_extension) VOXLOCK_TRY_VOID(profile_for(fields.extensions));
  const unsigned flags = (fields.padding_len != 0 ? 0x20u : 0u) | (has_extension ? 0x10u : 0u);
  writer.u8(static_cast<uint8_t>(0x80u | flags | fields.csrcs.size()));
  writer.u8(static_cast<uint8_t>((fields.marker ? 0x80 : 0) | fields.payload_type));
  writer.u16(fields.sequence);
  writer.u32(fields.timestamp);
  writer.u32(fields.ssrc);
  for (const uint32_t csrc : fields.csrcs) writer.u32(csrc);
  if (has_extension) return write_extension(fields.extensions, writer);
  return {};
}

Result<void> write_packet(const PacketFields& fields, ByteView payload, bytes::Writer& writer) {
  VOXLOCK_TRY_VOID(write_header(fields, writer));
  writer.put(payload);
  if (fields.padding_len != 0) {
    writer.fill(0, fields.padding_len - 1u);
    writer.u8(fields.padding_len);
  }
  return {};
}

void set_marker(MutableBytes packet, bool marker) {
  packet[1] = static_cast<uint8_t>((packet[1] & 0x7f) | (marker ? 0x80 : 0));
}

void set_payload_type(MutableBytes packet, uint8_t payload_type) {
  packet[1] = static_cast<uint8_t>((packet[1] & 0x80) | (payload_type & 0x7f));
}

void set_sequence(MutableBytes packet, uint16_t sequence) {
  put_number(packet, 2, sequence, 2);
}
void set_timestamp(MutableBytes packet, uint32_t timestamp) {
  put_number(packet, 4, timestamp, 4);
}
void set_ssrc(MutableBytes packet, uint32_t ssrc) {
  put_number(packet, 8, ssrc, 4);
}

}  // namespace voxlock::rtp
