// The life of an association: roles, fingerprints, the gate, keys, MTU, timers, junk.
#include "tls/dtls.h"

#include <random>

#include "unit/tls/dtls_peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

bool are_equal(const secure::Secret<46>& a, const secure::Secret<46>& b) {
  return secure::equal(a.view(), b.view());
}

// All that junk must not change: what the host can see, and when it is called again.
auto visible(const tls::Dtls& dtls) {
  const tls::DtlsInfo info = dtls.info();
  return std::tuple(dtls.state(), dtls.failure(), dtls.next_deadline(), dtls.next_size(),
                    info.is_peer_verified, info.has_peer_certificate, info.peer_sha256,
                    info.alert_received, info.doubt);
}

}  // namespace

TEST_CASE("RFC 5764 4.2: both ends export the same keys, each other's way round") {
  DtlsPair pair;
  CHECK(pair.client->state() == tls::DtlsState::kHandshake);
  CHECK(pair.client->export_keys().error() == Status::ERR_WRONG_STATE);
  pair.talk();
  REQUIRE(pair.is_connected());
  const auto of_client = pair.client->export_keys();
  const auto of_server = pair.server->export_keys();
  REQUIRE(of_client);
  REQUIRE(of_server);
  CHECK(of_client->profile == tls::SrtpProfile::kAes128CmSha1_80);
  CHECK(of_client->local.size() == 30);
  CHECK(are_equal(of_client->local, of_server->remote));
  CHECK(are_equal(of_client->remote, of_server->local));
  CHECK_FALSE(are_equal(of_client->local, of_client->remote));
  const tls::DtlsInfo info = pair.client->info();
  CHECK(info.is_peer_verified);
  CHECK(info.cipher.substr(0, 18) == "TLS_ECDHE_ECDSA_WI");
  CHECK(secure::equal(info.peer_sha256, fingerprint_of(pair.server_identity).digest()));
}

TEST_CASE("RFC 5764 4.1.2: profiles, and none in common") {
  using enum tls::SrtpProfile;
  const tls::SrtpProfile only_32[] = {kAes128CmSha1_32};
  const tls::SrtpProfile only_80[] = {kAes128CmSha1_80};
  const tls::SrtpProfile both[] = {kAes128CmSha1_32, kAes128CmSha1_80};
  struct Row {
    const char* title;
    std::span<const tls::SrtpProfile> client;
    std::span<const tls::SrtpProfile> server;
    std::optional<tls::SrtpProfile> agreed;
  };
  const Row rows[] = {
      {"default", {}, {}, kAes128CmSha1_80},
      {"the client's order", both, both, kAes128CmSha1_32},
      {"the only common one", both, only_80, kAes128CmSha1_80},
      {"32", only_32, both, kAes128CmSha1_32},
      {"none", only_32, only_80, std::nullopt},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    DtlsPair pair;
    pair.client_config.profiles = row.client;
    pair.server_config.profiles = row.server;
    pair.make();
    pair.know();
    pair.talk();
    CHECK(pair.is_connected() == row.agreed.has_value());
    if (row.agreed) {
      CHECK(pair.client->info().profile == row.agreed);
      CHECK(pair.server->info().profile == row.agreed);
      continue;
    }
    for (const tls::Dtls* end : {&*pair.client, &*pair.server}) {
      CHECK(end->state() == tls::DtlsState::kFailed);
      CHECK_FALSE(end->export_keys());
    }
    // The server's part of the handshake ends last: whoever sees it first tells the other.
    CHECK((pair.client->failure() == Status::ERR_DTLS_NO_SRTP ||
           pair.server->failure() == Status::ERR_DTLS_NO_SRTP));
  }
  const tls::SrtpProfile gcm[] = {kAeadAes128Gcm};
  DtlsPair pair;
  pair.client_config.profiles = gcm;
  CHECK(tls::Dtls::create(pair.host.context, pair.client_config).error() ==
        Status::ERR_UNSUPPORTED);
}

