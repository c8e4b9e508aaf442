// Reports of quality over a link with delay, losses in bursts and late packets: what both ends say
// is what the link did.
#include <random>

#include "rtp/emodel.h"
#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

// Two states: in the bad one a packet is lost with bad_loss percent.
struct Weather {
  uint64_t delay_ns = 50 * kNsPerMs;
  uint32_t to_bad_permille = 0;
  uint32_t to_good_permille = 0;
  uint32_t bad_loss_percent = 0;
  uint32_t late_percent = 0;  // of the packets: 50 ms later than the others
};

struct Sim {
  TestContext world;
  HopPlan plan;
  Box<leg::Leg> phone, trunk, room, far;
  bridge::Bridge bridge;
  Weather weather;
  std::mt19937 random{5};
  uint64_t now = kNsPerSecond;
  bool is_bad = false;
  uint64_t carried = 0, lost = 0, late = 0;
  uint32_t ticks = 0;
  struct Flying {
    uint64_t at;
    leg::Leg* to;  // nullptr: the bridge
    Packet packet;
  };
  std::vector<Flying> flying;

  static HopPlan far_plan() {
    HopPlan out;
    out.codec = leg::Codec::kPcma;
    out.payload_type_to_peer = out.payload_type_from_peer = 8;
    out.key_inner = 3, out.key_outer = 4;
    out.inner_host = 3, out.outer_host = 4;
    return out;
  }
  static leg::Agreement agreed(const HopPlan& plan, bool is_inner) {
    leg::Agreement out = agree(plan, is_inner);
    out.has_xr_metrics = out.has_xr_rtt = true;
    return out;
  }
  explicit Sim(const Weather& of)
      : phone(make_leg(world)),
        trunk(ready(agreed(plan, true))),
        room(ready(agreed(far_plan(), true))),
        far(ready(agreed(far_plan(), false))),
        bridge(world.memory, *trunk, *room, {}),
        weather(of) {
    REQUIRE(phone->apply(agreed(plan, false), now));
  }
  Box<leg::Leg> ready(leg::Agreement agreement) {
    auto out = make_leg(world);
    REQUIRE(out->apply(std::move(agreement), kNsPerSecond));
    return out;
  }
  bool roll(uint32_t chance, uint32_t of) { return random() % of < chance; }

  void fly_out() {
    for (Packet& packet : drain(*phone)) {
      uint64_t at = now + weather.delay_ns;
      if (!packet.is_rtcp) {
        is_bad =
            is_bad ? !roll(weather.to_good_permille, 1000) : roll(weather.to_bad_permille, 1000);
        ++carried;
        if (is_bad && roll(weather.bad_loss_percent, 100)) {
          ++lost;
          continue;
        }
        if (roll(weather.late_percent, 100)) {
          at += 50 * kNsPerMs;
          ++late;
        }
      }
      flying.push_back({at, nullptr, std::move(packet)});
    }
    for (Packet& packet : drain(*trunk))
      flying.push_back({now + weather.delay_ns, phone.get(), std::move(packet)});
    for (const Packet& packet : drain(*room)) give(*far, packet);
  }
  void give(leg::Leg& to, const Packet& packet) {
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    (void)to.receive({packet.data, address(9, 9)}, plain, now);
  }
  void land() {
    for (const Flying& flight : flying) {
      if (flight.at > now) continue;
      if (flight.to != nullptr) {
        give(*flight.to, flight.packet);
      } else {
        bridge.input({{flight.packet.data, address(2, 4000)}, 0}, now);
      }
    }
    std::erase_if(flying, [&](const Flying& flight) { return flight.at <= now; });
  }
  void run(uint32_t seconds) {
    for (const uint64_t end = now + seconds * kNsPerSecond; now < end; now += kFrame) {
      send_payload(*phone, std::vector<uint8_t>(160, 0xd5), {0, false, ticks}, now);
      send_payload(*far, std::vector<uint8_t>(160, 0xd5), {8, false, ticks}, now);
      ticks += 160;
      for (const Packet& packet : drain(*far))
        bridge.input({{packet.data, address(4, 4000)}, 1}, now);
      bridge.run_timers(now);
      phone->run_timers(now);
      far->run_timers(now);
      fly_out();
      land();
    }
  }
};

}  // namespace

