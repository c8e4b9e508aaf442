// RTCP compounds: parse and read every packet; what a NACK asks for is the same when it is written
// anew.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "rtp/feedback.h"

using namespace voxlock;
using namespace voxlock::rtp;

namespace {

std::vector<uint16_t> nacked(ByteView fci) {
  std::vector<uint16_t> out;
  NackReader reader(fci);
  while (const auto sequence = reader.next()) out.push_back(*sequence);
  if (out.size() > fci.size() / 4 * 17) std::abort();
  return out;
}

void read_nack(ByteView fci) {
  std::vector<uint16_t> asked = nacked(fci);
  asked.resize(std::min(asked.size(), kMaxNacked));
  // In the order a sender writes them, from the first on.
  const uint16_t first = asked.empty() ? uint16_t{0} : asked[0];
  const auto from_first = [first](uint16_t n) { return static_cast<uint16_t>(n - first); };
  std::sort(asked.begin(), asked.end(),
            [&](uint16_t a, uint16_t b) { return from_first(a) < from_first(b); });
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  uint8_t raw[256];
  bytes::Writer writer(raw);
  if (write_nack(1, 2, asked, writer).has_value() == asked.empty()) std::abort();
  if (asked.empty()) return;
  auto compound = RtcpCompound::parse(writer.written(), RtcpCompound::Rule::kReducedSize);
  if (!compound || nacked(parse_feedback(*compound->next())->fci) != asked) std::abort();
}

void read_packet(const RtcpPacket& packet) {
  if (const auto report = parse_report(packet)) {
    for (size_t i = 0; i < report->block_count(); ++i) (void)report->block(i);
  }
  if (const auto bye = parse_bye(packet)) {
    for (size_t i = 0; i < bye->ssrc_count(); ++i) (void)bye->ssrc(i);
  }
  if (const auto feedback = parse_feedback(packet)) read_nack(feedback->fci);
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
