#include "leg/leg.h"

#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;
using leg::Change;
using leg::Drop;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

struct Pair {
  TestContext world;
  HopPlan plan;
  Box<leg::Leg> a;
  Box<leg::Leg> b;
  uint64_t now = kNsPerSecond;
  std::array<uint8_t, leg::kMaxPacketLen> plain{};

  explicit Pair(const HopPlan& hop = {}, const leg::LegConfig& config = {})
      : plan(hop), a(make_leg(world, config)), b(make_leg(world, config)) {
    REQUIRE(apply());
  }
  bool apply() {
    const auto at_a = a->apply(agree(plan, true), now);
    const auto at_b = b->apply(agree(plan, false), now);
    return at_a.has_value() && at_b.has_value();
  }
  Packet sealed(uint32_t timestamp = 0) {
    send_payload(*a, std::vector<uint8_t>(160, 0x55), {plan.payload_type_to_peer, false, timestamp},
                 now);
    auto packets = drain(*a);
    REQUIRE(packets.size() == 1);
    return packets[0];
  }
  leg::Received give(const Packet& packet, const leg::Address& source = address(1, 4000)) {
    return b->receive({packet.data, source}, plain, now);
  }
  uint64_t dropped(Drop cause) const { return b->stats().dropped[static_cast<size_t>(cause)]; }
};

bool is_audio(const leg::Received& received) {
  return received.kind == leg::Received::Kind::kAudio;
}

}  // namespace

TEST_CASE("RFC 3711 3.3: forged packets leave the state equal") {
  Pair pair;
  REQUIRE(is_audio(pair.give(pair.sealed())));
  const uint64_t before = pair.b->state_hash();
  Packet packet = pair.sealed(160);
  for (size_t i = 0; i < packet.data.size(); ++i) {
    Packet forged = packet;
    forged.data[i] ^= 0x40;
    CHECK(!is_audio(pair.give(forged, address(66, 6666))));
    forged.data.resize(i);
    CHECK(!is_audio(pair.give(forged, address(66, 6666))));
  }
  CHECK(pair.b->state_hash() == before);
  CHECK(pair.b->remote_rtp() == address(1, 4000));
  CHECK(pair.dropped(Drop::kAuth) > 100);
  CHECK(is_audio(pair.give(packet)));
  CHECK(pair.b->state_hash() != before);
}

TEST_CASE("a replayed packet is dropped") {
  Pair pair;
  const Packet packet = pair.sealed();
  CHECK(is_audio(pair.give(packet)));
  CHECK(!is_audio(pair.give(packet)));
  CHECK(pair.dropped(Drop::kReplay) == 1);
}

TEST_CASE("only a new authenticated packet moves the peer's address") {
  for (const bool is_symmetric : {true, false}) {
    leg::LegConfig config;
    config.is_symmetric = is_symmetric;
    Pair pair({}, config);
    const Packet first = pair.sealed();
    const Packet second = pair.sealed(160);
    CHECK(is_audio(pair.give(second, address(9, 999))));
    CHECK(pair.b->remote_rtp() == (is_symmetric ? address(9, 999) : address(1, 4000)));
    CHECK(is_audio(pair.give(first, address(1, 4000))));
    CHECK(pair.b->remote_rtp() == (is_symmetric ? address(9, 999) : address(1, 4000)));
  }
}

TEST_CASE("plain RTP is never followed and needs a policy that allows it") {
  HopPlan plan;
  plan.is_secure = false;
  TestContext world;
  auto strict = make_leg(world);
  CHECK(strict->apply(agree(plan, true), 1).error() == Status::ERR_WRONG_STATE);
  CHECK(!strict->agreement());
  leg::LegConfig config;
  config.policy = leg::Policy::kPreferred;
  Pair pair(plan, config);
  CHECK(is_audio(pair.give(pair.sealed(), address(9, 999))));
  CHECK(pair.b->remote_rtp() == address(1, 4000));
  CHECK(!pair.b->is_secure());
  pair.plan.is_secure = true;
  CHECK(pair.a->apply(agree(pair.plan, true), 1).value() == Change::kRestarted);
  CHECK(pair.a->is_secure());
  pair.plan.is_secure = false;
  CHECK(pair.a->apply(agree(pair.plan, true), 1).error() == Status::ERR_WRONG_STATE);
  CHECK(pair.a->is_secure());
}

