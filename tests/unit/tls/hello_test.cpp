// ClientHellos in pieces, hostile ones, and the cookie exchange.
#include <algorithm>
#include <numeric>
#include <random>

#include "support/guarded.h"
#include "unit/tls/dtls_peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

// Body of the hello that the pair's client sends first.
Datagram first_hello(DtlsPair& pair) {
  REQUIRE(pair.client->start(pair.now));
  const auto flight = take_all(*pair.client);
  REQUIRE(flight.size() == 1);
  return datagram(message_body(flight[0]));
}

std::vector<Datagram> cut(ByteView hello, size_t size, uint16_t message_seq = 0) {
  std::vector<Datagram> out;
  for (size_t at = 0; at < hello.size(); at += size) {
    out.push_back(
        fragment(hello, {at, std::min(size, hello.size() - at)}, message_seq, 100 + out.size()));
  }
  return out;
}

void finish(DtlsPair& pair) {
  while (pair.carry(*pair.server, *pair.client) || pair.carry(*pair.client, *pair.server)) {
  }
  CHECK(pair.is_connected());
}

// A hello as a browser with post-quantum key shares sends it: an unknown extension of n bytes more.
Datagram grown(ByteView hello, size_t n) {
  Datagram out = datagram(hello);
  const auto view = tls::read_hello(hello);
  REQUIRE(view);
  const size_t at =
      view->before_cookie.size() + 1 + view->cookie.size() + view->after_cookie.size();
  const size_t length = hello[at] * size_t{256} + hello[at + 1] + 4 + n;
  out[at] = static_cast<uint8_t>(length >> 8);
  out[at + 1] = static_cast<uint8_t>(length);
  const uint8_t head[] = {0xfe, 0x33, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)};
  out.insert(out.end(), std::begin(head), std::end(head));
  out.resize(out.size() + n, 0x55);
  return out;
}

}  // namespace

TEST_CASE("RFC 6347 4.2.3: a hello in fragments of every size, in any order, twice, overlapping") {
  std::mt19937 random(3);
  for (size_t size = 1; size <= 400; size = size < 8 ? size + 1 : size * 2 - 3) {
    for (const int order : {0, 1, 2}) {
      INFO("size " << size << " order " << order);
      DtlsPair pair;
      const Datagram hello = first_hello(pair);
      auto pieces = cut(hello, size);
      if (order == 1) std::reverse(pieces.begin(), pieces.end());
      if (order == 2) {
        for (int i = 0; i < 8; ++i) {
          const size_t at = random() % hello.size();
          const size_t n = 1 + random() % (hello.size() - at);
          pieces.push_back(fragment(hello, {at, n}, 0, 900 + static_cast<uint64_t>(i)));
        }
        std::shuffle(pieces.begin(), pieces.end(), random);
      }
      for (const Datagram& one : pieces) CHECK(pair.server->receive(one, pair.now));
      CHECK(pair.server->next_size() != 0);
      finish(pair);
    }
  }
}

TEST_CASE("RFC 6347 4.2.3: a large hello in fragments of each size from 1 to 1400") {
  constexpr uint8_t kHelloVerifyRequest = 3;
  std::mt19937 random(17);
  DtlsPair pair;
  // Asking for a cookie a server answers each whole hello, once, and stays at its start.
  pair.server_config.is_address_proven = false;
  pair.make();
  const Datagram hello = grown(first_hello(pair), 1300);
  REQUIRE(hello.size() > 1400);
  for (size_t size = 1; size <= 1400; ++size) {
    INFO("size " << size);
    auto pieces = cut(hello, size);
    if (size % 3 == 1) std::reverse(pieces.begin(), pieces.end());
    if (size % 3 == 2) std::shuffle(pieces.begin(), pieces.end(), random);
    for (size_t i = 0; i + 1 < pieces.size(); ++i) {
      REQUIRE(pair.server->receive(pieces[i], pair.now));
      REQUIRE(pair.server->next_size() == 0);
    }
    REQUIRE(pair.server->receive(pieces.back(), pair.now));
    const auto answer = take_all(*pair.server);
    REQUIRE(answer.size() == 1);
    CHECK(answer[0][tls::kRecordHeader] == kHelloVerifyRequest);
  }
}

TEST_CASE("several fragments in one record and several records in one datagram") {
  DtlsPair pair;
  const Datagram hello = first_hello(pair);
  Datagram body;
  for (const Datagram& one : cut(hello, hello.size() / 3 + 1))
    body.insert(body.end(), one.begin() + tls::kRecordHeader, one.end());
  CHECK(pair.server->receive(record(tls::kHandshakeRecord, 0, 4, body), pair.now));
  finish(pair);

  DtlsPair second;
  const Datagram other = first_hello(second);
  Datagram all;
  for (const Datagram& one : cut(other, 40)) all.insert(all.end(), one.begin(), one.end());
  CHECK(second.server->receive(all, second.now));
  finish(second);
}

