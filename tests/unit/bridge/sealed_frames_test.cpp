// A bridge between a phone with clear frames and a room whose frames are sealed end to end.
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "audio/codec.h"
#include "bridge/bridge.h"
#include "e2ee/frame_cryptor.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

using Bytes = std::vector<uint8_t>;
using Pcm = std::vector<int16_t>;

const Bytes kPhoneKey(16, 1);
const Bytes kRoomKey(16, 2);

HopPlan room_plan() {
  HopPlan plan;
  plan.codec = leg::Codec::kOpus;
  plan.payload_type_to_peer = plan.payload_type_from_peer = 111;
  plan.key_inner = 3, plan.key_outer = 4;
  plan.inner_host = 3, plan.outer_host = 4;
  return plan;
}

audio::CodecConfig codec(leg::Codec id) {
  audio::CodecConfig out;
  out.codec = static_cast<audio::CodecId>(id);
  out.sample_rate = 8000;
  return out;
}

double rms(const Pcm& pcm, size_t from, size_t to) {
  double sum = 0;
  for (size_t i = from; i < to; ++i) sum += double{1} * pcm[i] * pcm[i];
  return std::sqrt(sum / static_cast<double>(to - from));
}

// phone (PCMU, clear) - trunk | bridge | room - browser (Opus, sealed)
struct Call {
  TestContext world;
  Box<leg::Leg> phone = make_leg(world), trunk = make_leg(world), room = make_leg(world),
                browser = make_leg(world);
  Box<e2ee::FrameCryptor> ours, theirs;
  audio::Encoder phone_encoder = *audio::Encoder::create(world.memory, codec(leg::Codec::kPcmu));
  audio::Decoder phone_decoder = *audio::Decoder::create(world.memory, codec(leg::Codec::kPcmu));
  audio::Encoder room_encoder = *audio::Encoder::create(world.memory, codec(leg::Codec::kOpus));
  audio::Decoder room_decoder = *audio::Decoder::create(world.memory, codec(leg::Codec::kOpus));
  std::optional<bridge::Bridge> bridge;
  uint64_t now = kNsPerSecond;
  uint32_t frame = 0;
  Pcm heard;           // by the one who listens
  size_t packets = 0;  // that came to the listener
  std::vector<Bytes> on_the_wire;
  std::array<uint8_t, leg::kMaxPacketLen> plain{};

