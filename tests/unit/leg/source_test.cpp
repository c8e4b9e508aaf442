// What a leg makes of sources that change, and of numbers that start over.
#include <set>

#include "leg/leg.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;
using leg::Drop;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

// A peer by hand, with any SSRC and any number, under SRTP or without.
struct Peer {
  std::optional<srtp::Session> session;

  Peer(TestContext& world, const HopPlan& plan, uint8_t seed) {
    if (plan.is_secure) rekey(world, plan, seed);
  }
  void rekey(TestContext& world, const HopPlan& plan, uint8_t seed) {
    const leg::Key used = key(plan.suite, seed);
    srtp::SessionConfig config;
    config.suite = plan.suite;
    config.direction = srtp::Direction::kOutbound;
    config.max_ssrcs = srtp::kMaxSsrcs;
    config.key_and_salt = used.key_and_salt.view();
    session.emplace(*srtp::Session::create(world.context, config));
  }
  std::vector<uint8_t> packet(uint32_t ssrc, uint16_t sequence, uint32_t timestamp,
                              uint8_t type = 0) {
    rtp::PacketFields fields;
    fields.payload_type = type;
    fields.sequence = sequence;
    fields.timestamp = timestamp;
    fields.ssrc = ssrc;
    std::vector<uint8_t> plain(rtp::kFixedHeaderLen + 160);
    bytes::Writer writer(plain);
    REQUIRE(rtp::write_header(fields, writer));
    return seal(plain, false);
  }
  std::vector<uint8_t> report(uint32_t ssrc, bool is_sender = true) {
    std::vector<uint8_t> plain(64);
    bytes::Writer writer(plain);
    REQUIRE((is_sender ? rtp::write_sender_report(ssrc, {}, {}, writer)
                       : rtp::write_receiver_report(ssrc, {}, writer)));
    plain.resize(writer.size());
    return seal(plain, true);
  }
  std::vector<uint8_t> seal(const std::vector<uint8_t>& plain, bool is_rtcp) {
    if (!session) return plain;
    std::vector<uint8_t> out(plain.size() + 64);
    const auto len = is_rtcp ? session->seal_rtcp(plain, out) : session->seal_rtp(plain, out);
    REQUIRE(len);
    out.resize(*len);
    return out;
  }
};

class Chance final : public RandomSource {
 public:
  explicit Chance(RandomSource& inner) : inner_(inner) {}
  Result<void> fill(MutableBytes out) override {
    return is_failing ? Result<void>(Status::ERR_ENTROPY) : inner_.fill(out);
  }
  bool is_failing = false;

 private:
  RandomSource& inner_;
};

struct Scene {
  TestContext world;
  Chance chance{world.random};
  HopPlan plan;
  Box<leg::Leg> leg;
  Peer peer;
  uint64_t now = kNsPerSecond;
  std::vector<leg::Event> events;
  std::vector<std::vector<uint8_t>> sent;
  std::array<uint8_t, leg::kMaxPacketLen> plain{};

  explicit Scene(bool is_secure = true)
      : plan(plan_of(is_secure)),
        leg(*leg::Leg::create(world.context, chance, config_of())),
        peer(world, plan, plan.key_outer) {
    REQUIRE(leg->apply(agree(plan, true), now));
  }
  static HopPlan plan_of(bool is_secure) {
    HopPlan out;
    out.is_secure = is_secure;
    return out;
  }
  static leg::LegConfig config_of() {
    leg::LegConfig out;
    out.policy = leg::Policy::kPreferred;
    out.rtp_address = address(1, 4000);
    return out;
  }
  leg::Received give(const std::vector<uint8_t>& packet) {
    now += kFrame;
    return leg->receive({packet, address(2, 4000)}, plain, now);
  }
  bool hears(uint32_t ssrc, uint16_t sequence, uint32_t timestamp) {
    return give(peer.packet(ssrc, sequence, timestamp)).kind == leg::Received::Kind::kAudio;
  }
  // How many of so many packets in a row are heard.
  int run(uint32_t ssrc, uint16_t from, int count, uint32_t timestamp = 0) {
    int heard = 0;
    for (int i = 0; i < count; ++i)
      heard +=
          hears(ssrc, static_cast<uint16_t>(from + i), timestamp + 160 * static_cast<uint32_t>(i));
    return heard;
  }
  size_t changes() {
    size_t out = 0;
    (void)drain(*leg, &events);
    for (const leg::Event& event : events) out += event.type == leg::EventType::kSsrc ? 1 : 0;
    return out;
  }
};

}  // namespace

