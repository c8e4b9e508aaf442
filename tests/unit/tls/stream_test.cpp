// The life of a connection: pieces of every size, ends of every kind, bad bytes.
#include "tls/stream.h"

#include "unit/tls/peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

struct Pair {
  TestContext host;
  crypto::Identity identity;
  Box<tls::Stream> server;
  Box<tls::Stream> client;

  Pair() : identity(issue(host, {{dns("a.example")}})) {
    host.context.set_wall(kNow * kSecond, 0);
    connect(server_settings(host, identity), client_settings(host, identity));
  }
  void connect(SettingsRef server_side, SettingsRef client_side) {
    server = stream(host, std::move(server_side));
    client = stream(host, std::move(client_side), "a.example");
  }
  void connect_with_alpn(std::vector<std::string_view> server_list,
                         std::vector<std::string_view> client_list) {
    tls::SettingsRequest request;
    request.role = tls::Role::kServer;
    request.certificates = identity.certificate_der();
    request.key = identity.key_der();
    request.alpn = server_list;
    tls::SettingsRequest client_request;
    client_request.authorities = identity.certificate_der();
    client_request.alpn = client_list;
    client_request.requires_alpn = !client_list.empty();
    connect(settings(host, request), settings(host, client_request));
    talk(*client, *server);
  }
};

std::string read_all(tls::Stream& stream) {
  std::string out;
  uint8_t raw[700];
  while (true) {
    const auto n = stream.read(raw);
    if (!n || *n == 0) return out;
    out += as_text(ByteView(raw).first(*n));
  }
}

}  // namespace

TEST_CASE("two streams agree in pieces of every size") {
  Pair pair;
  for (const size_t step : {1, 2, 3, 5, 7, 16, 63, 64, 65, 100, 511, 1024, 4096}) {
    INFO("step " << step);
    pair.connect(server_settings(pair.host, pair.identity),
                 client_settings(pair.host, pair.identity));
    talk(*pair.client, *pair.server, step);
    REQUIRE(pair.client->state() == tls::State::kOpen);
    REQUIRE(pair.server->state() == tls::State::kOpen);
    CHECK(*pair.client->write(as_bytes("hello")) == 5);
    CHECK(*pair.server->write(as_bytes("good day")) == 8);
    talk(*pair.client, *pair.server, step);
    CHECK(read_all(*pair.server) == "hello");
    CHECK(read_all(*pair.client) == "good day");
  }
  const auto info = pair.client->info();
  CHECK(info.version == (tls::has_tls13() ? "TLS 1.3" : "TLS 1.2"));
  CHECK(info.cipher.substr(0, 4) == "TLS_");
  CHECK(info.is_peer_verified);
  CHECK_FALSE(pair.server->info().is_peer_verified);
}

TEST_CASE("back-pressure: nothing is lost where nobody takes and nobody reads") {
  Pair pair;
  talk(*pair.client, *pair.server);
  std::string sent;
  for (size_t i = 0; i < 300000; ++i) sent += static_cast<char>('a' + i * i % 26);
  std::string received;
  size_t written = 0;
  std::vector<uint8_t> wire;
  while (received.size() < sent.size()) {
    const auto n = pair.client->write(as_bytes(sent).subspan(written));
    REQUIRE(n);
    written += *n;
    if (wire.empty()) {
      wire.resize(20000);
      wire.resize(pair.client->take(wire));
    }
    const auto fed = pair.server->feed(wire, 0);
    REQUIRE(fed);
    wire.erase(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(*fed));
    received += read_all(*pair.server);
  }
  CHECK(received == sent);
}

TEST_CASE("close and alerts find room behind a full output, and no plaintext is lost") {
  Pair pair;
  talk(*pair.client, *pair.server);
  const std::string sent(200000, 'x');
  const auto written = pair.client->write(as_bytes(sent));
  REQUIRE(written);
  REQUIRE(*written < sent.size());
  CHECK(*pair.client->write(as_bytes("y")) == 0);
  REQUIRE(pair.client->close());
  CHECK(pair.client->state() == tls::State::kClosing);
  std::string received;
  while (carry(*pair.client, *pair.server, 1000)) received += read_all(*pair.server);
  CHECK(received == sent.substr(0, *written));
  CHECK(pair.server->state() == tls::State::kClosed);
}

TEST_CASE("TLS 1.3 alone, where the library has it") {
  Pair pair;
  tls::SettingsRequest request;
  request.authorities = pair.identity.certificate_der();
  request.requires_tls13 = true;
  const auto made = tls::Settings::create(pair.host.context, request);
  if (!tls::has_tls13()) {
    CHECK(made.error() == Status::ERR_UNSUPPORTED);
    return;
  }
  REQUIRE(made);
  for (const size_t step : {size_t{1}, size_t{100}, size_t{4096}}) {
    pair.connect(server_settings(pair.host, pair.identity), *made);
    talk(*pair.client, *pair.server, step);
    CHECK(pair.client->info().version == "TLS 1.3");
    CHECK(pair.server->info().version == "TLS 1.3");
  }
}

