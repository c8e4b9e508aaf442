#include "sdp/xr.h"

#include "base/text.h"

namespace voxlock::sdp {

// rcvr-rtt "=" mode [":" max-size], with a mode of "all" or "sender". A size of less than one block
// with one answer (16 bytes) is no wish for answers.
static bool is_rtt_wish(std::string_view format) {
  constexpr std::string_view kName = "rcvr-rtt=";
  constexpr uint64_t kLeastSize = 16;
  if (!format.starts_with(kName)) return false;
  format.remove_prefix(kName.size());
  const std::string_view mode = text::cut(format, ':');
  if (mode != "all" && mode != "sender") return false;
  if (format.empty()) return true;
  const auto size = text::parse_decimal(format, UINT32_MAX);
  return size && *size >= kLeastSize;
}

XrWishes read_xr(const Session& session, const Media& media) {
  XrWishes out;
  auto value = find_attribute(media.attributes, "rtcp-xr");
  if (!value) value = find_attribute(session.attributes(), "rtcp-xr");
  if (!value) return out;
  out.is_offered = true;
  std::string_view words = *value;
  while (!words.empty()) {
    const std::string_view format = next_word(words);
    out.has_voip_metrics = out.has_voip_metrics || format == "voip-metrics";
    out.has_rtt = out.has_rtt || is_rtt_wish(format);
  }
  return out;
}

void write_xr(bytes::Writer& out, bool has_rtt) {
  out.put(has_rtt ? "a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n" : "a=rtcp-xr:voip-metrics\r\n");
}

}  // namespace voxlock::sdp
