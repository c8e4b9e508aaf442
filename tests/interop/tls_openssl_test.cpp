// TLS against openssl s_server and s_client, in both roles, over loopback sockets.
#include <ctime>

#include "interop/openssl_peer.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr const char* kHost = "a.example";

struct World {
  // First: nothing is to be cleaned up where the program is missing.
  bool has_openssl = has_openssl_or_skips();
  TestContext host;
  Folder folder;
  // openssl checks dates by the machine's clock.
  uint64_t now = static_cast<uint64_t>(std::time(nullptr));
  crypto::Identity authority;
  crypto::Identity stranger;
  std::string authority_file;

  World()
      : authority(issue(host, {{}, nullptr, true, now - kDay, now + kDay, "root"})),
        stranger(issue(host, {{}, nullptr, true, now - kDay, now + kDay, "stranger"})) {
    // A pipe to a child that ended is told by write, not by a signal.
    std::signal(SIGPIPE, SIG_IGN);
    host.context.set_wall(now * kSecond, 0);
    authority_file = folder.put(authority);
  }
  crypto::Identity leaf(std::string_view name = kHost) {
    return issue(host, {{dns(name)}, &authority, false, now - kDay, now + kDay});
  }
  SettingsRef server_settings(const crypto::Identity& identity, tls::ClientAuth auth,
                              std::span<const std::string_view> alpn) {
    tls::SettingsRequest request;
    request.role = tls::Role::kServer;
    request.client_auth = auth;
    request.certificates = identity.certificate_der();
    request.key = identity.key_der();
    request.authorities = authority.certificate_der();
    request.alpn = alpn;
    return settings(host, request);
  }
};

std::vector<std::string> versions() {
  std::vector<std::string> list{"-tls1_2"};
  if (tls::has_tls13()) list.emplace_back("-tls1_3");
  return list;
}

std::string version_name(const std::string& option) {
  return option == "-tls1_3" ? "TLS 1.3" : "TLS 1.2";
}

using Arguments = std::vector<std::string>;

Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Arguments s_server(const std::string& identity_file) {
  return {"s_server", "-accept",     "127.0.0.1:0", "-naccept",   "1",
          "-cert",    identity_file, "-key",        identity_file};
}

Arguments s_client(const Listener& listener, const std::string& authority_file) {
  return {"s_client",    "-connect", listener.address(),     "-CAfile",          authority_file,
          "-servername", kHost,      "-verify_return_error", "-verify_hostname", kHost};
}

bool is_settled(const tls::Stream& stream) {
  return stream.state() != tls::State::kHandshake;
}

// Both send a line and get the other's.
void exchange(Connection& ours, OpenSsl& peer, std::string_view from_us,
              std::string_view from_peer) {
  REQUIRE(ours.stream->write(as_bytes(from_us)));
  peer.say(from_peer);
  const bool has_met = pump(ours, peer, [&] {
    return peer.has_said(from_us) && ours.received.find(from_peer) != std::string::npos;
  });
  INFO(peer.said());
  CHECK(has_met);
}

Connection dial_openssl(World& world, const tls::SettingsRequest& request, OpenSsl& server) {
  Connection ours{
      stream(world.host, settings(world.host, request), kHost), dial(server.port()), {}};
  (void)ours.stream->start(0);
  return ours;
}

}  // namespace

TEST_CASE("our client and openssl s_server: versions, ALPN, mutual TLS, data, close_notify") {
  World world;
  const std::string server_file = world.folder.put(world.leaf());
  const crypto::Identity own = world.leaf("client.example");
  const std::string_view protocols[] = {"sip"};
  for (const std::string& version : versions()) {
    for (const bool is_mutual : {false, true}) {
      INFO(version << (is_mutual ? " mutual" : ""));
      Arguments options{version, "-alpn", "x,sip"};
      if (is_mutual)
        options = options + Arguments{"-Verify", "1", "-verify_return_error", "-CAfile",
                                      world.authority_file};
      OpenSsl server(s_server(server_file) + options);
      tls::SettingsRequest request;
      request.authorities = world.authority.certificate_der();
      request.alpn = protocols;
      request.requires_alpn = true;
      if (is_mutual) {
        request.certificates = own.certificate_der();
        request.key = own.key_der();
      }
      Connection ours = dial_openssl(world, request, server);
      REQUIRE(pump(ours, server, [&] { return is_settled(*ours.stream); }));
      INFO(server.said());
      REQUIRE(ours.stream->failure() == Status::OK);
      const tls::Info info = ours.stream->info();
      CHECK(info.version == version_name(version));
      CHECK(info.alpn == "sip");
      CHECK(info.is_peer_verified);
      exchange(ours, server, "OPTIONS from us\n", "200 from openssl\n");
      REQUIRE(ours.stream->close());
      CHECK(pump(ours, server, [&] { return ours.stream->state() == tls::State::kClosed; }));
    }
  }
}

