#include "leg/quality.h"

#include "rtp/statistics.h"
#include "support/call.h"
#include "support/negotiated.h"

using namespace voxlock;
using namespace voxlock::test;
using leg::Quality;

namespace {

constexpr uint32_t kStep = 160;

leg::QualityContext context_of(std::optional<uint64_t> rtt_ns = 40 * kNsPerMs,
                               leg::Codec codec = leg::Codec::kPcmu) {
  leg::QualityContext out;
  out.ssrc = 7;
  out.codec = codec;
  out.rtt_ns = rtt_ns;
  return out;
}

// Packets of 20 ms; every loss_every-th is missing, 0: none is.
Quality heard(uint32_t packets, uint32_t loss_every = 0) {
  Quality out;
  for (uint32_t i = 0; i < packets; ++i) {
    if (loss_every == 0 || i % loss_every != 1) out.on_packet(1000 + i, i * kStep, true);
  }
  return out;
}

leg::Terminal terminal(rtp::Concealment concealment, uint16_t delay_ms = 0) {
  leg::Terminal out;
  out.concealment = concealment;
  out.delay_ms = delay_ms;
  return out;
}

}  // namespace

TEST_CASE("G.107: G.711 without loss and with little delay is rated 93, 4.4") {
  const auto metrics = heard(500).metrics(context_of(2 * kNsPerMs));
  CHECK(metrics.r_factor == 93);
  CHECK(metrics.mos_lq == 44);
  CHECK(metrics.mos_cq == 44);
  CHECK(metrics.loss_rate == 0);
  CHECK(metrics.burst_density == 0);
  CHECK(metrics.burst_ms == 0);
  CHECK(metrics.gap_ms == 500 * 20);
  CHECK(metrics.gmin == 16);
  CHECK(metrics.external_r_factor == rtp::kXrUnknown);
}

TEST_CASE("RFC 3611 4.7: what is not known is 127, not a guess") {
  const Quality clean = heard(500), lossy = heard(500, 20);
  // Before any packet.
  CHECK(Quality().metrics(context_of()).r_factor == rtp::kXrUnknown);
  CHECK(Quality().metrics(context_of()).mos_lq == rtp::kXrUnknown);
  // A codec without a value in G.113.
  CHECK(clean.metrics(context_of(kNsPerMs, leg::Codec::kOpus)).mos_lq == rtp::kXrUnknown);
  CHECK(clean.metrics(context_of(kNsPerMs, leg::Codec::kL16)).r_factor == rtp::kXrUnknown);
  // No round trip: listening can be rated, a conversation cannot.
  const auto one_way = clean.metrics(context_of(std::nullopt));
  CHECK(one_way.round_trip_ms == 0);
  CHECK(one_way.r_factor == rtp::kXrUnknown);
  CHECK(one_way.mos_cq == rtp::kXrUnknown);
  CHECK(one_way.mos_lq == 44);
  // Losses, and nobody said what conceals them.
  CHECK(lossy.metrics(context_of()).r_factor == rtp::kXrUnknown);
  CHECK(lossy.metrics(context_of()).mos_lq == rtp::kXrUnknown);
  for (const auto& metrics : {clean.metrics(context_of()), one_way}) {
    CHECK(metrics.signal_dbm0 == rtp::kXrUnknown);
    CHECK(metrics.noise_dbm0 == rtp::kXrUnknown);
    CHECK(metrics.rerl_db == rtp::kXrUnknown);
    CHECK(metrics.end_system_ms == 0);
    CHECK(rtp::is_plausible(metrics));
  }
}

TEST_CASE("G.107 7.5: loss is rated by what conceals it") {
  Quality quality = heard(2000, 20);
  // 5 % random loss: Ie-eff is 95 * 5 / (5 + Bpl).
  struct Row {
    rtp::Concealment concealment;
    int ie_eff;
  };
  for (const Row& row : {Row{rtp::Concealment::kDisabled, 51}, Row{rtp::Concealment::kStandard, 51},
                         Row{rtp::Concealment::kEnhanced, 16}}) {
    quality.set_terminal(terminal(row.concealment));
    const auto metrics = quality.metrics(context_of(2 * kNsPerMs));
    CHECK(metrics.loss_rate == 12);
    CHECK(std::abs(int{metrics.r_factor} - (93 - row.ie_eff)) <= 1);
    CHECK(metrics.concealment == row.concealment);
    CHECK(metrics.mos_lq >= metrics.mos_cq);
  }
}

