// Losses between a phone and a bridge, and what is done against them: how many frames are concealed
// with and without. Virtual network and clock.
#include <map>
#include <random>

#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

struct Weather {
  uint32_t loss_percent = 10;
  uint64_t delay_ns = 20 * kNsPerMs;  // each way
  uint64_t jitter_ns = 0;
};

struct Means {
  bool has_nack = false;
  uint32_t repair_ms = 0;
  size_t red_blocks = 0;
};

struct Outcome {
  uint64_t spoken = 0;
  uint64_t lost = 0;  // on the way
  uint64_t concealed = 0;
  uint64_t recovered = 0;  // by frames that came along
  uint64_t heard = 0;      // packets of the bridge
  uint64_t feedback = 0;
  uint64_t resent = 0;
  uint64_t looks = 0;  // while something waited
  uint64_t open_blocks = 0;
  bool is_ascending = true;
};

// A phone speaks PCMU, the bridge hands it on to a room that loses nothing.
class Call {
 public:
  Call(const Weather& weather, const Means& means, uint32_t seed = 1, bool looks = false)
      : weather_(weather),
        random_(seed),
        phone_(leg_with(peer_world_, means)),
        trunk_(leg_with(world_, means)) {
    HopPlan trunk;
    trunk.has_nack = means.has_nack;
    trunk.is_rtcp_reduced = true;
    HopPlan far;
    far.codec = leg::Codec::kPcma;
    far.payload_type_to_peer = far.payload_type_from_peer = 8;
    far.key_inner = 5, far.key_outer = 6;
    for (const bool is_inner : {true, false}) {
      leg::Agreement agreed = agree(trunk, is_inner);
      if (means.red_blocks != 0) agreed.red_type_send = agreed.red_type_recv = 121;
      REQUIRE((is_inner ? trunk_ : phone_)->apply(std::move(agreed), now_));
    }
    REQUIRE(inner_->apply(agree(far, true), now_));
    REQUIRE(room_->apply(agree(far, false), now_));
    world_.allocator.tracks_blocks = looks;
    bridge::BridgeConfig config;
    config.repair_ms = {means.repair_ms, 0};
    config.random = &world_.random;
    bridge_.emplace(world_.memory, *trunk_, *inner_, config);
  }

  Outcome run(uint32_t packets) {
    for (uint32_t i = 0; i < packets; ++i) {
      leg::Outgoing fields{0, i == 0, i * 160};
      fields.is_repeatable = true;
      send_payload(*phone_, std::vector<uint8_t>(160, static_cast<uint8_t>(i)), fields, now_);
      ++out_.spoken;
      run_until(now_ + kFrame);
      if (world_.allocator.tracks_blocks) look_for_plaintext();
    }
    run_until(now_ + kNsPerSecond);
    CHECK(bridge_->hold(0).is_clean());
    out_.concealed = bridge_->lane(0)->stats().concealed;
    out_.recovered = bridge_->lane(0)->stats().recovered;
    out_.resent = phone_->stats().resent;
    return out_;
  }

 private:
  static Box<leg::Leg> leg_with(TestContext& world, const Means& means) {
    leg::LegConfig config;
    config.has_nack = means.has_nack;
    config.has_red = means.red_blocks != 0;
    config.red_blocks = means.red_blocks;
    return make_leg(world, config);
  }
  // While something waits: of the codes that were spoken last no row lies in any block of the
  // bridge's side.
  void look_for_plaintext() {
    if (bridge_->hold(0).next_deadline() == kNever) return;
    ++out_.looks;
    for (uint64_t back = 1; back <= std::min<uint64_t>(out_.spoken - 1, 12); ++back) {
      const std::vector<uint8_t> row(32, static_cast<uint8_t>(out_.spoken - back));
      out_.open_blocks += row[0] != 0 ? world_.allocator.count_blocks_with(row) : 0;
    }
  }
  void run_until(uint64_t end_ns) {
    for (;;) {
      collect();
      uint64_t next = std::min(phone_->next_deadline(), bridge_->next_deadline());
      if (!in_flight_.empty()) next = std::min(next, in_flight_.begin()->first);
      if (next > end_ns) break;
      now_ = std::max(now_, next);
      phone_->run_timers(now_);
      bridge_->run_timers(now_);
      deliver();
    }
    now_ = end_ns;
  }
  void collect() {
    for (Packet& packet : drain(*phone_)) send(std::move(packet), true);
    for (Packet& packet : drain(*trunk_)) {
      out_.feedback += packet.is_rtcp ? 1 : 0;
      send(std::move(packet), false);
    }
    for (const Packet& packet : drain(*inner_)) hear(packet);
  }
  void send(Packet packet, bool is_to_bridge) {
    // Both ways lose, feedback and what is sent again as well.
    if (random_() % 100 < weather_.loss_percent) {
      out_.lost += is_to_bridge && !packet.is_rtcp ? 1 : 0;
      return;
    }
    const uint64_t jitter = weather_.jitter_ns != 0 ? random_() % weather_.jitter_ns : 0;
    in_flight_.emplace(now_ + weather_.delay_ns + jitter,
                       std::pair(std::move(packet), is_to_bridge));
  }
  void deliver() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= now_) {
      const auto [packet, is_to_bridge] = std::move(in_flight_.begin()->second);
      in_flight_.erase(in_flight_.begin());
      if (is_to_bridge) {
        bridge_->refresh();
        bridge_->input({{packet.data, address(2, 4000)}, 0}, now_);
        REQUIRE(bridge_->airlock().is_clean());
      } else {
        std::array<uint8_t, leg::kMaxPacketLen> plain{};
        (void)phone_->receive({packet.data, address(1, 4000)}, plain, now_);
      }
    }
  }
  void hear(const Packet& packet) {
    std::array<uint8_t, leg::kMaxPacketLen> plain{};
    const auto received = room_->receive({packet.data, address(1, 4000)}, plain, now_);
    if (received.kind != leg::Received::Kind::kAudio) return;
    const auto step = static_cast<int32_t>(received.packet.timestamp - last_timestamp_);
    out_.is_ascending = out_.is_ascending && (out_.heard == 0 || step > 0);
    last_timestamp_ = received.packet.timestamp;
    ++out_.heard;
  }

  TestContext world_;
  TestContext peer_world_;
  Weather weather_;
  std::mt19937 random_;
  Box<leg::Leg> phone_;
  Box<leg::Leg> inner_ = make_leg(world_);
  Box<leg::Leg> room_ = make_leg(world_);
  Box<leg::Leg> trunk_;  // not the first of its world: the phone has that SSRC
  std::optional<bridge::Bridge> bridge_;
  uint64_t now_ = kNsPerSecond;
  std::multimap<uint64_t, std::pair<Packet, bool>> in_flight_;
  uint32_t last_timestamp_ = 0;
  Outcome out_;
};

