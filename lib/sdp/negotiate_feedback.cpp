// What repairs a stream and reports about it beside the reports of RFC 3550: feedback (RFC 4585),
// reduced-size RTCP (RFC 5506) and redundancy (RFC 2198), with SDES as with DTLS.
#include "base/text.h"
#include "sdp/offer_answer.h"

namespace voxlock::sdp {
namespace {

// RFC 4585, section 4.1, and RFC 5124: AVPF, SAVPF.
bool has_feedback_profile(std::string_view proto) {
  return !proto.empty() && text::equals_ignore_case(proto.substr(proto.size() - 1), "F");
}

// RFC 2198, section 5: "111/111", every layer the codec itself.
bool wraps_only(std::string_view fmtp, uint8_t payload_type) {
  if (fmtp.empty()) return false;
  while (!fmtp.empty()) {
    const auto type = parse_payload_type(text::trim(text::cut(fmtp, '/')));
    if (!type || *type != payload_type) return false;
  }
  return true;
}

}  // namespace

// WebRTC peers of old name RTP/SAVP and mean SAVPF (RFC 8829, section 5.1.2). Nobody is sent again
// over plain RTP, where anybody may ask, so nothing is agreed there.
void OfferAnswer::evaluate_feedback(const Session& session, const Media& media,
                                    Agreement& out) const {
  if (local_.has_red && out.codec == CodecId::kOpus) choose_red(media, out);
  if (out.rtcp_bandwidth.is_off()) return;
  if (!is_dtls() && !has_feedback_profile(media.proto)) return;
  out.has_nack =
      local_.has_nack && out.is_secure && has_feedback(media, out.payload_type_send, "nack");
  out.has_rtcp_rsize = local_.has_rtcp_rsize && has_flag(session, media, "rtcp-rsize");
}

void OfferAnswer::choose_red(const Media& media, Agreement& out) const {
  for (const KnownFormat& format : known_formats(media)) {
    if (format.row->id != CodecId::kRed || is_rtcp_range(format.payload_type)) continue;
    if (!wraps_only(fmtp_of(media, format.text), out.payload_type_send)) continue;
    out.red_type_send = out.red_type_recv = format.payload_type;
  }
}

// What an offer of ours says, in the profile that it names. A running session keeps what was agreed
// although only the peer offers it.
void OfferAnswer::choose_offered_feedback(Pending& pending) const {
  if (!is_dtls() && !has_feedback_profile(offered_proto())) return;
  const bool goes_on = agreement_ && agreement_->has_nack;
  pending.has_nack = local_.has_nack && (local_.is_nack_offered || goes_on);
  pending.has_rtcp_rsize = local_.has_rtcp_rsize;
}

}  // namespace voxlock::sdp
