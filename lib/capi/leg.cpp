#include "voxlock/leg.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "capi/checks.h"
#include "capi/guard.h"
#include "capi/identity.h"
#include "capi/leg_handle.h"
#include "capi/structs.h"
#include "voxlock/sdp.h"

VOXLOCK_LAYOUT(voxlock_address, VOXLOCK_FIELD(ip), VOXLOCK_FIELD(port), VOXLOCK_FIELD(family),
               VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_datagram, VOXLOCK_FIELD(data), VOXLOCK_FIELD(len), VOXLOCK_FIELD(source),
               VOXLOCK_FIELD(leg), VOXLOCK_FIELD(local), VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_leg_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(srtp_policy),
               VOXLOCK_FIELD(suites), VOXLOCK_FIELD(codecs), VOXLOCK_FIELD(ptime_ms),
               VOXLOCK_FIELD(telephone_event), VOXLOCK_FIELD(rtp_address),
               VOXLOCK_FIELD(rtcp_address), VOXLOCK_FIELD(rtcp_mux), VOXLOCK_FIELD(symmetric),
               VOXLOCK_FIELD(signalling), VOXLOCK_FIELD(opus_bitrate),
               VOXLOCK_FIELD(opus_complexity), VOXLOCK_FIELD(opus_fec), VOXLOCK_FIELD(opus_dtx),
               VOXLOCK_FIELD(rekey_overlap_ms), VOXLOCK_FIELD(media_timeout_ms),
               VOXLOCK_FIELD(queue_bytes), VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(cname),
               VOXLOCK_FIELD(key_exchange), VOXLOCK_FIELD(dtls_client), VOXLOCK_FIELD(identity),
               VOXLOCK_FIELD(further_addresses), VOXLOCK_FIELD(further_address_count),
               VOXLOCK_FIELD(consent_ms), VOXLOCK_FIELD(reserved2), VOXLOCK_FIELD(nack),
               VOXLOCK_FIELD(rtcp_rsize), VOXLOCK_FIELD(rtcp_xr), VOXLOCK_FIELD(reserved3),
               VOXLOCK_FIELD(transport_cc), VOXLOCK_FIELD(extensions), VOXLOCK_FIELD(red),
               VOXLOCK_FIELD(red_blocks), VOXLOCK_FIELD(early_media_ms), VOXLOCK_FIELD(reserved4))
VOXLOCK_LAYOUT(voxlock_verdict, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(kind),
               VOXLOCK_FIELD(reason), VOXLOCK_FIELD(sip_status), VOXLOCK_FIELD(warn_code),
               VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(warning), VOXLOCK_FIELD(changes),
               VOXLOCK_FIELD(reserved2))
VOXLOCK_LAYOUT(voxlock_leg_media_info, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(codec),
               VOXLOCK_FIELD(rtp_clock_hz), VOXLOCK_FIELD(channels), VOXLOCK_FIELD(ptime_ms),
               VOXLOCK_FIELD(payload_type_send), VOXLOCK_FIELD(payload_type_recv),
               VOXLOCK_FIELD(event_type_send), VOXLOCK_FIELD(event_type_recv),
               VOXLOCK_FIELD(direction), VOXLOCK_FIELD(is_secure), VOXLOCK_FIELD(suite_send),
               VOXLOCK_FIELD(suite_recv), VOXLOCK_FIELD(ssrc_send), VOXLOCK_FIELD(rtcp_mux),
               VOXLOCK_FIELD(generation), VOXLOCK_FIELD(remote_rtp), VOXLOCK_FIELD(remote_rtcp),
               VOXLOCK_FIELD(key_exchange), VOXLOCK_FIELD(is_connected),
               VOXLOCK_FIELD(local_fingerprint), VOXLOCK_FIELD(remote_fingerprint))