TEST_CASE("plain RTP that came from where the peer said it would lets no stranger in any more") {
  HopPlan plan;
  plan.is_secure = false;
  leg::LegConfig config;
  config.policy = leg::Policy::kPreferred;
  Pair pair(plan, config);
  const leg::Address peer = pair.b->remote_rtp();
  const leg::Address stranger = address(66, 6666);
  // Before that the peer may be behind a NAT, and is taken from anywhere.
  CHECK(is_audio(pair.give(pair.sealed(), stranger)));
  CHECK(is_audio(pair.give(pair.sealed(160), peer)));
  const uint32_t source = pair.b->ssrc_recv();
  std::vector<uint8_t> forged(172, 0x55);
  bytes::Writer(forged).u16(0x8000);
  for (int i = 0; i < 5; ++i) {
    pair.now += kFrame;
    forged[3] = static_cast<uint8_t>(i);
    CHECK(!is_audio(pair.b->receive({forged, stranger}, pair.plain, pair.now)));
    CHECK(pair.b->ssrc_recv() == source);
    CHECK(is_audio(pair.give(pair.sealed(320 + 160 * static_cast<uint32_t>(i)), peer)));
  }
  // A BYE of the peer's source ends no call either.
  std::vector<uint8_t> bye(8);
  bytes::Writer writer(bye);
  writer.u32(0x81cb0001);
  writer.u32(source);
  CHECK(!is_audio(pair.b->receive({bye, stranger}, pair.plain, pair.now)));
  CHECK(pair.dropped(Drop::kAuth) == 6);
  CHECK(pair.b->stats().rtcp_in == 0);
  while (!pair.b->queue().is_empty()) {
    CHECK(pair.b->queue().front().type != leg::EventType::kBye);
    pair.b->queue().pop();
  }
  // The peer's RTCP may come from another port of its own.
  leg::Address control = peer;
  control.port = 4321;
  (void)pair.b->receive({bye, control}, pair.plain, pair.now);
  CHECK(pair.b->stats().rtcp_in == 1);
  // What the peer says of its address in a new agreement begins anew.
  pair.plan.outer_host = 3;
  pair.plan.inner_host = 3;
  REQUIRE(pair.apply());
  CHECK(is_audio(pair.give(pair.sealed(2000), stranger)));
}

TEST_CASE("old receive keys live on for the overlap and no longer") {
  Pair pair;
  const Packet before = pair.sealed();
  const Packet late = pair.sealed(160);
  pair.plan.key_inner = 11;
  pair.plan.key_outer = 12;
  REQUIRE(pair.b->apply(agree(pair.plan, false), pair.now).value() == Change::kRekeyed);
  REQUIRE(pair.a->apply(agree(pair.plan, true), pair.now).value() == Change::kRekeyed);
  CHECK(is_audio(pair.give(before)));
  CHECK(is_audio(pair.give(pair.sealed(320))));
  pair.now += 5 * kNsPerSecond;
  CHECK(pair.b->next_deadline() <= pair.now);
  pair.b->run_timers(pair.now);
  CHECK(!is_audio(pair.give(late)));
  CHECK(pair.dropped(Drop::kAuth) == 1);
  CHECK(pair.b->stats().rekeys == 1);
}

