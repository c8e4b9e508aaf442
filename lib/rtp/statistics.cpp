#include "rtp/statistics.h"

#include <algorithm>

namespace voxlock::rtp {
namespace {

// RFC 3550 A.1.
constexpr uint16_t kMaxDropout = 3000;
constexpr uint16_t kMaxMisorder = 100;
constexpr uint32_t kMaxLateSeconds = 5;

constexpr uint64_t kNsPerSecond = 1'000'000'000;

// ns as units of a clock, modulo 2^32. Seconds and the rest apart, so that nothing overflows.
uint32_t clock_units(uint64_t ns, uint32_t rate) {
  return static_cast<uint32_t>(ns / kNsPerSecond * rate + ns % kNsPerSecond * rate / kNsPerSecond);
}

// Of a difference modulo 2^32, whichever way.
uint32_t magnitude(uint32_t difference) {
  return std::min(difference, 0 - difference);
}

}  // namespace

bool is_jump(uint16_t highest, uint16_t sequence) {
  const auto delta = static_cast<uint16_t>(sequence - highest);
  return delta >= kMaxDropout && delta <= 0xffff - kMaxMisorder;
}

void ReceiveStatistics::restart(uint16_t sequence) {
  base_ = sequence;
  highest_ = sequence;
  cycles_ = 0;
  bad_ = kNoBad;
  received_ = 0;
  expected_prior_ = 0;
  received_prior_ = 0;
  has_transit_ = false;
  jitter_q4_ = 0;
}

void ReceiveStatistics::start_over() {
  lost_before_ += std::max<int64_t>(lost(), 0);
  restart(0);
  has_any_ = is_valid_ = false;
  ++restarts_;
}

// RFC 3550 A.1 update_seq, with a probation of two packets in order.
ReceiveStatistics::Verdict ReceiveStatistics::update_sequence(uint16_t sequence) {
  const auto delta = static_cast<uint16_t>(sequence - highest_);
  if (!is_valid_) {
    const bool is_successor = has_any_ && delta == 1;
    // The first packet of the pair counts as well.
    restart(is_successor ? highest_ : sequence);
    has_any_ = true;
    received_ = 1;
    if (!is_successor) return Verdict::kProbation;
    is_valid_ = true;
    highest_ = sequence;
    if (sequence < base_) cycles_ += 0x10000;
    ++received_;
    return Verdict::kInOrder;
  }
  if (delta != 0 && delta < kMaxDropout) {
    if (sequence < highest_) cycles_ += 0x10000;
    highest_ = sequence;
    bad_ = kNoBad;
    ++received_;
    return Verdict::kInOrder;
  }
  if (is_jump(highest_, sequence)) {
    if (sequence != bad_) {
      bad_ = static_cast<uint16_t>(sequence + 1);
      return Verdict::kJump;
    }
    // Two packets in a row after the jump: the other side started over.
    lost_before_ += std::max<int64_t>(lost(), 0);
    restart(static_cast<uint16_t>(sequence - 1));
    highest_ = sequence;
    if (sequence < base_) cycles_ += 0x10000;
    received_ = 2;
    ++restarts_;
    return Verdict::kRestarted;
  }
  ++received_;
  return Verdict::kReordered;
}

// Further than any network is late: the sender's timestamps began anew.
bool ReceiveStatistics::is_far(uint32_t distance) const {
  return distance / clock_rate_ >= kMaxLateSeconds;
}

bool ReceiveStatistics::leaps(uint32_t timestamp) const {
  return has_transit_ && is_far(magnitude(timestamp - timestamp_));
}

// RFC 3550 A.8, with 16 times the jitter kept so that rounding does not accumulate.
void ReceiveStatistics::update_jitter(uint32_t timestamp, uint64_t now_ns) {
  // Packets of one timestamp (a telephone event, a repeated one) say nothing about the spacing.
  if (has_transit_ && timestamp == timestamp_) return;
  const uint32_t transit = clock_units(now_ns, clock_rate_) - timestamp;
  if (has_transit_) {
    const uint32_t distance = magnitude(transit - transit_);
    if (!is_far(distance)) jitter_q4_ += distance - ((jitter_q4_ + 8) >> 4);
  }
  transit_ = transit;
  timestamp_ = timestamp;
  has_transit_ = true;
}

ReceiveStatistics::Verdict ReceiveStatistics::on_packet(uint16_t sequence, uint32_t timestamp,
                                                        uint64_t now_ns) {
  const Verdict verdict = update_sequence(sequence);
  if (verdict != Verdict::kJump) update_jitter(timestamp, now_ns);
  return verdict;
}

void ReceiveStatistics::on_sender_report(const SenderInfo& info, uint64_t now_ns) {
  last_sr_ = static_cast<uint32_t>(info.ntp >> 16);
  last_sr_ns_ = now_ns;
  has_sr_ = true;
}

uint64_t ReceiveStatistics::expected() const {
  return is_valid_ ? uint64_t{extended_highest()} - base_ + 1 : 0;
}

int64_t ReceiveStatistics::lost() const {
  return is_valid_ ? static_cast<int64_t>(expected()) - static_cast<int64_t>(received_) : 0;
}

// RFC 3550 A.3.
ReportBlock ReceiveStatistics::take_report(uint32_t ssrc, uint64_t now_ns) {
  const uint64_t expected_interval = expected() - expected_prior_;
  const uint64_t received_interval = is_valid_ ? received_ - received_prior_ : 0;
  expected_prior_ = expected();
  received_prior_ = is_valid_ ? received_ : 0;
  ReportBlock block;
  block.ssrc = ssrc;
  if (expected_interval > received_interval) {
    const uint64_t fraction = (expected_interval - received_interval) * 256 / expected_interval;
    block.fraction_lost = static_cast<uint8_t>(std::min<uint64_t>(fraction, 255));
  }
  block.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(lost(), -0x800000, 0x7fffff));
  block.extended_highest = extended_highest();
  block.jitter = jitter();
  if (has_sr_) {
    const uint64_t delay_ns = now_ns > last_sr_ns_ ? now_ns - last_sr_ns_ : 0;
    block.last_sr = last_sr_;
    block.delay_since_sr =
        static_cast<uint32_t>(std::min<uint64_t>(fixed_seconds(delay_ns) >> 16, UINT32_MAX));
  }
  return block;
}