VOXLOCK_LAYOUT(voxlock_leg_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(ssrc_send),
               VOXLOCK_FIELD(ssrc_recv), VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(packets_in),
               VOXLOCK_FIELD(bytes_in), VOXLOCK_FIELD(packets_out), VOXLOCK_FIELD(bytes_out),
               VOXLOCK_FIELD(rtcp_in), VOXLOCK_FIELD(rtcp_out), VOXLOCK_FIELD(lost_in),
               VOXLOCK_FIELD(duplicates_in), VOXLOCK_FIELD(reordered_in),
               VOXLOCK_FIELD(jitter_in_us), VOXLOCK_FIELD(rtt_us), VOXLOCK_FIELD(peer_lost),
               VOXLOCK_FIELD(peer_jitter_us), VOXLOCK_FIELD(peer_fraction_lost),
               VOXLOCK_FIELD(rekeys), VOXLOCK_FIELD(followed), VOXLOCK_FIELD(dropped),
               VOXLOCK_FIELD(nacked_out), VOXLOCK_FIELD(recovered_in), VOXLOCK_FIELD(unrecovered),
               VOXLOCK_FIELD(resent_out), VOXLOCK_FIELD(resend_denied), VOXLOCK_FIELD(feedback_out),
               VOXLOCK_FIELD(feedback_in), VOXLOCK_FIELD(transport_received),
               VOXLOCK_FIELD(transport_lost), VOXLOCK_FIELD(transport_queue_us),
               VOXLOCK_FIELD(redundant_in), VOXLOCK_FIELD(redundant_out), VOXLOCK_FIELD(fault),
               VOXLOCK_FIELD(fault_ssrc), VOXLOCK_FIELD(fault_rounds), VOXLOCK_FIELD(reserved2),
               VOXLOCK_FIELD(faults), VOXLOCK_FIELD(recovered))
VOXLOCK_LAYOUT(voxlock_media_event, VOXLOCK_FIELD(type), VOXLOCK_FIELD(leg), VOXLOCK_FIELD(offset),
               VOXLOCK_FIELD(len), VOXLOCK_FIELD(address), VOXLOCK_FIELD(ssrc),
               VOXLOCK_FIELD(sequence), VOXLOCK_FIELD(timestamp), VOXLOCK_FIELD(payload_type),
               VOXLOCK_FIELD(marker), VOXLOCK_FIELD(is_rtcp), VOXLOCK_FIELD(digit),
               VOXLOCK_FIELD(duration_ms), VOXLOCK_FIELD(lost), VOXLOCK_FIELD(value),
               VOXLOCK_FIELD(local), VOXLOCK_FIELD(reserved0), VOXLOCK_FIELD(reserved))

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {
    LayoutOf<voxlock_address>::kLayout,        LayoutOf<voxlock_datagram>::kLayout,
    LayoutOf<voxlock_leg_config>::kLayout,     LayoutOf<voxlock_verdict>::kLayout,
    LayoutOf<voxlock_leg_media_info>::kLayout, LayoutOf<voxlock_leg_stats>::kLayout,
    LayoutOf<voxlock_media_event>::kLayout};

constexpr size_t kMaxPayload = 1400;
constexpr uint32_t kLeastConsentMs = 1000;
constexpr uint32_t kMaxRedBlocks = 2;
constexpr uint32_t kMaxEarlyMs = 2000;

voxlock_leg_config leg_defaults() {
  const leg::LegConfig inner;
  voxlock_leg_config out{};
  for (size_t i = 0; i < inner.suite_count; ++i)
    out.suites[i] = static_cast<uint32_t>(inner.suites[i]);
  for (size_t i = 0; i < inner.codec_count; ++i)
    out.codecs[i] = static_cast<uint32_t>(inner.codecs[i]);
  out.ptime_ms = inner.ptime_ms;
  out.telephone_event = 1;
  out.rtcp_mux = 1;
  out.symmetric = 1;
  out.opus_bitrate = inner.opus_bitrate;
  out.opus_complexity = inner.opus_complexity;
  out.opus_fec = 1;
  out.rekey_overlap_ms = static_cast<uint32_t>(inner.rekey_overlap_ns / kNsPerMs);
  out.media_timeout_ms = static_cast<uint32_t>(inner.media_timeout_ns / kNsPerMs);
  out.queue_bytes = static_cast<uint32_t>(inner.queue_bytes);
  out.key_exchange = VOXLOCK_KEYS_SDES;
  out.consent_ms = static_cast<uint32_t>(inner.consent_ns / kNsPerMs);
  out.red_blocks = static_cast<uint32_t>(inner.red_blocks);
  return out;
}

