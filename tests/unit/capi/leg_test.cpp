#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "voxlock/voxlock.h"

using voxlock::test::TestAllocator;

namespace {

voxlock_leg_config leg_config(uint8_t host) {
  voxlock_leg_config config;
  REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.rtp_address.family = 4;
  const uint8_t ip[4] = {192, 0, 2, host};
  std::memcpy(config.rtp_address.ip, ip, sizeof ip);
  config.rtp_address.port = 4000;
  return config;
}

struct World {
  TestAllocator allocator;
  voxlock_context* ctx = nullptr;
  World() {
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allocator = allocator.raw();
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
  }
  ~World() {
    voxlock_context_free(ctx);
    CHECK(allocator.live_blocks == 0);
  }
  voxlock_leg* leg(const voxlock_leg_config& config) const {
    voxlock_leg* out = nullptr;
    REQUIRE(voxlock_leg_new(ctx, &config, &out) == VOXLOCK_OK);
    return out;
  }
};

// Offer and answer between two legs.
void join(voxlock_leg* offerer, voxlock_leg* answerer, uint32_t flags = 0) {
  std::array<uint8_t, 4096> offer;
  std::array<uint8_t, 4096> answer;
  size_t offer_len = offer.size();
  size_t answer_len = answer.size();
  REQUIRE(voxlock_leg_offer(offerer, flags, offer.data(), &offer_len, 1) == VOXLOCK_OK);
  voxlock_verdict verdict;
  verdict.struct_size = sizeof verdict;
  REQUIRE(voxlock_leg_answer(answerer, offer.data(), offer_len, answer.data(), &answer_len,
                             &verdict, 1) == VOXLOCK_OK);
  REQUIRE(verdict.kind != VOXLOCK_REFUSED);
  REQUIRE(voxlock_leg_accept_answer(offerer, answer.data(), answer_len, &verdict, 1) == VOXLOCK_OK);
  REQUIRE(verdict.kind != VOXLOCK_REFUSED);
}

struct Polled {
  std::vector<voxlock_media_event> events;
  std::vector<uint8_t> arena = std::vector<uint8_t>(16384);
};

Polled poll_leg(voxlock_leg* leg, uint64_t now) {
  Polled out;
  out.events.resize(64);
  size_t count = 0;
  REQUIRE(voxlock_leg_poll(leg, out.events.data(), 64, &count, out.arena.data(), out.arena.size(),
                           now) == VOXLOCK_OK);
  out.events.resize(count);
  return out;
}

}  // namespace

