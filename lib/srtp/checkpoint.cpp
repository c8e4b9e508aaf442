// A session that goes on in another process.
#include <array>

#include "srtp/session.h"

namespace voxlock::srtp {
namespace {

// Sealing this many compounds takes some tenths of a second; libsrtp2 counts by sealing alone.
constexpr uint64_t kMaxForward = uint64_t{1} << 20;

template <typename Archive, typename AnySource>
void describe(Archive& archive, AnySource& source) {
  archive.number(source.ssrc);
  rtp::SequenceExtender::describe(archive, source.sequence);
  ReplayWindow<kMaxReplayWindow>::describe(archive, source.rtp);
  ReplayWindow<kRtcpReplayWindow>::describe(archive, source.rtcp);
}

}  // namespace

void Session::save(Saver& saver) const {
  saver.number(suite_->id);
  saver.number(direction_);
  saver.number(is_rtcp_plain_);
  saver.number(replay_window_);
  saver.number(sources_.capacity());
  saver.secret(key_);
  saver.secret(mki_);
  saver.number(rtp_left_);
  saver.number(rtcp_left_);
  saver.number(sources_.size());
  for (const Source& source : sources_) describe(saver, source);
}

Result<Session> Session::load(const Context& context, Loader& loader, Skip skip) {
  SessionConfig config;
  secure::Secret<kMaxKeyAndSaltLen> key;
  secure::Secret<kMaxMkiLen> mki;
  size_t count = 0;
  loader.number(config.suite);
  loader.number(config.direction);
  loader.number(config.is_rtcp_plain);
  loader.number(config.replay_window);
  loader.number(config.max_ssrcs);
  loader.secret(key);
  loader.secret(mki);
  loader.number(config.rtp_lifetime);
  loader.number(config.rtcp_lifetime);
  loader.number(count);
  if (!loader.ok() || count > config.max_ssrcs) return Status::ERR_SYNTAX;
  config.key_and_salt = key.view();
  config.mki = mki.view();
  if (config.rtp_lifetime == 0 || config.rtcp_lifetime == 0) return Status::ERR_SRTP_KEY_EXPIRED;
  const bool seals = config.direction == Direction::kOutbound;
  if (seals) {
    // What may have been sealed since counts as sealed.
    if (config.rtp_lifetime <= skip.rtp || config.rtcp_lifetime <= skip.rtcp)
      return Status::ERR_SRTP_KEY_EXPIRED;
    config.rtp_lifetime -= skip.rtp;
    config.rtcp_lifetime -= skip.rtcp;
  }
  VOXLOCK_TRY(Session session, create(context, config));
  for (size_t i = 0; i < count; ++i) {
    VOXLOCK_TRY(const Source source, load_source(loader));
    if (session.sources_.find(source.ssrc) != nullptr) return Status::ERR_SYNTAX;
    VOXLOCK_TRY_VOID(session.restore(source, seals ? skip : Skip{}));
  }
  return session;
}

Result<Source> Session::load_source(Loader& loader) {
  Source source;
  describe(loader, source);
  if (!loader.ok()) return Status::ERR_SYNTAX;
  return source;
}

// libsrtp2 gets the source now, for its SRTCP.
Result<void> Session::restore(const Source& saved, Skip skip) {
  Source& source = sources_.add(saved.ssrc);
  source = saved;
  const bool seals = direction_ == Direction::kOutbound;
  if (lib_ != nullptr) VOXLOCK_TRY_VOID(library::add_source(lib_.get(), policy(), source.ssrc));
  if (!seals) return {};
  if (source.rtp.has_any()) {
    const uint64_t newest = source.rtp.highest() + skip.rtp;
    if (newest >= rtp::SequenceExtender::kIndexes) return Status::ERR_SRTP_KEY_EXPIRED;
    source.sequence.commit(newest);
    source.rtp.commit(newest);
    source.rtp.close();
  }
  return forward_rtcp(source, skip.rtcp);
}

Result<void> Session::skip_rtcp(uint32_t ssrc, uint64_t count) {
  if (direction_ != Direction::kOutbound) return Status::ERR_WRONG_STATE;
  if (sources_.find(ssrc) != nullptr) return {};
  if (sources_.is_full()) return Status::ERR_SRTP_SSRC_LIMIT;
  Source source;
  source.ssrc = ssrc;
  return restore(source, {0, count});
}

// RFC 3711 3.4: libsrtp2 shows its SRTCP index to nobody and moves it by sealing.
Result<void> Session::forward_rtcp(Source& source, uint64_t skip) {
  const uint64_t most = lib_ != nullptr ? kMaxForward : kMaxRtcpLifetime;
  if (skip > most || source.rtcp.highest() > most - skip) return Status::ERR_LIMIT;
  const uint64_t newest = source.rtcp.highest() + skip;
  std::array<uint8_t, 64> packet{};
  for (uint64_t i = 0; lib_ != nullptr && i < newest; ++i) {
    bytes::Writer writer(packet);
    writer.u32(0x80c90001);  // an empty receiver report
    writer.u32(source.ssrc);
    VOXLOCK_TRY_VOID(library::protect(lib_.get(), packet, writer.size()));
  }
  source.rtcp.commit(newest);
  return {};
}

}  // namespace voxlock::srtp
