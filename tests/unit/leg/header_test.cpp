// What a leg sends in the headers of its packets, and what it makes of those of its peer.
#include "leg/leg.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;
using leg::Extension;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

leg::Agreement with_extensions(const HopPlan& plan, bool is_inner, bool has_feedback = true) {
  leg::Agreement out = agree(plan, is_inner);
  out.extensions_send = out.extensions_recv = {1, 2, 3, 4};
  out.mid = {'a', '0'};
  out.has_transport_feedback = has_feedback;
  out.is_rtcp_reduced = true;
  return out;
}

struct Pair {
  TestContext world;
  HopPlan plan;
  Box<leg::Leg> a = make_leg(world);
  Box<leg::Leg> b = make_leg(world);
  leg::SecureTransport reader = *leg::SecureTransport::create(
      world.context, {key(plan.suite, plan.key_outer), key(plan.suite, plan.key_inner)});
  uint64_t now = 77 * kNsPerSecond;
  uint32_t timestamp = 0;
  std::vector<uint8_t> plain;

  explicit Pair(bool has_feedback = true) {
    REQUIRE(a->apply(with_extensions(plan, true, has_feedback), now));
    REQUIRE(b->apply(with_extensions(plan, false, has_feedback), now));
  }
  Packet say(std::optional<rtp::AudioLevel> level = {}) {
    now += kFrame;
    leg::Outgoing fields{plan.payload_type_to_peer, false, timestamp += 160};
    fields.level = level;
    std::vector<uint8_t> packet(a->header_len(fields) + 160, 0x55);
    REQUIRE(packet.size() <= leg::kMaxHeaderLen + 160);
    REQUIRE(a->send(packet, fields, now));
    for (Packet& out : drain(*a)) {
      if (!out.is_rtcp) return out;
    }
    FAIL("no packet");
    return {};
  }
  rtp::PacketView opened(const Packet& packet) {
    plain.assign(packet.data.size(), 0);
    plain.resize(*reader.open(packet.data, plain, packet.is_rtcp));
    return *rtp::parse_packet(plain);
  }
  std::optional<std::vector<uint8_t>> element(const Packet& packet, Extension extension) {
    const auto view = opened(packet);
    auto found = view.extensions().find(static_cast<uint8_t>(static_cast<int>(extension) + 1));
    if (!view.has_extension || !found) return std::nullopt;
    return std::vector<uint8_t>(found->data.begin(), found->data.end());
  }
  leg::Received give(leg::Leg& to, const Packet& packet) {
    std::array<uint8_t, leg::kMaxPacketLen> room{};
    return to.receive({packet.data, address(1, 4000)}, room, now);
  }
  // Messages of b that are due, back to a.
  size_t feed_back() {
    size_t count = 0;
    now = std::max(now, std::min(b->next_deadline(), now + 100 * kNsPerMs));
    b->run_timers(now);
    for (const Packet& packet : drain(*b)) {
      (void)give(*a, packet);
      ++count;
    }
    return count;
  }
};

using Bytes = std::vector<uint8_t>;

}  // namespace

TEST_CASE("RFC 8285: the agreed elements go along, and nothing where nothing was agreed") {
  Pair pair;
  const Packet packet = pair.say(rtp::AudioLevel{true, 23});
  const auto view = pair.opened(packet);
  CHECK(view.payload.size() == 160);
  CHECK(view.payload[0] == 0x55);
  auto walk = view.extensions();
  size_t count = 0;
  while (const auto element = walk.next()) {
    ++count;
    if (element->id == 1) CHECK(element->data[0] == (0x80 | 23));
    if (element->id == 2) CHECK(as_text(element->data) == "a0");
    // 77.02 s in 6.18: 13.02 * 2^18.
    if (element->id == 3)
      CHECK(*rtp::parse_abs_send_time(element->data) == rtp::abs_send_time(pair.now));
    if (element->id == 4) CHECK(element->data[0] * 256 + element->data[1] == 0);
  }
  CHECK(count == 4);

  auto bare = make_leg(pair.world);
  REQUIRE(bare->apply(agree(pair.plan, true), pair.now));
  leg::Outgoing fields;
  fields.level = rtp::AudioLevel{true, 3};
  CHECK(bare->header_len(fields) == rtp::kFixedHeaderLen);
  CHECK_FALSE(bare->tells_level());
}

