#include "sdp/session.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

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

// The first byte that may end a line: LF, CR or NUL; the size of the text where there is none.
// Eight bytes at a time, since every byte of a description goes through here.
size_t find_line_end(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  size_t i = 0;
  while (text.size() - i >= 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    // The high bit of each byte below 0x0e, and maybe of some behind the first such byte.
    const uint64_t hits = (word - kOnes * 0x0e) & ~word & kOnes * 0x80;
    if (hits == 0) {
      i += 8;
      continue;
    }
    const int bits = std::endian::native == std::endian::little ? std::countr_zero(hits)
                                                                : std::countl_zero(hits);
    i += static_cast<size_t>(bits) / 8;
    if (text[i] == '\n' || text[i] == '\r' || text[i] == '\0') return i;
    ++i;
  }
  while (i < text.size() && text[i] != '\n' && text[i] != '\r' && text[i] != '\0') ++i;
  return i;
}

// The next line without its end; a bare CR or a NUL inside is refused.
Result<std::string_view> next_line(std::string_view& text) {
  const size_t size = find_line_end(text);
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size);
  if (text.empty()) return line;
  if (text[0] == '\n') {
    text.remove_prefix(1);
    return line;
  }
  // A CR at the very end is a line end cut short.
  const bool is_end = text[0] == '\r' && (text.size() == 1 || text[1] == '\n');
  if (!is_end) return Status::ERR_SDP_CONTROL;
  text.remove_prefix(text.size() == 1 ? 1 : 2);
  return line;
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
  while (!text.empty()) {
    VOXLOCK_TRY(const std::string_view line, next_line(text));
    // Some stacks leave blank lines behind the last one.
    if (line.empty() && text.find_first_not_of("\r\n") == std::string_view::npos) return {};
    if (line.size() < 2 || line[1] != '=') return Status::ERR_SDP_LINE;
    VOXLOCK_TRY_VOID(parse_line(line[0], line.substr(2), progress));
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