TEST_CASE("RFC 3711 3.3.1: the rollover counter survives a rekey") {
  Pair pair;
  for (uint32_t i = 0; i < 70000; ++i) REQUIRE(is_audio(pair.give(pair.sealed(i * 160))));
  pair.plan.key_inner = 11;
  pair.plan.key_outer = 12;
  REQUIRE(pair.apply());
  CHECK(is_audio(pair.give(pair.sealed(70000 * 160))));
  CHECK(pair.b->receive_statistics()->lost() == 0);
}

TEST_CASE("what an agreement changes is named") {
  struct Row {
    const char* title;
    void (*change)(HopPlan&);
    Change expected;
  };
  const Row rows[] = {
      {"nothing", [](HopPlan&) {}, Change::kContinued},
      {"key", [](HopPlan& plan) { plan.key_inner = 9; }, Change::kRekeyed},
      {"suite", [](HopPlan& plan) { plan.suite = srtp::SuiteId::kAeadAes128Gcm; },
       Change::kRestarted},
      {"codec", [](HopPlan& plan) { plan.codec = leg::Codec::kPcma; }, Change::kRestarted},
      {"address", [](HopPlan& plan) { plan.outer_host = 8; }, Change::kMoved},
      {"hold", [](HopPlan& plan) { plan.direction = leg::Direction::kSendOnly; }, Change::kMoved},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Pair pair;
    row.change(pair.plan);
    CHECK(pair.a->apply(agree(pair.plan, true), 2).value() == row.expected);
  }
}

TEST_CASE("a held direction sends and takes nothing") {
  HopPlan plan;
  plan.direction = leg::Direction::kRecvOnly;
  Pair pair(plan);
  std::vector<uint8_t> packet(20);
  CHECK(pair.a->send(packet, {}, 1).error() == Status::ERR_LEG_HELD);
  send_payload(*pair.b, std::vector<uint8_t>(160), {}, pair.now);
  CHECK(pair.a->receive({drain(*pair.b)[0].data, address(2, 4000)}, pair.plain, pair.now).kind ==
        leg::Received::Kind::kAudio);
}

TEST_CASE("reports flow, round trip and loss are measured, BYE ends the source") {
  Pair pair;
  uint32_t timestamp = 0;
  for (int i = 0; i < 1500; ++i, timestamp += 160, pair.now += kFrame) {
    const Packet packet = pair.sealed(timestamp);
    if (i % 10 != 3) REQUIRE(is_audio(pair.give(packet)));
    for (auto* leg : {pair.a.get(), pair.b.get()}) {
      if (leg->next_deadline() > pair.now) continue;
      leg->run_timers(pair.now);
      for (const Packet& report : drain(*leg)) {
        leg::Leg& other = leg == pair.a.get() ? *pair.b : *pair.a;
        (void)other.receive({report.data, address(1, 4000)}, pair.plain, pair.now + 5 * kNsPerMs);
      }
    }
  }
  CHECK(pair.a->stats().rtcp_out >= 3);
  CHECK(pair.a->stats().rtcp_in >= 3);
  REQUIRE(pair.a->send_statistics().has_rtt());
  CHECK(pair.a->send_statistics().rtt_ns() <= 20 * kNsPerMs);
  CHECK(pair.a->send_statistics().remote().cumulative_lost > 100);
  CHECK(pair.b->receive_statistics()->lost() >= 149);
  pair.a->close(pair.now);
  std::vector<leg::Event> events;
  for (const Packet& packet : drain(*pair.a)) (void)pair.give(packet);
  (void)drain(*pair.b, &events);
  REQUIRE(!events.empty());
  CHECK(events.back().type == leg::EventType::kBye);
  std::vector<uint8_t> packet(20);
  CHECK(pair.a->send(packet, {}, pair.now).error() == Status::ERR_LEG_CLOSED);
}

TEST_CASE("silence is told once") {
  Pair pair;
  REQUIRE(is_audio(pair.give(pair.sealed())));
  std::vector<leg::Event> events;
  for (int i = 0; i < 60; ++i) {
    pair.now += kNsPerSecond;
    pair.b->run_timers(pair.now);
    (void)drain(*pair.b, &events);
  }
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == leg::EventType::kTimeout);
}

