// What a peer may try that wishes us ill.
#include "peer.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::EventType;

TEST_CASE("RFC 3261 13.2.2.4: success upon success to a call that is gone costs a bounded lot") {
  Bench bench;
  const auto call = bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now);
  REQUIRE(call);
  bench.net.drain();
  const std::string ok =
      reply_to(bench.bob.sent.back(), "200 OK", "Contact: <sip:x@x.example>\r\n");
  bench.ask(ok);
  bench.bob.expect(EventType::kAnswered);
  REQUIRE(bench.bob.endpoint->hangup(*call, bench.net.now));
  bench.net.drain();
  const std::string bye = bench.bob.sent.back();
  REQUIRE(bye.starts_with("BYE "));
  bench.ask(reply_to(bye, "200 OK"));
  REQUIRE(bench.bob.endpoint->stats().calls == 0);
  for (int i = 0; i < 100; ++i) {
    bench.ask(with(ok, "tag=far", "tag=more" + std::to_string(i)));
    bench.ask(ok);
  }
  // The INVITE's own, which waits for such successes, and a BYE for each of the first forks.
  CHECK(bench.bob.endpoint->stats().transactions == 1 + 16);
}

TEST_CASE("RFC 3261 26.3.2.4: strangers without credentials hold nothing of a server that asks") {
  Network net;
  ua::Config config;
  config.realm = "example";
  config.limits.transactions = 8;
  Phone& bob = net.add("bob.example", config);
  REQUIRE(bob.endpoint->set_account("alice", "secret"));
  const uint64_t connection = net.attach(bob);
  const std::string wrong =
      "Authorization: Digest username=\"alice\", realm=\"example\", nonce=\"n\", uri=\"sip:b\", "
      "response=\"00\", algorithm=MD5, qop=auth, cnonce=\"c\", nc=00000001\r\n";
  struct Row {
    const char* title;
    std::string more, to_tag;
    int code;
  };
  const Row rows[] = {{"no credentials", "", "", 401},
                      {"wrong credentials", wrong, "", 403},
                      {"a dialog that is none", "", "guess", 481}};
  for (const Row& row : rows) {
    INFO(row.title);
    for (int i = 0; i < 20; ++i) {
      const std::string branch = row.title[0] + std::to_string(i);
      net.feed(bob, connection,
               with(request("INVITE", branch, row.more, row.to_tag), "Call-ID: one",
                    "Call-ID: " + branch));
      REQUIRE(code_of(bob.sent.back()) == row.code);
    }
    // An ACK is not missed, and makes nothing either.
    bob.sent.clear();
    net.feed(bob, connection, request("ACK", row.title[0] + std::string("0"), "", "any"));
    CHECK(bob.sent.empty());
    CHECK(bob.endpoint->stats().transactions == 0);
    CHECK(bob.endpoint->stats().refused_by_limit == 0);
  }
}

TEST_CASE("RFC 3261 22.1, 9.2: a CANCEL counts from the hop that sent the INVITE only") {
  Bench bench;
  bench.ask(request("INVITE", "1", kSdpType, "", kSdp));
  bench.bob.expect(EventType::kIncoming);
  ua::Endpoint& bob = *bench.bob.endpoint;
  const auto stranger = bob.accept(ua::Transport::kTcp, "203.0.113.7", 5999, bench.net.now);
  REQUIRE(stranger);
  bench.bob.sent.clear();
  bench.net.feed(bench.bob, *stranger, request("CANCEL", "1"));
  REQUIRE(bench.bob.sent.size() == 1);
  CHECK(code_of(bench.bob.sent[0]) == 481);
  CHECK(bench.bob.events.empty());
  // The hop itself may have opened another connection.
  const auto again = bob.accept(ua::Transport::kTcp, "192.0.2.9", 6001, bench.net.now);
  REQUIRE(again);
  bench.net.feed(bench.bob, *again, request("CANCEL", "1"));
  CHECK(bench.bob.expect(EventType::kEnded).event.cause == ua::Cause::kCancelled);
}

TEST_CASE("RFC 3261 12.1: a request without From tag is of no dialog that has not begun") {
  Bench bench;
  const auto call = bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now);
  REQUIRE(call);
  bench.net.drain();
  const std::string sent = bench.bob.sent.back();
  const auto value_of = [&](const std::string& name) {
    const size_t at = sent.find("\r\n" + name + ": ") + name.size() + 4;
    return sent.substr(at, sent.find("\r\n", at) - at);
  };
  const std::string from = value_of("From");
  for (const char* method : {"INVITE", "BYE", "OPTIONS"}) {
    INFO(method);
    std::string bytes =
        with(request(method, method, kSdpType, from.substr(from.find("tag=") + 4), kSdp, 7),
             ";tag=far", "");
    bytes = with(bytes, "Call-ID: one", "Call-ID: " + value_of("Call-ID"));
    CHECK(code_of(bench.ask(bytes)) == 481);
    CHECK(bench.bob.events.empty());
    CHECK(bench.bob.endpoint->stats().calls == 1);
  }
}

