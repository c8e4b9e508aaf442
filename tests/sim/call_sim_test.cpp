// Whole calls over a lossy link with a virtual clock: phone - trunk | bridge | room - listener.
#include <malloc.h>

#include <cmath>
#include <numbers>
#include <random>

#include "audio/codec.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

struct Link {
  uint32_t loss_percent = 0;
  uint32_t duplicate_percent = 0;
  uint32_t swap_percent = 0;
};

HopPlan trunk_plan() {
  return {};
}
HopPlan room_plan() {
  HopPlan plan;
  plan.codec = leg::Codec::kOpus;
  plan.suite = srtp::SuiteId::kAeadAes256Gcm;
  plan.key_inner = 3;
  plan.key_outer = 4;
  plan.payload_type_to_peer = 111;
  plan.payload_type_from_peer = 96;
  plan.event_type = 110;
  plan.inner_host = 3;
  plan.outer_host = 4;
  return plan;
}

audio::CodecConfig codec_of(leg::Codec codec) {
  audio::CodecConfig out;
  out.codec = static_cast<audio::CodecId>(codec);
  out.sample_rate = codec == leg::Codec::kL16 ? 16000 : 8000;
  return out;
}

// An endpoint: a leg, a tone that goes out, and what came in.
struct Phone {
  Box<leg::Leg> leg;
  HopPlan plan;
  audio::Encoder encoder;
  audio::Decoder decoder;
  uint32_t ptime_ms;
  uint64_t sent_samples = 0;
  uint32_t ticks = 0;
  std::vector<int16_t> heard;
  std::vector<rtp::PacketView> headers;  // payload views are stale
  uint64_t first_index = 0;
  uint64_t last_index = 0;

  Phone(TestContext& world, const HopPlan& hop, uint32_t ptime)
      : leg(make_leg(world)),
        plan(hop),
        encoder(*audio::Encoder::create(world.memory, codec_of(hop.codec))),
        decoder(*audio::Decoder::create(world.memory, codec_of(hop.codec))),
        ptime_ms(ptime) {}

  [[nodiscard]] uint32_t rate() const { return encoder.config().sample_rate; }

  void speak(double hz, uint64_t now) {
    std::vector<int16_t> pcm(rate() / 1000 * ptime_ms);
    for (int16_t& sample : pcm) {
      const double at = static_cast<double>(sent_samples++) / rate();
      sample = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * hz * at));
    }
    std::vector<uint8_t> payload(2048);
    const auto len = encoder.encode(pcm, payload);
    REQUIRE(len);
    payload.resize(*len);
    send_payload(*leg, payload, {plan.payload_type_from_peer, false, ticks}, now);
    ticks += static_cast<uint32_t>(audio::rtp_ticks(encoder.config(), pcm.size()));
  }

  void hear(const Packet& packet, uint64_t now) {
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    const auto received = leg->receive({packet.data, address(plan.inner_host, 4000)}, plain, now);
    if (received.kind == leg::Received::Kind::kNothing) return;
    headers.push_back(received.packet);
    if (first_index == 0) first_index = received.index;
    last_index = received.index;
    if (received.kind != leg::Received::Kind::kAudio) return;
    std::vector<int16_t> pcm(audio::kMaxPacketSamples);
    const auto samples = decoder.decode(received.packet.payload, pcm);
    REQUIRE(samples);
    heard.insert(heard.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(*samples));
  }
};

struct Call {
  TestContext world;
  Phone phone;
  Phone room;
  Box<leg::Leg> trunk_leg;
  Box<leg::Leg> room_leg;
  std::optional<bridge::Bridge> bridge;
  uint64_t now = kNsPerSecond;
  Link link;
  std::mt19937 random{42};
  std::vector<leg::Event> events;
  std::vector<Packet> delayed;

