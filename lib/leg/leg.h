// One negotiated media session with one peer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/context.h"
#include "base/time.h"
#include "leg/association.h"
#include "leg/config.h"
#include "leg/early_packets.h"
#include "leg/event_queue.h"
#include "leg/quality.h"
#include "leg/resend_ring.h"
#include "leg/source_memory.h"
#include "leg/transport.h"
#include "rtp/arrival_log.h"
#include "rtp/dtmf.h"
#include "rtp/feedback.h"
#include "rtp/header_elements.h"
#include "rtp/loss_list.h"
#include "rtp/packet.h"
#include "rtp/red.h"
#include "rtp/rtcp_schedule.h"
#include "rtp/sent_log.h"
#include "rtp/sequence.h"
#include "rtp/statistics.h"
#include "srtp/key_memory.h"

namespace voxlock::leg {

// Room for any datagram that is opened or built: an Ethernet frame's payload and some.
inline constexpr size_t kMaxPacketLen = 2048;

// The fixed header, the head of an extension, and all elements that can be agreed, with two bytes
// each in front.
inline constexpr size_t kMaxHeaderLen = rtp::kFixedHeaderLen + 4 + 48;

// How far back a packet that came twice is noticed where no SRTP does it.
inline constexpr uint32_t kDuplicateWindow = 128;

enum class Drop : uint8_t {
  kNotMedia,
  kMalformed,
  kAuth,
  kReplay,
  kNotReady,
  kPayloadType,
  kDirection,
  kLate,
  kCodec,
  kQueue,
  kSources
};
inline constexpr size_t kDropCauses = 16;

// Numbers of the C ABI and of sdp::Verdict.
enum class Change : uint8_t { kContinued = 1, kRekeyed = 2, kRestarted = 3, kMoved = 4 };

struct Datagram {
  ByteView data;
  Address source;
  uint32_t local = 0;  // WebRTC: which of the leg's own addresses it came to
};

// A payload that the host brings without a packet around it.
struct Frame {
  ByteView payload;
  uint32_t timestamp = 0;
  uint32_t lost = 0;  // frames missing right before this one
  uint8_t payload_type = 0;
  bool has_marker = false;
};

// What a leg carries whose transport is the host's: agreed with nobody.
struct PortPlan {
  Agreement agreement;
  bool is_framed = true;
  bool is_protected = false;
};

// Frames of earlier packets that came along (RFC 2198), oldest first, each of the agreed codec.
struct Redundant {
  static constexpr size_t kMost = 4;
  struct Frame {
    uint32_t timestamp = 0;
    ByteView data;
  };
  std::array<Frame, kMost> list{};
  size_t count = 0;

