// What a section says about its streams: a=msid (RFC 8830), a=ssrc (RFC 5576), a=rtcp-fb (RFC
// 4585).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "sdp/fixed.h"
#include "sdp/session.h"

namespace voxlock::sdp {

// RFC 8830, section 2: identifiers of 1..64 characters.
inline constexpr size_t kMaxMsid = 64;
inline constexpr size_t kMaxCname = 64;
inline constexpr size_t kMaxSources = 8;

// <stream id> [<track id>]
struct Msid {
  std::string_view stream;  // "-": the track belongs to no stream
  std::string_view track;
};
Result<Msid> parse_msid(std::string_view value);

// <ssrc> <attribute>[:<value>]
struct SourceAttribute {
  uint32_t ssrc = 0;
  std::string_view name;
  std::string_view value;
};
Result<SourceAttribute> parse_ssrc(std::string_view value);

// What the peer says about the sources it will send; hints, since packets decide.
struct RemoteStream {
  FixedList<uint32_t, kMaxSources> ssrcs;  // in order, each once
  FixedText<kMaxCname> cname;              // of the first that has one; empty where none fits
  FixedText<kMaxMsid> stream_id;           // of a=msid, or of a=ssrc:... msid where that is all
  FixedText<kMaxMsid> track_id;
};
RemoteStream read_stream(const Media& media);

// An a=rtcp-fb line.
void write_feedback(bytes::Writer& out, uint8_t payload_type, std::string_view type);

// Whether a=rtcp-fb grants a type, such as "nack" without a parameter, to a payload type or to all.
bool has_feedback(const Media& media, uint8_t payload_type, std::string_view type);

}  // namespace voxlock::sdp
