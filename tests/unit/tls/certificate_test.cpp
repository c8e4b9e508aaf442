// Which certificates are taken, and which status the others give.
#include "tls/verify.h"
#include "unit/tls/peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint8_t kV4[] = {192, 0, 2, 1};
constexpr uint8_t kV6[] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

struct World {
  TestContext host;
  crypto::Identity authority;
  World()
      : authority(issue(host, {{}, nullptr, true, kNow - 100 * kDay, kNow + 100 * kDay, "root"})) {
    host.context.set_wall(kNow * kSecond, 0);
  }
};

Status dial(World& world, const Subject& subject, std::string_view name) {
  const auto identity = issue(world.host, subject);
  auto server = stream(world.host, server_settings(world.host, identity));
  auto client = stream(world.host, client_settings(world.host, world.authority), name);
  talk(*client, *server);
  CHECK((client->state() == tls::State::kOpen) == (client->failure() == Status::OK));
  CHECK((server->state() == tls::State::kOpen) == (client->state() == tls::State::kOpen));
  return client->failure();
}

}  // namespace

TEST_CASE("RFC 6125 6.4, RFC 5922 7: names a certificate is good for") {
  World world;
  struct Row {
    const char* title;
    std::vector<crypto::SubjectName> names;
    const char* host;
    Status status;
  };
  using enum Status;
  const std::string_view nul("sip.example.net\0.evil.example", 29);
  const std::string_view uri_nul("sip:sip.example.net\0.evil", 25);
  const Row rows[] = {
      {"exact", {dns("sip.example.net")}, "sip.example.net", OK},
      {"case", {dns("SIP.Example.NET")}, "sip.example.net", OK},
      {"trailing dot", {dns("sip.example.net")}, "sip.example.net.", OK},
      {"second of two", {dns("a.example"), dns("sip.example.net")}, "sip.example.net", OK},
      {"other", {dns("sip.example.org")}, "sip.example.net", ERR_TLS_CERT_NAME},
      {"none, only CN", {}, "test", ERR_TLS_CERT_NAME},
      {"wildcard", {dns("*.example.net")}, "sip.example.net", OK},
      {"wildcard spans one label", {dns("*.example.net")}, "a.sip.example.net", ERR_TLS_CERT_NAME},
      {"wildcard is not empty", {dns("*.example.net")}, "example.net", ERR_TLS_CERT_NAME},
      {"wildcard over a top level", {dns("*.net")}, "example.net", ERR_TLS_CERT_NAME},
      {"bare wildcard", {dns("*")}, "localhost", ERR_TLS_CERT_NAME},
      {"part of a label", {dns("s*.example.net")}, "sip.example.net", ERR_TLS_CERT_NAME},
      {"second label", {dns("sip.*.net")}, "sip.example.net", ERR_TLS_CERT_NAME},
      {"two wildcards", {dns("*.*.net")}, "sip.example.net", ERR_TLS_CERT_NAME},
      {"NUL", {dns(nul)}, "sip.example.net", ERR_TLS_CERT_NUL},
      {"NUL beside a match",
       {dns("sip.example.net"), dns(nul)},
       "sip.example.net",
       ERR_TLS_CERT_NUL},
      {"NUL in a URI", {uri(uri_nul)}, "sip.example.net", ERR_TLS_CERT_NUL},
      {"URI", {uri("sip:example.net")}, "example.net", OK},
      {"URI, scheme and host without case", {uri("SIP:Example.net")}, "example.net", OK},
      {"URI with a user", {uri("sip:alice@example.net")}, "example.net", ERR_TLS_CERT_NAME},
      {"URI of another scheme", {uri("https:example.net")}, "example.net", ERR_TLS_CERT_NAME},
      {"URI with a wildcard", {uri("sip:*.example.net")}, "a.example.net", ERR_TLS_CERT_NAME},
      {"IPv4", {{crypto::NameKind::kIp, kV4}}, "192.0.2.1", OK},
      {"IPv4 other", {{crypto::NameKind::kIp, kV4}}, "192.0.2.2", ERR_TLS_CERT_NAME},
      {"IPv4 as a DNS name", {dns("192.0.2.1")}, "192.0.2.1", ERR_TLS_CERT_NAME},
      {"IPv6", {{crypto::NameKind::kIp, kV6}}, "[2001:db8::1]", OK},
      {"IPv6 other form", {{crypto::NameKind::kIp, kV6}}, "2001:DB8:0::0:1", OK},
      {"IP bytes of a wrong length",
       {{crypto::NameKind::kIp, ByteView(kV6).first(4)}},
       "2001:db8::1",
       ERR_TLS_CERT_NAME},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(dial(world, {row.names, &world.authority}, row.host) == row.status);
  }
}

