// What a peer that is not ours may send, and the answer it gets.
#include "peer.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::EventType;

TEST_CASE("RFC 3261 8.2: a request that can not be served gets the right final response") {
  struct Row {
    const char* title;
    std::string bytes;
    int code;
    const char* line;
  };
  const Row rows[] = {
      {"8.2.1 method of another kind", request("REGISTER", "1"), 405,
       "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO\r\n"},
      {"21.5.2 unknown method", request("TELEPORT", "1"), 501, ""},
      {"8.2.2.3 Require", request("INVITE", "1", "Require: 100rel, foo\r\n"), 420,
       "Unsupported: 100rel, foo"},
      {"8.2.3 media type", request("INVITE", "1", "Content-Type: text/html\r\n", "", "<p>"), 415,
       "Accept: application/sdp"},
      {"body without a type", request("INVITE", "1", "", "", "v=0"), 400, ""},
      {"12.2.2 unknown dialog", request("BYE", "1", "", "x"), 481, ""},
      {"12.2.2 re-INVITE of an unknown dialog", request("INVITE", "1", "", "x"), 481, ""},
      {"15.1.2 BYE outside of a dialog", request("BYE", "1"), 481, ""},
      {"9.2 CANCEL of nothing", request("CANCEL", "1"), 481, ""},
      {"11.2 OPTIONS", request("OPTIONS", "1"), 200, "Allow: INVITE"},
      {"18.2.1 received and rport", request("OPTIONS", "1"), 200, ";received=192.0.2.9;rport=5999"},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Bench bench;
    const std::string answer = bench.ask(row.bytes);
    INFO(answer);
    REQUIRE(answer.starts_with("SIP/2.0 "));
    CHECK(code_of(answer) == row.code);
    CHECK(answer.find(row.line) != std::string::npos);
    CHECK(answer.find(";tag=") != std::string::npos);
    CHECK(bench.bob.endpoint->stats().calls == 0);
    CHECK(bench.bob.events.empty());
  }
}

TEST_CASE(
    "RFC 3261 16.3, 8.2.2.2: merged requests are refused, retransmissions answered from memory") {
  Bench bench;
  CHECK(code_of(bench.ask(request("INVITE", "1", kSdpType, "", kSdp))) == 100);
  bench.bob.expect(EventType::kIncoming);
  CHECK(code_of(bench.ask(request("INVITE", "1", kSdpType, "", kSdp))) == 100);
  CHECK(bench.bob.events.empty());
  CHECK(code_of(bench.ask(request("INVITE", "2", kSdpType, "", kSdp))) == 482);
  CHECK(bench.bob.endpoint->stats().calls == 1);
}

TEST_CASE("RFC 3261 12.2.2: only the right dialog and a rising CSeq reach a call") {
  Bench bench;
  bench.ask(request("INVITE", "1", kSdpType, "", kSdp));
  const Seen incoming = bench.bob.expect(EventType::kIncoming);
  bench.bob.sent.clear();
  REQUIRE(bench.bob.endpoint->answer(incoming.event.call, as_bytes(kSdp), bench.net.now));
  bench.net.drain();
  const std::string tag = tag_of(bench.bob.sent.back());
  CHECK(bench.ask(request("ACK", "2", "", "wrong")) == "no answer");
  CHECK(bench.bob.events.empty());
  bench.ask(request("ACK", "3", "", tag));
  bench.bob.expect(EventType::kConfirmed);
  CHECK(code_of(bench.ask(request("BYE", "4", "", "wrong", "", 2))) == 481);
  CHECK(code_of(bench.ask(request("BYE", "5", "", tag, "", 1))) == 500);
  CHECK(bench.bob.events.empty());
  CHECK(code_of(bench.ask(request("REFER", "6", "", tag, "", 2))) == 405);
  CHECK(code_of(bench.ask(request("INVITE", "7", kSdpType, tag, kSdp, 3))) == 100);
  bench.bob.expect(EventType::kOffer);
  CHECK(code_of(bench.ask(request("INVITE", "8", kSdpType, tag, kSdp, 4))) == 500);
  CHECK(bench.bob.sent.back().find("Retry-After: ") != std::string::npos);
  // BYE ends it, and the re-INVITE that waits gets 487.
  bench.ask(request("BYE", "9", "", tag, "", 5));
  REQUIRE(bench.bob.sent.size() == 2);
  CHECK(code_of(bench.bob.sent[0]) == 200);
  CHECK(code_of(bench.bob.sent[1]) == 487);
  CHECK(bench.bob.expect(EventType::kEnded).event.cause == ua::Cause::kRemote);
}

