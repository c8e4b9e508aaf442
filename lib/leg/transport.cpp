#include "leg/transport.h"

#include "rtp/packet.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace voxlock::leg {
namespace {

Result<srtp::Session> make_session(const Context& context, const Key& key,
                                   srtp::Direction direction) {
  srtp::SessionConfig config;
  config.suite = key.suite;
  config.direction = direction;
  config.key_and_salt = key.key_and_salt.view();
  config.mki = key.mki.view();
  config.rtp_lifetime = key.lifetime;
  config.rtcp_lifetime = std::min(key.lifetime, srtp::kMaxRtcpLifetime);
  return srtp::Session::create(context, config);
}

// A counter of 0 needs no telling.
Result<srtp::Session> make_session_at(const Context& context, const Key& key,
                                      srtp::Direction direction, uint32_t ssrc, uint32_t roc) {
  VOXLOCK_TRY(srtp::Session session, make_session(context, key, direction));
  if (roc != 0) VOXLOCK_TRY_VOID(session.set_roc(ssrc, roc));
  return session;
}

Result<size_t> copy(ByteView packet, MutableBytes out) {
  if (packet.size() > out.size()) return Status::ERR_BUFFER_TOO_SMALL;
  if (!packet.empty()) std::memcpy(out.data(), packet.data(), packet.size());
  return packet.size();
}

Result<size_t> open_with(srtp::Session& session, ByteView packet, MutableBytes out, bool is_rtcp) {
  return is_rtcp ? session.open_rtcp(packet, out) : session.open_rtp(packet, out);
}

bool is_key_of(const srtp::Session& session, const Key& key) {
  return session.suite().id == key.suite &&
         secure::equal(session.key_and_salt(), key.key_and_salt.view()) &&
         secure::equal(session.mki(), key.mki.view());
}

}  // namespace

Result<size_t> PlainTransport::open(ByteView packet, MutableBytes out, bool /*is_rtcp*/) {
  return copy(packet, out);
}

Result<size_t> PlainTransport::seal(ByteView packet, MutableBytes out, bool /*is_rtcp*/) {
  return copy(packet, out);
}

Result<SecureTransport> SecureTransport::create(const Context& context, const Keys& keys) {
  VOXLOCK_TRY(srtp::Session inbound, make_session(context, keys.remote, srtp::Direction::kInbound));
  VOXLOCK_TRY(srtp::Session outbound,
              make_session(context, keys.local, srtp::Direction::kOutbound));
  return SecureTransport(std::move(inbound), std::move(outbound));
}

Result<size_t> SecureTransport::open(ByteView packet, MutableBytes out, bool is_rtcp) {
  const Result<size_t> result = open_new(packet, out, is_rtcp);
  if (!is_rtcp) is_first_of_key_ = result.has_value() && std::exchange(is_key_unheard_, false);
  if (result) return result;
  for (Old& old : old_) {
    if (!old.session) break;
    const Result<size_t> by_old = open_with(*old.session, packet, out, is_rtcp);
    if (by_old) return by_old;
  }
  return result;
}

Result<size_t> SecureTransport::open_new(ByteView packet, MutableBytes out, bool is_rtcp) {
  const Result<size_t> result = open_with(*inbound_, packet, out, is_rtcp);
  const bool is_decided = !guesses_[0] && !guesses_[1];
  if (is_decided) return result;
  if (is_rtcp) {
    // SRTCP has no rollover counter: every guess opens it, and each must know it as seen.
    for (auto& guess : guesses_) {
      if (result && guess) (void)open_with(*guess, packet, out, is_rtcp);
    }
    return result;
  }
  // Only a packet of the source whose counter is in doubt decides.
  const auto header = rtp::parse_header(packet);
  if (!header || header->ssrc != ssrc_guessed_) return result;
  if (result) return forget_guesses(), result;
  for (auto& guess : guesses_) {
    if (!guess) continue;
    const Result<size_t> opened = open_with(*guess, packet, out, is_rtcp);
    if (!opened) continue;
    inbound_.emplace(std::move(*guess));
    return forget_guesses(), opened;
  }
  return result;
}

Result<size_t> SecureTransport::open_ahead(ByteView packet, MutableBytes out, uint32_t roc) {
  VOXLOCK_TRY(const size_t len, inbound_->open_rtp_at(packet, out, roc));
  forget_guesses();
  is_first_of_key_ = std::exchange(is_key_unheard_, false);
  diagnosis_.on_recovered();
  return len;
}

void SecureTransport::forget_guesses() {
  for (auto& guess : guesses_) guess.reset();
}

Result<size_t> SecureTransport::seal(ByteView packet, MutableBytes out, bool is_rtcp) {
  return is_rtcp ? outbound_->seal_rtcp(packet, out) : outbound_->seal_rtp(packet, out);
}