  [[nodiscard]] std::span<const Frame> view() const { return std::span(list).first(count); }
};

// What receive made of a datagram. The views point into the caller's buffer.
struct Received {
  // kPadding: no frame, but a number of the stream. Senders probe the way with such packets.
  enum class Kind : uint8_t { kNothing, kAudio, kEvent, kPadding };
  Kind kind = Kind::kNothing;
  rtp::PacketView packet;
  uint64_t lost = 0;           // packets missing right before this one
  uint64_t index = 0;          // extended sequence number, grows within one source
  bool is_new_source = false;  // another SSRC, or the source started over
  Redundant redundant;
};

struct Outgoing {
  uint8_t payload_type = 0;
  bool marker = false;
  uint32_t timestamp = 0;  // without the random offset
  // Sequence numbers to leave free in front of the packet: losses that are passed on. Below 0: the
  // packet is late and takes one that was left free.
  int32_t ahead = 0;
  std::span<const rtp::ExtensionElement> extensions = {};
  // Of the audio in the packet (RFC 6464); it goes along where that was agreed.
  std::optional<rtp::AudioLevel> level = {};
  // A frame of the codec that later packets may bring again, and that may have earlier ones with it
  // (RFC 2198), where that was agreed.
  bool is_repeatable = false;
};

struct LegStats {
  uint64_t packets_in = 0, bytes_in = 0, packets_out = 0, bytes_out = 0;
  uint64_t rtcp_in = 0, rtcp_out = 0;
  uint64_t lost_before = 0;   // of sources that are gone
  uint64_t redundant_in = 0;  // packets with earlier frames in them
  uint64_t redundant_out = 0;
  uint64_t duplicates = 0, reordered = 0, followed = 0;
  uint64_t digits = 0;
  uint64_t resent = 0;                  // packets that the peer asked for and got again
  uint64_t transport_feedback_out = 0;  // messages about transport-wide numbers
  uint64_t resend_denied = 0;           // and those it did not get: gone, or too often
  uint32_t rekeys = 0;
  std::array<uint64_t, kDropCauses> dropped{};
};

// An agreement with the transport it needs, made and not taken yet.
struct Draft {
  Agreement agreement;
  Change change = Change::kContinued;
  bool is_fork = false;    // another answer to the same offer
  uint64_t key_print = 0;  // of a local key that was not in use
  // A new transport, new keys of the present one, or neither: it stays.
  std::optional<std::variant<PlainTransport, SecureTransport, SecureTransport::Rekey>> transport;
};

class Leg {
 public:
  // random must outlive the leg. ERR_ENTROPY, and with DTLS the statuses of Association::create.
  // Throws std::bad_alloc.
  static Result<Box<Leg>> create(const Context& context, RandomSource& random,
                                 const LegConfig& config);
  // A leg whose packets the host carries; it knows no SDP, no addresses and no RTCP. ERR_ENTROPY,
  // ERR_INVALID_ARGUMENT. Throws std::bad_alloc.
  static Result<Box<Leg>> create_port(const Context& context, RandomSource& random,
                                      const LegConfig& config, PortPlan plan);
  Leg(const Context& context, RandomSource& random, const LegConfig& config);

  // The one writer of keys, ROC and SSRC continuity, payload types and direction. All or nothing.
  // ERR_WRONG_STATE for an agreement without keys where the leg is secure or its policy asks for
  // it, ERR_SRTP_KEY_USED for a local key that was in use before the present one.
  Result<Change> apply(Agreement next, uint64_t now_ns);
  // The same in two steps: prepare makes all that can fail and changes nothing, commit cannot fail.
  // Nothing may come between the two.
  Result<Draft> prepare(Agreement next) const;
  Change commit(Draft draft, uint64_t now_ns);

  // What came before its keys: begun, released or forgotten by offer/answer; whoever drives the leg
  // takes what is released and hands it to receive.
  [[nodiscard]] EarlyPackets& early() { return early_; }

  // A leg that goes on in another process (checkpoint.cpp). Whoever goes on leaves out so many
  // sequence numbers and SRTCP indexes, and this leg seals no more than that behind the state that
  // was stored last, so that nothing is sealed twice whichever of them still runs.
  struct Allowance {
    uint64_t packets = 0;
    uint64_t rtcp = 0;
  };
  // ERR_UNSUPPORTED with DTLS and for a port, ERR_WRONG_STATE before an agreement, ERR_LEG_CLOSED.
  [[nodiscard]] Result<void> check_save() const;
  void save(bytes::Writer& writer, Allowance allowance) const;
  // save has written a state that somebody may load from now on; gives its number.
  uint64_t note_saved(Allowance allowance);
  // The state of that number replaces all before it: what it allows may be sealed. 0: there is none
  // any more that somebody could load, so that nothing is limited. ERR_NOT_FOUND for one that is
  // not the last.
  Result<void> note_stored(uint64_t number);
  // It seals nothing before a state of its own is stored: the one it came from may be loaded again.
  // The statuses of create and of srtp::Session::load; ERR_SYNTAX.
  static Result<Box<Leg>> load(const Context& context, RandomSource& random, Loader& loader,
                               uint64_t now_ns);

  // Opens one datagram into plain, which holds kMaxPacketLen bytes; RTCP, STUN and DTLS are dealt
  // with here. A packet that does not authenticate changes nothing but a drop counter. Throws
  // std::bad_alloc where a handshake ends; the next call tries again.
  Received receive(const Datagram& datagram, MutableBytes plain, uint64_t now_ns);

  // The same for a frame of the host's: only where host() is framed.
  Received receive_frame(const Frame& frame, MutableBytes plain, uint64_t now_ns);

