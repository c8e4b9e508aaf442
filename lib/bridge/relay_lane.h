// One direction of a relay: the header of a packet is written anew, its payload stays as it is.
#pragma once

#include <array>
#include <cstdint>

#include "leg/leg.h"
#include "rtp/dtmf.h"

namespace voxlock::bridge {

// Numbers of the C ABI.
enum class DigitPolicy : uint8_t { kForward = 0, kBlock = 1 };
enum class LevelPolicy : uint8_t { kStrip = 0, kForward = 1 };

struct RelayConfig {
  // RFC 4733: events are in clear beside the sealed audio.
  DigitPolicy digits = DigitPolicy::kForward;
  // RFC 6464: the level of each packet tells when someone speaks and how loud.
  LevelPolicy levels = LevelPolicy::kStrip;
  // By leg: the number of the level among its header extensions, 0 for none.
  std::array<uint8_t, 2> level_ids{};
  // What signalling says: the peers seal their frames.
  bool is_sealed = true;
};

struct RelayStats {
  uint64_t packets_in = 0;  // audio
  uint64_t packets_out = 0;
  uint64_t lost = 0;       // missing before a packet; the gap is passed on
  uint64_t recovered = 0;  // of these: came along with a later packet (RFC 2198)
  uint64_t reordered = 0;  // late ones, passed on with their number
  uint64_t too_late = 0;   // dropped
  uint64_t events_out = 0;
  uint64_t events_blocked = 0;
  uint64_t levels_out = 0;
};

class RelayLane {
 public:
  struct Path {
    leg::Leg& from;
    leg::Leg& to;
    const RelayConfig& config;
    uint8_t level_id_in;
    uint8_t level_id_out;
    MutableBytes packet;  // to build in, leg::kMaxPacketLen
  };
  // Both legs have agreed on one format.
  void take(const leg::Received& received, const Path& path);

  [[nodiscard]] const RelayStats& stats() const { return stats_; }

 private:
  void begin(const leg::Received& received, const Path& path);
  void take_one(const leg::Received& received, const Path& path);
  // Where the packet's number lies from the next one of the outgoing stream; nothing where it is
  // too late.
  std::optional<int32_t> place(const leg::Received& received);
  void leave_out(const leg::Received& received);
  void send_audio(const leg::Received& received, int32_t ahead, const Path& path);
  void send_event(const leg::Received& received, int32_t ahead, const Path& path);
  // The packet goes out with payload behind its new header. False where the leg refused it.
  bool send(ByteView payload, leg::Outgoing fields, const leg::Received& received,
            const Path& path);

  RelayStats stats_;
  bool has_any_ = false;
  uint64_t first_ = 0;    // index of the source's first packet
  uint64_t highest_ = 0;  // and its newest
  // An index minus this is the outgoing number, counted from our first. It grows with each packet
  // that is left out, so that this is no loss to the peer.
  uint64_t shift_ = 0;
  uint64_t left_out_ = 0;  // bit i: highest_ - i was left out
  uint64_t next_ = 0;      // the number of the next packet in order
  uint32_t timestamp_shift_ = 0;
  uint32_t last_timestamp_ = 0;  // of the newest audio sent
  uint64_t last_ns_ = 0;
  // RFC 4733 with different clocks; the agreed ones.
  uint32_t event_clock_in_ = 0;
  uint32_t event_clock_out_ = 0;
  std::optional<rtp::EventTranslator> translator_;
};

}  // namespace voxlock::bridge