Result<SecureTransport::Rekey> SecureTransport::prepare(const Context& context, const Keys& before,
                                                        const Keys& after, Sources sources) const {
  Rekey rekey;
  if (!after.local.is_same(before.local)) {
    const Result<uint32_t> roc = outbound_->roc(sources.send);
    const uint32_t next = roc ? *roc + (sources.is_send_wrapped ? 1 : 0) : 0;
    VOXLOCK_TRY(
        srtp::Session outbound,
        make_session_at(context, after.local, srtp::Direction::kOutbound, sources.send, next));
    rekey.outbound.emplace(std::move(outbound));
  }
  const bool is_new_remote = !after.remote.is_same(before.remote);
  for (size_t i = 0; is_new_remote && i < old_.size() && old_[i].session; ++i) {
    if (is_key_of(*old_[i].session, after.remote)) rekey.revived = i;
  }
  if (is_new_remote && !rekey.revived) {
    const uint32_t roc = inbound_->roc(sources.recv).value_or(0);
    const auto make = [&](uint32_t at) {
      return make_session_at(context, after.remote, srtp::Direction::kInbound, sources.recv, at);
    };
    VOXLOCK_TRY(srtp::Session inbound, make(roc));
    rekey.inbound.emplace(std::move(inbound));
    rekey.ssrc_recv = sources.recv;
    if (roc != 0) {
      VOXLOCK_TRY(srtp::Session begun, make(0));
      rekey.guesses[0].emplace(std::move(begun));
    }
    if (sources.may_recv_wrap) {
      VOXLOCK_TRY(srtp::Session wrapped, make(roc + 1));
      rekey.guesses[1].emplace(std::move(wrapped));
    }
  }
  return rekey;
}

void SecureTransport::commit(Rekey rekey, uint64_t drop_old_at_ns, srtp::Fault left_as) {
  if (rekey.outbound) outbound_.emplace(std::move(*rekey.outbound));
  if (!rekey.inbound && !rekey.revived) return;
  diagnosis_.remember(*inbound_, left_as);
  srtp::Session left = std::move(*inbound_);
  if (rekey.revived) {
    inbound_.emplace(std::move(*old_[*rekey.revived].session));
    forget_old(*rekey.revived);
  } else {
    inbound_.emplace(std::move(*rekey.inbound));
  }
  leave(std::move(left), drop_old_at_ns);
  ssrc_guessed_ = rekey.ssrc_recv;
  is_key_unheard_ = true;
  for (size_t i = 0; i < guesses_.size(); ++i) {
    guesses_[i].reset();
    if (rekey.guesses[i]) guesses_[i].emplace(std::move(*rekey.guesses[i]));
  }
}

// The oldest goes where there are too many.
void SecureTransport::leave(srtp::Session session, uint64_t drop_at_ns) {
  forget_old(kMaxOld - 1);
  for (size_t i = kMaxOld - 1; i > 0; --i) {
    old_[i].session.reset();
    if (old_[i - 1].session) old_[i].session.emplace(std::move(*old_[i - 1].session));
    old_[i].drop_at_ns = old_[i - 1].drop_at_ns;
  }
  old_[0].session.reset();
  old_[0].session.emplace(std::move(session));
  old_[0].drop_at_ns = drop_at_ns;
}

void SecureTransport::forget_old(size_t index) {
  for (size_t i = index; i < old_.size(); ++i) {
    old_[i].session.reset();
    old_[i].drop_at_ns = kNever;
    if (i + 1 == old_.size() || !old_[i + 1].session) continue;
    old_[i].session.emplace(std::move(*old_[i + 1].session));
    old_[i].drop_at_ns = old_[i + 1].drop_at_ns;
  }
}

void SecureTransport::drop_old(uint64_t now_ns) {
  for (size_t i = old_.size(); i > 0; --i) {
    if (old_[i - 1].session && now_ns >= old_[i - 1].drop_at_ns) forget_old(i - 1);
  }
}

uint64_t SecureTransport::next_deadline() const {
  uint64_t deadline = kNever;
  for (const Old& old : old_) deadline = std::min(deadline, old.drop_at_ns);
  return deadline;
}

uint64_t SecureTransport::state_hash() const {
  uint64_t hash = srtp::mix_word(inbound_->state_hash(), outbound_->state_hash());
  for (const auto& guess : guesses_) {
    if (guess) hash = srtp::mix_word(hash, guess->state_hash());
  }
  for (const Old& old : old_) {
    if (old.session) hash = srtp::mix_word(hash, old.session->state_hash());
  }
  return hash;
}

}  // namespace voxlock::leg