  explicit Call(const HopPlan& trunk = trunk_plan(), const HopPlan& far = room_plan(),
                uint32_t phone_ptime = 20)
      : phone(world, trunk, phone_ptime),
        room(world, far, far.ptime_inner_ms),
        trunk_leg(make_leg(world)),
        room_leg(make_leg(world)) {
    agree_all();
    bridge.emplace(world.memory, *trunk_leg, *room_leg, bridge::BridgeConfig{});
  }
  void agree_all() {
    REQUIRE(trunk_leg->apply(agree(phone.plan, true), now));
    REQUIRE(phone.leg->apply(agree(phone.plan, false), now));
    REQUIRE(room_leg->apply(agree(room.plan, true), now));
    REQUIRE(room.leg->apply(agree(room.plan, false), now));
  }
  bool roll(uint32_t percent) { return random() % 100 < percent; }
  void into_bridge(const Packet& packet, uint32_t leg, uint8_t host) {
    bridge->refresh();
    bridge->input({{packet.data, address(host, 4000)}, leg}, now);
    REQUIRE(bridge->airlock().is_clean());
  }
  void carry(Phone& from, uint32_t leg) {
    for (const Packet& packet : drain(*from.leg)) {
      if (roll(link.loss_percent)) continue;
      if (roll(link.swap_percent) && delayed.empty()) {
        delayed.push_back(packet);
        continue;
      }
      into_bridge(packet, leg, from.plan.outer_host);
      if (roll(link.duplicate_percent)) into_bridge(packet, leg, from.plan.outer_host);
      if (!delayed.empty() && leg == 0) {
        into_bridge(delayed[0], leg, from.plan.outer_host);
        delayed.clear();
      }
    }
  }
  void deliver() {
    for (const Packet& packet : drain(*trunk_leg, &events)) phone.hear(packet, now);
    for (const Packet& packet : drain(*room_leg, &events)) room.hear(packet, now);
  }
  void run(int ms) {
    for (int at = 0; at < ms; at += 10, now += 10 * kNsPerMs) {
      if (at % static_cast<int>(phone.ptime_ms) == 0) phone.speak(400, now);
      if (at % static_cast<int>(room.ptime_ms) == 0) room.speak(700, now);
      carry(phone, 0);
      const Link saved = std::exchange(link, Link{});
      carry(room, 1);
      link = saved;
      bridge->run_timers(now);
      deliver();
    }
  }
};

// Share of the energy that a sinusoid of the frequency explains, as SNR in dB.
double tone_snr_db(std::span<const int16_t> pcm, double hz, uint32_t rate) {
  double in_phase = 0, quadrature = 0, energy = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    in_phase += pcm[i] * std::cos(angle);
    quadrature += pcm[i] * std::sin(angle);
    energy += double{1} * pcm[i] * pcm[i];
  }
  const double signal =
      2 * (in_phase * in_phase + quadrature * quadrature) / static_cast<double>(pcm.size());
  return 10 * std::log10(signal / std::max(energy - signal, 1e-9));
}

double tail_snr(const Phone& phone, double hz) {
  REQUIRE(phone.heard.size() > 4 * phone.rate() / 2);
  return tone_snr_db(std::span(phone.heard).last(phone.rate() / 2), hz, phone.rate());
}

}  // namespace

TEST_CASE("a call passes both ways, with other keys, suites, codecs and payload types") {
  Call call;
  call.run(4000);
  CHECK(call.room.heard.size() == call.phone.sent_samples);
  CHECK(tail_snr(call.room, 400) > 15);
  CHECK(tail_snr(call.phone, 700) > 15);
  CHECK(call.room.headers[5].payload_type == 111);
  CHECK(call.room.headers[5].timestamp - call.room.headers[4].timestamp == 960);
  CHECK(call.phone.headers[5].timestamp - call.phone.headers[4].timestamp == 160);
  CHECK(call.room.headers[0].marker);
  CHECK(!call.room.headers[1].marker);
  CHECK(call.bridge->protection().scope == bridge::Scope::kHopByHop);
  CHECK(std::string(call.bridge->protection().stages[0].data()) == "decode,encode");
  CHECK(call.bridge->lifetimes(0).count() == 200);
  CHECK(call.bridge->take_protection_change());
  CHECK(!call.bridge->take_protection_change());
}

TEST_CASE("loss, reordering and duplicates are filled in, outgoing sequence numbers have no gap") {
  for (const uint32_t loss : {5u, 10u, 20u}) {
    INFO("loss " << loss);
    Call call;
    call.link = {loss, 3, 3};
    call.run(10000);
    const auto& stats = call.bridge->lane(0)->stats();
    CHECK(stats.lost > 500 * loss / 200);
    CHECK(stats.concealed * 10 >= stats.lost * 7);
    CHECK(call.room.last_index - call.room.first_index + 1 == call.room.headers.size());
    CHECK(call.room.heard.size() * 100 > call.phone.sent_samples * 93);
    for (size_t i = 1; i < call.room.headers.size(); ++i) {
      const uint32_t step = call.room.headers[i].timestamp - call.room.headers[i - 1].timestamp;
      REQUIRE(step % 960 == 0);
      REQUIRE(step >= 960);
    }
    CHECK(call.trunk_leg->stats().dropped[size_t{static_cast<uint8_t>(leg::Drop::kReplay)}] > 0);
  }
}

