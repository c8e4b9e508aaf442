#include "bridge/relay.h"

#include <vector>

#include "e2ee/frame_cryptor.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kLevelIn = 3;
constexpr uint8_t kLevelOut = 7;

HopPlan near_plan(leg::Codec codec = leg::Codec::kOpus) {
  HopPlan plan;
  plan.codec = codec;
  plan.payload_type_to_peer = plan.payload_type_from_peer = 111;
  plan.event_type = 101;
  return plan;
}
HopPlan far_plan(leg::Codec codec = leg::Codec::kOpus) {
  HopPlan plan = near_plan(codec);
  plan.suite = srtp::SuiteId::kAeadAes128Gcm;
  plan.payload_type_to_peer = plan.payload_type_from_peer = 96;
  plan.event_type = 110;
  plan.key_inner = 3, plan.key_outer = 4;
  plan.inner_host = 3, plan.outer_host = 4;
  return plan;
}

// phone - trunk | relay | room - listener.
struct Relayed {
  TestContext world;
  Box<leg::Leg> phone = make_leg(world);
  Box<leg::Leg> trunk = make_leg(world);
  Box<leg::Leg> room = make_leg(world);
  Box<leg::Leg> listener = make_leg(world);
  std::optional<bridge::Relay> relay;
  uint64_t now = kNsPerSecond;
  uint32_t ticks = 5000;
  std::array<uint8_t, leg::kMaxPacketLen> plain{};

  explicit Relayed(const bridge::RelayConfig& config = {}) {
    REQUIRE(phone->apply(agree(near_plan(), false), now));
    REQUIRE(trunk->apply(agree(near_plan(), true), now));
    REQUIRE(room->apply(agree(far_plan(), true), now));
    REQUIRE(listener->apply(agree(far_plan(), false), now));
    relay.emplace(*trunk, *room, config);
    REQUIRE(relay->status() == Status::OK);
  }
  Bytes sealed_packet(const Bytes& payload, leg::Outgoing fields) {
    Bytes packet(rtp::kFixedHeaderLen + (fields.extensions.empty() ? 0 : 8));
    packet.insert(packet.end(), payload.begin(), payload.end());
    REQUIRE(phone->send(packet, fields, now));
    return drain(*phone)[0].data;
  }
  Bytes spoken(const Bytes& payload) {
    ticks += 960;
    return sealed_packet(payload, {111, false, ticks});
  }
  Bytes digit() {
    Bytes payload(rtp::kEventLen);
    bytes::Writer writer(payload);
    rtp::write_event({5, false, 10, 960}, writer);
    return sealed_packet(payload, {101, false, ticks});
  }
  // What the listener gets of a datagram of the phone, if anything.
  struct Heard {
    Bytes payload;
    rtp::HeaderView header;
    uint64_t index;
    leg::Received::Kind kind;
  };
  std::optional<Heard> pass(const Bytes& datagram) {
    now += 20 * kNsPerMs;
    relay->input({{datagram, address(2, 4000)}, 0}, now);
    CHECK(relay->is_clean());
    std::optional<Heard> out;
    for (const Packet& packet : drain(*room)) {
      REQUIRE_FALSE(out);
      const auto got = listener->receive({packet.data, address(3, 4000)}, plain, now);
      if (got.kind == leg::Received::Kind::kNothing) continue;
      last_packet.assign(plain.begin(),
                         plain.begin() + static_cast<std::ptrdiff_t>(got.packet.len));
      out = Heard{{got.packet.payload.begin(), got.packet.payload.end()},
                  *rtp::parse_header(last_packet),
                  got.index,
                  got.kind};
    }
    return out;
  }
  Bytes last_packet;
};

Bytes frame(uint8_t seed, size_t len = 60) {
  Bytes out(len);
  for (size_t i = 0; i < len; ++i) out[i] = static_cast<uint8_t>(seed * 17 + i * 3);
  return out;
}

}  // namespace

TEST_CASE("a relay writes the header anew and passes the payload as it is") {
  Relayed call;
  const auto first = call.pass(call.spoken(frame(1)));
  const auto second = call.pass(call.spoken(frame(2, 1300)));
  REQUIRE((first && second));
  CHECK(first->payload == frame(1));
  CHECK(second->payload == frame(2, 1300));
  CHECK(second->header.payload_type == 96);
  CHECK(second->header.ssrc == call.room->ssrc_send());
  CHECK(second->header.ssrc != call.phone->ssrc_send());
  CHECK(second->header.timestamp - first->header.timestamp == 960);
  CHECK(second->index == first->index + 1);
  CHECK(call.relay->stats(0).packets_out == 2);
  CHECK(call.relay->stats(1).packets_in == 0);
}