TEST_CASE("RFC 3550 8.2: an SSRC collision makes us take another one") {
  Pair pair;
  std::vector<uint8_t> packet(32);
  (void)pair.sealed();
  const uint32_t own = pair.a->ssrc_send();
  // The peer's packets carry our SSRC under the peer's key.
  rtp::PacketFields fields;
  fields.sequence = 5;
  fields.ssrc = own;
  bytes::Writer writer(packet);
  REQUIRE(rtp::write_header(fields, writer));
  srtp::SessionConfig config;
  config.direction = srtp::Direction::kOutbound;
  const leg::Key remote = key(pair.plan.suite, pair.plan.key_outer);
  config.key_and_salt = remote.key_and_salt.view();
  auto session = srtp::Session::create(pair.world.context, config);
  REQUIRE(session);
  std::vector<uint8_t> sealed(64);
  const auto len = session->seal_rtp(packet, sealed);
  REQUIRE(len);
  sealed.resize(*len);
  CHECK(is_audio(pair.a->receive({sealed, address(2, 4000)}, pair.plain, pair.now)));
  CHECK(pair.a->ssrc_send() != own);
  CHECK(drain(*pair.a).size() == 1);
}

TEST_CASE("every allocation of a leg and of an agreement may fail") {
  for (const bool for_good : {false, true}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      TestContext world;
      world.allocator.fail_after(n, for_good);
      try {
        leg::LegConfig config;
        config.rtp_address = address(1, 4000);
        auto made = leg::Leg::create(world.context, world.random, config);
        REQUIRE(made);
        auto leg = *std::move(made);
        const auto change = leg->apply(agree({}, true), 1);
        if (!change) CHECK(change.error() == Status::ERR_NO_MEMORY);
      } catch (const std::bad_alloc&) {
      }
      is_done = !world.allocator.has_failed;
      CHECK(world.allocator.live_blocks == 0);
    }
  }
}

namespace {

// The peer's SRTP by hand, with any rollover counter.
struct Sealer {
  srtp::Session session;
  Sealer(TestContext& world, const HopPlan& plan, uint32_t ssrc, uint32_t roc)
      : session(*srtp::Session::create(world.context, config_of(key(plan.suite, plan.key_inner)))) {
    if (roc != 0) REQUIRE(session.set_roc(ssrc, roc));
  }
  static srtp::SessionConfig config_of(const leg::Key& key) {
    static leg::Key kept;
    (void)kept.key_and_salt.assign(key.key_and_salt.view());
    srtp::SessionConfig config;
    config.suite = key.suite;
    config.direction = srtp::Direction::kOutbound;
    config.key_and_salt = kept.key_and_salt.view();
    return config;
  }
  Packet seal(uint32_t ssrc, uint16_t sequence) {
    rtp::PacketFields fields;
    fields.sequence = sequence;
    fields.ssrc = ssrc;
    std::vector<uint8_t> packet(rtp::kFixedHeaderLen + 20);
    bytes::Writer writer(packet);
    REQUIRE(rtp::write_header(fields, writer));
    Packet out;
    out.data.resize(packet.size() + 32);
    const auto len = session.seal_rtp(packet, out.data);
    REQUIRE(len);
    out.data.resize(*len);
    return out;
  }
};

}  // namespace

