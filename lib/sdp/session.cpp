#include "sdp/session.h"

#include "base/text.h"

namespace voxlock::sdp {
namespace {

// Types of lines of RFC 8866, section 5, that carry nothing this library acts upon.
constexpr std::string_view kIgnoredTypes = "iuepbtrzk";

bool is_token(std::string_view s) {
  if (s.empty()) return false;
  for (const char c : s) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte <= ' ' || byte == 0x7f) return false;
  }
  return true;
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

// The next line without its end; a bare CR or a NUL inside is refused.
Result<std::string_view> next_line(std::string_view& text) {
  std::string_view line = text::cut(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
    return Status::ERR_SDP_CONTROL;
  }
  return line;
}

}  // namespace

struct Session::Progress {
  bool has_version = false;
  bool has_origin = false;
};

std::string_view next_word(std::string_view& list) {
  const size_t start = list.find_first_not_of(' ');
  if (start == std::string_view::npos) {
    list = {};
    return {};
  }
  list.remove_prefix(start);
  const std::string_view word = list.substr(0, list.find(' '));
  list.remove_prefix(word.size());
  return word;
}

std::optional<std::string_view> find_attribute(std::span<const Attribute> attributes, std::string_view name) {
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
      return kIgnoredTypes.find(type) != std::string_view::npos ? Result<void>() : Status::ERR_SDP_LINE;
  }
}

Result<void> Session::add_media(std::string_view value) {
  if (media_count_ == kMaxMedia) return Status::ERR_LIMIT;
  Media media;
  media.type = next_word(value);
  std::string_view count = next_word(value);
  const std::string_view port = text::cut(count, '/');
  media.proto = next_word(value);
  media.formats = text::trim(value);
  if (!is_token(media.type) || !is_token(media.proto) || media.formats.empty()) return Status::ERR_SDP_MEDIA;
  const auto port_number = text::parse_decimal(port, 65535);
  const auto port_count = count.empty() ? Result<uint64_t>(1) : text::parse_decimal(count, 65535);
  if (!port_number || !port_count || *port_count == 0) return Status::ERR_SDP_MEDIA;
  media.port = static_cast<uint16_t>(*port_number);
  media.port_count = static_cast<uint16_t>(*port_count);
  media.attributes = {attributes_.data() + attribute_count_, 0};
  media_[media_count_++] = media;
  return {};
}

Result<void> Session::add_attribute(std::string_view value) {
  if (attribute_count_ == kMaxAttributes) return Status::ERR_LIMIT;
  Attribute attribute;
  attribute.value = value;
  attribute.name = text::cut(attribute.value, ':');
  if (!is_token(attribute.name)) return Status::ERR_SDP_LINE;
  attributes_[attribute_count_++] = attribute;
  if (media_count_ == 0) {
    ++session_attributes_;
  } else {
    Media& media = media_[media_count_ - 1];
    media.attributes = {media.attributes.data(), media.attributes.size() + 1};
  }
  return {};
}

Result<void> Session::add_connection(std::string_view value) {
  VOXLOCK_TRY(const Connection connection, parse_connection(value));
  auto& slot = media_count_ == 0 ? connection_ : media_[media_count_ - 1].connection;
  // A section may list several c= lines for layered multicast (RFC 8866, section 5.7): the first counts.
  if (!slot) slot = connection;
  return {};
}

}  // namespace voxlock::sdp
