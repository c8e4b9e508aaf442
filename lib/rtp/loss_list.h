// Which packets of a source are missing, and when to ask for them again (RFC 4585, section 6.2.1).
// Only gaps of the sequence numbers count: a pause of the sender (DTX, RFC 3389) has none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/time.h"

namespace voxlock::rtp {

struct LossStats {
  uint64_t requested = 0;  // packets asked for, each time
  uint64_t recovered = 0;  // came after they were asked for
  uint64_t given_up = 0;   // not asked for any longer
};

// Feed authenticated packets of one source.
class LossList {
 public:
  // 640 ms of packets of 20 ms; of a longer gap the newest are asked for.
  static constexpr size_t kMost = 32;
  static constexpr uint32_t kMaxRequests = 3;
  // A packet that was overtaken mostly comes right behind.
  static constexpr uint64_t kPatienceNs = 5 * kNsPerMs;
  // Behind that no jitter buffer of a conversation waits for it.
  static constexpr uint64_t kGiveUpNs = 500 * kNsPerMs;
  // Requests for a quarter of what comes in at most, and so many at once.
  static constexpr uint32_t kPacketsPerRequest = 4;
  static constexpr uint32_t kMostAtOnce = 16;

  // index: extended sequence number.
  void on_packet(uint64_t index, uint64_t now_ns);
  // The frame came another way: the packet is not asked for (again).
  void forget(uint64_t index);
  // Another source, or the source started over.
  void reset();

  // Sequence numbers that are due, ascending; how many. retry_ns: until an answer can be there.
  size_t take_due(uint64_t retry_ns, uint64_t now_ns, std::span<uint16_t> out);
  // When to call take_due; kNever for never.
  [[nodiscard]] uint64_t next_deadline() const;
  // Whether a packet in front of index may still come.
  [[nodiscard]] bool is_open_before(uint64_t index) const {
    return count_ != 0 && missing_[0].index < index;
  }
  // From a request to the packet, smoothed; 0: none came yet.
  [[nodiscard]] uint64_t answer_ns() const { return answer_ns_; }
  [[nodiscard]] const LossStats& stats() const { return stats_; }

 private:
  struct Missing {
    uint64_t index = 0;
    uint64_t since_ns = 0;
    uint64_t due_ns = 0;
    uint64_t asked_ns = 0;
    uint32_t requests = 0;
  };

  void add(uint64_t index, uint64_t now_ns);
  void recover(size_t at, uint64_t now_ns);
  void remove(size_t at);
  bool give_up_at(size_t at, uint64_t now_ns);

  std::array<Missing, kMost> missing_{};  // ascending
  size_t count_ = 0;
  bool has_any_ = false;
  uint64_t highest_ = 0;
  uint64_t answer_ns_ = 0;
  uint32_t credit_ = 0;  // kPacketsPerRequest for one request
  LossStats stats_;
};

}  // namespace voxlock::rtp
