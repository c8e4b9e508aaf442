// A session description (RFC 8866) as a view of the caller's text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "sdp/bandwidth.h"

namespace voxlock::sdp {

// A host that offers more than this means no telephone call: 48 media lines and 512 attributes are
// several times what conference servers send.
inline constexpr size_t kMaxMedia = 48;
inline constexpr size_t kMaxAttributes = 512;
inline constexpr size_t kMaxText = 64 * 1024;

// a=<name> or a=<name>:<value>. The value of a flag is empty.
struct Attribute {
  std::string_view name;
  std::string_view value;
};

// c=<nettype> <addrtype> <connection-address>; the address without TTL and count.
struct Connection {
  std::string_view net_type;
  std::string_view address_type;
  std::string_view address;
};

// o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address>
struct Origin {
  std::string_view username;
  std::string_view session_id;       // digits
  std::string_view session_version;  // digits
  std::string_view net_type;
  std::string_view address_type;
  std::string_view address;
};

// m=<media> <port>[/<count>] <proto> <fmt> ... and the lines below it.
struct Media {
  std::string_view type;
  std::string_view proto;
  std::string_view formats;  // "0 8 101"
  uint16_t port = 0;         // 0: refused, or not wanted
  uint16_t port_count = 1;
  std::optional<Connection> connection;  // of this section only
  RtcpBandwidth bandwidth;               // likewise
  std::span<const Attribute> attributes;
};

// As the one who speaks sees it; bit 0 sends, bit 1 receives.
enum class Direction : uint32_t { kInactive = 0, kSendOnly = 1, kRecvOnly = 2, kSendRecv = 3 };
// The same as the other side sees it.
Direction reverse(Direction d);

// Takes the next space-separated word off a list; empty at its end.
std::string_view next_word(std::string_view& list);

// The value of the first attribute of that name; names are case-sensitive (RFC 8866, section 5.13).
std::optional<std::string_view> find_attribute(std::span<const Attribute> attributes,
                                               std::string_view name);

// Views into the text it was parsed from, which must live on. Not copyable, since the sections
// point into the object.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Reads a whole description. Lines end in CRLF or LF, the last one may lack its end. Required are
  // v=0 first, then o= (RFC 8866, section 5); s= and t= may be missing and unknown types of lines
  // are refused. On an error the object holds nothing.
  // ERR_SDP_LINE, ERR_SDP_VERSION, ERR_SDP_ORIGIN, ERR_SDP_CONNECTION, ERR_SDP_MEDIA,
  // ERR_SDP_CONTROL (NUL or bare CR), ERR_LIMIT.
  Result<void> parse(std::string_view text);

  [[nodiscard]] const Origin& origin() const { return origin_; }
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] const std::optional<Connection>& connection() const { return connection_; }
  [[nodiscard]] const RtcpBandwidth& bandwidth() const { return bandwidth_; }
  [[nodiscard]] std::span<const Attribute> attributes() const {
    return {attributes_.list, session_attributes_};
  }
  [[nodiscard]] std::span<const Media> media() const { return {media_.list, media_count_}; }

  // The connection that counts for a section: its own or the session's.
  [[nodiscard]] const std::optional<Connection>& connection_of(const Media& media) const {
    return media.connection ? media.connection : connection_;
  }
  // RFC 3556, section 4: what a section states counts before what the session states.
  [[nodiscard]] RtcpBandwidth bandwidth_of(const Media& media) const;

 private:
  // Room that making a Session does not clear.
  template <typename T, size_t N>
  struct Slots {
    Slots() {}
    union {
      T list[N];
    };
  };
  struct Line;
  Result<void> parse_lines(std::string_view text);
  Result<void> parse_line(char type, Line& value);
  Result<void> add_media(Line& value);
  void end_section();
  Result<void> add_attribute(Line& value);
  Result<void> add_connection(Line& value);
  void add_bandwidth(Line& value);
  void clear();

  Origin origin_;
  std::string_view name_;
  std::optional<Connection> connection_;
  RtcpBandwidth bandwidth_;
  size_t session_attributes_ = 0;
  size_t attribute_count_ = 0;
  size_t media_count_ = 0;
  // Only the first attribute_count_ and media_count_ elements were ever written.
  Slots<Attribute, kMaxAttributes> attributes_;
  Slots<Media, kMaxMedia> media_;
};

// What a section states, else what the session states, else sendrecv (RFC 8866, section 6.7).
Direction stated_direction(const Session& session, const Media& media);

// Whether a section or the whole session has an attribute.
bool has_flag(const Session& session, const Media& media, std::string_view name);

}  // namespace voxlock::sdp