bool is_valid(const voxlock_leg_config& in) {
  return is_within(static_cast<uint32_t>(in.srtp_policy), 0, 2) && is_within(in.ptime_ms, 10, 60) &&
         in.ptime_ms % 10 == 0 && is_flag(in.telephone_event) && is_address(in.rtp_address) &&
         (in.rtcp_address.family == 0 || is_address(in.rtcp_address)) && is_flag(in.rtcp_mux) &&
         is_flag(in.symmetric) && is_within(static_cast<uint32_t>(in.signalling), 0, 3) &&
         is_opus_bitrate(in.opus_bitrate) && in.opus_complexity <= 10 && is_flag(in.opus_fec) &&
         is_flag(in.opus_dtx) && in.rekey_overlap_ms <= 60000 &&
         is_within(in.queue_bytes, 4096, 1048576) && in.reserved == 0 && is_flag(in.rtcp_xr) &&
         in.reserved3 == 0 && in.early_media_ms <= kMaxEarlyMs && in.reserved4 == 0;
}

bool is_valid_webrtc(const voxlock_leg_config& in) {
  static_assert(VOXLOCK_MAX_FURTHER_ADDRESSES + 1 == leg::kMaxLocalAddresses);
  static_assert(VOXLOCK_EXTENSION_TRANSPORT_CC ==
                1u << static_cast<size_t>(leg::Extension::kTransportCc));
  constexpr uint32_t kAllExtensions = (1u << leg::kExtensions) - 1;
  if (!is_flag(in.red) || in.red_blocks > kMaxRedBlocks) return false;
  if (!is_flag(in.transport_cc) || (in.extensions & ~kAllExtensions) != 0) return false;
  if (!is_flag(in.dtls_client) || !is_within(static_cast<uint32_t>(in.nack), 0, 2) ||
      !is_flag(in.rtcp_rsize) || in.consent_ms < kLeastConsentMs || in.reserved2 != 0 ||
      in.further_address_count > VOXLOCK_MAX_FURTHER_ADDRESSES ||
      (in.further_addresses == nullptr) != (in.further_address_count == 0)) {
    return false;
  }
  if (in.key_exchange == VOXLOCK_KEYS_SDES)
    return in.identity == nullptr && in.further_address_count == 0 && in.dtls_client == 0 &&
           in.transport_cc == 0 && in.extensions == 0 &&
           (in.nack == VOXLOCK_NACK_OFF || in.srtp_policy != VOXLOCK_SRTP_OFF);
  if (in.key_exchange != VOXLOCK_KEYS_DTLS) return false;
  return in.srtp_policy == VOXLOCK_SRTP_REQUIRED && in.rtcp_mux == 1 &&
         std::all_of(in.further_addresses, in.further_addresses + in.further_address_count,
                     is_address);
}