TEST_CASE("RFC 3261 13.2.1: an ACK brings an answer only where the 2xx held the offer") {
  for (const bool is_late : {false, true}) {
    Bench bench;
    bench.ask(is_late ? request("INVITE", "1") : request("INVITE", "1", kSdpType, "", kSdp));
    const Seen incoming = bench.bob.expect(EventType::kIncoming);
    CHECK(incoming.sdp == (is_late ? std::string_view() : kSdp));
    REQUIRE(bench.bob.endpoint->answer(incoming.event.call, as_bytes(kSdp), bench.net.now));
    bench.net.drain();
    bench.ask(request("ACK", "2", kSdpType, tag_of(bench.bob.sent.back()), kSdp));
    CHECK(bench.bob.expect(EventType::kConfirmed).sdp == (is_late ? kSdp : std::string_view()));
  }
}

TEST_CASE("at the limit of calls an INVITE is answered 503 and the rest goes on") {
  Network net;
  ua::Config config;
  config.limits.calls = 1;
  Phone& bob = net.add("bob.example", config);
  const uint64_t connection = net.attach(bob);
  net.feed(bob, connection, request("INVITE", "1", kSdpType, "", kSdp));
  std::string other = request("INVITE", "2", kSdpType, "", kSdp);
  other.replace(other.find("Call-ID: one"), 12, "Call-ID: two");
  net.feed(bob, connection, other);
  CHECK(code_of(bob.sent.back()) == 503);
  CHECK(bob.sent.back().find("Retry-After: 10") != std::string::npos);
  CHECK(bob.endpoint->stats().refused_by_limit == 1);
}

TEST_CASE("malformed input is answered or dropped, and lost boundaries close the connection") {
  Bench bench;
  std::string bad = request("OPTIONS", "1");
  bad.replace(bad.find("Max-Forwards: 0"), 15, "Max-Forwards: x");
  CHECK(code_of(bench.ask(bad)) == 400);
  CHECK(bench.ask("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n") == "no answer");
  CHECK(bench.ask("\r\n\r\n") == "\r\n");
  bench.ask("OPTIONS sip:bob SIP/2.0\r\nContent-Length: x\r\n\r\n");
  bench.bob.expect(EventType::kClose);
}

TEST_CASE("RFC 3261 17.1.1.3, 12.2.1.1, 13.2.2.4: what goes out after the responses of a peer") {
  Network net;
  Phone& alice = net.add("alice.example");
  const uint64_t connection = net.attach(alice);
  ua::Invite invite;
  invite.to = "sip:bob@bob.example";
  invite.connection = connection;
  invite.sdp = as_bytes(kSdp);
  invite.headers = "X-Trunk: 7\r\n";
  const auto call = alice.endpoint->invite(invite, net.now);
  REQUIRE(call);
  net.drain();
  const std::string sent = alice.sent.back();
  CHECK(sent.find("X-Trunk: 7\r\n") != std::string::npos);
  const auto reply = [&](const std::string& status, const std::string& to_tag,
                         const std::string& more) {
    std::string out = "SIP/2.0 " + status + "\r\n";
    for (const char* name : {"Via:", "From:", "Call-ID:", "CSeq:"}) {
      const size_t at = sent.find(name);
      out += sent.substr(at, sent.find("\r\n", at) + 2 - at);
    }
    return out + "To: <sip:bob@bob.example>;tag=" + to_tag + "\r\n" + more + kSdpType +
           "Content-Length: " + std::to_string(kSdp.size()) + "\r\n\r\n" + std::string(kSdp);
  };
  // A strict router stands first in the route: it gets the request in its own name.
  const std::string route =
      "Record-Route: <sip:p2.example;lr>\r\nRecord-Route: <sip:p1.example>\r\nContact: "
      "<sip:bob@10.0.0.1>\r\n";
  alice.sent.clear();
  net.feed(alice, connection, reply("200 OK", "b1", route));
  alice.expect(EventType::kAnswered);
  REQUIRE(alice.sent.size() == 1);
  const std::string ack = alice.sent[0];
  CHECK(ack.starts_with("ACK sip:p1.example SIP/2.0\r\n"));
  CHECK(ack.find("Route: <sip:p2.example;lr>") < ack.find("Route: <sip:bob@10.0.0.1>"));
  // Its retransmission gets the same ACK; another branch of a fork an ACK of its own and BYE.
  net.feed(alice, connection, reply("200 OK", "b1", route));
  REQUIRE(alice.sent.size() == 2);
  CHECK(alice.sent[1] == ack);
  net.feed(alice, connection, reply("200 OK", "b2", "Contact: <sip:bob@10.0.0.2>\r\n"));
  REQUIRE(alice.sent.size() == 4);
  CHECK(alice.sent[2].starts_with("ACK sip:bob@10.0.0.2"));
  CHECK(alice.sent[3].starts_with("BYE sip:bob@10.0.0.2"));
  CHECK(alice.events.empty());
  CHECK(alice.endpoint->stats().calls == 1);
}