TEST_CASE("RFC 3711 3.3.1: after a rekey every counter that a peer may go on with is understood") {
  struct Row {
    const char* title;
    uint32_t packets;  // sent before the rekey
    uint16_t next;     // sequence after it
    uint32_t roc;
    uint16_t first;  // that is understood; the diagnosis finds other counters
  };
  const Row rows[] = {
      {"goes on", 70000, 4465, 1, 1},
      {"begins with 0", 70000, 4465, 0, 1},
      {"neither", 70000, 4465, 2, srtp::Diagnosis::kFailures - 1},
      {"wraps at the rekey", 65535, 0, 1, 1},
      {"begins with 0 at a wrap", 65535, 0, 0, 1},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Pair pair;
    constexpr uint32_t kSsrc = 0x01020304;
    Sealer before(pair.world, pair.plan, kSsrc, 0);
    for (uint32_t i = 1; i <= row.packets; ++i) {
      REQUIRE(is_audio(pair.give(before.seal(kSsrc, static_cast<uint16_t>(i)))));
    }
    pair.plan.key_inner = 11;
    pair.plan.key_outer = 12;
    REQUIRE(pair.apply());
    Sealer after(pair.world, pair.plan, kSsrc, row.roc);
    const uint64_t state = pair.b->state_hash();
    Packet forged = after.seal(kSsrc, row.next);
    forged.data.back() ^= 1;
    CHECK(!is_audio(pair.give(forged)));
    CHECK(pair.b->state_hash() == state);
    for (uint16_t i = 1; i < 100; ++i) {
      CHECK(is_audio(pair.give(after.seal(kSsrc, static_cast<uint16_t>(row.next + i)))) ==
            (i >= row.first));
    }
  }
}

TEST_CASE("RFC 3711 3.3.1: our own counter goes on where a rekey falls on its wrap") {
  Pair pair;
  const auto sequence = [](const Packet& packet) { return packet.data[2] << 8 | packet.data[3]; };
  uint32_t timestamp = 0;
  Packet last = pair.sealed();
  while (sequence(last) != 0xffff) {
    REQUIRE(is_audio(pair.give(last)));
    last = pair.sealed(timestamp += 160);
  }
  REQUIRE(is_audio(pair.give(last)));
  pair.plan.key_inner = 11;
  pair.plan.key_outer = 12;
  REQUIRE(pair.apply());
  Sealer wrapped(pair.world, pair.plan, pair.a->ssrc_send(), 1);
  const Packet ours = pair.sealed(timestamp += 160);
  CHECK(sequence(ours) == 0);
  CHECK(is_audio(pair.give(ours)));
  CHECK(pair.b->receive_statistics()->lost() == 0);
}

TEST_CASE("packets missing right before a packet are told, duplicates are counted") {
  for (const bool is_secure : {true, false}) {
    HopPlan plan;
    plan.is_secure = is_secure;
    leg::LegConfig config;
    config.policy = leg::Policy::kPreferred;
    Pair pair(plan, config);
    std::vector<Packet> packets;
    for (uint32_t i = 0; i < 10; ++i) packets.push_back(pair.sealed(i * 160));
    CHECK(pair.give(packets[0]).lost == 0);
    CHECK(pair.give(packets[1]).lost == 0);
    CHECK(pair.give(packets[5]).lost == 3);
    CHECK(pair.give(packets[4]).lost == 0);
    CHECK(!is_audio(pair.give(packets[4])));
    CHECK(!is_audio(pair.give(packets[5])));
    CHECK(pair.give(packets[7]).lost == 1);
    CHECK(pair.b->stats().duplicates == 2);
    CHECK(pair.b->stats().reordered == 1);
  }
}

TEST_CASE("RFC 3389: comfort noise of 8 kHz is no use under another clock") {
  for (const leg::Codec codec : {leg::Codec::kPcmu, leg::Codec::kOpus}) {
    HopPlan plan;
    plan.codec = codec;
    Pair pair(plan);
    send_payload(*pair.a, {0x40}, {13, false, 0}, pair.now);
    CHECK(is_audio(pair.give(drain(*pair.a)[0])) == (codec == leg::Codec::kPcmu));
  }
}

