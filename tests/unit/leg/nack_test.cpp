// Generic NACK of a leg, both ways (RFC 4585).
#include <map>
#include <set>

#include "leg/leg.h"
#include "rtp/feedback.h"
#include "support/call.h"
#include "support/negotiated.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

leg::LegConfig config_with(bool has_nack, leg::Policy policy = leg::Policy::kRequired) {
  leg::LegConfig config;
  config.has_nack = has_nack;
  config.policy = policy;
  return config;
}
HopPlan plan_with(bool has_nack, bool is_rtcp_reduced = true) {
  HopPlan plan;
  plan.has_nack = has_nack;
  plan.is_rtcp_reduced = is_rtcp_reduced;
  return plan;
}

// a sends, b receives and asks.
struct Pair {
  TestContext world;
  HopPlan plan;
  Box<leg::Leg> a;
  Box<leg::Leg> b;
  uint64_t now = kNsPerSecond;
  uint32_t timestamp = 0;

  explicit Pair(const HopPlan& hop = plan_with(true),
                const leg::LegConfig& config = config_with(true))
      : plan(hop), a(make_leg(world, config)), b(make_leg(world, config)) {
    agree_again();
  }
  void agree_again() {
    REQUIRE(a->apply(agree(plan, true), now));
    REQUIRE(b->apply(agree(plan, false), now));
  }
  Packet say() {
    send_payload(*a, std::vector<uint8_t>(160, 0x55), {plan.payload_type_to_peer, false, timestamp},
                 now);
    timestamp += 160;
    now += kFrame;
    auto packets = drain(*a);
    REQUIRE(packets.size() == 1);
    return packets[0];
  }
  leg::Received give(leg::Leg& to, const Packet& packet) {
    std::array<uint8_t, leg::kMaxPacketLen> plain{};
    return to.receive({packet.data, address(1, 4000)}, plain, now);
  }
  void talk(int packets) {
    for (int i = 0; i < packets; ++i) (void)give(*b, say());
  }
  // What b has to send when its next deadline for it comes.
  std::vector<Packet> asked() {
    now += rtp::LossList::kPatienceNs;
    b->run_timers(now);
    return drain(*b);
  }
  // RTCP of b that a believes.
  Packet from_b(const std::function<void(bytes::Writer&)>& make) {
    std::vector<uint8_t> plain(1200);
    bytes::Writer writer(plain);
    make(writer);
    REQUIRE(writer.ok());
    plain.resize(writer.size());
    Packet out;
    out.is_rtcp = true;
    if (!forger) forger.emplace(*leg::SecureTransport::create(world.context, forged_keys()));
    out.data.resize(plain.size() + 64);
    out.data.resize(*forger->seal(plain, out.data, true));
    return out;
  }
  leg::Keys forged_keys() const {
    return {key(plan.suite, plan.key_outer), key(plan.suite, plan.key_inner)};
  }
  std::optional<leg::SecureTransport> forger;
};

// The numbers of a NACK in plain RTCP behind everything else of a compound.
std::vector<uint16_t> nacked(ByteView plain) {
  std::vector<uint16_t> out;
  auto compound = rtp::RtcpCompound::parse(plain, rtp::RtcpCompound::Rule::kReducedSize);
  REQUIRE(compound);
  while (const auto part = compound->next()) {
    const auto feedback = rtp::parse_feedback(*part);
    if (!feedback) continue;
    rtp::NackReader reader(feedback->fci);
    while (const auto sequence = reader.next()) out.push_back(*sequence);
  }
  return out;
}

uint16_t sequence_of(const Packet& packet) {
  return rtp::parse_header(packet.data)->sequence;
}

}  // namespace

TEST_CASE("RFC 4585: a lost packet is asked for, comes again byte for byte, and is used") {
  for (const bool is_reduced : {true, false}) {
    INFO("reduced size " << is_reduced);
    Pair pair(plan_with(true, is_reduced));
    pair.talk(20);
    const Packet lost = pair.say();
    const leg::Received behind = pair.give(*pair.b, pair.say());
    CHECK(behind.lost == 1);
    const auto feedback = pair.asked();
    REQUIRE(feedback.size() == 1);
    CHECK(feedback[0].is_rtcp);
    // RFC 5506 3: alone, or in a compound with a report and a CNAME; 14 bytes of SRTCP around.
    CHECK((feedback[0].data.size() == 16 + 14) == is_reduced);
    CHECK(pair.a->queue().is_empty());
    (void)pair.give(*pair.a, feedback[0]);
    const auto again = drain(*pair.a);
    REQUIRE(again.size() == 1);
    CHECK(again[0].data == lost.data);
    CHECK_FALSE(again[0].is_rtcp);
    CHECK(pair.a->stats().resent == 1);
    const leg::Received late = pair.give(*pair.b, again[0]);
    CHECK(late.kind == leg::Received::Kind::kAudio);
    CHECK(late.index + 1 == behind.index);
    CHECK(pair.b->losses().stats().recovered == 1);
    CHECK(pair.b->next_deadline() > pair.now + kFrame);
    // A second copy is a replay.
    CHECK(pair.give(*pair.b, again[0]).kind == leg::Received::Kind::kNothing);
  }
}

