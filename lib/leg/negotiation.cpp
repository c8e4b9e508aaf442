#include "leg/negotiation.h"

#include <algorithm>

namespace voxlock::leg {
namespace {

static_assert(static_cast<int>(sdp::CryptoSuite::kAesCm128HmacSha1_80) ==
                  static_cast<int>(srtp::SuiteId::kAesCm128HmacSha1_80) &&
              static_cast<int>(sdp::CryptoSuite::kAeadAes256Gcm) ==
                  static_cast<int>(srtp::SuiteId::kAeadAes256Gcm));
static_assert(static_cast<int>(sdp::CodecId::kPcmu) == static_cast<int>(Codec::kPcmu) &&
              static_cast<int>(sdp::CodecId::kL16) == static_cast<int>(Codec::kL16));
static_assert(sdp::kNoPayloadType == kNoPayloadType);

sdp::LocalMedia local_media(const LegConfig& config) {
  sdp::LocalMedia out;
  out.policy = static_cast<sdp::SrtpPolicy>(config.policy);
  for (size_t i = 0; i < config.suite_count; ++i)
    out.suites[i] = static_cast<sdp::CryptoSuite>(config.suites[i]);
  for (size_t i = 0; i < config.codec_count; ++i)
    out.codecs[i] = static_cast<sdp::CodecId>(config.codecs[i]);
  out.ptime_ms = config.ptime_ms;
  out.has_telephone_event = config.has_telephone_event;
  out.has_rtcp_mux = config.has_rtcp_mux;
  out.has_rtcp_xr = config.has_rtcp_xr;
  out.has_nack = config.has_nack;
  out.is_nack_offered = config.is_nack_offered;
  out.has_rtcp_rsize = config.has_rtcp_rsize;
  out.has_red = config.has_red;
  out.rtp = config.rtp_address;
  out.rtcp = config.rtcp_address;
  out.has_opus_fec = config.has_opus_fec;
  out.has_opus_dtx = config.has_opus_dtx;
  return out;
}

Key to_key(sdp::CryptoSuite suite, const sdp::KeyParameter& in) {
  Key out;
  out.suite = static_cast<srtp::SuiteId>(suite);
  // Both hold what the longest suite needs.
  (void)out.key_and_salt.assign(in.key_and_salt.view());
  (void)out.mki.assign(in.mki_view());
  if (in.lifetime != 0) out.lifetime = std::min(in.lifetime, srtp::kMaxRtpLifetime);
  return out;
}

// RFC 8285 4.1.2 and 6: headers of two bytes beside those of one only where both ends said so. What
// needs them stays away else.
void take_extensions(const sdp::WebrtcAgreement& in, Agreement& out) {
  static_assert(kExtensions == sdp::kHeaderExtensions && kMaxMid == sdp::kMaxMid);
  constexpr uint8_t kLastOneByteId = 14;
  constexpr size_t kLongestOneByte = 16;
  for (size_t i = 0; i < kExtensions; ++i) {
    const sdp::AgreedExtension& one = in.extensions[i];
    const auto direction = static_cast<Direction>(one.direction);
    if (receives(direction)) out.extensions_recv[i] = one.id;
    const bool is_short = one.id <= kLastOneByteId || in.is_extmap_mixed;
    if (sends(direction) && is_short) out.extensions_send[i] = one.id;
  }
  const std::string_view mid = in.mid.view();
  if (mid.size() <= kLongestOneByte || in.is_extmap_mixed) mid.copy(out.mid.data(), kMaxMid);
  const auto transport = static_cast<size_t>(Extension::kTransportCc);
  out.has_transport_feedback = in.has_transport_cc && in.extensions[transport].id != 0;
}

Agreement to_agreement(const sdp::Agreement& in) {
  constexpr uint32_t kTelephoneClock = 8000;
  Agreement out;
  out.codec = static_cast<Codec>(in.codec);
  out.sample_rate = out.rtp_clock_hz = in.clock_hz;
  out.channels = static_cast<uint8_t>(in.channels);
  out.payload_type_send = in.payload_type_send;
  out.payload_type_recv = in.payload_type_recv;
  out.twin_type_recv = in.twin_type_recv;
  out.event_type_send = in.event_type_send;
  out.event_type_recv = in.event_type_recv;
  out.event_clock_send_hz = out.event_clock_recv_hz =
      in.event_clock_hz != 0 ? in.event_clock_hz : kTelephoneClock;
  out.ptime_ms = in.ptime_ms;
  out.max_opus_bitrate = in.max_opus_bitrate;
  out.wants_opus_fec = in.wants_opus_fec;
  out.wants_opus_dtx = in.wants_opus_dtx;
  out.wants_opus_cbr = in.wants_opus_cbr;
  out.max_playback_hz = in.max_playback_hz;
  out.direction = static_cast<Direction>(in.direction);
  // With DTLS the keys come later.
  if (in.is_secure && !in.webrtc)
    out.keys.emplace(Keys{to_key(in.suite, in.local_key), to_key(in.suite, in.remote_key)});
  out.remote_rtp = in.remote_rtp;
  out.remote_rtcp = in.remote_rtcp;
  out.is_rtcp_mux = in.has_rtcp_mux;
  auto& [senders_bps, receivers_bps] = out.rtcp_bandwidth;
  senders_bps = in.rtcp_bandwidth.senders.value_or(senders_bps);
  receivers_bps = in.rtcp_bandwidth.receivers.value_or(receivers_bps);
  out.has_nack = in.has_nack;
  out.is_rtcp_reduced = in.has_rtcp_rsize;
  out.red_type_send = in.red_type_send;
  out.red_type_recv = in.red_type_recv;
  if (in.webrtc) take_extensions(*in.webrtc, out);
  out.has_xr_metrics = in.xr.has_voip_metrics;
  out.has_xr_rtt = in.xr.has_rtt;
  return out;
}

// RFC 8829, section 5.2.1: what is sent has a stream, a track and a source. pion passes over a
// source that no answer named. A CNAME that is no word for SDP leaves the source out.
void describe_stream(const Leg& leg, sdp::LocalWebrtc& out) {
  (void)out.stream_id.assign("voxlock");
  (void)out.track_id.assign("audio");
  const std::string_view cname = leg.config().cname.data();
  const bool is_word =
      std::all_of(cname.begin(), cname.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (is_word && out.cname.assign(cname)) out.ssrc = leg.ssrc_send();
}

}  // namespace

Result<Negotiation> Negotiation::create(const Leg& leg, RandomSource& random) {
  sdp::LocalMedia local = local_media(leg.config());
  if (const Association* association = leg.association()) {
    local.key_exchange = sdp::KeyExchange::kDtls;
    VOXLOCK_TRY(local.webrtc, association->describe());
    describe_stream(leg, local.webrtc);
    local.webrtc.has_transport_cc = leg.config().has_transport_cc;
    for (size_t i = 0; i < kExtensions; ++i)
      local.webrtc.extensions.set(i, leg.config().has_extension[i]);
    if (leg.config().has_transport_cc)
      local.webrtc.extensions.set(static_cast<size_t>(sdp::HeaderExtension::kTransportCc));
  }
  VOXLOCK_TRY(sdp::OfferAnswer state, sdp::OfferAnswer::create(local, random));
  return Negotiation(std::move(state));
}

Result<Negotiation> Negotiation::load(const Leg& leg, RandomSource& random, Loader& loader) {
  VOXLOCK_TRY(Negotiation made, create(leg, random));
  VOXLOCK_TRY_VOID(made.state_.load(loader));
  return made;
}

Result<sdp::Verdict> Negotiation::take(Leg& leg, sdp::Step& step, uint64_t now_ns) {
  if (!step.draft) return state_.commit(step);
  Association* const association = leg.association();
  const sdp::Agreement& next = *step.draft;
  if (next.webrtc.has_value() != (association != nullptr)) return Status::ERR_UNSUPPORTED;
  if (next.webrtc && next.webrtc->is_remote_lite) {
    // RFC 8445, section 6.1.1, lets two lite ends send without a check. Nobody would have shown
    // that he wants what we send (RFC 8827, section 6.2), so that is refused.
    step.draft.reset();
    step.verdict = sdp::refuse(Status::ERR_SDP_ICE_LITE);
    return state_.commit(step);
  }
  VOXLOCK_TRY(Draft draft, leg.prepare(to_agreement(next)));
  draft.is_fork = step.is_fork;
  if (association != nullptr) {
    VOXLOCK_TRY(Association::Draft made,
                association->prepare(*next.webrtc, step.verdict.is_new_association, now_ns));
    association->commit(std::move(made), *next.webrtc, leg.queue(), now_ns);
  }
  leg.commit(std::move(draft), now_ns);
  return state_.commit(step);
}

Result<void> Negotiation::offer(Leg& leg, sdp::OfferFlags flags, bytes::Writer& out) {
  Association* const association = leg.association();
  leg.early().reserve();
  if (association != nullptr) association->early().reserve();
  state_.set_ssrc(leg.ssrc_send());
  VOXLOCK_TRY_VOID(state_.offer(flags, out));
  leg.early().begin();
  if (association != nullptr) association->early().begin();
  return {};
}

Result<sdp::Verdict> Negotiation::answer(Leg& leg, std::string_view offer, bytes::Writer& out,
                                         uint64_t now_ns) {
  if (leg.is_closed()) return Status::ERR_LEG_CLOSED;
  state_.set_ssrc(leg.ssrc_send());
  sdp::Step step;
  VOXLOCK_TRY_VOID(state_.prepare_answer(offer, out, step));
  return take(leg, step, now_ns);
}

Result<sdp::Verdict> Negotiation::accept_answer(Leg& leg, std::string_view answer,
                                                uint64_t now_ns) {
  if (leg.is_closed()) return Status::ERR_LEG_CLOSED;
  sdp::Step step;
  VOXLOCK_TRY_VOID(state_.prepare_accept(answer, step));
  VOXLOCK_TRY(const sdp::Verdict verdict, take(leg, step, now_ns));
  // What waited is opened with the keys that count now, and dropped where they do not open it.
  leg.early().release();
  if (Association* association = leg.association()) association->early().forget();
  return verdict;
}

Result<sdp::Verdict> Negotiation::accept_fork(Leg& leg, std::string_view answer, uint64_t now_ns) {
  if (leg.is_closed()) return Status::ERR_LEG_CLOSED;
  sdp::Step step;
  VOXLOCK_TRY_VOID(state_.prepare_fork(answer, step));
  return take(leg, step, now_ns);
}

}  // namespace voxlock::leg
