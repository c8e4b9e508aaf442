// Bytes as datagrams of both legs of a bridge: leg 0 plain, so that its packets get deep, leg 1
// secure. Each datagram: one byte leg and time step, one byte length, the bytes. With an input
// shorter than two bytes nothing happens.
#include <algorithm>
#include <cstdlib>

#include "bridge/bridge.h"
#include "support/allocator.h"

using namespace voxlock;

namespace {

leg::Agreement agreement(bool is_secure) {
  leg::Agreement out;
  out.codec = is_secure ? leg::Codec::kPcmu : leg::Codec::kOpus;
  out.rtp_clock_hz = out.sample_rate = is_secure ? 8000 : 48000;
  out.payload_type_send = out.payload_type_recv = is_secure ? 0 : 111;
  out.event_type_send = out.event_type_recv = 101;
  out.event_clock_send_hz = out.event_clock_recv_hz = out.rtp_clock_hz;
  out.ptime_ms = is_secure ? 20 : 30;
  out.remote_rtp.family = 4;
  out.remote_rtp.port = 4000;
  out.is_rtcp_mux = true;
  if (!is_secure) return out;
  leg::Keys keys;
  for (leg::Key* key : {&keys.local, &keys.remote}) (void)key->key_and_salt.resize(30);
  out.keys.emplace(std::move(keys));
  return out;
}

Box<leg::Leg> make_leg(test::TestContext& world, bool is_secure) {
  leg::LegConfig config;
  config.policy = is_secure ? leg::Policy::kRequired : leg::Policy::kOff;
  auto made = leg::Leg::create(world.context, world.random, config);
  if (!made || !(*made)->apply(agreement(is_secure), 1)) std::abort();
  return *std::move(made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  test::TestContext world;
  auto plain = make_leg(world, false);
  auto secure = make_leg(world, true);
  bridge::Bridge bridge(world.memory, *plain, *secure, {});
  bytes::Reader reader(ByteView(data, size));
  uint64_t now = 1;
  while (reader.left() >= 2) {
    const uint8_t head = reader.u8();
    const size_t len = reader.u8();
    const ByteView datagram = reader.take(std::min(len, reader.left()));
    now += (head >> 1) * kNsPerMs;
    bridge.input({{datagram, plain->remote_rtp()}, head & 1u}, now);
    if (!bridge.airlock().is_clean()) std::abort();
    bridge.run_timers(now);
    for (leg::Leg* leg : {plain.get(), secure.get()}) {
      while (!leg->queue().is_empty()) leg->queue().pop();
    }
  }
  // A whole packet as well, whatever the framing above made of it.
  bridge.input({{ByteView(data, size), {}}, 0}, now);
  bridge.close(now);
  return 0;
}