TEST_CASE("the server's flights may end after any byte, and the client's later ones") {
  Pair pair;
  const auto run_until = [&](bool cuts_server, size_t n) {
    pair.connect(server_settings(pair.host, pair.identity),
                 client_settings(pair.host, pair.identity));
    tls::Stream& from = cuts_server ? *pair.server : *pair.client;
    tls::Stream& to = cuts_server ? *pair.client : *pair.server;
    REQUIRE(pair.client->start(0));
    size_t left = n;
    uint8_t wire[256];
    bool has_moved = true;
    while (has_moved) {
      has_moved = carry(to, from);
      const size_t taken = from.take(MutableBytes(wire).first(std::min(left, sizeof wire)));
      left -= taken;
      if (taken != 0) REQUIRE(to.feed(ByteView(wire).first(taken), 0));
      has_moved = has_moved || taken != 0;
    }
    if (to.state() == tls::State::kOpen) return false;
    CHECK(to.end_input(0).error() == Status::ERR_TLS_TRUNCATED);
    CHECK(to.info().version.empty());
    return true;
  };
  for (const bool cuts_server : {true, false}) {
    size_t n = 0;
    while (run_until(cuts_server, n)) n += 13;
    CHECK(n > 200);
  }
}

TEST_CASE("RFC 5246 7.2.1: close_notify in every order, and truncation") {
  Pair pair;
  CHECK(pair.client->close().error() == Status::ERR_WRONG_STATE);
  CHECK(pair.client->write(as_bytes("x")).error() == Status::ERR_WRONG_STATE);
  talk(*pair.client, *pair.server);
  uint8_t raw[10];

  REQUIRE(pair.client->write(as_bytes("last")));
  REQUIRE(pair.client->close());
  REQUIRE(pair.client->close());
  CHECK(pair.client->write(as_bytes("x")).error() == Status::ERR_TLS_CLOSED);
  talk(*pair.client, *pair.server);
  CHECK(*pair.server->read(raw) == 4);
  CHECK(pair.server->read(raw).error() == Status::ERR_TLS_CLOSED);
  CHECK(pair.server->state() == tls::State::kClosed);
  CHECK(pair.server->feed(as_bytes("x"), 0).error() == Status::ERR_TLS_CLOSED);
  talk(*pair.client, *pair.server);
  CHECK(pair.client->read(raw).error() == Status::ERR_TLS_CLOSED);
  CHECK(pair.client->state() == tls::State::kClosed);

  Pair cut;
  talk(*cut.client, *cut.server);
  REQUIRE(cut.client->write(as_bytes("last")));
  talk(*cut.client, *cut.server);
  REQUIRE(cut.server->end_input(0));
  CHECK(*cut.server->read(raw) == 4);
  CHECK(cut.server->read(raw).error() == Status::ERR_TLS_TRUNCATED);
  CHECK(cut.server->state() == tls::State::kFailed);
}

TEST_CASE("a handshake that ends after any byte is truncated") {
  Pair pair;
  REQUIRE(pair.client->start(0));
  std::vector<uint8_t> hello(4096);
  hello.resize(pair.client->take(hello));
  for (size_t n = 0; n < hello.size(); n += 3) {
    auto server = stream(pair.host, server_settings(pair.host, pair.identity));
    REQUIRE(server->feed(ByteView(hello).first(n), 0));
    CHECK(server->end_input(0).error() == Status::ERR_TLS_TRUNCATED);
    CHECK(server->feed(hello, 0).error() == Status::ERR_TLS_TRUNCATED);
  }
}

TEST_CASE("RFC 8446 4.1.2: a server takes a hello that also offers suites it does not know") {
  Pair pair;
  REQUIRE(pair.client->start(0));
  std::vector<uint8_t> hello(4096);
  hello.resize(pair.client->take(hello));
  // Record header 5, handshake header 4, version 2, random 32, session id, length of the suites.
  constexpr size_t kSessionId = 5 + 4 + 2 + 32;
  const size_t suites = kSessionId + 1 + hello[kSessionId];
  const uint8_t unknown[] = {0x13, 0x01, 0x13, 0x02, 0xfe, 0xed};
  hello.insert(hello.begin() + static_cast<std::ptrdiff_t>(suites + 2), std::begin(unknown),
               std::end(unknown));
  for (const size_t length_at : {size_t{3}, size_t{7}, suites}) {
    const size_t length = hello[length_at] * size_t{256} + hello[length_at + 1] + sizeof unknown;
    hello[length_at] = static_cast<uint8_t>(length >> 8);
    hello[length_at + 1] = static_cast<uint8_t>(length);
  }
  REQUIRE(pair.server->feed(hello, 0));
  CHECK(pair.server->pending_output() > 500);
}