TEST_CASE("a clean call of ten minutes over 50 ms is rated as G.107 says, at both ends") {
  Sim sim({});
  sim.run(600);
  const auto heard = sim.trunk->voip_metrics();
  CHECK(heard.loss_rate == 0);
  CHECK(heard.burst_density == 0);
  CHECK((heard.round_trip_ms >= 99 && heard.round_trip_ms <= 121));
  rtp::EmodelInput in;
  in.t_ms = in.ta_ms = heard.round_trip_ms / 2.0;
  in.tr_ms = heard.round_trip_ms;
  CHECK(std::abs(heard.r_factor - rtp::rate(in).r) < 1);
  CHECK(heard.concealment == rtp::Concealment::kStandard);
  CHECK(heard.jitter_buffer == rtp::JitterBuffer::kFixed);
  REQUIRE(sim.phone->quality().remote());
  CHECK(sim.phone->quality().remote()->r_factor == heard.r_factor);
  CHECK(sim.phone->quality().remote()->mos_cq == heard.mos_cq);
}

TEST_CASE("losses in bursts are told as bursts, in their measure") {
  Weather weather;
  weather.to_bad_permille = 5;
  weather.to_good_permille = 50;
  weather.bad_loss_percent = 50;
  Sim sim(weather);
  sim.run(1200);
  const auto heard = sim.trunk->voip_metrics();
  const auto sums = sim.trunk->quality().sums();
  REQUIRE(sim.lost > 1000);
  CHECK(sums.lost + 5 >= sim.lost);
  CHECK(sums.lost <= sim.lost);
  CHECK(sums.discarded == 0);
  CHECK(heard.loss_rate == sim.lost * 256 / sim.carried);
  // Half of the packets of a burst are missing, nearly none between bursts.
  CHECK((heard.burst_density > 100 && heard.burst_density < 160));
  CHECK(heard.gap_density <= 2);
  // Mean stay in the bad state: 20 packets.
  CHECK((heard.burst_ms > 200 && heard.burst_ms < 700));
  CHECK(heard.gap_ms > 2000);
  CHECK(heard.r_factor < 60);
  // And the phone knows, within one report of delay.
  REQUIRE(sim.phone->quality().remote());
  CHECK(std::abs(sim.phone->quality().remote()->loss_rate - heard.loss_rate) <= 2);
}

TEST_CASE("the same loss in bursts is rated lower than at random") {
  Weather random_loss, bursts;
  random_loss.to_bad_permille = 1000;
  random_loss.bad_loss_percent = 4;
  bursts.to_bad_permille = 4;
  bursts.to_good_permille = 96;
  bursts.bad_loss_percent = 100;
  Sim a(random_loss), b(bursts);
  a.run(1200);
  b.run(1200);
  const double loss_a = static_cast<double>(a.lost) / static_cast<double>(a.carried);
  const double loss_b = static_cast<double>(b.lost) / static_cast<double>(b.carried);
  CHECK(std::abs(loss_a - loss_b) < 0.01);
  CHECK(b.trunk->voip_metrics().mos_lq < a.trunk->voip_metrics().mos_lq);
}

TEST_CASE("RFC 3611 4.7.1: what comes too late for the bridge is discarded, not lost") {
  Weather weather;
  weather.late_percent = 3;
  Sim sim(weather);
  sim.run(300);
  const auto sums = sim.trunk->quality().sums();
  REQUIRE(sim.late > 300);
  CHECK(sums.lost <= 3);
  // One that is late right behind another late one is in order again.
  CHECK(sums.discarded <= sim.late);
  CHECK(sums.discarded >= sim.late * 9 / 10);
  CHECK(sim.trunk->stats().dropped[static_cast<size_t>(leg::Drop::kLate)] == sums.discarded);
  CHECK(sim.trunk->voip_metrics().discard_rate == sums.discarded * 256 / sums.packets);
}