TEST_CASE("RFC 3550 A.1: another source is heard at once, and nothing between the two is lost") {
  Scene scene;
  CHECK(scene.run(1, 65500, 100) == 100);
  CHECK(scene.run(2, 5000, 100) == 100);
  CHECK(scene.leg->ssrc_recv() == 2);
  CHECK(scene.changes() == 1);
  CHECK(scene.leg->lost_in() == 0);
  CHECK(scene.leg->quality().sums().packets == 100);
  CHECK(scene.leg->quality().sums().lost == 0);
  CHECK(scene.leg->receive_statistics()->expected() == 100);
}

TEST_CASE("losses of every source since the beginning stay counted") {
  Scene scene;
  (void)scene.run(1, 100, 50);
  (void)scene.run(1, 153, 50);
  CHECK(scene.leg->lost_in() == 3);
  (void)scene.run(2, 9, 50);
  (void)scene.run(2, 64, 50);
  CHECK(scene.leg->lost_in() == 8);
  // Numbers of the same source start over.
  (void)scene.run(2, 30000, 50);
  CHECK(scene.leg->receive_statistics()->restarts() == 1);
  CHECK(scene.leg->lost_in() == 8);
  (void)scene.run(3, 9, 50);
  CHECK(scene.leg->lost_in() == 8);
  // So does a codec with another clock.
  scene.plan.codec = leg::Codec::kOpus;
  REQUIRE(scene.leg->apply(agree(scene.plan, true), scene.now));
  CHECK(scene.leg->lost_in() == 8);
}

TEST_CASE("RFC 3550 A.1: numbers that start over are believed with the second packet") {
  struct Row {
    const char* title;
    bool is_secure;
    uint16_t next;
    int heard;  // of 20
  };
  // What SRTP takes for older than its window it cannot tell from a replay, so a sender that starts
  // over backwards needs another key or another SSRC.
  const Row rows[] = {{"forwards, secure", true, 20000, 19},
                      {"forwards, plain", false, 20000, 19},
                      {"backwards, plain", false, 60000, 19},
                      {"a gap of 2900 is a gap", true, 4000, 20},
                      {"over the end of the numbers, plain", false, 65530, 19}};
  for (const Row& row : rows) {
    INFO(row.title);
    Scene scene(row.is_secure);
    REQUIRE(scene.run(1, 1000, 100) == 100);
    CHECK(scene.run(1, row.next, 20, 50000) == row.heard);
    CHECK(scene.leg->lost_in() == (row.heard == 20 ? 2900u : 0u));
    CHECK(scene.changes() == 0);
  }
}

TEST_CASE("one packet far off, alone, is not believed and changes nothing") {
  Scene scene;
  REQUIRE(scene.run(1, 1000, 10) == 10);
  CHECK(!scene.hears(1, 20000, 5));
  CHECK(scene.run(1, 1010, 0) == 0);
  CHECK(scene.leg->lost_in() == 0);
  CHECK(scene.leg->receive_statistics()->extended_highest() == 1009);
}

TEST_CASE("numbers may start over with a new key, wherever they begin") {
  // The last packet has number 1099 and timestamp 15840.
  struct Row {
    uint16_t next;
    uint32_t timestamp;
    uint64_t lost;
  };
  for (const Row& row : {Row{1, 0, 0}, Row{990, 0, 0}, Row{1050, 0, 0}, Row{30000, 0, 0},
                         Row{65535, 0, 0}, Row{1150, 0x70000000, 0}, Row{1150, 0x90000000, 0},
                         Row{1100, 0x70000000, 0}, Row{1150, 24000, 50}}) {
    INFO(row.next << " at " << row.timestamp);
    Scene scene;
    REQUIRE(scene.run(1, 1000, 100) == 100);
    scene.plan.key_outer = 22;
    REQUIRE(scene.leg->apply(agree(scene.plan, true), scene.now).value() == leg::Change::kRekeyed);
    scene.peer.rekey(scene.world, scene.plan, 22);
    CHECK(scene.run(1, row.next, 100, row.timestamp) == 100);
    CHECK(scene.leg->lost_in() == row.lost);
  }
}

