// Redundant audio of a leg, both ways (RFC 2198).
#include "leg/leg.h"
#include "rtp/red.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;
constexpr uint8_t kRed = 121;
using Bytes = std::vector<uint8_t>;

leg::Agreement with_red(const HopPlan& plan, bool is_inner) {
  leg::Agreement out = agree(plan, is_inner);
  out.red_type_send = out.red_type_recv = kRed;
  out.has_nack = out.is_rtcp_reduced = true;
  return out;
}

Bytes frame(uint8_t seed, size_t len = 160) {
  return Bytes(len, seed);
}

struct Pair {
  TestContext world;
  HopPlan plan;
  Box<leg::Leg> a;
  Box<leg::Leg> b;
  uint64_t now = kNsPerSecond;
  uint32_t timestamp = 0;
  std::array<uint8_t, leg::kMaxPacketLen> plain{};

  explicit Pair(size_t blocks) : a(leg_with(blocks)), b(leg_with(blocks)) {
    REQUIRE(a->apply(with_red(plan, true), now));
    REQUIRE(b->apply(with_red(plan, false), now));
  }
  Box<leg::Leg> leg_with(size_t blocks) {
    leg::LegConfig config;
    config.has_red = config.has_nack = true;
    config.red_blocks = blocks;
    return make_leg(world, config);
  }
  Packet say(const Bytes& payload, bool has_marker = false, bool is_repeatable = true,
             uint8_t type = 0) {
    now += kFrame;
    leg::Outgoing fields{type, has_marker, timestamp += 160};
    fields.is_repeatable = is_repeatable;
    Bytes packet(a->header_len(fields));
    packet.insert(packet.end(), payload.begin(), payload.end());
    REQUIRE(a->send(packet, fields, now));
    auto packets = drain(*a);
    REQUIRE(packets.size() == 1);
    return packets[0];
  }
  leg::Received give(const Packet& packet) {
    return b->receive({packet.data, address(1, 4000)}, plain, now);
  }
  uint64_t dropped(leg::Drop cause) const { return b->stats().dropped[static_cast<size_t>(cause)]; }
};

bool is_same(ByteView a, const Bytes& b) {
  return Bytes(a.begin(), a.end()) == b;
}
bool is_audio(const leg::Received& received) {
  return received.kind == leg::Received::Kind::kAudio;
}

}  // namespace

TEST_CASE("RFC 2198: a leg repeats as many frames as it is told, and its peer gets each of them") {
  for (const size_t blocks : {size_t{0}, size_t{1}, size_t{2}}) {
    INFO(blocks << " blocks");
    Pair pair(blocks);
    for (uint8_t i = 0; i < 6; ++i) {
      const leg::Received got = pair.give(pair.say(frame(i)));
      REQUIRE(is_audio(got));
      CHECK(got.packet.payload_type == 0);
      CHECK(is_same(got.packet.payload, frame(i)));
      const auto earlier = got.redundant.view();
      REQUIRE(earlier.size() == std::min<size_t>(i, blocks));
      for (size_t k = 0; k < earlier.size(); ++k) {
        const size_t back = earlier.size() - k;
        CHECK(is_same(earlier[k].data, frame(static_cast<uint8_t>(i - back))));
        CHECK(earlier[k].timestamp == got.packet.timestamp - 160 * back);
      }
    }
    CHECK(pair.a->stats().redundant_out == (blocks == 0 ? 0 : 5));
    CHECK(pair.b->stats().redundant_in == (blocks == 0 ? 0 : 5));
    CHECK(pair.a->stats().packets_out == 6);
  }
}

TEST_CASE("what must not be repeated, other formats and what was before a pause stay alone") {
  Pair pair(2);
  CHECK(is_audio(pair.give(pair.say(frame(1)))));
  CHECK(pair.give(pair.say(frame(2), false, false)).redundant.count == 0);
  // RFC 3389: no frame of the codec.
  CHECK(is_audio(pair.give(pair.say(frame(9, 1), false, true, 13))));
  CHECK(pair.give(pair.say(frame(3))).redundant.count == 1);
  CHECK(pair.give(pair.say(frame(4), true)).redundant.count == 0);
  const leg::Received next = pair.give(pair.say(frame(5)));
  REQUIRE(next.redundant.count == 1);
  CHECK(is_same(next.redundant.list[0].data, frame(4)));
}

TEST_CASE("a packet stays within 1200 bytes; a frame that is longer goes alone") {
  Pair pair(2);
  for (uint8_t i = 0; i < 4; ++i) {
    const Packet packet = pair.say(frame(i, 500));
    CHECK(packet.data.size() <= 1200 + 12 + 10);
    CHECK(pair.give(packet).redundant.count == std::min<size_t>(i, 1));
  }
  for (uint8_t i = 0; i < 3; ++i) {
    const leg::Received got = pair.give(pair.say(frame(i, 1400)));
    CHECK(is_same(got.packet.payload, frame(i, 1400)));
    CHECK(got.redundant.count == 0);
  }
  const leg::Received longest = pair.give(pair.say(frame(7, leg::kMaxPacketLen - 40)));
  CHECK(is_same(longest.packet.payload, frame(7, leg::kMaxPacketLen - 40)));
}

