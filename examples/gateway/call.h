// The media of one call: two legs, the bridge between them, and their UDP sockets.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/event_loop.h"
#include "common/sdp_step.h"
#include "common/sockets.h"
#include "common/voxlock.h"
#include "gateway/keeper.h"
#include "gateway/latency.h"

namespace example {

constexpr size_t kTrunk = 0;
constexpr size_t kRoom = 1;

struct MediaConfig {
  std::string ip = "127.0.0.1";
  std::vector<uint32_t> codecs[2];  // by leg, preferred first
  std::vector<uint32_t> suites[2];
  uint32_t denoise_db = 15;  // of what the trunk sends; 0: no denoiser
  uint32_t opus_complexity = 1;
  uint32_t media_timeout_ms = 5000;
  bool has_room_red = true;     // redundant audio (RFC 2198) there
  uint32_t lose_every = 0;      // of the room's packets, both ways, one in so many; 0: none
  bool is_room_webrtc = false;  // ICE-lite and DTLS-SRTP; suites[kRoom] does not count then
};

class Call {
 public:
  // signalling: of the trunk's connection and of the room's, VOXLOCK_SIGNALLING_*.
  Call(EventLoop& loop, voxlock_context* ctx, const MediaConfig& config,
       std::array<int32_t, 2> signalling, Latency& latency);
  // One that another process has kept: on the same ports. Throws std::runtime_error.
  Call(EventLoop& loop, voxlock_context* ctx, const MediaConfig& config,
       const voxlock_checkpoint_config& checkpoint, const CallRecord& record, Latency& latency);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // flags: VOXLOCK_OFFER_*.
  SdpStep offer(size_t leg, uint32_t flags = 0);
  SdpStep answer(size_t leg, std::string_view offer);
  SdpStep accept(size_t leg, std::string_view answer);
  // How the leg's descriptions travel from now on, and whom TLS verified; empty: no name.
  void set_signalling(size_t leg, int32_t signalling, const std::string& peer);
  void rollback(size_t leg) { (void)voxlock_leg_rollback(legs_[leg].handle.get()); }
  // The leg's peer does not want to hear anything: it holds the call.
  [[nodiscard]] bool is_held_by_peer(size_t leg) const;

  // A checkpoint of a leg, and that the store has it (failover.cpp).
  std::string save_leg(size_t leg, const voxlock_checkpoint_config& config, uint64_t& number);
  void note_stored(size_t leg, uint64_t number) {
    (void)voxlock_leg_stored(legs_[leg].handle.get(), number);
  }
  [[nodiscard]] uint16_t port(size_t leg) const { return local_port(legs_[leg].rtp.get()); }

  // Sends RTCP BYE on both legs; nothing flows after.
  void close();
  // The call is answered: media has to come from now on. While it rings, silence is right.
  void begin();
  // True once a leg that should receive heard nothing for media_timeout_ms.
  [[nodiscard]] bool has_timed_out() const { return has_timed_out_; }

  void advance();
  // What became of a WebRTC room's transport since the last call: VOXLOCK_EV_CONNECTED,
  // DISCONNECTED, SECURED, FAILED.
  std::vector<voxlock_media_event> take_transport_events() {
    return std::exchange(transport_events_, {});
  }
  [[nodiscard]] uint64_t next_deadline() const {
    return std::min(voxlock_bridge_next_deadline(bridge_.get()), first_packets_due_ns_);
  }

  [[nodiscard]] voxlock_bridge_stats stats() const;
  [[nodiscard]] voxlock_leg_stats leg_stats(size_t leg) const;
  // Of what the leg's peer sends.
  [[nodiscard]] voxlock_quality quality(size_t leg) const;
  [[nodiscard]] voxlock_leg_media_info media(size_t leg) const;
  [[nodiscard]] voxlock_protection protection() const;
  [[nodiscard]] const std::string& digits() const { return digits_; }
  // One that came beside the media, by INFO. False where the peer tells its digits in the media as
  // well: they pass the bridge.
  bool note_digit(size_t leg, char digit);

 private:
  struct Leg {
    Fd rtp;
    Fd rtcp;  // none with WebRTC, which multiplexes
    Handle<voxlock_leg, voxlock_leg_free> handle;
  };

  static Leg adopt_leg(voxlock_context* ctx, size_t index, const MediaConfig& config,
                       const voxlock_checkpoint_config& checkpoint, const CallRecord& record);
  void join(voxlock_context* ctx, const MediaConfig& config);
  Leg make_leg(voxlock_context* ctx, size_t index, const MediaConfig& config, int32_t signalling);
  void watch(int fd, uint32_t leg);
  void read_socket(int fd, uint32_t leg);
  bool is_lost(uint32_t leg, const Packet& packet);
  void drain();
  void follow(const voxlock_media_event& event);
  void add_digit(char digit);
  [[nodiscard]] bool expects_media(size_t leg) const;

  EventLoop& loop_;
  Latency& latency_;
  uint32_t lose_every_;
  uint64_t room_packets_ = 0;  // counted where some are lost
  UdpBatch batch_;
  std::vector<uint8_t> arena_;
  std::array<Leg, 2> legs_;
  Handle<voxlock_bridge, voxlock_bridge_free> bridge_;
  std::string digits_;
  std::array<bool, 2> has_media_digits_{};  // by leg
  std::vector<voxlock_media_event> transport_events_;
  uint64_t media_timeout_ns_;
  std::array<uint64_t, 2> packets_before_{};    // of each leg, when the call was answered
  uint64_t first_packets_due_ns_ = UINT64_MAX;  // since then
  bool has_begun_ = false;
  bool has_timed_out_ = false;
};

}  // namespace example