  // Bytes in front of the payload of the next packet with such fields: the header with what was
  // agreed to go along. At most kMaxHeaderLen without extensions of the caller's.
  [[nodiscard]] size_t header_len(const Outgoing& fields) const;
  // Seals a packet whose payload the caller has put behind exactly header_len() bytes of room, and
  // queues it. ERR_WRONG_STATE,
  // ERR_LEG_HELD (also while the peer's address is not known), ERR_LEG_CLOSED, ERR_LEG_QUEUE_FULL,
  // ERR_SRTP_KEY_EXPIRED.
  Result<void> send(MutableBytes packet, const Outgoing& fields, uint64_t now_ns);

  // Runs what is due: reports, end of old keys, digits whose end was lost, silence.
  void run_timers(uint64_t now_ns);
  [[nodiscard]] uint64_t next_deadline() const;
  // RTCP BYE; nothing is sent or accepted after it.
  void close(uint64_t now_ns);

  void observe(uint64_t now_ns) { (void)time_.advance(now_ns); }
  [[nodiscard]] uint64_t now_ns() const { return time_.now_ns(); }
  [[nodiscard]] EventQueue& queue() { return queue_; }
  [[nodiscard]] const EventQueue& queue() const { return queue_; }
  [[nodiscard]] const LegConfig& config() const { return config_; }
  // Nothing before the first apply.
  [[nodiscard]] const std::optional<Agreement>& agreement() const { return agreement_; }
  [[nodiscard]] bool is_secure() const {
    return std::holds_alternative<SecureTransport>(transport_);
  }
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  [[nodiscard]] bool may_send() const {
    return agreement_ && !is_closed_ && sends(agreement_->direction) &&
           (remote_rtp_.is_set() || host() != nullptr) && is_ready();
  }
  // Whether keys are there, where they come from the agreement: always.
  [[nodiscard]] bool is_ready() const {
    return !std::holds_alternative<std::monostate>(transport_);
  }
  // Of a port, else nullptr.
  [[nodiscard]] const HostTransport* host() const {
    return std::get_if<HostTransport>(&transport_);
  }
  // Of a WebRTC leg, else nullptr.
  [[nodiscard]] Association* association() { return association_.get(); }
  [[nodiscard]] const Association* association() const { return association_.get(); }
  // Why packets did not open, of the present transport; nothing where media is plain, or not ready.
  [[nodiscard]] const srtp::DiagnosisStats* diagnosis() const {
    const auto* secure = std::get_if<SecureTransport>(&transport_);
    return secure != nullptr ? &secure->diagnosis() : nullptr;
  }
  // The suites in use; nothing where media is plain, or not ready.
  struct Suites {
    srtp::SuiteId send;
    srtp::SuiteId recv;
  };
  [[nodiscard]] std::optional<Suites> suites() const;
  // Grows with every applied agreement, and with keys that DTLS brings or takes away.
  [[nodiscard]] uint32_t generation() const { return generation_; }
  // Grows with the generation, and where the host tells something else about the signalling.
  [[nodiscard]] uint32_t revision() const { return generation_ + retold_; }
  // Whom the host's TLS verified, at most kMaxPeerName bytes; empty: nobody, or not told.
  void set_signalling(Signalling signalling, std::string_view peer_name);
  [[nodiscard]] std::string_view peer_name() const { return {peer_name_.data(), peer_name_len_}; }
  [[nodiscard]] const LegStats& stats() const { return stats_; }
  [[nodiscard]] const std::optional<rtp::ReceiveStatistics>& receive_statistics() const {
    return receive_stats_;
  }
  // Packets that are missing, of all sources since the leg began.
  [[nodiscard]] uint64_t lost_in() const;
  [[nodiscard]] const rtp::SendStatistics& send_statistics() const { return send_stats_; }
  // Whether the level of the audio that is sent goes along.
  [[nodiscard]] bool tells_level() const {
    return agreement_ && agreement_->extensions_send[static_cast<size_t>(Extension::kAudioLevel)];
  }
  // What is missing, where NACK was agreed.
  [[nodiscard]] const rtp::LossList& losses() const { return losses_; }
  // Of what is heard here, and what the peer says about what it hears.
  [[nodiscard]] const Quality& quality() const { return quality_; }
  [[nodiscard]] rtp::VoipMetrics voip_metrics() const;
  void set_terminal(const Terminal& terminal) { quality_.set_terminal(terminal); }
  // The packet came too late for whoever plays the audio.
  void discard(uint64_t index) {
    count_drop(Drop::kLate);
    quality_.on_discarded(index);
  }
  // What the peer tells of our packets, where transport-wide feedback was agreed.
  [[nodiscard]] const rtp::TransportStats& transport_stats() const { return sent_log_.stats(); }
  [[nodiscard]] uint32_t ssrc_send() const { return ssrc_send_; }
  [[nodiscard]] uint32_t ssrc_recv() const { return ssrc_recv_; }
  [[nodiscard]] const Address& remote_rtp() const { return remote_rtp_; }
  [[nodiscard]] const Address& remote_rtcp() const { return remote_rtcp_; }
  void count_drop(Drop cause) { ++stats_.dropped[static_cast<size_t>(cause)]; }
  // Of everything that decides about later packets; not of drop counters.
  [[nodiscard]] uint64_t state_hash() const;