TEST_CASE("RFC 8122 6.2: a wrong fingerprint ends it, in both roles, before and after") {
  for (const bool is_client : {true, false}) {
    for (const bool is_late : {false, true}) {
      INFO((is_client ? "client" : "server") << (is_late ? ", told late" : ""));
      DtlsPair pair;
      pair.make();
      const auto stranger = issue(pair.host, {});
      const tls::Fingerprint wrong[] = {
          fingerprint_of(stranger),
          fingerprint_of(stranger, crypto::HashId::kSha384),
          fingerprint_of(is_client ? pair.client_identity : pair.server_identity),
      };
      const tls::Fingerprint right[] = {
          fingerprint_of(is_client ? pair.client_identity : pair.server_identity)};
      tls::Dtls& judge = is_client ? *pair.client : *pair.server;
      tls::Dtls& other = is_client ? *pair.server : *pair.client;
      REQUIRE(other.expect(right, pair.now));
      if (!is_late) REQUIRE(judge.expect(wrong, pair.now));
      pair.talk();
      if (is_late) {
        CHECK(judge.state() == tls::DtlsState::kUnverified);
        CHECK(judge.export_keys().error() == Status::ERR_WRONG_STATE);
        CHECK(judge.expect(wrong, pair.now).error() == Status::ERR_DTLS_FINGERPRINT);
        pair.carry(judge, other);
      }
      CHECK(judge.state() == tls::DtlsState::kFailed);
      CHECK(judge.failure() == Status::ERR_DTLS_FINGERPRINT);
      CHECK(judge.info().alert_sent == 42);
      CHECK(judge.export_keys().error() == Status::ERR_WRONG_STATE);
      CHECK(judge.next_deadline() == kNever);
      CHECK(judge.receive({}, pair.now).error() == Status::ERR_DTLS_FINGERPRINT);
      // The other end is told: at once where the alert is authentic, else after its grace.
      CHECK(other.info().alert_received == 42);
      if (other.state() != tls::DtlsState::kFailed) {
        CHECK(other.next_deadline() <= pair.now + 3 * kSecond);
        CHECK(other.advance(pair.now + 3 * kSecond).error() == Status::ERR_TLS_ALERT);
      }
      CHECK(other.failure() == Status::ERR_TLS_ALERT);
      CHECK_FALSE(other.export_keys());
    }
  }
}

TEST_CASE("the expected fingerprint is told once and never changes") {
  DtlsPair pair;
  pair.make();
  const tls::Fingerprint right[] = {fingerprint_of(pair.server_identity)};
  const tls::Fingerprint wrong[] = {fingerprint_of(pair.client_identity)};
  CHECK(pair.client->expect({}, pair.now).error() == Status::ERR_INVALID_ARGUMENT);
  const std::vector<tls::Fingerprint> too_many(tls::kMaxFingerprints + 1, right[0]);
  CHECK(pair.client->expect(too_many, pair.now).error() == Status::ERR_INVALID_ARGUMENT);
  REQUIRE(pair.client->expect(right, pair.now));
  CHECK(pair.client->expect(right, pair.now).error() == Status::ERR_WRONG_STATE);
  CHECK(pair.client->expect(wrong, pair.now).error() == Status::ERR_WRONG_STATE);
  pair.talk();
  CHECK(pair.client->media_allowed());
  CHECK(pair.client->expect(wrong, pair.now).error() == Status::ERR_WRONG_STATE);
  CHECK(pair.client->media_allowed());

  // Told late to the server, one of several, another hash.
  CHECK(pair.server->state() == tls::DtlsState::kUnverified);
  CHECK_FALSE(pair.server->media_allowed());
  const tls::Fingerprint several[] = {
      right[0], fingerprint_of(pair.client_identity, crypto::HashId::kSha512)};
  REQUIRE(pair.server->expect(several, pair.now));
  CHECK(pair.server->media_allowed());
}

