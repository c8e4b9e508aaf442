#include "sdp/codec.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace voxlock::sdp {
namespace {

constexpr CodecRow kRows[kCodecRows] = {
    {CodecId::kPcmu, "PCMU", 8000, 1, 0, 0},
    {CodecId::kPcma, "PCMA", 8000, 1, 8, 8},
    // RFC 7587, section 7: always 48000/2, whatever is sent.
    {CodecId::kOpus, "opus", 48000, 2, kNoPayloadType, 111},
    {CodecId::kL16, "L16", 16000, 1, kNoPayloadType, 112},
    {CodecId::kNone, "telephone-event", 8000, 1, kNoPayloadType, 101},
    {CodecId::kNone, "telephone-event", 16000, 1, kNoPayloadType, 102},
    {CodecId::kNone, "telephone-event", 48000, 1, kNoPayloadType, 110},
    // Below the range that collides with RTCP on a shared port (RFC 5761, section 4).
    {CodecId::kRed, "red", 48000, 2, kNoPayloadType, 63},
};

// The values of a=rtpmap by payload type, the first of each. One walk over the section: a look for
// each format would take the product of formats and attributes, and a peer chooses both.
class RtpMaps {
 public:
  explicit RtpMaps(const Media& media) {
    for (const Attribute& entry : media.attributes) {
      if (entry.name != "rtpmap") continue;
      std::string_view value = entry.value;
      const auto type = parse_payload_type(next_word(value));
      if (type && maps_[*type].data() == nullptr) maps_[*type] = text::trim(value);
    }
  }
  [[nodiscard]] std::string_view of(uint8_t payload_type) const { return maps_[payload_type]; }

 private:
  std::array<std::string_view, 128> maps_;
};

const CodecRow* row_of(uint8_t type, std::string_view map) {
  if (map.empty()) {
    for (const CodecRow& row : kRows) {
      if (row.static_type == type) return &row;
    }
    return nullptr;
  }
  const std::string_view name = text::cut(map, '/');
  const auto clock = text::parse_decimal(text::cut(map, '/'), UINT32_MAX);
  const auto channels = map.empty() ? Result<uint64_t>(1) : text::parse_decimal(map, 255);
  if (!clock || !channels) return nullptr;
  for (const CodecRow& row : kRows) {
    if (text::equals_ignore_case(row.name, name) && row.clock_hz == *clock &&
        row.channels == *channels)
      return &row;
  }
  return nullptr;
}

}  // namespace

std::span<const CodecRow, kCodecRows> codec_rows() {
  return kRows;
}

Result<uint8_t> parse_payload_type(std::string_view format) {
  const auto number = text::parse_decimal(format, 127);
  if (!number) return Status::ERR_SDP_MEDIA;
  return static_cast<uint8_t>(*number);
}

bool KnownFormats::has(const CodecRow& row) const {
  return std::any_of(begin(), end(), [&](const KnownFormat& format) { return format.row == &row; });
}

bool KnownFormats::has_type(uint8_t payload_type) const {
  return std::any_of(begin(), end(), [&](const KnownFormat& format) {
    return format.payload_type == payload_type;
  });
}

KnownFormats known_formats(const Media& media) {
  KnownFormats out;
  const RtpMaps maps(media);
  std::string_view formats = media.formats;
  for (size_t i = 0; i < kMaxFormats; ++i) {
    const std::string_view format = next_word(formats);
    if (format.empty()) break;
    const auto type = parse_payload_type(format);
    if (!type || out.has_type(*type)) continue;
    const CodecRow* row = row_of(*type, maps.of(*type));
    if (row == nullptr || out.has(*row)) continue;
    out.list[out.count++] = {row, *type, format};
  }
  return out;
}

std::string_view fmtp_of(const Media& media, std::string_view format) {
  for (const Attribute& entry : media.attributes) {
    if (entry.name != "fmtp") continue;
    std::string_view value = entry.value;
    if (next_word(value) == format) return text::trim(value);
  }
  return {};
}

uint64_t fmtp_number(std::string_view fmtp, std::string_view name, uint64_t fallback) {
  while (!fmtp.empty()) {
    std::string_view value = text::cut(fmtp, ';');
    const std::string_view key = text::trim(text::cut(value, '='));
    if (!text::equals_ignore_case(key, name)) continue;
    const auto number = text::parse_decimal(text::trim(value), UINT32_MAX);
    return number ? *number : fallback;
  }
  return fallback;
}

}  // namespace voxlock::sdp