  explicit Call(const e2ee::FrameCryptorConfig& config = {}) {
    ours = *e2ee::FrameCryptor::create(world.context, config);
    theirs = *e2ee::FrameCryptor::create(world.context, config);
    // Their key is not known here yet: tests set it.
    set(*ours, 0, kPhoneKey, e2ee::kSeals);
    set(*theirs, 0, kPhoneKey, e2ee::kOpens);
    set(*theirs, 1, kRoomKey, e2ee::kSeals);
    REQUIRE(phone->apply(agree({}, false), now));
    REQUIRE(trunk->apply(agree({}, true), now));
    REQUIRE(room->apply(agree(room_plan(), true), now));
    REQUIRE(browser->apply(agree(room_plan(), false), now));
    bridge::BridgeConfig settings;
    settings.cryptors[1] = ours.get();
    bridge.emplace(world.memory, *trunk, *room, settings);
  }
  static void set(e2ee::FrameCryptor& cryptor, uint64_t kid, const Bytes& key, uint32_t uses) {
    REQUIRE(cryptor.set_key(kid, e2ee::Kdf::kNone, key, uses).has_value());
  }
  Pcm tone() {
    Pcm out(160);
    for (size_t i = 0; i < out.size(); ++i) {
      const double at = static_cast<double>(frame * 160 + i) / 8000;
      out[i] = static_cast<int16_t>(9000 * std::sin(2 * std::numbers::pi * 440 * at));
    }
    ++frame;
    return out;
  }
  // The phone speaks a packet; the browser hears.
  void forward() {
    Bytes payload(160);
    REQUIRE(phone_encoder.encode(tone(), payload));
    send_payload(*phone, payload, {0, false, frame * 160}, now += 20 * kNsPerMs);
    bridge->input({{drain(*phone)[0].data, address(2, 4000)}, 0}, now);
    CHECK(bridge->airlock().is_clean());
    for (const Packet& packet : drain(*room)) {
      const auto got = browser->receive({packet.data, address(3, 4000)}, plain, now);
      if (got.kind != leg::Received::Kind::kAudio) continue;
      ++packets;
      const ByteView sealed = got.packet.payload;
      on_the_wire.emplace_back(sealed.begin(), sealed.end());
      Bytes opened(sealed.size());
      const auto len = theirs->open(sealed, {}, opened);
      REQUIRE(len.has_value());
      decode(room_decoder, ByteView(opened).first(*len));
    }
  }
  // The browser speaks a packet; the phone hears. change: what the server does to the frame.
  void backward(void (*change)(Bytes&) = nullptr) {
    Bytes payload(1275), sealed(1400);
    payload.resize(room_encoder.encode(tone(), payload).value_or(0));
    REQUIRE_FALSE(payload.empty());
    sealed.resize(theirs->seal(payload, {}, sealed).value_or(0));
    if (change != nullptr) change(sealed);
    send_payload(*browser, sealed, {111, false, frame * 960}, now += 20 * kNsPerMs);
    bridge->input({{drain(*browser)[0].data, address(4, 4000)}, 1}, now);
    CHECK(bridge->airlock().is_clean());
    for (const Packet& packet : drain(*trunk)) {
      const auto got = phone->receive({packet.data, address(1, 4000)}, plain, now);
      if (got.kind != leg::Received::Kind::kAudio) continue;
      ++packets;
      decode(phone_decoder, got.packet.payload);
    }
  }
  void decode(audio::Decoder& decoder, ByteView payload) {
    const size_t at = heard.size();
    heard.resize(at + decoder.samples_in(payload).value_or(0));
    REQUIRE(decoder.decode(payload, std::span(heard).subspan(at)));
  }
};

}  // namespace

TEST_CASE("the phone is heard in a room with sealed frames, and hears it") {
  Call call;
  for (int i = 0; i < 50; ++i) call.forward();
  CHECK(call.packets == 50);
  CHECK(rms(call.heard, 4000, 8000) > 4000);
  CHECK(call.theirs->stats().opened == 50);
  call.heard.clear();
  call.packets = 0;
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  for (int i = 0; i < 50; ++i) call.backward();
  CHECK(call.packets == 50);
  CHECK(rms(call.heard, 4000, 8000) > 4000);
  CHECK(call.bridge->lane(1)->stats().unopened == 0);
}

TEST_CASE("a missing key gives silence, never noise, and audio as soon as it is there") {
  Call call;
  for (int i = 0; i < 20; ++i) call.backward();
  CHECK(call.packets == 0);
  CHECK(call.bridge->lane(1)->stats().unopened == 20);
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  for (int i = 0; i < 20; ++i) call.backward();
  CHECK(call.packets == 20);
  // Taken away again: what was lost last is concealed when a good frame comes, the rest is silence.
  REQUIRE(call.ours->remove_key(1, e2ee::kOpens).has_value());
  for (int i = 0; i < 100; ++i) call.backward();
  CHECK(call.packets == 20);
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  call.backward();
  CHECK(call.packets == 21);
  for (const int16_t sample : call.heard) CHECK(std::abs(sample) < 16000);
}

TEST_CASE("a frame with a bad tag is concealed like a lost one") {
  Call call;
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  for (int i = 0; i < 60; ++i) {
    const bool is_forged = i % 10 == 7;
    call.backward(is_forged ? +[](Bytes& frame) { frame[9] ^= 0x40; } : nullptr);
  }
  const bridge::LaneStats& stats = call.bridge->lane(1)->stats();
  CHECK(stats.unopened == 6);
  CHECK(stats.concealed == 6);
  CHECK(call.packets == 60);
  for (const int16_t sample : call.heard) CHECK(std::abs(sample) < 16000);
  CHECK(rms(call.heard, 4000, 9600) > 4000);
}

