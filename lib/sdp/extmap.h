// a=extmap, the numbers of RTP header extensions (RFC 8285).
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sdp/session.h"

namespace voxlock::sdp {

// The extensions that can be agreed. The numbers are the bits of the C ABI.
enum class HeaderExtension : uint8_t {
  kAudioLevel = 0,   // RFC 6464
  kMid = 1,          // RFC 9143
  kAbsSendTime = 2,  // of Google's congestion control
  kTransportCc = 3   // draft-holmer-rmcat-transport-wide-cc-extensions
};
inline constexpr size_t kHeaderExtensions = 4;
using ExtensionSet = std::bitset<kHeaderExtensions>;

std::string_view extension_uri(HeaderExtension extension);

// RFC 8285, section 4.3: the largest id of a two-byte header; 14 is the largest of a one-byte one.
inline constexpr uint32_t kMaxExtensionId = 255;

// <id>[/<direction>] <uri> [<attributes>], as its author sees the direction.
struct Extmap {
  uint32_t id = 0;
  Direction direction = Direction::kSendRecv;
  std::string_view uri;
  std::string_view attributes;
};

// Reads the value of a=extmap. ERR_SYNTAX; ERR_LIMIT for an id that no packet can carry, also
// 4096..4351, which only say what could be had (RFC 8285, section 6).
Result<Extmap> parse_extmap(std::string_view value);

struct AgreedExtension {
  uint8_t id = 0;  // 0: not agreed
  Direction direction = Direction::kInactive;

  bool operator==(const AgreedExtension&) const = default;
};
using AgreedExtensions = std::array<AgreedExtension, kHeaderExtensions>;
using ExtensionIds = std::array<uint8_t, kHeaderExtensions>;
using TakenIds = std::bitset<kMaxExtensionId + 1>;

// Which of the wanted extensions a section has, with its ids and the direction as we see it. An id
// or a URI given twice counts where it comes first (RFC 8285, section 6).
AgreedExtensions read_extensions(const Session& session, const Media& media, ExtensionSet wanted);
// Every id the section or the session gives a meaning.
TakenIds taken_ids(const Session& session, const Media& media);

}  // namespace voxlock::sdp