Outcome run(const Weather& weather, const Means& means, uint32_t seed = 1) {
  return Call(weather, means, seed).run(3000);
}

}  // namespace

TEST_CASE("NACK and a wait of a round trip leave an eighth of the concealed frames, or fewer") {
  for (const uint32_t loss : {2u, 5u, 10u}) {
    for (const uint64_t jitter : {uint64_t{0}, 15 * kNsPerMs}) {
      INFO("loss " << loss << ", jitter " << jitter);
      const Weather weather{loss, 20 * kNsPerMs, jitter};
      const Outcome without = run(weather, {});
      const Outcome with = run(weather, {true, 120});
      CHECK(without.concealed >= 3000 * loss / 100 * 7 / 10);
      CHECK(with.concealed * 8 <= without.concealed);
      CHECK(with.is_ascending);
      // The last packets may be lost, with nothing behind them to show it.
      CHECK(with.heard + 3 >= with.spoken);
      CHECK(with.resent <= with.spoken / 4);
      // A request for each loss, some again, and the reports.
      CHECK(with.feedback <= with.lost * 3 / 2 + 30);
    }
  }
}

TEST_CASE("RED leaves a sixth of the concealed frames with one block, a fortieth with two") {
  for (const uint32_t loss : {2u, 5u, 10u}) {
    INFO("loss " << loss);
    const Weather weather{loss, 20 * kNsPerMs, 0};
    const Outcome without = run(weather, {});
    const Outcome one = run(weather, {false, 0, 1});
    const Outcome two = run(weather, {false, 0, 2});
    CHECK(one.concealed * 6 <= without.concealed);
    CHECK(two.concealed * 40 <= without.concealed);
    CHECK(one.recovered + one.concealed + 3 >= one.lost);
    CHECK(one.recovered > 0);
    CHECK((one.is_ascending && two.is_ascending));
    CHECK(two.heard + 3 >= two.spoken);
    CHECK(one.feedback <= 30);
  }
}

TEST_CASE("RED and NACK together leave a fortieth, and ask for what RED does not cover alone") {
  const Weather weather{10, 20 * kNsPerMs, 0};
  const Outcome without = run(weather, {});
  const Outcome alone = run(weather, {true, 120});
  const Outcome both = run(weather, {true, 120, 1});
  CHECK(both.concealed * 40 <= without.concealed);
  CHECK(both.resent * 5 <= alone.resent);
  CHECK(both.is_ascending);
}

TEST_CASE("what waits for a lost packet lies sealed in the bridge") {
  const Outcome out = Call({10, 20 * kNsPerMs, 0}, {true, 120}, 1, true).run(300);
  CHECK(out.looks > 20);
  CHECK(out.open_blocks == 0);
  CHECK(out.concealed <= 2);
}

TEST_CASE("a wait shorter than the round trip repairs nothing, and costs no frame") {
  const Weather weather{5, 60 * kNsPerMs, 0};
  const Outcome without = run(weather, {});
  const Outcome with = run(weather, {true, 40});
  // The last packets may be lost, with nothing behind them to show it.
  CHECK(with.heard + 3 >= with.spoken);
  CHECK(without.heard + 3 >= without.spoken);
  CHECK(with.concealed * 10 >= without.concealed * 8);
  CHECK(with.is_ascending);
}

TEST_CASE("without a wait NACK changes nothing of what goes on, and without loss nothing waits") {
  const Outcome none = run({5, 20 * kNsPerMs, 0}, {true, 0});
  CHECK(none.resent > 50);
  CHECK(none.concealed >= 100);
  const Outcome clean = run({0, 20 * kNsPerMs, 0}, {true, 120});
  CHECK(clean.heard == clean.spoken);
  CHECK(clean.concealed == 0);
  CHECK(clean.resent == 0);
}
