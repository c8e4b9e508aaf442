#include "sdp/session.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "base/text.h"
#include "base/text_map.h"

namespace voxlock::sdp {
namespace {

bool is_token_byte(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte > ' ' && byte != 0x7f;
}

// The loop of std::all_of is not inlined, nor is what it calls.
template <typename Matches>
VOXLOCK_ALWAYS_INLINE bool is_all(std::string_view s, Matches matches) {
  if (s.empty()) return false;
  for (const char c : s) {
    if (!matches(c)) return false;
  }
  return true;
}

bool is_token(std::string_view s) {
  return is_all(s, [](char c) { return is_token_byte(c); });
}

bool is_number(std::string_view s) {
  return is_all(s, [](char c) { return text::is_digit(c); });
}

// Goes through one line, with the map of the whole text.
class Cursor {
 public:
  Cursor(const TextMap& map, const char* p, const char* end) : place_(map, p), end_(end) {}

  // Up to the next separator or the end; behind any spaces.
  std::string_view word() {
    while (!at_end() && *place_.position() == ' ') place_.advance(1);
    return up_to([](char c) { return c == ' '; });
  }
  // Up to the first octet that matches; only for what is no letter, digit, '-' or '.'.
  template <typename Matches>
  VOXLOCK_ALWAYS_INLINE std::string_view up_to(Matches matches) {
    const char* const start = place_.position();
    place_.to_special();
    while (!at_end() && !matches(*place_.position())) {
      place_.advance(1);
      place_.to_special();
    }
    return since(start, place_.position());
  }
  [[nodiscard]] bool at_end() const { return place_.position() == end_; }
  [[nodiscard]] std::string_view rest() const { return since(place_.position(), end_); }
  bool take(char c) {
    if (*place_.position() != c) return false;
    place_.advance(1);
    return true;
  }

 private:
  static std::string_view since(const char* a, const char* b) {
    return {a, static_cast<size_t>(b - a)};
  }

