// RTP packets, RFC 3550 section 5.1: parse, build, rewrite in place.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  |                           timestamp                           |
//  |           synchronization source (SSRC) identifier            |
//  |       contributing source (CSRC) identifiers, 0..15           |
//  |      defined by profile       |   extension length in words   |  where X = 1
//  |                        extension words                        |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "rtp/extension.h"
#include "rtp/owning.h"

namespace voxlock::rtp {

inline constexpr size_t kFixedHeaderLen = 12;
inline constexpr size_t kMaxCsrcs = 15;

// Everything in front of the payload. Views point into the packet that was parsed.
struct HeaderView {
  bool has_padding = false;
  bool has_extension = false;
  bool marker = false;
  uint8_t payload_type = 0;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  ByteView csrcs;                  // 4 bytes each
  uint16_t extension_profile = 0;  // where has_extension
  ByteView extension;              // without its 4-byte head
  size_t len = 0;                  // bytes of the whole header, extension included

  [[nodiscard]] size_t csrc_count() const { return csrcs.size() / 4; }
  // i < csrc_count().
  [[nodiscard]] uint32_t csrc(size_t i) const { return bytes::Reader(csrcs.subspan(4 * i)).u32(); }
  [[nodiscard]] ExtensionReader extensions() const { return {extension_profile, extension}; }
};

// Reads the header alone, so that it serves sealed packets, whose padding count is encrypted.
// ERR_TRUNCATED, ERR_RTP_VERSION.
Result<HeaderView> parse_header(ByteView packet);
template <OwningTemporary T>
Result<HeaderView> parse_header(T&& packet) = delete;

// What SRTP asks of the header of a sealed packet.
struct HeaderOutline {
  uint32_t ssrc = 0;
  uint16_t sequence = 0;
  size_t len = 0;  // as HeaderView::len
};

// The same checks and statuses as parse_header. Always inlined: every sealed packet goes through
// it, and a result that is handed over in memory costs as much as the checks.
[[gnu::always_inline]] inline Result<HeaderOutline> parse_outline(ByteView packet) {
  if (packet.size() < kFixedHeaderLen) {
    const bool is_other = packet.size() >= 2 && packet[0] >> 6 != 2;
    return is_other ? Status::ERR_RTP_VERSION : Status::ERR_TRUNCATED;
  }
  if (packet[0] >> 6 != 2) return Status::ERR_RTP_VERSION;
  HeaderOutline out;
  bytes::Reader fixed(packet.first(kFixedHeaderLen));
  fixed.skip(2);
  out.sequence = fixed.u16();
  fixed.skip(4);
  out.ssrc = fixed.u32();
  out.len = kFixedHeaderLen + 4 * static_cast<size_t>(packet[0] & 0x0f);
  if ((packet[0] & 0x10) != 0 && out.len <= packet.size()) {
    bytes::Reader extension(packet.subspan(out.len));
    extension.skip(2);
    const size_t words = extension.u16();
    if (!extension.ok()) return Status::ERR_TRUNCATED;
    out.len += 4 + 4 * words;
  }
  if (out.len > packet.size()) return Status::ERR_TRUNCATED;
  return out;
}
template <OwningTemporary T>
Result<HeaderOutline> parse_outline(T&& packet) = delete;

// A whole plain packet.
struct PacketView : HeaderView {
  ByteView payload;         // without padding
  uint8_t padding_len = 0;  // includes the count byte; 0 without padding
};

// ERR_TRUNCATED, ERR_RTP_VERSION, ERR_RTP_PADDING (a count of 0 or more than the payload).
Result<PacketView> parse_packet(ByteView packet);
// The same into a new view, which is undefined where it fails: what is handed over in a result is
// copied.
Result<void> parse_packet(ByteView packet, PacketView& view);
template <OwningTemporary T>
Result<PacketView> parse_packet(T&& packet) = delete;
template <OwningTemporary T>
Result<void> parse_packet(T&& packet, PacketView& view) = delete;

// What to build. Spans are borrowed.
struct PacketFields {
  bool marker = false;
  uint8_t payload_type = 0;  // 0..127
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  std::span<const uint32_t> csrcs;  // at most 15
  std::span<const ExtensionElement>
      extensions;           // RFC 8285; one-byte form where all fit, else two-byte
  uint8_t padding_len = 0;  // bytes added behind the payload, the last one says how many
};

// Writes the header (no payload, no padding bytes, but the padding bit where padding_len is set).
// Afterwards writer.ok() tells whether it fitted and writer.size() the needed size.
// ERR_INVALID_ARGUMENT, and nothing written, for a field out of its range.
Result<void> write_header(const PacketFields& fields, bytes::Writer& writer);
// Writes header, payload and padding.
Result<void> write_packet(const PacketFields& fields, ByteView payload, bytes::Writer& writer);

// Rewrite one field of a packet that parse_header accepted.
void set_marker(MutableBytes packet, bool marker);
void set_payload_type(MutableBytes packet, uint8_t payload_type);
void set_sequence(MutableBytes packet, uint16_t sequence);
void set_timestamp(MutableBytes packet, uint32_t timestamp);
void set_ssrc(MutableBytes packet, uint32_t ssrc);

}  // namespace voxlock::rtp
