#include "sdp/bandwidth.h"

#include "base/text.h"

namespace voxlock::sdp {
namespace {

void write_line(bytes::Writer& out, std::string_view head, std::optional<uint32_t> number) {
  if (!number) return;
  out.put(head);
  out.decimal(*number);
  out.put("\r\n");
}

}  // namespace

void read_bandwidth(std::string_view value, RtcpBandwidth& out) {
  const std::string_view type = text::cut(value, ':');
  if (type != "RS" && type != "RR") return;
  const auto number = text::parse_decimal(text::trim(value), UINT32_MAX);
  auto& slot = type == "RS" ? out.senders : out.receivers;
  if (number && !slot) slot = static_cast<uint32_t>(*number);
}

void write_bandwidth(bytes::Writer& out, const RtcpBandwidth& bandwidth) {
  write_line(out, "b=RS:", bandwidth.senders);
  write_line(out, "b=RR:", bandwidth.receivers);
}

}  // namespace voxlock::sdp