Result<leg::LegConfig> to_config(const voxlock_leg_config& in) {
  leg::LegConfig out;
  if (!is_valid(in) || !is_valid_webrtc(in) ||
      !read_list(in.suites, 6, out.suites, out.suite_count) ||
      !read_list(in.codecs, 4, out.codecs, out.codec_count)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  out.policy = static_cast<leg::Policy>(in.srtp_policy);
  out.ptime_ms = in.ptime_ms;
  out.has_telephone_event = in.telephone_event != 0;
  out.rtp_address = to_address(in.rtp_address);
  out.rtcp_address = to_address(in.rtcp_address);
  out.has_rtcp_mux = in.rtcp_mux != 0;
  out.has_rtcp_xr = in.rtcp_xr != 0;
  out.is_symmetric = in.symmetric != 0;
  out.signalling = static_cast<leg::Signalling>(in.signalling);
  out.opus_bitrate = in.opus_bitrate;
  out.opus_complexity = in.opus_complexity;
  out.has_opus_fec = in.opus_fec != 0;
  out.has_opus_dtx = in.opus_dtx != 0;
  out.rekey_overlap_ns = in.rekey_overlap_ms * kNsPerMs;
  out.media_timeout_ns = in.media_timeout_ms * kNsPerMs;
  out.queue_bytes = in.queue_bytes;
  out.early_media_ns = in.early_media_ms * kNsPerMs;
  if (in.key_exchange == VOXLOCK_KEYS_DTLS) out.key_exchange = leg::KeyExchange::kDtls;
  out.is_dtls_client = in.dtls_client != 0;
  out.consent_ns = in.consent_ms * kNsPerMs;
  for (size_t i = 0; i < in.further_address_count; ++i)
    out.further_addresses[i] = to_address(in.further_addresses[i]);
  out.has_nack = in.nack != VOXLOCK_NACK_OFF;
  out.is_nack_offered = in.nack == VOXLOCK_NACK_OFFER;
  out.has_rtcp_rsize = in.rtcp_rsize != 0;
  out.has_transport_cc = in.transport_cc != 0;
  out.has_red = in.red != 0;
  out.red_blocks = in.red_blocks;
  for (size_t i = 0; i < leg::kExtensions; ++i)
    out.has_extension[i] = (in.extensions >> i & 1) != 0;
  if (in.cname == nullptr) return out;
  const size_t len = strnlen(in.cname, out.cname.size());
  if (len == 0 || len == out.cname.size()) return Status::ERR_INVALID_ARGUMENT;
  std::copy_n(in.cname, len, out.cname.begin());
  return out;
}

// A copy of the host's, or one of this leg's own. Nobody looks at its dates (RFC 8122, section 6).
Result<void> take_identity(const voxlock_identity* given, voxlock_leg& handle) {
  const auto copy = [&](const crypto::Identity& from) {
    handle.certificate.assign(from.certificate_der().begin(), from.certificate_der().end());
    handle.key.assign(from.key_der().begin(), from.key_der().end());
  };
  if (given != nullptr) return copy(given->identity), Result<void>();
  crypto::IdentityRequest request;
  request.common_name = "WebRTC";
  request.not_before_s = 946'684'800;   // 2000
  request.not_after_s = 4'102'444'799;  // the last second of 2099
  const beneath::Loan loan(handle.context->arena());
  VOXLOCK_TRY(const crypto::Identity made,
              crypto::Identity::create(handle.context->memory(), request, handle.random));
  return copy(made), Result<void>();
}

Result<void> make_leg(voxlock_context* ctx, const voxlock_leg_config* in, voxlock_leg** out) {
  VOXLOCK_TRY(const voxlock_leg_config raw, read_struct(in, leg_defaults()));
  VOXLOCK_TRY(leg::LegConfig config, to_config(raw));
  auto handle = make_handle<voxlock_leg>(ctx);
  VOXLOCK_TRY_VOID(seed_from(*ctx, handle->random));
  if (config.key_exchange == leg::KeyExchange::kDtls) {
    VOXLOCK_TRY_VOID(take_identity(raw.identity, *handle));
    config.certificate = handle->certificate;
    config.key = handle->key;
  }
  VOXLOCK_TRY(handle->leg, leg::Leg::create(ctx->context, handle->random, config));
  VOXLOCK_TRY(leg::Negotiation negotiation, leg::Negotiation::create(*handle->leg, handle->random));
  handle->negotiation.emplace(std::move(negotiation));
  *out = handle.release();
  return {};
}

// Empty for NULL.
Result<std::string_view> read_peer_name(const char* name) {
  if (name == nullptr) return std::string_view();
  const std::string_view out(name, strnlen(name, leg::kMaxPeerName + 1));
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (out.empty() || out.size() > leg::kMaxPeerName ||
      !std::all_of(out.begin(), out.end(), is_printable)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  return out;
}

voxlock_leg_media_info media_of(const leg::Leg& leg) {
  const leg::Agreement& agreed = *leg.agreement();
  voxlock_leg_media_info out{};
  out.codec = static_cast<uint32_t>(agreed.codec);
  out.rtp_clock_hz = agreed.rtp_clock_hz;
  out.channels = agreed.channels;
  out.ptime_ms = agreed.ptime_ms;
  out.payload_type_send = agreed.payload_type_send;
  out.payload_type_recv = agreed.payload_type_recv;
  out.event_type_send = agreed.event_type_send;
  out.event_type_recv = agreed.event_type_recv;
  out.direction = static_cast<int32_t>(agreed.direction);
  out.is_secure = leg.is_secure() ? 1 : 0;
  if (const auto suites = leg.suites()) {
    out.suite_send = static_cast<uint32_t>(suites->send);
    out.suite_recv = static_cast<uint32_t>(suites->recv);
    out.key_exchange = VOXLOCK_KEYS_SDES;
  }
  out.ssrc_send = leg.ssrc_send();
  out.rtcp_mux = agreed.is_rtcp_mux ? 1 : 0;
  out.generation = leg.generation();
  out.remote_rtp = from_address(leg.remote_rtp());
  out.remote_rtcp = from_address(agreed.is_rtcp_mux ? leg.remote_rtp() : leg.remote_rtcp());
  out.is_connected = 1;
  if (const leg::Association* association = leg.association()) {
    out.key_exchange = VOXLOCK_KEYS_DTLS;
    out.is_connected = association->path() != nullptr ? 1 : 0;
    std::copy_n(association->fingerprint().begin(), sizeof out.local_fingerprint,
                out.local_fingerprint);
    if (association->media_allowed()) {
      const auto& peer = association->dtls()->info().peer_sha256;
      std::copy(peer.begin(), peer.end(), std::begin(out.remote_fingerprint));
    }
  }
  return out;
}

uint64_t to_us(uint64_t ticks, uint32_t clock_hz) {
  return clock_hz != 0 ? ticks * 1'000'000 / clock_hz : 0;
}

voxlock_leg_stats stats_of(const leg::Leg& leg) {
  const leg::LegStats& stats = leg.stats();
  const uint32_t clock_hz = leg.agreement() ? leg.agreement()->rtp_clock_hz : 0;
  voxlock_leg_stats out{};
  out.ssrc_send = leg.ssrc_send();
  out.ssrc_recv = leg.ssrc_recv();
  out.packets_in = stats.packets_in;
  out.bytes_in = stats.bytes_in;
  out.packets_out = stats.packets_out;
  out.bytes_out = stats.bytes_out;
  out.rtcp_in = stats.rtcp_in;
  out.rtcp_out = stats.rtcp_out;
  out.lost_in = leg.lost_in();
  if (const auto& receive = leg.receive_statistics())
    out.jitter_in_us = to_us(receive->jitter(), clock_hz);
  out.duplicates_in = stats.duplicates;
  out.reordered_in = stats.reordered;
  const rtp::SendStatistics& send = leg.send_statistics();
  out.rtt_us = send.has_rtt() ? send.rtt_ns() / 1000 : UINT64_MAX;
  out.peer_lost = static_cast<uint64_t>(std::max<int32_t>(send.remote().cumulative_lost, 0));
  out.peer_jitter_us = to_us(send.remote().jitter, clock_hz);
  out.peer_fraction_lost = send.remote().fraction_lost;
  out.rekeys = stats.rekeys;
  out.followed = stats.followed;
  std::copy(stats.dropped.begin(), stats.dropped.end(), std::begin(out.dropped));
  const rtp::LossStats& losses = leg.losses().stats();
  out.nacked_out = losses.requested;
  out.recovered_in = losses.recovered;
  out.unrecovered = losses.given_up;
  out.resent_out = stats.resent;
  out.resend_denied = stats.resend_denied;
  out.feedback_out = stats.transport_feedback_out;
  const rtp::TransportStats& transport = leg.transport_stats();
  out.feedback_in = transport.messages;
  out.transport_received = transport.received;
  out.transport_lost = transport.lost;
  out.transport_queue_us = transport.queue_us;
  out.redundant_in = stats.redundant_in;
  out.redundant_out = stats.redundant_out;
  if (const srtp::DiagnosisStats* diagnosis = leg.diagnosis()) {
    out.fault = static_cast<int32_t>(diagnosis->last.fault);
    out.fault_ssrc = diagnosis->last.ssrc;
    out.fault_rounds = diagnosis->last.rounds;
    out.faults = diagnosis->told;
    out.recovered = diagnosis->recovered;
  }
  return out;
}

// A leg alone hands its payload to the host: the one place where plaintext waits for poll.
void queue_payload(leg::Leg& leg, leg::Event event, ByteView payload) {
  if (payload.empty()) return;
  const MutableBytes room = leg.queue().reserve(payload.size());
  if (room.empty()) return leg.count_drop(leg::Drop::kQueue);
  std::memcpy(room.data(), payload.data(), payload.size());
  event.type = leg::EventType::kPayload;
  (void)leg.queue().push(event, payload.size(), true);
}

void queue_received(leg::Leg& leg, const leg::Received& received) {
  if (received.kind != leg::Received::Kind::kAudio) return;
  leg::Event event;
  event.ssrc = received.packet.ssrc;
  const auto frames = received.redundant.view();
  const size_t recovered = std::min<uint64_t>(frames.size(), received.lost);
  const uint64_t lost = received.lost - recovered;
  event.lost = static_cast<uint32_t>(std::min<uint64_t>(lost, UINT32_MAX));
  // One frame in a packet, so the last of them was in the packet right before.
  for (size_t i = recovered; i > 0; --i) {
    event.sequence = received.index - i;
    event.timestamp = frames[frames.size() - i].timestamp;
    event.payload_type = leg.agreement()->payload_type_recv;
    event.value = 1;
    queue_payload(leg, event, frames[frames.size() - i].data);
    event.lost = 0;
  }
  event.value = 0;
  event.sequence = received.index;
  event.timestamp = received.packet.timestamp;
  event.payload_type = received.packet.payload_type;
  event.marker = received.packet.marker;
  queue_payload(leg, event, received.packet.payload);
}

Result<void> take_datagrams(voxlock_leg& handle, const voxlock_datagram* datagrams, size_t count,
                            uint64_t now_ns) {
  if (handle.is_attached) return Status::ERR_LEG_ATTACHED;
  if (handle.leg->host() != nullptr) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY_VOID(check_datagrams(datagrams, count, 0));
  struct Plain {
    std::array<uint8_t, leg::kMaxPacketLen> bytes;
    ~Plain() { secure::wipe(bytes.data(), bytes.size()); }
  } plain;
  leg::Leg& leg = *handle.leg;
  while (const auto early = leg.early().take(now_ns)) {
    const leg::Datagram datagram{early->data, early->source, early->local};
    queue_received(leg, leg.receive(datagram, plain.bytes, now_ns));
  }
  for (size_t i = 0; i < count; ++i) {
    const leg::Datagram datagram{
        {datagrams[i].data, datagrams[i].len}, to_address(datagrams[i].source), datagrams[i].local};
    queue_received(leg, leg.receive(datagram, plain.bytes, now_ns));
  }
  return {};
}

Result<void> accept(voxlock_leg& leg,
                    Result<sdp::Verdict> (leg::Negotiation::*step)(leg::Leg&, std::string_view,
                                                                   uint64_t),
                    ByteView answer, voxlock_verdict* verdict, uint64_t now_ns) {
  if (!leg.negotiation) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY(const ByteView text, input(answer.data(), answer.size()));
  VOXLOCK_TRY_VOID(check_verdict(verdict));
  VOXLOCK_TRY(const sdp::Verdict made, ((*leg.negotiation).*step)(*leg.leg, as_text(text), now_ns));
  return tell_verdict(made, verdict);
}

}  // namespace

Result<void> tell_verdict(const sdp::Verdict& in, voxlock_verdict* out) {
  if (out == nullptr) return {};
  voxlock_verdict verdict{};
  verdict.kind = static_cast<int32_t>(in.kind);
  verdict.reason = to_int(in.reason);
  verdict.sip_status = static_cast<int32_t>(in.sip_status);
  verdict.warn_code = static_cast<int32_t>(in.warn_code);
  verdict.warning = in.warning;
  verdict.changes = (in.is_restarted ? VOXLOCK_CHANGED_MEDIA : 0) |
                    (in.is_rekeyed ? VOXLOCK_CHANGED_KEYS : 0) |
                    (in.is_moved ? VOXLOCK_CHANGED_ADDRESS : 0) |
                    (in.is_new_association ? VOXLOCK_CHANGED_DTLS : 0) |
                    (in.is_ice_restart ? VOXLOCK_CHANGED_ICE : 0);
  const Status status = write_struct(out, verdict);
  if (status != Status::OK) return status;
  return {};
}

Result<void> check_verdict(voxlock_verdict* out) {
  return tell_verdict(sdp::Verdict{}, out);
}

LayoutTable leg_layouts() {
  return kLayouts;
}

void release_leg(voxlock_leg* leg) noexcept {
  if (leg->references.fetch_sub(1, std::memory_order_acq_rel) == 1) free_handle(leg);
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_leg_config_init(voxlock_leg_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::leg_defaults()); });
}