TEST_CASE("G.107 7.4: delay of both ends and of the network lowers what a conversation is like") {
  Quality quality = heard(500);
  int before = 100;
  for (const uint64_t rtt_ms : {10u, 200u, 400u, 600u, 1000u}) {
    const auto metrics = quality.metrics(context_of(rtt_ms * kNsPerMs));
    CHECK(metrics.round_trip_ms == rtt_ms);
    CHECK(metrics.r_factor < before);
    CHECK(metrics.mos_lq == 44);
    before = metrics.r_factor;
  }
  const int alone = quality.metrics(context_of(300 * kNsPerMs)).r_factor;
  quality.set_terminal(terminal(rtp::Concealment::kStandard, 100));
  const int with_ours = quality.metrics(context_of(300 * kNsPerMs)).r_factor;
  CHECK(with_ours < alone);
  rtp::VoipMetrics remote;
  remote.end_system_ms = 100;
  REQUIRE(quality.take_remote(remote));
  const int with_both = quality.metrics(context_of(300 * kNsPerMs)).r_factor;
  CHECK(with_both < with_ours);
  // (300 + 100 + 100) / 2 one way is what 500 ms of network alone would be.
  CHECK(with_both == heard(500).metrics(context_of(500 * kNsPerMs)).r_factor);
  remote.rerl_db = 20;
  REQUIRE(quality.take_remote(remote));
  CHECK(quality.metrics(context_of(300 * kNsPerMs)).r_factor < with_both);
}

TEST_CASE("RFC 3611 4.7.2: bursts and gaps have the length that their packets have") {
  Quality quality;
  uint64_t index = 100;
  const auto receive = [&](int count, uint32_t step) {
    for (; count > 0; --count, ++index)
      quality.on_packet(index, static_cast<uint32_t>(index) * step, true);
  };
  // Twice: 100 there, a burst of 10 of which 4 are missing.
  for (int i = 0; i < 2; ++i) {
    receive(100, 240);
    index += 2;
    receive(6, 240);
    index += 2;
  }
  receive(100, 240);
  const auto metrics = quality.metrics(context_of());
  CHECK(metrics.burst_ms == 10 * 30);
  CHECK(metrics.gap_ms == 100 * 30);
  CHECK(metrics.burst_density == 256 * 4 / 10);
  CHECK(metrics.gap_density == 0);
  CHECK(metrics.loss_rate == 256 * 8 / 320);
}

TEST_CASE("what starts over is counted anew") {
  Quality quality = heard(1000, 10);
  CHECK(quality.metrics(context_of()).loss_rate != 0);
  quality.begin_source();
  quality.on_packet(5, 0, true);
  quality.on_packet(6, kStep, true);
  CHECK(quality.sums().packets == 2);
  CHECK(quality.metrics(context_of()).loss_rate == 0);
}

TEST_CASE("RFC 3611 4.5: a question is answered once, the newest one") {
  Quality quality;
  CHECK(!quality.take_answer(5));
  quality.take_reference_time(8, 0, kNsPerSecond);
  quality.take_reference_time(9, 0x0000123456780000, kNsPerSecond);
  const auto answer = quality.take_answer(kNsPerSecond + kNsPerSecond / 2);
  REQUIRE(answer);
  CHECK(answer->ssrc == 9);
  CHECK(answer->last_rr == 0x12345678);
  CHECK(answer->delay_since_rr == 32768);
  CHECK(!quality.take_answer(2 * kNsPerSecond));
}

TEST_CASE("a peer's metrics with a value out of range are not taken") {
  Quality quality;
  rtp::VoipMetrics metrics;
  metrics.mos_cq = 60;
  CHECK(!quality.take_remote(metrics));
  CHECK(!quality.remote());
}