TEST_CASE("RFC 5764 4.2: half a handshake gives no keys") {
  DtlsPair pair;
  REQUIRE(pair.client->start(pair.now));
  pair.carry(*pair.client, *pair.server);
  pair.carry(*pair.server, *pair.client);
  CHECK(pair.server->state() == tls::DtlsState::kHandshake);
  CHECK_FALSE(pair.server->info().has_peer_certificate);
  CHECK(pair.client->info().has_peer_certificate);
  for (const tls::Dtls* end : {&*pair.client, &*pair.server}) {
    CHECK_FALSE(end->media_allowed());
    CHECK(end->export_keys().error() == Status::ERR_WRONG_STATE);
  }
}

TEST_CASE("RFC 5764 3.1, RFC 6347 7.2.1: close_notify, from either end") {
  for (const bool is_client : {true, false}) {
    DtlsPair pair;
    pair.talk();
    tls::Dtls& first = is_client ? *pair.client : *pair.server;
    tls::Dtls& second = is_client ? *pair.server : *pair.client;
    first.close(pair.now);
    CHECK(first.state() == tls::DtlsState::kClosed);
    CHECK_FALSE(first.media_allowed());
    CHECK(first.export_keys().error() == Status::ERR_WRONG_STATE);
    CHECK(first.info().is_peer_verified);
    CHECK(pair.carry(first, second));
    CHECK(second.state() == tls::DtlsState::kClosed);
    CHECK_FALSE(second.export_keys());
    CHECK(pair.carry(second, first));
    CHECK(first.state() == tls::DtlsState::kClosed);
    first.close(pair.now);
    CHECK_FALSE(pair.carry(first, second));
    CHECK(first.next_deadline() == kNever);
    CHECK(first.receive(record(tls::kAlertRecord, 1, 9, as_bytes("xx")), pair.now));
  }
  DtlsPair early;
  early.client->close(early.now);
  CHECK(early.client->state() == tls::DtlsState::kClosed);
  CHECK(early.client->start(early.now));
  CHECK(early.client->next_size() == 0);
}

TEST_CASE("flights fit the MTU, and repetitions are cut at the same places") {
  for (const size_t mtu : {256, 300, 576, 1200, 1500}) {
    INFO("mtu " << mtu);
    DtlsPair pair;
    pair.client_config.mtu = pair.server_config.mtu = mtu;
    pair.make();
    pair.know();
    REQUIRE(pair.client->start(pair.now));
    // Sizes of records stand for their cuts: only sequence numbers differ.
    const auto shape = [&](const std::vector<Datagram>& flight) {
      std::vector<std::vector<size_t>> out;
      for (const Datagram& one : flight) {
        CHECK(one.size() <= mtu);
        out.emplace_back();
        tls::RecordReader reader(one);
        while (const auto next = reader.next()) out.back().push_back(next->body.size());
      }
      return out;
    };
    const auto repeats = [&](tls::Dtls& dtls, const std::vector<Datagram>& flight) {
      uint64_t wait = kSecond;
      for (int i = 0; i < 4; ++i, wait *= 2) {
        CHECK(dtls.next_deadline() == pair.now + wait);
        pair.now += wait;
        REQUIRE(dtls.advance(pair.now));
        const auto again = take_all(dtls);
        CHECK(shape(again) == shape(flight));
        CHECK(again != flight);  // new record numbers
      }
    };
    const auto hello = take_all(*pair.client);
    repeats(*pair.client, hello);
    for (const Datagram& one : hello) REQUIRE(pair.server->receive(one, pair.now));
    const auto second = take_all(*pair.server);
    CHECK((second.size() > 1) == (mtu < 600));
    repeats(*pair.server, second);
    for (const Datagram& one : second) REQUIRE(pair.client->receive(one, pair.now));
    const auto third = take_all(*pair.client);
    for (const Datagram& one : third) REQUIRE(pair.server->receive(one, pair.now));
    (void)shape(take_all(*pair.server));
    CHECK(pair.server->media_allowed());
  }
}

