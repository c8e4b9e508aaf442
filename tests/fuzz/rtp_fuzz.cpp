// RTP packets: parse, walk the extension, rebuild.
#include <cstdlib>

#include "rtp/dtmf.h"
#include "rtp/packet.h"

using namespace voxlock;
using namespace voxlock::rtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  (void)parse_event(input);
  const auto packet = parse_packet(input);
  if (!packet) return 0;
  if (packet->len + packet->payload.size() + packet->padding_len != size) std::abort();
  auto reader = packet->extensions();
  size_t elements = 0;
  while (reader.next()) ++elements;
  if (elements > packet->extension.size()) std::abort();
  (void)parse_event(packet->payload);
  return 0;
}
