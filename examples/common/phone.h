// One end of a call: plays a recording into a leg and records what comes out of it, at 8 kHz.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/sockets.h"
#include "common/voxlock.h"

namespace example {

struct PhoneConfig {
  std::string ip = "127.0.0.1";
  std::vector<uint32_t> codecs;  // VOXLOCK_CODEC_*, preferred first
  std::vector<uint32_t> suites;  // VOXLOCK_AES_CM_128_HMAC_SHA1_80 ..., preferred first
  std::vector<int16_t> play;     // 8 kHz; silence after its end
  std::string digits;            // pressed one by one from the start on (RFC 4733)
  bool has_info_digits = false;  // digits go by SIP INFO (RFC 6086), and no others are agreed
  int32_t signalling = VOXLOCK_SIGNALLING_UNKNOWN;  // how the SDP travels
  std::string wire;                                 // file for the datagrams that come; empty: none
  uint32_t media_timeout_ms = 5000;                 // of silence on the wire, then has_timed_out()
};

struct PhoneStats {
  voxlock_leg_stats leg;
  voxlock_leg_media_info media;
  std::string digits;  // as heard
  uint32_t holds;      // times the peer wanted to hear no more
};

class Phone {
 public:
  Phone(EventLoop& loop, voxlock_context* ctx, PhoneConfig config);
  ~Phone();
  Phone(const Phone&) = delete;
  Phone& operator=(const Phone&) = delete;

  // flags: VOXLOCK_OFFER_*. An offer that is out already is withdrawn.
  std::string offer(uint32_t flags = 0);
  // The peer refused the offer: all stays as it was.
  void rollback() { (void)voxlock_leg_rollback(leg_.get()); }
  // The answer; empty where the offer was refused, and then verdict says why.
  std::string answer(const std::string& offer, voxlock_verdict& verdict);
  bool accept_answer(const std::string& answer, voxlock_verdict& verdict);

  // Begins to play and to record; needs an agreement.
  void start();
  // Sends an RTCP BYE and stops.
  void stop();
  // The key that is to be sent by INFO now, 0 for none; each is given once.
  char take_info_digit();
  // One that came by INFO.
  void hear_digit(uint32_t digit) { digits_ += static_cast<char>(digit); }
  // True once the recording was played to its end.
  [[nodiscard]] bool has_played() const { return position_ >= config_.play.size(); }

  // True once the peer sent nothing for media_timeout_ms though it should.
  [[nodiscard]] bool has_timed_out() const { return has_timed_out_; }

  [[nodiscard]] uint64_t next_deadline() const;
  void advance();

  [[nodiscard]] const std::vector<int16_t>& recorded() const { return recorded_; }
  [[nodiscard]] PhoneStats stats() const;

 private:
  void read_socket();
  void note(const Packet& packet);
  void drain();
  void play_frame();
  bool play_digit();
  void record(const voxlock_media_event& event);
  void refresh_codec();

  EventLoop& loop_;
  voxlock_context* ctx_;
  PhoneConfig config_;
  Fd socket_;
  std::ofstream wire_;
  UdpBatch batch_;
  Handle<voxlock_leg, voxlock_leg_free> leg_;
  Handle<voxlock_encoder, voxlock_encoder_free> encoder_;
  Handle<voxlock_decoder, voxlock_decoder_free> decoder_;
  voxlock_leg_media_info media_{};
  std::vector<uint8_t> arena_;
  std::vector<int16_t> recorded_;
  std::string digits_;
  uint32_t holds_ = 0;
  size_t position_ = 0;
  uint32_t timestamp_ = 0;
  uint64_t next_frame_ns_ = UINT64_MAX;
  size_t digit_frame_ = 0;  // frames since the first digit began
  char info_digit_ = 0;     // due
  uint32_t digit_timestamp_ = 0;
  bool is_first_frame_ = true;
  bool has_timed_out_ = false;
};

}  // namespace example
