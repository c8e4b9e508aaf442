// When packets with transport-wide numbers came, and what of it is to be told (see
// transport_feedback.h).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/time.h"
#include "rtp/transport_feedback.h"

namespace voxlock::rtp {

// Feed authenticated packets only.
class ArrivalLog {
 public:
  // Ten times the packets between two messages, so that a late one is told as well.
  static constexpr uint64_t kRemembered = 64;

  void on_packet(uint16_t sequence, uint64_t now_ns);
  // Another peer.
  void reset() { *this = ArrivalLog(); }
  // Since when a packet waits to be told; kNever where none does.
  [[nodiscard]] uint64_t waiting_since_ns() const { return waiting_since_ns_; }
  // Appends one message about what was not told yet. False where there is nothing.
  bool write(uint32_t sender_ssrc, uint32_t media_ssrc, bytes::Writer& writer);

 private:
  [[nodiscard]] int64_t& arrival(uint64_t index) { return arrivals_us_[index % kRemembered]; }

  std::array<int64_t, kRemembered> arrivals_us_{};  // of the last numbers; negative: did not come
  bool has_any_ = false;
  uint64_t next_ = 0;  // the first number that was not told
  uint64_t end_ = 0;   // behind the highest one
  uint64_t waiting_since_ns_ = kNever;
  uint8_t count_ = 0;
};

}  // namespace voxlock::rtp
