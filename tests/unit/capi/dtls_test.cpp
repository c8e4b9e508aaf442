#include "voxlock/dtls.h"

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "voxlock/srtp.h"

namespace {

constexpr uint64_t kNow = 1'800'000'000;

struct Host {
  voxlock::test::TestAllocator allocator;
  voxlock_context* ctx = nullptr;
  voxlock_identity* client = nullptr;
  voxlock_identity* server = nullptr;
  std::string of_client;
  std::string of_server;

  Host() {
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allocator = allocator.raw();
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
    voxlock_identity_config wanted{};
    wanted.struct_size = sizeof wanted;
    wanted.not_before_s = kNow - 100;
    wanted.not_after_s = kNow + 100;
    REQUIRE(voxlock_identity_new(ctx, &wanted, &client) == VOXLOCK_OK);
    REQUIRE(voxlock_identity_new(ctx, &wanted, &server) == VOXLOCK_OK);
    of_client = fingerprint(client, VOXLOCK_FINGERPRINT_SHA256);
    of_server = fingerprint(server, VOXLOCK_FINGERPRINT_SHA384);
  }
  ~Host() {
    voxlock_context_free(ctx);
    voxlock_identity_free(client);
    voxlock_identity_free(server);
    CHECK(allocator.live_blocks == 0);
  }
  static std::string pem(const voxlock_identity* identity, int32_t part) {
    size_t len = 0;
    CHECK(voxlock_identity_pem(identity, part, nullptr, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
    std::string out(len, '\0');
    REQUIRE(voxlock_identity_pem(identity, part, reinterpret_cast<uint8_t*>(out.data()), &len) ==
            VOXLOCK_OK);
    return out;
  }
  std::string fingerprint(const voxlock_identity* identity, int32_t hash) const {
    const std::string text = pem(identity, VOXLOCK_IDENTITY_CERTIFICATE);
    const auto* raw = reinterpret_cast<const uint8_t*>(text.data());
    size_t len = 0;
    CHECK(voxlock_fingerprint(ctx, raw, text.size(), hash, nullptr, &len) ==
          VOXLOCK_ERR_BUFFER_TOO_SMALL);
    std::string out(len, '\0');
    REQUIRE(voxlock_fingerprint(ctx, raw, text.size(), hash, out.data(), &len) == VOXLOCK_OK);
    return out;
  }
  voxlock_dtls_config config(int32_t role) const {
    voxlock_dtls_config out;
    REQUIRE(voxlock_dtls_config_init(&out, sizeof out) == VOXLOCK_OK);
    out.role = role;
    out.identity = role == VOXLOCK_TLS_CLIENT ? client : server;
    out.peer_fingerprints = role == VOXLOCK_TLS_CLIENT ? of_server.c_str() : of_client.c_str();
    return out;
  }
  int32_t make(const voxlock_dtls_config& config, voxlock_dtls** out) const {
    return voxlock_dtls_new(ctx, &config, out);
  }
};

bool carry(voxlock_dtls* from, voxlock_dtls* to) {
  bool has_moved = false;
  while (true) {
    uint8_t wire[1500];
    size_t len = sizeof wire;
    REQUIRE(voxlock_dtls_take(from, wire, &len) == VOXLOCK_OK);
    if (len == 0) return has_moved;
    has_moved = true;
    (void)voxlock_dtls_receive(to, wire, len, 0);
  }
}

voxlock_dtls_info info_of(const voxlock_dtls* dtls) {
  voxlock_dtls_info info;
  info.struct_size = sizeof info;
  REQUIRE(voxlock_dtls_get_info(dtls, &info) == VOXLOCK_OK);
  return info;
}

}  // namespace

TEST_CASE("an association by the C ABI, and SRTP with its keys") {
  Host host;
  voxlock_dtls* client = nullptr;
  voxlock_dtls* server = nullptr;
  REQUIRE(host.make(host.config(VOXLOCK_TLS_CLIENT), &client) == VOXLOCK_OK);
  REQUIRE(host.make(host.config(VOXLOCK_TLS_SERVER), &server) == VOXLOCK_OK);
  voxlock_dtls_keys keys;
  keys.struct_size = sizeof keys;
  CHECK(voxlock_dtls_export_keys(client, &keys) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_dtls_expect(client, host.of_server.c_str(), 0) == VOXLOCK_ERR_WRONG_STATE);
  REQUIRE(voxlock_dtls_start(client, 0) == VOXLOCK_OK);
  CHECK(voxlock_dtls_next_deadline(client) == 1'000'000'000);
  size_t len = 10;
  uint8_t small[10];
  CHECK(voxlock_dtls_take(client, small, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(len > 100);
  REQUIRE(voxlock_dtls_advance(client, 1) == VOXLOCK_OK);
  while (carry(client, server) || carry(server, client)) {
  }
  for (const voxlock_dtls* end : {client, server}) {
    const voxlock_dtls_info info = info_of(end);
    CHECK(info.state == VOXLOCK_DTLS_CONNECTED);
    CHECK(info.media_allowed == 1);
    CHECK(info.is_peer_verified == 1);
    CHECK(info.suite == VOXLOCK_AES_CM_128_HMAC_SHA1_80);
    CHECK(std::string(info.cipher).substr(0, 10) == "TLS_ECDHE_");
    CHECK(info.failure == VOXLOCK_OK);
  }

  voxlock_srtp* sessions[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    REQUIRE(voxlock_dtls_export_keys(i == 0 ? client : server, &keys) == VOXLOCK_OK);
    voxlock_srtp_config config;
    REQUIRE(voxlock_srtp_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.suite = keys.suite;
    config.key = keys.key;
    config.key_len = keys.key_len;
    config.peer_key = keys.peer_key;
    config.peer_key_len = keys.key_len;
    REQUIRE(voxlock_srtp_new(host.ctx, &config, &sessions[i]) == VOXLOCK_OK);
  }
  for (size_t i = 0; i < 2; ++i) {
    const uint8_t rtp[] = {0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 'h', 'i'};
    uint8_t sealed[64];
    uint8_t opened[64];
    size_t n = sizeof sealed;
    REQUIRE(voxlock_srtp_seal(sessions[i], rtp, sizeof rtp, sealed, &n) == VOXLOCK_OK);
    size_t plain = sizeof opened;
    REQUIRE(voxlock_srtp_open(sessions[1 - i], sealed, n, opened, &plain, 0) == VOXLOCK_OK);
    CHECK(plain == sizeof rtp);
    CHECK(std::memcmp(opened, rtp, sizeof rtp) == 0);
  }
  for (voxlock_srtp* session : sessions) voxlock_srtp_free(session);

  REQUIRE(voxlock_dtls_close(client, 2) == VOXLOCK_OK);
  carry(client, server);
  CHECK(info_of(client).state == VOXLOCK_DTLS_CLOSED);
  CHECK(info_of(server).state == VOXLOCK_DTLS_CLOSED);
  CHECK(info_of(server).media_allowed == 0);
  CHECK(voxlock_dtls_export_keys(server, &keys) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_dtls_next_deadline(server) == UINT64_MAX);
  voxlock_dtls_free(client);
  voxlock_dtls_free(server);
}

TEST_CASE("a wrong fingerprint by the C ABI gives its status and no keys") {
  Host host;
  voxlock_dtls* client = nullptr;
  voxlock_dtls* server = nullptr;
  voxlock_dtls_config config = host.config(VOXLOCK_TLS_CLIENT);
  config.peer_fingerprints = host.of_client.c_str();
  REQUIRE(host.make(config, &client) == VOXLOCK_OK);
  REQUIRE(host.make(host.config(VOXLOCK_TLS_SERVER), &server) == VOXLOCK_OK);
  REQUIRE(voxlock_dtls_start(client, 0) == VOXLOCK_OK);
  while (carry(client, server) || carry(server, client)) {
  }
  CHECK(info_of(client).failure == VOXLOCK_ERR_DTLS_FINGERPRINT);
  CHECK(voxlock_dtls_advance(client, 1) == VOXLOCK_ERR_DTLS_FINGERPRINT);
  CHECK(info_of(server).doubt == VOXLOCK_ERR_TLS_ALERT);
  voxlock_dtls_keys keys;
  std::memset(&keys, 0x5a, sizeof keys);
  keys.struct_size = sizeof keys;
  CHECK(voxlock_dtls_export_keys(client, &keys) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_dtls_export_keys(server, &keys) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(keys.key[0] == 0x5a);
  voxlock_dtls_free(client);
  voxlock_dtls_free(server);
}

TEST_CASE("NULL, sizes and ranges of the DTLS functions") {
  Host host;
  voxlock_dtls* dtls = nullptr;
  REQUIRE(host.make(host.config(VOXLOCK_TLS_SERVER), &dtls) == VOXLOCK_OK);
  voxlock_dtls_info info{};
  voxlock_dtls_keys keys{};
  uint8_t raw[4] = {};
  char text[4];
  size_t n = 0;
  voxlock_dtls* none = dtls;
  CHECK(voxlock_dtls_new(nullptr, nullptr, &none) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(none == nullptr);
  const voxlock_dtls_config good = host.config(VOXLOCK_TLS_SERVER);
  for (const int32_t status : {voxlock_dtls_new(host.ctx, &good, nullptr),
                               voxlock_dtls_new(host.ctx, nullptr, &none),
                               voxlock_dtls_start(nullptr, 0),
                               voxlock_dtls_receive(nullptr, raw, 1, 0),
                               voxlock_dtls_receive(dtls, nullptr, 1, 0),
                               voxlock_dtls_take(nullptr, raw, &n),
                               voxlock_dtls_take(dtls, raw, nullptr),
                               voxlock_dtls_advance(nullptr, 0),
                               voxlock_dtls_close(nullptr, 0),
                               voxlock_dtls_expect(nullptr, "", 0),
                               voxlock_dtls_expect(dtls, nullptr, 0),
                               voxlock_dtls_get_info(nullptr, &info),
                               voxlock_dtls_get_info(dtls, nullptr),
                               voxlock_dtls_export_keys(nullptr, &keys),
                               voxlock_dtls_export_keys(dtls, nullptr),
                               voxlock_dtls_config_init(nullptr, 8),
                               voxlock_fingerprint(nullptr, raw, 1, 1, text, &n),
                               voxlock_fingerprint(host.ctx, nullptr, 1, 1, text, &n),
                               voxlock_fingerprint(host.ctx, raw, 1, 0, text, &n),
                               voxlock_fingerprint(host.ctx, raw, 1, 4, text, &n),
                               voxlock_fingerprint(host.ctx, raw, 1, 1, text, nullptr)}) {
    CHECK(status == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  CHECK(voxlock_dtls_next_deadline(nullptr) == UINT64_MAX);
  CHECK(voxlock_dtls_get_info(dtls, &info) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_fingerprint(host.ctx, raw, sizeof raw, 1, text, &n) ==
        VOXLOCK_ERR_TLS_BAD_CERTIFICATE);
  n = 0;
  CHECK(voxlock_dtls_take(dtls, nullptr, &n) == VOXLOCK_OK);
  CHECK(voxlock_dtls_receive(dtls, nullptr, 0, 0) == VOXLOCK_OK);
  voxlock_dtls_free(dtls);
  voxlock_dtls_free(nullptr);

  const int32_t gcm[] = {VOXLOCK_AEAD_AES_128_GCM};
  const int32_t odd[] = {99};
  struct Row {
    const char* title;
    void (*change)(voxlock_dtls_config&, const Host&);
    int32_t status;
  };
  const Row rows[] = {
      {"role", [](auto& c, auto&) { c.role = 3; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"flag", [](auto& c, auto&) { c.is_address_proven = 2; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"no identity", [](auto& c, auto&) { c.identity = nullptr; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"suites without list", [](auto& c, auto&) { c.suite_count = 1; },
       VOXLOCK_ERR_INVALID_ARGUMENT},
      {"mtu", [](auto& c, auto&) { c.mtu = 100; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"no fingerprint", [](auto& c, auto&) { c.peer_fingerprints = ""; },
       VOXLOCK_ERR_INVALID_ARGUMENT},
      {"sha-1", [](auto& c, auto&) { c.peer_fingerprints = "sha-1 00:11"; },
       VOXLOCK_ERR_DTLS_FINGERPRINT_WEAK},
      {"odd hash", [](auto& c, auto&) { c.peer_fingerprints = "crc 00"; }, VOXLOCK_ERR_UNSUPPORTED},
      {"short", [](auto& c, auto&) { c.peer_fingerprints = "sha-256 00:11"; }, VOXLOCK_ERR_SYNTAX},
      {"struct", [](auto& c, auto&) { c.struct_size = 2; }, VOXLOCK_ERR_STRUCT_SIZE},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_dtls_config config = host.config(VOXLOCK_TLS_SERVER);
    row.change(config, host);
    CHECK(host.make(config, &none) == row.status);
    CHECK(none == nullptr);
  }
  voxlock_dtls_config config = host.config(VOXLOCK_TLS_SERVER);
  config.suite_count = 1;
  config.suites = gcm;
  CHECK(voxlock_has("dtls") == 1);
  CHECK(host.make(config, &none) ==
        (voxlock_has("dtls.gcm") == 1 ? VOXLOCK_OK : VOXLOCK_ERR_UNSUPPORTED));
  config.suites = odd;
  CHECK(host.make(config, &none) == VOXLOCK_ERR_UNSUPPORTED);
}

TEST_CASE("keys and certificates from PEM, several fingerprints, and an older host's struct") {
  Host host;
  const std::string certificate = Host::pem(host.server, VOXLOCK_IDENTITY_CERTIFICATE);
  const std::string key = Host::pem(host.server, VOXLOCK_IDENTITY_KEY);
  const std::string several = host.of_server + ", " + host.of_client;
  voxlock_dtls_config config = host.config(VOXLOCK_TLS_SERVER);
  config.identity = nullptr;
  config.certificates = reinterpret_cast<const uint8_t*>(certificate.data());
  config.certificates_len = certificate.size();
  config.key = reinterpret_cast<const uint8_t*>(key.data());
  config.key_len = key.size();
  config.peer_fingerprints = nullptr;
  config.struct_size = static_cast<uint32_t>(offsetof(voxlock_dtls_config, suites));
  voxlock_dtls* server = nullptr;
  voxlock_dtls* client = nullptr;
  REQUIRE(host.make(config, &server) == VOXLOCK_OK);
  REQUIRE(host.make(host.config(VOXLOCK_TLS_CLIENT), &client) == VOXLOCK_OK);
  REQUIRE(voxlock_dtls_start(client, 0) == VOXLOCK_OK);
  while (carry(client, server) || carry(server, client)) {
  }
  CHECK(info_of(server).state == VOXLOCK_DTLS_UNVERIFIED);
  CHECK(voxlock_dtls_expect(server, several.c_str(), 0) == VOXLOCK_OK);
  CHECK(info_of(server).state == VOXLOCK_DTLS_CONNECTED);
  voxlock_dtls_info info;
  std::memset(&info, 0x5a, sizeof info);
  info.struct_size = static_cast<uint32_t>(offsetof(voxlock_dtls_info, cipher));
  CHECK(voxlock_dtls_get_info(server, &info) == VOXLOCK_OK);
  CHECK(info.cipher[0] == 0x5a);
  voxlock_dtls_free(client);
  voxlock_dtls_free(server);
}

TEST_CASE("every allocation behind the DTLS functions may fail") {
  Host host;
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      const uint64_t before = host.allocator.live_blocks;
      host.allocator.has_failed = false;
      host.allocator.fail_after(n, for_good);
      voxlock_dtls* dtls = nullptr;
      const int32_t status = host.make(host.config(VOXLOCK_TLS_SERVER), &dtls);
      host.allocator.never_fail();
      CHECK(status == (host.allocator.has_failed ? VOXLOCK_ERR_NO_MEMORY : VOXLOCK_OK));
      voxlock_dtls_free(dtls);
      CHECK(host.allocator.live_blocks == before);
      if (!host.allocator.has_failed) break;
    }
  }
}
