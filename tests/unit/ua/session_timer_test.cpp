// RFC 4028: who refreshes a session, how short it may be, and what ends it.
#include "peer.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::Cause;
using ua::EventType;

namespace {

// Bob's answer to a peer's INVITE with these header lines.
std::string answer_to(Bench& bench, const std::string& lines, uint64_t& call) {
  bench.ask(request("INVITE", "1", lines + kSdpType, "", kSdp));
  call = bench.bob.expect(EventType::kIncoming).event.call;
  bench.bob.sent.clear();
  REQUIRE(bench.bob.endpoint->answer(call, as_bytes(kSdp), bench.net.now));
  bench.net.drain();
  const std::string ok = bench.bob.sent.back();
  bench.ask(request("ACK", "2", "", tag_of(ok)));
  bench.bob.expect(EventType::kConfirmed);
  return ok;
}

// A 200 with SDP to what a phone sent last.
std::string ok_to(const std::string& sent, const std::string& lines) {
  return with(
      reply_to(sent, "200 OK", "Contact: <sip:x@x.example>\r\n" + lines),
      "Content-Length: 0\r\n\r\n",
      kSdpType + "Content-Length: " + std::to_string(kSdp.size()) + "\r\n\r\n" + std::string(kSdp));
}

constexpr std::string_view kNone = "-";

}  // namespace