TEST_CASE("RFC 3611 5: legs tell each other what they hear, where both asked for it") {
  for (const bool has_xr : {false, true}) {
    TestContext world;
    auto config = [&](uint8_t host) {
      leg::LegConfig out = End::config_of(host, {leg::Codec::kPcmu}, 4000);
      out.has_rtcp_xr = has_xr;
      return out;
    };
    End a(world, config(1)), b(world, config(2));
    std::string answer;
    (void)b.answer(a.offer(), answer, 1);
    REQUIRE(a.negotiation.accept_answer(*a.leg, answer, 1));
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    uint64_t now = kNsPerSecond;
    const auto pass = [&](leg::Leg& from, leg::Leg& to, bool is_lost) {
      for (const Packet& packet : drain(from))
        if (!is_lost || packet.is_rtcp) (void)to.receive({packet.data, address(9, 9)}, plain, now);
    };
    for (uint32_t i = 0; i < 1500; ++i, now += 20 * kNsPerMs) {
      for (End* end : {&a, &b})
        send_payload(*end->leg, std::vector<uint8_t>(160), {0, false, i * kStep}, now);
      pass(*a.leg, *b.leg, i % 10 == 5);
      pass(*b.leg, *a.leg, false);
      for (End* end : {&a, &b}) end->leg->run_timers(now);
    }
    CHECK(a.leg->stats().rtcp_in >= 4);
    CHECK(a.leg->quality().remote().has_value() == has_xr);
    CHECK(b.leg->quality().remote().has_value() == has_xr);
    if (!has_xr) continue;
    // One in ten of those to b, as b counts it now and as a was told some time ago.
    CHECK(std::abs(int{b.leg->voip_metrics().loss_rate} - 25) <= 1);
    CHECK(std::abs(int{a.leg->quality().remote()->loss_rate} - 25) <= 3);
    CHECK(a.leg->quality().remote()->ssrc == a.leg->ssrc_send());
    CHECK(b.leg->quality().remote()->loss_rate == 0);
    CHECK(b.leg->quality().remote()->r_factor >= 92);
  }
}

TEST_CASE("RFC 3611 4.4 and 4.5: a leg that sends no media measures the round trip as well") {
  for (const bool has_xr : {false, true}) {
    TestContext world;
    HopPlan plan;
    plan.direction = leg::Direction::kRecvOnly;
    auto listener = make_leg(world), speaker = make_leg(world);
    leg::Agreement at_listener = agree(plan, true), at_speaker = agree(plan, false);
    at_listener.has_xr_rtt = at_speaker.has_xr_rtt = has_xr;
    REQUIRE(listener->apply(std::move(at_listener), 1));
    REQUIRE(speaker->apply(std::move(at_speaker), 1));
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    uint64_t now = kNsPerSecond;
    std::vector<std::pair<uint64_t, std::pair<leg::Leg*, Packet>>> flying;
    for (uint32_t i = 0; i < 2000; ++i, now += 10 * kNsPerMs) {
      if (i % 2 == 0)
        send_payload(*speaker, std::vector<uint8_t>(160), {0, false, i / 2 * kStep}, now);
      for (const auto& [at, packet] : flying) {
        if (at == now) (void)packet.first->receive({packet.second.data, address(9, 9)}, plain, now);
      }
      for (leg::Leg* leg : {listener.get(), speaker.get()}) {
        leg->run_timers(now);
        leg::Leg* to = leg == listener.get() ? speaker.get() : listener.get();
        for (const Packet& packet : drain(*leg))
          flying.push_back({now + 40 * kNsPerMs, {to, packet}});
      }
    }
    REQUIRE(listener->send_statistics().packets() == 0);
    CHECK(listener->send_statistics().has_rtt() == has_xr);
    if (has_xr) {
      const uint64_t rtt_ns = listener->send_statistics().rtt_ns();
      CHECK((rtt_ns > 79 * kNsPerMs && rtt_ns < 81 * kNsPerMs));
    }
  }
}