int32_t voxlock_leg_new(voxlock_context* ctx, const voxlock_leg_config* config, voxlock_leg** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_leg(ctx, config, out);
  });
}

void voxlock_leg_free(voxlock_leg* leg) {
  if (leg != nullptr) capi::release_leg(leg);
}

int32_t voxlock_leg_answer(voxlock_leg* leg, const uint8_t* offer, size_t offer_len, uint8_t* sdp,
                           size_t* sdp_len, voxlock_verdict* verdict, uint64_t now_ns) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    if (!leg->negotiation) return Status::ERR_WRONG_STATE;
    VOXLOCK_TRY(const ByteView text, capi::input(offer, offer_len));
    VOXLOCK_TRY(const MutableBytes room, capi::output(sdp, sdp_len));
    VOXLOCK_TRY_VOID(capi::check_verdict(verdict));
    bytes::Writer writer(room);
    const auto made = leg->negotiation->answer(*leg->leg, as_text(text), writer, now_ns);
    if (!made) {
      if (made.error() == Status::ERR_BUFFER_TOO_SMALL) *sdp_len = writer.size();
      return made.error();
    }
    *sdp_len = made->kind == sdp::VerdictKind::kRefused ? 0 : writer.size();
    return capi::tell_verdict(*made, verdict);
  });
}