TEST_CASE("RFC 4028 9, table 2: what a 2xx grants, and who refreshes") {
  struct Row {
    const char* title;
    std::string lines;
    std::string_view session;  // Session-Expires of the 2xx
    bool is_required;          // Require: timer
  };
  const Row rows[] = {
      {"the peer knows no timers", "", kNone, false},
      {"it supports them", "Supported: 100rel, timer\r\n", "1800;refresher=uac", true},
      {"compact and in capitals", "k: TIMER\r\n", "1800;refresher=uac", true},
      {"it wants a longer one", "Supported: timer\r\nMin-SE: 3600\r\n", "3600;refresher=uac", true},
      {"it asks", "Supported: timer\r\nSession-Expires: 600\r\n", "600;refresher=uac", true},
      {"it asks, compact", "k: timer\r\nx: 600\r\n", "600;refresher=uac", true},
      {"it wants to refresh", "Supported: timer\r\nSession-Expires: 600 ; refresher=uac\r\n",
       "600;refresher=uac", true},
      {"it wants us to refresh", "Supported: timer\r\nSession-Expires: 600;refresher=UAS\r\n",
       "600;refresher=uas", false},
      {"it requires", "Require: timer\r\nSession-Expires: 90\r\n", "90;refresher=uac", true},
      {"a proxy asks for a peer without timers", "Session-Expires: 600\r\n", "600;refresher=uas",
       false},
      {"a proxy asks for too little", "Session-Expires: 60\r\n", kNone, false},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Bench bench;
    uint64_t call = 0;
    const std::string ok = answer_to(bench, row.lines, call);
    INFO(ok);
    CHECK(ok.find("\r\nSupported: timer\r\n") != std::string::npos);
    if (row.session == kNone) {
      CHECK(ok.find("Session-Expires") == std::string::npos);
      // Nothing ends it.
      bench.net.run(100'000 * ua::kSecond);
      CHECK(bench.bob.endpoint->stats().calls == 1);
    } else {
      CHECK(ok.find("\r\nSession-Expires: " + std::string(row.session) + "\r\n") !=
            std::string::npos);
    }
    CHECK((ok.find("\r\nRequire: timer\r\n") != std::string::npos) == row.is_required);
  }
}

TEST_CASE("RFC 4028 9, RFC 3261 8.2.2.3: what is refused, and with what") {
  struct Row {
    const char* title;
    std::string lines;
    int code;
    const char* line;
  };
  const Row rows[] = {
      {"too short", "Supported: timer\r\nSession-Expires: 89\r\n", 422, "\r\nMin-SE: 90\r\n"},
      {"zero", "Supported: timer\r\nSession-Expires: 0\r\n", 422, "\r\nMin-SE: 90\r\n"},
      {"another option beside it", "Require: timer, foo\r\n", 420, "\r\nUnsupported: foo\r\n"},
      {"no number", "Supported: timer\r\nSession-Expires: soon\r\n", 400, ""},
      {"negative", "Supported: timer\r\nSession-Expires: -90\r\n", 400, ""},
      {"beyond 32 bits", "Supported: timer\r\nSession-Expires: 4294967296\r\n", 400, ""},
      {"broken Min-SE", "Supported: timer\r\nMin-SE: x\r\n", 400, ""},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Bench bench;
    const std::string answer = bench.ask(request("INVITE", "1", row.lines + kSdpType, "", kSdp));
    INFO(answer);
    CHECK(code_of(answer) == row.code);
    CHECK(answer.find(row.line) != std::string::npos);
    CHECK(bench.bob.endpoint->stats().calls == 0);
    CHECK(bench.bob.events.empty());
  }
}

TEST_CASE("RFC 4028 10: a session that the peer does not refresh ends by BYE, a little early") {
  Bench bench;
  uint64_t call = 0;
  const std::string ok = answer_to(bench, "Supported: timer\r\nSession-Expires: 600\r\n", call);
  bench.net.run(500 * ua::kSecond);
  // In time: the count begins anew.
  bench.ask(request("INVITE", "3", "Supported: timer\r\nSession-Expires: 600\r\n" + kSdpType,
                    tag_of(ok), kSdp, 2));
  bench.bob.expect(EventType::kOffer);
  REQUIRE(bench.bob.endpoint->answer(call, as_bytes(kSdp), bench.net.now));
  bench.net.drain();
  bench.ask(request("ACK", "4", "", tag_of(ok), "", 2));
  bench.bob.expect(EventType::kConfirmed);
  bench.net.run(567 * ua::kSecond);
  CHECK(bench.bob.events.empty());
  bench.bob.sent.clear();
  bench.net.run(2 * ua::kSecond);
  CHECK(bench.bob.expect(EventType::kEnded).event.cause == Cause::kExpired);
  REQUIRE(bench.bob.sent.size() == 1);
  CHECK(bench.bob.sent[0].starts_with("BYE "));
  bench.net.run(100 * ua::kSecond);
  CHECK(bench.bob.endpoint->stats().calls == 0);
}

TEST_CASE("RFC 4028 10: a re-INVITE without timers ends the count") {
  Bench bench;
  uint64_t call = 0;
  const std::string ok = answer_to(bench, "Supported: timer\r\nSession-Expires: 600\r\n", call);
  bench.ask(request("INVITE", "3", kSdpType, tag_of(ok), kSdp, 2));
  REQUIRE(bench.bob.endpoint->answer(call, as_bytes(kSdp), bench.net.now));
  bench.net.drain();
  bench.ask(request("ACK", "4", "", tag_of(ok), "", 2));
  bench.net.run(10'000 * ua::kSecond);
  CHECK(bench.bob.endpoint->stats().calls == 1);
}

TEST_CASE("RFC 4028 7.2: this side refreshes when half of the time is over, or the call ends") {
  for (const bool has_refresh : {true, false}) {
    INFO(has_refresh);
    Bench bench;
    const auto call = bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now);
    REQUIRE(call);
    bench.net.drain();
    CHECK(bench.bob.sent.back().find("\r\nSupported: timer\r\nSession-Expires: 1800\r\n") !=
          std::string::npos);
    bench.ask(
        ok_to(bench.bob.sent.back(), "Require: timer\r\nSession-Expires: 1000;refresher=uac\r\n"));
    bench.bob.expect(EventType::kAnswered);
    bench.net.run(499 * ua::kSecond);
    CHECK(bench.bob.events.empty());
    bench.net.run(2 * ua::kSecond);
    CHECK(bench.bob.expect(EventType::kRefresh).event.call == *call);
    if (!has_refresh) {
      bench.net.run(466 * ua::kSecond);
      CHECK(bench.bob.events.empty());
      bench.net.run(2 * ua::kSecond);
      CHECK(bench.bob.expect(EventType::kEnded).event.cause == Cause::kExpired);
      continue;
    }
    bench.bob.sent.clear();
    REQUIRE(bench.bob.endpoint->offer(*call, as_bytes(kSdp), bench.net.now));
    bench.net.drain();
    CHECK(bench.bob.sent.back().find("\r\nSession-Expires: 1000;refresher=uac\r\n") !=
          std::string::npos);
    // The peer takes over.
    bench.ask(ok_to(bench.bob.sent.back(), "Session-Expires: 2000;refresher=uas\r\n"));
    bench.bob.expect(EventType::kUpdated);
    bench.net.run(1967 * ua::kSecond);
    CHECK(bench.bob.events.empty());
    bench.net.run(2 * ua::kSecond);
    CHECK(bench.bob.expect(EventType::kEnded).event.cause == Cause::kExpired);
  }
}

TEST_CASE("RFC 4028 7.2: a 2xx that grants nothing sane leaves the call without an end") {
  for (const std::string lines : {"", "Session-Expires: 5;refresher=uac\r\n",
                                  "Session-Expires: x\r\n", "Session-Expires: 900;;\r\n"}) {
    INFO(lines);
    Bench bench;
    REQUIRE(bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now));
    bench.net.drain();
    bench.ask(ok_to(bench.bob.sent.back(), lines));
    bench.bob.expect(EventType::kAnswered);
    bench.net.run(100'000 * ua::kSecond);
    CHECK(bench.bob.events.empty());
    CHECK(bench.bob.endpoint->stats().calls == 1);
  }
}

TEST_CASE("RFC 4028 7.4: an INVITE answered 422 is sent again with the session that is asked for") {
  Bench bench;
  const auto call = bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now);
  REQUIRE(call);
  bench.net.drain();
  bench.ask(reply_to(bench.bob.sent.back(), "422 Session Interval Too Small", "Min-SE: 4000\r\n"));
  REQUIRE(bench.bob.sent.size() == 2);
  const std::string again = bench.bob.sent[1];
  CHECK(again.starts_with("INVITE "));
  CHECK(again.find("\r\nSession-Expires: 4000\r\nMin-SE: 4000\r\n") != std::string::npos);
  CHECK(again.find("Session-Expires: 1800") == std::string::npos);
  CHECK(again.find(std::string(kSdp)) != std::string::npos);
  bench.ask(ok_to(again, "Session-Expires: 4000;refresher=uac\r\n"));
  bench.bob.expect(EventType::kAnswered);
  // And so does each refresh.
  REQUIRE(bench.bob.endpoint->offer(*call, as_bytes(kSdp), bench.net.now));
  bench.net.drain();
  CHECK(bench.bob.sent.back().find("\r\nMin-SE: 4000\r\n") != std::string::npos);

  SECTION("a peer that is never content is given up") {
    Bench other;
    REQUIRE(other.bob.endpoint->invite(invite_on(other.connection), other.net.now));
    other.net.drain();
    int tries = 0;
    while (other.bob.sent.back().starts_with("INVITE ")) {
      REQUIRE(++tries < 10);
      other.ask(reply_to(other.bob.sent.back(), "422 Session Interval Too Small",
                         "Min-SE: " + std::to_string(4000 + tries) + "\r\n"));
    }
    CHECK(tries == 4);
    CHECK(other.bob.expect(EventType::kEnded).event.status == 422);
  }
  SECTION("one that does not say what it wants, at once") {
    for (const char* lines : {"", "Min-SE: x\r\n", "Min-SE: 99999999\r\n"}) {
      Bench other;
      REQUIRE(other.bob.endpoint->invite(invite_on(other.connection), other.net.now));
      other.net.drain();
      other.ask(reply_to(other.bob.sent.back(), "422 Session Interval Too Small", lines));
      CHECK(other.bob.expect(EventType::kEnded).event.status == 422);
    }
  }
}

