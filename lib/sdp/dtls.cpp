#include "sdp/dtls.h"

#include <algorithm>

#include "base/text.h"

namespace voxlock::sdp {
namespace {

struct SetupRow {
  Setup setup;
  std::string_view name;
};
constexpr SetupRow kSetups[] = {{Setup::kActive, "active"},
                                {Setup::kPassive, "passive"},
                                {Setup::kActpass, "actpass"},
                                {Setup::kHoldconn, "holdconn"}};

bool has(const Fingerprints& list, const Fingerprint& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool has_all(const Fingerprints& list, const Fingerprints& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const Fingerprint& each) { return has(list, each); });
}

}  // namespace

std::string_view setup_name(Setup setup) {
  for (const SetupRow& row : kSetups) {
    if (row.setup == setup) return row.name;
  }
  return {};
}

Result<Setup> read_setup(const TransportScope& scope) {
  const auto value = scope.find("setup");
  if (!value) return Setup::kNone;
  for (const SetupRow& row : kSetups) {
    if (text::equals_ignore_case(row.name, text::trim(*value))) return row.setup;
  }
  return Status::ERR_SDP_SETUP;
}

Result<Fingerprints> read_fingerprints(const TransportScope& scope) {
  Fingerprints out;
  for (const Attribute& attribute : scope.level_of("fingerprint")) {
    if (attribute.name != "fingerprint") continue;
    const auto fingerprint = parse_fingerprint(attribute.value);
    if (!fingerprint && fingerprint.error() == Status::ERR_UNSUPPORTED) continue;
    if (!fingerprint) return fingerprint.error();
    // One that finds no room can only be missed, never taken for another.
    if (!has(out, *fingerprint)) out.push(*fingerprint);
  }
  if (out.empty()) return Status::ERR_SDP_NO_FINGERPRINT;
  return out;
}

Result<std::string_view> read_tls_id(const TransportScope& scope) {
  const auto value = scope.find("tls-id");
  if (!value) return std::string_view();
  const bool is_good = value->size() >= kMinTlsId && value->size() <= kMaxTlsId &&
                       std::all_of(value->begin(), value->end(), [](char c) {
                         return text::is_alpha(c) || text::is_digit(c) || c == '+' || c == '/' ||
                                c == '-' || c == '_';
                       });
  if (!is_good) return Status::ERR_SDP_TLS_ID;
  return *value;
}

bool is_same_set(const Fingerprints& a, const Fingerprints& b) {
  return has_all(a, b) && has_all(b, a);
}

}  // namespace voxlock::sdp
