// When a leg reports and what its reports are made of.
#include <set>
#include <string>

#include "leg/leg.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

HopPlan plain_plan() {
  HopPlan out;
  out.is_secure = false;
  return out;
}

Box<leg::Leg> plain_leg(TestContext& world) {
  leg::LegConfig config;
  config.policy = leg::Policy::kOff;
  auto out = make_leg(world, config);
  REQUIRE(out->apply(agree(plain_plan(), true), kNsPerSecond));
  return out;
}

std::vector<uint8_t> types_of(const Packet& packet) {
  auto compound = rtp::RtcpCompound::parse(packet.data, rtp::RtcpCompound::Rule::kStrict);
  REQUIRE(compound);
  std::vector<uint8_t> out;
  while (const auto part = compound->next()) out.push_back(part->type);
  return out;
}

std::string cname_of(const Packet& packet) {
  auto compound = rtp::RtcpCompound::parse(packet.data, rtp::RtcpCompound::Rule::kStrict);
  REQUIRE(compound);
  while (const auto part = compound->next()) {
    if (part->type != rtp::kRtcpSdes) continue;
    rtp::SdesReader reader(*part);
    const auto item = reader.next();
    REQUIRE(item);
    CHECK(item->type == rtp::SdesReader::kCname);
    return std::string(item->text);
  }
  return {};
}

void speak(leg::Leg& leg, uint64_t now) {
  send_payload(leg, std::vector<uint8_t>(160), {}, now);
}

}  // namespace

TEST_CASE("RFC 3550 6.2: over hours reports come 5 s apart on average") {
  TestContext world;
  auto leg = plain_leg(world);
  uint64_t now = kNsPerSecond, reports = 0;
  const uint64_t seconds = 4 * 3600;
  for (uint64_t i = 0; i < seconds * 50; ++i, now += kFrame) {
    if (i % 50 == 0) speak(*leg, now);
    if (leg->next_deadline() <= now) leg->run_timers(now);
    for (const Packet& packet : drain(*leg)) reports += packet.is_rtcp ? 1 : 0;
  }
  const double mean = static_cast<double>(seconds) / static_cast<double>(reports);
  CHECK((mean > 4.7 && mean < 5.3));
}

TEST_CASE("RFC 3550 6.1 and RFC 7022: a report, the CNAME, and at the end a BYE") {
  TestContext world;
  auto leg = plain_leg(world);
  uint64_t now = 2 * kNsPerSecond;
  speak(*leg, now);
  (void)drain(*leg);
  const auto report = [&] {
    std::vector<Packet> out;
    while (out.empty()) {
      now = std::max(now, leg->next_deadline());
      leg->run_timers(now);
      out = drain(*leg);
    }
    REQUIRE(out.size() == 1);
    return out[0];
  };
  const Packet first = report();
  CHECK(types_of(first) == std::vector<uint8_t>{rtp::kRtcpSenderReport, rtp::kRtcpSdes});
  const std::string cname = cname_of(first);
  CHECK(cname.size() == 16);
  CHECK(
      cname.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
      std::string::npos);
  // Nothing was sent since: a receiver's report, under the same name.
  const Packet second = report();
  CHECK(types_of(second) == std::vector<uint8_t>{rtp::kRtcpReceiverReport, rtp::kRtcpSdes});
  CHECK(cname_of(second) == cname);
  leg->close(now);
  const auto last = drain(*leg);
  REQUIRE(last.size() == 1);
  CHECK(types_of(last[0]) ==
        std::vector<uint8_t>{rtp::kRtcpReceiverReport, rtp::kRtcpSdes, rtp::kRtcpBye});
  leg->run_timers(now + 100 * kNsPerSecond);
  CHECK(drain(*leg).empty());
  CHECK(leg->next_deadline() == kNever);
}

TEST_CASE("RFC 7022 4.2: names of two legs differ") {
  TestContext world;
  std::set<std::string> names;
  for (int i = 0; i < 100; ++i) names.insert(make_leg(world)->config().cname.data());
  CHECK(names.size() == 100);
}