TEST_CASE("RFC 3261 26.2.1: a call that began over TLS never goes on in the clear") {
  Network net;
  Phone& bob = net.add("bob.example");
  ua::Endpoint& endpoint = *bob.endpoint;
  const auto secure = endpoint.accept(ua::Transport::kTls, "192.0.2.9", 5999, net.now);
  REQUIRE(secure);
  net.feed(bob, *secure, request("INVITE", "1", kSdpType, "", kSdp));
  const uint64_t call = bob.expect(EventType::kIncoming).event.call;
  bob.sent.clear();
  REQUIRE(endpoint.answer(call, as_bytes(kSdp), net.now));
  net.drain();
  const std::string tag = tag_of(bob.sent.back());
  const uint64_t clear = net.attach(bob);
  SECTION("an ACK in the clear is none") {
    net.feed(bob, clear, request("ACK", "2", "", tag));
    CHECK(bob.events.empty());
    net.feed(bob, *secure, request("ACK", "2", "", tag));
    bob.expect(EventType::kConfirmed);
  }
  SECTION("no request within the dialog is taken in the clear") {
    net.feed(bob, *secure, request("ACK", "2", "", tag));
    bob.expect(EventType::kConfirmed);
    for (const char* method : {"INVITE", "BYE", "OPTIONS"}) {
      INFO(method);
      bob.sent.clear();
      net.feed(bob, clear, request(method, std::string("3") + method, kSdpType, tag, kSdp, 9));
      REQUIRE(bob.sent.size() == 1);
      CHECK(code_of(bob.sent[0]) == 403);
      CHECK(bob.events.empty());
    }
    bob.sent.clear();
    net.feed(bob, *secure, request("INVITE", "4", kSdpType, tag, kSdp, 2));
    bob.expect(EventType::kOffer);
  }
  SECTION("the peer's Contact asks for TCP: the next connection is TLS all the same") {
    net.feed(bob, *secure, request("ACK", "2", "", tag));
    bob.expect(EventType::kConfirmed);
    REQUIRE(endpoint.closed(*secure, net.now));
    REQUIRE(endpoint.offer(call, as_bytes(kSdp), net.now));
    std::array<ua::Event, 4> events;
    std::vector<uint8_t> arena(65536);
    const auto polled = endpoint.poll(events, arena, net.now);
    REQUIRE(polled);
    REQUIRE(polled->events == 1);
    CHECK(events[0].type == EventType::kConnect);
    CHECK(events[0].transport == ua::Transport::kTls);
  }
}

TEST_CASE("RFC 7616 3.4: a realm with a quote or backslash is compared without its escapes") {
  const std::string realm = "a \"b\" \\c";
  Network net;
  ua::Config config;
  config.realm = realm;
  Phone& bob = net.add("bob.example", config);
  Phone& alice = net.add("alice.example");
  REQUIRE(bob.endpoint->set_account("alice", "secret"));
  ua::Invite invite;
  invite.to = "sip:bob@bob.example";
  invite.sdp = as_bytes(kSdp);
  SECTION("the right password is taken") {
    REQUIRE(alice.endpoint->set_credentials({realm, "", "alice", "secret"}));
    REQUIRE(alice.endpoint->invite(invite, net.now));
    net.settle();
    bob.expect(EventType::kIncoming);
  }
  SECTION("a refused one is not tried again") {
    const uint64_t connection = net.attach(alice);
    invite.connection = connection;
    REQUIRE(alice.endpoint->set_credentials({realm, "", "alice", "wrong"}));
    REQUIRE(alice.endpoint->invite(invite, net.now));
    net.drain();
    const std::string challenge =
        "WWW-Authenticate: Digest realm=\"a \\\"b\\\" \\\\c\", nonce=\"n\", qop=\"auth\"\r\n";
    net.feed(alice, connection, reply_to(alice.sent.back(), "401 Unauthorized", challenge));
    REQUIRE(alice.sent.back().find("response=") != std::string::npos);
    net.feed(alice, connection, reply_to(alice.sent.back(), "401 Unauthorized", challenge));
    CHECK(alice.expect(EventType::kEnded).event.cause == ua::Cause::kChallenged);
  }
}

TEST_CASE("RFC 8760 2.4: a peer that challenged with SHA-256 can not come back with MD5") {
  const auto challenge = [](const std::string& algorithm, const std::string& nonce) {
    return "WWW-Authenticate: Digest realm=\"r\", nonce=\"" + nonce +
           "\", qop=\"auth\", stale=true, algorithm=" + algorithm + "\r\n";
  };
  struct Row {
    const char *first, *second;
    bool is_answered;
  };
  const Row rows[] = {{"SHA-256", "SHA-256", true},   {"MD5", "MD5", true},
                      {"MD5", "SHA-256", true},       {"SHA-256", "MD5", false},
                      {"SHA-256", "MD5-sess", false}, {"SHA-256-sess", "MD5", false}};
  for (const Row& row : rows) {
    INFO(row.first << " then " << row.second);
    Bench bench;
    REQUIRE(bench.bob.endpoint->set_credentials({"r", "", "bob", "secret"}));
    REQUIRE(bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now));
    bench.net.drain();
    bench.ask(reply_to(bench.bob.sent.back(), "401 Unauthorized", challenge(row.first, "n1")));
    const std::string tried = bench.bob.sent.back();
    REQUIRE(tried.find("response=") != std::string::npos);
    bench.ask(reply_to(tried, "401 Unauthorized", challenge(row.second, "n2")));
    CHECK(bench.bob.sent.back().starts_with("INVITE ") == row.is_answered);
    CHECK(bench.bob.endpoint->stats().calls == (row.is_answered ? 1 : 0));
  }
}
