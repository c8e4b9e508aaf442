#include "sdp/extmap.h"

#include <optional>

#include "base/text.h"

namespace voxlock::sdp {
namespace {

constexpr std::string_view kUris[kHeaderExtensions] = {
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level", "urn:ietf:params:rtp-hdrext:sdes:mid",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"};

std::optional<size_t> index_of(std::string_view uri) {
  for (size_t i = 0; i < kHeaderExtensions; ++i) {
    if (kUris[i] == uri) return i;
  }
  return std::nullopt;
}

Result<Direction> parse_direction(std::string_view name) {
  if (name == "sendrecv") return Direction::kSendRecv;
  if (name == "sendonly") return Direction::kSendOnly;
  if (name == "recvonly") return Direction::kRecvOnly;
  if (name == "inactive") return Direction::kInactive;
  return Status::ERR_SYNTAX;
}

void read_level(std::span<const Attribute> attributes, ExtensionSet wanted, TakenIds& taken,
                AgreedExtensions& out) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name != "extmap") continue;
    const auto map = parse_extmap(attribute.value);
    if (!map || taken.test(map->id)) continue;
    taken.set(map->id);
    const auto index = index_of(map->uri);
    if (!index || !wanted.test(*index) || out[*index].id != 0) continue;
    out[*index] = {static_cast<uint8_t>(map->id), reverse(map->direction)};
  }
}

}  // namespace

std::string_view extension_uri(HeaderExtension extension) {
  return kUris[static_cast<size_t>(extension)];
}

Result<Extmap> parse_extmap(std::string_view value) {
  Extmap out;
  std::string_view head = next_word(value);
  out.uri = next_word(value);
  out.attributes = text::trim(value);
  if (out.uri.empty()) return Status::ERR_SYNTAX;
  const bool has_direction = head.find('/') != std::string_view::npos;
  const auto id = text::parse_decimal(text::cut(head, '/'), UINT32_MAX);
  if (!id) return Status::ERR_SYNTAX;
  if (has_direction) {
    VOXLOCK_TRY(out.direction, parse_direction(head));
  }
  if (*id == 0 || *id > kMaxExtensionId) return Status::ERR_LIMIT;
  out.id = static_cast<uint32_t>(*id);
  return out;
}

AgreedExtensions read_extensions(const Session& session, const Media& media, ExtensionSet wanted) {
  AgreedExtensions out;
  TakenIds taken;
  read_level(media.attributes, wanted, taken, out);
  read_level(session.attributes(), wanted, taken, out);
  return out;
}

TakenIds taken_ids(const Session& session, const Media& media) {
  AgreedExtensions ignored;
  TakenIds taken;
  read_level(media.attributes, {}, taken, ignored);
  read_level(session.attributes(), {}, taken, ignored);
  return taken;
}

}  // namespace voxlock::sdp