TEST_CASE("our client refuses openssl s_server, each time with its own status") {
  World world;
  using enum Status;
  const std::string_view nul("a.example\0.evil.example", 23);
  const uint64_t from = world.now - kDay;
  const uint64_t to = world.now + kDay;
  struct Row {
    const char* title;
    Subject subject;
    Arguments options;
    Status status;
  };
  const Row rows[] = {
      {"wrong name",
       {{dns("b.example")}, &world.authority, false, from, to},
       {},
       ERR_TLS_CERT_NAME},
      {"expired",
       {{dns(kHost)}, &world.authority, false, from, world.now - 60},
       {},
       ERR_TLS_CERT_EXPIRED},
      {"not yet valid",
       {{dns(kHost)}, &world.authority, false, world.now + 3600, to},
       {},
       ERR_TLS_CERT_NOT_YET_VALID},
      {"unknown CA", {{dns(kHost)}, &world.stranger, false, from, to}, {}, ERR_TLS_CERT_UNKNOWN_CA},
      {"self-signed", {{dns(kHost)}, nullptr, false, from, to}, {}, ERR_TLS_CERT_UNKNOWN_CA},
      {"NUL in a name", {{dns(nul)}, &world.authority, false, from, to}, {}, ERR_TLS_CERT_NUL},
      {"no ALPN", {{dns(kHost)}, &world.authority, false, from, to}, {}, ERR_TLS_ALPN},
      {"ALPN of another",
       {{dns(kHost)}, &world.authority, false, from, to},
       {"-alpn", "h2"},
       ERR_TLS_ALPN},
      {"client certificate wanted",
       {{dns(kHost)}, &world.authority, false, from, to},
       {"-alpn", "sip", "-Verify", "1"},
       ERR_TLS_ALERT},
  };
  const std::string_view protocols[] = {"sip"};
  for (const std::string& version : versions()) {
    for (const Row& row : rows) {
      INFO(row.title << " " << version);
      OpenSsl server(s_server(world.folder.put(issue(world.host, row.subject))) + row.options +
                     Arguments{version});
      tls::SettingsRequest request;
      request.authorities = world.authority.certificate_der();
      request.alpn = protocols;
      request.requires_alpn = true;
      Connection ours = dial_openssl(world, request, server);
      // In TLS 1.3 a server judges its client's certificate after the client's last flight.
      CHECK(pump(ours, server, [&] { return ours.stream->state() == tls::State::kFailed; }));
      INFO(server.said());
      CHECK(ours.stream->failure() == row.status);
      CHECK(ours.received.empty());
    }
  }
}

