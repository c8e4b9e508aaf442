// Nothing of the audio stays on the dead stack, whichever way a packet leaves the bridge.
#include "support/stack.h"
#include "bridge/bridge.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

// phone (PCMU) - trunk | bridge, denoiser forward | room - listener (Opus)
struct Joined {
  TestContext world;
  Box<leg::Leg> phone = make_leg(world);
  Box<leg::Leg> trunk = make_leg(world);
  Box<leg::Leg> room = make_leg(world);
  Box<leg::Leg> listener = make_leg(world);
  audio::StageConfig stage;
  std::optional<bridge::Bridge> bridge;
  uint64_t now = kNsPerSecond;
  uint32_t ticks = 0;

  Joined() {
    HopPlan far;
    far.codec = leg::Codec::kOpus;
    far.payload_type_to_peer = far.payload_type_from_peer = 111;
    far.key_inner = 3, far.key_outer = 4;
    far.inner_host = 3, far.outer_host = 4;
    REQUIRE(phone->apply(agree({}, false), now));
    REQUIRE(trunk->apply(agree({}, true), now));
    REQUIRE(room->apply(agree(far, true), now));
    REQUIRE(listener->apply(agree(far, false), now));
    stage.kind = audio::StageKind::kDenoise;
    bridge::BridgeConfig config;
    config.stages[0] = std::span(&stage, 1);
    bridge.emplace(world.memory, *trunk, *room, config);
  }
  std::vector<uint8_t> sealed(bool is_forward, const std::vector<uint8_t>& payload) {
    leg::Leg& peer = is_forward ? *phone : *listener;
    const uint8_t type = is_forward ? 0 : 111;
    ticks += is_forward ? 160 : 960;
    send_payload(peer, payload, {type, false, ticks}, now += 20 * kNsPerMs);
    return drain(peer)[0].data;
  }
  void into(bool is_forward, ByteView packet) {
    const uint32_t leg = is_forward ? 0 : 1;
    bridge->input({{packet, address(is_forward ? 2 : 4, 4000)}, leg}, now);
    (void)drain(is_forward ? *room : *trunk);
  }
};

std::vector<uint8_t> opus_packet(TestContext& world, uint8_t seed) {
  auto encoder = *audio::Encoder::create(world.memory, {audio::CodecId::kOpus, 8000, {}});
  std::vector<uint8_t> packet(audio::kMaxOpusPayload);
  for (int k = 0; k < 4; ++k) {
    std::vector<int16_t> pcm(160);
    for (size_t i = 0; i < pcm.size(); ++i)
      pcm[i] = static_cast<int16_t>(i * (seed + 40u) * 97 % 9000);
    packet.resize(audio::kMaxOpusPayload);
    packet.resize(*encoder.encode(pcm, packet));
  }
  return packet;
}

}  // namespace

TEST_CASE("a packet through the bridge leaves no audio on the dead stack") {
  for (const bool is_forward : {true, false}) {
    Joined call;
    PaintedStack stack;
    const std::vector<uint8_t> good =
        is_forward ? std::vector<uint8_t>(160, 0x31) : opus_packet(call.world, 5);
    const auto run = [&](const char* title, const std::vector<uint8_t>& packet) {
      INFO((is_forward ? "forward, " : "backward, ") << title);
      stack.run([&] { call.into(is_forward, packet); });
      CHECK(stack.depth() > kOwnFrames);
      CHECK_FALSE(stack.has_traces());
    };
    for (int i = 0; i < 3; ++i) call.into(is_forward, call.sealed(is_forward, good));
    run("a good packet", call.sealed(is_forward, good));
    (void)call.sealed(is_forward, good);
    run("a packet after a lost one", call.sealed(is_forward, good));
    CHECK(call.bridge->lane(is_forward ? 0 : 1)->stats().concealed == 1);
    // Code 3 with no frames: refused by the decoder. For G.711 nothing is malformed but a length.
    run("a packet that is no audio",
        call.sealed(is_forward,
                    is_forward ? std::vector<uint8_t>(1000, 1) : std::vector<uint8_t>{0xff, 0}));
    run("a good packet again", call.sealed(is_forward, good));
  }
}
