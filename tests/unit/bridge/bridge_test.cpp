#include "bridge/bridge.h"

#include <cmath>
#include <numbers>
#include <random>

#include "audio/g711.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

HopPlan far_plan() {
  HopPlan plan;
  plan.key_inner = 3, plan.key_outer = 4;
  plan.inner_host = 3, plan.outer_host = 4;
  return plan;
}

// phone - trunk | bridge | room - listener, PCMU throughout.
struct Joined {
  TestContext world;
  Box<leg::Leg> phone = make_leg(world);
  Box<leg::Leg> trunk = make_leg(world);
  Box<leg::Leg> room = make_leg(world);
  Box<leg::Leg> listener = make_leg(world);
  std::optional<bridge::Bridge> bridge;
  uint64_t now = kNsPerSecond;
  uint32_t ticks = 0;

  explicit Joined(const bridge::BridgeConfig& config = {}, bool is_mux = true) {
    apply(*phone, agree({}, false), is_mux);
    apply(*trunk, agree({}, true), is_mux);
    apply(*room, agree(far_plan(), true), is_mux);
    apply(*listener, agree(far_plan(), false), is_mux);
    bridge.emplace(world.memory, *trunk, *room, config);
  }
  void apply(leg::Leg& leg, leg::Agreement agreement, bool is_mux) const {
    agreement.is_rtcp_mux = is_mux;
    if (!is_mux) ++agreement.remote_rtcp.port;
    REQUIRE(leg.apply(std::move(agreement), now));
  }
  Packet spoken(const std::vector<uint8_t>& payload) {
    send_payload(*phone, payload, {0, false, ticks}, now);
    ticks += static_cast<uint32_t>(payload.size());
    return drain(*phone)[0];
  }
  void into(ByteView packet, uint32_t leg = 0, uint16_t port = 4000) {
    bridge->input({{packet, address(leg == 0 ? 2 : 4, port)}, leg}, now);
  }
  // What the listener's ear gets of a payload.
  std::vector<int16_t> pass(const std::vector<uint8_t>& payload) {
    into(spoken(payload).data);
    now += 20 * kNsPerMs;
    std::vector<int16_t> out;
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    for (const Packet& packet : drain(*room)) {
      const auto got = listener->receive({packet.data, address(3, 4000)}, plain, now);
      if (got.kind != leg::Received::Kind::kAudio) continue;
      const size_t at = out.size();
      out.resize(at + got.packet.payload.size());
      audio::ulaw_decode(got.packet.payload.data(), out.data() + at, got.packet.payload.size());
    }
    return out;
  }
};

// A tone of 400 Hz in white noise.
std::vector<int16_t> noisy(size_t samples) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> noise(-2000, 2000);
  std::vector<int16_t> out(samples);
  for (size_t i = 0; i < samples; ++i) {
    out[i] = static_cast<int16_t>(
        6000 * std::sin(2 * std::numbers::pi * 400 * static_cast<double>(i) / 8000) +
        noise(random));
  }
  return out;
}

double energy(std::span<const int16_t> pcm) {
  double sum = 0;
  for (const int16_t sample : pcm) sum += double{1} * sample * sample;
  return sum / static_cast<double>(pcm.size());
}

}  // namespace

TEST_CASE("RFC 3711 3.3: a hundred thousand forged packets leave a bridge's legs equal") {
  Joined call;
  call.into(call.spoken(std::vector<uint8_t>(160, 0xff)).data);
  (void)drain(*call.room);
  Packet packet = call.spoken(std::vector<uint8_t>(20, 0xff));
  const uint64_t trunk = call.trunk->state_hash();
  const uint64_t room = call.room->state_hash();
  std::mt19937 random(1);
  for (int i = 0; i < 100000; ++i) {
    Packet forged = packet;
    forged.data[random() % forged.data.size()] ^= static_cast<uint8_t>(1 + random() % 255);
    call.into(forged.data, i % 2, 666);
  }
  CHECK(call.trunk->state_hash() == trunk);
  CHECK(call.room->state_hash() == room);
  // A few times it is told that sources do not open, and nothing else.
  std::vector<leg::Event> told;
  CHECK(drain(*call.room, &told).empty());
  CHECK(told.size() <= srtp::Diagnosis::kBurst);
  for (const leg::Event& event : told) CHECK(event.type == leg::EventType::kFault);
  CHECK(call.bridge->lane(0)->stats().packets_in == 1);
  CHECK(call.bridge->airlock().is_clean());
  call.into(packet.data);
  CHECK(call.trunk->state_hash() != trunk);
}

