#include "sdp/session.h"

#include <algorithm>
#include <memory>

#include "base/block.h"
#include "base/text.h"

namespace voxlock::sdp {
namespace {

// Types of lines of RFC 8866, section 5, that carry nothing this library acts upon.
constexpr std::string_view kIgnoredTypes = "iuepbtrzk";

bool is_token_byte(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte > ' ' && byte != 0x7f;
}

bool is_token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), is_token_byte);
}

bool is_number(std::string_view s) {
  if (s.empty()) return false;
  for (const char c : s) {
    if (!text::is_digit(c)) return false;
  }
  return true;
}

Result<Origin> parse_origin(std::string_view value) {
  Origin out;
  out.username = next_word(value);
  out.session_id = next_word(value);
  out.session_version = next_word(value);
  out.net_type = next_word(value);
  out.address_type = next_word(value);
  out.address = next_word(value);
  if (out.address.empty() || !text::trim(value).empty()) return Status::ERR_SDP_ORIGIN;
  if (!is_number(out.session_id) || !is_number(out.session_version)) return Status::ERR_SDP_ORIGIN;
  return out;
}

Result<Connection> parse_connection(std::string_view value) {
  Connection out;
  out.net_type = next_word(value);
  out.address_type = next_word(value);
  out.address = next_word(value);
  if (out.address.empty() || !text::trim(value).empty()) return Status::ERR_SDP_CONNECTION;
  // Multicast adds /TTL and /count, which a call has no use for.
  out.address = out.address.substr(0, out.address.find('/'));
  return out;
}

// The first byte that may end a line: LF, CR or NUL; end where there is none. By blocks, since
// every byte of a description goes through here.
const char* find_line_end(const char* p, const char* end) {
  for (;; ++p) {
    while (end - p >= Block::kSize) {
      const uint32_t unprintables = Block::load(p).unprintables();
      p += unprintables != 0 ? Block::first(unprintables) : Block::kSize;
      if (unprintables != 0) break;
    }
    if (p == end || *p == '\r' || *p == '\n' || *p == '\0') return p;
  }
}

// Behind the line end at p: CRLF, LF, or a CR at the very end, which is a line end cut short.
// nullptr for a bare CR and a NUL.
const char* behind_line_end(const char* p, const char* end) {
  if (p == end) return p;
  if (*p == '\n') return p + 1;
  if (*p != '\r') return nullptr;
  if (++p == end) return p;
  return *p == '\n' ? p + 1 : nullptr;
}

bool is_blank(const char* p, const char* end) {
  return std::all_of(p, end, [](char c) { return c == '\r' || c == '\n'; });
}

std::optional<Direction> stated_direction(std::span<const Attribute> attributes) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == "sendrecv") return Direction::kSendRecv;
    if (attribute.name == "sendonly") return Direction::kSendOnly;
    if (attribute.name == "recvonly") return Direction::kRecvOnly;
    if (attribute.name == "inactive") return Direction::kInactive;
  }
  return std::nullopt;
}

}  // namespace

struct Session::Progress {
  bool has_version = false;
  bool has_origin = false;
};

Direction reverse(Direction d) {
  if (d == Direction::kSendOnly) return Direction::kRecvOnly;
  if (d == Direction::kRecvOnly) return Direction::kSendOnly;
  return d;
}

// Words are short: a loop beats a search.
std::string_view next_word(std::string_view& list) {
  size_t start = 0;
  while (start < list.size() && list[start] == ' ') ++start;
  size_t end = start;
  while (end < list.size() && list[end] != ' ') ++end;
  const std::string_view word(list.data() + start, end - start);
  list.remove_prefix(end);
  return word;
}

std::optional<std::string_view> find_attribute(std::span<const Attribute> attributes,
                                               std::string_view name) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == name) return attribute.value;
  }
  return std::nullopt;
}

void Session::clear() {
  origin_ = {};
  name_ = {};
  connection_.reset();
  session_attributes_ = attribute_count_ = media_count_ = 0;
}

Result<void> Session::parse(std::string_view text) {
  clear();
  if (text.size() > kMaxText) return Status::ERR_LIMIT;
  Progress progress;
  Result<void> result = parse_lines(text, progress);
  if (result && !progress.has_version) result = Result<void>(Status::ERR_SDP_VERSION);
  if (result && !progress.has_origin) result = Result<void>(Status::ERR_SDP_ORIGIN);
  if (!result) clear();
  return result;
}

