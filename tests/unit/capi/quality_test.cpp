#include "voxlock/quality.h"

#include <string_view>

#include "support/c_legs.h"

using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20'000'000;

voxlock_leg* leg_with_xr(Host& host, uint8_t last) {
  voxlock_leg_config config;
  REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
  CHECK(config.rtcp_xr == 0);
  config.rtp_address.family = 4;
  config.rtp_address.ip[0] = 192;
  config.rtp_address.ip[3] = last;
  config.rtp_address.port = 4000;
  std::memset(config.codecs, 0, sizeof config.codecs);
  config.codecs[0] = VOXLOCK_CODEC_PCMU;
  config.rtcp_xr = 1;
  voxlock_leg* out = nullptr;
  REQUIRE(voxlock_leg_new(host.ctx, &config, &out) == VOXLOCK_OK);
  return out;
}

voxlock_quality quality_of(const voxlock_leg* leg, uint32_t side) {
  voxlock_quality out;
  out.struct_size = sizeof out;
  REQUIRE(voxlock_leg_get_quality(leg, side, &out) == VOXLOCK_OK);
  return out;
}

// Carries what waits; every drop_every-th packet of media is lost, 0: none.
void pass(voxlock_leg* from, voxlock_leg* to, uint64_t now, uint32_t drop_every, uint32_t& count) {
  std::array<voxlock_media_event, 16> events{};
  std::array<uint8_t, 8192> arena{};
  size_t n = 0;
  REQUIRE(voxlock_leg_poll(from, events.data(), events.size(), &n, arena.data(), arena.size(),
                           now) == VOXLOCK_OK);
  for (size_t i = 0; i < n; ++i) {
    if (events[i].type != VOXLOCK_EV_TRANSMIT) continue;
    if (events[i].is_rtcp == 0 && drop_every != 0 && ++count % drop_every == 0) continue;
    voxlock_datagram datagram{};
    datagram.data = arena.data() + events[i].offset;
    datagram.len = events[i].len;
    datagram.source = events[i].address;
    REQUIRE(voxlock_leg_input(to, &datagram, 1, now) == VOXLOCK_OK);
  }
}

}  // namespace

TEST_CASE("quality is told by the leg that hears, and by the peer that is told") {
  Host host;
  voxlock_leg* a = leg_with_xr(host, 1);
  voxlock_leg* b = leg_with_xr(host, 2);
  agree(a, b);
  CHECK(quality_of(a, VOXLOCK_QUALITY_HEARD).is_known == 0);
  CHECK(quality_of(a, VOXLOCK_QUALITY_TOLD).is_known == 0);
  voxlock_terminal terminal;
  REQUIRE(voxlock_terminal_init(&terminal, sizeof terminal) == VOXLOCK_OK);
  terminal.concealment = VOXLOCK_CONCEALMENT_ENHANCED;
  terminal.jitter_buffer = VOXLOCK_JITTER_BUFFER_ADAPTIVE;
  terminal.buffer_nominal_ms = 60;
  terminal.delay_ms = 80;
  terminal.signal_dbm0 = -20;
  REQUIRE(voxlock_leg_set_terminal(b, &terminal) == VOXLOCK_OK);
  const std::array<uint8_t, 160> payload{};
  uint32_t count = 0;
  uint64_t now = 1'000'000'000;
  for (uint32_t i = 0; i < 1200; ++i, now += kFrame) {
    for (voxlock_leg* leg : {a, b})
      REQUIRE(voxlock_leg_send(leg, 0, payload.data(), payload.size(), i * 160, 0, now) ==
              VOXLOCK_OK);
    pass(a, b, now, 20, count);
    pass(b, a, now, 0, count);
  }
  const voxlock_quality heard = quality_of(b, VOXLOCK_QUALITY_HEARD);
  CHECK(heard.is_known == 1);
  CHECK(heard.gmin == 16);
  CHECK(heard.packets >= 1199);
  CHECK(heard.lost >= 59);
  CHECK(heard.discarded == 0);
  CHECK(heard.bursts == 0);
  CHECK(heard.loss_rate == 12);
  CHECK((heard.r_factor >= 74 && heard.r_factor <= 80));
  CHECK(heard.mos_cq <= heard.mos_lq);
  const voxlock_quality told = quality_of(a, VOXLOCK_QUALITY_TOLD);
  CHECK(told.is_known == 1);
  CHECK(told.ssrc == heard.ssrc);
  CHECK(told.concealment == VOXLOCK_CONCEALMENT_ENHANCED);
  CHECK(told.jitter_buffer == VOXLOCK_JITTER_BUFFER_ADAPTIVE);
  CHECK(told.buffer_nominal_ms == 60);
  CHECK(told.end_system_ms == 80);
  CHECK(told.signal_dbm0 == -20);
  CHECK(told.noise_dbm0 == VOXLOCK_QUALITY_UNKNOWN);
  CHECK(told.packets == 0);
  const voxlock_quality clean = quality_of(a, VOXLOCK_QUALITY_HEARD);
  CHECK(clean.loss_rate == 0);
  CHECK(clean.r_factor >= 91);
  voxlock_leg_free(a);
  voxlock_leg_free(b);
}

