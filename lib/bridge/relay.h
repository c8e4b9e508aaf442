// The opaque path: joins two legs of one codec and passes payloads on unopened.
//
// It is a type of its own beside the airlock and the bridge: there is no decoder, no chain and no
// function that takes a stage, so nothing here could reach audio that the peers have sealed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "bridge/bridge.h"
#include "bridge/protection.h"
#include "bridge/relay_lane.h"
#include "leg/leg.h"

namespace voxlock::bridge {

class Relay {
 public:
  // The legs must outlive the relay.
  Relay(leg::Leg& first, leg::Leg& second, const RelayConfig& config);

  // Follows agreements made since the last call.
  void refresh();
  // After refresh(); neither allocates nor fails.
  void input(const BridgeDatagram& datagram, uint64_t now_ns);
  void run_timers(uint64_t now_ns);
  [[nodiscard]] uint64_t next_deadline() const;
  void close(uint64_t now_ns);

  [[nodiscard]] leg::Leg& leg(uint32_t index) { return *legs_[index]; }
  [[nodiscard]] const leg::Leg& leg(uint32_t index) const { return *legs_[index]; }
  // True once after every change of protection() or status().
  bool take_protection_change();

  // OK; ERR_WRONG_STATE before both legs have agreed; ERR_RELAY_CODEC where they agreed on
  // different formats: sealed content cannot be transcoded.
  [[nodiscard]] Status status() const { return status_; }
  [[nodiscard]] const Protection& protection() const { return protection_; }
  [[nodiscard]] const RelayStats& stats(size_t direction) const {
    return lanes_[direction].stats();
  }
  // For tests: nothing of a packet is left.
  [[nodiscard]] bool is_clean() const;

 private:
  [[nodiscard]] Status join() const;
  void update_protection();

  std::array<leg::Leg*, 2> legs_;
  RelayConfig config_;
  std::array<RelayLane, 2> lanes_;
  std::array<uint32_t, 2> revisions_{};
  Status status_ = Status::ERR_WRONG_STATE;
  Protection protection_;
  bool is_protection_new_ = false;
  // A packet between its two seals. What the peers have not sealed is plain in here, so both are
  // wiped before the call returns.
  std::array<uint8_t, leg::kMaxPacketLen> opened_{};
  std::array<uint8_t, leg::kMaxPacketLen> packet_{};
};

}  // namespace voxlock::bridge