TEST_CASE("RFC 4585 4.2: nothing is asked for or sent again where it was not agreed") {
  Pair pair(plan_with(false));
  pair.talk(20);
  const uint16_t lost = sequence_of(pair.say());
  (void)pair.give(*pair.b, pair.say());
  CHECK(pair.asked().empty());
  const Packet forged = pair.from_b([&](bytes::Writer& out) {
    REQUIRE(rtp::write_nack(1, pair.a->ssrc_send(), std::array{lost}, out));
  });
  (void)pair.give(*pair.a, forged);
  CHECK(pair.a->stats().rtcp_in == 1);
  CHECK(drain(*pair.a).empty());
}

TEST_CASE("a pause of the sender, and its beginning, are no losses") {
  Pair pair;
  for (int i = 0; i < 10; ++i) {
    pair.talk(3);
    pair.timestamp += 16000;
    pair.now += 2 * kNsPerSecond;
    CHECK(pair.asked().size() <= 1);  // a report
  }
  CHECK(pair.b->losses().stats().requested == 0);
}

TEST_CASE("forged and replayed feedback, and feedback about others, changes nothing") {
  Pair pair;
  pair.talk(20);
  const uint16_t lost = sequence_of(pair.say());
  const auto ask = [&](uint32_t media) {
    return pair.from_b(
        [&](bytes::Writer& out) { REQUIRE(rtp::write_nack(1, media, std::array{lost}, out)); });
  };
  const Packet good = ask(pair.a->ssrc_send());
  const uint64_t before = pair.a->state_hash();
  for (size_t i = 0; i < good.data.size(); ++i) {
    Packet forged = good;
    forged.data[i] ^= 0x10;
    (void)pair.give(*pair.a, forged);
    forged.data.resize(i);
    (void)pair.give(*pair.a, forged);
  }
  CHECK(pair.a->state_hash() == before);
  CHECK(drain(*pair.a).empty());
  (void)pair.give(*pair.a, ask(pair.a->ssrc_send() + 1));
  CHECK(drain(*pair.a).empty());
  CHECK(pair.a->stats().resend_denied == 0);
  (void)pair.give(*pair.a, good);
  CHECK(drain(*pair.a).size() == 1);
  pair.now += kNsPerSecond;
  (void)pair.give(*pair.a, good);
  CHECK(drain(*pair.a).empty());
  CHECK(pair.a->stats().dropped[static_cast<size_t>(leg::Drop::kReplay)] == 1);
}

TEST_CASE("plain RTCP moves nobody to send anything") {
  HopPlan plan = plan_with(true);
  plan.is_secure = false;
  Pair pair(plan, config_with(true, leg::Policy::kPreferred));
  pair.talk(20);
  const uint16_t lost = sequence_of(pair.say());
  std::vector<uint8_t> plain(64);
  bytes::Writer writer(plain);
  REQUIRE(rtp::write_nack(1, pair.a->ssrc_send(), std::array{lost}, writer));
  plain.resize(writer.size());
  (void)pair.give(*pair.a, {plain, {}, true});
  CHECK(pair.a->stats().rtcp_in == 1);
  CHECK(drain(*pair.a).empty());
}

TEST_CASE("a flood of NACKs gets no packet more than three times, and half the media's bytes") {
  Pair pair;
  size_t media = 0;
  std::vector<uint16_t> said;
  for (int i = 0; i < 100; ++i) {
    const Packet packet = pair.say();
    media += packet.data.size();
    said.push_back(sequence_of(packet));
  }
  std::map<uint16_t, int> times;
  size_t again = 0;
  for (int round = 0; round < 200; ++round) {
    pair.now += 11 * kNsPerMs;
    const Packet flood = pair.from_b([&](bytes::Writer& out) {
      // All of them, and much that never was, in each datagram.
      for (size_t i = 0; i < said.size(); i += rtp::kMaxNacked) {
        const size_t n = std::min(rtp::kMaxNacked, said.size() - i);
        REQUIRE(rtp::write_nack(1, pair.a->ssrc_send(), std::span(said).subspan(i, n), out));
      }
    });
    (void)pair.give(*pair.a, flood);
    for (const Packet& packet : drain(*pair.a)) {
      if (packet.is_rtcp) continue;
      ++times[sequence_of(packet)];
      again += packet.data.size();
    }
  }
  CHECK(again > 0);
  CHECK(again <= leg::ResendRing::kMostAtOnce);
  CHECK(again * 2 <= media);
  for (const auto& [sequence, count] : times) CHECK(count <= 3);
  // And the media itself goes on.
  CHECK(pair.give(*pair.b, pair.say()).kind == leg::Received::Kind::kAudio);
}