void SendStatistics::on_report_block(const ReportBlock& block, uint64_t ntp) {
  remote_ = block;
  on_round_trip(block.last_sr, block.delay_since_sr, ntp);
}

void SendStatistics::on_round_trip(uint32_t last, uint32_t delay, uint64_t ntp) {
  if (last == 0) return;
  // RFC 3550 6.4.1: A - LSR - DLSR in 1/65536 s. A clock that moved gives a negative difference.
  const uint32_t rtt = static_cast<uint32_t>(ntp >> 16) - last - delay;
  if (rtt >= 0x80000000) return;
  rtt_ns_ = (uint64_t{rtt} * kNsPerSecond) >> 16;
  has_rtt_ = true;
}

uint64_t fixed_seconds(uint64_t ns) {
  return (ns / kNsPerSecond << 32) + (ns % kNsPerSecond << 32) / kNsPerSecond;
}

uint64_t ntp_from_unix(uint64_t unix_ns) {
  // RFC 5905 figure 4: 70 years with 17 leap days.
  constexpr uint64_t kUnixEpoch = 2'208'988'800;
  return fixed_seconds(unix_ns) + (kUnixEpoch << 32);
}

uint64_t rtcp_interval_ns(const RtcpIntervalInput& input, uint32_t random) {
  // RFC 3550 A.7, RFC 3556 3: both have shares of their own while the senders are no more of the
  // members than their share is of the bandwidth.
  const auto& [senders_bps, receivers_bps] = input.bandwidth;
  uint64_t share = uint64_t{senders_bps} + receivers_bps;
  uint64_t members = input.members;
  if (input.senders * share <= uint64_t{input.members} * senders_bps) {
    share = input.we_sent ? senders_bps : receivers_bps;
    members = input.we_sent ? input.senders : input.members - input.senders;
  }
  // In us: sizes and counts of any honest session stay far below the 64 bits.
  const uint64_t bits =
      std::min<uint64_t>(uint64_t{input.average_size} * 8 * members, UINT64_MAX / 2'000'000);
  const uint64_t minimum_us = input.is_initial ? 2'500'000 : 5'000'000;
  const uint64_t longest_us = 3'600'000'000;  // an hour: longer is as good as silence
  const uint64_t needed_us = share != 0 ? bits * 1'000'000 / share : 0;
  const uint64_t interval_us = std::clamp<uint64_t>(needed_us, minimum_us, longest_us);
  // Times [0.5, 1.5), divided by e - 3/2 to make up for timer reconsideration.
  const uint64_t spread_ns = interval_us * 1000 / 2 + ((interval_us * random) >> 32) * 1000;
  return spread_ns * 100'000 / 121'828;
}

}  // namespace voxlock::rtp
