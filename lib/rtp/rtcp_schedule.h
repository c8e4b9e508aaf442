// When reports are sent: RFC 3550 section 6.3, with timer reconsideration.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "rtp/statistics.h"

namespace voxlock::rtp {

// Who else is there is counted by what is heard; feed authenticated packets only. A session of ours
// has one peer, and a mixer behind it a few sources more.
class RtcpSchedule {
 public:
  static constexpr size_t kMaxPeers = 8;

  // What is known at a deadline of the media itself.
  struct Media {
    bool we_sent = false;    // in the last two intervals
    bool peer_sent = false;  // likewise
    uint32_t peer_ssrc = 0;  // of the one who did
  };

  [[nodiscard]] uint64_t next_deadline() const { return next_ns_; }
  // The deterministic interval at the last deadline: 6.3.5 and 6.3.8 count in it.
  [[nodiscard]] uint64_t interval_ns() const { return interval_ns_; }

  // From the next deadline on.
  void set_bandwidth(RtcpBandwidth bandwidth) { bandwidth_ = bandwidth; }
  [[nodiscard]] RtcpBandwidth bandwidth() const { return bandwidth_; }

  // 6.3.2: the first report comes in half the time. random: 32 uniform bits.
  void begin(uint64_t now_ns, uint32_t random);
  void stop() { next_ns_ = kNever; }
  // 6.3.6: at the deadline. True where a report is due now; else there is another deadline.
  // random: 64 uniform bits, for the two draws of a report.
  bool expire(const Media& media, uint64_t now_ns, uint64_t random);
  // After it was sent. len: bytes of the datagram, without IP and UDP.
  void on_sent(size_t len);
  // 6.3.3: a compound of that reporter came.
  void on_received(uint32_t ssrc, size_t len, uint64_t now_ns);
  // 6.3.4: it left; who is left reports the more often.
  void on_bye(uint32_t ssrc, uint64_t now_ns);

  [[nodiscard]] uint32_t members(const Media& media) const;
  [[nodiscard]] uint32_t average_size() const { return average_q4_ >> 4; }

 private:
  struct Peer {
    uint32_t ssrc = 0;
    uint64_t heard_ns = 0;
  };

  [[nodiscard]] RtcpIntervalInput input(const Media& media) const;
  [[nodiscard]] const Peer* find(uint32_t ssrc) const;
  void count_size(size_t len);
  void drop_silent(uint64_t now_ns);

  RtcpBandwidth bandwidth_;
  std::array<Peer, kMaxPeers> peers_{};
  size_t peer_count_ = 0;
  uint32_t members_before_ = 1;     // pmembers: at the last deadline
  uint32_t average_q4_ = 120 * 16;  // bytes with IP and UDP, times 16
  uint64_t last_ns_ = 0;            // tp
  uint64_t next_ns_ = kNever;       // tn
  uint64_t interval_ns_ = 5 * kNsPerSecond;
  bool is_initial_ = true;
};

}  // namespace voxlock::rtp