int32_t voxlock_leg_offer(voxlock_leg* leg, uint32_t flags, uint8_t* sdp, size_t* sdp_len,
                          uint64_t /*now_ns*/) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (leg == nullptr ||
        (flags & ~(VOXLOCK_OFFER_HOLD | VOXLOCK_OFFER_REKEY | VOXLOCK_OFFER_ICE_RESTART)) != 0) {
      return Status::ERR_INVALID_ARGUMENT;
    }
    if (!leg->negotiation) return Status::ERR_WRONG_STATE;
    VOXLOCK_TRY(const MutableBytes room, capi::output(sdp, sdp_len));
    bytes::Writer writer(room);
    const auto made = leg->negotiation->offer(
        *leg->leg,
        {(flags & VOXLOCK_OFFER_HOLD) != 0, (flags & VOXLOCK_OFFER_REKEY) != 0,
         (flags & VOXLOCK_OFFER_ICE_RESTART) != 0},
        writer);
    if (made || made.error() == Status::ERR_BUFFER_TOO_SMALL) *sdp_len = writer.size();
    return made;
  });
}

int32_t voxlock_leg_accept_answer(voxlock_leg* leg, const uint8_t* answer, size_t answer_len,
                                  voxlock_verdict* verdict, uint64_t now_ns) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::accept(*leg, &leg::Negotiation::accept_answer, {answer, answer_len}, verdict,
                        now_ns);
  });
}