TEST_CASE("a terminal is checked field by field") {
  Host host;
  voxlock_leg* leg = leg_with_xr(host, 1);
  struct Row {
    const char* title;
    void (*change)(voxlock_terminal&);
    int32_t status;
  };
  const Row rows[] = {
      {"defaults", [](auto&) {}, VOXLOCK_OK},
      {"size", [](auto& t) { t.struct_size = 1; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"concealment", [](auto& t) { t.concealment = 4; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"reserved kind", [](auto& t) { t.jitter_buffer = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"kind", [](auto& t) { t.jitter_buffer = 4; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"rate", [](auto& t) { t.jitter_buffer_rate = 16; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"buffer", [](auto& t) { t.buffer_maximum_ms = 65536; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"delay", [](auto& t) { t.delay_ms = 65536; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"signal", [](auto& t) { t.signal_dbm0 = 128; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"noise", [](auto& t) { t.noise_dbm0 = -129; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"echo", [](auto& t) { t.rerl_db = 128; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"reserved", [](auto& t) { t.reserved = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_terminal terminal;
    REQUIRE(voxlock_terminal_init(&terminal, sizeof terminal) == VOXLOCK_OK);
    row.change(terminal);
    CHECK(voxlock_leg_set_terminal(leg, &terminal) == row.status);
  }
  CHECK(voxlock_leg_set_terminal(leg, nullptr) == VOXLOCK_OK);
  CHECK(voxlock_leg_set_terminal(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_terminal_init(nullptr, 8) == VOXLOCK_ERR_INVALID_ARGUMENT);
  voxlock_quality quality;
  quality.struct_size = sizeof quality;
  CHECK(voxlock_leg_get_quality(nullptr, 0, &quality) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_get_quality(leg, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_get_quality(leg, 2, &quality) == VOXLOCK_ERR_INVALID_ARGUMENT);
  quality.struct_size = 1;
  CHECK(voxlock_leg_get_quality(leg, 0, &quality) == VOXLOCK_ERR_STRUCT_SIZE);
  voxlock_leg_free(leg);
}

TEST_CASE("a bridge tells its legs what it does, and nobody else may") {
  Host host;
  voxlock_leg* trunk = leg_with_xr(host, 1);
  voxlock_leg* room = leg_with_xr(host, 2);
  voxlock_bridge* bridge = nullptr;
  REQUIRE(voxlock_bridge_new(host.ctx, trunk, room, nullptr, &bridge) == VOXLOCK_OK);
  CHECK(voxlock_leg_set_terminal(trunk, nullptr) == VOXLOCK_ERR_LEG_ATTACHED);
  CHECK(quality_of(trunk, VOXLOCK_QUALITY_HEARD).is_known == 0);
  voxlock_bridge_free(bridge);
  CHECK(voxlock_leg_set_terminal(trunk, nullptr) == VOXLOCK_OK);
  voxlock_leg_free(trunk);
  voxlock_leg_free(room);
}

TEST_CASE("a config from before rtcp_xr keeps extended reports off") {
  Host host;
  voxlock_leg_config config;
  constexpr size_t kBefore = offsetof(voxlock_leg_config, rtcp_xr);
  REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.rtp_address.family = 4;
  config.rtp_address.port = 4000;
  config.struct_size = kBefore;
  config.rtcp_xr = 1;
  voxlock_leg* leg = nullptr;
  REQUIRE(voxlock_leg_new(host.ctx, &config, &leg) == VOXLOCK_OK);
  std::array<uint8_t, 4096> offer{};
  size_t len = offer.size();
  REQUIRE(voxlock_leg_offer(leg, 0, offer.data(), &len, 1) == VOXLOCK_OK);
  const std::string_view text(reinterpret_cast<const char*>(offer.data()), len);
  CHECK(text.find("rtcp-xr") == std::string_view::npos);
  voxlock_leg_free(leg);
  config.struct_size = sizeof config;
  config.rtcp_xr = 2;
  CHECK(voxlock_leg_new(host.ctx, &config, &leg) == VOXLOCK_ERR_INVALID_ARGUMENT);
}
