// How losses of one source lie in time: bursts and gaps, RFC 3611 section 4.7.2.
#pragma once

#include <cstdint>

namespace voxlock::rtp {

enum class Fate : uint8_t {
  kReceived,
  kLost,
  kDiscarded,  // came, but too late to be of use
};

// Sums of one source since its beginning. A burst begins and ends with a packet that is missing
// (lost or discarded) and has nowhere Gmin received ones in a row; what is not in bursts is in
// gaps. Gmin packets are taken to be received before the first and behind the last one.
class LossPattern {
 public:
  static constexpr uint32_t kGmin = 16;

  // The next packet, in order.
  void add(Fate fate);
  void add_received() { ++packets_; }
  // As so many calls of add.
  void add_lost(uint64_t count);

  struct Sums {
    uint64_t packets = 0;
    uint64_t lost = 0, discarded = 0;
    uint64_t runs = 0;  // rows of missing packets without a received one between them
    uint64_t bursts = 0, burst_packets = 0, burst_missing = 0;
    uint64_t gaps = 0, gap_packets = 0, gap_missing = 0;
  };
  [[nodiscard]] Sums sums() const;

 private:
  void add_missing();
  void close();

  uint64_t packets_ = 0;
  uint64_t lost_ = 0, discarded_ = 0, runs_ = 0;
  // Missing packets with less than Gmin received between them, which one more may make a burst.
  uint64_t open_missing_ = 0;
  uint64_t open_begin_ = 0,
           open_end_ = 0;  // numbers of the first of them and the one behind the last
  uint64_t bursts_ = 0, burst_packets_ = 0, burst_missing_ = 0;
  bool begins_with_burst_ = false;
};

// The fate of packets that may still come: a window behind the newest one decides late. Numbers are
// extended sequence numbers.
class LossRecord {
 public:
  static constexpr uint32_t kWindow = 64;

  // A packet came in time; one that is older than the window has been counted as lost.
  void on_received(uint64_t index);
  // It came too late to be used.
  void on_discarded(uint64_t index);
  // All that is known by now, what is missing in the window counted as lost.
  [[nodiscard]] LossPattern::Sums sums() const;

 private:
  void advance(uint64_t steps);
  void move_on();
  [[nodiscard]] Fate fate_at(uint32_t age) const;

  LossPattern pattern_;
  bool has_any_ = false;
  uint64_t next_ = 0;      // number behind the newest one
  uint32_t count_ = 0;     // packets in the window, kWindow at most
  uint64_t received_ = 0;  // bit i: the packet i before the newest one
  uint64_t discarded_ = 0;
};

}  // namespace voxlock::rtp
