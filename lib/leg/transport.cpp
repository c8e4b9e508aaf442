#include "leg/transport.h"

#include <algorithm>
#include <cstring>

namespace voxlock::leg {
namespace {

Result<srtp::Session> make_session(const Context& context, const Key& key, srtp::Direction direction) {
  srtp::SessionConfig config;
  config.suite = key.suite;
  config.direction = direction;
  config.key_and_salt = key.key_and_salt.view();
  config.mki = key.mki.view();
  config.rtp_lifetime = key.lifetime;
  config.rtcp_lifetime = std::min(key.lifetime, srtp::kMaxRtcpLifetime);
  return srtp::Session::create(context, config);
}

// RFC 3711 3.3.1: after a rekey the rollover counter goes on. A counter of 0 needs no telling.
Result<void> keep_roc(const srtp::Session& before, srtp::Session& after, uint32_t ssrc) {
  const Result<uint32_t> roc = before.roc(ssrc);
  if (!roc || *roc == 0) return {};
  return after.set_roc(ssrc, *roc);
}

Result<size_t> copy(ByteView packet, MutableBytes out) {
  if (packet.size() > out.size()) return Status::ERR_BUFFER_TOO_SMALL;
  if (!packet.empty()) std::memcpy(out.data(), packet.data(), packet.size());
  return packet.size();
}

Result<size_t> open_with(srtp::Session& session, ByteView packet, MutableBytes out, bool is_rtcp) {
  return is_rtcp ? session.open_rtcp(packet, out) : session.open_rtp(packet, out);
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
  VOXLOCK_TRY(srtp::Session outbound, make_session(context, keys.local, srtp::Direction::kOutbound));
  return SecureTransport(std::move(inbound), std::move(outbound));
}

Result<size_t> SecureTransport::open(ByteView packet, MutableBytes out, bool is_rtcp) {
  const Result<size_t> result = open_with(*inbound_, packet, out, is_rtcp);
  if (result || !old_inbound_) return result;
  const Result<size_t> by_old = open_with(*old_inbound_, packet, out, is_rtcp);
  return by_old ? by_old : result;
}

Result<size_t> SecureTransport::seal(ByteView packet, MutableBytes out, bool is_rtcp) {
  return is_rtcp ? outbound_->seal_rtcp(packet, out) : outbound_->seal_rtp(packet, out);
}

Result<SecureTransport::Rekey> SecureTransport::prepare(const Context& context, const Keys& before,
                                                        const Keys& after, Sources sources) const {
  Rekey rekey;
  if (!after.local.is_same(before.local)) {
    VOXLOCK_TRY(srtp::Session outbound, make_session(context, after.local, srtp::Direction::kOutbound));
    VOXLOCK_TRY_VOID(keep_roc(*outbound_, outbound, sources.send));
    rekey.outbound.emplace(std::move(outbound));
  }
  if (!after.remote.is_same(before.remote)) {
    VOXLOCK_TRY(srtp::Session inbound, make_session(context, after.remote, srtp::Direction::kInbound));
    VOXLOCK_TRY_VOID(keep_roc(*inbound_, inbound, sources.recv));
    rekey.inbound.emplace(std::move(inbound));
  }
  return rekey;
}

void SecureTransport::commit(Rekey rekey, uint64_t drop_old_at_ns) {
  if (rekey.outbound) outbound_.emplace(std::move(*rekey.outbound));
  if (!rekey.inbound) return;
  old_inbound_.emplace(std::move(*inbound_));
  inbound_.emplace(std::move(*rekey.inbound));
  drop_old_at_ns_ = drop_old_at_ns;
}

uint64_t SecureTransport::state_hash() const {
  uint64_t hash = srtp::mix_word(inbound_->state_hash(), outbound_->state_hash());
  if (old_inbound_) hash = srtp::mix_word(hash, old_inbound_->state_hash());
  return hash;
}

}  // namespace voxlock::leg