Result<void> Session::parse_lines(std::string_view text, Progress& progress) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char* const line = p;
    const char* const line_end = find_line_end(p, end);
    p = behind_line_end(line_end, end);
    if (p == nullptr) return Status::ERR_SDP_CONTROL;
    // Some stacks leave blank lines behind the last one.
    if (line == line_end && is_blank(p, end)) return {};
    if (line_end - line < 2 || line[1] != '=') return Status::ERR_SDP_LINE;
    VOXLOCK_TRY_VOID(
        parse_line(line[0], {line + 2, static_cast<size_t>(line_end - line - 2)}, progress));
  }
  return {};
}

Result<void> Session::parse_line(char type, std::string_view value, Progress& progress) {
  if (!progress.has_version) {
    if (type != 'v' || value != "0") return Status::ERR_SDP_VERSION;
    progress.has_version = true;
    return {};
  }
  if (!progress.has_origin) {
    if (type != 'o') return Status::ERR_SDP_ORIGIN;
    VOXLOCK_TRY(origin_, parse_origin(value));
    progress.has_origin = true;
    return {};
  }
  switch (type) {
    case 'a':
      return add_attribute(value);
    case 'c':
      return add_connection(value);
    case 'm':
      return add_media(value);
    case 's':
      name_ = value;
      return {};
    default:
      return kIgnoredTypes.find(type) != std::string_view::npos ? Result<void>()
                                                                : Status::ERR_SDP_LINE;
  }
}

Result<void> Session::add_media(std::string_view value) {
  if (media_count_ == kMaxMedia) return Status::ERR_LIMIT;
  Media media;
  media.type = next_word(value);
  const std::string_view ports = next_word(value);
  const size_t slash = ports.find('/');
  const std::string_view port = ports.substr(0, slash);
  media.proto = next_word(value);
  media.formats = text::trim(value);
  if (!is_token(media.type) || !is_token(media.proto) || media.formats.empty())
    return Status::ERR_SDP_MEDIA;
  const auto port_number = text::parse_decimal(port, 65535);
  const auto port_count = slash == std::string_view::npos
                              ? Result<uint64_t>(1)
                              : text::parse_decimal(ports.substr(slash + 1), 65535);
  if (!port_number || !port_count || *port_count == 0) return Status::ERR_SDP_MEDIA;
  media.port = static_cast<uint16_t>(*port_number);
  media.port_count = static_cast<uint16_t>(*port_count);
  media.attributes = {attributes_.list + attribute_count_, 0};
  std::construct_at(media_.list + media_count_++, media);
  return {};
}

Result<void> Session::add_attribute(std::string_view value) {
  if (attribute_count_ == kMaxAttributes) return Status::ERR_LIMIT;
  size_t end = 0;
  while (end < value.size() && value[end] != ':') {
    if (!is_token_byte(value[end++])) return Status::ERR_SDP_LINE;
  }
  if (end == 0) return Status::ERR_SDP_LINE;
  const Attribute attribute{value.substr(0, end), value.substr(std::min(end + 1, value.size()))};
  std::construct_at(attributes_.list + attribute_count_++, attribute);
  if (media_count_ == 0) {
    ++session_attributes_;
  } else {
    Media& media = media_.list[media_count_ - 1];
    media.attributes = {media.attributes.data(), media.attributes.size() + 1};
  }
  return {};
}

Result<void> Session::add_connection(std::string_view value) {
  VOXLOCK_TRY(const Connection connection, parse_connection(value));
  auto& slot = media_count_ == 0 ? connection_ : media_.list[media_count_ - 1].connection;
  // A section may list several c= lines for layered multicast (RFC 8866, section 5.7): the first
  // counts.
  if (!slot) slot = connection;
  return {};
}

Direction stated_direction(const Session& session, const Media& media) {
  const auto in_media = stated_direction(media.attributes);
  return in_media ? *in_media
                  : stated_direction(session.attributes()).value_or(Direction::kSendRecv);
}

}  // namespace voxlock::sdp