TEST_CASE("garbage and plain SIP fail at once, for both roles") {
  for (const std::string_view input :
       {std::string_view("INVITE sip:a@example.net SIP/2.0\r\n\r\n"),
        std::string_view("\x16\x03\x01\xff\xff"), std::string_view("\x17\x03\x03\0\x05hello", 10),
        std::string_view("\x80\x80\x80\x80\x80\x80")}) {
    INFO(std::string(input));
    Pair pair;
    REQUIRE(pair.client->start(0));
    CHECK_FALSE(pair.server->feed(as_bytes(input), 0));
    CHECK_FALSE(pair.client->feed(as_bytes(input), 0));
    CHECK(pair.server->state() == tls::State::kFailed);
    CHECK(pair.client->read(MutableBytes()).error() == pair.client->failure());
  }
}

TEST_CASE("a changed byte of an open connection is told and ends it") {
  for (const size_t at : {0, 1, 4, 5, 12, 20}) {
    Pair pair;
    talk(*pair.client, *pair.server);
    REQUIRE(pair.client->write(as_bytes("hello")));
    std::vector<uint8_t> wire(200);
    wire.resize(pair.client->take(wire));
    wire[at] ^= 0x40;
    REQUIRE(pair.server->feed(wire, 0));
    uint8_t raw[10];
    const auto result = pair.server->read(raw);
    INFO("byte " << at);
    CHECK((!result || *result == 0));
    CHECK(read_all(*pair.server).empty());
  }
}

TEST_CASE("a peer's alert is told with its number") {
  Pair pair;
  REQUIRE(pair.client->start(0));
  const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};  // RFC 5246 7.2: fatal handshake_failure
  CHECK(pair.client->feed(alert, 0).error() == Status::ERR_TLS_ALERT);
  CHECK(pair.client->info().alert_received == 40);
  Pair version;
  REQUIRE(version.client->start(0));
  const uint8_t too_old[] = {21, 3, 3, 0, 2, 2, 70};
  CHECK(version.client->feed(too_old, 0).error() == Status::ERR_TLS_VERSION);
}

TEST_CASE("RFC 7301 3.2: application protocols") {
  Pair pair;
  pair.connect_with_alpn({"sip", "x"}, {"y", "sip"});
  CHECK(pair.client->info().alpn == "sip");
  CHECK(pair.server->info().alpn == "sip");
  pair.connect_with_alpn({"sip"}, {"h2"});
  CHECK(pair.server->failure() == Status::ERR_TLS_ALPN);
  CHECK(pair.client->failure() == Status::ERR_TLS_ALPN);
  pair.connect_with_alpn({}, {"sip"});
  CHECK(pair.client->failure() == Status::ERR_TLS_ALPN);
  pair.connect_with_alpn({"sip"}, {});
  CHECK(pair.client->state() == tls::State::kOpen);
}

TEST_CASE("a reload leaves open connections alone") {
  Pair pair;
  auto old_settings = server_settings(pair.host, pair.identity);
  pair.connect(old_settings, client_settings(pair.host, pair.identity));
  old_settings.reset();
  talk(*pair.client, *pair.server);
  const auto second = issue(pair.host, {{dns("a.example")}});
  auto server = stream(pair.host, server_settings(pair.host, second));
  auto client = stream(pair.host, client_settings(pair.host, second), "a.example");
  talk(*client, *server);
  CHECK(client->state() == tls::State::kOpen);
  REQUIRE(pair.client->write(as_bytes("still here")));
  talk(*pair.client, *pair.server);
  CHECK(read_all(*pair.server) == "still here");
}

TEST_CASE("every allocation of a connection may fail") {
  TestContext host;
  host.context.set_wall(kNow * kSecond, 0);
  const auto identity = issue(host, {{dns("a.example")}});
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      const uint64_t before = host.allocator.live_blocks;
      host.allocator.has_failed = false;
      host.allocator.fail_after(n, for_good);
      try {
        tls::SettingsRequest request;
        request.authorities = identity.certificate_der();
        auto made = tls::Settings::create(host.context, request);
        const auto connection = tls::Stream::create(
            host.context, *made, "a.long.name.that.needs.memory.of.its.own.example");
        if (!connection) FAIL("the settings are good");
      } catch (const std::bad_alloc&) {
      }
      host.allocator.never_fail();
      CHECK(host.allocator.live_blocks == before);
      if (!host.allocator.has_failed) break;
    }
  }
}