TEST_CASE("the lifetimes of plaintext are one for each packet and in order") {
  Joined call;
  for (int i = 0; i < 300; ++i) (void)call.pass(std::vector<uint8_t>(160, 0xff));
  const bridge::Histogram& lifetimes = call.bridge->lifetimes(0);
  if (!kHasCycles) return;
  CHECK(lifetimes.count() == 300);
  CHECK(lifetimes.quantile(500) > 0);
  CHECK(lifetimes.quantile(500) <= lifetimes.quantile(990));
  CHECK(lifetimes.quantile(990) <= lifetimes.quantile(999));
  CHECK(lifetimes.quantile(999) <= lifetimes.max());
  CHECK(call.bridge->lifetimes(1).count() == 0);
}

TEST_CASE("the denoiser of a bridge takes noise away") {
  audio::StageConfig stage;
  stage.kind = audio::StageKind::kDenoise;
  bridge::BridgeConfig config;
  config.stages[0] = std::span(&stage, 1);
  Joined call(config);
  CHECK(std::string(call.bridge->protection().stages[0].data()) == "decode,denoise,encode");
  // Noise alone for a while, so that its level after the chain can be compared.
  std::mt19937 random(3);
  std::uniform_int_distribution<int> noise(-2000, 2000);
  std::vector<int16_t> before, after;
  for (int i = 0; i < 200; ++i) {
    std::vector<int16_t> pcm(160);
    for (int16_t& sample : pcm) sample = static_cast<int16_t>(noise(random));
    std::vector<uint8_t> payload(160);
    audio::ulaw_encode(pcm.data(), payload.data(), 160);
    const auto out = call.pass(payload);
    if (i < 100) continue;
    before.insert(before.end(), pcm.begin(), pcm.end());
    after.insert(after.end(), out.begin(), out.end());
  }
  const double noise_gain_db = 10 * std::log10(energy(after) / energy(before));
  const std::vector<int16_t> tone = noisy(160 * 50);
  after.clear();
  for (size_t i = 0; i < 50; ++i) {
    std::vector<uint8_t> payload(160);
    audio::ulaw_encode(tone.data() + i * 160, payload.data(), 160);
    const auto out = call.pass(payload);
    after.insert(after.end(), out.begin(), out.end());
  }
  const double tone_gain_db = 10 * std::log10(energy(after) / energy(tone));
  INFO("noise " << noise_gain_db << " dB, tone " << tone_gain_db << " dB");
  CHECK(noise_gain_db < -6);
  CHECK(tone_gain_db - noise_gain_db > 6);
}

TEST_CASE("RFC 3550 11: without multiplexing reports go to the port above") {
  Joined call({}, false);
  for (int i = 0; i < 600; ++i) {
    (void)call.pass(std::vector<uint8_t>(160, 0xff));
    call.bridge->run_timers(call.now);
    for (const Packet& packet : drain(*call.trunk)) {
      CHECK(packet.is_rtcp);
      CHECK(packet.to == address(2, call.trunk->stats().rtcp_in == 0 ? 4001 : 4077));
      std::array<uint8_t, leg::kMaxPacketLen> plain;
      (void)call.phone->receive({packet.data, address(1, 4001)}, plain, call.now);
    }
    call.phone->run_timers(call.now);
    for (const Packet& packet : drain(*call.phone)) call.into(packet.data, 0, 4077);
  }
  CHECK(call.phone->stats().rtcp_in > 0);
  CHECK(call.trunk->stats().rtcp_in > 0);
  // A report moves the reports only.
  CHECK(call.trunk->remote_rtcp() == address(2, 4077));
  CHECK(call.trunk->remote_rtp() == address(2, 4000));
}

