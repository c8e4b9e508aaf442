#include "sdp/webrtc.h"

#include <algorithm>

#include "base/text.h"

namespace voxlock::sdp {
namespace {

// RFC 7587, section 6.1: the range of maxaveragebitrate.
constexpr uint32_t kMinOpusBitrate = 6000;
constexpr uint32_t kMaxOpusBitrate = 510000;

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool has_good_credentials(const LocalWebrtc& local) {
  const std::string_view ufrag = local.ufrag.view(), password = local.password.view();
  if (ufrag.empty() && password.empty()) return true;
  return ufrag.size() >= kMinUfrag && password.size() >= kMinIcePassword &&
         is_ice_text(ufrag, false) && is_ice_text(password, false);
}

bool has_good_stream(const LocalWebrtc& local) {
  const bool has_names = is_visible(local.stream_id.view()) && is_visible(local.track_id.view()) &&
                         is_visible(local.cname.view());
  return has_names && (!local.stream_id.empty() || local.track_id.empty()) &&
         (local.ssrc == 0 || !local.cname.empty());
}

}  // namespace

Result<LocalCandidates> parse_candidate_lines(std::string_view lines) {
  LocalCandidates out;
  while (!lines.empty()) {
    std::string_view line = text::cut(lines, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.starts_with("a=")) line.remove_prefix(2);
    if (text::cut(line, ':') != "candidate") return Status::ERR_SYNTAX;
    const auto candidate = parse_candidate(line);
    if (!candidate || !is_valid(*candidate)) return Status::ERR_SYNTAX;
    if (!out.push(*candidate)) return Status::ERR_LIMIT;
  }
  return out;
}

Result<void> check(const LocalWebrtc& local) {
  const bool has_role =
      local.preferred_role == DtlsRole::kActive || local.preferred_role == DtlsRole::kPassive;
  const bool has_bitrate =
      local.max_opus_bitrate == 0 ||
      (local.max_opus_bitrate >= kMinOpusBitrate && local.max_opus_bitrate <= kMaxOpusBitrate);
  const bool has_candidates =
      std::all_of(local.candidates.begin(), local.candidates.end(),
                  [](const Candidate& candidate) { return is_valid(candidate); });
  const bool is_good = digest_len(local.fingerprint.hash) != 0 && has_role && has_bitrate &&
                       has_candidates && has_good_credentials(local) && has_good_stream(local) &&
                       (local.mid.empty() || is_mid(local.mid.view()));
  return is_good ? Result<void>() : Status::ERR_INVALID_ARGUMENT;
}

bool is_ice_restart(const WebrtcAgreement& before, const WebrtcAgreement& after) {
  return before.has_ice != after.has_ice || !(before.remote.ufrag == after.remote.ufrag) ||
         !(before.local.ufrag == after.local.ufrag);
}

bool is_new_association(const WebrtcAgreement& before, const WebrtcAgreement& after) {
  // A side that names none has nothing to say by it.
  const bool has_new_id =
      !before.tls_id.empty() && !after.tls_id.empty() && !(before.tls_id == after.tls_id);
  return has_new_id || before.role != after.role ||
         !is_same_set(before.fingerprints, after.fingerprints);
}

}  // namespace voxlock::sdp