TEST_CASE("a NUL byte in the subject is seen") {
  TestContext host;
  const auto identity =
      issue(host, {{}, nullptr, false, kNow - kDay, kNow + kDay, "a.example.evil"});
  std::string der(as_text(identity.certificate_der()));
  for (const bool has_nul : {false, true}) {
    // The issuer has the same name, and stands first.
    if (has_nul) der[der.rfind("a.example.evil") + 9] = '\0';
    mbedtls_x509_crt certificate;
    mbedtls_x509_crt_init(&certificate);
    REQUIRE(mbedtls_x509_crt_parse_der(&certificate, as_bytes(der).data(), der.size()) == 0);
    CHECK(tls::has_nul_subject(certificate) == has_nul);
    mbedtls_x509_crt_free(&certificate);
  }
}

TEST_CASE("RFC 5280 4.1.2.5: dates are those of the host's wall time") {
  World world;
  struct Row {
    const char* title;
    uint64_t from;
    uint64_t to;
    Status status;
  };
  const Row rows[] = {
      {"first second", kNow, kNow + kDay, Status::OK},
      {"last second", kNow - kDay, kNow, Status::OK},
      {"expired", kNow - kDay, kNow - 1, Status::ERR_TLS_CERT_EXPIRED},
      {"not yet", kNow + 1, kNow + kDay, Status::ERR_TLS_CERT_NOT_YET_VALID},
      {"after 2049", kNow - kDay, 4102444800 + kDay, Status::OK},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(dial(world, {{dns("a.example")}, &world.authority, false, row.from, row.to},
               "a.example") == row.status);
  }
  world.host.context.set_wall(0, 0);
  CHECK(dial(world, {{dns("a.example")}, &world.authority}, "a.example") ==
        Status::ERR_TLS_CLOCK_UNKNOWN);
}

TEST_CASE("an unknown wall time is accepted only where the settings say so") {
  World world;
  world.host.context.set_wall(0, 0);
  const auto identity = issue(world.host, {{dns("a.example")}, &world.authority, false, 0, 1});
  tls::SettingsRequest request;
  request.authorities = world.authority.certificate_der();
  request.allows_unknown_time = true;
  auto server = stream(world.host, server_settings(world.host, identity));
  auto client = stream(world.host, settings(world.host, request), "a.example");
  talk(*client, *server);
  CHECK(client->state() == tls::State::kOpen);
}

TEST_CASE("chains: another root, an intermediate, a leaf that issues") {
  World world;
  const auto stranger =
      issue(world.host, {{}, nullptr, true, kNow - kDay, kNow + kDay, "stranger"});
  CHECK(dial(world, {{dns("a.example")}, &stranger}, "a.example") ==
        Status::ERR_TLS_CERT_UNKNOWN_CA);
  CHECK(dial(world, {{dns("a.example")}}, "a.example") == Status::ERR_TLS_CERT_UNKNOWN_CA);

  for (const bool is_ca : {true, false}) {
    const auto middle =
        issue(world.host, {{}, &world.authority, is_ca, kNow - kDay, kNow + kDay, "middle"});
    const auto leaf = issue(world.host, {{dns("a.example")}, &middle});
    tls::SettingsRequest request;
    request.role = tls::Role::kServer;
    const std::string chain = pem(leaf) + pem(middle);
    request.certificates = as_bytes(chain);
    request.key = leaf.key_der();
    auto server = stream(world.host, settings(world.host, request));
    auto client = stream(world.host, client_settings(world.host, world.authority), "a.example");
    talk(*client, *server);
    CHECK(client->failure() == (is_ca ? Status::OK : Status::ERR_TLS_CERT_UNKNOWN_CA));
  }
}