TEST_CASE("a hello larger than any datagram is answered, up to 8 KiB") {
  struct Row {
    size_t extra;
    bool is_answered;
  };
  for (const Row& row : {Row{1300, true}, Row{3000, true}, Row{7800, true}, Row{8192, false}}) {
    INFO(row.extra);
    DtlsPair pair;
    const Datagram hello = grown(first_hello(pair), row.extra);
    for (const Datagram& one : cut(hello, 1150)) CHECK(pair.server->receive(one, pair.now));
    CHECK((pair.server->next_size() > 0) == row.is_answered);
    CHECK(pair.server->state() == tls::DtlsState::kHandshake);
  }
}

TEST_CASE("a hello that comes again, whole or in pieces, brings the answer again, once") {
  DtlsPair pair;
  const Datagram hello = first_hello(pair);
  for (const Datagram& one : cut(hello, 50)) CHECK(pair.server->receive(one, pair.now));
  const size_t flight = take_all(*pair.server).size();
  CHECK(flight > 0);
  for (const Datagram& one : cut(hello, 30)) CHECK(pair.server->receive(one, pair.now));
  CHECK(take_all(*pair.server).size() == flight);
}

TEST_CASE("a late hello of an association that is over does not keep the true one out") {
  constexpr uint8_t kServerHello = 2;
  for (const bool is_address_proven : {true, false}) {
    DtlsPair pair;
    pair.server_config.is_address_proven = is_address_proven;
    pair.make();
    pair.know();
    // Four clients give up one after the other; each time the next one is heard.
    for (int i = 0; i < 4; ++i) {
      REQUIRE(pair.client->start(pair.now));
      pair.carry(*pair.client, *pair.server);
      if (!is_address_proven) {
        pair.carry(*pair.server, *pair.client);
        pair.carry(*pair.client, *pair.server);
      }
      const auto flight = take_all(*pair.server);
      REQUIRE(!flight.empty());
      CHECK(flight[0][tls::kRecordHeader] == kServerHello);
      pair.client = pair.end(pair.client_config);
      REQUIRE(pair.client->expect(std::array{fingerprint_of(pair.server_identity)}, pair.now));
    }
    pair.talk();
    CHECK(pair.is_connected());
  }
}

TEST_CASE("hellos that take each other's place are bounded, and none does after a certificate") {
  DtlsPair pair;
  const auto is_answered = [&] {
    pair.client = pair.end(pair.client_config);
    REQUIRE(pair.client->start(pair.now));
    pair.carry(*pair.client, *pair.server);
    return !take_all(*pair.server).empty();
  };
  for (int i = 0; i < 5; ++i) CHECK(is_answered());
  const uint64_t dropped = pair.server->info().records_dropped;
  for (int i = 0; i < 5; ++i) CHECK(!is_answered());
  CHECK(pair.server->info().records_dropped == dropped + 5);

  DtlsPair second;
  REQUIRE(second.client->start(second.now));
  second.carry(*second.client, *second.server);
  second.carry(*second.server, *second.client);
  const auto flight = take_all(*second.client);
  REQUIRE(second.server->receive(flight.front(), second.now));
  REQUIRE(second.server->info().has_peer_certificate);
  auto stranger = second.end(second.client_config);
  REQUIRE(stranger->start(second.now));
  second.carry(*stranger, *second.server);
  for (size_t i = 1; i < flight.size(); ++i) REQUIRE(second.server->receive(flight[i], second.now));
  second.talk();
  CHECK(second.is_connected());
}

TEST_CASE("hostile fragments: lengths that lie, contradictions, others' pieces") {
  DtlsPair pair;
  const Datagram hello = first_hello(pair);
  const auto send = [&](uint32_t length, uint16_t seq, uint32_t offset, uint32_t claimed,
                        size_t bytes) {
    Datagram body(tls::kHandshakeHeader + bytes, 0x41);
    bytes::Writer writer(body);
    writer.u8(tls::kClientHello);
    writer.u24(length);
    writer.u16(seq);
    writer.u24(offset);
    writer.u24(claimed);
    CHECK(pair.server->receive(record(tls::kHandshakeRecord, 0, 1, body), pair.now));
  };
  const auto size = static_cast<uint32_t>(hello.size());
  const uint32_t numbers[] = {0, 1, size - 1, size, size + 1, 8191, 8192, 8193, 0xffffff};
  for (const uint32_t length : numbers) {
    for (const uint32_t offset : numbers) {
      for (const uint32_t claimed : numbers) send(length, 0, offset, claimed, claimed % 1400);
    }
  }
  CHECK(pair.server->state() == tls::DtlsState::kHandshake);
  CHECK(pair.server->info().records_dropped > 0);
  // Half of a forged hello of the same length does not keep the true one out.
  send(size, 0, 0, 40, 40);
  send(size, 0, size - 10, 10, 10);
  take_all(*pair.server);
  for (const Datagram& one : cut(hello, 60)) CHECK(pair.server->receive(one, pair.now));
  finish(pair);
}

