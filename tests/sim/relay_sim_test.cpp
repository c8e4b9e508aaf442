// Sealed frames through a relay, over a link that loses, repeats and reorders: what arrives is what
// was sent, byte for byte and in its place. VOXLOCK_LONG=1 sends 10^6 frames.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

#include "bridge/relay.h"
#include "e2ee/frame_cryptor.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

using Bytes = std::vector<uint8_t>;

// An SRTP session takes 16 sources under one key.
constexpr uint64_t kRestartEvery = 70'000;
const Bytes kNeedle(24, 0xc3);

HopPlan plan(bool is_far) {
  HopPlan out;
  out.codec = leg::Codec::kOpus;
  out.payload_type_to_peer = out.payload_type_from_peer = is_far ? 96 : 111;
  if (!is_far) return out;
  out.suite = srtp::SuiteId::kAeadAes256Gcm;
  out.event_type = 110;
  out.key_inner = 3, out.key_outer = 4;
  out.inner_host = 3, out.outer_host = 4;
  return out;
}

struct Sent {
  uint64_t frame = 0;
  Bytes sealed;
  Bytes datagram;
};

struct Sim {
  TestContext world;
  std::mt19937 random{11};
  Box<leg::Leg> phone, trunk = make_leg(world), room = make_leg(world), listener = make_leg(world);
  Box<e2ee::FrameCryptor> sealer, opener;
  std::optional<bridge::Relay> relay;
  uint64_t now = kNsPerSecond;
  uint64_t frames = 0, heard = 0, wrong = 0, misplaced = 0, needles = 0;
  std::vector<Sent> flying;
  uint64_t offset = 0;  // listener's index minus the frame's number, of the present source
  bool has_offset = false;

  Sim() {
    e2ee::FrameCryptorConfig config;
    sealer = *e2ee::FrameCryptor::create(world.context, config);
    opener = *e2ee::FrameCryptor::create(world.context, config);
    const Bytes key(16, 7);
    REQUIRE(sealer->set_key(0, e2ee::Kdf::kNone, key, e2ee::kSeals).has_value());
    REQUIRE(opener->set_key(0, e2ee::Kdf::kNone, key, e2ee::kOpens).has_value());
    REQUIRE(trunk->apply(agree(plan(false), true), now));
    REQUIRE(room->apply(agree(plan(true), true), now));
    REQUIRE(listener->apply(agree(plan(true), false), now));
    relay.emplace(*trunk, *room, bridge::RelayConfig{});
    new_phone();
  }
  // Another SSRC, sequence and timestamp, as after a transfer behind the trunk.
  void new_phone() {
    phone = make_leg(world);
    REQUIRE(phone->apply(agree(plan(false), false), now));
    flying.clear();
    has_offset = false;
  }
  void speak() {
    Bytes plain{0x78};
    for (int i = 0; i < 8; ++i) plain.push_back(static_cast<uint8_t>(frames >> (8 * i)));
    plain.insert(plain.end(), kNeedle.begin(), kNeedle.end());
    Bytes packet(rtp::kFixedHeaderLen + plain.size() + e2ee::kLivekitOverhead);
    const auto len = sealer->seal(plain, {}, MutableBytes(packet).subspan(rtp::kFixedHeaderLen));
    REQUIRE(len.has_value());
    Bytes sealed(packet.begin() + rtp::kFixedHeaderLen, packet.end());
    REQUIRE(phone->send(packet, {111, false, static_cast<uint32_t>(frames * 960)}, now));
    flying.push_back({frames, sealed, drain(*phone).back().data});
    ++frames;
  }
  // Whatever leaves the link now; some of it is swapped with what comes behind.
  void deliver() {
    if (flying.size() > 1 && random() % 100 < 10) std::swap(flying[0], flying[1]);
    const Sent packet = flying.front();
    flying.erase(flying.begin());
    const uint32_t fate = random() % 100;
    if (fate < 5) return;
    hop(packet);
    if (fate < 8) hop(packet);
  }
  void hop(const Sent& packet) {
    relay->input({{packet.datagram, address(2, 4000)}, 0}, now);
    // Neither the packets' places nor anything else of the relay holds what is inside the seal.
    const auto* raw = reinterpret_cast<const uint8_t*>(&*relay);
    if (frames % 97 == 0)
      needles += std::search(raw, raw + sizeof *relay, kNeedle.begin(), kNeedle.end()) !=
                 raw + sizeof *relay;
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    for (const Packet& out : drain(*room)) {
      if (out.is_rtcp) continue;
      const auto got = listener->receive({out.data, address(3, 4000)}, plain, now);
      if (got.kind == leg::Received::Kind::kNothing) continue;
      check(got, packet);
    }
  }
  void check(const leg::Received& got, const Sent& packet) {
    ++heard;
    const ByteView payload = got.packet.payload;
    wrong +=
        !std::equal(payload.begin(), payload.end(), packet.sealed.begin(), packet.sealed.end());
    if (!has_offset) offset = got.index - packet.frame;
    has_offset = true;
    misplaced += got.index - packet.frame != offset;
    std::array<uint8_t, 128> opened;
    const auto len = opener->open(payload, {}, opened);
    wrong += !len || *len != 9 + kNeedle.size();
  }
};

}  // namespace

TEST_CASE(
    "payload bytes in are payload bytes out, over loss, repeats, reordering and new sources") {
  const uint64_t count = std::getenv("VOXLOCK_LONG") != nullptr ? 1'000'000 : 200'000;
  Sim sim;
  uint64_t allocations = 0;
  while (sim.frames < count) {
    if (sim.frames % kRestartEvery == kRestartEvery - 1) {
      sim.now += kNsPerSecond;
      sim.new_phone();
    }
    sim.speak();
    if (sim.flying.size() > 3) sim.deliver();
    sim.now += 20 * kNsPerMs;
    if (sim.frames % 250 == 0) {
      for (leg::Leg* one : {&*sim.trunk, &*sim.room, &*sim.listener, &*sim.phone}) {
        one->run_timers(sim.now);
        (void)drain(*one);
      }
      sim.relay->refresh();
      sim.relay->run_timers(sim.now);
    }
    if (sim.frames == 1000) allocations = sim.world.allocator.count;
    if (sim.frames == kRestartEvery - 1) CHECK(sim.world.allocator.count == allocations);
  }
  CHECK(sim.wrong == 0);
  CHECK(sim.misplaced == 0);
  CHECK(sim.needles == 0);
  const bridge::RelayStats& stats = sim.relay->stats(0);
  CHECK(stats.packets_out == sim.heard);
  CHECK(sim.heard > count * 9 / 10);
  CHECK(stats.reordered > count / 50);
  CHECK(stats.lost > count / 50);
  CHECK(sim.relay->is_clean());
}
