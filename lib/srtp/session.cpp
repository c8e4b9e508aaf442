#include "srtp/session.h"

#include <cstring>

#include "rtp/packet.h"
#include "srtp/library.h"

namespace voxlock::srtp {
namespace {

// Index 2^31 - 1 is the last one of 31 bits.
constexpr uint64_t kLastRtcpIndex = 0x7fffffff;
constexpr uint64_t kSequences = 65536;
constexpr size_t kRtcpHeaderLen = 8;
constexpr size_t kRtcpIndexLen = 4;

Result<void> check_config(const Suite& suite, const SessionConfig& config) {
  const bool is_valid =
      config.key_and_salt.size() == suite.key_and_salt_len() && config.mki.size() <= kMaxMkiLen &&
      config.replay_window >= kMinReplayWindow && config.replay_window <= kMaxReplayWindow &&
      config.max_ssrcs >= 1 && config.max_ssrcs <= kMaxSsrcs && config.rtp_lifetime >= 1 &&
      config.rtp_lifetime <= kMaxRtpLifetime && config.rtcp_lifetime >= 1 &&
      config.rtcp_lifetime <= kMaxRtcpLifetime &&
      (config.direction == Direction::kInbound || config.direction == Direction::kOutbound);
  if (!is_valid) return Status::ERR_INVALID_ARGUMENT;
  return {};
}

uint32_t number_at(ByteView packet, size_t at) {
  return bytes::Reader(packet.subspan(at)).u32();
}

}  // namespace

Session::Session(const Context& context, const Suite& suite, const SessionConfig& config)
    : suite_(&suite),
      direction_(config.direction),
      is_rtcp_plain_(config.is_rtcp_plain),
      replay_window_(config.replay_window),
      sources_(context.memory(), config.max_ssrcs),
      rtp_left_(config.rtp_lifetime),
      rtcp_left_(config.rtcp_lifetime),
      memory_(context.arena()) {}

Session::Session(Session&&) noexcept = default;
Session::~Session() = default;

void Session::LibDeleter::operator()(srtp_ctx_t_* session) const noexcept {
  library::destroy(session);
}

Result<Session> Session::create(const Context& context, const SessionConfig& config) {
  const Suite* suite = find_suite(config.suite);
  if (suite == nullptr) return Status::ERR_UNSUPPORTED;
  VOXLOCK_TRY_VOID(check_config(*suite, config));
  Session session(context, *suite, config);
  if (!session.key_.assign(config.key_and_salt) || !session.mki_.assign(config.mki)) {
    return Status::ERR_INTERNAL;
  }
  if (suite->is_aead) {
    session.aead_ = make_box<Aead>(context.memory(), *suite, session.key_.view());
    return session;
  }
  session.counter_mode_ = make_box<CounterMode>(context.memory(), *suite, session.key_.view());
  VOXLOCK_TRY(srtp_ctx_t_* const lib, library::create(session.policy()));
  session.lib_.reset(lib);
  return session;
}

library::Policy Session::policy() const {
  return {*suite_,        key_.view(),    direction_ == Direction::kInbound,
          replay_window_, is_rtcp_plain_, memory_};
}

Status Session::drop(Status status) {
  switch (status) {
    case Status::ERR_SRTP_AUTH:
      ++stats_.auth_failed;
      break;
    case Status::ERR_SRTP_REPLAYED:
      ++stats_.replayed;
      break;
    case Status::ERR_SRTP_TOO_OLD:
      ++stats_.too_old;
      break;
    case Status::ERR_TRUNCATED:
    case Status::ERR_RTP_VERSION:
    case Status::ERR_SRTP_RTCP_FLAG:
      ++stats_.malformed;
      break;
    case Status::ERR_SRTP_MKI:
      ++stats_.mki_unknown;
      break;
    case Status::ERR_SRTP_SSRC_LIMIT:
      ++stats_.ssrc_refused;
      break;
    case Status::ERR_SRTP_KEY_EXPIRED:
      ++stats_.key_expired;
      break;
    default:
      break;
  }
  return status;
}

// Whether a packet of the source may be processed at all; nullptr for one that would be new.
Result<Source*> Session::admit(uint32_t ssrc, uint64_t left) {
  if (left == 0) return Status::ERR_SRTP_KEY_EXPIRED;
  Source* source = sources_.find(ssrc);
  if (source == nullptr && sources_.is_full()) return Status::ERR_SRTP_SSRC_LIMIT;
  return source;
}

Result<uint64_t> Session::next_rtp_index(const Source* source, uint16_t sequence) const {
  if (source == nullptr) return uint64_t{sequence};
  const uint64_t index = source->sequence.guess(sequence);
  // RFC 3711 9.2: at 2^48 packets of a source the key is used up.
  if (index >= rtp::SequenceExtender::kIndexes) return Status::ERR_SRTP_KEY_EXPIRED;
  VOXLOCK_TRY_VOID(source->rtp.check(index, replay_window_));
  return index;
}

Result<void> Session::check_mki(ByteView packet, size_t mki_at) const {
  const ByteView mki = mki_.view();
  if (!mki.empty() && !secure::equal(packet.subspan(mki_at, mki.size()), mki)) {
    return Status::ERR_SRTP_MKI;
  }
  return {};
}

//  SRTP, RFC 3711 3.1:  | header | payload | MKI | tag |      AEAD, RFC 7714 8.2: tag inside
//  payload, MKI last
Result<void> Session::take_apart_rtp(ByteView packet, size_t room, Sealed& sealed) {
  VOXLOCK_TRY(const rtp::HeaderOutline header, rtp::parse_outline(packet));
  if (packet.size() - header.len < rtp_overhead()) return Status::ERR_TRUNCATED;
  if (packet.size() - header.len - rtp_overhead() > CounterMode::kMaxPayloadLen)
    return Status::ERR_LIMIT;
  sealed.ssrc = header.ssrc;
  sealed.sequence = header.sequence;
  sealed.header_len = header.len;
  sealed.mki_at = packet.size() - mki_.size() - (suite_->is_aead ? 0 : suite_->rtp_tag_len);
  VOXLOCK_TRY_VOID(check_mki(packet, sealed.mki_at));
  VOXLOCK_TRY(sealed.source, admit(header.ssrc, rtp_left_));
  if (room < sealed.mki_at) return Status::ERR_BUFFER_TOO_SMALL;
  return {};
}

Result<void> Session::inspect_rtp(ByteView packet, size_t room, Sealed& sealed) {
  VOXLOCK_TRY_VOID(take_apart_rtp(packet, room, sealed));
  VOXLOCK_TRY(sealed.index, next_rtp_index(sealed.source, sealed.sequence));
  return {};
}

//  SRTCP, RFC 3711 3.4:  | RTCP | E, index | MKI | tag |      AEAD, RFC 7714 9.2: | RTCP, tag | E,
//  index | MKI |
Result<Session::Sealed> Session::inspect_rtcp(ByteView packet) {
  if (!packet.empty() && packet[0] >> 6 != 2) return Status::ERR_RTP_VERSION;
  if (packet.size() < kRtcpHeaderLen || packet.size() - kRtcpHeaderLen < rtcp_overhead()) {
    return Status::ERR_TRUNCATED;
  }
  Sealed sealed;
  sealed.ssrc = number_at(packet, 4);
  sealed.mki_at = packet.size() - mki_.size() - (suite_->is_aead ? 0 : suite_->rtcp_tag_len);
  VOXLOCK_TRY_VOID(check_mki(packet, sealed.mki_at));
  const uint32_t flag_and_index = number_at(packet, sealed.mki_at - kRtcpIndexLen);
  const bool is_encrypted = (flag_and_index & 0x80000000) != 0;
  if (is_encrypted == is_rtcp_plain_) return Status::ERR_SRTP_RTCP_FLAG;
  sealed.index = flag_and_index & kLastRtcpIndex;
  VOXLOCK_TRY(sealed.source, admit(sealed.ssrc, rtcp_left_));
  if (sealed.source != nullptr) {
    VOXLOCK_TRY_VOID(sealed.source->rtcp.check(sealed.index, kRtcpReplayWindow));
  }
  return sealed;
}

// Copies the packet without its MKI, which no tag covers.
Result<MutableBytes> Session::copy(ByteView packet, size_t mki_at, MutableBytes out) const {
  const size_t len = packet.size() - mki_.size();
  if (out.size() < len) return Status::ERR_BUFFER_TOO_SMALL;
  std::memcpy(out.data(), packet.data(), mki_at);
  std::memcpy(out.data() + mki_at, packet.data() + mki_at + mki_.size(), len - mki_at);
  return out.first(len);
}

Result<size_t> Session::unprotect_rtp(ByteView packet, const Sealed& sealed, MutableBytes out) {
  const ByteView without_mki = packet.first(sealed.mki_at);
  if (aead_ != nullptr) {
    const size_t len =
        aead_->open_rtp(without_mki, sealed.header_len, sealed.ssrc, sealed.index, out);
    if (len == 0) return Status::ERR_SRTP_AUTH;
    return len;
  }
  if (!counter_mode_->open(without_mki, packet.last(suite_->rtp_tag_len), sealed.header_len,
                           sealed.ssrc, sealed.index, out)) {
    return Status::ERR_SRTP_AUTH;
  }
  return without_mki.size();
}

Result<size_t> Session::unprotect_rtcp(ByteView packet, const Sealed& sealed, MutableBytes out) {
  if (aead_ != nullptr) {
    const ByteView without_mki = packet.first(sealed.mki_at);
    if (out.size() < without_mki.size()) return Status::ERR_BUFFER_TOO_SMALL;
    const size_t len = aead_->open_rtcp(without_mki, sealed.ssrc, out);
    if (len == 0) return Status::ERR_SRTP_AUTH;
    return len;
  }
  VOXLOCK_TRY(const MutableBytes copied, copy(packet, sealed.mki_at, out));
  auto opened = library::unprotect(lib_.get(), copied, new_source(sealed.source));
  if (!opened) secure::wipe(copied.data(), copied.size());
  return opened;
}

// RFC 3711 3.3.1: who does not hear the beginning may miss that the sequence wrapped. Where the
// host set a counter it knows better.
bool Session::may_be_late(const Sealed& sealed) const {
  return late_tries_left_ != 0 &&
         (sealed.source == nullptr ||
          (!sealed.source->rtp.has_any() && sealed.source->sequence.roc() == 0));
}

Source& Session::present(Source* source, uint32_t ssrc) {
  return source != nullptr ? *source : sources_.add(ssrc);
}

// RFC 3711 3.3: ROC, s_l and replay list change only now that the packet is authentic.
size_t Session::commit_rtp(const Sealed& sealed, size_t len) {
  Source& source = present(sealed.source, sealed.ssrc);
  source.sequence.commit(sealed.index);
  source.rtp.commit(sealed.index);
  --rtp_left_;
  ++stats_.rtp_packets;
  return len;
}

// One round later than guessed. What goes wrong in a second try is no other reason to drop than
// that of the first.
Result<size_t> Session::open_late(ByteView packet, Sealed& sealed, Status first, MutableBytes out) {
  if (first != Status::ERR_SRTP_AUTH || !may_be_late(sealed)) return first;
  --late_tries_left_;
  sealed.index = kSequences | sealed.sequence;
  const auto late = unprotect_rtp(packet, sealed, out);
  if (!late) return first;
  return commit_rtp(sealed, *late);
}

Result<size_t> Session::try_open_rtp(ByteView packet, MutableBytes out) {
  if (direction_ != Direction::kInbound) return Status::ERR_WRONG_STATE;
  Sealed sealed;
  VOXLOCK_TRY_VOID(inspect_rtp(packet, out.size(), sealed));
  const auto opened = unprotect_rtp(packet, sealed, out);
  if (opened) return commit_rtp(sealed, *opened);
  return open_late(packet, sealed, opened.error(), out);
}

// RFC 3711 3.3.1 leaves more than 2^15 packets lost to other means.
Result<size_t> Session::try_open_rtp_at(ByteView packet, MutableBytes out, uint32_t roc) {
  if (direction_ != Direction::kInbound) return Status::ERR_WRONG_STATE;
  Sealed sealed;
  VOXLOCK_TRY_VOID(take_apart_rtp(packet, out.size(), sealed));
  sealed.index = uint64_t{roc} << 16 | sealed.sequence;
  const Source* const known = sealed.source;
  if (known != nullptr && known->rtp.has_any() &&
      sealed.index <= known->rtp.highest() + kSequences / 2) {
    return Status::ERR_SRTP_TOO_OLD;
  }
  VOXLOCK_TRY(const size_t len, unprotect_rtp(packet, sealed, out));
  return commit_rtp(sealed, len);
}

Result<size_t> Session::try_open_rtcp(ByteView packet, MutableBytes out) {
  if (direction_ != Direction::kInbound) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY(const Sealed sealed, inspect_rtcp(packet));
  VOXLOCK_TRY(const size_t len, unprotect_rtcp(packet, sealed, out));
  present(sealed.source, sealed.ssrc).rtcp.commit(sealed.index);
  --rtcp_left_;
  ++stats_.rtcp_packets;
  return len;
}

size_t Session::add_mki(MutableBytes out, size_t len, size_t tag_len) const {
  const ByteView mki = mki_.view();
  if (mki.empty()) return len;
  // RFC 7714 8.2: behind the tag of AEAD.
  const size_t behind = suite_->is_aead ? 0 : tag_len;
  uint8_t* const at = out.data() + len - behind;
  std::memmove(at + mki.size(), at, behind);
  std::memcpy(at, mki.data(), mki.size());
  return len + mki.size();
}

Result<void> Session::inspect_plain_rtp(ByteView packet, size_t room, Plain& plain) {
  VOXLOCK_TRY(const rtp::HeaderOutline header, rtp::parse_outline(packet));
  if (packet.size() - header.len > CounterMode::kMaxPayloadLen) return Status::ERR_LIMIT;
  plain.ssrc = header.ssrc;
  plain.header_len = header.len;
  VOXLOCK_TRY(plain.source, admit(header.ssrc, rtp_left_));
  VOXLOCK_TRY(plain.index, next_rtp_index(plain.source, header.sequence));
  if (room < packet.size() + rtp_overhead()) return Status::ERR_BUFFER_TOO_SMALL;
  return {};
}

size_t Session::protect_rtp(ByteView packet, const Plain& plain, MutableBytes out) {
  const size_t tag_len = suite_->rtp_tag_len;
  if (aead_ != nullptr) {
    (void)aead_->seal_rtp(packet, plain.header_len, plain.ssrc, plain.index, out);
  } else {
    counter_mode_->seal(packet, tag_len, plain.header_len, plain.ssrc, plain.index, out);
  }
  return add_mki(out, packet.size() + tag_len, tag_len);
}

size_t Session::commit_sealed_rtp(const Plain& plain, size_t len) {
  Source& source = present(plain.source, plain.ssrc);
  source.sequence.commit(plain.index);
  source.rtp.commit(plain.index);
  --rtp_left_;
  ++stats_.rtp_packets;
  return len;
}

Result<size_t> Session::try_seal_rtp(ByteView packet, MutableBytes out) {
  if (direction_ != Direction::kOutbound) return Status::ERR_WRONG_STATE;
  Plain plain;
  VOXLOCK_TRY_VOID(inspect_plain_rtp(packet, out.size(), plain));
  return commit_sealed_rtp(plain, protect_rtp(packet, plain, out));
}

Result<size_t> Session::protect_rtcp(ByteView packet, const Plain& plain, MutableBytes out) {
  size_t len = 0;
  if (aead_ != nullptr) {
    len = aead_->seal_rtcp(packet, plain.ssrc, static_cast<uint32_t>(plain.index), is_rtcp_plain_,
                           out);
  } else {
    std::memcpy(out.data(), packet.data(), packet.size());
    const auto sealed = library::protect(lib_.get(), out, packet.size(), new_source(plain.source));
    if (!sealed) secure::wipe(out.data(), packet.size());
    VOXLOCK_TRY(len, sealed);
  }
  return add_mki(out, len, suite_->rtcp_tag_len);
}

Result<size_t> Session::try_seal_rtcp(ByteView packet, MutableBytes out) {
  if (direction_ != Direction::kOutbound) return Status::ERR_WRONG_STATE;
  if (!packet.empty() && packet[0] >> 6 != 2) return Status::ERR_RTP_VERSION;
  if (packet.size() < kRtcpHeaderLen) return Status::ERR_TRUNCATED;
  const uint32_t ssrc = number_at(packet, 4);
  VOXLOCK_TRY(Source* const known, admit(ssrc, rtcp_left_));
  // libsrtp2 counts from 1 on, and so do we.
  const uint64_t index = known != nullptr ? known->rtcp.highest() + 1 : 1;
  if (index > kLastRtcpIndex) return Status::ERR_SRTP_KEY_EXPIRED;
  if (out.size() < packet.size() + rtcp_overhead()) return Status::ERR_BUFFER_TOO_SMALL;
  VOXLOCK_TRY(const size_t len, protect_rtcp(packet, {ssrc, index, 0, known}, out));
  present(known, ssrc).rtcp.commit(index);
  --rtcp_left_;
  ++stats_.rtcp_packets;
  return len;
}

Result<Session::Sealed> Session::begin_open(ByteView packet, MutableBytes out,
                                            CounterMode::Message& message) {
  if (direction_ != Direction::kInbound) return drop(Status::ERR_WRONG_STATE);
  Sealed sealed;
  const auto inspected = inspect_rtp(packet, out.size(), sealed);
  if (!inspected) return drop(inspected.error());
  message = counter_mode_->message(packet.first(sealed.mki_at), sealed.index);
  return sealed;
}

Result<size_t> Session::finish_open(ByteView packet, Sealed& sealed, CounterMode::Message& message,
                                    MutableBytes out) {
  if (!CounterMode::is_genuine(message, packet.last(suite_->rtp_tag_len)))
    return counted(open_late(packet, sealed, Status::ERR_SRTP_AUTH, out));
  counter_mode_->crypt(message.data, sealed.header_len, sealed.ssrc, sealed.index, out);
  return commit_rtp(sealed, message.data.size());
}

Result<Session::Plain> Session::begin_seal(ByteView packet, MutableBytes out,
                                           CounterMode::Message& message) {
  if (direction_ != Direction::kOutbound) return drop(Status::ERR_WRONG_STATE);
  Plain plain;
  const auto inspected = inspect_plain_rtp(packet, out.size(), plain);
  if (!inspected) return drop(inspected.error());
  counter_mode_->crypt(packet, plain.header_len, plain.ssrc, plain.index, out);
  message = counter_mode_->message(out.first(packet.size()), plain.index);
  return plain;
}

Result<size_t> Session::finish_seal(const Plain& plain, const CounterMode::Message& message,
                                    MutableBytes out) {
  const size_t tag_len = suite_->rtp_tag_len;
  CounterMode::put_tag(message, tag_len, out);
  return commit_sealed_rtp(plain, add_mki(out, message.data.size() + tag_len, tag_len));
}

Result<size_t> Session::counted(Result<size_t> result) {
  if (!result) return drop(result.error());
  return result;
}

Result<size_t> Session::open_rtp(ByteView packet, MutableBytes out) {
  return counted(try_open_rtp(packet, out));
}
Result<size_t> Session::open_rtp_at(ByteView packet, MutableBytes out, uint32_t roc) {
  return counted(try_open_rtp_at(packet, out, roc));
}
Result<size_t> Session::open_rtcp(ByteView packet, MutableBytes out) {
  return counted(try_open_rtcp(packet, out));
}
Result<size_t> Session::seal_rtp(ByteView packet, MutableBytes out) {
  return counted(try_seal_rtp(packet, out));
}
Result<size_t> Session::seal_rtcp(ByteView packet, MutableBytes out) {
  return counted(try_seal_rtcp(packet, out));
}

Result<void> Session::set_roc(uint32_t ssrc, uint32_t roc) {
  Source* source = sources_.find(ssrc);
  if (source != nullptr && source->rtp.has_any()) return Status::ERR_WRONG_STATE;
  if (source == nullptr && sources_.is_full()) return Status::ERR_SRTP_SSRC_LIMIT;
  present(source, ssrc).sequence.restart(roc);
  return {};
}

Result<uint32_t> Session::roc(uint32_t ssrc) const {
  const Source* source = sources_.find(ssrc);
  if (source == nullptr) return Status::ERR_NOT_FOUND;
  return source->sequence.roc();
}

uint64_t Session::guess(uint32_t ssrc, uint16_t sequence) const {
  const Source* source = sources_.find(ssrc);
  return source != nullptr ? source->sequence.guess(sequence) : sequence;
}

std::optional<uint64_t> Session::newest(uint32_t ssrc) const {
  const Source* source = sources_.find(ssrc);
  if (source == nullptr || !source->rtp.has_any()) return std::nullopt;
  return source->rtp.highest();
}

SessionStats Session::stats() const {
  SessionStats stats = stats_;
  stats.rtp_left = rtp_left_;
  stats.rtcp_left = rtcp_left_;
  stats.ssrcs = static_cast<uint32_t>(sources_.size());
  return stats;
}

uint64_t Session::state_hash() const {
  uint64_t hash = 0xcbf29ce484222325;
  for (const Source& source : sources_) hash = source.mix(hash);
  hash = mix_word(hash, rtp_left_);
  return mix_word(hash, rtcp_left_);
}

}  // namespace voxlock::srtp
