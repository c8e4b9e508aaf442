#include "sdp/ice.h"

namespace voxlock::sdp {
namespace {

bool is_credential(std::string_view text, size_t min) {
  return text.size() >= min && text.size() <= kMaxIceText && is_ice_text(text, true);
}

}  // namespace

Result<std::optional<IceCredentials>> read_credentials(const TransportScope& scope) {
  const auto ufrag = scope.find("ice-ufrag");
  const auto password = scope.find("ice-pwd");
  if (!ufrag && !password) return std::optional<IceCredentials>();
  if (!ufrag || !password) return Status::ERR_SDP_ICE;
  IceCredentials out;
  const bool is_good = is_credential(*ufrag, kMinUfrag) &&
                       is_credential(*password, kMinIcePassword) && out.ufrag.assign(*ufrag) &&
                       out.password.assign(as_bytes(*password));
  if (!is_good) return Status::ERR_SDP_ICE;
  return std::optional<IceCredentials>(std::move(out));
}

Candidates read_candidates(const TransportScope& scope) {
  Candidates out;
  for (const Attribute& attribute : scope.level_of("candidate")) {
    if (attribute.name != "candidate") continue;
    const auto candidate = parse_candidate(attribute.value);
    if (candidate && !out.push(*candidate)) break;
  }
  return out;
}

bool is_ice_lite(const Session& session) {
  return find_attribute(session.attributes(), "ice-lite").has_value();
}

bool has_ice_option(const TransportScope& scope, std::string_view option) {
  std::string_view options = scope.find("ice-options").value_or(std::string_view());
  for (;;) {
    const std::string_view word = next_word(options);
    if (word.empty() || word == option) return !word.empty();
  }
}

}  // namespace voxlock::sdp