TEST_CASE("RFC 3550 5.1: padding alone is no frame, and no loss, under either payload type") {
  Pair pair(1);
  for (const uint8_t type : {uint8_t{0}, kRed}) {
    INFO("type " << int{type});
    CHECK(is_audio(pair.give(pair.say(frame(1)))));
    CHECK(pair.give(pair.say({}, false, false, type)).kind == leg::Received::Kind::kPadding);
    const leg::Received next = pair.give(pair.say(frame(2)));
    CHECK(is_audio(next));
    CHECK(next.lost == 0);
  }
  CHECK(pair.dropped(leg::Drop::kMalformed) == 0);
  CHECK(pair.b->stats().packets_in == 6);
  CHECK(pair.b->lost_in() == 0);
}

TEST_CASE("RFC 4585: what came along is not asked for") {
  Pair pair(1);
  for (uint8_t i = 0; i < 20; ++i) (void)pair.give(pair.say(frame(i)));
  (void)pair.say(frame(20));
  (void)pair.give(pair.say(frame(21)));
  CHECK(pair.b->losses().next_deadline() == kNever);
  // Of two, the first one is.
  (void)pair.say(frame(22));
  (void)pair.say(frame(23));
  const leg::Received got = pair.give(pair.say(frame(24)));
  CHECK(got.lost == 2);
  CHECK(pair.b->losses().is_open_before(got.index - 1));
  CHECK_FALSE(pair.b->losses().is_open_before(got.index - 2));
}

namespace {

// Payloads of RED that no sender of ours makes.
Packet packed(Pair& pair, const Bytes& payload) {
  leg::Outgoing fields{kRed, false, pair.timestamp += 160};
  Bytes packet(rtp::kFixedHeaderLen);
  packet.insert(packet.end(), payload.begin(), payload.end());
  REQUIRE(pair.a->send(packet, fields, pair.now += kFrame));
  return drain(*pair.a)[0];
}

}  // namespace

TEST_CASE("RFC 2198 3: blocks that mean nothing here are passed over, broken packets dropped") {
  Pair pair(1);
  struct Row {
    const char* title;
    Bytes payload;
    bool is_audio;
    size_t redundant;
  };
  // 0x80 | type, offset of 14 bits and length of 10; then 0 for the newest, type 0.
  const Row rows[] = {
      {"alone", {0, 1, 2, 3}, true, 0},
      {"one before", {0x80, 0x02, 0x80, 0x02, 0, 7, 7, 1, 2}, true, 1},
      {"another codec", {0x80 | 8, 0x02, 0x80, 0x02, 0, 7, 7, 1, 2}, true, 0},
      {"of the same time", {0x80, 0x00, 0x00, 0x02, 0, 7, 7, 1, 2}, true, 0},
      {"empty", {0x80, 0x02, 0x80, 0x00, 0, 1, 2}, true, 0},
      {"newer in front", {0x80, 0x02, 0x80, 0x01, 0x80, 0x05, 0x00, 0x01, 0, 7, 8, 1}, true, 1},
      {"the newest is comfort noise", {13, 40}, true, 0},
      {"the newest is of no agreed type", {8, 1, 2}, false, 0},
      {"padding alone", {}, false, 0},
      {"cut in a header", {0x80, 0x02}, false, 0},
      {"longer than it is", {0x80, 0x02, 0x80, 0x09, 0, 7, 7}, false, 0},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const leg::Received got = pair.give(packed(pair, row.payload));
    CHECK(is_audio(got) == row.is_audio);
    CHECK(got.redundant.count == row.redundant);
  }
  CHECK(pair.dropped(leg::Drop::kMalformed) == 2);
  CHECK(pair.dropped(leg::Drop::kPayloadType) == 1);
  // As many as there may be: the newest four.
  Bytes many;
  for (uint8_t i = 9; i > 0; --i) {
    const uint32_t word = uint32_t{i} * 160 << 10 | 1;
    many.insert(many.end(), {0x80, static_cast<uint8_t>(word >> 16),
                             static_cast<uint8_t>(word >> 8), static_cast<uint8_t>(word)});
  }
  many.push_back(0);
  for (uint8_t i = 0; i < 10; ++i) many.push_back(i);
  const leg::Received got = pair.give(packed(pair, many));
  REQUIRE(got.redundant.count == leg::Redundant::kMost);
  CHECK(got.redundant.list[3].data[0] == 8);
  CHECK(got.redundant.list[0].data[0] == 5);
  CHECK(got.packet.payload[0] == 9);
}

TEST_CASE("redundancy allocates nothing per packet") {
  Pair pair(2);
  const uint64_t before = pair.world.allocator.count;
  for (uint8_t i = 0; i < 20; ++i) (void)pair.give(pair.say(frame(i)));
  CHECK(pair.world.allocator.count == before);
}