TEST_CASE("a pause of the sender is a pause, not a loss") {
  Call call;
  call.run(1000);
  const auto before = call.bridge->lane(0)->stats();
  const size_t packets = call.room.headers.size();
  call.phone.ticks += 8000;
  call.now += kNsPerSecond;
  call.run(1000);
  const auto& after_pause = call.bridge->lane(0)->stats();
  CHECK(after_pause.lost == before.lost);
  CHECK(after_pause.concealed == 0);
  CHECK(after_pause.silences == before.silences + 1);
  CHECK(call.room.headers[packets].marker);
  CHECK(call.room.headers[packets].timestamp - call.room.headers[packets - 1].timestamp ==
        960 + 48000);
}

TEST_CASE("RFC 3550 5.1: padding alone, sent to probe the way, is neither a loss nor a pause") {
  Call call;
  const auto pad = [&] {
    const leg::Outgoing fields{call.phone.plan.payload_type_from_peer, false,
                               call.phone.ticks - 160};
    send_payload(*call.phone.leg, {}, fields, call.now);
  };
  call.run(100);
  const auto before = call.bridge->lane(0)->stats();
  for (int i = 0; i < 20; ++i) {
    for (int k = 0; k < i % 4; ++k) pad();
    call.run(100);
  }
  const auto& stats = call.bridge->lane(0)->stats();
  CHECK(stats.lost == 0);
  CHECK(stats.silences == before.silences);
  CHECK(call.room.heard.size() == call.phone.sent_samples);
  CHECK(tail_snr(call.room, 400) > 15);
  CHECK(call.room.last_index - call.room.first_index + 1 == call.room.headers.size());
  for (size_t i = 1; i < call.room.headers.size(); ++i) {
    REQUIRE_FALSE(call.room.headers[i].marker);
    REQUIRE(call.room.headers[i].timestamp - call.room.headers[i - 1].timestamp == 960);
  }
  CHECK(call.trunk_leg->stats().dropped[size_t{static_cast<uint8_t>(leg::Drop::kCodec)}] == 0);
  // A frame that is missing among them still is.
  pad();
  call.carry(call.phone, 0);
  call.phone.speak(400, call.now);
  (void)drain(*call.phone.leg);
  pad();
  call.run(100);
  CHECK(stats.lost == 1);
  CHECK(stats.concealed == 1);
}

TEST_CASE("packet times are translated in every pairing") {
  for (const auto& [in_ms, out_ms] :
       {std::pair{20u, 30u}, {30u, 20u}, {20u, 10u}, {10u, 20u}, {20u, 60u}, {60u, 20u}}) {
    INFO(in_ms << " to " << out_ms);
    HopPlan far = trunk_plan();
    far.codec = leg::Codec::kPcma;
    far.payload_type_to_peer = far.payload_type_from_peer = 8;
    far.key_inner = 5, far.key_outer = 6;
    far.ptime_inner_ms = out_ms;
    Call call(trunk_plan(), far, in_ms);
    call.run(6000);
    CHECK(call.phone.sent_samples - call.room.heard.size() < 480);
    CHECK(tail_snr(call.room, 400) > 25);
    CHECK(call.room.headers[3].timestamp - call.room.headers[2].timestamp == 8 * out_ms);
  }
}

TEST_CASE("codecs of two rates are joined by a resampler") {
  HopPlan far = trunk_plan();
  far.codec = leg::Codec::kL16;
  far.payload_type_to_peer = far.payload_type_from_peer = 97;
  Call call(trunk_plan(), far);
  call.run(4000);
  CHECK(std::string(call.bridge->protection().stages[0].data()) == "decode,resample,encode");
  CHECK(tail_snr(call.room, 400) > 25);
  CHECK(tail_snr(call.phone, 700) > 25);
}

TEST_CASE("keys change, the peer moves and holds in mid-call without a click") {
  Call call;
  call.run(1000);
  call.phone.plan.key_inner = 21, call.phone.plan.key_outer = 22;
  call.agree_all();
  call.run(1000);
  CHECK(call.trunk_leg->stats().rekeys == 1);
  call.phone.plan.outer_host = 77;
  call.agree_all();
  call.run(1000);
  CHECK(call.bridge->lane(0)->stats().lost == 0);
  CHECK(call.room.heard.size() == call.phone.sent_samples);
  CHECK(call.trunk_leg->remote_rtp() == address(77, 4000));
  const size_t heard = call.phone.heard.size();
  call.phone.plan.direction = leg::Direction::kRecvOnly;
  call.agree_all();
  call.run(500);
  CHECK(call.phone.heard.size() == heard);
  call.phone.plan.direction = leg::Direction::kSendRecv;
  call.agree_all();
  call.run(3000);
  CHECK(tail_snr(call.phone, 700) > 15);
  CHECK(tail_snr(call.room, 400) > 15);
}

