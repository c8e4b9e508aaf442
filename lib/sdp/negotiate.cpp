// What a peer's media section means to us: security, format, address, direction.
#include <algorithm>

#include "base/text.h"
#include "sdp/offer_answer.h"

namespace voxlock::sdp {
namespace {

enum class Profile { kNone, kPlain, kSecure };

// RFC 3551, 3711, 4585, 5124. DTLS-SRTP's UDP/TLS/RTP/... is not SDES.
Profile profile_of(std::string_view proto) {
  if (text::equals_ignore_case(proto, "RTP/AVP") || text::equals_ignore_case(proto, "RTP/AVPF"))
    return Profile::kPlain;
  if (text::equals_ignore_case(proto, "RTP/SAVP") || text::equals_ignore_case(proto, "RTP/SAVPF"))
    return Profile::kSecure;
  return Profile::kNone;
}

Direction operator&(Direction a, Direction b) {
  return static_cast<Direction>(static_cast<uint32_t>(a) & static_cast<uint32_t>(b));
}

// Packet time of what we send: what the peer asks for, within its maxptime and 10..60 ms. Opus
// knows 10, 20, 40 and 60 ms only (RFC 7587, section 3.2).
uint32_t choose_ptime(const Media& media, uint32_t own, CodecId codec) {
  const auto read = [&](std::string_view name, uint32_t fallback) {
    const auto value = find_attribute(media.attributes, name);
    if (!value) return fallback;
    // RFC 8866 has integers; some stacks write "20.0".
    const auto number = text::parse_decimal(value->substr(0, value->find('.')), 1000);
    return number && *number != 0 ? static_cast<uint32_t>(*number) : fallback;
  };
  uint32_t ptime = std::min(read("ptime", own), read("maxptime", 60));
  ptime = std::clamp(ptime / 10 * 10, 10u, 60u);
  if (codec == CodecId::kOpus && ptime == 30) return 20;
  if (codec == CodecId::kOpus && ptime == 50) return 40;
  return ptime;
}

bool is_same_key(const KeyParameter& a, const KeyParameter& b) {
  return !a.key_and_salt.empty() && secure::equal(a.key_and_salt.view(), b.key_and_salt.view());
}

// a=rtcp:<port> [IN IP4 <address>], RFC 3605. A broken one, or one of another address family than
// the media's, is as if it were not there.
HostAddress rtcp_address(const Media& media, const HostAddress& rtp) {
  HostAddress out = rtp;
  out.port = rtp.port == 65535 ? 0 : static_cast<uint16_t>(rtp.port + 1);
  const auto value = find_attribute(media.attributes, "rtcp");
  if (!value) return out;
  std::string_view words = *value;
  const auto port = text::parse_decimal(next_word(words), 65535);
  if (!port || *port == 0) return out;
  next_word(words);
  next_word(words);
  const std::string_view host = next_word(words);
  if (!host.empty()) {
    const auto address = parse_address(host);
    const bool is_reachable = address && (rtp.family == 0 || address->family == rtp.family);
    if (!is_reachable) return out;
    out = *address;
  }
  out.port = static_cast<uint16_t>(*port);
  return out;
}

// Which reason tells the peer most, where no section can be used.
int weight(Status reason) {
  switch (reason) {
    case Status::ERR_SDP_NO_AUDIO:
      return 0;
    case Status::ERR_SDP_PROTOCOL:
      return 1;
    default:
      return 2;
  }
}

}  // namespace

bool OfferAnswer::is_own_key(const KeyParameter& key) const {
  if (agreement_ && is_same_key(key, agreement_->local_key)) return true;
  if (!pending_) return false;
  for (size_t i = 0; i < pending_->suite_count; ++i) {
    if (is_same_key(key, pending_->keys[i])) return true;
  }
  return false;
}

// The section to use: the one in use before where it still works, then secure before plain, then
// the first. Answering a best-effort offer of SAVP and AVP sections side by side falls out of that.
Result<Agreement> OfferAnswer::choose(const Session& offer) const {
  if (is_dtls()) VOXLOCK_TRY_VOID(check_mids(offer));
  Status reason = Status::ERR_SDP_NO_AUDIO;
  std::optional<Agreement> best;
  for (size_t i = 0; i < offer.media().size(); ++i) {
    Result<Agreement> draft = evaluate(offer, i);
    if (!draft) {
      if (weight(draft.error()) > weight(reason)) reason = draft.error();
      continue;
    }
    const bool is_former = agreement_ && i == agreement_->media_index;
    const bool is_better = !best || (draft->is_secure && !best->is_secure) ||
                           (is_former && draft->is_secure == best->is_secure);
    if (is_better) best = std::move(*draft);
  }
  if (!best) return reason;
  return std::move(*best);
}

Result<Agreement> OfferAnswer::evaluate(const Session& session, size_t index) const {
  const Media& media = session.media()[index];
  const bool is_off = media.port == 0 && !(is_dtls() && is_bundle_only(session, index));
  if (!text::equals_ignore_case(media.type, "audio") || is_off) return Status::ERR_SDP_NO_AUDIO;
  Agreement out;
  out.media_index = index;
  uint32_t tag = 0;
  VOXLOCK_TRY_VOID(is_dtls() ? evaluate_webrtc(session, out) : evaluate_security(media, out, tag));
  VOXLOCK_TRY_VOID(evaluate_formats(media, out));
  const bool has_ice = out.webrtc && out.webrtc->has_ice;
  if (!has_ice) VOXLOCK_TRY_VOID(evaluate_address(session, media, out));
  const bool is_mux_safe =
      !is_rtcp_range(out.payload_type_send) && !is_rtcp_range(out.event_type_send);
  out.has_rtcp_mux = local_.has_rtcp_mux && is_mux_safe &&
                     find_attribute(media.attributes, "rtcp-mux").has_value();
  if (out.has_rtcp_mux) out.remote_rtcp = out.remote_rtp;
  out.rtcp_bandwidth = session.bandwidth_of(media);
  if (local_.has_rtcp_xr) out.xr = read_xr(session, media);
  if (is_dtls()) VOXLOCK_TRY_VOID(finish_webrtc(session, media, out));
  evaluate_feedback(session, media, out);
  out.direction = direction_for(session, media, is_holding_);
  out.is_remote_hold = (static_cast<uint32_t>(direction_for(session, media, false)) & 1) == 0;
  out.ptime_ms = choose_ptime(media, local_.ptime_ms, out.codec);
  out.remote_tag = tag;
  return out;
}

// Local policy decides every time; nothing the peer writes can lower it.
Result<void> OfferAnswer::evaluate_security(const Media& media, Agreement& out,
                                            uint32_t& tag) const {
  const Profile profile = profile_of(media.proto);
  if (profile == Profile::kNone) return Status::ERR_SDP_PROTOCOL;
  if (local_.policy == SrtpPolicy::kOff) {
    if (was_secure()) return Status::ERR_SDP_DOWNGRADE;
    return profile == Profile::kPlain ? Result<void>() : Status::ERR_SDP_SRTP_OFF;
  }
  Status reason = Status::ERR_SDP_SRTP_REQUIRED;
  size_t best_rank = kMaxLocalSuites;
  for (const Attribute& attribute : media.attributes) {
    if (attribute.name != "crypto") continue;
    Result<Crypto> crypto = parse_crypto(attribute.value);
    const Status problem = crypto ? crypto->usability() : crypto.error();
    if (problem != Status::OK) {
      reason = problem;
      continue;
    }
    const size_t rank = rank_of(crypto->suite);
    if (rank == kMaxLocalSuites) reason = Status::ERR_SDP_SUITE;
    if (rank >= best_rank) continue;
    if (is_own_key(crypto->keys[0])) return Status::ERR_SDP_OWN_KEY;
    best_rank = rank;
    tag = crypto->tag;
    out.suite = crypto->suite;
    out.remote_key = std::move(crypto->keys[0]);
  }
  out.is_secure = best_rank != kMaxLocalSuites;
  if (out.is_secure) return {};
  if (profile == Profile::kSecure || local_.policy == SrtpPolicy::kRequired) return reason;
  return was_secure() ? Result<void>(Status::ERR_SDP_DOWNGRADE) : Result<void>();
}

// The rank of a suite in our order; kMaxLocalSuites where it is not allowed.
size_t OfferAnswer::rank_of(CryptoSuite suite) const {
  for (size_t i = 0; i < kMaxLocalSuites && local_.suites[i] != CryptoSuite::kNone; ++i) {
    if (local_.suites[i] == suite) return i;
  }
  return kMaxLocalSuites;
}

// Our order decides about an offer. About an answer the peer's does, whose first format is the one
// it is going to send (RFC 3264, section 7).
Result<void> OfferAnswer::evaluate_formats(const Media& media, Agreement& out) const {
  const KnownFormats formats = known_formats(media);
  const KnownFormat* chosen = nullptr;
  size_t best_rank = kMaxLocalCodecs;
  for (const KnownFormat& format : formats) {
    const size_t rank = rank_of(format.row->id);
    if (rank >= best_rank) continue;
    best_rank = rank;
    chosen = &format;
    if (pending_) break;
  }
  if (chosen == nullptr) return Status::ERR_SDP_NO_CODEC;
  out.codec = chosen->row->id;
  out.clock_hz = chosen->row->clock_hz;
  out.channels = chosen->row->channels;
  out.payload_type_send = out.payload_type_recv = chosen->payload_type;
  const std::string_view fmtp = fmtp_of(media, chosen->text);
  out.wants_opus_fec = fmtp_number(fmtp, "useinbandfec", 0) == 1;
  out.wants_opus_dtx = fmtp_number(fmtp, "usedtx", 0) == 1;
  out.wants_opus_cbr = fmtp_number(fmtp, "cbr", 0) == 1;
  // "stereo" only allows what we never send: speech is mono.
  out.max_playback_hz = static_cast<uint32_t>(fmtp_number(fmtp, "maxplaybackrate", 0));
  out.max_opus_bitrate = static_cast<uint32_t>(fmtp_number(fmtp, "maxaveragebitrate", 0));
  if (local_.has_telephone_event) choose_event(formats, out);
  return {};
}

// The rank of a codec in our order; kMaxLocalCodecs where it is not allowed, as for events.
size_t OfferAnswer::rank_of(CodecId codec) const {
  for (size_t i = 0; i < kMaxLocalCodecs && local_.codecs[i] != CodecId::kNone; ++i) {
    if (local_.codecs[i] == codec) return i;
  }
  return kMaxLocalCodecs;
}

// RFC 4733, section 2.1: events share the clock of the audio they stand in for. A peer that offers
// 8000 only beside Opus is taken at its word where there is nothing better.
void OfferAnswer::choose_event(const KnownFormats& formats, Agreement& out) const {
  for (const KnownFormat& format : formats) {
    if (format.row->id != CodecId::kNone || (pending_ && !is_offered(*format.row))) continue;
    const bool is_right_clock = format.row->clock_hz == out.clock_hz;
    if (!is_right_clock && out.event_type_send != kNoPayloadType) continue;
    out.event_type_send = out.event_type_recv = format.payload_type;
    out.event_clock_hz = format.row->clock_hz;
    if (is_right_clock) return;
  }
}

Result<void> OfferAnswer::evaluate_address(const Session& session, const Media& media,
                                           Agreement& out) const {
  const auto& connection = session.connection_of(media);
  if (!connection) return Status::ERR_SDP_CONNECTION;
  if (!text::equals_ignore_case(connection->net_type, "IN")) return Status::ERR_SDP_NETWORK;
  const auto address = parse_address(connection->address);
  // A host name cannot be looked up here: the peer is found by its first authenticated packet.
  if (address) out.remote_rtp = *address;
  out.remote_rtp.port = media.port;
  out.remote_rtcp = rtcp_address(media, out.remote_rtp);
  if (out.remote_rtp.family != 0 && out.remote_rtp.is_unspecified() && agreement_) {
    // Hold in the old way: where to send to is not told, so it stays known.
    out.remote_rtp = agreement_->remote_rtp;
    out.remote_rtcp = agreement_->remote_rtcp;
  }
  // What is sent from our address cannot reach the other family (RFC 3261, section 20.43).
  if (out.remote_rtp.family != 0 && out.remote_rtp.family != local_.rtp.family)
    return Status::ERR_SDP_ADDRESS_FORMAT;
  return {};
}

// RFC 3264, section 6.1 and 8.4: the mirror of what the peer states, within what we want.
Direction OfferAnswer::direction_for(const Session& session, const Media& media, bool hold) const {
  Direction ours = reverse(stated_direction(session, media));
  const auto& connection = session.connection_of(media);
  // RFC 8829, section 5.2.1: an offer with candidates to come has 0.0.0.0 and does not hold.
  if (connection && !is_dtls()) {
    const auto address = parse_address(connection->address);
    if (address && address->is_unspecified()) ours = ours & Direction::kRecvOnly;
  }
  return hold ? ours & Direction::kSendOnly : ours;
}

// The answer names one of our lines. Peers renumber tags: the suite decides, the tag only among
// lines of one suite, and we never offer a suite twice.
Result<void> OfferAnswer::take_answer_key(const Pending& pending, Agreement& out) {
  for (size_t i = 0; i < pending.suite_count; ++i) {
    if (pending.suites[i] != out.suite) continue;
    return out.local_key.copy_from(pending.keys[i]);
  }
  return Status::ERR_SDP_SUITE;
}

}  // namespace voxlock::sdp