TEST_CASE("a source that begins with frames that do not open is still taken as a new one") {
  Call call;
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  for (int i = 0; i < 5; ++i) call.backward();
  call.browser = make_leg(call.world);
  REQUIRE(call.browser->apply(agree(room_plan(), false), call.now));
  call.frame += 1000;
  call.now += kNsPerSecond;
  call.packets = 0;
  call.backward([](Bytes& frame) { frame[9] ^= 1; });
  CHECK(call.packets == 0);
  for (int i = 0; i < 5; ++i) call.backward();
  CHECK(call.packets == 5);
}

TEST_CASE("clear frames do not pass where sealed ones were agreed") {
  Call call;
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  call.backward([](Bytes& frame) { frame.resize(frame.size() - e2ee::kLivekitOverhead); });
  CHECK(call.packets == 0);
  CHECK(call.bridge->lane(1)->stats().unopened == 1);
}

TEST_CASE("of the server's own frames silence is heard as silence") {
  static const Bytes kTrailer{0x11, 0x22, 0x33, 0x44};
  e2ee::FrameCryptorConfig config;
  config.server_trailer = kTrailer;
  Call call(config);
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  for (int i = 0; i < 10; ++i) call.backward();
  call.heard.clear();
  for (int i = 0; i < 20; ++i) {
    call.backward([](Bytes& frame) {
      frame = {0xf8, 0xff, 0xfe};
      frame.resize(80, 0);
      frame.insert(frame.end(), kTrailer.begin(), kTrailer.end());
    });
  }
  CHECK(call.heard.size() == 20 * 160);
  CHECK(rms(call.heard, 10 * 160, 20 * 160) < 100);
  CHECK(call.ours->stats().server_frames == 20);
}

TEST_CASE("without a key to seal nothing leaves, and what leaves holds nothing in clear") {
  Call call;
  REQUIRE(call.ours->remove_key(0, e2ee::kSeals).has_value());
  for (int i = 0; i < 10; ++i) call.forward();
  CHECK(call.packets == 0);
  CHECK(call.bridge->lane(0)->stats().unsealed == 10);
  Call::set(*call.ours, 0, kPhoneKey, e2ee::kSeals);
  for (int i = 0; i < 10; ++i) call.forward();
  CHECK(call.packets == 10);
  // Each frame has its overhead, and the rotation of keys goes on under way.
  for (const Bytes& frame : call.on_the_wire) {
    REQUIRE(frame.size() > e2ee::kLivekitOverhead);
    CHECK(frame.back() == 0);
    CHECK(frame[frame.size() - 2] == 12);
  }
  Call::set(*call.theirs, 5, kRoomKey, e2ee::kOpens);
  Call::set(*call.ours, 5, kRoomKey, e2ee::kSeals);
  call.forward();
  CHECK(call.on_the_wire.back().back() == 5);
}

TEST_CASE("the report names us as a participant of an end-to-end encrypted hop") {
  Call call;
  const bridge::Protection& report = call.bridge->protection();
  CHECK(report.scope == bridge::Scope::kHopByHop);
  CHECK(report.hops[0].scope == bridge::Scope::kHopByHop);
  CHECK(report.hops[1].scope == bridge::Scope::kEndToEnd);
  CHECK(report.is_participant);
  CHECK((report.is_opened[0] && report.is_opened[1]));
  CHECK(std::string_view(report.stages[0].data()) == "decode,encode,seal");
  CHECK(std::string_view(report.stages[1].data()) == "open,decode,encode");
}

TEST_CASE("nothing is allocated for a sealed frame") {
  Call call;
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  for (int i = 0; i < 3; ++i) call.forward(), call.backward();
  const uint64_t before = call.world.allocator.count;
  for (int i = 0; i < 20; ++i) {
    call.forward();
    call.backward();
    call.backward([](Bytes& frame) { frame[12] ^= 1; });
  }
  CHECK(call.world.allocator.count == before);
}

TEST_CASE("SFrame works as the outermost stage as well") {
  e2ee::FrameCryptorConfig config;
  config.format = e2ee::Format::kSframe;
  Call call(config);
  Call::set(*call.ours, 1, kRoomKey, e2ee::kOpens);
  for (int i = 0; i < 20; ++i) call.forward();
  CHECK(call.packets == 20);
  for (int i = 0; i < 20; ++i) call.backward();
  CHECK(call.packets == 40);
}