TEST_CASE("a source that is not valid yet may be anywhere next") {
  Scene scene;
  CHECK(scene.hears(1, 100, 0));
  CHECK(scene.run(1, 60000, 50) == 50);
  CHECK(scene.leg->lost_in() == 0);
  CHECK(scene.leg->quality().sums().lost == 0);
}

TEST_CASE("timestamps that leap are no jitter") {
  Scene scene;
  (void)scene.run(1, 100, 100, 0);
  (void)scene.run(1, 200, 100, 0x80000000);
  (void)scene.run(1, 300, 100, 5);
  CHECK(scene.leg->receive_statistics()->jitter() == 0);
  CHECK(scene.leg->lost_in() == 0);
}

TEST_CASE("stragglers of sources that were left do not switch back") {
  Scene scene;
  std::vector<std::vector<uint8_t>> stragglers;
  for (uint32_t ssrc = 1; ssrc <= 4; ++ssrc) {
    REQUIRE(scene.run(ssrc, 100, 20) == 20);
    stragglers.push_back(scene.peer.packet(ssrc, 121, 0));
  }
  REQUIRE(scene.run(5, 100, 20) == 20);
  for (const auto& packet : stragglers)
    CHECK(scene.give(packet).kind == leg::Received::Kind::kNothing);
  CHECK(scene.leg->ssrc_recv() == 5);
  CHECK(scene.changes() == 4);
  // One that goes on while the present one is silent is taken up again.
  scene.now += 2 * kNsPerSecond;
  CHECK(scene.hears(2, 130, 0));
  CHECK(scene.leg->ssrc_recv() == 2);
}

TEST_CASE("RFC 3711 3.2.3: each source has its own counter and its own window") {
  Scene scene;
  // The first goes over the end of its numbers, so its counter is 1; the second begins with 0.
  REQUIRE(scene.run(1, 65500, 100) == 100);
  const auto first = scene.peer.packet(1, 70, 0);
  REQUIRE(scene.give(first).kind == leg::Received::Kind::kAudio);
  const auto second = scene.peer.packet(2, 65500, 0);
  REQUIRE(scene.give(second).kind == leg::Received::Kind::kAudio);
  scene.now += 2 * kNsPerSecond;
  // Replays of both are refused, whoever speaks, and move nothing.
  const uint64_t state = scene.leg->state_hash();
  CHECK(scene.give(first).kind == leg::Received::Kind::kNothing);
  CHECK(scene.give(second).kind == leg::Received::Kind::kNothing);
  CHECK(scene.leg->state_hash() == state);
  CHECK(scene.leg->ssrc_recv() == 2);
  // The first goes on under its counter.
  CHECK(scene.hears(1, 71, 0));
}

TEST_CASE("only what authenticates changes the source") {
  Scene scene;
  REQUIRE(scene.run(1, 100, 20) == 20);
  Peer attacker(scene.world, scene.plan, 77);
  const uint64_t state = scene.leg->state_hash();
  const size_t before = scene.changes();
  for (uint16_t i = 0; i < 200; ++i) {
    CHECK(scene.give(attacker.packet(i, i, 0)).kind == leg::Received::Kind::kNothing);
    CHECK(scene.give(attacker.packet(1, static_cast<uint16_t>(120 + i), 0)).kind ==
          leg::Received::Kind::kNothing);
    CHECK(scene.give(attacker.report(scene.leg->ssrc_send())).kind ==
          leg::Received::Kind::kNothing);
  }
  CHECK(scene.leg->state_hash() == state);
  CHECK(scene.changes() == before);
  CHECK(scene.run(1, 120, 20) == 20);
  CHECK(scene.leg->lost_in() == 0);
}

TEST_CASE("sources under one key are bounded; a new key has room again") {
  Scene scene;
  uint32_t heard = 0;
  for (uint32_t ssrc = 1; ssrc <= 40; ++ssrc) heard += scene.run(ssrc, 1, 2) == 2 ? 1 : 0;
  CHECK(heard == 16);
  CHECK(scene.leg->stats().dropped[static_cast<size_t>(Drop::kSources)] == 48);
  // The one that was heard last goes on.
  CHECK(scene.run(16, 3, 10) == 10);
  scene.plan.key_outer = 22;
  REQUIRE(scene.leg->apply(agree(scene.plan, true), scene.now));
  scene.peer.rekey(scene.world, scene.plan, 22);
  CHECK(scene.run(99, 1, 10) == 10);
}

