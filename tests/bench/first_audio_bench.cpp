// From the INVITE to the first audio in the room, in round trips of a virtual network. Nothing is
// measured with a clock: the figures are the same on every machine.
#include "support/first_audio.h"

#include "bench/harness.h"

using namespace voxlock;
using namespace voxlock::test;

VOXLOCK_BENCH(first_audio) {
  for (const bool is_joined_before : {false, true}) {
    for (const uint64_t rtt_ms : {0u, 50u, 150u}) {
      const FirstAudioPlan plan{rtt_ms * kNsPerMs, is_joined_before, true};
      const auto took_ns = static_cast<double>(FirstAudio(plan).run());
      const auto least_trips = static_cast<double>(least_half_trips(plan)) / 2;
      const std::string name = std::string("first audio in the room, ") +
                               (is_joined_before ? "joined before" : "joined by the INVITE") +
                               ", RTT " + std::to_string(rtt_ms) + " ms";
      // The packet that is next when the last flight has come may be 20 ms away.
      const auto packet_ns = static_cast<double>(kFrameNs);
      if (rtt_ms == 0) {
        table.add({name, took_ns / 1e6, "ms", packet_ns / 1e6});
      } else {
        const auto rtt_ns = static_cast<double>(plan.rtt_ns);
        table.add({name, took_ns / rtt_ns, "RTT", least_trips + packet_ns / rtt_ns});
      }
    }
  }
}
