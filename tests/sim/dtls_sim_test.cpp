// DTLS-SRTP over networks that lose, delay, reorder and repeat datagrams, on a virtual clock.
// VOXLOCK_SIM_SEED repeats a run.
#include <cstdlib>
#include <functional>
#include <map>
#include <random>

#include "srtp/session.h"
#include "unit/tls/dtls_peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

uint32_t seed() {
  const char* text = std::getenv("VOXLOCK_SIM_SEED");
  return text == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

struct Weather {
  uint32_t loss_percent = 0;
  uint32_t repeat_percent = 0;
  uint64_t delay_ns = 10 * kMs;
  uint64_t jitter_ns = 0;
};

// One client, one server and the way between them.
class Road {
 public:
  Road(DtlsPair& pair, const Weather& weather, uint32_t its_seed)
      : pair_(pair), weather_(weather), random_(its_seed) {}

  // Until both are connected, one has failed, or the time is over.
  void run(uint64_t until_ns) {
    (void)pair_.client->start(pair_.now);
    (void)pair_.server->start(pair_.now);
    while (pair_.now < until_ns && !pair_.is_connected() && !has_failed()) {
      send_from(*pair_.client, false);
      send_from(*pair_.server, true);
      uint64_t next = std::min(pair_.client->next_deadline(), pair_.server->next_deadline());
      if (!in_flight_.empty()) next = std::min(next, in_flight_.begin()->first);
      if (next == kNever) return;
      pair_.now = std::max(pair_.now, next);
      deliver();
      (void)pair_.client->advance(pair_.now);
      (void)pair_.server->advance(pair_.now);
    }
  }
  [[nodiscard]] bool has_failed() const {
    return pair_.client->state() == tls::DtlsState::kFailed ||
           pair_.server->state() == tls::DtlsState::kFailed;
  }
  // Called with each datagram; true drops it.
  std::function<bool(const Datagram&, bool from_server)> filter;

 private:
  struct Sent {
    Datagram data;
    bool from_server;
  };

  void send_from(tls::Dtls& from, bool from_server) {
    for (Datagram& one : take_all(from)) {
      CHECK(one.size() <= 1200);
      if (filter && filter(one, from_server)) continue;
      if (random_() % 100 < weather_.loss_percent) continue;
      const bool repeats = random_() % 100 < weather_.repeat_percent;
      if (repeats) put({one, from_server});
      put({std::move(one), from_server});
    }
  }
  void put(Sent sent) {
    const uint64_t jitter = weather_.jitter_ns == 0 ? 0 : random_() % weather_.jitter_ns;
    in_flight_.emplace(pair_.now + weather_.delay_ns + jitter, std::move(sent));
  }
  void deliver() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= pair_.now) {
      const Sent sent = std::move(in_flight_.begin()->second);
      in_flight_.erase(in_flight_.begin());
      tls::Dtls& to = sent.from_server ? *pair_.client : *pair_.server;
      (void)to.receive(sent.data, pair_.now);
    }
  }

  DtlsPair& pair_;
  Weather weather_;
  std::mt19937 random_;
  std::multimap<uint64_t, Sent> in_flight_;
};

srtp::Session session(const DtlsPair& pair, srtp::Direction direction, ByteView key) {
  srtp::SessionConfig config;
  config.direction = direction;
  config.key_and_salt = key;
  auto made = srtp::Session::create(pair.host.context, config);
  REQUIRE(made);
  return *std::move(made);
}

// What one seals the other opens, both ways; and not the wrong way round.
void check_media(const DtlsPair& pair) {
  const auto of_client = pair.client->export_keys();
  const auto of_server = pair.server->export_keys();
  REQUIRE(of_client);
  REQUIRE(of_server);
  const uint8_t rtp[] = {0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 'h', 'i'};
  uint8_t sealed[64];
  uint8_t plain[64];
  for (const bool is_client : {true, false}) {
    const tls::SrtpKeys& sender = is_client ? *of_client : *of_server;
    const tls::SrtpKeys& receiver = is_client ? *of_server : *of_client;
    auto out = session(pair, srtp::Direction::kOutbound, sender.local.view());
    auto in = session(pair, srtp::Direction::kInbound, receiver.remote.view());
    auto wrong = session(pair, srtp::Direction::kInbound, receiver.local.view());
    const auto n = out.seal_rtp(rtp, sealed);
    REQUIRE(n);
    CHECK(wrong.open_rtp(ByteView(sealed).first(*n), plain).error() == Status::ERR_SRTP_AUTH);
    const auto opened = in.open_rtp(ByteView(sealed).first(*n), plain);
    REQUIRE(opened);
    CHECK(secure::equal(ByteView(plain).first(*opened), rtp));
  }
}

}  // namespace

TEST_CASE("handshakes over lossy networks connect, and SRTP opens what the other sealed") {
  const uint32_t its_seed = seed();
  INFO("VOXLOCK_SIM_SEED=" << its_seed);
  DtlsPair pair;
  pair.client_config.first_timeout_ns = pair.server_config.first_timeout_ns = 200 * kMs;
  pair.client_config.max_timeout_ns = pair.server_config.max_timeout_ns = 2 * kSecond;
  pair.client_config.give_up_ns = pair.server_config.give_up_ns = 60 * kSecond;
  for (const uint32_t loss : {0, 5, 10, 20, 30}) {
    for (uint32_t round = 0; round < 12; ++round) {
      INFO("loss " << loss << " round " << round);
      pair.server_config.is_address_proven = round % 2 == 0;
      pair.client_config.mtu = pair.server_config.mtu = round % 3 == 0 ? 300 : 1200;
      pair.make();
      pair.know();
      const uint64_t begin = pair.now;
      Road road(pair, {loss, loss, 10 * kMs, round % 4 * 30 * kMs}, its_seed * 1000 + round);
      road.run(begin + 60 * kSecond);
      CHECK(pair.is_connected());
      if (pair.is_connected()) check_media(pair);
      if (loss == 0 && round % 4 == 0) {
        // RFC 6347, section 4.2: two round trips, three with a cookie.
        CHECK(pair.now - begin <= (round % 2 == 0 ? 4 : 6) * 10 * kMs);
      }
    }
  }
}