TEST_CASE("RFC 3550 6.3.7: who never said a word says no BYE") {
  for (const bool has_spoken : {false, true}) {
    TestContext world;
    auto leg = plain_leg(world);
    if (has_spoken) speak(*leg, kNsPerSecond);
    (void)drain(*leg);
    leg->close(kNsPerSecond);
    CHECK(drain(*leg).size() == (has_spoken ? 1u : 0u));
  }
}

TEST_CASE("RFC 3556 3: a share of 0 silences reports, feedback and BYE, and each its own side") {
  struct Row {
    const char* title;
    rtp::RtcpBandwidth bandwidth;
    bool is_sender;
    bool is_allowed;
  };
  const Row rows[] = {
      {"as always", {}, true, true},
      {"none", {0, 0}, true, false},
      {"senders on the receivers' share", {0, 2400}, true, true},
      {"receivers silent, a sender", {800, 0}, true, true},
      {"receivers silent, a receiver", {800, 0}, false, false},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    TestContext world;
    HopPlan plan;
    plan.has_nack = true;
    leg::LegConfig config;
    config.has_nack = true;
    auto a = make_leg(world, config), b = make_leg(world, config);
    auto near = agree(plan, true), far = agree(plan, false);
    near.rtcp_bandwidth = row.bandwidth;
    REQUIRE(a->apply(std::move(near), 1));
    REQUIRE(b->apply(std::move(far), 1));
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    uint64_t now = kNsPerSecond;
    // Twenty seconds of speech from b, of which a misses one packet in five.
    for (uint32_t i = 0; i < 1000; ++i, now += kFrame) {
      if (row.is_sender) send_payload(*a, std::vector<uint8_t>(160), {0, false, i * 160}, now);
      send_payload(*b, std::vector<uint8_t>(160), {0, false, i * 160}, now);
      for (const Packet& packet : drain(*b))
        if (i % 5 != 2) (void)a->receive({packet.data, address(2, 4000)}, plain, now);
      a->run_timers(now);
      for (const Packet& packet : drain(*a))
        if (!packet.is_rtcp || row.is_allowed)
          (void)b->receive({packet.data, address(1, 4000)}, plain, now);
    }
    CHECK((a->stats().rtcp_out > 100) == row.is_allowed);
    CHECK((b->stats().resent > 100) == row.is_allowed);
    a->close(now);
    const auto last = drain(*a);
    CHECK(last.size() == (row.is_allowed ? 1u : 0u));
    if (!row.is_allowed) CHECK(a->stats().rtcp_out == 0);
  }
}

TEST_CASE("RFC 3556 2: less bandwidth means rarer reports, and a new agreement counts at once") {
  TestContext world;
  leg::LegConfig config;
  config.policy = leg::Policy::kOff;
  auto leg = make_leg(world, config);
  uint64_t now = kNsPerSecond;
  const auto agree_on = [&](rtp::RtcpBandwidth bandwidth) {
    auto next = agree(plain_plan(), true);
    next.rtcp_bandwidth = bandwidth;
    REQUIRE(leg->apply(std::move(next), now));
  };
  const auto reports_in = [&](uint64_t seconds) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < seconds * 50; ++i, now += kFrame) {
      if (i % 50 == 0) speak(*leg, now);
      if (leg->next_deadline() <= now) leg->run_timers(now);
      for (const Packet& packet : drain(*leg)) count += packet.is_rtcp ? 1 : 0;
    }
    return count;
  };
  agree_on({0, 0});
  CHECK(reports_in(600) == 0);
  // 8 bytes a second for reports of about 90.
  agree_on({16, 48});
  const uint64_t few = reports_in(1200);
  CHECK(few > 60);
  CHECK(few < 140);
  // Next to nothing, and then enough again.
  agree_on({1, 1});
  CHECK(reports_in(20) <= 1);
  agree_on({});
  CHECK(reports_in(60) >= 7);
}