TEST_CASE("RFC 6347 4.2.4.1: the first timeout, its doubling, the cap, and giving up") {
  DtlsPair pair;
  pair.client_config.first_timeout_ns = 200 * kMs;
  pair.client_config.max_timeout_ns = 900 * kMs;
  pair.client_config.give_up_ns = 4 * kSecond;
  pair.make();
  REQUIRE(pair.client->start(pair.now));
  const uint64_t begin = pair.now;
  take_all(*pair.client);
  std::vector<uint64_t> gaps;
  while (pair.client->state() == tls::DtlsState::kHandshake) {
    const uint64_t next = pair.client->next_deadline();
    REQUIRE(next > pair.now);
    REQUIRE(next <= begin + 4 * kSecond);
    // One step early changes nothing.
    CHECK(pair.client->advance(next - 1));
    CHECK(pair.client->next_size() == 0);
    gaps.push_back((next - pair.now) / kMs);
    pair.now = next;
    (void)pair.client->advance(next);
    if (pair.client->state() == tls::DtlsState::kHandshake)
      CHECK(take_all(*pair.client).size() == 1);
  }
  CHECK(gaps == std::vector<uint64_t>{200, 400, 800, 900, 900, 800});
  CHECK(pair.client->failure() == Status::ERR_DTLS_TIMEOUT);
  CHECK(pair.client->start(pair.now).error() == Status::ERR_DTLS_TIMEOUT);
  CHECK(tls::Dtls::first_timeout(0) >= 100 * kMs);
  CHECK(tls::Dtls::first_timeout(50 * kMs) == 150 * kMs);
  CHECK(tls::Dtls::first_timeout(5 * kSecond) <= kSecond);

  // A server without a peer gives up as well.
  REQUIRE(pair.server->start(begin));
  CHECK(pair.server->next_deadline() == begin + 30 * kSecond);
  CHECK(pair.server->advance(begin + 30 * kSecond).error() == Status::ERR_DTLS_TIMEOUT);
}

TEST_CASE("RFC 6347 4.2.4.1: the first timeout may be told until the handshake begins") {
  DtlsPair pair;
  using enum Status;
  CHECK(pair.client->set_first_timeout(99 * kMs).error() == ERR_INVALID_ARGUMENT);
  CHECK(pair.client->set_first_timeout(31 * kSecond).error() == ERR_INVALID_ARGUMENT);
  CHECK(pair.client->set_first_timeout(150 * kMs));
  REQUIRE(pair.client->start(pair.now));
  CHECK(pair.client->next_deadline() == pair.now + 150 * kMs);
  CHECK(pair.client->set_first_timeout(200 * kMs).error() == ERR_WRONG_STATE);
  CHECK(pair.client->next_deadline() == pair.now + 150 * kMs);
}

TEST_CASE("a timer that has run out is served before the datagram that comes with it") {
  DtlsPair pair;
  REQUIRE(pair.client->start(pair.now));
  pair.carry(*pair.client, *pair.server);
  pair.now += 10 * kSecond;
  CHECK(pair.carry(*pair.server, *pair.client));
  // The repeated hello and the next flight.
  CHECK(take_all(*pair.client).size() >= 2);
}

TEST_CASE("two clients and two servers never get keys, and say why") {
  DtlsPair pair;
  auto second = pair.end(pair.client_config);
  REQUIRE(pair.client->start(pair.now));
  REQUIRE(second->start(pair.now));
  for (int i = 0; i < 6 && pair.client->state() == tls::DtlsState::kHandshake; ++i) {
    pair.carry(*pair.client, *second);
    pair.carry(*second, *pair.client);
    pair.now = pair.client->next_deadline();
    (void)pair.client->advance(pair.now);
  }
  CHECK(pair.client->failure() == Status::ERR_DTLS_ROLE);
  CHECK_FALSE(pair.client->export_keys());
}

