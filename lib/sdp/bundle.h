// a=mid and a=group:BUNDLE (RFC 5888, RFC 9143): which sections share a transport, and where the
// attributes of that transport stand.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "sdp/session.h"

namespace voxlock::sdp {

// RFC 9143, section 15.2: a mid goes into an RTP header extension and is short. Browsers use up to
// ten characters.
inline constexpr size_t kMaxMid = 32;

// A token of RFC 8866 of 1..kMaxMid bytes.
bool is_mid(std::string_view text);

// The value of a=mid, empty where there is none.
std::string_view mid_of(const Media& media);

// ERR_SDP_MID where a mid is no token, too long or given twice.
Result<void> check_mids(const Session& session);

// The tags of the BUNDLE group that holds a mid; nothing where it is in none.
std::optional<std::string_view> bundle_of(const Session& session, std::string_view mid);

// Whether the section of that index has port 0 only because it lives on the transport of another
// one of its group, which does have a port (RFC 9143, section 6).
bool is_bundle_only(const Session& session, size_t index);

// Where an attribute of the transport is looked for: in the section itself, for a bundle-only one
// in the section that the group is tagged by, then in the session part (RFC 8839, section 5.4; RFC
// 8122, section 5). The nearest place that has the attribute counts.
class TransportScope {
 public:
  TransportScope(const Session& session, size_t index);

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  // All attributes of the nearest place that has one of that name; empty where none has.
  [[nodiscard]] std::span<const Attribute> level_of(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }

 private:
  std::span<const Attribute> levels_[3];
};

}  // namespace voxlock::sdp