  MapPlace place_;
  const char* end_;  // a special octet, or the end of the text
};

Result<void> read_origin(Cursor& line, Origin& out) {
  out.username = line.word();
  out.session_id = line.word();
  out.session_version = line.word();
  out.net_type = line.word();
  out.address_type = line.word();
  out.address = line.word();
  if (out.address.empty() || !text::trim(line.rest()).empty()) return Status::ERR_SDP_ORIGIN;
  if (!is_number(out.session_id) || !is_number(out.session_version)) return Status::ERR_SDP_ORIGIN;
  return {};
}

Result<void> read_connection(Cursor& line, Connection& out) {
  out.net_type = line.word();
  out.address_type = line.word();
  out.address = line.word();
  if (out.address.empty() || !text::trim(line.rest()).empty()) return Status::ERR_SDP_CONNECTION;
  // Multicast adds /TTL and /count, which a call has no use for.
  out.address = out.address.substr(0, out.address.find('/'));
  return {};
}

// <port> or <port>/<number of ports>
Result<void> read_ports(std::string_view text, Media& out) {
  const size_t slash = text.find('/');
  const auto port = text::parse_decimal(text.substr(0, slash), 65535);
  const auto count = slash == std::string_view::npos
                         ? Result<uint64_t>(1)
                         : text::parse_decimal(text.substr(slash + 1), 65535);
  if (!port || !count || *count == 0) return Status::ERR_SDP_MEDIA;
  out.port = static_cast<uint16_t>(*port);
  out.port_count = static_cast<uint16_t>(*count);
  return {};
}

// Where a line ends: at CRLF, LF, or the end of the text, where a CR is a line end cut short.
struct LineEnd {
  const char* at;
  const char* behind;  // nullptr for a bare CR and a NUL
};

VOXLOCK_ALWAYS_INLINE LineEnd find_line_end(const TextMap& map, const char* p) {
  const char* const end = map.end;
  p = map.next_unprintable(p);
  if (end - p >= 2 && p[0] == '\r' && p[1] == '\n') return {p, p + 2};
  while (p != end && *p != '\r' && *p != '\n' && *p != '\0') p = map.next_unprintable(p + 1);
  if (p == end) return {p, p};
  if (*p == '\n') return {p, p + 1};
  if (*p != '\r') return {p, nullptr};
  if (p + 1 == end) return {p, end};
  return {p, p[1] == '\n' ? p + 2 : nullptr};
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

struct Session::Line : Cursor {
  using Cursor::Cursor;
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
  std::construct_at(&origin_);
  name_ = {};
  connection_.reset();
  bandwidth_ = {};
  session_attributes_ = attribute_count_ = media_count_ = 0;
}

Result<void> Session::parse(std::string_view text) {
  clear();
  if (text.size() > kMaxText) return Status::ERR_LIMIT;
  Result<void> result = parse_lines(text);
  if (!result) clear();
  return result;
}

// RFC 8866, section 5: the version and the origin come first.
Result<void> Session::parse_lines(std::string_view text) {
  TextMap map(text);
  map.load_all();
  size_t count = 0;
  for (const char* p = map.start; p != map.end; ++count) {
    const char* const line = p;
    const LineEnd end = find_line_end(map, p);
    p = end.behind;
    if (p == nullptr) return Status::ERR_SDP_CONTROL;
    // Some stacks leave blank lines behind the last one.
    if (line == end.at && is_blank(p, map.end)) break;
    if (end.at - line < 2 || line[1] != '=') return Status::ERR_SDP_LINE;
    Line value(map, line + 2, end.at);
    if (count > 1) {
      VOXLOCK_TRY_VOID(parse_line(line[0], value));
    } else if (count == 1) {
      if (line[0] != 'o') return Status::ERR_SDP_ORIGIN;
      VOXLOCK_TRY_VOID(read_origin(value, origin_));
    } else if (line[0] != 'v' || value.rest() != "0") {
      return Status::ERR_SDP_VERSION;
    }
  }
  end_section();
  if (count == 0) return Status::ERR_SDP_VERSION;
  return count == 1 ? Result<void>(Status::ERR_SDP_ORIGIN) : Result<void>();
}

VOXLOCK_ALWAYS_INLINE Result<void> Session::parse_line(char type, Line& value) {
  switch (type) {
    case 'a':
      return add_attribute(value);
    case 'c':
      return add_connection(value);
    case 'm':
      return add_media(value);
    case 's':
      name_ = value.rest();
      return {};
    case 'b':
      return add_bandwidth(value), Result<void>();
    // These carry nothing that this library acts upon.
    case 'e':
    case 'i':
    case 'k':
    case 'p':
    case 'r':
    case 't':
    case 'u':
    case 'z':
      return {};
    default:
      return Status::ERR_SDP_LINE;
  }
}

Result<void> Session::add_media(Line& value) {
  if (media_count_ == kMaxMedia) return Status::ERR_LIMIT;
  end_section();
  Media& media = *std::construct_at(media_.list + media_count_);
  media.type = value.word();
  const std::string_view ports = value.word();
  media.proto = value.word();
  media.formats = text::trim(value.rest());
  if (!is_token(media.type) || !is_token(media.proto) || media.formats.empty())
    return Status::ERR_SDP_MEDIA;
  VOXLOCK_TRY_VOID(read_ports(ports, media));
  media.attributes = {attributes_.list + attribute_count_, 0};
  ++media_count_;
  return {};
}

// What was added last belongs to the section that ends here, or to the session.
void Session::end_section() {
  if (media_count_ == 0) {
    session_attributes_ = attribute_count_;
    return;
  }
  auto& mine = media_.list[media_count_ - 1].attributes;
  mine = {mine.data(), attributes_.list + attribute_count_};
}

VOXLOCK_ALWAYS_INLINE Result<void> Session::add_attribute(Line& value) {
  if (attribute_count_ == kMaxAttributes) return Status::ERR_LIMIT;
  const std::string_view name = value.up_to([](char c) { return c == ':' || !is_token_byte(c); });
  if (name.empty()) return Status::ERR_SDP_LINE;
  if (!value.at_end() && !value.take(':')) return Status::ERR_SDP_LINE;
  std::construct_at(attributes_.list + attribute_count_++, Attribute{name, value.rest()});
  return {};
}

Result<void> Session::add_connection(Line& value) {
  Connection connection;
  VOXLOCK_TRY_VOID(read_connection(value, connection));
  auto& slot = media_count_ == 0 ? connection_ : media_.list[media_count_ - 1].connection;
  // A section may list several c= lines for layered multicast (RFC 8866, section 5.7): the first
  // counts.
  if (!slot) slot = connection;
  return {};
}

void Session::add_bandwidth(Line& value) {
  read_bandwidth(value.rest(),
                 media_count_ == 0 ? bandwidth_ : media_.list[media_count_ - 1].bandwidth);
}

RtcpBandwidth Session::bandwidth_of(const Media& media) const {
  const auto& [senders, receivers] = media.bandwidth;
  return {senders ? senders : bandwidth_.senders, receivers ? receivers : bandwidth_.receivers};
}

Direction stated_direction(const Session& session, const Media& media) {
  const auto in_media = stated_direction(media.attributes);
  return in_media ? *in_media
                  : stated_direction(session.attributes()).value_or(Direction::kSendRecv);
}

bool has_flag(const Session& session, const Media& media, std::string_view name) {
  return find_attribute(media.attributes, name) || find_attribute(session.attributes(), name);
}

}  // namespace voxlock::sdp
