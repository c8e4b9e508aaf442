// Our side as text.
#include <algorithm>

#include "base/text.h"
#include "sdp/offer_answer.h"

namespace voxlock::sdp {
namespace {

void line(bytes::Writer& out, std::string_view text) {
  out.put(text);
  out.put("\r\n");
}

void number_line(bytes::Writer& out, std::string_view head, uint64_t number) {
  out.put(head);
  out.decimal(number);
  out.put("\r\n");
}

std::string_view direction_name(Direction direction) {
  switch (direction) {
    case Direction::kSendOnly:
      return "a=sendonly";
    case Direction::kRecvOnly:
      return "a=recvonly";
    case Direction::kInactive:
      return "a=inactive";
    default:
      return "a=sendrecv";
  }
}

std::string_view family_name(const HostAddress& address) {
  return address.family == 6 ? "IN IP6 " : "IN IP4 ";
}

size_t row_index(const CodecRow& row) {
  return static_cast<size_t>(&row - codec_rows().data());
}

template <size_t N>
std::string_view stored(const std::array<char, N>& text) {
  return {text.data(),
          static_cast<size_t>(std::find(text.begin(), text.end(), '\0') - text.begin())};
}

}  // namespace

void OfferAnswer::write_head(bytes::Writer& out, uint64_t version) const {
  line(out, "v=0");
  out.put("o=- ");
  out.decimal(session_id_);
  out.put(' ');
  out.decimal(version);
  out.put(' ');
  out.put(family_name(local_.rtp));
  write_address(out, local_.rtp);
  line(out, "");
  line(out, "s=-");
  out.put("c=");
  out.put(family_name(local_.rtp));
  write_address(out, local_.rtp);
  line(out, "");
  line(out, "t=0 0");
}

// RFC 3264, section 6: port 0, the rest as in the offer. RFC 8829, section 5.3.1: the mid stays.
void OfferAnswer::write_refused(bytes::Writer& out, const Media& media) const {
  out.put("m=");
  out.put(media.type);
  out.put(" 0 ");
  out.put(media.proto);
  out.put(' ');
  line(out, media.formats);
  const std::string_view mid = mid_of(media);
  if (!is_dtls() || mid.empty()) return;
  out.put("a=mid:");
  line(out, mid);
}

void OfferAnswer::write_transport(bytes::Writer& out, bool has_mux) const {
  if (has_mux || is_dtls()) line(out, "a=rtcp-mux");
  if (local_.rtcp.family == 0 || is_dtls()) return;
  out.put("a=rtcp:");
  out.decimal(local_.rtcp.port);
  out.put(' ');
  out.put(family_name(local_.rtcp));
  write_address(out, local_.rtcp);
  line(out, "");
}

void OfferAnswer::write_format(bytes::Writer& out, const CodecRow& row,
                               uint8_t payload_type) const {
  out.put("a=rtpmap:");
  out.decimal(payload_type);
  out.put(' ');
  out.put(row.name);
  out.put('/');
  out.decimal(row.clock_hz);
  if (row.channels != 1) {
    out.put('/');
    out.decimal(row.channels);
  }
  line(out, "");
  if (row.id != CodecId::kOpus && row.id != CodecId::kNone) return;
  out.put("a=fmtp:");
  out.decimal(payload_type);
  if (row.id == CodecId::kNone) return line(out, " 0-15");
  // Browsers hold against the peer what it does not say.
  out.put(is_dtls() ? " minptime=10;stereo=0;" : " ");
  out.put(local_.has_opus_fec ? "useinbandfec=1" : "useinbandfec=0");
  if (is_dtls() && local_.webrtc.max_opus_bitrate != 0) {
    out.put(";maxaveragebitrate=");
    out.decimal(local_.webrtc.max_opus_bitrate);
  }
  line(out, local_.has_opus_dtx ? ";usedtx=1" : "");
}

// RFC 2198, section 5: red twice around the codec.
void OfferAnswer::write_red(bytes::Writer& out, uint8_t red_type, uint8_t payload_type) const {
  for (const CodecRow& row : codec_rows()) {
    if (row.id == CodecId::kRed) write_format(out, row, red_type);
  }
  out.put("a=fmtp:");
  out.decimal(red_type);
  out.put(' ');
  out.decimal(payload_type);
  out.put('/');
  out.decimal(payload_type);
  line(out, "");
}

// Of an answer: the port, the formats that were agreed, and how they are coded. The first one is
// what we want to get (RFC 3264, section 6.1): a browser sends redundant audio to those who say so.
void OfferAnswer::write_answered_formats(bytes::Writer& out, std::string_view proto,
                                         const Agreement& draft) const {
  const uint8_t red = draft.red_type_recv;
  out.put("m=audio ");
  out.decimal(local_.rtp.port);
  out.put(' ');
  out.put(proto);
  for (const uint8_t type : {red, draft.payload_type_recv, draft.event_type_recv}) {
    if (type == kNoPayloadType) continue;
    out.put(' ');
    out.decimal(type);
  }
  line(out, "");
  write_bandwidth(out, draft.rtcp_bandwidth);
  for (const CodecRow& row : codec_rows()) {
    if (row.id == draft.codec && row.clock_hz == draft.clock_hz)
      write_format(out, row, draft.payload_type_recv);
  }
  if (red != kNoPayloadType) write_red(out, red, draft.payload_type_recv);
  for (const CodecRow& row : codec_rows()) {
    if (row.id != CodecId::kNone || draft.event_type_recv == kNoPayloadType) continue;
    if (row.clock_hz == draft.event_clock_hz) write_format(out, row, draft.event_type_recv);
  }
}

void OfferAnswer::write_answer(bytes::Writer& out, const Session& offer, const Agreement& draft,
                               uint64_t version) const {
  write_head(out, version);
  const WebrtcText text = draft.webrtc ? answer_text(draft) : WebrtcText();
  if (draft.webrtc) write_webrtc_session(out, text);
  for (size_t i = 0; i < offer.media().size(); ++i) {
    const Media& media = offer.media()[i];
    if (i != draft.media_index) {
      write_refused(out, media);
      continue;
    }
    write_answered_formats(out, media.proto, draft);
    if (draft.is_secure && !draft.webrtc) {
      out.put("a=crypto:");
      write_crypto(out, draft.remote_tag, draft.suite, draft.local_key);
      line(out, "");
    }
    number_line(out, "a=ptime:", local_.ptime_ms);
    number_line(out, "a=maxptime:", 60);
    write_transport(out, draft.has_rtcp_mux);
    if (draft.xr.is_offered) write_xr(out, draft.xr.has_rtt);
    if (draft.has_rtcp_rsize) line(out, "a=rtcp-rsize");
    if (draft.has_nack) write_feedback(out, draft.payload_type_recv, "nack");
    line(out, direction_name(draft.direction));
    if (draft.webrtc) write_webrtc_media(out, text);
  }
}

bool OfferAnswer::is_offered(const CodecRow& row) const {
  if (row.id == CodecId::kRed) return local_.has_red && offers_opus();
  if (row.id != CodecId::kNone)
    return std::find(local_.codecs.begin(), local_.codecs.end(), row.id) != local_.codecs.end();
  if (!local_.has_telephone_event) return false;
  // One event format for each clock among our codecs (RFC 4733, section 2.1).
  for (const CodecRow& codec : codec_rows()) {
    if (codec.id != CodecId::kNone && codec.clock_hz == row.clock_hz && is_offered(codec))
      return true;
  }
  return false;
}

bool OfferAnswer::offers_opus() const {
  return std::find(local_.codecs.begin(), local_.codecs.end(), CodecId::kOpus) !=
         local_.codecs.end();
}

// What we call a codec.
uint8_t OfferAnswer::type_of(CodecId codec) const {
  for (const CodecRow& row : codec_rows()) {
    if (row.id == codec) return payload_types_[row_index(row)];
  }
  return kNoPayloadType;
}

// A running session keeps its protocol, so that a peer that took AVP with keys gets that again. RFC
// 8643, section 3.1: opportunistic SRTP is offered as RTP/AVP with keys.
std::string_view OfferAnswer::offered_proto() const {
  if (agreement_) return stored(sections_.list[agreement_->media_index].proto);
  if (is_dtls()) return "UDP/TLS/RTP/SAVPF";
  const bool has_feedback = local_.has_nack && local_.is_nack_offered;
  if (local_.policy == SrtpPolicy::kRequired) return has_feedback ? "RTP/SAVPF" : "RTP/SAVP";
  return has_feedback ? "RTP/AVPF" : "RTP/AVP";
}

// NACK for each codec: which of them the peer takes is not known yet.
void OfferAnswer::write_offered_feedback(bytes::Writer& out, const Pending& pending) const {
  if (pending.has_rtcp_rsize) line(out, "a=rtcp-rsize");
  if (!pending.has_nack) return;
  for (const CodecId codec : local_.codecs) {
    if (codec != CodecId::kNone) write_feedback(out, type_of(codec), "nack");
  }
}

void OfferAnswer::write_offered_audio(bytes::Writer& out, const Pending& pending) const {
  out.put("m=audio ");
  out.decimal(local_.rtp.port);
  out.put(' ');
  out.put(offered_proto());
  std::array<const CodecRow*, kCodecRows> rows{};
  size_t count = 0;
  // In front of the codec, or peers take it for the lesser choice (RFC 3264, section 5.1); a
  // LiveKit server then passes redundant packets on to those who cannot read them.
  for (const CodecRow& row : codec_rows()) {
    if (row.id == CodecId::kRed && is_offered(row)) rows[count++] = &row;
  }
  for (const CodecId codec : local_.codecs) {
    for (const CodecRow& row : codec_rows()) {
      if (codec != CodecId::kNone && row.id == codec) rows[count++] = &row;
    }
  }
  for (const CodecRow& row : codec_rows()) {
    if (row.id == CodecId::kNone && is_offered(row)) rows[count++] = &row;
  }
  for (size_t i = 0; i < count; ++i) {
    out.put(' ');
    out.decimal(payload_types_[row_index(*rows[i])]);
  }
  line(out, "");
  if (agreement_) write_bandwidth(out, agreement_->rtcp_bandwidth);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t type = payload_types_[row_index(*rows[i])];
    if (rows[i]->id == CodecId::kRed) {
      write_red(out, type, type_of(CodecId::kOpus));
    } else {
      write_format(out, *rows[i], type);
    }
  }
  for (size_t i = 0; i < pending.suite_count; ++i) {
    out.put("a=crypto:");
    write_crypto(out, static_cast<uint32_t>(i + 1), pending.suites[i], pending.keys[i]);
    line(out, "");
  }
  number_line(out, "a=ptime:", local_.ptime_ms);
  number_line(out, "a=maxptime:", 60);
  write_transport(out, local_.has_rtcp_mux);
  if (local_.has_rtcp_xr) write_xr(out, true);
  write_offered_feedback(out, pending);
  // A peer on hold is offered what it can take; the answer mirrors it anyway.
  line(out, direction_name(pending.hold ? Direction::kSendOnly : Direction::kSendRecv));
  if (is_dtls()) write_webrtc_media(out, offer_text(pending));
}

void OfferAnswer::write_offer(bytes::Writer& out, const Pending& pending) const {
  write_head(out, pending.version);
  if (is_dtls()) write_webrtc_session(out, offer_text(pending));
  const size_t count = std::max(sections_.count, pending.media_index + 1);
  for (size_t i = 0; i < count; ++i) {
    if (i == pending.media_index) {
      write_offered_audio(out, pending);
    } else {
      const Section& section = sections_.list[i];
      const Attribute mid{"mid", stored(section.mid)};
      Media media;
      media.type = stored(section.type);
      media.proto = stored(section.proto);
      media.formats = stored(section.format);
      media.attributes = {&mid, 1};
      write_refused(out, media);
    }
  }
}

}  // namespace voxlock::sdp
