// One direction of a bridge: from an opened packet of one leg to packets of the other.
//
// It is clocked by packets: what came in goes out in the same call, late packets are dropped
// because their place was filled already. Only where the packet times differ does audio wait in the
// lane, less than one outgoing packet of it, and it is wiped when it goes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "audio/array.h"
#include "audio/chain.h"
#include "audio/codec.h"
#include "bridge/airlock.h"
#include "bridge/tap.h"
#include "e2ee/frame_cryptor.h"
#include "rtp/dtmf.h"

namespace voxlock::bridge {

struct LaneStats {
  uint64_t packets_in = 0;  // audio packets that came through
  uint64_t packets_out = 0;
  uint64_t lost = 0;        // missing between two packets
  uint64_t concealed = 0;   // of these: filled in
  uint64_t recovered = 0;   // of these: came along with a later packet (RFC 2198)
  uint64_t silences = 0;    // gaps the sender meant (DTX, comfort noise)
  uint64_t muted = 0;       // in-band leftovers of a digit, replaced by silence
  uint64_t events_out = 0;  // telephone-event packets passed on
  uint64_t unopened = 0;    // sealed frames that did not open: concealed as if they were lost
  uint64_t unsealed = 0;    // packets not sent because no key could seal them
  uint64_t tapped = 0;      // frames of audio that taps were given
};

class Lane {
 public:
  struct Config {
    const leg::Agreement& from;
    const leg::Agreement& to;
    const leg::LegConfig& to_config;
    std::span<const audio::StageConfig> stages;
    uint32_t conceal_max_ms;
    size_t seal_overhead;  // bytes that sealing adds to an outgoing frame
  };
  // The outermost stages: what the peers' frames are sealed with end to end; nullptr for clear
  // ones.
  struct Ends {
    leg::Leg& from;
    leg::Leg& to;
    e2ee::FrameCryptor* opener;
    e2ee::FrameCryptor* sealer;
    std::span<Tap* const> taps;  // nullptr: no tap in this place
  };
  // Statuses of audio's create functions; ERR_LIMIT where one outgoing packet would be too long.
  // Throws std::bad_alloc.
  static Result<Lane> create(std::pmr::memory_resource& memory, const Config& config);

  // Takes an opened packet and sends what becomes of it. received changes: a payload sealed end to
  // end is opened.
  void take(leg::Received& received, Airlock& airlock, const Ends& ends);
  // Goes on where the lane it replaces stopped, so that timestamps of the same sender never go
  // back.
  void go_on_from(const Lane& before);

  [[nodiscard]] const LaneStats& stats() const { return stats_; }
  [[nodiscard]] const audio::Chain& chain() const { return chain_; }
  [[nodiscard]] bool is_transcoding() const {
    return decoder_.config().codec != encoder_.config().codec;
  }

 private:
  struct Parts {
    audio::Decoder decoder;
    audio::Encoder encoder;
    audio::Chain chain;
  };
  Lane(std::pmr::memory_resource& memory, const Config& config, Parts parts);

  struct Path {
    Airlock& airlock;
    leg::Leg& to;
    e2ee::FrameCryptor* sealer;
    std::span<Tap* const> taps;
    uint64_t now_ns;
  };
  // False where the frame of the packet does not open.
  bool open(leg::Received& received, Airlock& airlock, const Ends& ends);
  // Encodes a payload and seals it where it has to be; its length, 0 for nothing to send.
  size_t encode(audio::Pcm pcm, MutableBytes payload, const Path& path);
  void follow_law(uint8_t payload_type);
  void take_audio(const leg::Received& received, const Path& path, leg::Leg& from);
  void take_event(const leg::Received& received, const Path& path);
  void advance(const leg::Received& received, const Path& path);
  void meet_gap(uint64_t missing, const leg::Received& received, const Path& path);
  void conceal(uint64_t missing, ByteView next, const Path& path);
  bool recover(const leg::Redundant::Frame& frame, const Path& path);
  void restart(uint32_t timestamp, uint64_t now_ns);
  void jump(uint64_t position, const Path& path);
  void push(audio::Pcm pcm, const Path& path);
  void emit(audio::Pcm frame, const Path& path);
  void tap(audio::PcmView pcm, uint64_t position, const Path& path);
  [[nodiscard]] bool is_muted(uint32_t timestamp) const;
  [[nodiscard]] uint32_t out_timestamp(uint64_t position) const {
    return static_cast<uint32_t>(position * out_clock_ / in_clock_);
  }
  [[nodiscard]] uint64_t ticks_of(size_t samples) const {
    return uint64_t{samples} * in_clock_ / in_rate_;
  }

  audio::Decoder decoder_;
  audio::Encoder encoder_;
  audio::Chain chain_;
  audio::Array<int16_t> held_;  // one outgoing frame
  size_t held_samples_ = 0;
  size_t frame_;  // samples of an outgoing frame, at the incoming rate
  uint32_t in_rate_;
  uint32_t in_clock_;
  uint32_t out_clock_;
  audio::CodecId codec_in_;
  uint8_t twin_type_;  // of the other law of G.711
  uint8_t payload_type_;
  uint8_t event_type_;
  uint64_t conceal_max_ticks_;
  rtp::EventTranslator translator_;
  uint32_t event_in_clock_;
  size_t seal_overhead_;

  // Positions count ticks of the incoming clock since the lane began; sources change below them.
  bool has_any_ = false;
  bool is_source_pending_ = false;  // another source began with a frame that did not open
  uint64_t last_index_ = 0;
  uint64_t padding_ = 0;         // packets without a frame since then: nothing is missing there
  uint32_t next_timestamp_ = 0;  // expected next, of the source
  uint64_t next_position_ = 0;   // where that is
  uint64_t head_position_ = 0;   // of the first sample not sent yet
  uint64_t last_ns_ = 0;
  bool is_spurt_begin_ = true;  // the next packet carries the marker
  bool has_event_ = false;
  uint32_t event_begin_ = 0;
  uint32_t event_end_ = 0;
  LaneStats stats_;
};

}  // namespace voxlock::bridge