TEST_CASE("a leg's config is checked field by field") {
  World world;
  struct Row {
    const char* title;
    void (*change)(voxlock_leg_config&);
    int32_t status;
  };
  const Row rows[] = {
      {"size", [](auto& c) { c.struct_size = 1; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"policy", [](auto& c) { c.srtp_policy = 3; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"suite", [](auto& c) { c.suites[0] = 7; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"suite hole", [](auto& c) { c.suites[1] = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"codec", [](auto& c) { c.codecs[0] = 5; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"no codec", [](auto& c) { std::memset(c.codecs, 0, sizeof c.codecs); },
       VOXLOCK_ERR_INVALID_ARGUMENT},
      {"ptime", [](auto& c) { c.ptime_ms = 25; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"address", [](auto& c) { c.rtp_address.family = 5; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"port", [](auto& c) { c.rtp_address.port = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"mux", [](auto& c) { c.rtcp_mux = 2; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"signalling", [](auto& c) { c.signalling = -1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"bitrate", [](auto& c) { c.opus_bitrate = 5999; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"queue", [](auto& c) { c.queue_bytes = 4095; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"cname", [](auto& c) { c.cname = ""; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"nack", [](auto& c) { c.nack = 3; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"nack without keys", [](auto& c) { c.nack = 1, c.srtp_policy = VOXLOCK_SRTP_OFF; },
       VOXLOCK_ERR_INVALID_ARGUMENT},
      {"transport cc", [](auto& c) { c.transport_cc = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"extensions", [](auto& c) { c.extensions = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"red", [](auto& c) { c.red = 2; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"red blocks", [](auto& c) { c.red_blocks = 3; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"rsize", [](auto& c) { c.rtcp_rsize = 2; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"reserved", [](auto& c) { c.reserved = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_leg_config config = leg_config(1);
    row.change(config);
    auto* leg = reinterpret_cast<voxlock_leg*>(&config);
    CHECK(voxlock_leg_new(world.ctx, &config, &leg) == row.status);
    CHECK(leg == nullptr);
  }
}

TEST_CASE("legs and bridges refuse NULL") {
  size_t n = 0;
  CHECK(voxlock_leg_config_init(nullptr, 8) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_config_init(nullptr, 8) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_new(nullptr, nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_answer(nullptr, nullptr, 0, nullptr, &n, nullptr, 0) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_offer(nullptr, 0, nullptr, &n, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_accept_answer(nullptr, nullptr, 0, nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_rollback(nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_media(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_input(nullptr, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_send(nullptr, 0, nullptr, 0, 0, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_poll(nullptr, nullptr, 0, &n, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_next_deadline(nullptr) == UINT64_MAX);
  CHECK(voxlock_leg_close(nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_leg_get_stats(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_new(nullptr, nullptr, nullptr, nullptr, nullptr) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_input(nullptr, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_poll(nullptr, nullptr, 0, &n, nullptr, 0, 0) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_next_deadline(nullptr) == UINT64_MAX);
  CHECK(voxlock_bridge_close(nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_protection(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_get_stats(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  voxlock_leg_free(nullptr);
  voxlock_bridge_free(nullptr);
}

TEST_CASE("two legs agree and carry payloads") {
  World world;
  voxlock_leg* a = world.leg(leg_config(1));
  voxlock_leg* b = world.leg(leg_config(2));
  voxlock_leg_media_info info;
  info.struct_size = sizeof info;
  CHECK(voxlock_leg_media(a, &info) == VOXLOCK_ERR_WRONG_STATE);
  const uint8_t payload[] = {1, 2, 3};
  CHECK(voxlock_leg_send(a, 0, payload, 3, 0, 0, 1) == VOXLOCK_ERR_WRONG_STATE);
  join(a, b);
  REQUIRE(voxlock_leg_media(a, &info) == VOXLOCK_OK);
  CHECK(info.codec == VOXLOCK_CODEC_OPUS);
  CHECK(info.is_secure == 1);
  CHECK(info.suite_send == info.suite_recv);
  REQUIRE(voxlock_leg_send(a, info.payload_type_send, payload, 3, 0, 1, 1) == VOXLOCK_OK);
  const Polled sent = poll_leg(a, 1);
  REQUIRE(sent.events.size() == 1);
  REQUIRE(sent.events[0].type == VOXLOCK_EV_TRANSMIT);
  voxlock_datagram datagram{
      sent.arena.data() + sent.events[0].offset, sent.events[0].len, {}, 0, 0, 0};
  CHECK(voxlock_leg_input(b, &datagram, 1, 1) == VOXLOCK_OK);
  size_t count = 9;
  voxlock_media_event event;
  CHECK(voxlock_leg_poll(b, &event, 1, &count, nullptr, 0, 1) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(count == 0);
  const Polled got = poll_leg(b, 1);
  REQUIRE(got.events.size() == 1);
  CHECK(got.events[0].type == VOXLOCK_EV_PAYLOAD);
  CHECK(got.events[0].marker == 1);
  CHECK(std::memcmp(got.arena.data() + got.events[0].offset, payload, 3) == 0);
  voxlock_leg_free(a);
  voxlock_leg_free(b);
}

TEST_CASE("a bridge drives its legs, outlives their handles and tells the protection") {
  World world;
  voxlock_leg_config inner = leg_config(1);
  inner.signalling = VOXLOCK_SIGNALLING_VERIFIED;
  voxlock_leg* phone = world.leg(leg_config(2));
  voxlock_leg* trunk = world.leg(inner);
  voxlock_leg* room = world.leg(leg_config(3));
  voxlock_leg* listener = world.leg(leg_config(4));
  voxlock_bridge* bridge = nullptr;
  CHECK(voxlock_bridge_new(world.ctx, trunk, trunk, nullptr, &bridge) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  REQUIRE(voxlock_bridge_new(world.ctx, trunk, room, nullptr, &bridge) == VOXLOCK_OK);
  voxlock_bridge* second = nullptr;
  CHECK(voxlock_bridge_new(world.ctx, trunk, phone, nullptr, &second) == VOXLOCK_ERR_LEG_ATTACHED);
  CHECK(voxlock_leg_input(trunk, nullptr, 0, 1) == VOXLOCK_ERR_LEG_ATTACHED);
  join(phone, trunk);
  join(room, listener);
  Polled polled;
  polled.events.resize(8);
  size_t count = 0;
  REQUIRE(voxlock_bridge_poll(bridge, polled.events.data(), 8, &count, polled.arena.data(), 16384,
                              1) == VOXLOCK_OK);
  REQUIRE(count == 1);
  CHECK(polled.events[0].type == VOXLOCK_EV_PROTECTION);
  voxlock_protection protection;
  protection.struct_size = sizeof protection;
  REQUIRE(voxlock_bridge_protection(bridge, &protection) == VOXLOCK_OK);
  CHECK(protection.scope == VOXLOCK_SCOPE_HOP_BY_HOP);
  CHECK(protection.peer_verified[0] == 1);
  CHECK(protection.peer_verified[1] == 0);
  CHECK(std::string(protection.stages[VOXLOCK_FORWARD]) == "decode,denoise,encode");
  voxlock_leg_free(trunk);
  voxlock_leg_free(room);
  voxlock_bridge_stats stats;
  stats.struct_size = sizeof stats;
  CHECK(voxlock_bridge_get_stats(bridge, &stats) == VOXLOCK_OK);
  const voxlock_datagram wrong{nullptr, 0, {}, 2, 0, 0};
  CHECK(voxlock_bridge_input(bridge, &wrong, 1, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_bridge_close(bridge, 2) == VOXLOCK_OK);
  voxlock_bridge_free(bridge);
  voxlock_leg_free(phone);
  voxlock_leg_free(listener);
}

TEST_CASE(
    "whom the signalling reached is told as the host verified it, and each change is an event") {
  World world;
  voxlock_leg* phone = world.leg(leg_config(2));
  voxlock_leg* trunk = world.leg(leg_config(1));
  voxlock_leg* room = world.leg(leg_config(3));
  voxlock_leg* listener = world.leg(leg_config(4));
  voxlock_bridge* bridge = nullptr;
  REQUIRE(voxlock_bridge_new(world.ctx, trunk, room, nullptr, &bridge) == VOXLOCK_OK);
  join(phone, trunk);
  join(room, listener);
  // How often a change was told, and what the report says of the trunk.
  const auto told = [&] {
    Polled polled;
    polled.events.resize(8);
    size_t count = 0;
    REQUIRE(voxlock_bridge_poll(bridge, polled.events.data(), 8, &count, polled.arena.data(), 16384,
                                1) == VOXLOCK_OK);
    voxlock_protection now;
    now.struct_size = sizeof now;
    REQUIRE(voxlock_bridge_protection(bridge, &now) == VOXLOCK_OK);
    CHECK(std::string(now.peer_name[1]).empty());
    CHECK(now.key_exchange[0] == VOXLOCK_KEYS_SDES);
    return std::to_string(count) + " " + std::to_string(now.signalling[0]) + " " +
           std::to_string(now.peer_verified[0]) + " " + now.peer_name[0];
  };
  const int32_t verified = VOXLOCK_SIGNALLING_VERIFIED;
  CHECK(told() == "1 0 0 ");
  CHECK(voxlock_leg_set_signalling(trunk, verified, "sip.example.net") == VOXLOCK_OK);
  CHECK(told() == "1 3 1 sip.example.net");
  CHECK(voxlock_leg_set_signalling(trunk, verified, "sip.example.net") == VOXLOCK_OK);
  CHECK(told() == "0 3 1 sip.example.net");
  CHECK(voxlock_leg_set_signalling(trunk, verified, "CN=carrier.example, O=Carrier") == VOXLOCK_OK);
  CHECK(told() == "1 3 1 CN=carrier.example, O=Carrier");
  // Nothing is claimed that was not verified, and an error changes nothing.
  const std::string long_name(256, 'a');
  for (const char* name : {"", "a\tb", "a\x80", long_name.c_str()}) {
    INFO(name);
    CHECK(voxlock_leg_set_signalling(trunk, verified, name) == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  for (const int32_t signalling : {-1, VOXLOCK_SIGNALLING_UNKNOWN, VOXLOCK_SIGNALLING_PLAIN,
                                   VOXLOCK_SIGNALLING_TLS, verified + 1}) {
    INFO(signalling);
    CHECK(voxlock_leg_set_signalling(trunk, signalling, "a") == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  CHECK(voxlock_leg_set_signalling(nullptr, verified, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(told() == "0 3 1 CN=carrier.example, O=Carrier");
  CHECK(voxlock_leg_set_signalling(trunk, verified, long_name.c_str() + 1) == VOXLOCK_OK);
  CHECK(told() == "1 3 1 " + long_name.substr(1));
  CHECK(voxlock_leg_set_signalling(trunk, VOXLOCK_SIGNALLING_TLS, nullptr) == VOXLOCK_OK);
  CHECK(told() == "1 2 0 ");
  voxlock_bridge_free(bridge);
  for (voxlock_leg* leg : {phone, trunk, room, listener}) voxlock_leg_free(leg);
}

TEST_CASE("every allocation of an offer, an answer and its acceptance may fail: nothing changed") {
  for (const bool for_good : {false, true}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      World world;
      voxlock_leg* a = world.leg(leg_config(1));
      voxlock_leg* b = world.leg(leg_config(2));
      bool has_failed = false;
      // The first agreement, then a rekey.
      for (const uint32_t flags : {0u, VOXLOCK_OFFER_REKEY}) {
        std::array<uint8_t, 4096> offer;
        std::array<uint8_t, 4096> answer;
        size_t offer_len = offer.size();
        voxlock_verdict verdict;
        verdict.struct_size = sizeof verdict;
        REQUIRE(voxlock_leg_offer(a, flags, offer.data(), &offer_len, 1) == VOXLOCK_OK);
        const auto generation = [](const voxlock_leg* leg) {
          voxlock_leg_media_info info;
          info.struct_size = sizeof info;
          return voxlock_leg_media(leg, &info) == VOXLOCK_OK ? info.generation : 0;
        };
        const auto twice = [&](voxlock_leg* leg, auto&& step) {
          const uint32_t before = generation(leg);
          world.allocator.fail_after(n, for_good);
          const int32_t status = step();
          world.allocator.never_fail();
          if (status == VOXLOCK_OK) return;
          has_failed = true;
          CHECK(status == VOXLOCK_ERR_NO_MEMORY);
          CHECK(generation(leg) == before);
          CHECK(step() == VOXLOCK_OK);
          CHECK(generation(leg) == before + 1);
          CHECK(verdict.kind == (flags == 0 ? VOXLOCK_CONTINUED : VOXLOCK_REKEYED));
        };
        size_t answer_len = 0;
        twice(b, [&] {
          answer_len = answer.size();
          return voxlock_leg_answer(b, offer.data(), offer_len, answer.data(), &answer_len,
                                    &verdict, 1);
        });
        twice(a,
              [&] { return voxlock_leg_accept_answer(a, answer.data(), answer_len, &verdict, 1); });
        voxlock_leg_media_info info;
        info.struct_size = sizeof info;
        REQUIRE(voxlock_leg_media(a, &info) == VOXLOCK_OK);
        const uint8_t payload[] = {1, 2, 3};
        REQUIRE(voxlock_leg_send(a, info.payload_type_send, payload, 3, 0, 0, 1) == VOXLOCK_OK);
        const Polled sent = poll_leg(a, 1);
        const voxlock_datagram datagram{sent.arena.data(), sent.events[0].len, {}, 0, 0, 0};
        REQUIRE(voxlock_leg_input(b, &datagram, 1, 1) == VOXLOCK_OK);
        CHECK(poll_leg(b, 1).events.size() == 1);
      }
      is_done = !has_failed;
      voxlock_leg_free(a);
      voxlock_leg_free(b);
    }
  }
}

TEST_CASE("a bridge whose stages do not work is not made") {
  World world;
  voxlock_leg* trunk = world.leg(leg_config(1));
  voxlock_leg* room = world.leg(leg_config(2));
  voxlock_leg* phone = world.leg(leg_config(3));
  voxlock_leg* listener = world.leg(leg_config(4));
  for (const bool is_agreed : {false, true}) {
    if (is_agreed) {
      join(phone, trunk);
      join(room, listener);
    }
    voxlock_stage stage;
    REQUIRE(voxlock_stage_init(&stage, sizeof stage, VOXLOCK_STAGE_HOST) == VOXLOCK_OK);
    voxlock_bridge_config config;
    REQUIRE(voxlock_bridge_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.stage_count[VOXLOCK_BACKWARD] = 1;
    config.stages[VOXLOCK_BACKWARD] = &stage;
    const uint64_t blocks = world.allocator.live_blocks;
    auto* bridge = reinterpret_cast<voxlock_bridge*>(trunk);
    const int32_t status = voxlock_bridge_new(world.ctx, trunk, room, &config, &bridge);
    CHECK(status != VOXLOCK_OK);
    CHECK(status != VOXLOCK_ERR_NO_MEMORY);
    CHECK(bridge == nullptr);
    REQUIRE(voxlock_stage_init(&stage, sizeof stage, VOXLOCK_STAGE_RESAMPLE) == VOXLOCK_OK);
    stage.out_rate = 44100;
    CHECK(voxlock_bridge_new(world.ctx, trunk, room, &config, &bridge) < 0);
    CHECK(world.allocator.live_blocks == blocks);
    // The legs are free still.
    CHECK(voxlock_leg_input(trunk, nullptr, 0, 1) == VOXLOCK_OK);
  }
  for (voxlock_leg* leg : {trunk, room, phone, listener}) voxlock_leg_free(leg);
}

TEST_CASE("every allocation of a bridge may fail") {
  for (const bool for_good : {false, true}) {
    World world;
    voxlock_leg* trunk = world.leg(leg_config(1));
    voxlock_leg* room = world.leg(leg_config(2));
    voxlock_leg* phone = world.leg(leg_config(3));
    voxlock_leg* listener = world.leg(leg_config(4));
    join(phone, trunk);
    join(room, listener);
    const uint64_t blocks = world.allocator.live_blocks;
    int32_t status = VOXLOCK_ERR_NO_MEMORY;
    for (uint64_t n = 0; status != VOXLOCK_OK; ++n) {
      world.allocator.fail_after(n, for_good);
      voxlock_bridge* bridge = nullptr;
      status = voxlock_bridge_new(world.ctx, trunk, room, nullptr, &bridge);
      world.allocator.never_fail();
      CHECK((status == VOXLOCK_OK || status == VOXLOCK_ERR_NO_MEMORY));
      CHECK((bridge != nullptr) == (status == VOXLOCK_OK));
      if (bridge == nullptr) CHECK(world.allocator.live_blocks == blocks);
      voxlock_bridge_free(bridge);
    }
    for (voxlock_leg* leg : {trunk, room, phone, listener}) voxlock_leg_free(leg);
  }
}

TEST_CASE("a payload tells how many packets are missing before it") {
  World world;
  voxlock_leg* a = world.leg(leg_config(1));
  voxlock_leg* b = world.leg(leg_config(2));
  join(a, b);
  voxlock_leg_media_info info;
  info.struct_size = sizeof info;
  REQUIRE(voxlock_leg_media(a, &info) == VOXLOCK_OK);
  const uint8_t payload[] = {1, 2, 3};
  for (uint32_t i = 0; i < 6; ++i) {
    REQUIRE(voxlock_leg_send(a, info.payload_type_send, payload, 3, i * 960, 0, 1) == VOXLOCK_OK);
  }
  const Polled sent = poll_leg(a, 1);
  for (const size_t i : {size_t{0}, size_t{3}, size_t{3}, size_t{4}}) {
    const voxlock_datagram datagram{
        sent.arena.data() + sent.events[i].offset, sent.events[i].len, {}, 0, 0, 0};
    REQUIRE(voxlock_leg_input(b, &datagram, 1, 1) == VOXLOCK_OK);
  }
  const Polled got = poll_leg(b, 1);
  REQUIRE(got.events.size() == 3);
  CHECK(got.events[0].lost == 0);
  CHECK(got.events[1].lost == 2);
  CHECK(got.events[2].lost == 0);
  voxlock_leg_stats stats;
  stats.struct_size = sizeof stats;
  REQUIRE(voxlock_leg_get_stats(b, &stats) == VOXLOCK_OK);
  CHECK(stats.duplicates_in == 1);
  voxlock_leg_free(a);
  voxlock_leg_free(b);
}