TEST_CASE("each of the first datagrams lost, in 64 patterns, and the handshake connects") {
  DtlsPair pair;
  pair.client_config.first_timeout_ns = pair.server_config.first_timeout_ns = 200 * kMs;
  for (uint32_t pattern = 0; pattern < 64; ++pattern) {
    INFO("pattern " << pattern);
    pair.make();
    pair.know();
    const uint64_t begin = pair.now;
    Road road(pair, {}, pattern);
    uint32_t count = 0;
    // Bit n set: the n-th datagram of the handshake does not arrive.
    road.filter = [&](const Datagram&, bool) { return (pattern >> count++ & 1) != 0; };
    road.run(begin + 60 * kSecond);
    CHECK(pair.is_connected());
    check_media(pair);
  }
}

TEST_CASE(
    "the datagrams of a flight in any order connect without a retransmission where they can") {
  DtlsPair pair;
  pair.client_config.mtu = pair.server_config.mtu = 300;
  std::mt19937 random(5);
  size_t without_timeout = 0;
  for (int round = 0; round < 40; ++round) {
    INFO("round " << round);
    pair.make();
    pair.know();
    const uint64_t begin = pair.now;
    REQUIRE(pair.client->start(pair.now));
    for (int i = 0; i < 200 && !pair.is_connected(); ++i) {
      bool has_moved = false;
      for (tls::Dtls* from : {&*pair.client, &*pair.server}) {
        tls::Dtls& to = from == &*pair.client ? *pair.server : *pair.client;
        auto flight = take_all(*from);
        std::shuffle(flight.begin(), flight.end(), random);
        for (const Datagram& one : flight) CHECK(to.receive(one, pair.now));
        has_moved = has_moved || !flight.empty();
      }
      if (has_moved) continue;
      pair.now = std::min(pair.client->next_deadline(), pair.server->next_deadline());
      CHECK(pair.client->advance(pair.now));
      CHECK(pair.server->advance(pair.now));
    }
    CHECK(pair.is_connected());
    if (pair.now == begin) ++without_timeout;
  }
  // mbedTLS keeps three messages ahead, we keep a Finished; what comes earlier is sent again.
  CHECK(without_timeout > 15);
}

TEST_CASE("a wrong certificate over a bad network: no keys on either side, ever") {
  DtlsPair pair;
  const auto stranger = issue(pair.host, {});
  const tls::Fingerprint wrong[] = {fingerprint_of(stranger)};
  const tls::Fingerprint of_server[] = {fingerprint_of(pair.server_identity)};
  const tls::Fingerprint of_client[] = {fingerprint_of(pair.client_identity)};
  for (uint32_t round = 0; round < 20; ++round) {
    INFO("round " << round);
    pair.make();
    const bool is_client_wrong = round % 2 == 0;
    REQUIRE(pair.client->expect(is_client_wrong ? wrong : of_server, pair.now));
    REQUIRE(pair.server->expect(is_client_wrong ? of_client : wrong, pair.now));
    const uint64_t begin = pair.now;
    Road road(pair, {20, 20, 10 * kMs, 20 * kMs}, round);
    road.run(begin + 100 * kSecond);
    const tls::Dtls& judge = is_client_wrong ? *pair.client : *pair.server;
    CHECK(judge.failure() == Status::ERR_DTLS_FINGERPRINT);
    CHECK_FALSE(judge.export_keys());
    const tls::Dtls& other = is_client_wrong ? *pair.server : *pair.client;
    CHECK_FALSE(other.media_allowed());
    CHECK_FALSE(other.export_keys());
  }
}

TEST_CASE("hellos of strangers among the true ones, in many orders: the true client connects") {
  // An authenticated path (ICE) keeps strangers away; here they come from the same address with
  // hellos that the server cannot take, and pieces of others.
  DtlsPair pair;
  pair.client_config.first_timeout_ns = 100 * kMs;
  for (uint32_t round = 0; round < 60; ++round) {
    INFO("round " << round);
    pair.make();
    pair.know();
    std::mt19937 random(round);
    const uint64_t begin = pair.now;
    Road road(pair, {0, 0, 5 * kMs, 5 * kMs}, round);
    road.filter = [&](const Datagram& one, bool from_server) {
      if (from_server || one[0] != tls::kHandshakeRecord || one[13] != tls::kClientHello)
        return false;
      for (int i = 0; i < 3; ++i) {
        Datagram forged = one;
        if (random() % 2 == 0) {
          // Its suites are none of ours.
          const auto view = tls::read_hello(message_body(one));
          REQUIRE(view);
          const size_t at = tls::kRecordHeader + tls::kHandshakeHeader +
                            view->before_cookie.size() + 1 + view->cookie.size() + 2;
          std::fill_n(forged.begin() + static_cast<std::ptrdiff_t>(at), 12, uint8_t{0xfe});
        } else {
          forged = fragment(message_body(one), {0, 1 + random() % 50}, 0, random() % 1000);
          forged.back() ^= 0x55;
        }
        (void)pair.server->receive(forged, pair.now);
      }
      return false;
    };
    road.run(begin + 20 * kSecond);
    CHECK(pair.is_connected());
  }
}
