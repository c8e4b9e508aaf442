// What a receiver and a sender count for their reports, RFC 3550 sections 6.4, A.1, A.3, A.8.
#pragma once

#include <cstdint>

#include "rtp/rtcp.h"

namespace voxlock::rtp {

// RFC 3550 A.1: whether a number is too far from the highest one to follow it or to be late.
bool is_jump(uint16_t highest, uint16_t sequence);

// One source as it is received. Feed authenticated packets only. Gaps in the timestamp (DTX) are
// not loss: only sequence numbers count.
class ReceiveStatistics {
 public:
  enum class Verdict : uint8_t {
    kProbation,  // one packet so far: not yet a valid source
    kInOrder,    // counted
    kReordered,  // counted; late or a duplicate
    kJump,       // a jump too big to believe; not counted until its successor confirms it
    kRestarted,  // the successor came: the source started over, statistics began anew
  };

  // clock_rate: RTP clock in Hz, 1 or more.
  explicit ReceiveStatistics(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  Verdict on_packet(uint16_t sequence, uint32_t timestamp, uint64_t now_ns);
  // The source is known to start over: as kRestarted, and not valid until two packets came.
  void start_over();
  // A sender report of the source came.
  void on_sender_report(const SenderInfo& info, uint64_t now_ns);

  [[nodiscard]] bool is_valid() const { return is_valid_; }
  [[nodiscard]] uint32_t extended_highest() const { return cycles_ + highest_; }
  [[nodiscard]] uint64_t received() const { return received_; }
  [[nodiscard]] uint64_t expected() const;
  // Expected minus received; negative where duplicates arrived.
  [[nodiscard]] int64_t lost() const;
  // The same of before the restarts, as far as it was a loss.
  [[nodiscard]] int64_t lost_before() const { return lost_before_; }
  // In units of the RTP clock.
  [[nodiscard]] uint32_t jitter() const { return jitter_q4_ >> 4; }
  // Restarts seen so far.
  [[nodiscard]] uint32_t restarts() const { return restarts_; }
  // Whether a timestamp is too far from the last one for packets lost between the two.
  [[nodiscard]] bool leaps(uint32_t timestamp) const;

  // The block for the next report about the source; begins a new interval for fraction_lost.
  ReportBlock take_report(uint32_t ssrc, uint64_t now_ns);

 private:
  void restart(uint16_t sequence);
  [[nodiscard]] bool is_far(uint32_t distance) const;
  Verdict update_sequence(uint16_t sequence);
  void update_jitter(uint32_t timestamp, uint64_t now_ns);

  uint32_t clock_rate_;
  uint16_t base_ = 0;
  uint16_t highest_ = 0;
  uint32_t cycles_ = 0;  // wraps counted, shifted by 16
  uint32_t bad_ = kNoBad;
  uint64_t received_ = 0;
  uint64_t expected_prior_ = 0;
  uint64_t received_prior_ = 0;
  uint32_t restarts_ = 0;
  int64_t lost_before_ = 0;
  bool has_any_ = false;
  bool is_valid_ = false;
  bool has_transit_ = false;
  uint32_t transit_ = 0;
  uint32_t timestamp_ = 0;  // of the packet behind transit_
  uint32_t jitter_q4_ = 0;  // 16 times the jitter
  uint32_t last_sr_ = 0;
  uint64_t last_sr_ns_ = 0;
  bool has_sr_ = false;

  static constexpr uint32_t kNoBad = 0x10001;
};

// One source as it is sent.
class SendStatistics {
 public:
  void on_packet(size_t payload_len) {
    ++packets_;
    octets_ += static_cast<uint32_t>(payload_len);
  }
  // A block about us came in a report of the peer. ntp: our time in 32.32, the clock that our SRs
  // use.
  void on_report_block(const ReportBlock& block, uint64_t ntp);

  // How long ago it was that the peer heard a time of ours: of a report block or of a DLRR (RFC
  // 3611 4.5). last: middle 32 bits of that time, 0: none; delay: in 1/65536 s.
  void on_round_trip(uint32_t last, uint32_t delay, uint64_t ntp);

  [[nodiscard]] SenderInfo info(uint64_t ntp, uint32_t rtp_timestamp) const {
    return {ntp, rtp_timestamp, packets_, octets_};
  }
  [[nodiscard]] uint32_t packets() const { return packets_; }
  [[nodiscard]] bool has_rtt() const { return has_rtt_; }
  [[nodiscard]] uint64_t rtt_ns() const { return rtt_ns_; }
  // The peer's last block about us; zeros before one came.
  [[nodiscard]] const ReportBlock& remote() const { return remote_; }

 private:
  uint32_t packets_ = 0;
  uint32_t octets_ = 0;
  ReportBlock remote_;
  uint64_t rtt_ns_ = 0;
  bool has_rtt_ = false;
};

// Any clock in ns as 32.32 fixed-point seconds (from Unix time: since 1900).
uint64_t ntp_from_unix(uint64_t unix_ns);
uint64_t fixed_seconds(uint64_t ns);

// The shares of RTCP in bits per second. Without b=RS and b=RR: a quarter and three quarters of 5 %
// of a session of 64 kbit/s (RFC 3556, section 2).
struct RtcpBandwidth {
  uint32_t senders_bps = 800;
  uint32_t receivers_bps = 2400;

  friend bool operator==(const RtcpBandwidth&, const RtcpBandwidth&) = default;
  // RFC 3556, section 3: without a share of their own, senders live on that of the receivers.
  [[nodiscard]] bool allows(bool we_sent) const {
    return receivers_bps != 0 || (we_sent && senders_bps != 0);
  }
};

// RFC 3550 section 6.3.1 and A.7.
struct RtcpIntervalInput {
  uint32_t members = 2;
  uint32_t senders = 1;
  bool we_sent = false;
  bool is_initial = false;  // nothing was sent yet: half the minimum
  RtcpBandwidth bandwidth;
  uint32_t average_size = 120;  // of a compound with its UDP and IP headers, bytes
};
// Time to the next report; where none is allowed, to the next look. random: 32 uniform bits, spread
// over [0.5, 1.5) of the calculated interval.
uint64_t rtcp_interval_ns(const RtcpIntervalInput& input, uint32_t random);

}  // namespace voxlock::rtp