TEST_CASE(
    "RFC 3550 A.1: without authentication a source takes over with its second packet in a row") {
  Scene scene(false);
  REQUIRE(scene.run(1, 100, 20) == 20);
  // Packets that a stranger throws in.
  for (uint32_t ssrc = 50; ssrc < 60; ++ssrc) CHECK(!scene.hears(ssrc, 7, 0));
  CHECK(scene.leg->ssrc_recv() == 1);
  CHECK(scene.run(1, 120, 20) == 20);
  CHECK(scene.run(2, 700, 20) == 19);
  CHECK(scene.leg->ssrc_recv() == 2);
}

TEST_CASE("RFC 3550 8.2: our SSRC at the peer, in media or in a report, makes us take another") {
  for (const bool is_rtcp : {false, true}) {
    Scene scene;
    scene.leg->run_timers(scene.now);
    std::set<std::pair<uint32_t, uint16_t>> used;
    const auto speak = [&](uint32_t count) {
      for (uint32_t i = 0; i < count; ++i) {
        send_payload(*scene.leg, std::vector<uint8_t>(160), {0, false, i * 160}, scene.now);
        for (const Packet& packet : drain(*scene.leg)) {
          const auto header = rtp::parse_header(packet.data);
          REQUIRE(header);
          CHECK(used.insert({header->ssrc, header->sequence}).second);
        }
      }
    };
    speak(50);
    std::set<uint32_t> ours{scene.leg->ssrc_send()};
    for (uint16_t i = 0; i < 10; ++i) {
      const uint32_t own = scene.leg->ssrc_send();
      (void)scene.give(is_rtcp ? scene.peer.report(own) : scene.peer.packet(own, i, 0));
      const auto packets = drain(*scene.leg);
      // A loop would collide for ever: after four of them the last one stays.
      CHECK((scene.leg->ssrc_send() != own) == (i < 4));
      CHECK(packets.size() == (i < 4 ? 1u : 0u));
      ours.insert(scene.leg->ssrc_send());
      if (!packets.empty()) {
        CHECK(packets[0].is_rtcp);
        // The BYE goes out under the identifier that is left.
        CHECK(bytes::Reader(ByteView(packets[0].data).subspan(4)).u32() == own);
      }
      speak(20);
    }
    CHECK(ours.size() == 5);
    CHECK(used.size() == 250);
  }
}

TEST_CASE("a receiver that reports under our identifier, as some SFUs do, moves nothing") {
  Scene scene;
  scene.leg->run_timers(scene.now);
  (void)drain(*scene.leg);
  const uint32_t own = scene.leg->ssrc_send();
  for (int i = 0; i < 3; ++i) (void)scene.give(scene.peer.report(own, false));
  CHECK(scene.leg->ssrc_send() == own);
  CHECK(scene.leg->stats().rtcp_in == 3);
  CHECK(drain(*scene.leg).empty());
}

TEST_CASE("RFC 3550 8.2: without chance for a new SSRC the old one goes on, without a BYE") {
  Scene scene;
  send_payload(*scene.leg, std::vector<uint8_t>(160), {}, scene.now);
  (void)drain(*scene.leg);
  const uint32_t own = scene.leg->ssrc_send();
  const auto packet = scene.peer.packet(own, 1, 0);
  scene.chance.is_failing = true;
  CHECK(scene.give(packet).kind == leg::Received::Kind::kAudio);
  CHECK(scene.leg->ssrc_send() == own);
  CHECK(drain(*scene.leg).empty());
}

TEST_CASE("RFC 7160 4.1: a new clock is a new source, as long as the key has room for one") {
  Scene scene;
  std::set<uint32_t> ours;
  for (int i = 0; i < 40; ++i) {
    ours.insert(scene.leg->ssrc_send());
    send_payload(*scene.leg, std::vector<uint8_t>(160), {}, scene.now);
    CHECK(drain(*scene.leg).size() == 1);
    scene.plan.codec = i % 2 == 0 ? leg::Codec::kOpus : leg::Codec::kPcmu;
    REQUIRE(scene.leg->apply(agree(scene.plan, true), scene.now));
  }
  CHECK(ours.size() == 12);
  scene.plan.key_inner = 33;
  REQUIRE(scene.leg->apply(agree(scene.plan, true), scene.now));
  scene.plan.codec = leg::Codec::kOpus;
  REQUIRE(scene.leg->apply(agree(scene.plan, true), scene.now));
  CHECK(ours.count(scene.leg->ssrc_send()) == 0);
}
