// voxlock_negotiation of voxlock/sdp.h: offer and answer without a leg.
#include <cstring>
#include <optional>

#include "capi/address.h"
#include "capi/checks.h"
#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/leg_handle.h"
#include "capi/structs.h"
#include "sdp/offer_answer.h"
#include "voxlock/sdp.h"

VOXLOCK_LAYOUT(voxlock_negotiation_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(key_exchange),
               VOXLOCK_FIELD(srtp_policy), VOXLOCK_FIELD(ptime_ms), VOXLOCK_FIELD(suites),
               VOXLOCK_FIELD(codecs), VOXLOCK_FIELD(rtp_address), VOXLOCK_FIELD(rtcp_address),
               VOXLOCK_FIELD(telephone_event), VOXLOCK_FIELD(rtcp_mux), VOXLOCK_FIELD(opus_fec),
               VOXLOCK_FIELD(opus_dtx), VOXLOCK_FIELD(fingerprint), VOXLOCK_FIELD(ice_ufrag),
               VOXLOCK_FIELD(ice_pwd), VOXLOCK_FIELD(candidates), VOXLOCK_FIELD(mid),
               VOXLOCK_FIELD(stream_id), VOXLOCK_FIELD(track_id), VOXLOCK_FIELD(cname),
               VOXLOCK_FIELD(ssrc), VOXLOCK_FIELD(max_opus_bitrate), VOXLOCK_FIELD(extensions),
               VOXLOCK_FIELD(dtls_role), VOXLOCK_FIELD(ice_required), VOXLOCK_FIELD(ice_lite),
               VOXLOCK_FIELD(end_of_candidates), VOXLOCK_FIELD(red), VOXLOCK_FIELD(nack),
               VOXLOCK_FIELD(transport_cc), VOXLOCK_FIELD(rtcp_rsize), VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_negotiated, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(key_exchange),
               VOXLOCK_FIELD(media_index), VOXLOCK_FIELD(codec), VOXLOCK_FIELD(rtp_clock_hz),
               VOXLOCK_FIELD(channels), VOXLOCK_FIELD(ptime_ms), VOXLOCK_FIELD(direction),
               VOXLOCK_FIELD(payload_type_send), VOXLOCK_FIELD(payload_type_recv),
               VOXLOCK_FIELD(event_type_send), VOXLOCK_FIELD(event_type_recv),
               VOXLOCK_FIELD(event_clock_hz), VOXLOCK_FIELD(remote_hold),
               VOXLOCK_FIELD(wants_opus_fec), VOXLOCK_FIELD(wants_opus_dtx),
               VOXLOCK_FIELD(max_opus_bitrate), VOXLOCK_FIELD(rtcp_mux), VOXLOCK_FIELD(remote_rtp),
               VOXLOCK_FIELD(remote_rtcp), VOXLOCK_FIELD(suite), VOXLOCK_FIELD(key_len),
               VOXLOCK_FIELD(remote_lifetime), VOXLOCK_FIELD(remote_mki_len),
               VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(local_key), VOXLOCK_FIELD(remote_key),
               VOXLOCK_FIELD(remote_mki), VOXLOCK_FIELD(dtls_role), VOXLOCK_FIELD(ice),
               VOXLOCK_FIELD(remote_ice_lite), VOXLOCK_FIELD(remote_trickle),
               VOXLOCK_FIELD(end_of_candidates), VOXLOCK_FIELD(candidate_count),
               VOXLOCK_FIELD(fingerprint_count), VOXLOCK_FIELD(bundled),
               VOXLOCK_FIELD(extmap_mixed), VOXLOCK_FIELD(extension_id),
               VOXLOCK_FIELD(extension_direction), VOXLOCK_FIELD(red_type_send),
               VOXLOCK_FIELD(red_type_recv), VOXLOCK_FIELD(nack), VOXLOCK_FIELD(transport_cc),
               VOXLOCK_FIELD(rtcp_rsize), VOXLOCK_FIELD(ssrc_count), VOXLOCK_FIELD(ssrcs),
               VOXLOCK_FIELD(rtcp_senders_bps), VOXLOCK_FIELD(rtcp_receivers_bps))

using namespace voxlock;

struct voxlock_negotiation : capi::Handle {
  explicit voxlock_negotiation(voxlock_context* ctx) : Handle(ctx) {}

