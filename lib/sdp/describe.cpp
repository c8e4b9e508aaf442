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

// RFC 3264, section 6: port 0, the rest as in the offer.
void OfferAnswer::write_refused(bytes::Writer& out, std::string_view type, std::string_view proto,
                                std::string_view format) const {
  out.put("m=");
  out.put(type);
  out.put(" 0 ");
  out.put(proto);
  out.put(' ');
  line(out, format);
}

void OfferAnswer::write_transport(bytes::Writer& out, bool has_mux) const {
  if (has_mux) line(out, "a=rtcp-mux");
  if (local_.rtcp.family == 0) return;
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
  out.put(local_.has_opus_fec ? " useinbandfec=1" : " useinbandfec=0");
  line(out, local_.has_opus_dtx ? ";usedtx=1" : "");
}

void OfferAnswer::write_answer(bytes::Writer& out, const Session& offer, const Agreement& draft,
                               uint64_t version) const {
  write_head(out, version);
  for (size_t i = 0; i < offer.media().size(); ++i) {
    const Media& media = offer.media()[i];
    if (i != draft.media_index) {
      write_refused(out, media.type, media.proto, media.formats);
      continue;
    }
    out.put("m=audio ");
    out.decimal(local_.rtp.port);
    out.put(' ');
    out.put(media.proto);
    out.put(' ');
    out.decimal(draft.payload_type_recv);
    if (draft.event_type_recv != kNoPayloadType) {
      out.put(' ');
      out.decimal(draft.event_type_recv);
    }
    line(out, "");
    for (const CodecRow& row : codec_rows()) {
      if (row.id == draft.codec && row.clock_hz == draft.clock_hz)
        write_format(out, row, draft.payload_type_recv);
    }
    for (const CodecRow& row : codec_rows()) {
      if (row.id != CodecId::kNone || draft.event_type_recv == kNoPayloadType) continue;
      if (row.clock_hz == draft.event_clock_hz) write_format(out, row, draft.event_type_recv);
    }
    if (draft.is_secure) {
      out.put("a=crypto:");
      write_crypto(out, draft.remote_tag, draft.suite, draft.local_key);
      line(out, "");
    }
    number_line(out, "a=ptime:", local_.ptime_ms);
    number_line(out, "a=maxptime:", 60);
    write_transport(out, draft.has_rtcp_mux);
    line(out, direction_name(draft.direction));
  }
}

bool OfferAnswer::is_offered(const CodecRow& row) const {
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

// A running session keeps its protocol, so that a peer that took AVP with keys gets that again. RFC
// 8643, section 3.1: opportunistic SRTP is offered as RTP/AVP with keys.
std::string_view OfferAnswer::offered_proto() const {
  if (agreement_) return stored(sections_.list[agreement_->media_index].proto);
  return local_.policy == SrtpPolicy::kRequired ? "RTP/SAVP" : "RTP/AVP";
}

void OfferAnswer::write_offered_audio(bytes::Writer& out, const Pending& pending) const {
  out.put("m=audio ");
  out.decimal(local_.rtp.port);
  out.put(' ');
  out.put(offered_proto());
  std::array<const CodecRow*, kCodecRows> rows{};
  size_t count = 0;
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
  for (size_t i = 0; i < count; ++i)
    write_format(out, *rows[i], payload_types_[row_index(*rows[i])]);
  for (size_t i = 0; i < pending.suite_count; ++i) {
    out.put("a=crypto:");
    write_crypto(out, static_cast<uint32_t>(i + 1), pending.suites[i], pending.keys[i]);
    line(out, "");
  }
  number_line(out, "a=ptime:", local_.ptime_ms);
  number_line(out, "a=maxptime:", 60);
  write_transport(out, local_.has_rtcp_mux);
  // A peer on hold is offered what it can take; the answer mirrors it anyway.
  line(out, direction_name(pending.hold ? Direction::kSendOnly : Direction::kSendRecv));
}

void OfferAnswer::write_offer(bytes::Writer& out, const Pending& pending) const {
  write_head(out, pending.version);
  const size_t count = std::max(sections_.count, pending.media_index + 1);
  for (size_t i = 0; i < count; ++i) {
    if (i == pending.media_index) {
      write_offered_audio(out, pending);
    } else {
      const Section& section = sections_.list[i];
      write_refused(out, stored(section.type), stored(section.proto), stored(section.format));
    }
  }
}

}  // namespace voxlock::sdp