TEST_CASE("a peer that gave a host name is sent nothing before it is heard") {
  TestContext world;
  auto a = make_leg(world);
  auto b = make_leg(world);
  auto agreement = agree({}, false);
  agreement.remote_rtp = agreement.remote_rtcp = {};
  REQUIRE(a->apply(agree({}, true), 1));
  REQUIRE(b->apply(std::move(agreement), 1));
  std::vector<uint8_t> packet(20);
  CHECK(b->send(packet, {}, 1).error() == Status::ERR_LEG_HELD);
  b->run_timers(20 * kNsPerSecond);
  CHECK(drain(*b).empty());
  send_payload(*a, std::vector<uint8_t>(160), {}, 2);
  Packet first = drain(*a)[0];
  std::array<uint8_t, leg::kMaxPacketLen> plain;
  Packet forged = first;
  forged.data.back() ^= 1;
  CHECK(!is_audio(b->receive({forged.data, address(66, 6)}, plain, 2)));
  CHECK(!b->may_send());
  CHECK(is_audio(b->receive({first.data, address(9, 99)}, plain, 2)));
  CHECK(b->send(packet, {}, 3));
  CHECK(drain(*b)[0].to == address(9, 99));
}

TEST_CASE(
    "RFC 3711 3.3.1: a leg's first sequence number leaves its receiver no doubt of the round") {
  TestContext world;
  const HopPlan plan;
  bool has_high_bits = false;
  for (int i = 0; i < 64; ++i) {
    auto leg = make_leg(world, leg::LegConfig());
    REQUIRE(leg->apply(agree(plan, true), 1));
    send_payload(*leg, std::vector<uint8_t>(160, 0x55), {plan.payload_type_to_peer, false, 0}, 1);
    const auto packets = drain(*leg);
    REQUIRE(packets.size() == 1);
    const auto header = rtp::parse_header(packets[0].data);
    REQUIRE(header);
    CHECK(header->sequence < 0x8000);
    has_high_bits = has_high_bits || header->sequence >= 0x4000;
  }
  // Random all the same.
  CHECK(has_high_bits);
}

TEST_CASE("RFC 3711 9.1: a local key that was left is not taken up again") {
  Pair pair;
  const auto apply_local = [&](uint8_t seed, bool has_mki = false) {
    leg::Agreement next = agree(pair.plan, true);
    next.keys->local = key(pair.plan.suite, seed);
    const uint8_t mki[] = {1};
    if (has_mki) REQUIRE(next.keys->local.mki.assign(mki));
    return pair.a->apply(std::move(next), pair.now);
  };
  REQUIRE(apply_local(1));  // the present one goes on
  REQUIRE(apply_local(50));
  const uint64_t before = pair.a->state_hash();
  CHECK(apply_local(1).error() == Status::ERR_SRTP_KEY_USED);
  CHECK(apply_local(50, true).error() == Status::ERR_SRTP_KEY_USED);
  pair.plan.suite = srtp::SuiteId::kAesCm128HmacSha1_32;
  CHECK(apply_local(1).error() == Status::ERR_SRTP_KEY_USED);
  CHECK(pair.a->state_hash() == before);
  pair.plan.suite = srtp::SuiteId::kAesCm128HmacSha1_80;
  CHECK(apply_local(50));
  for (uint8_t seed = 51; seed < 50 + srtp::KeyMemory::kKeys; ++seed) REQUIRE(apply_local(seed));
  CHECK(apply_local(50).error() == Status::ERR_SRTP_KEY_USED);
}

TEST_CASE("a receive key that comes back within its overlap knows what it has seen") {
  Pair pair;
  const auto apply_remote = [&](uint8_t seed) {
    pair.plan.key_inner = seed;  // what the peer of b seals with
    REQUIRE(pair.b->apply(agree(pair.plan, false), pair.now));
  };
  const Packet packet = pair.sealed();
  REQUIRE(is_audio(pair.give(packet)));
  apply_remote(60);
  apply_remote(61);
  apply_remote(1);
  CHECK_FALSE(is_audio(pair.give(packet)));
  CHECK(pair.dropped(Drop::kReplay) == 1);
  CHECK(is_audio(pair.give(pair.sealed(160))));
}