TEST_CASE("RFC 3261 8.2.2.1, 21.5.6, 21.4.11: scheme, version and size are refused by name") {
  struct Row {
    const char* title;
    std::string bytes;
    int code;
    bool is_closed;
  };
  const std::string options = request("OPTIONS", "1");
  const Row rows[] = {
      {"scheme", with(options, "OPTIONS sip:bob@bob.example", "OPTIONS nobodyKnowsThisScheme:x"),
       416, false},
      {"version", with(options, "SIP/2.0\r\n", "SIP/7.0\r\n"), 505, false},
      {"size", request("INVITE", "1", kSdpType, "", std::string(20000, 'a')).substr(0, 17000), 513,
       true},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Bench bench;
    const std::string answer = bench.ask(row.bytes);
    REQUIRE(answer.starts_with("SIP/2.0 "));
    CHECK(code_of(answer) == row.code);
    Seen seen;
    CHECK(bench.bob.take(EventType::kClose, seen) == row.is_closed);
    CHECK(bench.bob.endpoint->stats().calls == 0);
  }
}

TEST_CASE("RFC 3261 8.2.2.2: a request that comes back to its sender is a loop") {
  Bench bench;
  REQUIRE(bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now));
  bench.net.drain();
  const std::string invite = bench.bob.sent.back();
  CHECK(code_of(bench.ask(invite)) == 482);
  CHECK(bench.bob.events.empty());
}

TEST_CASE(
    "RFC 4475 3.3.11: an endpoint goes on with Max-Forwards 0, and RFC 5621 3.1: finds SDP in a "
    "multipart body") {
  const std::string body = "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n" + kSdpType +
                           "\r\n" + std::string(kSdp) + "\r\n--b--\r\n";
  Bench bench;
  CHECK(code_of(bench.ask(request("INVITE", "1", "Content-Type: multipart/mixed;boundary=b\r\n", "",
                                  body))) == 100);
  CHECK(bench.bob.expect(EventType::kIncoming).sdp == kSdp);
}

TEST_CASE("RFC 3261 17.2.3: an INVITE without the magic cookie is matched as RFC 2543 did") {
  Bench bench;
  const std::string invite =
      with(request("INVITE", "1", kSdpType, "", kSdp), ";branch=z9hG4bK1", "");
  CHECK(code_of(bench.ask(invite)) == 100);
  const uint64_t call = bench.bob.expect(EventType::kIncoming).event.call;
  CHECK(code_of(bench.ask(invite)) == 100);
  CHECK(bench.bob.events.empty());
  bench.bob.sent.clear();
  REQUIRE(bench.bob.endpoint->reject(call, {488, {}, 0, {}, 0}, bench.net.now));
  bench.net.drain();
  const std::string tag = tag_of(bench.bob.sent.back());
  CHECK(code_of(bench.ask(invite)) == 488);
  CHECK(bench.bob.endpoint->stats().transactions == 1);
  CHECK(bench.ask(with(request("ACK", "1", "", tag), ";branch=z9hG4bK1", "")) == "no answer");
  CHECK(bench.bob.endpoint->stats().transactions == 0);
}