  crypto::Drbg random;
  std::optional<sdp::OfferAnswer> state;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_negotiation_config>::kLayout,
                                     LayoutOf<voxlock_negotiated>::kLayout};

static_assert(VOXLOCK_TLS_CLIENT == static_cast<int>(sdp::DtlsRole::kActive) &&
              VOXLOCK_TLS_SERVER == static_cast<int>(sdp::DtlsRole::kPassive));
static_assert(VOXLOCK_EXTENSIONS == sdp::kHeaderExtensions &&
              VOXLOCK_MAX_REMOTE_SSRCS == sdp::kMaxSources);
static_assert(VOXLOCK_MAX_SUITES == sdp::kMaxLocalSuites &&
              VOXLOCK_MAX_CODECS == sdp::kMaxLocalCodecs);

voxlock_negotiation_config negotiation_defaults() {
  const leg::LegConfig leg;
  voxlock_negotiation_config out{};
  out.key_exchange = VOXLOCK_KEYS_SDES;
  out.ptime_ms = leg.ptime_ms;
  for (size_t i = 0; i < leg.suite_count; ++i) out.suites[i] = static_cast<uint32_t>(leg.suites[i]);
  for (size_t i = 0; i < leg.codec_count; ++i) out.codecs[i] = static_cast<uint32_t>(leg.codecs[i]);
  out.telephone_event = out.rtcp_mux = out.opus_fec = 1;
  out.dtls_role = VOXLOCK_TLS_SERVER;
  out.ice_required = out.ice_lite = out.end_of_candidates = 1;
  return out;
}

bool is_valid(const voxlock_negotiation_config& in) {
  const bool has_exchange =
      in.key_exchange == VOXLOCK_KEYS_SDES || in.key_exchange == VOXLOCK_KEYS_DTLS;
  const bool has_role = in.dtls_role == VOXLOCK_TLS_CLIENT || in.dtls_role == VOXLOCK_TLS_SERVER;
  const bool has_flags = is_flag(in.telephone_event) && is_flag(in.rtcp_mux) &&
                         is_flag(in.opus_fec) && is_flag(in.opus_dtx) && is_flag(in.ice_required) &&
                         is_flag(in.ice_lite) && is_flag(in.end_of_candidates) && is_flag(in.red) &&
                         is_within(static_cast<uint32_t>(in.nack), 0, 2) &&
                         is_flag(in.transport_cc) && is_flag(in.rtcp_rsize);
  return has_exchange && has_role && has_flags && in.reserved == 0 &&
         is_within(static_cast<uint32_t>(in.srtp_policy), 0, 2) && is_address(in.rtp_address) &&
         (in.rtcp_address.family == 0 || is_address(in.rtcp_address)) &&
         in.extensions < 1u << VOXLOCK_EXTENSIONS;
}

// NULL stands for what is there already; an empty text is none.
template <size_t N>
bool read_text(const char* in, sdp::FixedText<N>& out) {
  if (in == nullptr) return true;
  const std::string_view text(in, strnlen(in, N + 1));
  return !text.empty() && out.assign(text);
}