 private:
  using SourceChance = std::array<uint8_t, 10>;
  Result<void> start_source();
  void take_source(const SourceChance& chance);
  Result<void> make_cname();
  Result<size_t> seal(ByteView packet, MutableBytes room, bool is_rtcp);
  Result<void> send_packet(MutableBytes packet, const Outgoing& fields, uint64_t now_ns);

  // checkpoint.cpp
  template <typename Archive, typename Self>
  static void describe(Archive& archive, Self& self);
  [[nodiscard]] bool may_seal(const Outgoing& fields) const;
  void rebase(uint32_t timestamp, bool& marker);

  // port.cpp
  [[nodiscard]] Event frame_event(const rtp::PacketFields& header, const Outgoing& fields) const;

  // apply.cpp
  [[nodiscard]] Change change_to(const Agreement& next) const;
  [[nodiscard]] SecureTransport::Sources sources() const;
  Result<void> prepare_transport(Draft& draft) const;
  void take(Agreement next, uint64_t now_ns);

  // receive.cpp
  Result<size_t> open(ByteView packet, MutableBytes plain, bool is_rtcp);
  Result<size_t> open_or_explain(ByteView packet, MutableBytes plain, bool is_rtcp,
                                 uint64_t now_ns);
  Result<size_t> explain(ByteView packet, Status why, MutableBytes plain, uint64_t now_ns);
  bool is_stranger(const Address& source, bool is_rtcp);
  void take_association(const Datagram& datagram, bool is_stun, uint64_t now_ns);
  void follow_association(uint64_t now_ns);
  void forget_transport();
  void drop_or_keep(const Datagram& datagram, Drop cause, uint64_t now_ns);
  // receive, into what the caller returns: a Received is too big to be copied on the way.
  void receive_into(const Datagram& datagram, MutableBytes plain, uint64_t now_ns, Received& out);
  // received has the packet and nothing else; its kind tells whether it was taken.
  void take_rtp(const Datagram& datagram, Received& received);
  void note_loss(const Received& received);
  bool admit_source(const rtp::PacketView& packet);
  void leave_source();
  void restart_numbers();
  [[nodiscard]] bool starts_over(const rtp::PacketView& packet) const;
  void begin_source(uint32_t ssrc);
  void avoid_collision(uint32_t ssrc);
  void follow(Address& remote, const Address& source);
  void note_event(const rtp::PacketView& packet);
  void tell_digits(const rtp::DigitEvents& events);

  // report.cpp
  void take_rtcp(ByteView packet, const Address& source);
  void take_report(const rtp::RtcpPacket& packet);
  void take_bye(const rtp::RtcpPacket& packet);
  void send_report(bool has_bye);
  void write_report(bytes::Writer& writer);
  bool send_rtcp(ByteView plain);
  void plan_first_report();
  [[nodiscard]] bool is_report_due();
  [[nodiscard]] bool is_sender() const;
  [[nodiscard]] bool may_send_rtcp() const;
  [[nodiscard]] uint64_t ntp() const;
  [[nodiscard]] const Address& rtcp_target() const {
    return agreement_->is_rtcp_mux ? remote_rtp_ : remote_rtcp_;
  }

