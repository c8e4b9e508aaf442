// Memory of legs and of a whole call into a room: what the host's allocator gave, and the growth of
// the whole heap, in which libsrtp2 and mbedTLS have their part.
#include <malloc.h>

#include "bench/harness.h"
#include "support/negotiated.h"
#include "support/webrtc_call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

double heap() {
  return static_cast<double>(mallinfo2().uordblks);
}

void add(bench::Table& table, const std::string& what, double own, double all) {
  table.add({what + ", own memory", own, "bytes", {}});
  table.add({what + ", with libsrtp2 and mbedTLS", all, "bytes", {}});
}

// Agreed, with keys for both directions.
void measure_sdes(bench::Table& table) {
  constexpr size_t kLegs = 16;
  TestContext world;
  const double own = static_cast<double>(world.allocator.live_bytes), all = heap();
  std::vector<Box<leg::Leg>> legs;
  legs.reserve(kLegs);
  for (size_t i = 0; i < kLegs; ++i) {
    legs.push_back(make_leg(world));
    REQUIRE(legs.back()->apply(agree({}, true), kNsPerSecond));
  }
  add(table, "memory: a leg with SDES",
      (static_cast<double>(world.allocator.live_bytes) - own) / kLegs, (heap() - all) / kLegs);
}

// Connected; the peer's memory is not in it.
void measure_webrtc(bench::Table& table) {
  WebrtcCall call;
  call.room_offers();
  REQUIRE(call.connect());
  const double own = static_cast<double>(call.host.allocator.live_bytes), all = heap();
  voxlock_leg_free(std::exchange(call.room, nullptr));
  add(table, "memory: a leg with DTLS and ICE, connected",
      own - static_cast<double>(call.host.allocator.live_bytes), all - heap());
}

void measure_call(bench::Table& table) {
  CallPlan plan;
  plan.is_bridged = true;
  WebrtcCall call(plan);
  call.room_offers();
  REQUIRE(call.connect());
  call.phone_says(std::vector<uint8_t>(160, 0x55));
  const double own = static_cast<double>(call.host.allocator.live_bytes), all = heap();
  voxlock_bridge_free(std::exchange(call.bridge, nullptr));
  voxlock_leg_free(std::exchange(call.trunk, nullptr));
  voxlock_leg_free(std::exchange(call.room, nullptr));
  add(table, "memory: a call from a trunk into a room (two legs and the bridge)",
      own - static_cast<double>(call.host.allocator.live_bytes), all - heap());
}

}  // namespace

VOXLOCK_BENCH(memory) {
  measure_sdes(table);
  measure_webrtc(table);
  measure_call(table);
}