TEST_CASE("another source of the peer goes on under our SSRC and sequence numbers") {
  Call call;
  call.run(1000);
  const uint32_t ssrc = call.room.headers.back().ssrc;
  const size_t packets = call.room.headers.size();
  // The same phone, restarted: new SSRC, sequence and timestamp.
  call.phone.leg = make_leg(call.world);
  REQUIRE(call.phone.leg->apply(agree(call.phone.plan, false), call.now));
  call.run(1000);
  REQUIRE(call.room.headers.size() == packets + 50);
  CHECK(call.room.headers.back().ssrc == ssrc);
  CHECK(call.room.last_index - call.room.first_index + 1 == call.room.headers.size());
  for (size_t i = 1; i < call.room.headers.size(); ++i) {
    REQUIRE(call.room.headers[i].timestamp - call.room.headers[i - 1].timestamp < 4800);
  }
  CHECK(std::any_of(call.events.begin(), call.events.end(),
                    [](const leg::Event& event) { return event.type == leg::EventType::kSsrc; }));
}

TEST_CASE(
    "RFC 4733: a digit passes with its clock translated, reaches the host once and is not heard") {
  Call call;
  call.run(1000);
  const size_t packets = call.room.headers.size();
  const uint32_t begin = call.phone.ticks;
  for (uint16_t i = 1; i <= 7; ++i) {
    rtp::TelephoneEvent event;
    event.code = 5;
    event.is_end = i > 4;
    event.duration = static_cast<uint16_t>(std::min<int>(i, 5) * 160);
    std::vector<uint8_t> payload(rtp::kEventLen);
    bytes::Writer writer(payload);
    rtp::write_event(event, writer);
    send_payload(*call.phone.leg, payload, {101, i == 1, begin}, call.now);
    call.carry(call.phone, 0);
    call.deliver();
    call.now += 20 * kNsPerMs;
  }
  REQUIRE(call.room.headers.size() == packets + 7);
  CHECK(call.room.headers[packets].payload_type == 110);
  CHECK(call.room.headers[packets].marker);
  CHECK(call.room.headers[packets].timestamp - call.room.headers[packets - 1].timestamp == 960);
  CHECK(call.room.headers[packets + 6].timestamp == call.room.headers[packets].timestamp);
  // The sender's leftover audio during the digit.
  call.run(200);
  CHECK(call.bridge->lane(0)->stats().muted == 5);
  size_t digits = 0;
  for (const leg::Event& event : call.events) {
    if (event.type != leg::EventType::kDigit) continue;
    ++digits;
    CHECK(event.digit == '5');
    CHECK(event.duration_ms == 100);
  }
  CHECK(digits == 1);
}

TEST_CASE("sequence numbers wrap in both directions") {
  HopPlan far = trunk_plan();
  far.key_inner = 5, far.key_outer = 6;
  Call call(trunk_plan(), far);
  call.room.ptime_ms = 100000000;  // one way is enough
  for (int i = 0; i < 66000; ++i) {
    send_payload(*call.phone.leg, std::vector<uint8_t>(160, 0xff), {0, false, call.phone.ticks},
                 call.now);
    call.phone.ticks += 160;
    call.carry(call.phone, 0);
    call.room.heard.clear();
    call.deliver();
    call.now += 20 * kNsPerMs;
  }
  CHECK(call.bridge->lane(0)->stats().lost == 0);
  CHECK(call.room.last_index >= 65536);
  CHECK(call.room.headers.size() == 66000);
}

TEST_CASE("nothing is allocated per packet") {
  Call call;
  call.run(1000);
  const uint64_t allocations = call.world.allocator.count;
  std::vector<Packet> packets;
  for (int i = 0; i < 100; ++i) {
    call.phone.speak(400, call.now);
    for (Packet& packet : drain(*call.phone.leg)) packets.push_back(std::move(packet));
  }
  const size_t heap = mallinfo2().uordblks;
  for (const Packet& packet : packets) {
    call.bridge->refresh();
    call.bridge->input({{packet.data, address(2, 4000)}, 0}, call.now);
    while (!call.room_leg->queue().is_empty()) call.room_leg->queue().pop();
    call.now += 20 * kNsPerMs;
  }
  // libsrtp's cipher library takes scratch per packet and gives it back, which moves blocks between
  // malloc's own lists; one kept per packet would be malloc's smallest block times the packets.
  CHECK(mallinfo2().uordblks < heap + 16 * packets.size());
  CHECK(call.world.allocator.count == allocations);
  CHECK(call.bridge->lane(0)->stats().packets_in == 150);
}
