// Packets sent with transport-wide numbers, and what the peer tells of them (see
// transport_feedback.h).
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"
#include "rtp/transport_feedback.h"

namespace voxlock::rtp {

struct TransportStats {
  uint64_t messages = 0;
  uint64_t received = 0;  // packets that the peer says came
  uint64_t lost = 0;      // packets that it says did not; one that comes late is taken out
  // How much longer the last packet told of was on its way than the quickest one before it.
  uint64_t queue_us = 0;
};

class SentLog {
 public:
  // 5 s of packets of 20 ms: feedback that comes later is about nothing that is remembered.
  static constexpr size_t kRemembered = 256;

  // The number of the next packet, which leaves now.
  uint16_t next(uint64_t now_ns);
  [[nodiscard]] uint16_t peek() const { return next_; }
  // A message of the peer; only what is remembered counts, and each packet once.
  void on_feedback(TransportFeedback feedback);
  [[nodiscard]] const TransportStats& stats() const { return stats_; }

 private:
  enum class Fate : uint8_t { kNone, kSent, kReceived, kLost };
  struct Sent {
    uint64_t at_ns = 0;
    uint16_t sequence = 0;
    Fate fate = Fate::kNone;
  };
  void on_arrival(const Sent& sent, int64_t arrival_us);

  std::array<Sent, kRemembered> sent_{};
  uint16_t next_ = 0;
  bool has_delay_ = false;
  int64_t last_arrival_us_ = 0;  // unwrapped
  int64_t quickest_us_ = 0;      // the peer's clock minus ours, and the shortest way
  TransportStats stats_;
};

}  // namespace voxlock::rtp
