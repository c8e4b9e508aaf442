#include "voxlock/relay.h"

#include <vector>

#include "support/c_legs.h"

using namespace voxlock::test;

namespace {

// phone - trunk | relay | room - listener.
struct Call {
  Host& host;
  voxlock_leg *phone, *trunk, *room, *listener;
  voxlock_relay* relay = nullptr;
  explicit Call(Host& with)
      : host(with),
        phone(leg(with, 1)),
        trunk(leg(with, 2)),
        room(leg(with, 3)),
        listener(leg(with, 4)) {
    REQUIRE(voxlock_relay_new(host.ctx, trunk, room, nullptr, &relay) == VOXLOCK_OK);
  }
  ~Call() {
    voxlock_relay_free(relay);
    for (voxlock_leg* one : {phone, trunk, room, listener}) voxlock_leg_free(one);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  [[nodiscard]] voxlock_relay_stats stats() const {
    voxlock_relay_stats out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_relay_get_stats(relay, &out) == VOXLOCK_OK);
    return out;
  }
  [[nodiscard]] voxlock_protection protection() const {
    voxlock_protection out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_relay_protection(relay, &out) == VOXLOCK_OK);
    return out;
  }
};

}  // namespace

TEST_CASE("a relay made before its legs agree carries payloads unopened") {
  Host host;
  Call call(host);
  CHECK(call.stats().status == VOXLOCK_ERR_WRONG_STATE);
  CHECK(call.protection().scope == VOXLOCK_SCOPE_NONE);
  agree(call.phone, call.trunk);
  agree(call.room, call.listener);
  const std::vector<uint8_t> payload{0x78, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  voxlock_leg_media_info info{};
  info.struct_size = sizeof info;
  REQUIRE(voxlock_leg_media(call.phone, &info) == VOXLOCK_OK);
  for (uint32_t i = 0; i < 3; ++i) {
    REQUIRE(voxlock_leg_send(call.phone, info.payload_type_send, payload.data(), payload.size(),
                             960 * i, 0, 2) == VOXLOCK_OK);
    std::vector<uint8_t> packet = datagram_of(call.phone, voxlock_leg_poll, 2);
    voxlock_datagram datagram{packet.data(), packet.size(), {}, 0, 0, 0};
    REQUIRE(voxlock_relay_input(call.relay, &datagram, 1, 2) == VOXLOCK_OK);
    packet = datagram_of(call.relay, voxlock_relay_poll, 2);
    REQUIRE_FALSE(packet.empty());
    datagram = {packet.data(), packet.size(), {}, 0, 0, 0};
    REQUIRE(voxlock_leg_input(call.listener, &datagram, 1, 2) == VOXLOCK_OK);
    CHECK(datagram_of(call.listener, voxlock_leg_poll, 2) == payload);
  }
  CHECK(call.stats().status == VOXLOCK_OK);
  CHECK(call.stats().packets_out[VOXLOCK_FORWARD] == 3);
  CHECK(call.stats().packets_in[VOXLOCK_BACKWARD] == 0);
  CHECK(call.protection().scope == VOXLOCK_SCOPE_END_TO_END);
  CHECK(call.protection().content_opened[0] == 0);
  CHECK(call.protection().stages[0][0] == 0);
  REQUIRE(voxlock_leg_set_signalling(call.room, VOXLOCK_SIGNALLING_VERIFIED, "sfu.example.net") ==
          VOXLOCK_OK);
  (void)datagram_of(call.relay, voxlock_relay_poll, 2);
  CHECK(std::string(call.protection().peer_name[1]) == "sfu.example.net");
  CHECK(voxlock_relay_next_deadline(call.relay) != UINT64_MAX);
  CHECK(voxlock_relay_close(call.relay, 3) == VOXLOCK_OK);
}

TEST_CASE("a stage cannot get to sealed content: a bridge on a relay's leg is refused") {
  Host host;
  Call call(host);
  voxlock_bridge* bridge = reinterpret_cast<voxlock_bridge*>(&call);
  CHECK(voxlock_bridge_new(host.ctx, call.trunk, call.phone, nullptr, &bridge) ==
        VOXLOCK_ERR_OPAQUE);
  CHECK(bridge == nullptr);
  CHECK(voxlock_bridge_new(host.ctx, call.phone, call.room, nullptr, &bridge) ==
        VOXLOCK_ERR_OPAQUE);
  voxlock_relay* second = nullptr;
  CHECK(voxlock_relay_new(host.ctx, call.trunk, call.phone, nullptr, &second) ==
        VOXLOCK_ERR_LEG_ATTACHED);
  CHECK(voxlock_leg_input(call.trunk, nullptr, 0, 1) == VOXLOCK_ERR_LEG_ATTACHED);
  // Free again, they can be bridged.
  voxlock_relay_free(call.relay);
  call.relay = nullptr;
  REQUIRE(voxlock_bridge_new(host.ctx, call.trunk, call.room, nullptr, &bridge) == VOXLOCK_OK);
  CHECK(voxlock_relay_new(host.ctx, call.trunk, call.phone, nullptr, &second) ==
        VOXLOCK_ERR_LEG_ATTACHED);
  voxlock_bridge_free(bridge);
}

TEST_CASE("different codecs are refused with their own status") {
  Host host;
  voxlock_leg* legs[] = {leg(host, 1), leg(host, 2), leg(host, 3, VOXLOCK_CODEC_PCMA),
                         leg(host, 4, VOXLOCK_CODEC_PCMA)};
  agree(legs[0], legs[1]);
  agree(legs[2], legs[3]);
  voxlock_relay* relay = nullptr;
  CHECK(voxlock_relay_new(host.ctx, legs[1], legs[2], nullptr, &relay) == VOXLOCK_ERR_RELAY_CODEC);
  CHECK(relay == nullptr);
  // The refusal has not taken the legs.
  CHECK(voxlock_leg_input(legs[1], nullptr, 0, 1) == VOXLOCK_OK);
  for (voxlock_leg* one : legs) voxlock_leg_free(one);
}

TEST_CASE("bad arguments of a relay are refused, any order of freeing is allowed") {
  struct Row {
    const char* title;
    void (*change)(voxlock_relay_config&);
    int32_t status;
  };
  const Row rows[] = {
      {"struct_size", [](auto& c) { c.struct_size = 3; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"digits", [](auto& c) { c.digits = 2; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"levels", [](auto& c) { c.levels = -1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"sealed", [](auto& c) { c.is_sealed = 2; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"level id", [](auto& c) { c.level_id[1] = 15; }, VOXLOCK_ERR_INVALID_ARGUMENT},
  };
  Host host;
  voxlock_leg* a = leg(host, 1);
  voxlock_leg* b = leg(host, 2);
  voxlock_relay* relay = nullptr;
  voxlock_relay_config config;
  for (const Row& row : rows) {
    INFO(row.title);
    REQUIRE(voxlock_relay_config_init(&config, sizeof config) == VOXLOCK_OK);
    row.change(config);
    CHECK(voxlock_relay_new(host.ctx, a, b, &config, &relay) == row.status);
  }
  CHECK(voxlock_relay_new(host.ctx, a, a, nullptr, &relay) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_relay_new(nullptr, a, b, nullptr, &relay) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_relay_new(host.ctx, a, b, nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  size_t n = 0;
  CHECK(voxlock_relay_config_init(nullptr, 8) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_relay_input(nullptr, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_relay_poll(nullptr, nullptr, 0, &n, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_relay_next_deadline(nullptr) == UINT64_MAX);
  CHECK(voxlock_relay_close(nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_relay_protection(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_relay_get_stats(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  voxlock_relay_free(nullptr);
  // With an allocation that fails the legs stay free.
  host.allocator.fail_after(0, false);
  CHECK(voxlock_relay_new(host.ctx, a, b, nullptr, &relay) == VOXLOCK_ERR_NO_MEMORY);
  host.allocator.never_fail();
  REQUIRE(voxlock_relay_new(host.ctx, a, b, nullptr, &relay) == VOXLOCK_OK);
  voxlock_leg_free(a);
  voxlock_leg_free(b);
  voxlock_relay_free(relay);
}

TEST_CASE("a port of frames, which have no numbers, is not relayed; one of packets is") {
  for (const bool is_framed : {true, false}) {
    Host host;
    voxlock_port_config config;
    REQUIRE(voxlock_port_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.codec = VOXLOCK_CODEC_OPUS;
    config.format = is_framed ? VOXLOCK_PORT_FRAMES : VOXLOCK_PORT_RTP;
    voxlock_leg* port = nullptr;
    REQUIRE(voxlock_port_new(host.ctx, &config, &port) == VOXLOCK_OK);
    voxlock_leg* trunk = leg(host, 1);
    voxlock_relay* relay = nullptr;
    CHECK(voxlock_relay_new(host.ctx, trunk, port, nullptr, &relay) ==
          (is_framed ? VOXLOCK_ERR_UNSUPPORTED : VOXLOCK_OK));
    voxlock_leg_free(trunk);
    voxlock_leg_free(port);
    voxlock_relay_free(relay);
  }
}
