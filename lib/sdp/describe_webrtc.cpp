// Our side of WebRTC as text (RFC 8829, sections 5.2 and 5.3).
#include "sdp/offer_answer.h"

namespace voxlock::sdp {
namespace {

void line(bytes::Writer& out, std::string_view head, std::string_view value) {
  out.put(head);
  out.put(value);
  out.put("\r\n");
}

std::string_view direction_suffix(Direction direction) {
  switch (direction) {
    case Direction::kSendOnly:
      return "/sendonly ";
    case Direction::kRecvOnly:
      return "/recvonly ";
    case Direction::kInactive:
      return "/inactive ";
    default:
      return " ";
  }
}

Setup setup_of(DtlsRole role) {
  return role == DtlsRole::kActive ? Setup::kActive : Setup::kPassive;
}

}  // namespace

OfferAnswer::WebrtcText OfferAnswer::answer_text(const Agreement& draft) const {
  const WebrtcAgreement& agreed = *draft.webrtc;
  WebrtcText out;
  out.transport = &agreed.local;
  out.setup = setup_of(agreed.role);
  out.mid = agreed.mid.view();
  out.is_bundled = agreed.is_bundled;
  out.has_ice = agreed.has_ice;
  out.has_tls_id = !agreed.tls_id.empty();
  out.is_extmap_mixed = agreed.is_extmap_mixed;
  out.extensions = agreed.extensions;
  out.feedback_type = draft.payload_type_recv;
  out.has_transport_cc = agreed.has_transport_cc;
  return out;
}

// RFC 8842, section 5.2 and 5.5: actpass, also where an association goes on.
OfferAnswer::WebrtcText OfferAnswer::offer_text(const Pending& pending) const {
  const LocalWebrtc& local = local_.webrtc;
  WebrtcText out;
  out.transport = &pending.transport;
  out.mid = former() != nullptr ? former()->mid.view() : local.mid.view();
  out.is_bundled = former() == nullptr || former()->is_bundled;
  out.has_ice = former() == nullptr || former()->has_ice;
  out.is_mux_only = true;
  for (size_t i = 0; i < kHeaderExtensions; ++i) {
    if (local.extensions.test(i)) out.extensions[i] = {extension_ids_[i], Direction::kSendRecv};
  }
  out.feedback_type = type_of(local_.codecs[0]);
  out.has_transport_cc = local.has_transport_cc;
  return out;
}

void OfferAnswer::write_webrtc_session(bytes::Writer& out, const WebrtcText& text) const {
  // RFC 9143, section 7.3.1: the one section that is accepted is the tagged one.
  if (text.is_bundled && !text.mid.empty()) line(out, "a=group:BUNDLE ", text.mid);
  if (text.is_extmap_mixed) line(out, "a=extmap-allow-mixed", "");
  if (!text.has_ice) return;
  if (local_.webrtc.is_ice_lite) line(out, "a=ice-lite", "");
  // RFC 8445, section 10: an agent of that version, not of RFC 5245.
  line(out, "a=ice-options:ice2", "");
}

void OfferAnswer::write_webrtc_media(bytes::Writer& out, const WebrtcText& text) const {
  if (!text.mid.empty()) line(out, "a=mid:", text.mid);
  write_webrtc_transport(out, text);
  // RFC 8858, section 4.1: an offer says where there is no other way.
  if (text.is_mux_only) line(out, "a=rtcp-mux-only", "");
  if (text.has_transport_cc) write_feedback(out, text.feedback_type, "transport-cc");
  for (size_t i = 0; i < kHeaderExtensions; ++i) {
    const AgreedExtension& extension = text.extensions[i];
    if (extension.id == 0) continue;
    out.put("a=extmap:");
    out.decimal(extension.id);
    out.put(direction_suffix(extension.direction));
    line(out, "", extension_uri(static_cast<HeaderExtension>(i)));
  }
  write_webrtc_stream(out);
}

void OfferAnswer::write_webrtc_transport(bytes::Writer& out, const WebrtcText& text) const {
  line(out, "a=setup:", setup_name(text.setup));
  out.put("a=fingerprint:");
  write_fingerprint(out, local_.webrtc.fingerprint);
  line(out, "", "");
  if (text.has_tls_id) line(out, "a=tls-id:", text.transport->tls_id.view());
  if (!text.has_ice) return;
  line(out, "a=ice-ufrag:", text.transport->ufrag.view());
  line(out, "a=ice-pwd:", as_text(text.transport->password.view()));
  for (const Candidate& candidate : local_.webrtc.candidates) {
    out.put("a=candidate:");
    write_candidate(out, candidate);
    line(out, "", "");
  }
  if (local_.webrtc.has_end_of_candidates) line(out, "a=end-of-candidates", "");
}

void OfferAnswer::write_webrtc_stream(bytes::Writer& out) const {
  const LocalWebrtc& local = local_.webrtc;
  if (!local.stream_id.empty()) {
    out.put("a=msid:");
    out.put(local.stream_id.view());
    if (!local.track_id.empty()) out.put(' ');
    line(out, local.track_id.view(), "");
  }
  if (local.ssrc == 0) return;
  out.put("a=ssrc:");
  out.decimal(local.ssrc);
  line(out, " cname:", local.cname.view());
}

}  // namespace voxlock::sdp
