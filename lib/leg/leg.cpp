#include "leg/leg.h"

#include <algorithm>

#include "base/base64.h"
#include "leg/header.h"

namespace voxlock::leg {

Leg::Leg(const Context& context, RandomSource& random, const LegConfig& config)
    : context_(context),
      random_(random),
      config_(config),
      queue_(context.memory(), config.queue_bytes),
      // 20 ms of any codec, sealed.
      early_(context.memory(), {32, 256, config.early_media_ns}),
      resend_(context.memory(), config.has_nack) {}

Result<Box<Leg>> Leg::create(const Context& context, RandomSource& random,
                             const LegConfig& config) {
  auto leg = make_box<Leg>(context.memory(), context, random, config);
  VOXLOCK_TRY_VOID(leg->start_source());
  VOXLOCK_TRY_VOID(leg->make_cname());
  if (config.has_red && config.red_blocks != 0) {
    leg->red_ = make_box<rtp::RedSender>(context.memory());
    VOXLOCK_TRY_VOID(leg->red_->set_generations(config.red_blocks));
  }
  if (config.key_exchange == KeyExchange::kDtls) {
    VOXLOCK_TRY(leg->association_, Association::create(context, random, config));
  }
  return leg;
}

// RFC 3550 5.1: all three are random. RFC 3711 3.3.1 wants the first sequence number below 2^15, so
// that a receiver that misses the first packets cannot mistake the rollover counter.
Result<void> Leg::start_source() {
  SourceChance chance;
  VOXLOCK_TRY_VOID(random_.fill(chance));
  take_source(chance);
  return {};
}

void Leg::take_source(const SourceChance& chance) {
  bytes::Reader reader(chance);
  ssrc_send_ = reader.u32();
  timestamp_offset_ = reader.u32();
  sequence_send_ = reader.u16() & 0x7fff;
  send_stats_ = rtp::SendStatistics();
  packets_reported_ = 0;
  resend_.clear();
  quality_.forget_remote();
  ++own_sources_;
  has_own_report_ = false;
}

// RFC 7022 4.2: 96 bits of chance, in base64.
Result<void> Leg::make_cname() {
  if (config_.cname[0] != 0) return {};
  std::array<uint8_t, 12> raw{};
  VOXLOCK_TRY_VOID(random_.fill(raw));
  std::array<uint8_t, base64::encoded_size(raw.size())> text{};
  bytes::Writer writer(text);
  base64::encode(raw, writer);
  std::copy(text.begin(), text.end(), config_.cname.begin());
  return {};
}

Result<size_t> Leg::seal(ByteView packet, MutableBytes room, bool is_rtcp) {
  if (auto* secure = std::get_if<SecureTransport>(&transport_))
    return secure->seal(packet, room, is_rtcp);
  if (auto* plain = std::get_if<PlainTransport>(&transport_))
    return plain->seal(packet, room, is_rtcp);
  if (host() != nullptr) return PlainTransport().seal(packet, room, is_rtcp);
  return Status::ERR_WRONG_STATE;
}

Result<void> Leg::send(MutableBytes packet, const Outgoing& fields, uint64_t now_ns) {
  const bool is_redundant = red_ && fields.is_repeatable && agreement_ &&
                            agreement_->red_type_send != kNoPayloadType &&
                            fields.payload_type == agreement_->payload_type_send;
  return is_redundant ? send_redundant(packet, fields, now_ns)
                      : send_packet(packet, fields, now_ns);
}

Result<void> Leg::send_packet(MutableBytes packet, const Outgoing& fields, uint64_t now_ns) {
  const uint64_t now = time_.advance(now_ns);
  if (is_closed_) return Status::ERR_LEG_CLOSED;
  if (!agreement_) return Status::ERR_WRONG_STATE;
  if (!may_seal(fields)) return Status::ERR_LEG_CHECKPOINT;
  // A peer that gave a host name is sent nothing until an authenticated packet shows where it is.
  if (!may_send()) return Status::ERR_LEG_HELD;
  rtp::PacketFields header;
  header.marker = fields.marker;
  if (resumed_ns_) rebase(fields.timestamp, header.marker);
  header.payload_type = fields.payload_type;
  header.sequence = static_cast<uint16_t>(sequence_send_ + fields.ahead);
  header.timestamp = fields.timestamp + timestamp_offset_;
  header.ssrc = ssrc_send_;
  std::optional<Elements> elements;
  if (has_elements(fields)) {
    collect(fields, elements.emplace());
    header.extensions = elements->view();
  }
  bytes::Writer writer(packet);
  VOXLOCK_TRY_VOID(rtp::write_header(header, writer));
  // The longest addition of any suite: tag and MKI.
  constexpr size_t kMostOverhead = 16 + srtp::kMaxMkiLen;
  const HostTransport* const port = host();
  const bool is_framed = port != nullptr && port->is_framed();
  const MutableBytes room = queue_.reserve(packet.size() + kMostOverhead);
  if (room.empty()) {
    count_drop(Drop::kQueue);
    return Status::ERR_LEG_QUEUE_FULL;
  }
  const Result<size_t> sealed = seal(packet.subspan(is_framed ? writer.size() : 0), room, false);
  if (!sealed) return sealed.error();
  if (agreement_->has_nack && is_secure()) resend_.keep(header.sequence, room.first(*sealed));
  Event event;
  if (is_framed) event = frame_event(header, fields);
  event.address = remote_rtp_;
  event.local = local_;
  (void)queue_.push(event, *sealed, port != nullptr);
  if (agreement_->extensions_send[static_cast<size_t>(Extension::kTransportCc)] != 0)
    (void)sent_log_.next(now);
  if (fields.ahead >= 0) {
    sealed_.packets += static_cast<uint64_t>(fields.ahead) + 1;
    sequence_send_ = static_cast<uint16_t>(header.sequence + 1);
    last_timestamp_ = header.timestamp;
    last_sent_ns_ = now;
  }
  send_stats_.on_packet(packet.size() - writer.size());
  ++stats_.packets_out;
  stats_.bytes_out += packet.size() - writer.size();
  return {};
}

void Leg::run_timers(uint64_t now_ns) {
  const uint64_t now = time_.advance(now_ns);
  if (association_ && !is_closed_) {
    association_->advance(queue_, now);
    follow_association(now);
  }
  if (!agreement_ || is_closed_) return;
  if (auto* secure = std::get_if<SecureTransport>(&transport_)) secure->drop_old(now);
  tell_digits(detector_.on_time(now));
  if (now >= losses_.next_deadline()) send_nack();
  if (now >= transport_feedback_at_ns()) send_transport_feedback();
  if (now >= schedule_.next_deadline() && is_report_due()) send_report(false);
  const bool is_late = config_.media_timeout_ns != 0 && receives(agreement_->direction) &&
                       now >= after(heard_ns_, config_.media_timeout_ns);
  if (is_late && !is_silent_) {
    is_silent_ = true;
    Event event;
    event.type = EventType::kTimeout;
    event.value = now - heard_ns_;
    (void)queue_.push(event);
  }
}

uint64_t Leg::next_deadline() const {
  if (is_closed_) return kNever;
  uint64_t deadline = association_ ? association_->next_deadline() : kNever;
  if (!agreement_) return deadline;
  if (early_.is_ready()) return time_.now_ns();
  deadline = std::min({deadline, schedule_.next_deadline(), detector_.next_deadline(),
                       losses_.next_deadline(), transport_feedback_at_ns()});
  if (const auto* secure = std::get_if<SecureTransport>(&transport_)) {
    deadline = std::min(deadline, secure->next_deadline());
  }
  if (config_.media_timeout_ns != 0 && receives(agreement_->direction) && !is_silent_) {
    deadline = std::min(deadline, after(heard_ns_, config_.media_timeout_ns));
  }
  return deadline;
}

void Leg::set_signalling(Signalling signalling, std::string_view peer_name) {
  if (signalling == config_.signalling && peer_name == this->peer_name()) return;
  config_.signalling = signalling;
  peer_name_len_ = std::min(peer_name.size(), peer_name_.size());
  std::copy_n(peer_name.begin(), peer_name_len_, peer_name_.begin());
  ++retold_;
}

void Leg::close(uint64_t now_ns) {
  (void)time_.advance(now_ns);
  if (is_closed_) return;
  if (agreement_) send_report(true);
  if (association_) association_->close(queue_, time_.now_ns());
  early_.forget();
  is_closed_ = true;
  schedule_.stop();
}

std::optional<Leg::Suites> Leg::suites() const {
  const auto* secure = std::get_if<SecureTransport>(&transport_);
  if (secure == nullptr) return std::nullopt;
  return Suites{secure->suite_send(), secure->suite_recv()};
}

uint64_t Leg::lost_in() const {
  if (!receive_stats_) return stats_.lost_before;
  const int64_t lost = std::max<int64_t>(receive_stats_->lost(), 0) + receive_stats_->lost_before();
  return stats_.lost_before + static_cast<uint64_t>(lost);
}

uint64_t Leg::state_hash() const {
  uint64_t hash = 0;
  if (const auto* secure = std::get_if<SecureTransport>(&transport_)) hash = secure->state_hash();
  for (const uint64_t word : {uint64_t{has_source_},
                              uint64_t{ssrc_recv_},
                              sources_.hash(),
                              sequence_recv_.highest(),
                              heard_ns_,
                              last_received_ns_,
                              uint64_t{remote_rtp_.port},
                              uint64_t{remote_rtcp_.port},
                              uint64_t{ssrc_send_},
                              uint64_t{sequence_send_},
                              stats_.packets_in,
                              stats_.rtcp_in,
                              uint64_t{detector_.is_active()},
                              stats_.resent,
                              stats_.resend_denied,
                              resend_.position(),
                              losses_.stats().requested,
                              losses_.next_deadline(),
                              sent_log_.stats().messages,
                              transport_feedback_at_ns()}) {
    hash = srtp::mix_word(hash, word);
  }
  if (association_) hash = srtp::mix_word(hash, association_->state_hash());
  for (const uint8_t byte : remote_rtp_.ip) hash = srtp::mix_word(hash, byte);
  if (receive_stats_) hash = srtp::mix_word(hash, receive_stats_->received());
  return hash;
}

}  // namespace voxlock::leg
