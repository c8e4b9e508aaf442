// A leg that goes on in another process, with its keys, counters and agreement.
#include <algorithm>

#include "leg/leg.h"

namespace voxlock::leg {
namespace {

template <typename Archive, typename Any>
void describe_key(Archive& archive, Any& key) {
  archive.number(key.suite);
  archive.secret(key.key_and_salt);
  archive.secret(key.mki);
  archive.number(key.lifetime);
}

// Of a leg without DTLS.
template <typename Archive, typename Any>
void describe_config(Archive& archive, Any& config) {
  archive.number(config.policy);
  archive.array(config.suites);
  archive.number(config.suite_count);
  archive.array(config.codecs);
  archive.number(config.codec_count);
  archive.number(config.ptime_ms);
  archive.number(config.has_telephone_event);
  Address::describe(archive, config.rtp_address);
  Address::describe(archive, config.rtcp_address);
  archive.number(config.has_rtcp_mux);
  archive.number(config.has_rtcp_xr);
  archive.number(config.is_symmetric);
  archive.number(config.signalling);
  archive.number(config.opus_bitrate);
  archive.number(config.opus_complexity);
  archive.number(config.has_opus_fec);
  archive.number(config.has_opus_dtx);
  archive.number(config.rekey_overlap_ns);
  archive.number(config.media_timeout_ns);
  archive.number(config.queue_bytes);
  archive.number(config.early_media_ns);
  archive.number(config.has_nack);
  archive.number(config.is_nack_offered);
  archive.number(config.has_rtcp_rsize);
  archive.number(config.has_red);
  archive.number(config.red_blocks);
  archive.array(config.cname);
  constexpr size_t kMaxQueue = 1 << 20;
  archive.require(
      config.suite_count <= config.suites.size() && config.codec_count <= config.codecs.size() &&
      config.queue_bytes <= kMaxQueue && config.policy <= Policy::kOff &&
      config.red_blocks <= rtp::RedSender::kMaxGenerations && config.cname.back() == '\0');
}

template <typename Archive, typename Any>
void describe_agreement(Archive& archive, Any& agreed) {
  archive.number(agreed.codec);
  archive.number(agreed.sample_rate);
  archive.number(agreed.rtp_clock_hz);
  archive.number(agreed.channels);
  archive.number(agreed.payload_type_send);
  archive.number(agreed.payload_type_recv);
  archive.number(agreed.twin_type_recv);
  archive.number(agreed.red_type_send);
  archive.number(agreed.red_type_recv);
  archive.number(agreed.event_type_send);
  archive.number(agreed.event_type_recv);
  archive.number(agreed.event_clock_send_hz);
  archive.number(agreed.event_clock_recv_hz);
  archive.number(agreed.ptime_ms);
  archive.number(agreed.max_opus_bitrate);
  archive.number(agreed.max_playback_hz);
  archive.number(agreed.wants_opus_fec);
  archive.number(agreed.wants_opus_dtx);
  archive.number(agreed.wants_opus_cbr);
  archive.number(agreed.direction);
  archive.optional(agreed.keys, [&](auto& keys) {
    describe_key(archive, keys.local);
    describe_key(archive, keys.remote);
  });
  Address::describe(archive, agreed.remote_rtp);
  Address::describe(archive, agreed.remote_rtcp);
  archive.number(agreed.is_rtcp_mux);
  archive.number(agreed.rtcp_bandwidth.senders_bps);
  archive.number(agreed.rtcp_bandwidth.receivers_bps);
  archive.number(agreed.has_nack);
  archive.number(agreed.is_rtcp_reduced);
  archive.number(agreed.has_xr_metrics);
  archive.number(agreed.has_xr_rtt);
  archive.require(agreed.codec != Codec::kNone && agreed.codec <= Codec::kL16 &&
                  agreed.rtp_clock_hz != 0 && agreed.event_clock_recv_hz != 0 &&
                  agreed.direction <= Direction::kSendRecv);
}

}  // namespace

void SecureTransport::save(Saver& saver, uint64_t now_ns) const {
  inbound_->save(saver);
  outbound_->save(saver);
  saver.number(ssrc_guessed_);
  saver.number(is_key_unheard_);
  for (const auto& guess : guesses_)
    saver.optional(guess, [&](const srtp::Session& session) { session.save(saver); });
  for (const Old& old : old_) {
    saver.presence(old.session.has_value());
    if (!old.session) break;
    saver.number(old.drop_at_ns - std::min(old.drop_at_ns, now_ns));
    old.session->save(saver);
  }
}

Result<SecureTransport> SecureTransport::load(const Context& context, Loader& loader,
                                              srtp::Session::Skip skip, uint64_t now_ns) {
  const auto session = [&] { return srtp::Session::load(context, loader, skip); };
  VOXLOCK_TRY(srtp::Session inbound, session());
  VOXLOCK_TRY(srtp::Session outbound, session());
  if (inbound.direction() != srtp::Direction::kInbound ||
      outbound.direction() != srtp::Direction::kOutbound) {
    return Status::ERR_SYNTAX;
  }
  SecureTransport out(std::move(inbound), std::move(outbound));
  loader.number(out.ssrc_guessed_);
  loader.number(out.is_key_unheard_);
  for (auto& guess : out.guesses_) {
    if (!loader.presence()) continue;
    VOXLOCK_TRY(srtp::Session made, session());
    guess.emplace(std::move(made));
  }
  for (Old& old : out.old_) {
    if (!loader.presence()) break;
    uint64_t left_ns = 0;
    loader.number(left_ns);
    VOXLOCK_TRY(srtp::Session made, session());
    old.session.emplace(std::move(made));
    old.drop_at_ns = after(now_ns, left_ns);
  }
  if (!loader.ok()) return Status::ERR_SYNTAX;
  return out;
}

template <typename Archive, typename Self>
void Leg::describe(Archive& archive, Self& self) {
  archive.optional(self.agreement_, [&](auto& agreed) { describe_agreement(archive, agreed); });
  archive.require(self.agreement_.has_value());
  archive.number(self.generation_);
  Address::describe(archive, self.remote_rtp_);
  Address::describe(archive, self.remote_rtcp_);
  archive.number(self.is_peer_heard_);
  archive.number(self.ssrc_send_);
  archive.number(self.sequence_send_);
  archive.number(self.timestamp_offset_);
  archive.number(self.last_timestamp_);
  archive.number(self.collisions_);
  archive.number(self.own_sources_);
  archive.number(self.has_own_report_);
  srtp::KeyMemory::describe(archive, self.used_keys_);
  SourceMemory::describe(archive, self.sources_);
}

Result<void> Leg::check_save() const {
  if (association_ || host() != nullptr) return Status::ERR_UNSUPPORTED;
  if (is_closed_) return Status::ERR_LEG_CLOSED;
  if (!agreement_) return Status::ERR_WRONG_STATE;
  return {};
}

void Leg::save(bytes::Writer& writer, Allowance allowance) const {
  Saver saver(writer);
  const uint64_t now = time_.now_ns();
  describe_config(saver, config_);
  saver.number(allowance.packets);
  saver.number(allowance.rtcp);
  saver.number(context_.wall_ns(now));
  // How long the stream has stood; a stream that never was sent begins anywhere.
  saver.number(send_stats_.packets() != 0);
  saver.number(now - std::min(now, last_sent_ns_));
  describe(saver, *this);
  const auto* secure = std::get_if<SecureTransport>(&transport_);
  saver.number(secure != nullptr);
  if (secure != nullptr) secure->save(saver, now);
}

uint64_t Leg::note_saved(Allowance allowance) {
  sealed_at_save_ = sealed_;
  allowance_at_save_ = allowance;
  // It may be found as soon as it is written: a smaller allowance than before holds from here.
  limit_.packets = std::min<uint64_t>(limit_.packets, sealed_.packets + allowance.packets);
  limit_.rtcp = std::min<uint64_t>(limit_.rtcp, sealed_.rtcp + allowance.rtcp);
  // Before the first one is stored there is nothing that could be loaded but this one, and what
  // this leg was loaded from itself.
  if (saved_number_++ == 0 && !is_loaded_) (void)note_stored(saved_number_);
  return saved_number_;
}

Result<void> Leg::note_stored(uint64_t number) {
  if (number == 0) {
    limit_ = {kNever, kNever};
    return {};
  }
  if (number != saved_number_) return Status::ERR_NOT_FOUND;
  limit_.packets = sealed_at_save_.packets + allowance_at_save_.packets;
  limit_.rtcp = sealed_at_save_.rtcp + allowance_at_save_.rtcp;
  return {};
}

bool Leg::may_seal(const Outgoing& fields) const {
  const uint64_t steps = fields.ahead >= 0 ? static_cast<uint64_t>(fields.ahead) + 1 : 0;
  return steps <= limit_.packets - sealed_.packets;
}

// RFC 3550 5.1: timestamps go on with the time that has passed, wherever those of the caller begin.
void Leg::rebase(uint32_t timestamp, bool& marker) {
  const uint64_t stood_us = (time_.now_ns() - std::min(time_.now_ns(), *resumed_ns_)) / 1000;
  resumed_ns_.reset();
  const auto ticks = static_cast<uint32_t>(stood_us * agreement_->rtp_clock_hz / 1'000'000);
  timestamp_offset_ = last_timestamp_ + ticks - timestamp;
  marker = true;
}

Result<Box<Leg>> Leg::load(const Context& context, RandomSource& random, Loader& loader,
                           uint64_t now_ns) {
  LegConfig config;
  Allowance skip;
  uint64_t wall_ns = 0;
  bool has_sent = false;
  uint64_t stood_ns = 0;
  describe_config(loader, config);
  loader.number(skip.packets);
  loader.number(skip.rtcp);
  loader.number(wall_ns);
  loader.number(has_sent);
  loader.number(stood_ns);
  // RFC 3711 3.3.1: a receiver takes a step of 2^15 for one back.
  constexpr uint64_t kMostSkipped = 0x7fff;
  loader.require(skip.packets <= kMostSkipped && skip.rtcp <= kMostSkipped);
  if (!loader.ok()) return Status::ERR_SYNTAX;
  VOXLOCK_TRY(Box<Leg> leg, create(context, random, config));
  (void)leg->time_.advance(now_ns);
  describe(loader, *leg);
  bool is_secure = false;
  loader.number(is_secure);
  if (!loader.ok() || leg->agreement_->keys.has_value() != is_secure) return Status::ERR_SYNTAX;
  if (is_secure) {
    VOXLOCK_TRY(SecureTransport secure,
                SecureTransport::load(context, loader, {skip.packets, skip.rtcp}, now_ns));
    VOXLOCK_TRY_VOID(secure.skip_rtcp(leg->ssrc_send_, skip.rtcp));
    leg->transport_.emplace<SecureTransport>(std::move(secure));
  } else {
    if (config.policy == Policy::kRequired) return Status::ERR_SYNTAX;
    leg->transport_.emplace<PlainTransport>();
  }
  leg->sequence_send_ = static_cast<uint16_t>(leg->sequence_send_ + skip.packets);
  const uint64_t wall_now_ns = context.wall_ns(now_ns);
  if (wall_ns != 0 && wall_now_ns > wall_ns) stood_ns = after(stood_ns, wall_now_ns - wall_ns);
  constexpr uint64_t kMostStood = 3600 * kNsPerSecond;
  if (has_sent) leg->resumed_ns_ = now_ns - std::min({now_ns, stood_ns, kMostStood});
  leg->is_loaded_ = true;
  leg->limit_ = Progress();
  leg->heard_ns_ = now_ns;
  leg->plan_first_report();
  return leg;
}

}  // namespace voxlock::leg
