#include "rtp/xr.h"

namespace voxlock::rtp {
namespace {

constexpr size_t kBlockHeadLen = 4;

void write_block_head(uint8_t type, size_t body_len, bytes::Writer& writer) {
  writer.u8(type);
  writer.u8(0);
  writer.u16(static_cast<uint16_t>(body_len / 4));
}

uint8_t rx_config(const VoipMetrics& in) {
  return static_cast<uint8_t>(static_cast<uint8_t>(in.concealment) << 6 |
                              static_cast<uint8_t>(in.jitter_buffer) << 4 |
                              (in.jitter_buffer_rate & 15));
}

void write_metrics(const VoipMetrics& in, bytes::Writer& writer) {
  write_block_head(kXrVoipMetrics, kVoipMetricsLen, writer);
  writer.u32(in.ssrc);
  for (const uint8_t byte : {in.loss_rate, in.discard_rate, in.burst_density, in.gap_density})
    writer.u8(byte);
  for (const uint16_t word : {in.burst_ms, in.gap_ms, in.round_trip_ms, in.end_system_ms})
    writer.u16(word);
  for (const uint8_t byte : {static_cast<uint8_t>(in.signal_dbm0),
                             static_cast<uint8_t>(in.noise_dbm0), in.rerl_db, in.gmin, in.r_factor,
                             in.external_r_factor, in.mos_lq, in.mos_cq, rx_config(in), uint8_t{0}})
    writer.u8(byte);
  for (const uint16_t word : {in.buffer_nominal_ms, in.buffer_maximum_ms, in.buffer_absolute_ms})
    writer.u16(word);
}

// Two's complement.
int16_t to_level(uint8_t byte) {
  return static_cast<int16_t>(byte < 128 ? byte : byte - 256);
}

bool is_within(uint8_t value, uint8_t low, uint8_t high) {
  return value >= low && value <= high;
}

}  // namespace

XrReader::XrReader(const RtcpPacket& packet)
    : reader_(packet.body), is_xr_(packet.type == kRtcpExtendedReport) {
  ssrc_ = reader_.u32();
}

std::optional<XrBlock> XrReader::next() {
  if (!ok() || reader_.left() == 0) return std::nullopt;
  XrBlock block;
  block.type = reader_.u8();
  block.specific = reader_.u8();
  block.body = reader_.take(size_t{4} * reader_.u16());
  if (!reader_.ok()) return std::nullopt;
  return block;
}

Result<uint64_t> parse_receiver_reference_time(const XrBlock& block) {
  if (block.type != kXrReceiverReferenceTime) return Status::ERR_INVALID_ARGUMENT;
  if (block.body.size() != 8) return Status::ERR_TRUNCATED;
  return bytes::Reader(block.body).u64();
}

DlrrItem DlrrView::item(size_t i) const {
  bytes::Reader reader(items.subspan(kDlrrItemLen * i));
  DlrrItem out;
  out.ssrc = reader.u32();
  out.last_rr = reader.u32();
  out.delay_since_rr = reader.u32();
  return out;
}

Result<DlrrView> parse_dlrr(const XrBlock& block) {
  if (block.type != kXrDlrr || block.body.size() % kDlrrItemLen != 0)
    return Status::ERR_INVALID_ARGUMENT;
  return DlrrView{block.body};
}

Result<VoipMetrics> parse_voip_metrics(const XrBlock& block) {
  if (block.type != kXrVoipMetrics || block.body.size() != kVoipMetricsLen)
    return Status::ERR_INVALID_ARGUMENT;
  bytes::Reader reader(block.body);
  VoipMetrics out;
  out.ssrc = reader.u32();
  out.loss_rate = reader.u8();
  out.discard_rate = reader.u8();
  out.burst_density = reader.u8();
  out.gap_density = reader.u8();
  out.burst_ms = reader.u16();
  out.gap_ms = reader.u16();
  out.round_trip_ms = reader.u16();
  out.end_system_ms = reader.u16();
  out.signal_dbm0 = to_level(reader.u8());
  out.noise_dbm0 = to_level(reader.u8());
  out.rerl_db = reader.u8();
  out.gmin = reader.u8();
  out.r_factor = reader.u8();
  out.external_r_factor = reader.u8();
  out.mos_lq = reader.u8();
  out.mos_cq = reader.u8();
  const uint8_t config = reader.u8();
  out.concealment = static_cast<Concealment>(config >> 6);
  out.jitter_buffer = static_cast<JitterBuffer>(config >> 4 & 3);
  out.jitter_buffer_rate = config & 15;
  reader.skip(1);
  out.buffer_nominal_ms = reader.u16();
  out.buffer_maximum_ms = reader.u16();
  out.buffer_absolute_ms = reader.u16();
  return out;
}

bool is_plausible(const VoipMetrics& in) {
  const auto is_factor = [](uint8_t value) { return value <= 100 || value == kXrUnknown; };
  const auto is_score = [](uint8_t value) {
    return is_within(value, 10, 50) || value == kXrUnknown;
  };
  return in.gmin != 0 && is_factor(in.r_factor) && is_factor(in.external_r_factor) &&
         is_score(in.mos_lq) && is_score(in.mos_cq) && in.rerl_db <= kXrUnknown;
}

void write_extended_report(uint32_t ssrc, const ExtendedReport& report, bytes::Writer& writer) {
  const size_t items = kDlrrItemLen * report.answers.size();
  const size_t len = (report.reference_time ? kBlockHeadLen + 8 : 0) +
                     (items != 0 ? kBlockHeadLen + items : 0) +
                     (kBlockHeadLen + kVoipMetricsLen) * report.metrics.size();
  if (len == 0) return;
  writer.u8(0x80);
  writer.u8(kRtcpExtendedReport);
  // In words without the head: the sender and the blocks.
  writer.u16(static_cast<uint16_t>((4 + len) / 4));
  writer.u32(ssrc);
  if (report.reference_time) {
    write_block_head(kXrReceiverReferenceTime, 8, writer);
    writer.u64(*report.reference_time);
  }
  if (items != 0) write_block_head(kXrDlrr, items, writer);
  for (const DlrrItem& item : report.answers) {
    writer.u32(item.ssrc);
    writer.u32(item.last_rr);
    writer.u32(item.delay_since_rr);
  }
  for (const VoipMetrics& metrics : report.metrics) write_metrics(metrics, writer);
}

}  // namespace voxlock::rtp