TEST_CASE("RFC 3261 17.2.1: timer H gives up an ACK that never comes") {
  Bench bench;
  bench.ask(request("INVITE", "1", kSdpType, "", kSdp));
  const uint64_t call = bench.bob.expect(EventType::kIncoming).event.call;
  REQUIRE(bench.bob.endpoint->reject(call, {488, {}, 0, {}, 0}, bench.net.now));
  bench.net.drain();
  CHECK(bench.bob.expect(EventType::kEnded).event.cause == ua::Cause::kLocal);
  bench.net.run(31 * ua::kSecond);
  CHECK(bench.bob.endpoint->stats().transactions == 1);
  bench.net.run(2 * ua::kSecond);
  CHECK(bench.bob.endpoint->stats().transactions == 0);
}

TEST_CASE("RFC 3261 17.1.2.2: timer F ends a request that nobody answers") {
  Bench bench;
  const auto id = bench.bob.endpoint->options(invite_on(bench.connection), bench.net.now);
  REQUIRE(id);
  bench.net.run(31 * ua::kSecond);
  CHECK(bench.bob.events.empty());
  bench.net.run(2 * ua::kSecond);
  const Seen result = bench.bob.expect(EventType::kResult);
  CHECK(result.event.status == 408);
  CHECK(result.event.call == *id);
  CHECK(bench.bob.endpoint->stats().transactions == 0);
}

TEST_CASE(
    "RFC 3261 22.3, RFC 8760 2.3: a proxy's challenge is answered, an unknown algorithm passed "
    "over") {
  struct Row {
    const char* title;
    const char* challenges;
    const char* algorithm;  // of the answer, NULL for none
  };
  const Row rows[] = {
      {"SHA-256",
       "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256\r\n",
       "algorithm=SHA-256"},
      {"SHA-512-256 first",
       "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\", qop=\"auth\", "
       "algorithm=SHA-512-256\r\n"
       "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\", qop=\"auth\", algorithm=MD5\r\n",
       "algorithm=MD5"},
      {"only SHA-512-256",
       "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\", qop=\"auth\", "
       "algorithm=SHA-512-256\r\n",
       nullptr},
      {"another realm",
       "Proxy-Authenticate: Digest realm=\"q\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256\r\n",
       nullptr},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Bench bench;
    REQUIRE(bench.bob.endpoint->set_credentials({"p", "", "bob", "secret"}));
    REQUIRE(bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now));
    bench.net.drain();
    const std::string first = bench.bob.sent.back();
    bench.ask(reply_to(first, "407 Proxy Authentication Required", row.challenges));
    CHECK(bench.bob.sent.front().starts_with("ACK "));
    if (row.algorithm == nullptr) {
      CHECK(bench.bob.sent.size() == 1);
      CHECK(bench.bob.expect(EventType::kEnded).event.cause == ua::Cause::kChallenged);
      continue;
    }
    REQUIRE(bench.bob.sent.size() == 2);
    const std::string again = bench.bob.sent.back();
    CHECK(again.starts_with("INVITE "));
    CHECK(again.find("Proxy-Authorization: Digest") != std::string::npos);
    CHECK(again.find(row.algorithm) != std::string::npos);
    const auto cseq = [](const std::string& m) {
      return std::stoi(m.substr(m.find("CSeq: ") + 6));
    };
    CHECK(cseq(again) == cseq(first) + 1);
    CHECK(bench.bob.events.empty());
  }
}