TEST_CASE("the transport-wide number grows with each packet; the level only where one is given") {
  Pair pair;
  for (int i = 0; i < 5; ++i) {
    const Packet packet = pair.say();
    CHECK(pair.element(packet, Extension::kTransportCc) == Bytes{0, static_cast<uint8_t>(i)});
  }
  CHECK_FALSE(pair.element(pair.say(), Extension::kAudioLevel));
}

TEST_CASE("RFC 9143 9.2: the mid goes along until the peer reports about us") {
  Pair pair;
  CHECK(pair.element(pair.say(), Extension::kMid) == Bytes{'a', '0'});
  for (int i = 0; i < 5; ++i) (void)pair.give(*pair.b, pair.say());
  pair.now = pair.b->next_deadline() + 20 * kNsPerSecond;
  pair.b->run_timers(pair.now);
  for (const Packet& packet : drain(*pair.b)) (void)pair.give(*pair.a, packet);
  CHECK_FALSE(pair.element(pair.say(), Extension::kMid));
  CHECK(pair.element(pair.say(), Extension::kTransportCc));
}

TEST_CASE("transport-wide feedback: what came is told, and counted by who sent it") {
  Pair pair;
  for (int i = 0; i < 50; ++i) {
    const Packet packet = pair.say();
    if (i % 10 != 4) CHECK(pair.give(*pair.b, packet).kind == leg::Received::Kind::kAudio);
    pair.b->run_timers(pair.now);
    for (const Packet& feedback : drain(*pair.b)) (void)pair.give(*pair.a, feedback);
  }
  (void)pair.feed_back();
  const rtp::TransportStats& stats = pair.a->transport_stats();
  CHECK(stats.received == 45);
  CHECK(stats.lost == 5);
  CHECK(stats.queue_us < 1000);
  CHECK(stats.messages == pair.b->stats().transport_feedback_out);
  // One for each 100 ms of the second.
  CHECK(stats.messages >= 8);
  CHECK(stats.messages <= 11);
}

TEST_CASE("where no feedback was agreed none is sent, and none counts") {
  Pair pair(false);
  for (int i = 0; i < 10; ++i) (void)pair.give(*pair.b, pair.say());
  CHECK(pair.b->stats().transport_feedback_out == 0);
  Pair other;
  for (int i = 0; i < 10; ++i) (void)other.give(*other.b, other.say());
  other.now += 100 * kNsPerMs;
  other.b->run_timers(other.now);
  const auto feedback = drain(*other.b);
  REQUIRE(!feedback.empty());
  (void)pair.give(*pair.a, feedback[0]);
  CHECK(pair.a->stats().rtcp_in == 1);
  CHECK(pair.a->transport_stats().messages == 0);
}

TEST_CASE("forged feedback changes nothing; neither do packets that do not authenticate") {
  Pair pair;
  for (int i = 0; i < 5; ++i) (void)pair.give(*pair.b, pair.say());
  const Packet media = pair.say();
  const uint64_t before_b = pair.b->state_hash();
  for (size_t i = 0; i < media.data.size(); i += 3) {
    Packet forged = media;
    forged.data[i] ^= 0x04;
    (void)pair.give(*pair.b, forged);
  }
  CHECK(pair.b->state_hash() == before_b);
  pair.now += 100 * kNsPerMs;
  pair.b->run_timers(pair.now);
  const auto feedback = drain(*pair.b);
  REQUIRE(feedback.size() == 1);
  const uint64_t before_a = pair.a->state_hash();
  for (size_t i = 0; i < feedback[0].data.size(); ++i) {
    Packet forged = feedback[0];
    forged.data[i] ^= 0x04;
    (void)pair.give(*pair.a, forged);
  }
  CHECK(pair.a->state_hash() == before_a);
  CHECK(pair.a->transport_stats().messages == 0);
  (void)pair.give(*pair.a, feedback[0]);
  CHECK(pair.a->transport_stats().received == 5);
}
