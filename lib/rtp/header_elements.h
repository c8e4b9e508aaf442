// Values of the header extension elements that audio uses; rtp/extension.h carries them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace voxlock::rtp {

inline constexpr std::string_view kAudioLevelUri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
inline constexpr std::string_view kMidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";
inline constexpr std::string_view kAbsSendTimeUri =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

// RFC 6464 section 3:  |V|   level   |
struct AudioLevel {
  bool is_voice = false;
  uint8_t minus_dbov = 127;  // 0 (as loud as full scale) to 127 (silence)

  bool operator==(const AudioLevel&) const = default;
};

// ERR_SYNTAX for an element that is not one byte long.
inline Result<AudioLevel> parse_audio_level(ByteView element) {
  if (element.size() != 1) return Status::ERR_SYNTAX;
  return AudioLevel{(element[0] & 0x80) != 0, static_cast<uint8_t>(element[0] & 0x7f)};
}

// Levels above 127 are written as 127.
constexpr std::array<uint8_t, 1> audio_level_element(const AudioLevel& level) {
  const unsigned value = level.minus_dbov < 127 ? level.minus_dbov : 127u;
  return {static_cast<uint8_t>((level.is_voice ? 0x80u : 0u) | value)};
}

// RFC 9143 section 15.2 (which replaced RFC 8843): the mid of the media section, a token. Our own
// are short enough for the one-byte form.
inline constexpr size_t kMaxMid = 16;

constexpr bool is_mid(std::string_view text) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`{|}~";
  if (text.empty() || text.size() > kMaxMid) return false;
  for (const char c : text) {
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!is_alphanumeric && kOther.find(c) == std::string_view::npos) return false;
  }
  return true;
}

// A view into the element. ERR_SYNTAX for what no mid can be.
inline Result<std::string_view> parse_mid(ByteView element) {
  const std::string_view text = as_text(element);
  if (!is_mid(text)) return Status::ERR_SYNTAX;
  return text;
}

// abs-send-time: when the packet left, in seconds of 6.18 bits; it wraps each 64 s.
inline constexpr size_t kAbsSendTimeLen = 3;

// From any clock that runs evenly.
constexpr uint32_t abs_send_time(uint64_t now_ns) {
  const uint64_t seconds = now_ns / kNsPerSecond % 64;
  const uint64_t fraction = (now_ns % kNsPerSecond << 18) / kNsPerSecond;
  return static_cast<uint32_t>(seconds << 18 | fraction);
}

constexpr std::array<uint8_t, kAbsSendTimeLen> abs_send_time_element(uint32_t value) {
  return {static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 8),
          static_cast<uint8_t>(value)};
}

// ERR_SYNTAX for an element that is not three bytes long.
inline Result<uint32_t> parse_abs_send_time(ByteView element) {
  if (element.size() != kAbsSendTimeLen) return Status::ERR_SYNTAX;
  return bytes::Reader(element).u24();
}

// From earlier to later over the wrap, -32 s..32 s.
constexpr int64_t abs_send_time_distance_ns(uint32_t earlier, uint32_t later) {
  const int64_t raw = (int64_t{later} - int64_t{earlier}) & 0xffffff;
  const int64_t ticks = raw < 0x800000 ? raw : raw - 0x1000000;
  return ticks * static_cast<int64_t>(kNsPerSecond) / (1 << 18);
}

}  // namespace voxlock::rtp
