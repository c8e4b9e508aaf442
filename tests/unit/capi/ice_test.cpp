#include "voxlock/ice.h"

#include <cstring>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "unit/ice/peer.h"

using namespace voxlock;
using test::RequestPlan;
using test::TestAllocator;

namespace {

constexpr char kPeerUfrag[] = "peer";
constexpr char kPeerPwd[] = "0123456789012345678901";
const voxlock_address kFrom{{198, 51, 100, 7}, 40000, 4, 0};

voxlock_ice_config config_with_local() {
  voxlock_ice_config config;
  REQUIRE(voxlock_ice_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.local_count = 2;
  config.local[0] = {{192, 0, 2, 1}, 5000, 4, 0};
  config.local[1] = {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 5000, 6, 0};
  return config;
}

struct Host {
  Host() {
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allocator = allocator.raw();
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
  }
  ~Host() {
    voxlock_ice_free(ice);
    voxlock_context_free(ctx);
  }
  void open() {
    const auto config = config_with_local();
    REQUIRE(voxlock_ice_new(ctx, &config, &ice) == VOXLOCK_OK);
  }
  [[nodiscard]] std::string local(int32_t part) const {
    std::string out(512, '\0');
    size_t len = out.size();
    REQUIRE(voxlock_ice_get_local(ice, part, reinterpret_cast<uint8_t*>(out.data()), &len) ==
            VOXLOCK_OK);
    out.resize(len);
    return out;
  }
  std::vector<uint8_t> request(bool nominate) {
    RequestPlan plan;
    plan.username = local(VOXLOCK_ICE_UFRAG) + ":" + kPeerUfrag;
    plan.password = local(VOXLOCK_ICE_PWD);
    plan.transaction_id.assign(12, ++next_id);
    plan.use_candidate = nominate;
    return test::build(plan);
  }
  // Length of the response.
  size_t send(const std::vector<uint8_t>& raw) const {
    uint8_t response[VOXLOCK_ICE_MAX_RESPONSE];
    size_t len = sizeof response;
    REQUIRE(voxlock_ice_receive(ice, raw.data(), raw.size(), &kFrom, 0, response, &len, now_ns) ==
            VOXLOCK_OK);
    return len;
  }

  TestAllocator allocator;
  voxlock_context* ctx = nullptr;
  voxlock_ice* ice = nullptr;
  uint8_t next_id = 0;
  uint64_t now_ns = 1'000'000'000;
};

voxlock_ice_info info_of(const voxlock_ice* ice) {
  voxlock_ice_info info{};
  info.struct_size = sizeof info;
  REQUIRE(voxlock_ice_get_info(ice, &info) == VOXLOCK_OK);
  return info;
}

}  // namespace

TEST_CASE("a peer checks, nominates, falls silent and comes back") {
  Host host;
  host.open();
  REQUIRE(voxlock_ice_set_remote(host.ice, kPeerUfrag, kPeerPwd) == VOXLOCK_OK);
  CHECK(voxlock_ice_is_authenticated(host.ice, 0, &kFrom) == 0);
  CHECK(host.send(host.request(false)) == 64);
  CHECK(voxlock_ice_is_authenticated(host.ice, 0, &kFrom) == 1);
  CHECK(voxlock_ice_next_deadline(host.ice) == UINT64_MAX);
  CHECK(host.send(host.request(true)) == 64);
  voxlock_ice_event events[4];
  size_t count = 9;
  REQUIRE(voxlock_ice_poll(host.ice, events, 4, &count, host.now_ns) == VOXLOCK_OK);
  REQUIRE(count == 1);
  CHECK((events[0].type == VOXLOCK_ICE_SELECTED && events[0].local == 0));
  CHECK(std::memcmp(&events[0].remote, &kFrom, sizeof kFrom) == 0);
  voxlock_ice_info info = info_of(host.ice);
  CHECK((info.is_selected == 1 && info.has_consent == 1 && info.checks == 2));
  CHECK(info.selected_remote.port == kFrom.port);
  host.now_ns = voxlock_ice_next_deadline(host.ice);
  CHECK(host.now_ns == 31'000'000'000);
  REQUIRE(voxlock_ice_poll(host.ice, nullptr, 0, &count, host.now_ns) == VOXLOCK_OK);
  CHECK(count == 0);
  REQUIRE(voxlock_ice_poll(host.ice, events, 4, &count, host.now_ns) == VOXLOCK_OK);
  REQUIRE(count == 1);
  CHECK(events[0].type == VOXLOCK_ICE_CONSENT_LOST);
  CHECK(info_of(host.ice).has_consent == 0);
  CHECK(host.send(host.request(false)) == 64);
  REQUIRE(voxlock_ice_poll(host.ice, events, 4, &count, host.now_ns) == VOXLOCK_OK);
  REQUIRE(count == 1);
  CHECK(events[0].type == VOXLOCK_ICE_CONSENT_RESTORED);
  // A stranger.
  auto forged = host.request(true);
  forged[40] ^= 1;
  CHECK(host.send(forged) == 0);
  CHECK(info_of(host.ice).not_stun == 1);
  const std::string before = host.local(VOXLOCK_ICE_UFRAG);
  REQUIRE(voxlock_ice_restart(host.ice, nullptr, nullptr) == VOXLOCK_OK);
  CHECK(host.local(VOXLOCK_ICE_UFRAG) != before);
  CHECK(info_of(host.ice).is_selected == 1);
  // Any order: the context goes first.
  voxlock_context_free(host.ctx);
  host.ctx = nullptr;
  voxlock_ice_free(host.ice);
  host.ice = nullptr;
  voxlock_ice_free(nullptr);
  CHECK(host.allocator.live_blocks == 0);
}

TEST_CASE("the local description is told") {
  Host host;
  host.open();
  CHECK(host.local(VOXLOCK_ICE_UFRAG).size() == 8);
  CHECK(host.local(VOXLOCK_ICE_PWD).size() == 32);
  CHECK(host.local(VOXLOCK_ICE_CANDIDATES)
            .find("candidate:1 1 udp 2130706431 192.0.2.1 5000 typ "
                  "host\r\ncandidate:2 1 udp") == 0);
  size_t len = 0;
  CHECK(voxlock_ice_get_local(host.ice, VOXLOCK_ICE_PWD, nullptr, &len) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(len == 32);
  CHECK(voxlock_ice_get_local(host.ice, 0, nullptr, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_get_local(host.ice, 4, nullptr, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_get_local(host.ice, 1, nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_get_local(nullptr, 1, nullptr, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  // Given credentials are used as they are.
  auto config = config_with_local();
  config.ufrag = "own+";
  config.pwd = kPeerPwd;
  voxlock_ice_free(host.ice);
  REQUIRE(voxlock_ice_new(host.ctx, &config, &host.ice) == VOXLOCK_OK);
  CHECK(host.local(VOXLOCK_ICE_UFRAG) == "own+");
  CHECK(host.local(VOXLOCK_ICE_PWD) == kPeerPwd);
}

TEST_CASE("bad arguments of the ICE functions are refused") {
  Host host;
  host.open();
  auto config = config_with_local();
  voxlock_ice* ice = host.ice;
  CHECK(voxlock_ice_config_init(nullptr, sizeof config) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_config_init(&config, 3) == VOXLOCK_ERR_STRUCT_SIZE);
  config = config_with_local();
  CHECK(voxlock_ice_new(nullptr, &config, &ice) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(ice == nullptr);
  CHECK(voxlock_ice_new(host.ctx, nullptr, &ice) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_new(host.ctx, &config, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  struct Row {
    const char* title;
    void (*spoil)(voxlock_ice_config&);
    int32_t expected;
  };
  const Row rows[] = {
      {"struct_size 0", [](auto& c) { c.struct_size = 0; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"a tail cut off", [](auto& c) { c.struct_size = offsetof(voxlock_ice_config, consent_ms); },
       VOXLOCK_OK},
      {"no candidate", [](auto& c) { c.local_count = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"nine candidates", [](auto& c) { c.local_count = 9; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"an empty candidate", [](auto& c) { c.local_count = 3; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"the same twice", [](auto& c) { c.local[1] = c.local[0]; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"half a second of consent", [](auto& c) { c.consent_ms = 500; },
       VOXLOCK_ERR_INVALID_ARGUMENT},
      {"too many errors", [](auto& c) { c.max_errors_per_s = 1001; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"only a ufrag", [](auto& c) { c.ufrag = "abcd"; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"only a pwd", [](auto& c) { c.pwd = kPeerPwd; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"a short pwd", [](auto& c) { c.ufrag = "abcd", c.pwd = "abcd"; },
       VOXLOCK_ERR_ICE_CREDENTIAL},
      {"empty texts", [](auto& c) { c.ufrag = c.pwd = ""; }, VOXLOCK_ERR_ICE_CREDENTIAL},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    config = config_with_local();
    row.spoil(config);
    ice = host.ice;
    CHECK(voxlock_ice_new(host.ctx, &config, &ice) == row.expected);
    CHECK((ice != nullptr) == (row.expected == VOXLOCK_OK));
    voxlock_ice_free(ice);
  }

  const auto raw = host.request(false);
  uint8_t response[VOXLOCK_ICE_MAX_RESPONSE];
  size_t len = sizeof response;
  const auto receive = [&](const uint8_t* data, const voxlock_address* from, uint32_t local) {
    return voxlock_ice_receive(host.ice, data, raw.size(), from, local, response, &len, 1);
  };
  CHECK(receive(nullptr, &kFrom, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(receive(raw.data(), nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(receive(raw.data(), &kFrom, 2) == VOXLOCK_ERR_INVALID_ARGUMENT);
  const voxlock_address nowhere{};
  CHECK(receive(raw.data(), &nowhere, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_receive(nullptr, raw.data(), raw.size(), &kFrom, 0, response, &len, 1) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_receive(host.ice, raw.data(), raw.size(), &kFrom, 0, response, nullptr, 1) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  len = 64;
  CHECK(receive(raw.data(), &kFrom, 0) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(len == VOXLOCK_ICE_MAX_RESPONSE);
  CHECK(receive(raw.data(), &kFrom, 0) == VOXLOCK_OK);
  CHECK(info_of(host.ice).checks == 1);

  size_t count = 0;
  voxlock_ice_event event;
  CHECK(voxlock_ice_poll(nullptr, &event, 1, &count, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_poll(host.ice, nullptr, 1, &count, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_poll(host.ice, &event, 1, nullptr, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_next_deadline(nullptr) == UINT64_MAX);
  CHECK(voxlock_ice_is_authenticated(nullptr, 0, &kFrom) == 0);
  CHECK(voxlock_ice_is_authenticated(host.ice, 0, nullptr) == 0);
  voxlock_ice_info info{};
  CHECK(voxlock_ice_get_info(host.ice, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_get_info(nullptr, &info) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_get_info(host.ice, &info) == VOXLOCK_ERR_STRUCT_SIZE);
}

TEST_CASE("what the peer's description says is checked") {
  Host host;
  host.open();
  CHECK(voxlock_ice_set_remote(nullptr, kPeerUfrag, kPeerPwd) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_set_remote(host.ice, nullptr, kPeerPwd) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_set_remote(host.ice, kPeerUfrag, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_set_remote(host.ice, "a:bc", kPeerPwd) == VOXLOCK_ERR_ICE_CREDENTIAL);
  const auto add = [&](std::string_view line) {
    const ByteView raw = as_bytes(line);
    return voxlock_ice_add_candidate(host.ice, raw.data(), raw.size());
  };
  CHECK(add("candidate:1 1 udp 1 192.0.2.9 5 typ host") == VOXLOCK_OK);
  CHECK(add("candidate:1 1 udp 1 x.local 5 typ host") == VOXLOCK_OK);
  CHECK(add("candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype active") == VOXLOCK_OK);
  CHECK(add("x") == VOXLOCK_ERR_ICE_CANDIDATE);
  CHECK(voxlock_ice_add_candidate(host.ice, nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_add_candidate(nullptr, reinterpret_cast<const uint8_t*>("x"), 1) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_restart(nullptr, nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_restart(host.ice, "abcd", nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ice_restart(host.ice, "", "") == VOXLOCK_ERR_ICE_CREDENTIAL);
  CHECK(voxlock_ice_restart(host.ice, "abcd", kPeerPwd) == VOXLOCK_OK);
  CHECK(voxlock_ice_restart(host.ice, "abcd", kPeerPwd) == VOXLOCK_ERR_ICE_CREDENTIAL);
  CHECK(host.local(VOXLOCK_ICE_UFRAG) == "abcd");
}

TEST_CASE("every allocation of an agent and of a restart may fail") {
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      Host host;
      host.allocator.fail_after(n, for_good);
      const auto config = config_with_local();
      const int32_t made = voxlock_ice_new(host.ctx, &config, &host.ice);
      const int32_t restarted =
          made == VOXLOCK_OK ? voxlock_ice_restart(host.ice, nullptr, nullptr) : VOXLOCK_OK;
      const bool has_failed = host.allocator.has_failed;
      host.allocator.never_fail();
      CHECK((made == VOXLOCK_ERR_NO_MEMORY || restarted == VOXLOCK_ERR_NO_MEMORY) == has_failed);
      CHECK((host.ice == nullptr) == (made != VOXLOCK_OK));
      if (host.ice != nullptr) CHECK(host.send(host.request(false)) == 64);
      voxlock_ice_free(host.ice);
      host.ice = nullptr;
      voxlock_context_free(host.ctx);
      host.ctx = nullptr;
      CHECK(host.allocator.live_blocks == 0);
      if (!has_failed) {
        CHECK(n >= 3);
        break;
      }
    }
  }
}

TEST_CASE("bindings find the ICE structs") {
  CHECK(voxlock_sizeof("voxlock_ice_config") == sizeof(voxlock_ice_config));
  CHECK(voxlock_sizeof("voxlock_ice_event") == 32);
  CHECK(voxlock_offsetof("voxlock_ice_info", "replayed") == offsetof(voxlock_ice_info, replayed));
  CHECK(voxlock_has("ice.lite") == 1);
}
