#include "voxlock/tls.h"

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"

namespace {

constexpr uint64_t kNow = 1'800'000'000;

struct Host {
  voxlock::test::TestAllocator allocator;
  voxlock_context* ctx = nullptr;
  voxlock_identity* identity = nullptr;
  std::string certificate;
  std::string key;

  Host() {
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allocator = allocator.raw();
    config.wall_time_ns = kNow * 1'000'000'000;
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
    voxlock_identity_config wanted = identity_config();
    REQUIRE(voxlock_identity_new(ctx, &wanted, &identity) == VOXLOCK_OK);
    certificate = pem(VOXLOCK_IDENTITY_CERTIFICATE);
    key = pem(VOXLOCK_IDENTITY_KEY);
  }
  ~Host() {
    voxlock_context_free(ctx);
    voxlock_identity_free(identity);
    CHECK(allocator.live_blocks == 0);
  }
  static voxlock_identity_config identity_config() {
    voxlock_identity_config config{};
    config.struct_size = sizeof config;
    config.dns_name = "a.example";
    config.not_before_s = kNow - 100;
    config.not_after_s = kNow + 100;
    return config;
  }
  std::string pem(int32_t part) {
    size_t len = 0;
    CHECK(voxlock_identity_pem(identity, part, nullptr, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
    std::string out(len, '\0');
    REQUIRE(voxlock_identity_pem(identity, part, reinterpret_cast<uint8_t*>(out.data()), &len) ==
            VOXLOCK_OK);
    return out;
  }
  voxlock_tls_settings_config settings_config(int32_t role) {
    voxlock_tls_settings_config config;
    REQUIRE(voxlock_tls_settings_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.role = role;
    const auto* raw = reinterpret_cast<const uint8_t*>(certificate.data());
    config.authorities = raw;
    config.authorities_len = certificate.size();
    config.alpn = "sip, x";
    if (role == VOXLOCK_TLS_SERVER) {
      config.certificates = raw;
      config.certificates_len = certificate.size();
      config.key = reinterpret_cast<const uint8_t*>(key.data());
      config.key_len = key.size();
    }
    return config;
  }
  int32_t connect(int32_t role, const char* name, voxlock_tls** out) {
    const voxlock_tls_settings_config config = settings_config(role);
    voxlock_tls_settings* settings = nullptr;
    int32_t status = voxlock_tls_settings_new(ctx, &config, &settings);
    if (status == VOXLOCK_OK) status = voxlock_tls_new(ctx, settings, name, out);
    voxlock_tls_settings_free(settings);
    return status;
  }
};

bool carry(voxlock_tls* from, voxlock_tls* to) {
  uint8_t wire[3000];
  size_t len = sizeof wire;
  REQUIRE(voxlock_tls_take(from, wire, &len) == VOXLOCK_OK);
  size_t consumed = 0;
  if (len != 0) CHECK(voxlock_tls_feed(to, wire, len, &consumed, 0) == VOXLOCK_OK);
  CHECK(consumed == len);
  return len != 0;
}

}  // namespace

TEST_CASE("a connection by the C ABI from hello to close_notify") {
  Host host;
  voxlock_tls* client = nullptr;
  voxlock_tls* server = nullptr;
  REQUIRE(host.connect(VOXLOCK_TLS_CLIENT, "a.example", &client) == VOXLOCK_OK);
  REQUIRE(host.connect(VOXLOCK_TLS_SERVER, nullptr, &server) == VOXLOCK_OK);
  CHECK(voxlock_tls_close(client) == VOXLOCK_ERR_WRONG_STATE);
  REQUIRE(voxlock_tls_start(client, 0) == VOXLOCK_OK);
  while (carry(client, server) || carry(server, client)) {
  }
  voxlock_tls_info info;
  info.struct_size = sizeof info;
  REQUIRE(voxlock_tls_get_info(client, &info) == VOXLOCK_OK);
  CHECK(info.state == VOXLOCK_TLS_OPEN);
  CHECK(info.is_peer_verified == 1);
  CHECK(std::string(info.alpn) == "sip");
  CHECK(std::string(info.version).substr(0, 4) == "TLS ");
  CHECK(std::string(info.peer_subject) == "CN=voxlock");
  size_t n = 0;
  REQUIRE(voxlock_tls_write(client, reinterpret_cast<const uint8_t*>("hello"), 5, &n) ==
          VOXLOCK_OK);
  REQUIRE(voxlock_tls_close(client) == VOXLOCK_OK);
  carry(client, server);
  uint8_t raw[16];
  n = sizeof raw;
  REQUIRE(voxlock_tls_read(server, raw, &n) == VOXLOCK_OK);
  CHECK(n == 5);
  n = sizeof raw;
  CHECK(voxlock_tls_read(server, raw, &n) == VOXLOCK_ERR_TLS_CLOSED);
  CHECK(voxlock_tls_end_input(server, 0) == VOXLOCK_OK);
  voxlock_tls_free(client);
  voxlock_tls_free(server);
}

TEST_CASE("NULL, sizes and ranges of the TLS functions") {
  Host host;
  size_t n = 0;
  uint8_t raw[4];
  voxlock_tls* tls = nullptr;
  CHECK(host.connect(VOXLOCK_TLS_CLIENT, nullptr, &tls) == VOXLOCK_ERR_TLS_NO_EXPECTED_NAME);
  CHECK(host.connect(VOXLOCK_TLS_CLIENT, "", &tls) == VOXLOCK_ERR_TLS_NO_EXPECTED_NAME);
  CHECK(host.connect(7, "a.example", &tls) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(tls == nullptr);
  REQUIRE(host.connect(VOXLOCK_TLS_CLIENT, "a.example", &tls) == VOXLOCK_OK);
  voxlock_tls_info info{};
  for (const int32_t status :
       {voxlock_tls_start(nullptr, 0), voxlock_tls_feed(nullptr, raw, 1, &n, 0),
        voxlock_tls_feed(tls, nullptr, 1, &n, 0), voxlock_tls_feed(tls, raw, 1, nullptr, 0),
        voxlock_tls_end_input(nullptr, 0), voxlock_tls_take(nullptr, raw, &n),
        voxlock_tls_take(tls, raw, nullptr), voxlock_tls_write(nullptr, raw, 1, &n),
        voxlock_tls_write(tls, nullptr, 1, &n), voxlock_tls_write(tls, raw, 1, nullptr),
        voxlock_tls_read(nullptr, raw, &n), voxlock_tls_read(tls, raw, nullptr),
        voxlock_tls_close(nullptr), voxlock_tls_get_info(nullptr, &info),
        voxlock_tls_get_info(tls, nullptr), voxlock_tls_settings_config_init(nullptr, 8),
        voxlock_identity_pem(nullptr, 1, raw, &n), voxlock_identity_pem(host.identity, 3, raw, &n),
        voxlock_identity_pem(host.identity, 1, raw, nullptr)}) {
    CHECK(status == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  CHECK(voxlock_tls_get_info(tls, &info) == VOXLOCK_ERR_STRUCT_SIZE);
  voxlock_tls_free(tls);
  voxlock_tls_free(nullptr);
  voxlock_tls_settings_free(nullptr);
  voxlock_identity_free(nullptr);
  voxlock_identity_config wrong = Host::identity_config();
  voxlock_identity* identity = nullptr;
  wrong.struct_size = 3;
  CHECK(voxlock_identity_new(host.ctx, &wrong, &identity) == VOXLOCK_ERR_STRUCT_SIZE);
  wrong = Host::identity_config();
  wrong.not_after_s = 1;
  CHECK(voxlock_identity_new(host.ctx, &wrong, &identity) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("structs of an older host, which end before the last fields") {
  Host host;
  voxlock_tls_settings_config config = host.settings_config(VOXLOCK_TLS_CLIENT);
  config.struct_size = static_cast<uint32_t>(offsetof(voxlock_tls_settings_config, alpn));
  voxlock_tls_settings* settings = nullptr;
  REQUIRE(voxlock_tls_settings_new(host.ctx, &config, &settings) == VOXLOCK_OK);
  voxlock_tls* tls = nullptr;
  REQUIRE(voxlock_tls_new(host.ctx, settings, "a.example", &tls) == VOXLOCK_OK);
  voxlock_tls_settings_free(settings);
  voxlock_tls_info info;
  std::memset(&info, 0x5a, sizeof info);
  info.struct_size = static_cast<uint32_t>(offsetof(voxlock_tls_info, peer_sha256));
  CHECK(voxlock_tls_get_info(tls, &info) == VOXLOCK_OK);
  CHECK(info.state == VOXLOCK_TLS_HANDSHAKE);
  CHECK(info.peer_sha256[0] == 0x5a);
  voxlock_tls_free(tls);
}

TEST_CASE("every allocation behind voxlock_identity_new may fail") {
  Host host;
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      const uint64_t before = host.allocator.live_blocks;
      host.allocator.has_failed = false;
      host.allocator.fail_after(n, for_good);
      const voxlock_identity_config config = Host::identity_config();
      voxlock_identity* identity = nullptr;
      const int32_t status = voxlock_identity_new(host.ctx, &config, &identity);
      host.allocator.never_fail();
      CHECK(status == (host.allocator.has_failed ? VOXLOCK_ERR_NO_MEMORY : VOXLOCK_OK));
      voxlock_identity_free(identity);
      CHECK(host.allocator.live_blocks == before);
      if (!host.allocator.has_failed) break;
    }
  }
}

TEST_CASE("every allocation behind the TLS functions may fail") {
  Host host;
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      const uint64_t before = host.allocator.live_blocks;
      host.allocator.has_failed = false;
      host.allocator.fail_after(n, for_good);
      voxlock_tls* tls = nullptr;
      const int32_t status = host.connect(VOXLOCK_TLS_SERVER, nullptr, &tls);
      host.allocator.never_fail();
      CHECK(status == (host.allocator.has_failed ? VOXLOCK_ERR_NO_MEMORY : VOXLOCK_OK));
      voxlock_tls_free(tls);
      CHECK(host.allocator.live_blocks == before);
      if (!host.allocator.has_failed) break;
    }
  }
}