int32_t voxlock_leg_accept_fork(voxlock_leg* leg, const uint8_t* answer, size_t answer_len,
                                voxlock_verdict* verdict, uint64_t now_ns) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::accept(*leg, &leg::Negotiation::accept_fork, {answer, answer_len}, verdict,
                        now_ns);
  });
}

int32_t voxlock_leg_rollback(voxlock_leg* leg) {
  if (leg == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  if (leg->negotiation) leg->negotiation->rollback(*leg->leg);
  return VOXLOCK_OK;
}

int32_t voxlock_leg_set_signalling(voxlock_leg* leg, int32_t signalling, const char* peer_name) {
  return capi::guard([&]() -> Result<void> {
    if (leg == nullptr || !capi::is_within(static_cast<uint32_t>(signalling), 0, 3))
      return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const std::string_view name, capi::read_peer_name(peer_name));
    if (!name.empty() && signalling != VOXLOCK_SIGNALLING_VERIFIED)
      return Status::ERR_INVALID_ARGUMENT;
    leg->leg->set_signalling(static_cast<leg::Signalling>(signalling), name);
    return {};
  });
}

int32_t voxlock_leg_media(const voxlock_leg* leg, voxlock_leg_media_info* info) {
  return capi::guard([&]() -> Result<void> {
    if (leg == nullptr || info == nullptr) return Status::ERR_INVALID_ARGUMENT;
    if (!leg->leg->agreement()) return Status::ERR_WRONG_STATE;
    const Status status = capi::write_struct(info, capi::media_of(*leg->leg));
    if (status != Status::OK) return status;
    return {};
  });
}