Result<void> read_webrtc(const voxlock_negotiation_config& in, sdp::LocalWebrtc& out) {
  if (in.fingerprint == nullptr || !read_text(in.ice_ufrag, out.ufrag) ||
      !read_text(in.ice_pwd, out.password) || !read_text(in.mid, out.mid) ||
      !read_text(in.stream_id, out.stream_id) || !read_text(in.track_id, out.track_id) ||
      !read_text(in.cname, out.cname)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  VOXLOCK_TRY(out.fingerprint, sdp::parse_fingerprint(in.fingerprint));
  if (in.candidates != nullptr) {
    VOXLOCK_TRY(out.candidates, sdp::parse_candidate_lines(in.candidates));
  }
  out.preferred_role = static_cast<sdp::DtlsRole>(in.dtls_role);
  out.is_ice_required = in.ice_required != 0;
  out.is_ice_lite = in.ice_lite != 0;
  out.has_end_of_candidates = in.end_of_candidates != 0;
  out.ssrc = in.ssrc;
  out.max_opus_bitrate = in.max_opus_bitrate;
  out.extensions = sdp::ExtensionSet(in.extensions);
  out.has_transport_cc = in.transport_cc != 0;
  return {};
}

Result<sdp::LocalMedia> to_local(const voxlock_negotiation_config& in) {
  sdp::LocalMedia out;
  size_t count = 0;
  if (!is_valid(in) || !read_list(in.suites, 6, out.suites, count) ||
      !read_list(in.codecs, 4, out.codecs, count)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  out.policy = static_cast<sdp::SrtpPolicy>(in.srtp_policy);
  out.ptime_ms = in.ptime_ms;
  out.rtp = to_address(in.rtp_address);
  out.rtcp = to_address(in.rtcp_address);
  out.has_telephone_event = in.telephone_event != 0;
  out.has_rtcp_mux = in.rtcp_mux != 0;
  out.has_opus_fec = in.opus_fec != 0;
  out.has_opus_dtx = in.opus_dtx != 0;
  out.has_red = in.red != 0;
  out.has_nack = in.nack != VOXLOCK_NACK_OFF;
  out.is_nack_offered = in.nack == VOXLOCK_NACK_OFFER;
  out.has_rtcp_rsize = in.rtcp_rsize != 0;
  if (in.key_exchange != VOXLOCK_KEYS_DTLS) return out;
  out.key_exchange = sdp::KeyExchange::kDtls;
  VOXLOCK_TRY_VOID(read_webrtc(in, out.webrtc));
  return out;
}

Result<void> make_negotiation(voxlock_context* ctx, const voxlock_negotiation_config* in,
                              voxlock_negotiation** out) {
  VOXLOCK_TRY(const voxlock_negotiation_config config, read_struct(in, negotiation_defaults()));
  VOXLOCK_TRY(const sdp::LocalMedia local, to_local(config));
  auto handle = make_handle<voxlock_negotiation>(ctx);
  VOXLOCK_TRY_VOID(seed_from(*ctx, handle->random));
  VOXLOCK_TRY(sdp::OfferAnswer state, sdp::OfferAnswer::create(local, handle->random));
  handle->state.emplace(std::move(state));
  *out = handle.release();
  return {};
}

void tell_sdes(const sdp::Agreement& agreed, voxlock_negotiated& out) {
  const auto copy = [](ByteView from, uint8_t* to) { std::copy(from.begin(), from.end(), to); };
  out.suite = static_cast<uint32_t>(agreed.suite);
  out.key_len = static_cast<uint32_t>(agreed.local_key.key_and_salt.size());
  out.remote_lifetime = agreed.remote_key.lifetime;
  out.remote_mki_len = static_cast<uint32_t>(agreed.remote_key.mki_len);
  copy(agreed.local_key.key_and_salt.view(), out.local_key);
  copy(agreed.remote_key.key_and_salt.view(), out.remote_key);
  copy(agreed.remote_key.mki_view(), out.remote_mki);
}

void tell_webrtc(const sdp::WebrtcAgreement& agreed, voxlock_negotiated& out) {
  out.dtls_role = static_cast<int32_t>(agreed.role);
  out.ice = agreed.has_ice ? 1 : 0;
  out.remote_ice_lite = agreed.is_remote_lite ? 1 : 0;
  out.remote_trickle = agreed.is_remote_trickling ? 1 : 0;
  out.end_of_candidates = agreed.has_end_of_candidates ? 1 : 0;
  out.candidate_count = static_cast<uint32_t>(agreed.candidates.size());
  out.fingerprint_count = static_cast<uint32_t>(agreed.fingerprints.size());
  out.bundled = agreed.is_bundled ? 1 : 0;
  out.extmap_mixed = agreed.is_extmap_mixed ? 1 : 0;
  for (size_t i = 0; i < sdp::kHeaderExtensions; ++i) {
    out.extension_id[i] = agreed.extensions[i].id;
    out.extension_direction[i] = static_cast<int32_t>(agreed.extensions[i].direction);
  }
  out.transport_cc = agreed.has_transport_cc ? 1 : 0;
  out.ssrc_count = static_cast<uint32_t>(agreed.stream.ssrcs.size());
  std::copy(agreed.stream.ssrcs.begin(), agreed.stream.ssrcs.end(), out.ssrcs);
}

voxlock_negotiated tell_agreement(const sdp::Agreement& agreed) {
  voxlock_negotiated out{};
  out.media_index = static_cast<uint32_t>(agreed.media_index);
  out.codec = static_cast<uint32_t>(agreed.codec);
  out.rtp_clock_hz = agreed.clock_hz;
  out.channels = agreed.channels;
  out.ptime_ms = agreed.ptime_ms;
  out.direction = static_cast<int32_t>(agreed.direction);
  out.payload_type_send = agreed.payload_type_send;
  out.payload_type_recv = agreed.payload_type_recv;
  out.event_type_send = agreed.event_type_send;
  out.event_type_recv = agreed.event_type_recv;
  out.event_clock_hz = agreed.event_clock_hz;
  out.remote_hold = agreed.is_remote_hold ? 1 : 0;
  out.wants_opus_fec = agreed.wants_opus_fec ? 1 : 0;
  out.wants_opus_dtx = agreed.wants_opus_dtx ? 1 : 0;
  out.max_opus_bitrate = agreed.max_opus_bitrate;
  out.rtcp_mux = agreed.has_rtcp_mux ? 1 : 0;
  out.remote_rtp = from_address(agreed.remote_rtp);
  out.remote_rtcp = from_address(agreed.remote_rtcp);
  out.red_type_send = agreed.red_type_send;
  out.red_type_recv = agreed.red_type_recv;
  out.nack = agreed.has_nack ? 1 : 0;
  out.rtcp_rsize = agreed.has_rtcp_rsize ? 1 : 0;
  out.key_exchange = agreed.webrtc      ? VOXLOCK_KEYS_DTLS
                     : agreed.is_secure ? VOXLOCK_KEYS_SDES
                                        : VOXLOCK_KEYS_NONE;
  out.rtcp_senders_bps = agreed.rtcp_bandwidth.senders.value_or(UINT32_MAX);
  out.rtcp_receivers_bps = agreed.rtcp_bandwidth.receivers.value_or(UINT32_MAX);
  tell_sdes(agreed, out);
  if (agreed.webrtc) tell_webrtc(*agreed.webrtc, out);
  return out;
}

void write_fingerprints(bytes::Writer& out, const sdp::Fingerprints& list) {
  for (const sdp::Fingerprint& fingerprint : list) {
    if (&fingerprint != list.begin()) out.put(',');
    sdp::write_fingerprint(out, fingerprint);
  }
}

void write_candidates(bytes::Writer& out, const sdp::Candidates& list) {
  for (const sdp::Candidate& candidate : list) {
    out.put("candidate:");
    sdp::write_candidate(out, candidate);
    out.put("\r\n");
  }
}

// False where there is no such part.
bool write_part(const sdp::WebrtcAgreement& agreed, int32_t part, bytes::Writer& out) {
  switch (part) {
    case VOXLOCK_NEGOTIATED_LOCAL_UFRAG:
      return out.put(agreed.local.ufrag.view()), true;
    case VOXLOCK_NEGOTIATED_LOCAL_PWD:
      return out.put(agreed.local.password.view()), true;
    case VOXLOCK_NEGOTIATED_REMOTE_UFRAG:
      return out.put(agreed.remote.ufrag.view()), true;
    case VOXLOCK_NEGOTIATED_REMOTE_PWD:
      return out.put(agreed.remote.password.view()), true;
    case VOXLOCK_NEGOTIATED_FINGERPRINTS:
      return write_fingerprints(out, agreed.fingerprints), true;
    case VOXLOCK_NEGOTIATED_CANDIDATES:
      return write_candidates(out, agreed.candidates), true;
    case VOXLOCK_NEGOTIATED_LOCAL_TLS_ID:
      return out.put(agreed.local.tls_id.view()), true;
    case VOXLOCK_NEGOTIATED_REMOTE_TLS_ID:
      return out.put(agreed.tls_id.view()), true;
    case VOXLOCK_NEGOTIATED_MID:
      return out.put(agreed.mid.view()), true;
    case VOXLOCK_NEGOTIATED_STREAM_ID:
      return out.put(agreed.stream.stream_id.view()), true;
    case VOXLOCK_NEGOTIATED_TRACK_ID:
      return out.put(agreed.stream.track_id.view()), true;
    case VOXLOCK_NEGOTIATED_CNAME:
      return out.put(agreed.stream.cname.view()), true;
    default:
      return false;
  }
}

}  // namespace

LayoutTable negotiation_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_negotiation_config_init(voxlock_negotiation_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::negotiation_defaults()); });
}

