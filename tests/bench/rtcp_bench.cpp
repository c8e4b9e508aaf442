// What RTCP costs a call: reports with VoIP metrics (RFC 3611) and their rating (ITU-T G.107),
// sealed, sent, opened and read, against the sealed packets of media of the same call-second.
#include <malloc.h>

#include <cstdlib>

#include "bench/harness.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr double kPacketsPerSecond = 50;
constexpr double kSecondsPerReport = 5;  // RFC 3550 6.2
// The share of the bandwidth that RFC 3550 6.2 gives to RTCP; it shall not take more of the time.
constexpr double kMostOfMedia = 0.05;

// Two legs that agreed on everything; a speaks and reports, b hears.
struct Call {
  TestContext world;
  Box<leg::Leg> a = make_leg(world), b = make_leg(world);
  std::array<uint8_t, leg::kMaxPacketLen> plain{};
  uint64_t now = kNsPerSecond;
  uint32_t timestamp = 0;
  uint64_t reports = 0;

  Call() {
    leg::Terminal terminal;
    terminal.concealment = rtp::Concealment::kStandard;
    for (leg::Leg* leg : {a.get(), b.get()}) {
      leg::Agreement agreement = agree({}, leg == a.get());
      agreement.has_xr_metrics = agreement.has_xr_rtt = true;
      REQUIRE(leg->apply(std::move(agreement), now));
      leg->set_terminal(terminal);
    }
    // Something to report: losses in what a hears, and a round trip.
    for (int i = 0; i < 500; ++i) {
      speak(*b, i % 10 == 5 ? nullptr : a.get());
      speak(*a, b.get());
      if (i % 100 == 99) report(*b, *a), report(*a, *b);
    }
    REQUIRE(a->voip_metrics().r_factor != rtp::kXrUnknown);
  }
  void carry(leg::Leg& from, leg::Leg* to) {
    while (!from.queue().is_empty()) {
      const ByteView bytes = from.queue().front_bytes();
      if (to != nullptr) bench::keep(to->receive({bytes, from.remote_rtp()}, plain, now));
      reports += from.queue().front().is_rtcp ? 1 : 0;
      from.queue().pop();
    }
  }
  void speak(leg::Leg& from, leg::Leg* to) {
    std::array<uint8_t, rtp::kFixedHeaderLen + 160> packet{};
    now += 20 * kNsPerMs;
    REQUIRE(from.send(packet, {0, false, timestamp += 160}, now));
    carry(from, to);
  }
  // The next report of one end, with all that the timer takes to come there.
  void report(leg::Leg& from, leg::Leg& to) {
    for (const uint64_t before = reports; reports == before;) {
      now = std::max(now, from.next_deadline());
      from.run_timers(now);
      carry(from, &to);
    }
  }
};

}  // namespace

VOXLOCK_BENCH(rtcp) {
  Call call;
  const auto media = [&](size_t n) {
    while (n-- > 0) call.speak(*call.a, call.b.get());
  };
  // With a packet between, so that there is news in every report.
  const auto both = [&](size_t n) {
    while (n-- > 0) {
      call.speak(*call.a, call.b.get());
      call.report(*call.a, *call.b);
    }
  };
  const bench::Rounds rounds = bench::measure_rounds({media, both}, 21, 20);
  const auto share = [](const std::vector<double>& ns) {
    return (ns[1] - ns[0]) / kSecondsPerReport / (ns[0] * kPacketsPerSecond);
  };
  table.add({"rtcp: a report with VoIP metrics, sent and received",
             rounds.median([](const auto& ns) { return ns[1] - ns[0]; }),
             "ns",
             {}});
  table.add({"rtcp: RTCP cost of a call-second, against its packets of media (SRTP, no codec)",
             rounds.median(share), "ratio", kMostOfMedia});
  const uint64_t before = call.world.allocator.count;
  const size_t heap = mallinfo2().uordblks;
  for (int i = 0; i < 1000; ++i) call.report(*call.a, *call.b);
  const auto growth = static_cast<double>(mallinfo2().uordblks - heap);
  const auto allocations = static_cast<double>(call.world.allocator.count - before);
  table.add({"rtcp: allocations of 1000 reports", allocations, "count", 0});
  table.add({"rtcp: growth of the heap with 1000 reports", growth, "bytes", 0});
}
