#include "voxlock/e2ee.h"

#include <cstring>
#include <string>
#include <vector>

#include "support/c_legs.h"
#include "support/vectors.h"

using namespace voxlock::test;

namespace {

using Bytes = std::vector<uint8_t>;
const Bytes kKey(24, 0x61);

voxlock_frame_cryptor_config defaults() {
  voxlock_frame_cryptor_config config;
  REQUIRE(voxlock_frame_cryptor_config_init(&config, sizeof config) == VOXLOCK_OK);
  return config;
}

voxlock_frame_cryptor* make(Host& host, const voxlock_frame_cryptor_config& config) {
  voxlock_frame_cryptor* cryptor = nullptr;
  REQUIRE(voxlock_frame_cryptor_new(host.ctx, &config, &cryptor) == VOXLOCK_OK);
  return cryptor;
}

int32_t set_key(voxlock_frame_cryptor* cryptor, uint64_t kid, int32_t kdf, uint32_t uses) {
  return voxlock_frame_cryptor_set_key(cryptor, kid, kdf, kKey.data(), kKey.size(), uses);
}

voxlock_frame_cryptor_stats stats_of(const voxlock_frame_cryptor* cryptor) {
  voxlock_frame_cryptor_stats stats{};
  stats.struct_size = sizeof stats;
  REQUIRE(voxlock_frame_cryptor_get_stats(cryptor, &stats) == VOXLOCK_OK);
  return stats;
}

}  // namespace