TEST_CASE("junk before, during and after the handshake changes nothing") {
  std::mt19937 random(7);
  const auto bytes = [&](size_t n) {
    Datagram out(n);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
    return out;
  };
  const uint8_t alert[] = {2, 40};
  const uint8_t close[] = {1, 0};
  const uint8_t ccs[] = {1};
  std::vector<Datagram> junk;
  for (size_t i = 0; i < 200; ++i) junk.push_back(bytes(random() % 1400));
  for (const uint8_t type : {20, 21, 22, 23, 24, 25, 0, 255}) {
    for (const uint16_t epoch : {0, 1, 2, 65535}) {
      junk.push_back(record(type, epoch, random(), bytes(1 + random() % 60)));
      junk.push_back(record(type, epoch, 1, {}));
    }
  }
  junk.push_back(record(tls::kAlertRecord, 0, 1, close));
  junk.push_back(record(tls::kAlertRecord, 1, 1, alert));
  junk.push_back(record(tls::kAlertRecord, 1, 1, close));
  junk.push_back(record(tls::kApplicationDataRecord, 0, 1, as_bytes("hello")));
  junk.push_back({});
  const Datagram clear_alert = record(tls::kAlertRecord, 0, 1, alert);
  const Datagram clear_ccs = record(tls::kChangeCipherSpecRecord, 0, 1, ccs);

  SECTION("a server that waits") {
    DtlsPair pair;
    REQUIRE(pair.server->start(pair.now));
    const auto before = visible(*pair.server);
    junk.push_back(clear_alert);
    junk.push_back(clear_ccs);
    for (const Datagram& one : junk) CHECK(pair.server->receive(one, pair.now));
    CHECK(visible(*pair.server) == before);
    CHECK(pair.server->info().records_dropped > 100);
    pair.talk();
    CHECK(pair.is_connected());
  }
  SECTION("between the flights") {
    for (size_t at = 0; at < 4; ++at) {
      DtlsPair pair;
      REQUIRE(pair.client->start(pair.now));
      for (size_t i = 0; i < at; ++i)
        pair.carry(i % 2 == 0 ? *pair.client : *pair.server,
                   i % 2 == 0 ? *pair.server : *pair.client);
      for (tls::Dtls* end : {&*pair.client, &*pair.server}) {
        for (const Datagram& one : junk) CHECK(end->receive(one, pair.now));
      }
      pair.talk();
      // A flight that was lost behind the junk comes again.
      for (int i = 0; i < 4 && !pair.is_connected(); ++i) {
        pair.now += 2 * kSecond;
        (void)pair.client->advance(pair.now);
        (void)pair.server->advance(pair.now);
        pair.talk();
      }
      INFO("after flight " << at << ": client "
                           << voxlock_status_name(to_int(pair.client->failure())) << " "
                           << static_cast<int>(pair.client->state()) << ", server "
                           << voxlock_status_name(to_int(pair.server->failure())) << " "
                           << static_cast<int>(pair.server->state()));
      CHECK(pair.is_connected());
    }
  }
  SECTION("an open association") {
    DtlsPair pair;
    pair.talk();
    junk.push_back(clear_alert);
    junk.push_back(clear_ccs);
    DtlsPair other;
    REQUIRE(other.client->start(other.now));
    for (const Datagram& one : take_all(*other.client)) junk.push_back(one);
    for (tls::Dtls* end : {&*pair.client, &*pair.server}) {
      const auto before = visible(*end);
      const auto keys = end->export_keys();
      REQUIRE(keys);
      for (const Datagram& one : junk) CHECK(end->receive(one, pair.now));
      CHECK(visible(*end) == before);
      const auto after = end->export_keys();
      REQUIRE(after);
      CHECK(are_equal(keys->local, after->local));
    }
  }
}

