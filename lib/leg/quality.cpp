#include "leg/quality.h"

#include <algorithm>
#include <cmath>

#include "base/time.h"
#include "leg/leg.h"
#include "rtp/emodel.h"

namespace voxlock::leg {
namespace {

using Sums = rtp::LossPattern::Sums;

// RFC 3611 4.7.1 and 4.7.2: in 1/256, 255 at most.
uint8_t part(uint64_t of, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<uint8_t>(std::min<uint64_t>(of * 256 / whole, 255));
}

uint16_t to_ms(uint64_t ms) {
  return static_cast<uint16_t>(std::min<uint64_t>(ms, UINT16_MAX));
}

// 4.7.5: ten times the score.
uint8_t to_score(double r) {
  return static_cast<uint8_t>(std::lround(10 * rtp::mos_of(r)));
}

// Loss rates only by values that G.113 gives. What is played to and fro is no concealment of G.711
// appendix I: it is rated as if there were none, so the true R is no lower.
std::optional<rtp::CodecImpairment> impairment(Codec codec, rtp::Concealment concealment,
                                               bool has_missing) {
  if (codec != Codec::kPcmu && codec != Codec::kPcma) return std::nullopt;
  if (has_missing && concealment == rtp::Concealment::kUnspecified) return std::nullopt;
  return rtp::impairment_of(concealment == rtp::Concealment::kEnhanced ? rtp::RatedCodec::kG711Plc
                                                                       : rtp::RatedCodec::kG711);
}

void set_loss(const Sums& sums, rtp::EmodelInput& in) {
  const uint64_t missing = sums.lost + sums.discarded;
  if (missing == 0) return;
  const double share = static_cast<double>(missing) / static_cast<double>(sums.packets);
  in.ppl = 100 * share;
  // G.107 7.5: how long rows of missing packets are against those of random loss; 1 to 8.
  const double row = static_cast<double>(missing) / static_cast<double>(sums.runs);
  in.burst_r = std::clamp(row * (1 - share), 1.0, 8.0);
}

}  // namespace

void Quality::on_packet(uint64_t index, uint32_t timestamp, bool is_audio) {
  record_.on_received(index);
  if (has_last_ && index <= last_index_) return;
  // Longer than a packet can be is a pause (DTX).
  constexpr uint32_t kMostTicks = 48 * 120;
  const uint32_t ticks = timestamp - last_timestamp_;
  const bool is_next = has_last_ && is_audio && index == last_index_ + 1;
  if (is_next && ticks != 0 && ticks <= kMostTicks) packet_ticks_ = ticks;
  last_index_ = index;
  last_timestamp_ = timestamp;
  // A digit's packets repeat one timestamp.
  has_last_ = is_audio;
}

uint32_t Quality::packet_ms(const QualityContext& context) const {
  if (packet_ticks_ == 0 || context.clock_hz < 1000) return context.ptime_ms;
  return std::max(packet_ticks_ / (context.clock_hz / 1000), 1u);
}

bool Quality::take_remote(const rtp::VoipMetrics& metrics) {
  if (!rtp::is_plausible(metrics)) return false;
  remote_ = metrics;
  return true;
}

void Quality::take_reference_time(uint32_t ssrc, uint64_t ntp, uint64_t now_ns) {
  has_question_ = true;
  asking_ssrc_ = ssrc;
  asked_time_ = static_cast<uint32_t>(ntp >> 16);
  asked_at_ns_ = now_ns;
}

std::optional<rtp::DlrrItem> Quality::take_answer(uint64_t now_ns) {
  if (!has_question_) return std::nullopt;
  has_question_ = false;
  const uint64_t delay_ns = now_ns > asked_at_ns_ ? now_ns - asked_at_ns_ : 0;
  const uint64_t delay = std::min<uint64_t>(rtp::fixed_seconds(delay_ns) >> 16, UINT32_MAX);
  return rtp::DlrrItem{asking_ssrc_, asked_time_, static_cast<uint32_t>(delay)};
}

rtp::VoipMetrics Quality::metrics(const QualityContext& context) const {
  const Sums sums = record_.sums();
  const uint64_t packet = packet_ms(context);
  rtp::VoipMetrics out;
  out.ssrc = context.ssrc;
  out.loss_rate = part(sums.lost, sums.packets);
  out.discard_rate = part(sums.discarded, sums.packets);
  out.burst_density = part(sums.burst_missing, sums.burst_packets);
  out.gap_density = part(sums.gap_missing, sums.gap_packets);
  if (sums.bursts != 0) out.burst_ms = to_ms(sums.burst_packets * packet / sums.bursts);
  if (sums.gaps != 0) out.gap_ms = to_ms(sums.gap_packets * packet / sums.gaps);
  // A round trip below a millisecond is one that was measured.
  if (context.rtt_ns) out.round_trip_ms = to_ms(std::max<uint64_t>(*context.rtt_ns / kNsPerMs, 1));
  out.end_system_ms = terminal_.delay_ms;
  out.signal_dbm0 = terminal_.signal_dbm0;
  out.noise_dbm0 = terminal_.noise_dbm0;
  out.rerl_db = terminal_.rerl_db;
  out.concealment = terminal_.concealment;
  out.jitter_buffer = terminal_.jitter_buffer;
  out.jitter_buffer_rate = terminal_.jitter_buffer_rate;
  out.buffer_nominal_ms = terminal_.buffer_nominal_ms;
  out.buffer_maximum_ms = terminal_.buffer_maximum_ms;
  out.buffer_absolute_ms = terminal_.buffer_absolute_ms;
  const bool has_missing = sums.lost + sums.discarded != 0;
  const auto codec = impairment(context.codec, terminal_.concealment, has_missing);
  if (!codec || sums.packets == 0) return out;
  rtp::EmodelInput in;
  in.ie = codec->ie;
  in.bpl = codec->bpl;
  set_loss(sums, in);
  // What a listener hears is all but the delay: the same for every call but for codec and loss.
  static const double default_r = rtp::rate({}).r;
  out.mos_lq = to_score(default_r - rtp::equipment_impairment(in));
  if (!context.rtt_ns) return out;
  // 4.7.3: one way is half of the round trip and of what both ends add.
  const double both = terminal_.delay_ms + (remote_ ? remote_->end_system_ms : 0);
  in.ta_ms = in.t_ms = (static_cast<double>(*context.rtt_ns) / kNsPerMs + both) / 2;
  in.tr_ms = 2 * in.ta_ms;
  // G.107 6.1: the echo of our talker comes back from the peer's end.
  if (remote_ && remote_->rerl_db != rtp::kXrUnknown)
    in.telr_db = in.slr_db + in.rlr_db + remote_->rerl_db;
  const double r = rtp::rate(in).r;
  out.r_factor = static_cast<uint8_t>(std::lround(std::clamp(r, 0.0, 100.0)));
  out.mos_cq = to_score(r);
  return out;
}

rtp::VoipMetrics Leg::voip_metrics() const {
  QualityContext context;
  context.ssrc = ssrc_recv_;
  if (send_stats_.has_rtt()) context.rtt_ns = send_stats_.rtt_ns();
  if (agreement_) {
    context.codec = agreement_->codec;
    context.clock_hz = agreement_->rtp_clock_hz;
    context.ptime_ms = agreement_->ptime_ms;
  }
  return quality_.metrics(context);
}

// RFC 3611 5.1: only what the peer asked for in its description.
void Leg::write_quality(bytes::Writer& writer) {
  rtp::ExtendedReport report;
  if (agreement_->has_xr_rtt) report.reference_time = ntp();
  const auto answer = agreement_->has_xr_rtt ? quality_.take_answer(time_.now_ns()) : std::nullopt;
  if (answer) report.answers = {&*answer, 1};
  const bool has_metrics =
      agreement_->has_xr_metrics && receive_stats_ && receive_stats_->is_valid();
  const rtp::VoipMetrics metrics = has_metrics ? voip_metrics() : rtp::VoipMetrics();
  if (has_metrics) report.metrics = {&metrics, 1};
  rtp::write_extended_report(ssrc_send_, report, writer);
}

void Leg::take_extended_report(const rtp::RtcpPacket& packet) {
  rtp::XrReader reader(packet);
  while (const auto block = reader.next()) {
    if (const auto asked = rtp::parse_receiver_reference_time(*block))
      quality_.take_reference_time(reader.ssrc(), *asked, time_.now_ns());
    const auto metrics = rtp::parse_voip_metrics(*block);
    if (metrics && metrics->ssrc == ssrc_send_ && !quality_.take_remote(*metrics))
      count_drop(Drop::kMalformed);
    const auto answers = rtp::parse_dlrr(*block);
    for (size_t i = 0; answers && i < answers->count(); ++i) {
      const rtp::DlrrItem item = answers->item(i);
      if (item.ssrc == ssrc_send_)
        send_stats_.on_round_trip(item.last_rr, item.delay_since_rr, ntp());
    }
  }
  if (!reader.ok()) count_drop(Drop::kMalformed);
}

}  // namespace voxlock::leg
