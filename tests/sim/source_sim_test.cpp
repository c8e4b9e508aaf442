// A peer whose sources change, whose numbers and timestamps start over and who falls silent, again
// and again: the other side of the bridge hears one stream that goes on. VOXLOCK_LONG=1 runs hours.
#include <cstdlib>
#include <random>

#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

HopPlan far_plan() {
  HopPlan out;
  out.codec = leg::Codec::kPcma;
  out.payload_type_to_peer = out.payload_type_from_peer = 8;
  out.key_inner = 3, out.key_outer = 4;
  out.inner_host = 3, out.outer_host = 4;
  return out;
}

struct Sim {
  TestContext world;
  HopPlan plan;
  Box<leg::Leg> trunk = make_leg(world), room = make_leg(world), listener = make_leg(world);
  std::optional<srtp::Session> peer;
  std::optional<bridge::Bridge> bridge;
  std::mt19937 random{3};
  uint64_t now = kNsPerSecond;
  uint8_t seed = 10;
  uint32_t ssrc = 1, timestamp = 0, used_ssrcs = 1;
  uint16_t sequence = 100;
  uint64_t sent = 0;
  // What the listener gets.
  uint64_t heard = 0, breaks = 0, backwards = 0, sources = 0;
  std::optional<rtp::PacketView> last;

  Sim() {
    rekey();
    REQUIRE(room->apply(agree(far_plan(), true), now));
    REQUIRE(listener->apply(agree(far_plan(), false), now));
    bridge.emplace(world.memory, *trunk, *room, bridge::BridgeConfig{});
  }
  // A re-INVITE with a new key of the peer.
  void rekey() {
    plan.key_outer = ++seed;
    REQUIRE(trunk->apply(agree(plan, true), now));
    const leg::Key used = key(plan.suite, plan.key_outer);
    srtp::SessionConfig config;
    config.suite = plan.suite;
    config.direction = srtp::Direction::kOutbound;
    config.key_and_salt = used.key_and_salt.view();
    peer.emplace(*srtp::Session::create(world.context, config));
    used_ssrcs = 1;
  }
  void speak() {
    rtp::PacketFields fields;
    fields.sequence = sequence++;
    fields.timestamp = timestamp;
    fields.ssrc = ssrc;
    timestamp += 160;
    std::array<uint8_t, rtp::kFixedHeaderLen + 160> plain{};
    std::array<uint8_t, 256> sealed{};
    bytes::Writer writer(plain);
    REQUIRE(rtp::write_header(fields, writer));
    const auto len = peer->seal_rtp(plain, sealed);
    REQUIRE(len);
    ++sent;
    bridge->refresh();
    bridge->input({{ByteView(sealed).first(*len), address(2, 4000)}, 0}, now);
  }
  void hear() {
    for (const Packet& packet : drain(*room)) {
      std::array<uint8_t, leg::kMaxPacketLen> plain;
      const auto got = listener->receive({packet.data, address(3, 4000)}, plain, now);
      if (got.kind == leg::Received::Kind::kNothing) continue;
      ++heard;
      if (last) {
        sources += got.packet.ssrc != last->ssrc ? 1 : 0;
        breaks += got.packet.sequence != static_cast<uint16_t>(last->sequence + 1) ? 1 : 0;
        backwards += static_cast<int32_t>(got.packet.timestamp - last->timestamp) < 160 ? 1 : 0;
      }
      last = got.packet;
    }
    (void)drain(*trunk);
  }
  // Something that a peer does.
  void disturb() {
    switch (random() % 6) {
      case 0:  // another source
        if (++used_ssrcs > 16) rekey();
        ssrc = static_cast<uint32_t>(random());
        sequence = static_cast<uint16_t>(random());
        timestamp = static_cast<uint32_t>(random());
        break;
      case 1:  // another source that goes on with the numbers
        if (++used_ssrcs > 16) rekey();
        ++ssrc;
        break;
      case 2:  // the same source starts over under a new key
        rekey();
        sequence = static_cast<uint16_t>(random());
        timestamp = static_cast<uint32_t>(random());
        break;
      case 3:  // timestamps leap
        timestamp = static_cast<uint32_t>(random());
        break;
      case 4:  // a pause, or the way is broken
        now += (1 + random() % 90) * kNsPerSecond;
        break;
      default:  // a new key, and nothing else
        rekey();
        break;
    }
  }
  void run(uint32_t rounds) {
    for (uint32_t i = 0; i < rounds; ++i) {
      for (uint32_t k = 20 + random() % 300; k > 0; --k, now += kFrame) {
        speak();
        bridge->run_timers(now);
        listener->run_timers(now);
        hear();
      }
      disturb();
    }
  }
};

}  // namespace

TEST_CASE(
    "sources, numbers, timestamps and keys that start over are one stream at the other side") {
  Sim sim;
  sim.run(std::getenv("VOXLOCK_LONG") != nullptr ? 20'000 : 300);
  CHECK(sim.breaks == 0);
  CHECK(sim.backwards == 0);
  CHECK(sim.sources == 0);
  CHECK(sim.heard == sim.sent);
  CHECK(sim.trunk->lost_in() == 0);
  CHECK(sim.listener->lost_in() == 0);
  CHECK(sim.trunk->receive_statistics()->jitter() < 160);
  CHECK(sim.listener->quality().sums().lost == 0);
}