TEST_CASE("nothing sealed under a former key, or for a peer that holds, goes out again") {
  Pair pair;
  pair.talk(20);
  uint16_t lost = sequence_of(pair.say());
  const auto ask = [&] {
    return pair.from_b([&](bytes::Writer& out) {
      REQUIRE(rtp::write_nack(1, pair.a->ssrc_send(), std::array{lost}, out));
    });
  };
  pair.plan.key_inner = 33;
  pair.agree_again();
  (void)pair.give(*pair.a, ask());
  CHECK(drain(*pair.a).empty());
  CHECK(pair.a->stats().resend_denied == 1);
  pair.talk(20);
  lost = sequence_of(pair.say());
  pair.plan.direction = leg::Direction::kRecvOnly;
  pair.agree_again();
  (void)pair.give(*pair.a, ask());
  CHECK(drain(*pair.a).empty());
  pair.plan.direction = leg::Direction::kSendRecv;
  pair.agree_again();
  (void)pair.give(*pair.a, ask());
  CHECK(drain(*pair.a).size() == 1);
}

TEST_CASE("RFC 4585 6.2.1: requests name what is missing, again after a round trip, then never") {
  Pair pair;
  pair.talk(40);
  const std::set<uint16_t> lost{sequence_of(pair.say()), sequence_of(pair.say())};
  (void)pair.give(*pair.b, pair.say());
  std::map<uint16_t, int> times;
  leg::SecureTransport reader = *leg::SecureTransport::create(
      pair.world.context,
      {key(pair.plan.suite, pair.plan.key_inner), key(pair.plan.suite, pair.plan.key_outer)});
  for (const uint64_t end = pair.now + kNsPerSecond; pair.now < end;) {
    pair.now = std::min(end, std::max(pair.now, pair.b->next_deadline()));
    pair.b->run_timers(pair.now);
    for (const Packet& packet : drain(*pair.b)) {
      std::vector<uint8_t> plain(packet.data.size());
      plain.resize(*reader.open(packet.data, plain, true));
      for (const uint16_t sequence : nacked(plain)) ++times[sequence];
    }
  }
  REQUIRE(times.size() == 2);
  for (const auto& [sequence, count] : times) {
    CHECK(lost.count(sequence) == 1);
    CHECK(count == 3);
  }
  CHECK(pair.b->losses().stats().given_up == 2);
}

TEST_CASE("asking and answering allocates nothing") {
  Pair pair;
  pair.talk(20);
  const uint64_t before = pair.world.allocator.count;
  for (int i = 0; i < 10; ++i) {
    (void)pair.say();
    pair.talk(4);
    for (const Packet& packet : pair.asked()) (void)pair.give(*pair.a, packet);
    for (const Packet& packet : drain(*pair.a)) (void)pair.give(*pair.b, packet);
  }
  CHECK(pair.a->stats().resent == 10);
  CHECK(pair.world.allocator.count == before);
}

TEST_CASE("RFC 4585, RFC 5124: a trunk leg repairs what is lost where SDES peers agreed on it") {
  struct Row {
    bool offers, accepts, has_reduced;
  };
  for (const Row& row : {Row{true, true, true}, Row{true, true, false}, Row{true, false, true},
                         Row{false, true, true}}) {
    INFO(row.offers << row.accepts << row.has_reduced);
    TestContext world;
    const auto config = [&](uint8_t host, bool has_nack) {
      leg::LegConfig out = End::config_of(host, {leg::Codec::kPcmu}, 4000);
      out.has_nack = has_nack;
      out.is_nack_offered = host == 1;
      out.has_rtcp_rsize = row.has_reduced;
      return out;
    };
    End a(world, config(1, row.offers)), b(world, config(2, row.accepts));
    std::string answer;
    (void)b.answer(a.offer(), answer, 1);
    REQUIRE(a.negotiation.accept_answer(*a.leg, answer, 1));
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    uint64_t now = kNsPerSecond, smallest = SIZE_MAX;
    const auto pass = [&](leg::Leg& from, leg::Leg& to, bool is_lost) {
      for (const Packet& packet : drain(from)) {
        if (packet.is_rtcp) smallest = std::min<uint64_t>(smallest, packet.data.size());
        if (!is_lost || packet.is_rtcp) (void)to.receive({packet.data, address(9, 9)}, plain, now);
      }
    };
    for (uint32_t i = 0; i < 500; ++i) {
      for (End* end : {&a, &b})
        send_payload(*end->leg, std::vector<uint8_t>(160), {0, false, i * 160}, now);
      pass(*a.leg, *b.leg, i % 10 == 5);
      pass(*b.leg, *a.leg, i % 10 == 7);
      for (int part = 0; part < 4; ++part, now += kFrame / 4) {
        for (End* end : {&a, &b}) end->leg->run_timers(now);
        pass(*a.leg, *b.leg, false);
        pass(*b.leg, *a.leg, false);
      }
    }
    const bool is_agreed = row.offers && row.accepts;
    for (const End* end : {&a, &b}) {
      CHECK(end->leg->lost_in() == (is_agreed ? 0 : 50));
      CHECK(end->leg->stats().resent == (is_agreed ? 50 : 0));
      CHECK(end->leg->losses().stats().requested == (is_agreed ? 50 : 0));
    }
    // A NACK alone has 16 bytes, and 14 to 20 of SRTCP around it.
    if (is_agreed) CHECK((smallest <= 16 + 20) == row.has_reduced);
  }
}
