// The transport of a WebRTC leg: ICE finds the peer, DTLS proves who it is and brings the keys of
// SRTP (RFC 8445, RFC 5763). Media itself is the leg's.
#pragma once

#include <cstdint>
#include <optional>

#include "base/context.h"
#include "base/time.h"
#include "ice/agent.h"
#include "leg/config.h"
#include "leg/early_packets.h"
#include "leg/event_queue.h"
#include "sdp/offer_answer.h"
#include "tls/dtls.h"

namespace voxlock::leg {

class Association {
 public:
  // random must outlive it. The statuses of ice::Agent::create, tls::Fingerprint::of and
  // tls::Dtls::create.
  static Result<Box<Association>> create(const Context& context, RandomSource& random,
                                         const LegConfig& config);
  Association(const Context& context, RandomSource& random, const LegConfig& config,
              Box<ice::Agent> agent, const tls::Fingerprint& fingerprint);

  // What a description says of this end.
  [[nodiscard]] Result<sdp::LocalWebrtc> describe() const;

  // What an agreement changes, made and not taken yet.
  struct Draft {
    Box<tls::Dtls> dtls;  // of a new association; nullptr: the present one goes on
  };
  // Makes all that can fail. An ICE restart is the one thing it does change: the old credentials go
  // on beside the new ones until a pair of these is selected.
  Result<Draft> prepare(const sdp::WebrtcAgreement& next, bool is_new_association, uint64_t now_ns);
  void commit(Draft draft, const sdp::WebrtcAgreement& next, EventQueue& queue, uint64_t now_ns);

  // Takes a STUN or DTLS datagram. What is to be sent goes into the queue.
  enum class Taken : uint8_t { kYes, kDropped, kUnauthenticated };
  Taken take_stun(ByteView datagram, const Address& from, uint32_t local, EventQueue& queue,
                  uint64_t now_ns);
  Taken take_dtls(ByteView datagram, const Address& from, uint32_t local, EventQueue& queue,
                  uint64_t now_ns);
  // ClientHellos that come while an offer of ours is out and nobody has told yet whose they are.
  // commit gives them to the handshake that the answer begins.
  [[nodiscard]] EarlyPackets& early() { return early_; }
  void advance(EventQueue& queue, uint64_t now_ns);
  void close(EventQueue& queue, uint64_t now_ns);
  [[nodiscard]] uint64_t next_deadline() const;

  // Where media goes; nothing without a selected pair and the peer's consent.
  [[nodiscard]] const ice::Pair* path() const {
    return agent_->has_consent() ? agent_->selected() : nullptr;
  }
  // The one gate for media: a handshake with the certificate that the description named.
  [[nodiscard]] bool media_allowed() const { return dtls_ && dtls_->media_allowed(); }
  // ERR_WRONG_STATE unless media_allowed().
  [[nodiscard]] Result<Keys> export_keys() const;
  // The handshake failed, or the peer closed.
  [[nodiscard]] bool is_over() const { return is_over_; }
  // Grows with every handshake that was begun.
  [[nodiscard]] uint32_t serial() const { return serial_; }
  [[nodiscard]] const tls::Dtls* dtls() const { return dtls_.get(); }
  [[nodiscard]] const ice::Agent& agent() const { return *agent_; }
  [[nodiscard]] ByteView fingerprint() const { return fingerprint_.digest(); }
  [[nodiscard]] uint64_t state_hash() const {
    return srtp::mix_word(agent_->state_hash(), dtls_ ? dtls_->state_hash() : 0);
  }

 private:
  Result<Box<tls::Dtls>> make_dtls(const sdp::WebrtcAgreement& next, uint64_t now_ns);
  bool keep_hello(ByteView datagram, const Address& from, uint32_t local, uint64_t now_ns);
  void take_early(EventQueue& queue, uint64_t now_ns);
  void begin(EventQueue& queue, uint64_t now_ns);
  void flush(EventQueue& queue);
  void tell_ice(EventQueue& queue, uint64_t now_ns);
  void tell_dtls(EventQueue& queue);

  Context context_;
  RandomSource& random_;
  ByteView certificate_;
  ByteView key_;
  bool is_dtls_client_;
  Box<ice::Agent> agent_;
  tls::Fingerprint fingerprint_;
  Box<tls::Dtls> dtls_;
  EarlyPackets early_;
  uint32_t serial_ = 0;
  // Where the peer's DTLS came from last, until a pair is selected.
  ice::Path dtls_path_;
  bool is_over_ = false;  // the end of the present handshake was told
};

}  // namespace voxlock::leg