TEST_CASE("RFC 3261 26.2.2: a sips request travels over TLS alone") {
  Bench bench;
  ua::Invite invite = invite_on(bench.connection);
  invite.to = "sips:carol@carol.example";
  CHECK(bench.bob.endpoint->invite(invite, bench.net.now).error() == Status::ERR_UA_TRANSPORT);
  CHECK(bench.bob.endpoint->options(invite, bench.net.now).error() == Status::ERR_UA_TRANSPORT);
  CHECK(bench.bob.endpoint->stats().calls == 0);
  invite.connection = 0;
  invite.transport = ua::Transport::kTcp;
  REQUIRE(bench.bob.endpoint->invite(invite, bench.net.now));
  ua::Event event;
  std::array<uint8_t, 4096> arena;
  REQUIRE(bench.bob.endpoint->poll({&event, 1}, arena, bench.net.now)->events == 1);
  CHECK(event.type == EventType::kConnect);
  CHECK(event.transport == ua::Transport::kTls);
  CHECK(event.port == 5061);
  REQUIRE(bench.bob.endpoint->connected(event.connection, bench.net.now));
  REQUIRE(bench.bob.endpoint->poll({&event, 1}, arena, bench.net.now)->events == 1);
  const std::string sent(as_text(ByteView(arena).first(event.data.len)));
  CHECK(sent.starts_with("INVITE sips:carol@carol.example SIP/2.0\r\nVia: SIP/2.0/TLS "));
  CHECK(sent.find("Contact: <sips:") != std::string::npos);
}

TEST_CASE("full output: commands say so and change nothing, input and timers wait") {
  Network net;
  ua::Config config;
  config.limits.message_len = 4096;
  config.limits.output_len = 4 * 4096;
  Phone& bob = net.add("bob.example", config);
  const uint64_t connection = net.attach(bob);
  REQUIRE(bob.endpoint->invite(invite_on(connection), net.now));
  const auto before = bob.endpoint->stats();
  CHECK(bob.endpoint->invite(invite_on(connection), net.now).error() == Status::ERR_UA_DRAIN);
  CHECK(bob.endpoint->options(invite_on(connection), net.now).error() == Status::ERR_UA_DRAIN);
  CHECK(bob.endpoint->hangup(1, net.now).error() == Status::ERR_UA_DRAIN);
  CHECK(bob.endpoint->stats().calls == before.calls);
  CHECK(bob.endpoint->stats().transactions == before.transactions);
  // Timer B is due but has to wait for room.
  net.now += 40 * ua::kSecond;
  bob.endpoint->advance(net.now);
  CHECK(bob.endpoint->stats().calls == 1);
  // A deadline in the past would let the host spin: nothing can be done before it polls.
  CHECK(bob.endpoint->next_deadline() == ua::kNever);
  net.drain();
  CHECK(bob.expect(EventType::kEnded).event.cause == ua::Cause::kTimeout);
  CHECK(bob.endpoint->stats().calls == 0);
  // Forty requests at once: what is not taken comes again, and each is answered once.
  std::string flood;
  for (int i = 0; i < 40; ++i) {
    flood += with(request("OPTIONS", std::to_string(i)), "Call-ID: one",
                  "Call-ID: " + std::to_string(i));
  }
  bob.sent.clear();
  std::string_view left = flood;
  int rounds = 0;
  while (!left.empty()) {
    const auto taken = bob.endpoint->input(connection, as_bytes(left), net.now);
    REQUIRE(taken);
    left.remove_prefix(*taken);
    net.drain();
    REQUIRE(++rounds < 100);
  }
  CHECK(rounds > 1);
  CHECK(bob.sent.size() == 40);
}

TEST_CASE("a command that finds no memory leaves no connection, call or event behind") {
  for (const char* command : {"invite", "options"}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      Network net;
      Phone& bob = net.add("bob.example");
      bob.context.allocator.fail_after(n, false);
      const ua::Invite invite = invite_on(0);
      try {
        const bool is_invite = std::string_view(command) == "invite";
        const auto id = is_invite ? bob.endpoint->invite(invite, net.now)
                                  : bob.endpoint->options(invite, net.now);
        is_done = id.has_value();
      } catch (const std::bad_alloc&) {
        INFO(command << ", allocation " << n);
        ua::Event event;
        std::array<uint8_t, 4096> arena;
        CHECK(bob.endpoint->poll({&event, 1}, arena, net.now)->events == 0);
        CHECK(bob.endpoint->stats().connections == 0);
        CHECK(bob.endpoint->stats().calls == 0);
        CHECK(bob.endpoint->stats().transactions == 0);
        CHECK(bob.endpoint->next_deadline() == ua::kNever);
      }
      bob.context.allocator.never_fail();
      REQUIRE(n < 100);
    }
  }
}