TEST_CASE("a hello that cannot be taken leaves the server at its start") {
  DtlsPair pair;
  const Datagram hello = first_hello(pair);
  std::mt19937 random(11);
  size_t refused = 0;
  for (int i = 0; i < 100; ++i) {
    Datagram bad = hello;
    // Not the version and random: those make it another client's good hello.
    for (int k = 0; k < 3; ++k) {
      const size_t at = 34 + random() % (bad.size() - 34);
      bad[at] = static_cast<uint8_t>(random());
    }
    auto server = pair.end(pair.server_config);
    CHECK(server->receive(fragment(bad, {0, bad.size()}, 0, 1), pair.now));
    CHECK(server->state() == tls::DtlsState::kHandshake);
    if (server->info().doubt == Status::OK) continue;
    ++refused;
    take_all(*server);
    CHECK(server->receive(fragment(hello, {0, hello.size()}, 0, 2), pair.now));
    CHECK(take_all(*server).size() >= 1);
  }
  CHECK(refused > 10);

  // Where no better one comes, the reason is told at the end.
  Datagram no_suite = hello;
  const auto view = tls::read_hello(hello);
  REQUIRE(view);
  const size_t suites = view->before_cookie.size() + 1;
  const size_t end = suites + 2 + hello[suites + 1];
  for (size_t i = suites + 2; i < end; ++i) no_suite[i] = 0xfe;
  CHECK(pair.server->receive(fragment(no_suite, {0, no_suite.size()}, 0, 1), pair.now));
  CHECK(pair.server->info().doubt == Status::ERR_TLS_NO_SHARED_CIPHER);
  CHECK(pair.server->info().alert_sent == 40);
  CHECK(pair.server->advance(pair.server->next_deadline()).error() ==
        Status::ERR_TLS_NO_SHARED_CIPHER);
}

TEST_CASE("every prefix of a hello, at an unreadable page") {
  DtlsPair pair;
  REQUIRE(pair.client->start(pair.now));
  const Datagram hello = take_all(*pair.client).front();
  const ByteView body = message_body(hello);
  for (size_t n = 0; n < hello.size(); ++n) {
    const Guarded guarded(ByteView{hello}.first(n));
    CHECK(pair.server->receive(guarded.bytes(), pair.now));
    CHECK(pair.server->next_size() == 0);
    const Guarded cut_body(body.first(n % body.size()));
    (void)tls::read_hello(cut_body.bytes());
  }
  CHECK(pair.server->receive(hello, pair.now));
  finish(pair);
}

TEST_CASE("RFC 6347 4.2.1: a cookie first, where nobody has proved the address") {
  for (const size_t size : {size_t{20}, size_t{100}, size_t{5000}}) {
    INFO("fragments of " << size);
    DtlsPair pair;
    pair.server_config.is_address_proven = false;
    pair.make();
    pair.know();
    const Datagram hello = first_hello(pair);
    for (const Datagram& one : cut(hello, size)) CHECK(pair.server->receive(one, pair.now));
    const auto request = take_all(*pair.server);
    REQUIRE(request.size() == 1);
    CHECK(request[0].size() < hello.size());
    CHECK(request[0][tls::kRecordHeader] == tls::kHelloVerifyRequest);
    // The request repeats the record number of the hello.
    CHECK(request[0][10] == (99 + (hello.size() + size - 1) / size));
    CHECK(pair.client->receive(request[0], pair.now));
    const auto second = take_all(*pair.client);
    REQUIRE(second.size() == 1);
    const Datagram with_cookie = datagram(message_body(second[0]));

    // The cookie is good for these parameters only (RFC 6347, section 4.2.1).
    for (const size_t at : {size_t{5}, size_t{30}, with_cookie.size() - 1}) {
      Datagram changed = with_cookie;
      const auto view = tls::read_hello(changed);
      REQUIRE(view);
      const bool is_bound = at < view->before_cookie.size();
      if (!is_bound) continue;
      changed[at] ^= 1;
      CHECK(pair.server->receive(fragment(changed, {0, changed.size()}, 1, 7), pair.now));
      const auto again = take_all(*pair.server);
      REQUIRE(again.size() == 1);
      CHECK(again[0][tls::kRecordHeader] == tls::kHelloVerifyRequest);
    }
    // Another server does not know it.
    auto other = pair.end(pair.server_config);
    CHECK(other->receive(second[0], pair.now));
    CHECK(take_all(*other)[0][tls::kRecordHeader] == tls::kHelloVerifyRequest);

    for (const Datagram& one : cut(with_cookie, size, 1))
      CHECK(pair.server->receive(one, pair.now));
    CHECK(pair.server->next_size() > 60);
    // A late copy of the first hello changes nothing.
    for (const Datagram& one : cut(hello, size)) CHECK(pair.server->receive(one, pair.now));
    finish(pair);
  }
}