int32_t voxlock_negotiation_new(voxlock_context* ctx, const voxlock_negotiation_config* config,
                                voxlock_negotiation** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_negotiation(ctx, config, out);
  });
}

void voxlock_negotiation_free(voxlock_negotiation* negotiation) {
  capi::free_handle(negotiation);
}

int32_t voxlock_negotiation_answer(voxlock_negotiation* negotiation, const uint8_t* offer,
                                   size_t offer_len, uint8_t* sdp, size_t* sdp_len,
                                   voxlock_verdict* verdict) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (negotiation == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView text, capi::input(offer, offer_len));
    VOXLOCK_TRY(const MutableBytes room, capi::output(sdp, sdp_len));
    VOXLOCK_TRY_VOID(capi::check_verdict(verdict));
    bytes::Writer writer(room);
    const auto made = negotiation->state->answer(as_text(text), writer);
    if (!made) {
      if (made.error() == Status::ERR_BUFFER_TOO_SMALL) *sdp_len = writer.size();
      return made.error();
    }
    *sdp_len = made->kind == sdp::VerdictKind::kRefused ? 0 : writer.size();
    return capi::tell_verdict(*made, verdict);
  });
}

int32_t voxlock_negotiation_offer(voxlock_negotiation* negotiation, uint32_t flags, uint8_t* sdp,
                                  size_t* sdp_len) {
  return capi::guard_secrets([&]() -> Result<void> {
    constexpr uint32_t kKnown =
        VOXLOCK_OFFER_HOLD | VOXLOCK_OFFER_REKEY | VOXLOCK_OFFER_ICE_RESTART;
    const bool has_restart = (flags & VOXLOCK_OFFER_ICE_RESTART) != 0;
    if (negotiation == nullptr || (flags & ~kKnown) != 0 ||
        (has_restart && !negotiation->state->is_dtls())) {
      return Status::ERR_INVALID_ARGUMENT;
    }
    VOXLOCK_TRY(const MutableBytes room, capi::output(sdp, sdp_len));
    bytes::Writer writer(room);
    const auto made = negotiation->state->offer(
        {(flags & VOXLOCK_OFFER_HOLD) != 0, (flags & VOXLOCK_OFFER_REKEY) != 0, has_restart},
        writer);
    if (made || made.error() == Status::ERR_BUFFER_TOO_SMALL) *sdp_len = writer.size();
    return made;
  });
}

