// What a leg knows about the quality of what it hears, and what the peer says about ours: RFC 3611
// section 4.7, with a rating by ITU-T G.107. What nobody knows stays unknown.
#pragma once

#include <cstdint>
#include <optional>

#include "leg/agreement.h"
#include "rtp/loss_pattern.h"
#include "rtp/xr.h"

namespace voxlock::leg {

// What lies behind the leg: whoever plays its audio tells it. A bridge does.
struct Terminal {
  rtp::Concealment concealment = rtp::Concealment::kUnspecified;
  rtp::JitterBuffer jitter_buffer = rtp::JitterBuffer::kUnknown;
  uint8_t jitter_buffer_rate = 0;
  uint16_t buffer_nominal_ms = 0;
  uint16_t buffer_maximum_ms = 0;
  uint16_t buffer_absolute_ms = 0;
  uint16_t delay_ms = 0;  // sending and receiving together, beside the network; 0: not known
  int16_t signal_dbm0 = rtp::kXrUnknown;
  int16_t noise_dbm0 = rtp::kXrUnknown;
  uint8_t rerl_db = rtp::kXrUnknown;
};

// What the metrics are made of beside the losses.
struct QualityContext {
  uint32_t ssrc = 0;
  Codec codec = Codec::kNone;
  uint32_t clock_hz = 8000;
  uint32_t ptime_ms = 20;  // until packets show their own
  std::optional<uint64_t> rtt_ns;
};

class Quality {
 public:
  // Another source, or the same one from its beginning.
  void begin_source() {
    record_ = {};
    packet_ticks_ = 0;
    has_last_ = false;
  }
  // An authenticated packet of the source.
  void on_packet(uint64_t index, uint32_t timestamp, bool is_audio);
  // A packet of before came too late to be used.
  void on_discarded(uint64_t index) { record_.on_discarded(index); }

  void set_terminal(const Terminal& terminal) { terminal_ = terminal; }
  [[nodiscard]] const Terminal& terminal() const { return terminal_; }

  // The peer's metrics about our source. False, and nothing taken, where a value is out of range.
  bool take_remote(const rtp::VoipMetrics& metrics);
  [[nodiscard]] const std::optional<rtp::VoipMetrics>& remote() const { return remote_; }
  void forget_remote() { remote_.reset(); }

  // A receiver asks for an answer (4.4); the newest one is kept.
  void take_reference_time(uint32_t ssrc, uint64_t ntp, uint64_t now_ns);
  // The answer, once for each question.
  std::optional<rtp::DlrrItem> take_answer(uint64_t now_ns);

  [[nodiscard]] rtp::LossPattern::Sums sums() const { return record_.sums(); }
  [[nodiscard]] rtp::VoipMetrics metrics(const QualityContext& context) const;

 private:
  [[nodiscard]] uint32_t packet_ms(const QualityContext& context) const;

  rtp::LossRecord record_;
  Terminal terminal_;
  std::optional<rtp::VoipMetrics> remote_;
  uint32_t packet_ticks_ = 0;  // between the last two packets in order; 0: not seen yet
  uint64_t last_index_ = 0;
  uint32_t last_timestamp_ = 0;
  bool has_last_ = false;
  bool has_question_ = false;
  uint32_t asking_ssrc_ = 0;
  uint32_t asked_time_ = 0;  // middle 32 bits of the NTP time
  uint64_t asked_at_ns_ = 0;
};

}  // namespace voxlock::leg