TEST_CASE("lost, late and duplicate packets keep their places on the other side") {
  Relayed call;
  std::vector<Bytes> packets;
  for (uint8_t i = 0; i < 8; ++i) packets.push_back(call.spoken(frame(i)));
  const auto base = call.pass(packets[0]);
  REQUIRE(base);
  const auto third = call.pass(packets[3]);
  REQUIRE(third);
  CHECK(third->index == base->index + 3);
  CHECK(call.relay->stats(0).lost == 2);
  const auto second = call.pass(packets[2]);
  REQUIRE(second);
  CHECK(second->payload == frame(2));
  CHECK(second->index == base->index + 2);
  CHECK(second->header.timestamp - base->header.timestamp == 2 * 960);
  CHECK_FALSE(call.pass(packets[2]));
  const auto fourth = call.pass(packets[4]);
  REQUIRE(fourth);
  CHECK(fourth->index == base->index + 4);
  CHECK(call.relay->stats(0).reordered == 1);
  // Forged: nothing goes on, and nothing has moved.
  Bytes forged = packets[5];
  forged[30] ^= 1;
  CHECK_FALSE(call.pass(forged));
  const auto fifth = call.pass(packets[5]);
  REQUIRE(fifth);
  CHECK(fifth->index == base->index + 5);
}

TEST_CASE("RFC 3550 5.1: padding alone ends at a relay, and leaves no gap") {
  Relayed call;
  const auto base = call.pass(call.spoken(frame(1)));
  REQUIRE(base);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(call.pass(call.spoken({})));
  const auto next = call.pass(call.spoken(frame(2)));
  REQUIRE(next);
  CHECK(next->index == base->index + 1);
  CHECK(call.relay->stats(0).lost == 0);
  CHECK(call.relay->stats(0).packets_in == 2);
}

TEST_CASE("a packet older than the source's first, or than 63 others, is dropped") {
  Relayed call;
  const Bytes early = call.spoken(frame(0));
  const auto base = call.pass(call.spoken(frame(1)));
  REQUIRE(base);
  CHECK_FALSE(call.pass(early));
  const Bytes old = call.spoken(frame(2));
  for (int i = 0; i < 64; ++i) CHECK(call.pass(call.spoken(frame(3))));
  CHECK_FALSE(call.pass(old));
  CHECK(call.relay->stats(0).too_late == 2);
  const auto next = call.pass(call.spoken(frame(4)));
  REQUIRE(next);
  CHECK(next->index == base->index + 66);
}

TEST_CASE("RFC 3550 8.2: another source goes on in the same outgoing stream") {
  Relayed call;
  const auto before = call.pass(call.spoken(frame(1)));
  REQUIRE(before);
  // The phone restarts: another SSRC, sequence number and timestamp.
  call.phone = make_leg(call.world);
  REQUIRE(call.phone->apply(agree(near_plan(), false), call.now));
  call.now += 980 * kNsPerMs;
  const auto after = call.pass(call.spoken(frame(2)));
  REQUIRE(after);
  CHECK(after->payload == frame(2));
  CHECK(after->header.ssrc == before->header.ssrc);
  CHECK(after->index == before->index + 1);
  // One second has passed.
  CHECK(after->header.timestamp - before->header.timestamp == 48000);
}

TEST_CASE("RFC 4733: digits pass beside the audio, or leave no gap where they are blocked") {
  for (const auto policy : {bridge::DigitPolicy::kForward, bridge::DigitPolicy::kBlock}) {
    bridge::RelayConfig config;
    config.digits = policy;
    Relayed call(config);
    const auto base = call.pass(call.spoken(frame(1)));
    REQUIRE(base);
    const Bytes late = call.spoken(frame(9));
    const auto digit = call.pass(call.digit());
    const bool is_forwarded = policy == bridge::DigitPolicy::kForward;
    CHECK(digit.has_value() == is_forwarded);
    if (digit) {
      CHECK(digit->kind == leg::Received::Kind::kEvent);
      CHECK(digit->header.payload_type == 110);
      CHECK(digit->index == base->index + 2);
    }
    const auto next = call.pass(call.spoken(frame(2)));
    REQUIRE(next);
    CHECK(next->index == base->index + (is_forwarded ? 3 : 2));
    // A late packet of before the digit still finds the place that was left for it.
    const auto found = call.pass(late);
    REQUIRE(found);
    CHECK(found->payload == frame(9));
    CHECK(found->index == base->index + 1);
    CHECK(call.relay->stats(0).events_out == (is_forwarded ? 1 : 0));
    CHECK(call.relay->stats(0).events_blocked == (is_forwarded ? 0 : 1));
  }
}

