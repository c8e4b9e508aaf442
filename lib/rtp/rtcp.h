// RTCP compound packets, RFC 3550 section 6 and appendix A.2; reduced size, RFC 5506.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|  count  | packet type   |       length in words - 1     |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "rtp/owning.h"

namespace voxlock::rtp {

// Packet types of interest; any other value is kept as it is.
inline constexpr uint8_t kRtcpSenderReport = 200;
inline constexpr uint8_t kRtcpReceiverReport = 201;
inline constexpr uint8_t kRtcpSdes = 202;
inline constexpr uint8_t kRtcpBye = 203;
inline constexpr uint8_t kRtcpApp = 204;
inline constexpr uint8_t kRtcpTransportFeedback = 205;
inline constexpr uint8_t kRtcpPayloadFeedback = 206;
inline constexpr uint8_t kRtcpExtendedReport = 207;

inline constexpr size_t kMaxReportBlocks = 31;
inline constexpr size_t kReportBlockLen = 24;

// One packet of a compound.
struct RtcpPacket {
  uint8_t count = 0;  // RC, SC or FMT: the five bits of the head
  uint8_t type = 0;
  ByteView body;    // behind the 4-byte head, without padding
  ByteView packet;  // all of it
};

// A datagram whose packets add up to its length.
class RtcpCompound {
 public:
  // Strict: RFC 3550 A.2 (first packet SR or RR, padding at the last one only). Reduced size: any
  // packet may stand first and alone (RFC 5506 section 3.4).
  enum class Rule : uint8_t { kStrict, kReducedSize };

  // ERR_TRUNCATED, ERR_RTP_VERSION, ERR_RTP_PADDING, ERR_RTCP_COMPOUND (the first packet is no
  // report, or padding in front of the last packet).
  static Result<RtcpCompound> parse(ByteView datagram, Rule rule);
  template <OwningTemporary T>
  static Result<RtcpCompound> parse(T&& datagram, Rule rule) = delete;

  // Walks the packets from the first to the last.
  std::optional<RtcpPacket> next();
  void rewind() { position_ = 0; }

 private:
  explicit RtcpCompound(ByteView datagram) : datagram_(datagram) {}

  ByteView datagram_;
  size_t position_ = 0;
};

struct SenderInfo {
  uint64_t ntp =
      0;  // seconds since 1900 in 32.32 fixed point; 0 where the sender has no wall clock
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;  // of payload
};

struct ReportBlock {
  uint32_t ssrc = 0;              // whom the block is about
  uint8_t fraction_lost = 0;      // since the last report, in 1/256
  int32_t cumulative_lost = 0;    // 24 bits on the wire; negative where duplicates arrived
  uint32_t extended_highest = 0;  // cycles and highest sequence number
  uint32_t jitter = 0;            // in units of the RTP clock
  uint32_t last_sr = 0;           // middle 32 bits of the NTP time of the last SR, 0: none came
  uint32_t delay_since_sr = 0;    // in 1/65536 s
};

// SR and RR share this; info is there for SR only.
struct ReportView {
  uint32_t ssrc = 0;
  std::optional<SenderInfo> info;
  ByteView blocks;     // kReportBlockLen bytes each
  ByteView extension;  // profile-specific, behind the blocks

  [[nodiscard]] size_t block_count() const { return blocks.size() / kReportBlockLen; }
  // i < block_count().
  [[nodiscard]] ReportBlock block(size_t i) const;
};
// ERR_INVALID_ARGUMENT where the packet is neither SR nor RR, ERR_TRUNCATED.
Result<ReportView> parse_report(const RtcpPacket& packet);

// SDES items of all chunks, one after the other.
class SdesReader {
 public:
  static constexpr uint8_t kCname = 1;
  struct Item {
    uint32_t ssrc = 0;
    uint8_t type = 0;
    std::string_view text;  // not checked to be UTF-8
  };
  explicit SdesReader(const RtcpPacket& packet) : reader_(packet.body), chunks_(packet.count) {}

  // Nothing at the end; ok() is false where a chunk runs over the end.
  std::optional<Item> next();
  [[nodiscard]] bool ok() const { return reader_.ok(); }

 private:
  bytes::Reader reader_;
  size_t chunks_;
  uint32_t ssrc_ = 0;
  bool is_in_chunk_ = false;
};

struct ByeView {
  ByteView ssrcs;  // 4 bytes each
  std::string_view reason;

  [[nodiscard]] size_t ssrc_count() const { return ssrcs.size() / 4; }
  [[nodiscard]] uint32_t ssrc(size_t i) const { return bytes::Reader(ssrcs.subspan(4 * i)).u32(); }
};
Result<ByeView> parse_bye(const RtcpPacket& packet);

// Builders append one packet each; writer.ok() tells whether it fitted. ERR_INVALID_ARGUMENT, and
// nothing written, for more than 31 blocks or sources, or text longer than 255 bytes.
Result<void> write_sender_report(uint32_t ssrc, const SenderInfo& info,
                                 std::span<const ReportBlock> blocks, bytes::Writer& writer);
Result<void> write_receiver_report(uint32_t ssrc, std::span<const ReportBlock> blocks,
                                   bytes::Writer& writer);
Result<void> write_sdes_cname(uint32_t ssrc, std::string_view cname, bytes::Writer& writer);
Result<void> write_bye(std::span<const uint32_t> ssrcs, std::string_view reason,
                       bytes::Writer& writer);

}  // namespace voxlock::rtp
