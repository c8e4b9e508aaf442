// From a datagram to an authenticated packet.
#include "leg/leg.h"
#include "rtp/demux.h"

namespace voxlock::leg {
namespace {

// A source that was left is not taken up again while the present one speaks.
constexpr uint64_t kStragglerNs = kNsPerSecond;
// RFC 3550 8.2 answers a collision with a new SSRC, but a loop would collide for ever.
constexpr uint32_t kMaxCollisions = 4;

Drop cause_of(Status status) {
  switch (status) {
    case Status::ERR_SRTP_REPLAYED:
    case Status::ERR_SRTP_TOO_OLD:
      return Drop::kReplay;
    case Status::ERR_SRTP_SSRC_LIMIT:
      return Drop::kSources;
    case Status::ERR_TRUNCATED:
    case Status::ERR_RTP_VERSION:
    case Status::ERR_BUFFER_TOO_SMALL:
      return Drop::kMalformed;
    default:
      return Drop::kAuth;
  }
}

}  // namespace

Result<size_t> Leg::open(ByteView packet, MutableBytes plain, bool is_rtcp) {
  if (auto* secure = std::get_if<SecureTransport>(&transport_))
    return secure->open(packet, plain, is_rtcp);
  if (auto* open_transport = std::get_if<PlainTransport>(&transport_)) {
    return open_transport->open(packet, plain, is_rtcp);
  }
  if (host() != nullptr) return PlainTransport().open(packet, plain, is_rtcp);
  return Status::ERR_WRONG_STATE;
}

Result<size_t> Leg::open_or_explain(ByteView packet, MutableBytes plain, bool is_rtcp,
                                    uint64_t now_ns) {
  const Result<size_t> opened = open(packet, plain, is_rtcp);
  if (opened || is_rtcp) return opened;
  return explain(packet, opened.error(), plain, now_ns);
}

// What is wrong with a source that does not open is told. Where only its counter is ahead (the peer
// was not heard for more than half a round) the packet, which is genuine, is taken.
Result<size_t> Leg::explain(ByteView packet, Status why, MutableBytes plain, uint64_t now_ns) {
  auto* const secure = std::get_if<SecureTransport>(&transport_);
  if (secure == nullptr) return why;
  // 10 ms.
  const bool is_g711 = agreement_->codec == Codec::kPcmu || agreement_->codec == Codec::kPcma;
  const auto finding = secure->explain(packet, why, is_g711 ? 80 : 0, now_ns);
  if (!finding) return why;
  const Result<size_t> opened = finding->fault == srtp::Fault::kRocAhead
                                    ? secure->open_ahead(packet, plain, finding->roc)
                                    : Result<size_t>(why);
  if (!finding->is_news && !opened) return opened;
  Event event;
  event.type = EventType::kFault;
  event.ssrc = finding->ssrc;
  event.value = static_cast<uint64_t>(finding->fault);
  event.lost = finding->rounds;
  event.marker = opened.has_value();
  (void)queue_.push(event);
  return opened;
}

Received Leg::receive(const Datagram& datagram, MutableBytes plain, uint64_t now_ns) {
  Received out;
  receive_into(datagram, plain, now_ns, out);
  return out;
}

void Leg::receive_into(const Datagram& datagram, MutableBytes plain, uint64_t now_ns,
                       Received& out) {
  const rtp::DatagramKind kind = rtp::classify(datagram.data);
  const bool is_rtcp = kind == rtp::DatagramKind::kRtcp;
  const bool is_stun = kind == rtp::DatagramKind::kStun;
  if (association_ && (is_stun || kind == rtp::DatagramKind::kDtls))
    return take_association(datagram, is_stun, now_ns);
  const bool is_framed = host() != nullptr && host()->is_framed();
  if ((!is_rtcp && kind != rtp::DatagramKind::kRtp) || is_framed)
    return count_drop(Drop::kNotMedia);
  if (!agreement_ || is_closed_ || !is_ready())
    return drop_or_keep(datagram, Drop::kNotReady, now_ns);
  if (is_stranger(datagram.source, is_rtcp)) return count_drop(Drop::kAuth);
  const Result<size_t> opened = open_or_explain(datagram.data, plain, is_rtcp, now_ns);
  if (!opened) {
    if (!is_rtcp && opened.error() == Status::ERR_SRTP_REPLAYED) ++stats_.duplicates;
    return drop_or_keep(datagram, cause_of(opened.error()), now_ns);
  }
  const ByteView packet = plain.first(*opened);
  // Authenticated from here on (or plain by agreement): state may change.
  if (is_rtcp) {
    (void)time_.advance(now_ns);
    return take_rtcp(packet, datagram.source);
  }
  if (!rtp::parse_packet(packet, out.packet)) return count_drop(Drop::kMalformed);
  (void)time_.advance(now_ns);
  if (auto* secure = std::get_if<SecureTransport>(&transport_)) secure->on_opened(out.packet.ssrc);
  take_rtp(datagram, out);
}

// Where the answer to our offer is still under way it may have the keys.
void Leg::drop_or_keep(const Datagram& datagram, Drop cause, uint64_t now_ns) {
  const bool may_open_later = cause == Drop::kNotReady || cause == Drop::kAuth;
  if (!may_open_later || !early_.keep(datagram.data, datagram.source, datagram.local, now_ns))
    count_drop(cause);
}

// Plain RTP has nothing but its source to be known by: once it came from where the peer's
// description says, nobody else can take its place or end it.
bool Leg::is_stranger(const Address& source, bool is_rtcp) {
  if (!std::holds_alternative<PlainTransport>(transport_) || !source.is_set()) return false;
  if (source == remote_rtp_) {
    is_peer_heard_ = true;
    return false;
  }
  // RTCP may come from another port.
  const bool is_peer =
      is_rtcp && source.family == remote_rtp_.family && source.ip == remote_rtp_.ip;
  return is_peer_heard_ && !is_peer;
}

void Leg::take_association(const Datagram& datagram, bool is_stun, uint64_t now_ns) {
  if (is_closed_) return count_drop(Drop::kNotReady);
  const uint64_t now = time_.advance(now_ns);
  using Taken = Association::Taken;
  const Taken taken =
      is_stun
          ? association_->take_stun(datagram.data, datagram.source, datagram.local, queue_, now)
          : association_->take_dtls(datagram.data, datagram.source, datagram.local, queue_, now);
  if (taken != Taken::kYes) count_drop(taken == Taken::kDropped ? Drop::kNotReady : Drop::kAuth);
  follow_association(now);
}

// The path of media and its keys, as ICE and DTLS have them now. Keys come here and nowhere else:
// only while the handshake with the right peer stands.
void Leg::follow_association(uint64_t now_ns) {
  const ice::Pair* path = association_->path();
  remote_rtp_ = remote_rtcp_ = path != nullptr ? path->path.remote : Address{};
  if (path != nullptr) local_ = path->path.local;
  if (!association_->media_allowed()) {
    // The keys of a former handshake go on until the new one has ended, well or not.
    if (!association_->is_over() || !is_ready()) return;
    transport_.emplace<std::monostate>();
    forget_transport();
    ++generation_;
    return;
  }
  if (secured_serial_ == association_->serial()) return;
  const Result<Keys> keys = association_->export_keys();
  if (!keys) return;
  Result<SecureTransport> secure = SecureTransport::create(context_, *keys);
  if (!secure) return;
  transport_.emplace<SecureTransport>(*std::move(secure));
  forget_transport();
  secured_serial_ = association_->serial();
  ++generation_;
  heard_ns_ = now_ns;
  Event event;
  event.type = EventType::kSecured;
  event.address = remote_rtp_;
  (void)queue_.push(event);
}

void Leg::take_rtp(const Datagram& datagram, Received& received) {
  const uint64_t now = time_.now_ns();
  const rtp::PacketView& packet = received.packet;
  // RFC 3550 5.1: all of it may be padding.
  const bool is_empty = packet.payload.empty();
  if (packet.payload_type == agreement_->red_type_recv && !unwrap(*agreement_, received))
    return count_drop(Drop::kMalformed);
  const bool is_event = packet.payload_type == agreement_->event_type_recv;
  const bool is_padding = !is_event && is_empty;
  note_elements(packet);
  // RFC 3389 4: the static type 13 has a clock of 8 kHz; under another clock its timestamps mean
  // nothing.
  constexpr uint8_t kComfortNoise = 13;
  const bool is_noise = packet.payload_type == kComfortNoise && agreement_->rtp_clock_hz == 8000;
  const bool is_codec = packet.payload_type == agreement_->payload_type_recv ||
                        packet.payload_type == agreement_->twin_type_recv;
  if (!is_event && !is_noise && !is_codec) return count_drop(Drop::kPayloadType);
  if (!receives(agreement_->direction)) return count_drop(Drop::kDirection);
  avoid_collision(packet.ssrc);
  if (!has_source_ || packet.ssrc != ssrc_recv_) {
    if (!admit_source(packet)) return count_drop(Drop::kLate);
    received.is_new_source = true;
  }
  if (starts_over(packet)) {
    receive_stats_->start_over();
    restart_numbers();
    received.is_new_source = true;
  }
  // SRTP knows duplicates itself, and knows them from a sender that starts over under a new key.
  const auto fresh = is_secure()
                         ? Result<void>()
                         : seen_.check(sequence_recv_.guess(packet.sequence), kDuplicateWindow);
  if (!fresh && fresh.error() == Status::ERR_SRTP_REPLAYED) {
    ++stats_.duplicates;
    return count_drop(Drop::kReplay);
  }
  const auto verdict = receive_stats_->on_packet(packet.sequence, packet.timestamp, now);
  using Verdict = rtp::ReceiveStatistics::Verdict;
  if (verdict == Verdict::kJump) return count_drop(Drop::kLate);
  // RFC 3550 A.1: a source that is not valid yet may be anywhere next.
  const bool is_elsewhere =
      verdict == Verdict::kProbation && sequence_recv_.has_any() &&
      rtp::is_jump(static_cast<uint16_t>(sequence_recv_.highest()), packet.sequence);
  if (verdict == Verdict::kRestarted || is_elsewhere) {
    restart_numbers();
    received.is_new_source = true;
  }
  received.index = sequence_recv_.guess(packet.sequence);
  const bool is_newest = !sequence_recv_.has_any() || received.index > sequence_recv_.highest();
  if (is_newest && sequence_recv_.has_any())
    received.lost = received.index - sequence_recv_.highest() - 1;
  sequence_recv_.commit(received.index);
  seen_.commit(received.index);
  note_loss(received);
  quality_.on_packet(received.index, packet.timestamp, !is_event && !is_padding);
  stats_.reordered += verdict == Verdict::kReordered ? 1 : 0;
  ++stats_.packets_in;
  stats_.bytes_in += packet.payload.size();
  last_received_ns_ = heard_ns_ = now;
  is_silent_ = false;
  // A straggler from the old address does not move the peer back.
  if (is_newest) follow(remote_rtp_, datagram.source);
  if (is_event) note_event(packet);
  received.kind = is_event     ? Received::Kind::kEvent
                  : is_padding ? Received::Kind::kPadding
                               : Received::Kind::kAudio;
}

// Another SSRC is another source of the same peer (a restart, a transfer behind it): what we send
// goes on unchanged, only what is expected begins anew.
bool Leg::admit_source(const rtp::PacketView& packet) {
  const bool is_straggler =
      sources_.has_left(packet.ssrc) && time_.now_ns() < after(last_received_ns_, kStragglerNs);
  if (is_straggler) return false;
  // Whoever can send us a datagram can make one of a new source, where nothing authenticates it.
  const bool is_plain = std::holds_alternative<PlainTransport>(transport_);
  if (is_plain && has_source_ && !sources_.confirms(packet.ssrc, packet.sequence)) return false;
  if (has_source_) {
    sources_.leave(ssrc_recv_);
    Event event;
    event.type = EventType::kSsrc;
    event.ssrc = packet.ssrc;
    (void)queue_.push(event);
  }
  begin_source(packet.ssrc);
  return true;
}

void Leg::leave_source() {
  stats_.lost_before = lost_in();
  receive_stats_.reset();
  has_source_ = false;
}

void Leg::begin_source(uint32_t ssrc) {
  leave_source();
  has_source_ = true;
  ssrc_recv_ = ssrc;
  restart_numbers();
  receive_stats_.emplace(agreement_->rtp_clock_hz);
}

// A peer that starts over does so with a new key, and then no second packet is needed to believe
// it: whatever is not right behind the last one, in number and time, begins anew.
bool Leg::starts_over(const rtp::PacketView& packet) const {
  constexpr uint16_t kMostLost = 100;
  const auto* secure = std::get_if<SecureTransport>(&transport_);
  if (secure == nullptr || !secure->is_first_of_key() || !sequence_recv_.has_any()) return false;
  const auto delta = static_cast<uint16_t>(packet.sequence - sequence_recv_.highest());
  return delta == 0 || delta > kMostLost || (delta > 1 && receive_stats_->leaps(packet.timestamp));
}

// Sequence numbers of the source begin anew, and what is counted by them.
void Leg::restart_numbers() {
  sequence_recv_ = rtp::SequenceExtender();
  seen_ = {};
  losses_.reset();
  quality_.begin_source();
}

// RFC 3550 8.2: BYE for the identifier that another one has as well, then a new one. Where there is
// no chance for a new one the old one stays.
void Leg::avoid_collision(uint32_t ssrc) {
  if (ssrc != ssrc_send_ || collisions_ >= kMaxCollisions) return;
  SourceChance chance;
  if (!random_.fill(chance)) return;
  ++collisions_;
  send_report(true);
  take_source(chance);
}

void Leg::follow(Address& remote, const Address& source) {
  // A WebRTC peer moves by ICE only.
  if (!is_secure() || association_ || !config_.is_symmetric || !source.is_set() || remote == source)
    return;
  remote = source;
  ++stats_.followed;
  Event event;
  event.type = EventType::kAddress;
  event.is_rtcp = &remote == &remote_rtcp_;
  event.address = source;
  (void)queue_.push(event);
}

void Leg::note_event(const rtp::PacketView& packet) {
  const auto event = rtp::parse_event(packet.payload);
  if (!event) return count_drop(Drop::kMalformed);
  tell_digits(detector_.on_packet(*event, packet.timestamp, time_.now_ns()));
}

// One press is one event, told when it ends, with its whole length.
void Leg::tell_digits(const rtp::DigitEvents& events) {
  for (const rtp::DigitEvent& digit : events.view()) {
    constexpr uint8_t kFlash = 16;
    const char name = digit.code == kFlash ? 'F' : rtp::digit_of(digit.code);
    if (digit.kind != rtp::DigitEvent::Kind::kEnd || name == 0) continue;
    Event event;
    event.type = EventType::kDigit;
    event.digit = name;
    event.timestamp = digit.timestamp;
    event.duration_ms =
        static_cast<uint32_t>(uint64_t{digit.duration} * 1000 / agreement_->event_clock_recv_hz);
    ++stats_.digits;
    (void)queue_.push(event);
  }
}

}  // namespace voxlock::leg
