// RTCP extended reports, RFC 3611: round trips for receivers (4.4, 4.5) and VoIP metrics (4.7).
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|reserved |   PT=XR=207   |             length            |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                              SSRC                             |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      BT       | type-specific |         block length          |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  :             type-specific block contents                      :
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "rtp/rtcp.h"

namespace voxlock::rtp {

inline constexpr uint8_t kXrReceiverReferenceTime = 4;
inline constexpr uint8_t kXrDlrr = 5;
inline constexpr uint8_t kXrVoipMetrics = 7;

struct XrBlock {
  uint8_t type = 0;
  uint8_t specific = 0;
  ByteView body;  // behind the 4-byte head, whole words
};

// Walks the blocks of one extended report; those of unknown types are given as they are.
class XrReader {
 public:
  // ok() is false for a packet of another type, or without a sender.
  explicit XrReader(const RtcpPacket& packet);

  // Nothing at the end; ok() is false where a block runs over the end.
  std::optional<XrBlock> next();
  [[nodiscard]] uint32_t ssrc() const { return ssrc_; }  // of whoever reports
  [[nodiscard]] bool ok() const { return is_xr_ && reader_.ok(); }

 private:
  bytes::Reader reader_;
  bool is_xr_;
  uint32_t ssrc_ = 0;
};

// 4.4: the NTP time of the reporter. ERR_INVALID_ARGUMENT for another block, ERR_TRUNCATED.
Result<uint64_t> parse_receiver_reference_time(const XrBlock& block);

// 4.5: the answer to it. As the fields of a report block: the middle of the NTP time that came last
// from that receiver, and how long ago that was in 1/65536 s.
struct DlrrItem {
  uint32_t ssrc = 0;  // of the receiver that is answered
  uint32_t last_rr = 0;
  uint32_t delay_since_rr = 0;
};
inline constexpr size_t kDlrrItemLen = 12;
struct DlrrView {
  ByteView items;  // kDlrrItemLen bytes each

  [[nodiscard]] size_t count() const { return items.size() / kDlrrItemLen; }
  // i < count().
  [[nodiscard]] DlrrItem item(size_t i) const;
};
// ERR_INVALID_ARGUMENT for another block, or one that is no whole number of items.
Result<DlrrView> parse_dlrr(const XrBlock& block);

// What a value says that nobody knows (4.7.3 to 4.7.5).
inline constexpr uint8_t kXrUnknown = 127;
inline constexpr uint8_t kXrGmin = 16;  // the value that 4.7.2 recommends

// RX config: what conceals lost packets, 4.7.6.
enum class Concealment : uint8_t { kUnspecified = 0, kDisabled = 1, kEnhanced = 2, kStandard = 3 };
enum class JitterBuffer : uint8_t { kUnknown = 0, kReserved = 1, kFixed = 2, kAdaptive = 3 };

// 4.7. Rates and densities are in 1/256 of the packets, durations and delays in ms.
struct VoipMetrics {
  uint32_t ssrc = 0;  // whom they are about
  uint8_t loss_rate = 0;
  uint8_t discard_rate = 0;
  uint8_t burst_density = 0;
  uint8_t gap_density = 0;
  uint16_t burst_ms = 0;
  uint16_t gap_ms = 0;
  uint16_t round_trip_ms = 0;        // 0: not measured
  uint16_t end_system_ms = 0;        // 0: not known
  int16_t signal_dbm0 = kXrUnknown;  // eight bits on the wire
  int16_t noise_dbm0 = kXrUnknown;
  uint8_t rerl_db = kXrUnknown;  // residual echo return loss
  uint8_t gmin = kXrGmin;
  uint8_t r_factor = kXrUnknown;           // 0..100
  uint8_t external_r_factor = kXrUnknown;  // of another segment of the call
  uint8_t mos_lq = kXrUnknown;             // times 10, 10..50: without what delay does
  uint8_t mos_cq = kXrUnknown;             // and with it
  Concealment concealment = Concealment::kUnspecified;
  JitterBuffer jitter_buffer = JitterBuffer::kUnknown;
  uint8_t jitter_buffer_rate = 0;  // 0..15
  uint16_t buffer_nominal_ms = 0;
  uint16_t buffer_maximum_ms = 0;
  uint16_t buffer_absolute_ms = 0;

  bool operator==(const VoipMetrics&) const = default;
};
inline constexpr size_t kVoipMetricsLen = 32;
// ERR_INVALID_ARGUMENT for another block or another length. Values are kept as they came: an R of
// 110 is the peer's affair, is_plausible() tells.
Result<VoipMetrics> parse_voip_metrics(const XrBlock& block);
// Whether every field is in the range that 4.7 gives it.
bool is_plausible(const VoipMetrics& metrics);

// One extended report. What is empty is left out; with nothing in it nothing is written.
struct ExtendedReport {
  std::optional<uint64_t> reference_time;  // NTP time now
  std::span<const DlrrItem> answers;
  std::span<const VoipMetrics> metrics;
};
void write_extended_report(uint32_t ssrc, const ExtendedReport& report, bytes::Writer& writer);

}  // namespace voxlock::rtp
