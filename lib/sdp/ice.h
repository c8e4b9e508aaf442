// What a description says about ICE (RFC 8839).
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/secure.h"
#include "sdp/bundle.h"
#include "sdp/candidate.h"
#include "sdp/fixed.h"

namespace voxlock::sdp {

// RFC 8839, section 5.4: ice-ufrag = 4*256ice-char, ice-pwd = 22*256ice-char.
inline constexpr size_t kMinUfrag = 4;
inline constexpr size_t kMinIcePassword = 22;
inline constexpr size_t kMaxIceText = 256;
// Browsers name up to a dozen; what stands behind that many is not looked at.
inline constexpr size_t kMaxCandidates = 32;
using Candidates = FixedList<Candidate, kMaxCandidates>;

// The peer's credentials. Move-only: the password authenticates checks.
struct IceCredentials {
  FixedText<kMaxIceText> ufrag;
  secure::Secret<kMaxIceText> password;
};

// Nothing where the section has neither ufrag nor password; ERR_SDP_ICE where it has only one, or
// one out of range.
Result<std::optional<IceCredentials>> read_credentials(const TransportScope& scope);
// The candidates that can be read, in order; others are passed over (RFC 8839, section 5.1).
Candidates read_candidates(const TransportScope& scope);
// a=ice-lite, which stands in the session part only.
bool is_ice_lite(const Session& session);
// Whether a=ice-options names an option, such as "trickle" (RFC 8840).
bool has_ice_option(const TransportScope& scope, std::string_view option);

}  // namespace voxlock::sdp
