// Joins two legs into one call.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "bridge/airlock.h"
#include "bridge/hold.h"
#include "bridge/lane.h"
#include "bridge/protection.h"
#include "bridge/tap.h"

namespace voxlock::bridge {

struct BridgeConfig {
  // By direction: 0 from leg 0 to leg 1, 1 back.
  std::array<std::span<const audio::StageConfig>, 2> stages;
  uint32_t conceal_max_ms = 100;
  // By direction: how long packets wait for a lost one that the leg has asked its peer for. 0: not
  // at all.
  std::array<uint32_t, 2> repair_ms{};
  // For the keys of what waits, while the bridge is made; needed with repair_ms.
  RandomSource* random = nullptr;
  // By leg: what opens the frames of its peer and seals those to it; nullptr: they are clear. Must
  // outlive the bridge.
  std::array<e2ee::FrameCryptor*, 2> cryptors{};
};

struct BridgeDatagram {
  leg::Datagram datagram;
  uint32_t leg = 0;  // 0 or 1
};

class Bridge {
 public:
  // The legs must outlive the bridge. Throws std::bad_alloc.
  Bridge(std::pmr::memory_resource& memory, leg::Leg& first, leg::Leg& second,
         const BridgeConfig& config);
  ~Bridge();
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;
  // The status of audio::Chain::create for stages that work at no rate a codec has.
  static Result<void> check_stages(std::pmr::memory_resource& memory, const BridgeConfig& config);

  // Follows agreements made since the last call. Throws std::bad_alloc, with everything as before.
  void refresh();
  // After refresh(); neither allocates nor fails.
  void input(const BridgeDatagram& datagram, uint64_t now_ns);
  // A frame of the host's, where that leg is a port of frames.
  void put(const leg::Frame& frame, uint32_t leg, uint64_t now_ns);
  void run_timers(uint64_t now_ns);
  [[nodiscard]] uint64_t next_deadline() const;
  void close(uint64_t now_ns);

  // The next event of either leg: its number, or nothing.
  [[nodiscard]] std::optional<uint32_t> next_leg() const;
  [[nodiscard]] leg::Leg& leg(uint32_t index) { return *legs_[index]; }
  [[nodiscard]] const leg::Leg& leg(uint32_t index) const { return *legs_[index]; }
  // From now on a tap hears what the peer of a leg says, as it goes to the other one. ERR_LIMIT
  // where kMaxTaps do, ERR_TAP_REVOKED after revoke_taps().
  Result<void> attach(Tap& tap, size_t direction);
  // The tap hears nothing any more.
  void detach(Tap& tap);
  // No audio gets out to the host any more: not to taps, and not to host processors, whose stages
  // pass it unchanged.
  void revoke_taps();

  // True once after every change of protection() and of the taps.
  bool take_protection_change();

  [[nodiscard]] const Protection& protection() const { return protection_; }
  // Nothing where a leg has agreed on nothing yet or the two formats cannot be joined.
  [[nodiscard]] const std::optional<Lane>& lane(size_t direction) const {
    return lanes_[direction];
  }
  // OK, or why two agreed formats are not joined.
  [[nodiscard]] Status lane_status(size_t direction) const { return lane_status_[direction]; }
  // Of plaintext, in cycles; scale() turns them into time.
  [[nodiscard]] const Histogram& lifetimes(size_t direction) const { return lifetimes_[direction]; }
  [[nodiscard]] const CycleScale& scale() const { return scale_; }
  [[nodiscard]] const Hold& hold(size_t direction) const { return holds_[direction]; }
  [[nodiscard]] const Airlock& airlock() const { return airlock_; }

 private:
  // What a lane is built for: a rekey, a hold or a move leaves it alone.
  struct Format {
    leg::Codec codec = leg::Codec::kNone;
    uint32_t sample_rate = 0, clock_hz = 0, ptime_ms = 0, event_clock_in_hz = 0,
             event_clock_out_hz = 0;
    uint8_t payload_type = 0, event_type = 0;
    uint32_t max_opus_bitrate = 0, max_playback_hz = 0;
    bool wants_opus_fec = false, wants_opus_dtx = false, wants_opus_cbr = false;
    bool operator==(const Format&) const = default;
  };
  static Format format_of(const leg::Leg& leg);
  void remake_lanes(const std::array<Format, 2>& formats);
  // ERR_WRONG_STATE before both legs have agreed.
  [[nodiscard]] Result<Lane> make_lane(size_t direction) const;
  void update_protection();
  void tell_taps(size_t direction, Protection& out) const;
  void tell_terminals();
  void pass_on(leg::Received received, uint32_t leg, Airlock::Visit& visit);
  void hand_on(leg::Received& received, uint32_t leg);
  // What waits in front of an index goes on, and behind it what is due.
  void release_before(uint64_t index, uint32_t leg);
  void release_due(uint32_t leg);
  void release(uint32_t leg);

  std::pmr::memory_resource& memory_;
  std::array<leg::Leg*, 2> legs_;
  std::array<std::pmr::vector<audio::StageConfig>, 2> stages_;
  uint32_t conceal_max_ms_;
  std::array<e2ee::FrameCryptor*, 2> cryptors_;
  std::array<std::array<Tap*, kMaxTaps>, 2> taps_{};  // by direction; nullptr: room for one
  bool is_revoked_ = false;                           // what host processors look at as well
  std::array<uint32_t, 2> revisions_{};
  std::array<Format, 2> formats_{};
  std::array<std::optional<Lane>, 2> lanes_;
  std::array<Hold, 2> holds_;
  std::array<Status, 2> lane_status_{};
  std::array<Histogram, 2> lifetimes_;
  CycleScale scale_;
  Airlock airlock_;
  Protection protection_;
  bool is_protection_new_ = false;
};

}  // namespace voxlock::bridge