TEST_CASE("RFC 6464: levels are stripped, or go on under the other side's number") {
  for (const auto policy : {bridge::LevelPolicy::kStrip, bridge::LevelPolicy::kForward}) {
    bridge::RelayConfig config;
    config.levels = policy;
    config.level_ids = {kLevelIn, kLevelOut};
    Relayed call(config);
    const uint8_t level[] = {0x85};
    const rtp::ExtensionElement element{kLevelIn, level};
    leg::Outgoing fields{111, false, call.ticks};
    fields.extensions = std::span(&element, 1);
    const auto heard = call.pass(call.sealed_packet(frame(1), fields));
    REQUIRE(heard);
    CHECK(heard->payload == frame(1));
    const bool is_forwarded = policy == bridge::LevelPolicy::kForward;
    CHECK(heard->header.has_extension == is_forwarded);
    if (is_forwarded) {
      const auto found = heard->header.extensions().find(kLevelOut);
      REQUIRE(found);
      CHECK((found->data.size() == 1 && found->data[0] == 0x85));
    }
    // Any other extension stays behind.
    const rtp::ExtensionElement other{5, level};
    fields.extensions = std::span(&other, 1);
    fields.timestamp += 960;
    const auto without = call.pass(call.sealed_packet(frame(2), fields));
    REQUIRE(without);
    CHECK_FALSE(without->header.has_extension);
    CHECK(without->payload == frame(2));
    CHECK(call.relay->stats(0).levels_out == (is_forwarded ? 1 : 0));
  }
}

TEST_CASE("RFC 6464: agreed numbers of levels serve where the host names none, and leak nothing") {
  constexpr auto kLevel = static_cast<size_t>(leg::Extension::kAudioLevel);
  constexpr auto kSendTime = static_cast<size_t>(leg::Extension::kAbsSendTime);
  for (const auto policy : {bridge::LevelPolicy::kStrip, bridge::LevelPolicy::kForward}) {
    bridge::RelayConfig config;
    config.levels = policy;
    Relayed call(config);
    leg::Agreement near = agree(near_plan(), true);
    near.extensions_recv[kLevel] = kLevelIn;
    REQUIRE(call.trunk->apply(std::move(near), call.now));
    leg::Agreement far = agree(far_plan(), true);
    far.extensions_send[kLevel] = kLevelOut;
    far.extensions_send[kSendTime] = 9;
    REQUIRE(call.room->apply(std::move(far), call.now));
    call.relay->refresh();
    const uint8_t level[] = {0x85};
    const rtp::ExtensionElement element{kLevelIn, level};
    leg::Outgoing fields{111, false, call.ticks += 960};
    fields.extensions = std::span(&element, 1);
    const auto heard = call.pass(call.sealed_packet(frame(1), fields));
    REQUIRE(heard);
    CHECK(heard->payload == frame(1));
    CHECK(heard->header.extensions().find(9).has_value());
    const auto found = heard->header.extensions().find(kLevelOut);
    CHECK(found.has_value() == (policy == bridge::LevelPolicy::kForward));
    if (found) CHECK(found->data[0] == 0x85);
    // A packet without a level gets none here.
    const auto bare = call.pass(call.spoken(frame(2)));
    REQUIRE(bare);
    CHECK_FALSE(bare->header.extensions().find(kLevelOut).has_value());
  }
}

TEST_CASE("different codecs are not joined, and a re-offer may part a relay again") {
  Relayed call;
  REQUIRE(call.pass(call.spoken(frame(1))));
  (void)call.relay->take_protection_change();
  REQUIRE(call.room->apply(agree(far_plan(leg::Codec::kPcmu), true), call.now));
  call.relay->refresh();
  CHECK(call.relay->status() == Status::ERR_RELAY_CODEC);
  CHECK(call.relay->take_protection_change());
  CHECK_FALSE(call.pass(call.spoken(frame(2))));
  REQUIRE(call.room->apply(agree(far_plan(), true), call.now));
  call.relay->refresh();
  CHECK(call.relay->status() == Status::OK);
  CHECK(call.pass(call.spoken(frame(3))));
}