int32_t voxlock_leg_input(voxlock_leg* leg, const voxlock_datagram* datagrams, size_t count,
                          uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::take_datagrams(*leg, datagrams, count, now_ns);
  });
}

int32_t voxlock_leg_send(voxlock_leg* leg, uint32_t payload_type, const uint8_t* payload,
                         size_t len, uint32_t timestamp, uint32_t marker, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (leg == nullptr || payload_type > 127 || marker > 1 || len > capi::kMaxPayload) {
      return Status::ERR_INVALID_ARGUMENT;
    }
    VOXLOCK_TRY(const ByteView bytes, capi::input(payload, len));
    if (leg->is_attached) return Status::ERR_LEG_ATTACHED;
    if (leg->leg->host() != nullptr) return Status::ERR_WRONG_STATE;
    std::array<uint8_t, leg::kMaxHeaderLen + capi::kMaxPayload> packet;
    leg::Outgoing fields{static_cast<uint8_t>(payload_type), marker != 0, timestamp};
    fields.is_repeatable = true;
    const size_t header_len = leg->leg->header_len(fields);
    if (len != 0) std::memcpy(packet.data() + header_len, bytes.data(), len);
    const auto result =
        leg->leg->send(MutableBytes(packet).first(header_len + len), fields, now_ns);
    secure::wipe(packet.data(), header_len + len);
    return result;
  });
}

int32_t voxlock_leg_poll(voxlock_leg* leg, voxlock_media_event* events, size_t cap, size_t* count,
                         uint8_t* arena, size_t arena_cap, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    const capi::EventRoom room{events, cap, count, arena, arena_cap};
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY_VOID(capi::check_room(room));
    if (leg->is_attached) return Status::ERR_LEG_ATTACHED;
    if (leg->leg->early().is_ready())
      VOXLOCK_TRY_VOID(capi::take_datagrams(*leg, nullptr, 0, now_ns));
    leg->leg->run_timers(now_ns);
    capi::EventDrain drain(room);
    (void)drain.take(leg->leg->queue(), 0);
    if (drain.status() != Status::OK) return drain.status();
    return {};
  });
}

uint64_t voxlock_leg_next_deadline(const voxlock_leg* leg) {
  return leg != nullptr ? leg->leg->next_deadline() : UINT64_MAX;
}

int32_t voxlock_leg_close(voxlock_leg* leg, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    if (leg->is_attached) return Status::ERR_LEG_ATTACHED;
    leg->leg->close(now_ns);
    return {};
  });
}

int32_t voxlock_leg_get_stats(const voxlock_leg* leg, voxlock_leg_stats* stats) {
  return capi::guard([&] {
    if (leg == nullptr || stats == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(stats, capi::stats_of(*leg->leg));
  });
}

}  // extern "C"
