// From the INVITE to the first audio in the room, in round trips: nothing of ours adds one.
#include "support/first_audio.h"

using namespace voxlock;
using namespace voxlock::test;

TEST_CASE("RFC 6347 4.2: the first audio comes with the last flight of DTLS, no round trip later") {
  for (const bool is_room_dtls_client : {true, false}) {
    for (const bool is_joined_before : {false, true}) {
      for (const uint64_t rtt_ms : {0u, 50u, 150u, 600u}) {
        INFO("RTT " << rtt_ms << " ms, joined before " << is_joined_before << ", room is client "
                    << is_room_dtls_client);
        const FirstAudioPlan plan{rtt_ms * kNsPerMs, is_joined_before, is_room_dtls_client};
        const uint64_t least_ns = least_half_trips(plan) * plan.rtt_ns / 2;
        const uint64_t took_ns = FirstAudio(plan).run();
        CHECK(took_ns >= least_ns);
        // A packet that has just gone by, and a step of the simulation for each half trip.
        CHECK(took_ns <= least_ns + kFrameNs + 10 * FirstAudio::kStepNs);
      }
    }
  }
}
