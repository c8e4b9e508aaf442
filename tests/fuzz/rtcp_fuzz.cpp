// RTCP compounds: parse and read every packet.
#include <cstdlib>

#include "rtp/rtcp.h"

using namespace voxlock;
using namespace voxlock::rtp;

namespace {

void read_packet(const RtcpPacket& packet) {
  if (const auto report = parse_report(packet)) {
    for (size_t i = 0; i < report->block_count(); ++i) (void)report->block(i);
  }
  if (const auto bye = parse_bye(packet)) {
    for (size_t i = 0; i < bye->ssrc_count(); ++i) (void)bye->ssrc(i);
  }
  SdesReader reader(packet);
  while (reader.next()) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  const bool is_strict = RtcpCompound::parse(input, RtcpCompound::Rule::kStrict).has_value();
  auto compound = RtcpCompound::parse(input, RtcpCompound::Rule::kReducedSize);
  if (!compound) {
    if (is_strict) std::abort();
    return 0;
  }
  size_t total = 0;
  while (const auto packet = compound->next()) {
    total += packet->packet.size();
    read_packet(*packet);
  }
  if (total != size) std::abort();
  return 0;
}
