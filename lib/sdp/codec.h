// The audio formats that are offered and recognised.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "sdp/session.h"

namespace voxlock::sdp {

// The numbers are those of the C ABI (VOXLOCK_CODEC_*).
enum class CodecId : uint32_t {
  kNone = 0,
  kPcmu = 1,
  kPcma = 2,
  kOpus = 3,
  kL16 = 4,
  kRed = 0x100  // no codec: RFC 2198 around one
};

inline constexpr uint8_t kNoPayloadType = 255;

// One encoding name with its RTP clock. A codec may have several rows.
struct CodecRow {
  CodecId id;             // kNone: telephone-event
  std::string_view name;  // as in a=rtpmap, compared without regard to case (RFC 4855)
  uint32_t clock_hz;
  uint32_t channels;
  uint8_t static_type;     // RFC 3551, table 4; kNoPayloadType: none
  uint8_t preferred_type;  // what we offer
};

inline constexpr size_t kCodecRows = 8;
std::span<const CodecRow, kCodecRows> codec_rows();

// A format of a media section that is one of ours.
struct KnownFormat {
  const CodecRow* row = nullptr;
  uint8_t payload_type = kNoPayloadType;
  std::string_view text;
};

// In the order of the m= line; each row and each payload type once, the first counts.
struct KnownFormats {
  std::array<KnownFormat, kCodecRows> list{};
  size_t count = 0;

  [[nodiscard]] const KnownFormat* begin() const { return list.data(); }
  [[nodiscard]] const KnownFormat* end() const { return list.data() + count; }
  [[nodiscard]] bool has(const CodecRow& row) const;
  [[nodiscard]] bool has_type(uint8_t payload_type) const;
};

// There are 128 payload types; what stands behind that many formats is not looked at.
inline constexpr size_t kMaxFormats = 128;
KnownFormats known_formats(const Media& media);

// The value of a=fmtp for a format, empty where there is none.
std::string_view fmtp_of(const Media& media, std::string_view format);

// A parameter of an fmtp value, "useinbandfec=1;usedtx=0": its number, or fallback.
uint64_t fmtp_number(std::string_view fmtp, std::string_view name, uint64_t fallback);

// RFC 5761, section 4: payload types that look like RTCP on a shared port.
constexpr bool is_rtcp_range(uint8_t payload_type) {
  return payload_type >= 64 && payload_type <= 95;
}

// A payload type as text: 0..127. ERR_SDP_MEDIA.
Result<uint8_t> parse_payload_type(std::string_view format);

}  // namespace voxlock::sdp
