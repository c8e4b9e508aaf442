#include "sdp/stream.h"

#include <algorithm>

#include "base/text.h"

namespace voxlock::sdp {
namespace {

void note_msid(std::string_view value, RemoteStream& out) {
  const auto msid = parse_msid(value);
  if (!msid || !out.stream_id.empty()) return;
  // What is too long is no identifier of RFC 8830, and left out.
  (void)out.stream_id.assign(msid->stream);
  (void)out.track_id.assign(msid->track);
}

void note_source(std::string_view value, RemoteStream& out) {
  const auto source = parse_ssrc(value);
  if (!source) return;
  const bool is_known =
      std::find(out.ssrcs.begin(), out.ssrcs.end(), source->ssrc) != out.ssrcs.end();
  if (!is_known) out.ssrcs.push(source->ssrc);
  if (source->name == "cname" && out.cname.empty()) (void)out.cname.assign(source->value);
  if (source->name == "msid") note_msid(source->value, out);
}

}  // namespace

Result<Msid> parse_msid(std::string_view value) {
  Msid out;
  out.stream = next_word(value);
  out.track = next_word(value);
  if (out.stream.empty() || !text::trim(value).empty()) return Status::ERR_SYNTAX;
  return out;
}

Result<SourceAttribute> parse_ssrc(std::string_view value) {
  SourceAttribute out;
  const auto ssrc = text::parse_decimal(next_word(value), UINT32_MAX);
  if (!ssrc) return Status::ERR_SYNTAX;
  out.ssrc = static_cast<uint32_t>(*ssrc);
  out.value = text::trim(value);
  out.name = text::cut(out.value, ':');
  if (out.name.empty()) return Status::ERR_SYNTAX;
  return out;
}

RemoteStream read_stream(const Media& media) {
  RemoteStream out;
  if (const auto msid = find_attribute(media.attributes, "msid")) note_msid(*msid, out);
  for (const Attribute& attribute : media.attributes) {
    if (attribute.name == "ssrc") note_source(attribute.value, out);
  }
  return out;
}

void write_feedback(bytes::Writer& out, uint8_t payload_type, std::string_view type) {
  out.put("a=rtcp-fb:");
  out.decimal(payload_type);
  out.put(' ');
  out.put(type);
  out.put("\r\n");
}

bool has_feedback(const Media& media, uint8_t payload_type, std::string_view type) {
  for (const Attribute& attribute : media.attributes) {
    if (attribute.name != "rtcp-fb") continue;
    std::string_view value = attribute.value;
    const std::string_view format = next_word(value);
    const auto number = text::parse_decimal(format, 127);
    if (format != "*" && (!number || *number != payload_type)) continue;
    if (text::equals_ignore_case(text::trim(value), type)) return true;
  }
  return false;
}

}  // namespace voxlock::sdp
