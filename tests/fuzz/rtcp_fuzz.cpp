// RTCP compounds: parse and read every packet; what feedback tells is the same when it is written
// anew.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "rtp/feedback.h"
#include "rtp/sent_log.h"
#include "rtp/transport_feedback.h"
#include "rtp/xr.h"

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

// What is read from a block is written again to the same bytes.
void check_again(const VoipMetrics& metrics, const XrBlock& block) {
  uint8_t room[64];
  bytes::Writer writer(room);
  write_extended_report(1, {{}, {}, {&metrics, 1}}, writer);
  const ByteView body = writer.written().subspan(12);
  // Of all octets the reserved one alone is not kept.
  for (size_t i = 0; i < body.size(); ++i) {
    if (i != 25 && body[i] != block.body[i]) std::abort();
  }
}

void read_extended(const RtcpPacket& packet) {
  XrReader reader(packet);
  size_t total = 4;
  while (const auto block = reader.next()) {
    total += 4 + block->body.size();
    (void)parse_receiver_reference_time(*block);
    if (const auto answers = parse_dlrr(*block)) {
      for (size_t i = 0; i < answers->count(); ++i) (void)answers->item(i);
    }
    if (const auto metrics = parse_voip_metrics(*block)) {
      (void)is_plausible(*metrics);
      check_again(*metrics, *block);
    }
  }
  if (reader.ok() && total != packet.body.size()) std::abort();
}

// What is told is the same when it is written anew, and counts no packet that was not sent.
void read_transport_feedback(ByteView fci) {
  auto feedback = TransportFeedback::parse(fci);
  if (!feedback) return;
  SentLog log;
  for (int i = 0; i < 100; ++i) (void)log.next(0);
  log.on_feedback(*feedback);
  if (log.stats().received + log.stats().lost > 100) std::abort();
  std::vector<int64_t> arrivals;
  uint16_t base = 0;
  while (const auto status = feedback->next()) {
    if (arrivals.empty()) base = status->sequence;
    if (status->sequence != static_cast<uint16_t>(base + arrivals.size())) std::abort();
    if (status->is_received && status->arrival_us < 0) return;  // before their clock began
    arrivals.push_back(status->is_received ? status->arrival_us : -1);
  }
  uint8_t raw[512];
  bytes::Writer writer(raw);
  const size_t n = write_transport_feedback({1, 2, base, 3}, arrivals, writer);
  if (n == 0) return;
  auto compound = RtcpCompound::parse(writer.written(), RtcpCompound::Rule::kReducedSize);
  if (!compound) std::abort();
  auto again = TransportFeedback::parse(parse_feedback(*compound->next())->fci);
  if (!again) std::abort();
  for (size_t i = 0; i < n; ++i) {
    const auto status = again->next();
    constexpr int64_t kWrap = kReferenceUs << 24;
    const int64_t expected = arrivals[i] < 0 ? -1 : arrivals[i] % kWrap;
    // A clock that has wrapped may go back behind the wrap.
    const int64_t told = !status               ? -2
                         : status->is_received ? (status->arrival_us + kWrap) % kWrap
                                               : -1;
    if (told != expected) std::abort();
  }
  if (again->next()) std::abort();
}

void read_packet(const RtcpPacket& packet) {
  if (packet.type == kRtcpExtendedReport) read_extended(packet);
  if (const auto report = parse_report(packet)) {
    for (size_t i = 0; i < report->block_count(); ++i) (void)report->block(i);
  }
  if (const auto bye = parse_bye(packet)) {
    for (size_t i = 0; i < bye->ssrc_count(); ++i) (void)bye->ssrc(i);
  }
  if (const auto feedback = parse_feedback(packet)) {
    read_nack(feedback->fci);
    read_transport_feedback(feedback->fci);
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