int32_t voxlock_negotiation_accept_answer(voxlock_negotiation* negotiation, const uint8_t* answer,
                                          size_t answer_len, voxlock_verdict* verdict) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (negotiation == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView text, capi::input(answer, answer_len));
    VOXLOCK_TRY_VOID(capi::check_verdict(verdict));
    VOXLOCK_TRY(const sdp::Verdict made, negotiation->state->accept_answer(as_text(text)));
    return capi::tell_verdict(made, verdict);
  });
}

int32_t voxlock_negotiation_rollback(voxlock_negotiation* negotiation) {
  return capi::guard([&]() -> Result<void> {
    if (negotiation == nullptr) return Status::ERR_INVALID_ARGUMENT;
    negotiation->state->rollback();
    return {};
  });
}

int32_t voxlock_negotiation_get(const voxlock_negotiation* negotiation, voxlock_negotiated* out) {
  return capi::guard_secrets([&]() -> Status {
    if (negotiation == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    const sdp::Agreement* agreed = negotiation->state->agreement();
    if (agreed == nullptr) return Status::ERR_WRONG_STATE;
    voxlock_negotiated result = capi::tell_agreement(*agreed);
    const Status status = capi::write_struct(out, result);
    secure::wipe(&result, sizeof result);
    return status;
  });
}

int32_t voxlock_negotiation_text(const voxlock_negotiation* negotiation, int32_t part, uint8_t* out,
                                 size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (negotiation == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    const sdp::Agreement* agreed = negotiation->state->agreement();
    if (agreed == nullptr || !agreed->webrtc) return Status::ERR_WRONG_STATE;
    bytes::Writer writer(room);
    if (!capi::write_part(*agreed->webrtc, part, writer)) return Status::ERR_INVALID_ARGUMENT;
    const Status status = capi::finish_output(writer, len);
    return status == Status::OK ? Result<void>() : status;
  });
}

}  // extern "C"