TEST_CASE("a held side gets nothing, and no gap when it comes back") {
  Relayed call;
  const auto base = call.pass(call.spoken(frame(1)));
  REQUIRE(base);
  HopPlan held = far_plan();
  held.direction = leg::Direction::kRecvOnly;
  REQUIRE(call.room->apply(agree(held, true), call.now));
  call.relay->refresh();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(call.pass(call.spoken(frame(2))));
  REQUIRE(call.room->apply(agree(far_plan(), true), call.now));
  call.relay->refresh();
  const auto next = call.pass(call.spoken(frame(3)));
  REQUIRE(next);
  CHECK(next->index == base->index + 1);
  CHECK(next->header.timestamp - base->header.timestamp == 101 * 960);
}

TEST_CASE("the report says end to end only for sealed frames over two secure hops") {
  Relayed sealed;
  CHECK(sealed.relay->protection().scope == bridge::Scope::kEndToEnd);
  CHECK_FALSE(sealed.relay->protection().is_opened[0]);
  bridge::RelayConfig config;
  config.is_sealed = false;
  Relayed open(config);
  CHECK(open.relay->protection().scope == bridge::Scope::kHopByHop);
  CHECK(open.relay->protection().is_opened[1]);
  TestContext world;
  leg::LegConfig plain;
  plain.policy = leg::Policy::kOff;
  auto first = make_leg(world);
  auto second = make_leg(world, plain);
  bridge::Relay half(*first, *second, {});
  CHECK(half.status() == Status::ERR_WRONG_STATE);
  HopPlan insecure = far_plan();
  insecure.is_secure = false;
  REQUIRE(first->apply(agree(near_plan(), true), 1));
  REQUIRE(second->apply(agree(insecure, true), 1));
  half.refresh();
  CHECK(half.status() == Status::OK);
  CHECK(half.protection().scope == bridge::Scope::kNone);
}

TEST_CASE("nothing is allocated for a relayed packet") {
  Relayed call;
  REQUIRE(call.pass(call.spoken(frame(1))));
  const uint64_t before = call.world.allocator.count;
  for (uint8_t i = 0; i < 50; ++i) REQUIRE(call.pass(call.spoken(frame(i))));
  CHECK(call.world.allocator.count == before);
}

TEST_CASE("frames sealed by the phone open at the listener, through two hops that change keys") {
  Relayed call;
  e2ee::FrameCryptorConfig config;
  auto phone = e2ee::FrameCryptor::create(call.world.context, config);
  auto listener = e2ee::FrameCryptor::create(call.world.context, config);
  REQUIRE((phone.has_value() && listener.has_value()));
  const Bytes key(16, 9);
  REQUIRE((*phone)->set_key(0, e2ee::Kdf::kNone, key, e2ee::kSeals).has_value());
  REQUIRE((*listener)->set_key(0, e2ee::Kdf::kNone, key, e2ee::kOpens).has_value());
  for (uint8_t i = 0; i < 20; ++i) {
    Bytes sealed(200), opened(200);
    sealed.resize((*phone)->seal(frame(i), {}, sealed).value_or(0));
    const auto heard = call.pass(call.spoken(sealed));
    REQUIRE(heard);
    REQUIRE(heard->payload == sealed);
    opened.resize((*listener)->open(heard->payload, {}, opened).value_or(0));
    CHECK(opened == frame(i));
  }
}

TEST_CASE("RFC 3264 6.1: the other law of G.711 is not passed on as the one that was agreed") {
  Relayed call;
  const auto agree_on = [&](leg::Leg& leg, HopPlan plan, bool is_inner, uint8_t type) {
    plan.codec = leg::Codec::kPcmu;
    plan.payload_type_to_peer = plan.payload_type_from_peer = 0;
    leg::Agreement next = agree(plan, is_inner);
    next.twin_type_recv = type;
    REQUIRE(leg.apply(std::move(next), call.now));
  };
  agree_on(*call.phone, near_plan(), false, leg::kNoPayloadType);
  agree_on(*call.trunk, near_plan(), true, 8);
  agree_on(*call.room, far_plan(), true, leg::kNoPayloadType);
  agree_on(*call.listener, far_plan(), false, leg::kNoPayloadType);
  const auto say = [&](uint8_t type) {
    return call.pass(call.sealed_packet(Bytes(160, 0x55), {type, false, call.ticks += 160}));
  };
  const auto before = say(0);
  REQUIRE(before);
  CHECK_FALSE(say(8));
  const auto after = say(0);
  REQUIRE(after);
  CHECK(after->index == before->index + 1);
  CHECK(call.trunk->stats().dropped[static_cast<size_t>(leg::Drop::kPayloadType)] == 1);
}