TEST_CASE("RFC 3264 6.1: a peer that answered with both laws of G.711 changes between packets") {
  TestContext world;
  auto phone = make_leg(world), trunk = make_leg(world), room = make_leg(world);
  auto listener = make_leg(world);
  uint64_t now = kNsPerSecond;
  leg::Agreement at_trunk = agree({}, true), at_phone = agree({}, false);
  at_trunk.twin_type_recv = 8;
  REQUIRE(trunk->apply(std::move(at_trunk), now));
  REQUIRE(phone->apply(std::move(at_phone), now));
  REQUIRE(room->apply(agree(far_plan(), true), now));
  REQUIRE(listener->apply(agree(far_plan(), false), now));
  bridge::Bridge joined(world.memory, *trunk, *room, {});
  // Ten packets in each law, one of them lost in each, right behind the change among them.
  std::vector<int16_t> said, heard;
  std::array<uint8_t, leg::kMaxPacketLen> plain;
  constexpr size_t kSamples = 160, kPackets = 100;
  for (size_t i = 0; i < kPackets; ++i, now += 20 * kNsPerMs) {
    const bool is_alaw = i / 10 % 2 == 1;
    std::vector<int16_t> pcm(kSamples);
    for (size_t j = 0; j < kSamples; ++j) {
      const double at = static_cast<double>(i * kSamples + j) / 8000;
      pcm[j] = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * 200 * at));
    }
    said.insert(said.end(), pcm.begin(), pcm.end());
    std::vector<uint8_t> payload(kSamples);
    (is_alaw ? audio::alaw_encode : audio::ulaw_encode)(pcm.data(), payload.data(), kSamples);
    const auto timestamp = static_cast<uint32_t>(i * kSamples);
    send_payload(*phone, payload, {static_cast<uint8_t>(is_alaw ? 8 : 0), false, timestamp}, now);
    const bool is_lost = i == 20 || i == 35;
    for (const Packet& packet : drain(*phone))
      if (!is_lost) joined.input({{packet.data, address(2, 4000)}, 0}, now);
    for (const Packet& packet : drain(*room)) {
      const auto got = listener->receive({packet.data, address(3, 4000)}, plain, now);
      if (got.kind != leg::Received::Kind::kAudio) continue;
      CHECK(got.packet.payload_type == 0);
      const size_t at = heard.size();
      heard.resize(at + got.packet.payload.size());
      audio::ulaw_decode(got.packet.payload.data(), heard.data() + at, got.packet.payload.size());
    }
  }
  // No click: what is heard is what was said within the steps of both laws, lost packets apart.
  REQUIRE(heard.size() == said.size());
  int worst = 0;
  for (size_t i = 0; i < said.size(); ++i) {
    const size_t packet = i / kSamples;
    const bool is_near_loss = packet == 20 || packet == 21 || packet == 35 || packet == 36;
    if (!is_near_loss) worst = std::max(worst, std::abs(heard[i] - said[i]));
  }
  CHECK(worst < 500);
  // What fills the gaps goes on from the packet before, whichever law it was in.
  for (const size_t packet : {20, 35}) {
    const std::span<const int16_t> filled(heard.data() + packet * kSamples, kSamples);
    CHECK(std::abs(filled[0] - heard[packet * kSamples - 1]) < 3000);
    CHECK(energy(filled) > 1e5);
  }
  CHECK(trunk->stats().packets_in == kPackets - 2);
  CHECK(trunk->lost_in() == 2);
  CHECK(trunk->stats().dropped == decltype(trunk->stats().dropped){});
  CHECK(trunk->agreement()->payload_type_send == 0);
}

TEST_CASE("the other law of G.711 is none of a peer's that did not answer with it") {
  Joined call;
  for (const uint8_t payload_type : {uint8_t{0}, uint8_t{8}}) {
    send_payload(*call.phone, std::vector<uint8_t>(160, 0x55), {payload_type, false, 0}, call.now);
    call.into(drain(*call.phone)[0].data);
    CHECK(drain(*call.room).size() == (payload_type == 0 ? 1u : 0u));
  }
  CHECK(call.trunk->stats().dropped[static_cast<size_t>(leg::Drop::kPayloadType)] == 1);
}