  // redundancy.cpp
  static Result<void> unwrap(const Agreement& agreed, Received& received);
  Result<void> send_redundant(MutableBytes packet, Outgoing fields, uint64_t now_ns);

  // header.cpp
  struct Elements;
  // Whether a packet's header may have any.
  [[nodiscard]] bool has_elements(const Outgoing& fields) const;
  void collect(const Outgoing& fields, Elements& out) const;
  void note_elements(const rtp::PacketView& packet);

  // feedback.cpp
  void take_feedback(const rtp::RtcpPacket& packet);
  void take_nack(const rtp::FeedbackView& feedback);
  void send_nack();
  void take_transport_feedback(const rtp::FeedbackView& feedback);
  void send_transport_feedback();
  [[nodiscard]] uint64_t transport_feedback_at_ns() const;
  [[nodiscard]] uint64_t answer_ns() const;

  // quality.cpp
  void write_quality(bytes::Writer& writer);
  void take_extended_report(const rtp::RtcpPacket& packet);

  const Context& context_;
  RandomSource& random_;
  LegConfig config_;
  HostTime time_;
  Transport transport_;
  Box<Association> association_;
  uint32_t secured_serial_ = 0;  // the handshake that transport_ has its keys of
  uint32_t local_ = 0;           // WebRTC: the own address that media goes out from
  std::optional<Agreement> agreement_;
  uint32_t generation_ = 0;
  uint32_t retold_ = 0;  // times that set_signalling told something else
  std::array<char, kMaxPeerName> peer_name_{};
  size_t peer_name_len_ = 0;
  bool is_closed_ = false;
  Address remote_rtp_;
  Address remote_rtcp_;
  EventQueue queue_;
  EarlyPackets early_;
  srtp::KeyMemory used_keys_;  // of ours
  LegStats stats_;

  // What we send.
  uint32_t ssrc_send_ = 0;
  uint16_t sequence_send_ = 0;
  uint32_t timestamp_offset_ = 0;
  uint32_t last_timestamp_ = 0;
  uint64_t last_sent_ns_ = 0;
  uint32_t collisions_ = 0;
  uint32_t own_sources_ = 0;  // SSRCs of ours under the present key
  rtp::SendStatistics send_stats_;
  ResendRing resend_;
  Box<rtp::RedSender> red_{nullptr, {nullptr}};  // where the config has it
  rtp::SentLog sent_log_;
  // Sequence numbers and SRTCP packets so far, and how far they may go.
  struct Progress {
    uint64_t packets = 0;
    uint64_t rtcp = 0;
  };
  Progress sealed_;
  Progress sealed_at_save_;
  Progress limit_{kNever, kNever};
  Allowance allowance_at_save_;
  uint64_t saved_number_ = 0;
  bool is_loaded_ = false;
  std::optional<uint64_t>
      resumed_ns_;  // loaded, and nothing sent yet: since when the stream stands

  // What we receive.
  bool is_peer_heard_ = false;  // plain RTP: from the address of the agreement
  bool has_source_ = false;
  uint32_t ssrc_recv_ = 0;
  SourceMemory sources_;
  rtp::SequenceExtender sequence_recv_;
  srtp::ReplayWindow<kDuplicateWindow> seen_;
  std::optional<rtp::ReceiveStatistics> receive_stats_;
  Quality quality_;
  rtp::EventDetector detector_;
  uint16_t frame_sequence_ = 0;  // of a port's last frame
  rtp::LossList losses_;
  rtp::ArrivalLog arrivals_;
  uint64_t last_received_ns_ = 0;
  uint64_t heard_ns_ = 0;  // last authenticated packet of any kind, or the agreement
  bool is_silent_ = false;

  // Reports.
  rtp::RtcpSchedule schedule_;
  uint32_t packets_reported_ = 0;
  bool has_own_report_ = false;  // under the present SSRC of ours
};

}  // namespace voxlock::leg