TEST_CASE("an alert in the clear is believed after its grace, unless the handshake goes on") {
  const uint8_t alert[] = {2, 40};
  const Datagram forged = record(tls::kAlertRecord, 0, 1, alert);
  DtlsPair pair;
  REQUIRE(pair.client->start(pair.now));
  CHECK(pair.client->receive(forged, pair.now));
  CHECK(pair.client->state() == tls::DtlsState::kHandshake);
  CHECK(pair.client->info().alert_received == 40);
  pair.talk();
  CHECK(pair.is_connected());
  CHECK(pair.client->info().alert_received == 0);

  DtlsPair alone;
  REQUIRE(alone.client->start(alone.now));
  CHECK(alone.client->receive(forged, alone.now));
  CHECK(alone.client->advance(alone.now + 3 * kSecond).error() == Status::ERR_TLS_ALERT);
}

TEST_CASE("a lost last flight is sent again when the peer repeats its own") {
  DtlsPair pair;
  REQUIRE(pair.client->start(pair.now));
  pair.carry(*pair.client, *pair.server);
  pair.carry(*pair.server, *pair.client);
  pair.carry(*pair.client, *pair.server);
  CHECK(pair.server->media_allowed());
  CHECK_FALSE(take_all(*pair.server).empty());  // lost
  CHECK_FALSE(pair.client->media_allowed());
  pair.now += kSecond;
  REQUIRE(pair.client->advance(pair.now));
  CHECK(pair.carry(*pair.client, *pair.server));
  CHECK(pair.carry(*pair.server, *pair.client));
  CHECK(pair.is_connected());
}

TEST_CASE("nobody takes the output: it is bounded, and the loss is counted") {
  DtlsPair pair;
  pair.client_config.give_up_ns = 4000 * kSecond;
  pair.client_config.max_timeout_ns = kSecond;
  pair.make();
  REQUIRE(pair.client->start(pair.now));
  const uint64_t bytes = pair.host.allocator.live_bytes;
  for (int i = 0; i < 200 && pair.client->state() == tls::DtlsState::kHandshake; ++i) {
    pair.now += kSecond;
    (void)pair.client->advance(pair.now);
  }
  CHECK(pair.host.allocator.live_bytes <= bytes);
  size_t waiting = 0;
  for (const Datagram& one : take_all(*pair.client)) waiting += one.size();
  CHECK(waiting <= 16 * 1024);
}

TEST_CASE("settings of an association out of their range") {
  DtlsPair pair;
  const auto make = [&](auto change) {
    tls::DtlsConfig config = pair.server_config;
    change(config);
    return tls::Dtls::create(pair.host.context, config).error();
  };
  using enum Status;
  CHECK(make([](auto&) {}) == OK);
  CHECK(make([](auto& c) { c.mtu = tls::kMinMtu - 1; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.mtu = tls::kMaxMtu + 1; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.first_timeout_ns = 99 * kMs; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.first_timeout_ns = 61 * kSecond; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.max_timeout_ns = 500 * kMs; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.give_up_ns = 500 * kMs; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.certificate = {}; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.key = {}; }) == ERR_INVALID_ARGUMENT);
  CHECK(make([](auto& c) { c.certificate = as_bytes("x"); }) == ERR_TLS_BAD_CERTIFICATE);
  CHECK(make([&](auto& c) { c.key = pair.client_identity.key_der(); }) == ERR_TLS_BAD_KEY);
}

TEST_CASE("every allocation of an association may fail, and it leaves nothing behind") {
  DtlsPair pair;
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      const uint64_t before = pair.host.allocator.live_blocks;
      pair.host.allocator.has_failed = false;
      pair.host.allocator.fail_after(n, for_good);
      try {
        const auto made = tls::Dtls::create(pair.host.context, pair.server_config);
        if (!made) FAIL("the settings are good");
      } catch (const std::bad_alloc&) {
      }
      pair.host.allocator.never_fail();
      CHECK(pair.host.allocator.live_blocks == before);
      if (!pair.host.allocator.has_failed) break;
    }
  }
  // After it was made, nothing more is asked of the host's allocator.
  const uint64_t count = pair.host.allocator.count;
  pair.talk();
  CHECK(pair.is_connected());
  CHECK(pair.host.allocator.count == count);
}