TEST_CASE("two hosts seal and open in both formats; sizes are told and nothing is lost") {
  for (const int32_t format : {VOXLOCK_E2EE_LIVEKIT, VOXLOCK_E2EE_SFRAME}) {
    Host host;
    voxlock_frame_cryptor_config config = defaults();
    config.format = format;
    const int32_t kdf =
        format == VOXLOCK_E2EE_LIVEKIT ? VOXLOCK_E2EE_KDF_HKDF : VOXLOCK_E2EE_KDF_NONE;
    voxlock_frame_cryptor* alice = make(host, config);
    voxlock_frame_cryptor* bob = make(host, config);
    REQUIRE(set_key(alice, 2, kdf, VOXLOCK_E2EE_SEALS) == VOXLOCK_OK);
    REQUIRE(set_key(bob, 2, kdf, VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
    const Bytes plain(60, 0x31);
    size_t len = 0;
    CHECK(voxlock_frame_cryptor_seal(alice, plain.data(), plain.size(), nullptr, 0, nullptr,
                                     &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
    REQUIRE(len == plain.size() + voxlock_frame_cryptor_max_overhead(alice));
    CHECK(voxlock_frame_cryptor_max_overhead(alice) <= VOXLOCK_E2EE_MAX_OVERHEAD);
    Bytes sealed(len);
    REQUIRE(voxlock_frame_cryptor_seal(alice, plain.data(), plain.size(), nullptr, 0, sealed.data(),
                                       &len) == VOXLOCK_OK);
    Bytes out(sealed.size());
    size_t out_len = 3;
    CHECK(voxlock_frame_cryptor_open(bob, sealed.data(), len, nullptr, 0, out.data(), &out_len) ==
          VOXLOCK_ERR_BUFFER_TOO_SMALL);
    REQUIRE(out_len == len);
    sealed[20] ^= 1;
    CHECK(voxlock_frame_cryptor_open(bob, sealed.data(), len, nullptr, 0, out.data(), &out_len) ==
          VOXLOCK_ERR_E2EE_AUTH);
    sealed[20] ^= 1;
    REQUIRE(voxlock_frame_cryptor_open(bob, sealed.data(), len, nullptr, 0, out.data(), &out_len) ==
            VOXLOCK_OK);
    out.resize(out_len);
    CHECK(out == plain);
    CHECK(stats_of(alice).sealed == 1);
    CHECK(stats_of(alice).next_counter == (format == VOXLOCK_E2EE_SFRAME ? 1 : 0));
    CHECK((stats_of(bob).opened == 1 && stats_of(bob).auth_failed == 1));
    CHECK(stats_of(bob).opening_keys == 1);
    CHECK(voxlock_frame_cryptor_remove_key(bob, 2, VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
    CHECK(voxlock_frame_cryptor_remove_key(bob, 2, VOXLOCK_E2EE_OPENS) == VOXLOCK_ERR_NOT_FOUND);
    CHECK(voxlock_frame_cryptor_open(bob, sealed.data(), len, nullptr, 0, out.data(), &out_len) ==
          VOXLOCK_ERR_E2EE_NO_KEY);
    // Any order: the context goes first.
    voxlock_context_free(host.ctx);
    host.ctx = nullptr;
    voxlock_frame_cryptor_free(alice);
    voxlock_frame_cryptor_free(bob);
    voxlock_frame_cryptor_free(nullptr);
  }
}

TEST_CASE("LiveKit: a frame made with a passphrase opens through the C functions") {
  Host host;
  voxlock_frame_cryptor_config config = defaults();
  config.clear_len = 10;
  voxlock_frame_cryptor* cryptor = make(host, config);
  const std::string passphrase = "key1";
  REQUIRE(voxlock_frame_cryptor_set_key(cryptor, 1, VOXLOCK_E2EE_KDF_PBKDF2, raw(passphrase),
                                        passphrase.size(), VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
  const Bytes frame = from_hex(
      "0102030405060708090afe605b6fbb841f0ccf8811dde974ae063225d64777c4ffffffff00000000ffffc7330c"
      "01");
  Bytes out(frame.size());
  size_t len = out.size();
  REQUIRE(voxlock_frame_cryptor_open(cryptor, frame.data(), frame.size(), nullptr, 0, out.data(),
                                     &len) == VOXLOCK_OK);
  out.resize(len);
  CHECK(out == from_hex("0102030405060708090a0b0c0d0e0f10"));
  voxlock_frame_cryptor_free(cryptor);
}

TEST_CASE("a ratcheting sender is followed through the C functions") {
  Host host;
  voxlock_frame_cryptor_config config = defaults();
  config.ratchet_window = 8;
  voxlock_frame_cryptor* alice = make(host, config);
  voxlock_frame_cryptor* bob = make(host, config);
  REQUIRE(set_key(alice, 0, VOXLOCK_E2EE_KDF_HKDF, VOXLOCK_E2EE_SEALS) == VOXLOCK_OK);
  REQUIRE(set_key(bob, 0, VOXLOCK_E2EE_KDF_HKDF, VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
  size_t left = 99;
  CHECK(voxlock_frame_cryptor_prepare(bob, 3, &left) == VOXLOCK_OK);
  CHECK(left == 5);
  CHECK(voxlock_frame_cryptor_prepare(bob, 5, nullptr) == VOXLOCK_OK);
  for (int i = 0; i < 8; ++i) REQUIRE(voxlock_frame_cryptor_ratchet(alice, 0) == VOXLOCK_OK);
  const Bytes plain(20, 1);
  Bytes sealed(80), out(80);
  size_t len = 80, out_len = 80;
  REQUIRE(voxlock_frame_cryptor_seal(alice, plain.data(), plain.size(), nullptr, 0, sealed.data(),
                                     &len) == VOXLOCK_OK);
  CHECK(voxlock_frame_cryptor_open(bob, sealed.data(), len, nullptr, 0, out.data(), &out_len) ==
        VOXLOCK_OK);
  CHECK(stats_of(bob).ratcheted == 8);
  CHECK(voxlock_frame_cryptor_ratchet(bob, 1) == VOXLOCK_ERR_NOT_FOUND);
  voxlock_frame_cryptor_free(alice);
  voxlock_frame_cryptor_free(bob);
}

TEST_CASE("bad arguments of a frame cryptor are refused with their own status") {
  struct Row {
    const char* title;
    void (*change)(voxlock_frame_cryptor_config&);
    int32_t status;
  };
  const Row rows[] = {
      {"struct_size", [](auto& c) { c.struct_size = 3; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"format", [](auto& c) { c.format = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"format beyond a byte", [](auto& c) { c.format = 257; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"ring", [](auto& c) { c.ring_size = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"clear", [](auto& c) { c.clear_len = 65; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"window", [](auto& c) { c.ratchet_window = 17; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"iterations", [](auto& c) { c.pbkdf2_iterations = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"salt NULL", [](auto& c) { c.salt_len = 4; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"trailer NULL", [](auto& c) { c.server_trailer_len = 4; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"codec", [](auto& c) { c.server_codec = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"codec L16", [](auto& c) { c.server_codec = 4; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"suite", [](auto& c) { c.sframe_suite = 9; }, VOXLOCK_ERR_UNSUPPORTED},
      {"suite below 0", [](auto& c) { c.sframe_suite = -1; }, VOXLOCK_ERR_UNSUPPORTED},
      {"frames", [](auto& c) { c.max_frames = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
  };
  Host host;
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_frame_cryptor_config config = defaults();
    row.change(config);
    auto* cryptor = reinterpret_cast<voxlock_frame_cryptor*>(&config);
    CHECK(voxlock_frame_cryptor_new(host.ctx, &config, &cryptor) == row.status);
    CHECK(cryptor == nullptr);
  }
  voxlock_frame_cryptor* cryptor = nullptr;
  CHECK(voxlock_frame_cryptor_new(nullptr, nullptr, &cryptor) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_frame_cryptor_new(host.ctx, nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  REQUIRE(voxlock_frame_cryptor_new(host.ctx, nullptr, &cryptor) == VOXLOCK_OK);
  const int32_t hkdf = VOXLOCK_E2EE_KDF_HKDF;
  CHECK(set_key(nullptr, 0, hkdf, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(set_key(cryptor, 0, 3, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(set_key(cryptor, 0, -1, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(set_key(cryptor, 0, hkdf, 4) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(set_key(cryptor, 16, hkdf, 1) == VOXLOCK_ERR_E2EE_KEY_ID);
  CHECK(set_key(cryptor, 0, VOXLOCK_E2EE_KDF_NONE, 1) == VOXLOCK_ERR_E2EE_KEY);
  CHECK(voxlock_frame_cryptor_set_key(cryptor, 0, hkdf, nullptr, 5, 1) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_frame_cryptor_set_key(cryptor, 0, hkdf, nullptr, 0, 1) == VOXLOCK_ERR_E2EE_KEY);
  CHECK(voxlock_frame_cryptor_remove_key(nullptr, 0, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_frame_cryptor_remove_key(cryptor, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_frame_cryptor_ratchet(nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_frame_cryptor_prepare(nullptr, 1, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_frame_cryptor_get_stats(cryptor, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_frame_cryptor_max_overhead(nullptr) == 0);
  CHECK(voxlock_frame_cryptor_config_init(nullptr, 8) == VOXLOCK_ERR_INVALID_ARGUMENT);
  uint8_t buffer[200] = {1};
  size_t len = 100;
  const auto seal = voxlock_frame_cryptor_seal;
  const auto open = voxlock_frame_cryptor_open;
  for (const auto call : {seal, open}) {
    CHECK(call(nullptr, buffer, 50, nullptr, 0, buffer + 100, &len) ==
          VOXLOCK_ERR_INVALID_ARGUMENT);
    CHECK(call(cryptor, nullptr, 50, nullptr, 0, buffer + 100, &len) ==
          VOXLOCK_ERR_INVALID_ARGUMENT);
    CHECK(call(cryptor, buffer, 50, nullptr, 0, buffer + 49, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
    CHECK(call(cryptor, buffer, 50, buffer + 120, 9, buffer + 100, &len) ==
          VOXLOCK_ERR_INVALID_ARGUMENT);
    CHECK(call(cryptor, buffer, 50, buffer, 9, buffer + 100, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
    CHECK(call(cryptor, buffer, 50, nullptr, 0, buffer + 100, nullptr) ==
          VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  CHECK(seal(cryptor, buffer, 50, nullptr, 0, buffer + 100, &len) == VOXLOCK_ERR_E2EE_NO_KEY);
  voxlock_frame_cryptor_free(cryptor);
}

TEST_CASE("every allocation of a frame cryptor and its keys may fail, once and for good") {
  for (const int32_t format : {VOXLOCK_E2EE_LIVEKIT, VOXLOCK_E2EE_SFRAME}) {
    for (const bool for_good : {false, true}) {
      bool is_done = false;
      for (uint64_t n = 0; !is_done; ++n) {
        Host host;
        voxlock_frame_cryptor_config config = defaults();
        config.format = format;
        config.ratchet_window = 2;
        const int32_t kdf =
            format == VOXLOCK_E2EE_LIVEKIT ? VOXLOCK_E2EE_KDF_HKDF : VOXLOCK_E2EE_KDF_NONE;
        host.allocator.fail_after(n, for_good);
        voxlock_frame_cryptor* cryptor = nullptr;
        int32_t status = voxlock_frame_cryptor_new(host.ctx, &config, &cryptor);
        if (status == VOXLOCK_OK) status = set_key(cryptor, 1, kdf, VOXLOCK_E2EE_OPENS);
        if (status == VOXLOCK_OK) status = set_key(cryptor, 2, kdf, VOXLOCK_E2EE_SEALS);
        is_done = !host.allocator.has_failed;
        CHECK(status == (is_done ? VOXLOCK_OK : VOXLOCK_ERR_NO_MEMORY));
        // Whole or not at all.
        if (cryptor != nullptr) CHECK(stats_of(cryptor).opening_keys <= 1);
        voxlock_frame_cryptor_free(cryptor);
      }
    }
  }
}

TEST_CASE("a bridge seals for its room, tells it, and keeps the cryptor that its owner freed") {
  Host host;
  voxlock_leg* phone = leg(host, 1);
  voxlock_leg* trunk = leg(host, 2);
  voxlock_leg* room = leg(host, 3);
  voxlock_leg* browser = leg(host, 4);
  voxlock_frame_cryptor* cryptor = make(host, defaults());
  voxlock_frame_cryptor* theirs = make(host, defaults());
  REQUIRE(set_key(theirs, 0, VOXLOCK_E2EE_KDF_HKDF, VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
  voxlock_bridge_config config;
  REQUIRE(voxlock_bridge_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.cryptor[1] = cryptor;
  voxlock_bridge* bridge = nullptr;
  // A bridge that was not made holds nothing.
  host.allocator.fail_after(1, false);
  CHECK(voxlock_bridge_new(host.ctx, trunk, room, &config, &bridge) == VOXLOCK_ERR_NO_MEMORY);
  host.allocator.never_fail();
  REQUIRE(voxlock_bridge_new(host.ctx, trunk, room, &config, &bridge) == VOXLOCK_OK);
  REQUIRE(set_key(cryptor, 0, VOXLOCK_E2EE_KDF_HKDF, VOXLOCK_E2EE_SEALS) == VOXLOCK_OK);
  voxlock_frame_cryptor_free(cryptor);
  agree(phone, trunk);
  agree(room, browser);
  const Bytes silence{0xf8, 0xff, 0xfe};
  voxlock_leg_media_info info{};
  info.struct_size = sizeof info;
  REQUIRE(voxlock_leg_media(phone, &info) == VOXLOCK_OK);
  Bytes out(200);
  size_t len = 0;
  for (uint32_t i = 0; i < 3; ++i) {
    REQUIRE(voxlock_leg_send(phone, info.payload_type_send, silence.data(), silence.size(), 960 * i,
                             0, 2) == VOXLOCK_OK);
    Bytes packet = datagram_of(phone, voxlock_leg_poll, 2);
    voxlock_datagram datagram{packet.data(), packet.size(), {}, 0, 0, 0};
    REQUIRE(voxlock_bridge_input(bridge, &datagram, 1, 2) == VOXLOCK_OK);
    packet = datagram_of(bridge, voxlock_bridge_poll, 2);
    datagram = {packet.data(), packet.size(), {}, 0, 0, 0};
    REQUIRE(voxlock_leg_input(browser, &datagram, 1, 2) == VOXLOCK_OK);
    const Bytes frame = datagram_of(browser, voxlock_leg_poll, 2);
    len = out.size();
    CHECK(voxlock_frame_cryptor_open(theirs, frame.data(), frame.size(), nullptr, 0, out.data(),
                                     &len) == VOXLOCK_OK);
  }
  voxlock_protection report{};
  report.struct_size = sizeof report;
  REQUIRE(voxlock_bridge_protection(bridge, &report) == VOXLOCK_OK);
  CHECK(report.scope == VOXLOCK_SCOPE_HOP_BY_HOP);
  CHECK(report.hop_scope[0] == VOXLOCK_SCOPE_HOP_BY_HOP);
  CHECK(report.hop_scope[1] == VOXLOCK_SCOPE_END_TO_END);
  CHECK(report.participant == 1);
  CHECK(std::string(report.stages[0]) == "decode,denoise,encode,seal");
  voxlock_bridge_stats stats{};
  stats.struct_size = sizeof stats;
  REQUIRE(voxlock_bridge_get_stats(bridge, &stats) == VOXLOCK_OK);
  CHECK((stats.packets_out[0] == 3 && stats.unsealed[0] == 0 && stats.unopened[1] == 0));
  for (voxlock_leg* one : {phone, trunk, room, browser}) voxlock_leg_free(one);
  voxlock_bridge_free(bridge);
  voxlock_frame_cryptor_free(theirs);
}