TEST_CASE("a call of two of us lasts for hours while it is refreshed, and not long without") {
  Network net;
  Phone& alice = net.add("alice.example");
  Phone& bob = net.add("bob.example");
  const auto [a, b] = call_bob(net, alice, bob);
  alice.expect(EventType::kAnswered);
  int refreshes = 0;
  for (int minute = 0; minute < 240; ++minute) {
    net.run(60 * ua::kSecond);
    Seen seen;
    if (alice.take(EventType::kRefresh, seen)) {
      ++refreshes;
      REQUIRE(alice.endpoint->offer(a, as_bytes(kSdp), net.now));
    }
    net.settle();
    if (bob.take(EventType::kOffer, seen))
      REQUIRE(bob.endpoint->answer(b, as_bytes(kSdp), net.now));
    net.settle();
  }
  CHECK(refreshes >= 15);
  CHECK(alice.endpoint->stats().calls == 1);
  CHECK(bob.endpoint->stats().calls == 1);
  // The network dies without a word.
  net.drops_transmits = true;
  net.run(2000 * ua::kSecond);
  CHECK(alice.expect(EventType::kEnded).event.cause == Cause::kExpired);
  CHECK(bob.expect(EventType::kEnded).event.cause == Cause::kExpired);
  net.run(100 * ua::kSecond);
  for (Phone* phone : {&alice, &bob}) {
    CHECK(phone->endpoint->stats().calls == 0);
    CHECK(phone->endpoint->next_deadline() == ua::kNever);
  }
}

TEST_CASE("sessions can be switched off, and a config out of range is refused") {
  Network net;
  ua::Config config;
  config.session_expires_s = 0;
  Phone& bob = net.add("bob.example", config);
  const uint64_t connection = net.attach(bob);
  REQUIRE(bob.endpoint->invite(invite_on(connection), net.now));
  net.drain();
  CHECK(bob.sent.back().find("Session-Expires") == std::string::npos);
  TestContext context;
  for (const auto& [expires_s, min_s] :
       {std::pair(1800u, 89u), {89u, 90u}, {100u, 200u}, {90'000u, 90u}, {0u, 90'000u}}) {
    ua::Config bad;
    bad.host = "x.example";
    bad.session_expires_s = expires_s, bad.min_se_s = min_s;
    CHECK(ua::Endpoint::create(context.context, bad).error() == Status::ERR_INVALID_ARGUMENT);
  }
}