TEST_CASE("a server asks its clients for a certificate") {
  World world;
  const auto server_identity = issue(world.host, {{dns("a.example")}, &world.authority});
  const auto good = issue(world.host, {{dns("client.example")}, &world.authority});
  const auto bad = issue(world.host, {{dns("client.example")}});
  struct Row {
    const char* title;
    tls::ClientAuth auth;
    const crypto::Identity* client;
    Status status;
    bool is_verified;
  };
  using enum tls::ClientAuth;
  const Row rows[] = {
      {"required, good", kRequired, &good, Status::OK, true},
      {"required, none", kRequired, nullptr, Status::ERR_TLS_CERT_MISSING, false},
      {"required, unknown", kRequired, &bad, Status::ERR_TLS_CERT_UNKNOWN_CA, false},
      {"optional, good", kOptional, &good, Status::OK, true},
      {"optional, none", kOptional, nullptr, Status::OK, false},
      {"optional, unknown", kOptional, &bad, Status::ERR_TLS_CERT_UNKNOWN_CA, false},
      {"not asked", kNone, &good, Status::OK, false},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    tls::SettingsRequest request;
    request.role = tls::Role::kServer;
    request.client_auth = row.auth;
    request.certificates = server_identity.certificate_der();
    request.key = server_identity.key_der();
    request.authorities = world.authority.certificate_der();
    tls::SettingsRequest client_request;
    client_request.authorities = world.authority.certificate_der();
    if (row.client != nullptr) {
      client_request.certificates = row.client->certificate_der();
      client_request.key = row.client->key_der();
    }
    auto server = stream(world.host, settings(world.host, request));
    auto client = stream(world.host, settings(world.host, client_request), "a.example");
    talk(*client, *server);
    CHECK(server->failure() == row.status);
    CHECK(server->info().is_peer_verified == row.is_verified);
    if (row.is_verified) {
      CHECK(server->info().peer_subject == "CN=test");
      const auto fingerprint = good.fingerprint();
      REQUIRE(fingerprint);
      CHECK(secure::equal(server->info().peer_sha256, fingerprint->view()));
    }
  }
}

TEST_CASE("settings that cannot work are refused at once") {
  World world;
  const auto identity = issue(world.host, {{dns("a.example")}});
  const auto other = issue(world.host, {{dns("a.example")}});
  const auto make = [&](auto change) {
    tls::SettingsRequest request;
    request.authorities = identity.certificate_der();
    change(request);
    return tls::Settings::create(world.host.context, request).error();
  };
  CHECK(make([](auto&) {}) == Status::OK);
  CHECK(make([](auto& r) { r.authorities = {}; }) == Status::ERR_TLS_NO_CA);
  CHECK(make([](auto& r) { r.authorities = as_bytes("garbage"); }) ==
        Status::ERR_TLS_BAD_CERTIFICATE);
  CHECK(make([](auto& r) { r.role = tls::Role::kServer; }) == Status::ERR_INVALID_ARGUMENT);
  CHECK(make([&](auto& r) { r.certificates = identity.certificate_der(); }) ==
        Status::ERR_INVALID_ARGUMENT);
  CHECK(make([&](auto& r) {
          r.certificates = identity.certificate_der(), r.key = other.key_der();
        }) == Status::ERR_TLS_BAD_KEY);
  CHECK(make([&](auto& r) {
          r.certificates = identity.certificate_der(), r.key = as_bytes("garbage");
        }) == Status::ERR_TLS_BAD_KEY);
  CHECK(make([&](auto& r) { r.requires_alpn = true; }) == Status::ERR_INVALID_ARGUMENT);
  const auto client = client_settings(world.host, identity);
  CHECK(tls::Stream::create(world.host.context, client, "").error() ==
        Status::ERR_TLS_NO_EXPECTED_NAME);
  CHECK(tls::Stream::create(world.host.context, client, "*.example").error() ==
        Status::ERR_INVALID_ARGUMENT);
  CHECK(tls::Stream::create(world.host.context, client, std::string_view("a\0b", 3)).error() ==
        Status::ERR_INVALID_ARGUMENT);
}
