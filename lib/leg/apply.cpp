// The one writer of a leg: what an agreement changes.
#include <utility>

#include "leg/leg.h"

namespace voxlock::leg {
namespace {

// Of the sources that an SRTP session takes under one key.
constexpr uint32_t kMaxOwnSources = 12;

}  // namespace

Change Leg::change_to(const Agreement& next) const {
  if (!agreement_) return Change::kContinued;
  const Agreement& now = *agreement_;
  const bool is_same_transport = now.keys.has_value() == next.keys.has_value() &&
                                 (!now.keys || (now.keys->local.suite == next.keys->local.suite &&
                                                now.keys->remote.suite == next.keys->remote.suite));
  if (!is_same_transport || now.codec != next.codec || now.rtp_clock_hz != next.rtp_clock_hz ||
      now.sample_rate != next.sample_rate) {
    return Change::kRestarted;
  }
  if (now.keys &&
      !(now.keys->local.is_same(next.keys->local) && now.keys->remote.is_same(next.keys->remote))) {
    return Change::kRekeyed;
  }
  if (now.remote_rtp != next.remote_rtp || now.remote_rtcp != next.remote_rtcp ||
      now.direction != next.direction) {
    return Change::kMoved;
  }
  return Change::kContinued;
}

SecureTransport::Sources Leg::sources() const {
  SecureTransport::Sources out{ssrc_send_, ssrc_recv_};
  out.is_send_wrapped = sequence_send_ == 0 && send_stats_.packets() != 0;
  out.may_recv_wrap = has_source_ && (sequence_recv_.highest() & 0x8000) != 0;
  return out;
}

// The only place where a transport is made. Once secure never plain.
Result<void> Leg::prepare_transport(Draft& draft) const {
  const Agreement& next = draft.agreement;
  if (association_) return next.keys ? Result<void>(Status::ERR_WRONG_STATE) : Result<void>();
  if (!next.keys) {
    if (is_secure() || config_.policy == Policy::kRequired) return Status::ERR_WRONG_STATE;
    draft.transport.emplace(PlainTransport());
    return {};
  }
  if (config_.policy == Policy::kOff) return Status::ERR_WRONG_STATE;
  const bool is_same_key = is_secure() && next.keys->local.is_same(agreement_->keys->local);
  if (!is_same_key) {
    VOXLOCK_TRY(draft.key_print, srtp::KeyMemory::print(next.keys->local.key_and_salt.view()));
    if (used_keys_.has(draft.key_print)) return Status::ERR_SRTP_KEY_USED;
  }
  if (const auto* secure = std::get_if<SecureTransport>(&transport_)) {
    VOXLOCK_TRY(auto rekey, secure->prepare(context_, *agreement_->keys, *next.keys, sources()));
    draft.transport.emplace(std::move(rekey));
    return {};
  }
  VOXLOCK_TRY(SecureTransport secure, SecureTransport::create(context_, *next.keys));
  draft.transport.emplace(std::move(secure));
  return {};
}

Result<Draft> Leg::prepare(Agreement next) const {
  if (is_closed_) return Status::ERR_LEG_CLOSED;
  if (host() != nullptr) return Status::ERR_WRONG_STATE;
  if (next.codec == Codec::kNone || next.rtp_clock_hz == 0) return Status::ERR_INVALID_ARGUMENT;
  Draft draft;
  draft.change = change_to(next);
  draft.agreement = std::move(next);
  VOXLOCK_TRY_VOID(prepare_transport(draft));
  return draft;
}

Change Leg::commit(Draft draft, uint64_t now_ns) {
  const uint64_t now = time_.advance(now_ns);
  if (draft.key_print != 0) used_keys_.add(draft.key_print);
  if (draft.transport) {
    if (auto* rekey = std::get_if<SecureTransport::Rekey>(&*draft.transport)) {
      if (rekey->outbound) {
        resend_.clear();
        own_sources_ = 1;
      }
      std::get<SecureTransport>(transport_)
          .commit(std::move(*rekey), after(now, config_.rekey_overlap_ns),
                  draft.is_fork ? srtp::Fault::kOtherFork : srtp::Fault::kOldKey);
    } else if (auto* secure = std::get_if<SecureTransport>(&*draft.transport)) {
      resend_.clear();
      own_sources_ = 1;
      transport_.emplace<SecureTransport>(std::move(*secure));
    } else {
      transport_.emplace<PlainTransport>();
    }
  }
  take(std::move(draft.agreement), now);
  stats_.rekeys += draft.change == Change::kRekeyed ? 1 : 0;
  return draft.change;
}

Result<Change> Leg::apply(Agreement next, uint64_t now_ns) {
  VOXLOCK_TRY(Draft draft, prepare(std::move(next)));
  return commit(std::move(draft), now_ns);
}

void Leg::take(Agreement next, uint64_t now_ns) {
  const bool is_first = !agreement_.has_value();
  const bool is_new_codec = !is_first && (agreement_->codec != next.codec ||
                                          agreement_->payload_type_send != next.payload_type_send);
  if (is_new_codec && red_) red_->reset();
  const bool is_new_clock = !is_first && agreement_->rtp_clock_hz != next.rtp_clock_hz;
  // An address that was followed stays until the peer states another one. ICE has its own.
  if (association_) next.remote_rtp = next.remote_rtcp = remote_rtp_;
  if (is_first || agreement_->remote_rtp != next.remote_rtp) {
    remote_rtp_ = next.remote_rtp;
    is_peer_heard_ = false;
  }
  if (is_first || agreement_->remote_rtcp != next.remote_rtcp) remote_rtcp_ = next.remote_rtcp;
  // RFC 7160 4.1: a stream that changes its clock takes another SSRC. If the random source fails
  // the old one goes on, which is allowed; so does the one that a description to a WebRTC peer
  // names, which may hear no other (RFC 8829, section 5.2.1), and one whose
  // key has had nearly as many sources as a session holds, some being kept for collisions.
  if (is_new_clock) {
    if (!association_ && own_sources_ < kMaxOwnSources) (void)start_source();
    leave_source();
  }
  if (!next.has_nack) losses_.reset();
  if (!next.has_transport_feedback) arrivals_.reset();
  const bool is_new_pace = !is_first && agreement_->rtcp_bandwidth != next.rtcp_bandwidth;
  schedule_.set_bandwidth(next.rtcp_bandwidth);
  agreement_.emplace(std::move(next));
  ++generation_;
  // A hold is no silence: the time without media counts from here.
  heard_ns_ = now_ns;
  is_silent_ = false;
  // A host that carries the media itself does so with its RTCP.
  if ((is_first || is_new_pace) && host() == nullptr) plan_first_report();
}

}  // namespace voxlock::leg