TEST_CASE("certificates that only openssl makes: weak, or for another use") {
  World world;
  struct Row {
    const char* title;
    Arguments options;
    Status status;
    bool may_server_refuse = false;  // where its openssl does not use such a key at all
  };
  const Arguments p256{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"};
  const Arguments name{"-addext", "subjectAltName=DNS:a.example"};
  const Row rows[] = {
      {"good", p256 + name, Status::OK},
      {"RSA of 1024 bits", Arguments{"-newkey", "rsa:1024"} + name, Status::ERR_TLS_CERT_WEAK},
      {"RSA of 2048 bits", Arguments{"-newkey", "rsa:2048"} + name, Status::OK},
      {"P-224", Arguments{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-224"} + name,
       Status::ERR_TLS_CERT_WEAK, true},
      {"for clients", p256 + name + Arguments{"-addext", "extendedKeyUsage=clientAuth"},
       Status::ERR_TLS_CERT_USAGE},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const std::string key_file = world.folder.next();
    const std::string file = world.folder.next();
    {
      OpenSsl maker(Arguments{"req", "-x509", "-nodes", "-keyout", key_file, "-out", file, "-days",
                              "2", "-subj", "/CN=weak"} +
                    row.options);
      while (maker.listen_once()) {
      }
    }
    const std::string certificate = read_file(file);
    REQUIRE_FALSE(certificate.empty());
    OpenSsl server({"s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert", file, "-key",
                    key_file, "-cipher", "ALL:@SECLEVEL=0", "-tls1_2"});
    tls::SettingsRequest request;
    request.authorities = as_bytes(certificate);
    request.allows_unknown_time = true;
    world.host.context.set_wall(0, 0);
    Connection ours = dial_openssl(world, request, server);
    CHECK(pump(ours, server, [&] { return is_settled(*ours.stream); }));
    INFO(server.said());
    const Status failure = ours.stream->failure();
    CHECK((failure == row.status || (row.may_server_refuse && failure == Status::ERR_TLS_ALERT)));
  }
}

TEST_CASE("our server and openssl s_client: versions, ALPN, mutual TLS, data, close_notify") {
  World world;
  const crypto::Identity identity = world.leaf();
  const std::string client_file = world.folder.put(world.leaf("client.example"));
  const std::string_view protocols[] = {"sip", "x"};
  for (const std::string& version : versions()) {
    for (const bool is_mutual : {false, true}) {
      INFO(version << (is_mutual ? " mutual" : ""));
      Listener listener;
      Arguments options{version, "-alpn", "x,sip"};
      if (is_mutual) options = options + Arguments{"-cert", client_file, "-key", client_file};
      OpenSsl client(s_client(listener, world.authority_file) + options);
      const auto auth = is_mutual ? tls::ClientAuth::kRequired : tls::ClientAuth::kNone;
      Connection ours{stream(world.host, world.server_settings(identity, auth, protocols)),
                      listener.accept(),
                      {}};
      REQUIRE(pump(ours, client, [&] { return is_settled(*ours.stream); }));
      INFO(client.said());
      REQUIRE(ours.stream->failure() == Status::OK);
      CHECK(ours.stream->info().version == version_name(version));
      CHECK(ours.stream->info().alpn == "sip");
      CHECK(ours.stream->info().is_peer_verified == is_mutual);
      exchange(ours, client, "200 from us\n", "OPTIONS from openssl\n");
      REQUIRE(ours.stream->close());
      CHECK(pump(ours, client, [&] { return client.has_said("closed"); }));
    }
  }
}

TEST_CASE("our server refuses openssl s_client, each time with its own status") {
  World world;
  const crypto::Identity identity = world.leaf();
  using enum Status;
  struct Row {
    const char* title;
    const crypto::Identity* issuer;  // of the client's certificate; nullptr: it has none
    uint64_t not_after;
    Arguments options;
    Status status;
    uint8_t alert_received;
  };
  const uint64_t to = world.now + kDay;
  const std::string stranger_file = world.folder.put(world.stranger);
  const Row rows[] = {
      {"no certificate", nullptr, to, {}, ERR_TLS_CERT_MISSING, 0},
      {"unknown CA", &world.stranger, to, {}, ERR_TLS_CERT_UNKNOWN_CA, 0},
      {"expired", &world.authority, world.now - 60, {}, ERR_TLS_CERT_EXPIRED, 0},
      {"ALPN of another", &world.authority, to, {"-alpn", "h2"}, ERR_TLS_ALPN, 0},
      {"only RSA key exchange",
       &world.authority,
       to,
       {"-tls1_2", "-cipher", "AES128-SHA"},
       ERR_TLS_NO_SHARED_CIPHER,
       0},
      {"TLS 1.1",
       &world.authority,
       to,
       {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"},
       ERR_TLS_VERSION,
       0},
      // In TLS 1.3 openssl sends this alert in the clear, which mbedTLS 3.6 takes for a broken
      // record.
      {"it does not know our CA",
       &world.authority,
       to,
       {"-tls1_2", "-CAfile", stranger_file},
       ERR_TLS_ALERT,
       48},
  };
  const std::string_view protocols[] = {"sip"};
  for (const Row& row : rows) {
    INFO(row.title);
    Listener listener;
    Arguments options = row.options;
    if (row.issuer != nullptr) {
      const std::string file = world.folder.put(
          issue(world.host,
                {{dns("client.example")}, row.issuer, false, world.now - kDay, row.not_after}));
      options = options + Arguments{"-cert", file, "-key", file};
    }
    OpenSsl client(s_client(listener, world.authority_file) + options);
    Connection ours{
        stream(world.host, world.server_settings(identity, tls::ClientAuth::kRequired, protocols)),
        listener.accept(),
        {}};
    CHECK(pump(ours, client, [&] { return ours.stream->state() == tls::State::kFailed; }));
    INFO(client.said());
    CHECK(ours.stream->failure() == row.status);
    CHECK(ours.stream->info().alert_received == row.alert_received);
  }
}

TEST_CASE("a running server takes new certificates and keeps its first connection") {
  World world;
  const crypto::Identity first_identity = world.leaf();
  const crypto::Identity second_identity =
      issue(world.host, {{dns(kHost)}, &world.stranger, false, world.now - kDay, world.now + kDay});
  const std::string stranger_file = world.folder.put(world.stranger);
  Listener listener;
  SettingsRef current = world.server_settings(first_identity, tls::ClientAuth::kNone, {});

  OpenSsl first_client(s_client(listener, world.authority_file));
  Connection first{stream(world.host, current), listener.accept(), {}};
  REQUIRE(pump(first, first_client, [&] { return is_settled(*first.stream); }));
  exchange(first, first_client, "before\n", "before from openssl\n");

  current = world.server_settings(second_identity, tls::ClientAuth::kNone, {});
  OpenSsl second_client(s_client(listener, stranger_file));
  Connection second{stream(world.host, current), listener.accept(), {}};
  REQUIRE(pump(second, second_client, [&] { return is_settled(*second.stream); }));
  CHECK(second.stream->failure() == Status::OK);
  exchange(second, second_client, "new\n", "new from openssl\n");

  CHECK(first.stream->state() == tls::State::kOpen);
  exchange(first, first_client, "after\n", "after from openssl\n");
}
