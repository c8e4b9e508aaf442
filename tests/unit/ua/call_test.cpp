// The flows of RFC 3665 and the crossings of RFC 3261 and RFC 5407, endpoint against endpoint.
#include "network.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::Cause;
using ua::EventType;

namespace {

constexpr std::string_view kOffer =
    "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
constexpr std::string_view kAnswer =
    "v=0\r\no=b 1 1 IN IP4 192.0.2.2\r\ns=-\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

ua::Invite invite_to_bob(std::string_view sdp = kOffer) {
  ua::Invite invite;
  invite.to = "sip:bob@bob.example;transport=tcp";
  invite.sdp = as_bytes(sdp);
  return invite;
}

struct Pair {
  explicit Pair(ua::Config bob_config = {}, ua::Config alice_config = {})
      : alice(net.add("alice.example", alice_config)), bob(net.add("bob.example", bob_config)) {}
  Network net;
  Phone& alice;
  Phone& bob;
  uint64_t a = 0, b = 0;

  void call(std::string_view sdp = kOffer) {
    const auto id = alice.endpoint->invite(invite_to_bob(sdp), net.now);
    REQUIRE(id);
    a = *id;
    net.settle();
    const Seen incoming = bob.expect(EventType::kIncoming);
    CHECK(incoming.sdp == sdp);
    b = incoming.event.call;
  }
  void establish() {
    call();
    REQUIRE(bob.endpoint->answer(b, as_bytes(kAnswer), net.now));
    net.settle();
    CHECK(alice.expect(EventType::kAnswered).sdp == kAnswer);
    bob.expect(EventType::kConfirmed);
  }
  // Everything is given back once the timers ran out.
  void check_clean() {
    net.run(200 * ua::kSecond);
    for (Phone* phone : {&alice, &bob}) {
      INFO(phone->name);
      CHECK(phone->endpoint->stats().calls == 0);
      CHECK(phone->endpoint->stats().transactions == 0);
      CHECK(phone->endpoint->next_deadline() == ua::kNever);
    }
  }
};

}  // namespace

TEST_CASE("RFC 3261 13.3.1.4: a 200 has the host's header fields, each time it is sent") {
  Pair pair;
  pair.call();
  const auto answer = [&](std::string_view headers) {
    return pair.bob.endpoint->answer(pair.b, as_bytes(kAnswer), headers, pair.net.now);
  };
  for (const std::string_view wrong : {"X-A", "X-A: 1", "Via: x\r\n", "To: <sip:x@y>\r\n",
                                       "X-A: 1\nX-B: 2\r\n", "X A: 1\r\n", "Contact: *\r\n"}) {
    INFO(wrong);
    CHECK(answer(wrong).error() == Status::ERR_UA_HEADER);
  }
  REQUIRE(answer("X-Room: blue\r\nX-Agent: seven\r\n"));
  CHECK(answer("X-Room: red\r\n").error() == Status::ERR_WRONG_STATE);
  pair.net.settle();
  const Seen answered = pair.alice.expect(EventType::kAnswered);
  CHECK(answered.sdp == kAnswer);
  CHECK(answered.data.find("X-Room: blue\r\nX-Agent: seven\r\n") != std::string::npos);
  pair.bob.expect(EventType::kConfirmed);
  REQUIRE(pair.bob.endpoint->hangup(pair.b, pair.net.now));
  pair.net.settle();
  pair.check_clean();
}

TEST_CASE("RFC 3261 13.2.1: an answer that goes into an ACK takes no header fields") {
  Pair pair;
  pair.call({});
  REQUIRE(pair.bob.endpoint->answer(pair.b, as_bytes(kOffer), pair.net.now));
  pair.net.settle();
  pair.alice.expect(EventType::kAnswered);
  CHECK(
      pair.alice.endpoint->answer(pair.a, as_bytes(kAnswer), "X-A: 1\r\n", pair.net.now).error() ==
      Status::ERR_WRONG_STATE);
  REQUIRE(pair.alice.endpoint->answer(pair.a, as_bytes(kAnswer), {}, pair.net.now));
  pair.net.settle();
  pair.bob.expect(EventType::kConfirmed);
}

TEST_CASE("RFC 3665 3.1: a call is set up and ended by either side") {
  for (const bool by_alice : {true, false}) {
    Pair pair;
    pair.call();
    REQUIRE(pair.bob.endpoint->ring(pair.b, 180, {}, pair.net.now));
    pair.net.settle();
    CHECK(pair.alice.expect(EventType::kProgress).event.status == 180);
    REQUIRE(pair.bob.endpoint->answer(pair.b, as_bytes(kAnswer), pair.net.now));
    pair.net.settle();
    CHECK(pair.alice.expect(EventType::kAnswered).sdp == kAnswer);
    pair.bob.expect(EventType::kConfirmed);
    Phone& quitter = by_alice ? pair.alice : pair.bob;
    Phone& other = by_alice ? pair.bob : pair.alice;
    REQUIRE(quitter.endpoint->hangup(by_alice ? pair.a : pair.b, pair.net.now));
    pair.net.settle();
    CHECK(quitter.expect(EventType::kEnded).event.cause == Cause::kLocal);
    CHECK(other.expect(EventType::kEnded).event.cause == Cause::kRemote);
    CHECK(quitter.endpoint->hangup(by_alice ? pair.a : pair.b, pair.net.now).error() ==
          Status::ERR_UA_NO_CALL);
    pair.check_clean();
  }
}

TEST_CASE("RFC 3665 3.8: CANCEL before the answer") {
  Pair pair;
  pair.call();
  REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
  pair.net.settle();
  CHECK(pair.alice.expect(EventType::kEnded).event.cause == Cause::kCancelled);
  CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kCancelled);
  pair.check_clean();
}

TEST_CASE("RFC 3261 9.1: CANCEL crosses the 200 and the call ends with BYE") {
  Pair pair;
  pair.call();
  REQUIRE(pair.bob.endpoint->answer(pair.b, as_bytes(kAnswer), pair.net.now));
  REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
  pair.net.settle();
  CHECK(pair.alice.expect(EventType::kEnded).event.cause == Cause::kCancelled);
  CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kRemote);
  pair.check_clean();
}

TEST_CASE("RFC 3261 9.1: a CANCEL wished before any response waits for one") {
  Pair pair;
  const auto id = pair.alice.endpoint->invite(invite_to_bob(), pair.net.now);
  REQUIRE(id);
  REQUIRE(pair.alice.endpoint->hangup(*id, pair.net.now));
  pair.net.settle();
  CHECK(pair.alice.expect(EventType::kEnded).event.cause == Cause::kCancelled);
  pair.check_clean();
}

TEST_CASE("RFC 3665 3.9: a refusal brings its reason, Warning and Retry-After") {
  Pair pair;
  pair.call();
  REQUIRE(pair.bob.endpoint->reject(pair.b, {488, "No Crypto", 304, "SRTP \"required\"", 7},
                                    pair.net.now));
  pair.net.settle();
  const Seen ended = pair.alice.expect(EventType::kEnded);
  CHECK(ended.event.cause == Cause::kRejected);
  CHECK(ended.event.status == 488);
  CHECK(ended.event.retry_after_s == 7);
  CHECK(ended.reason == "No Crypto");
  CHECK(ended.warning == "304 bob.example \"SRTP \\\"required\\\"\"");
  CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kLocal);
  pair.check_clean();
}

TEST_CASE("RFC 3261 13.2.1: a late offer is answered in the ACK") {
  Pair pair;
  pair.call("");
  REQUIRE(pair.bob.endpoint->answer(pair.b, as_bytes(kOffer), pair.net.now));
  pair.net.settle();
  CHECK(pair.alice.expect(EventType::kAnswered).sdp == kOffer);
  REQUIRE(pair.alice.endpoint->answer(pair.a, as_bytes(kAnswer), pair.net.now));
  pair.net.settle();
  CHECK(pair.bob.expect(EventType::kConfirmed).sdp == kAnswer);
  REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
  pair.check_clean();
}

TEST_CASE("RFC 3261 14: re-INVITE by either side, accepted and refused") {
  for (const bool by_alice : {true, false}) {
    Pair pair;
    pair.establish();
    Phone& from = by_alice ? pair.alice : pair.bob;
    Phone& to = by_alice ? pair.bob : pair.alice;
    const uint64_t from_id = by_alice ? pair.a : pair.b;
    const uint64_t to_id = by_alice ? pair.b : pair.a;
    REQUIRE(from.endpoint->offer(from_id, as_bytes(kOffer), pair.net.now));
    CHECK(from.endpoint->offer(from_id, as_bytes(kOffer), pair.net.now).error() ==
          Status::ERR_UA_PENDING);
    pair.net.settle();
    CHECK(to.expect(EventType::kOffer).sdp == kOffer);
    REQUIRE(to.endpoint->answer(to_id, as_bytes(kAnswer), pair.net.now));
    pair.net.settle();
    CHECK(from.expect(EventType::kUpdated).sdp == kAnswer);
    to.expect(EventType::kConfirmed);
    REQUIRE(from.endpoint->offer(from_id, as_bytes(kOffer), pair.net.now));
    pair.net.settle();
    to.expect(EventType::kOffer);
    REQUIRE(to.endpoint->reject(to_id, {488, {}, 0, {}, 0}, pair.net.now));
    pair.net.settle();
    CHECK(from.expect(EventType::kRefused).event.status == 488);
    REQUIRE(from.endpoint->hangup(from_id, pair.net.now));
    pair.net.settle();
    CHECK(to.expect(EventType::kEnded).event.cause == Cause::kRemote);
    pair.check_clean();
  }
}

TEST_CASE("RFC 3261 14.1: a re-INVITE without an offer is answered in its ACK") {
  Pair pair;
  pair.establish();
  REQUIRE(pair.alice.endpoint->offer(pair.a, {}, pair.net.now));
  pair.net.settle();
  CHECK(pair.bob.expect(EventType::kOffer).sdp.empty());
  REQUIRE(pair.bob.endpoint->answer(pair.b, as_bytes(kOffer), pair.net.now));
  pair.net.settle();
  CHECK(pair.alice.expect(EventType::kUpdated).sdp == kOffer);
  CHECK(pair.alice.endpoint->offer(pair.a, as_bytes(kOffer), pair.net.now).error() ==
        Status::ERR_UA_PENDING);
  REQUIRE(pair.alice.endpoint->answer(pair.a, as_bytes(kAnswer), pair.net.now));
  pair.net.settle();
  CHECK(pair.bob.expect(EventType::kConfirmed).sdp == kAnswer);
  REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
  pair.check_clean();
}

TEST_CASE("RFC 3261 14.1: glare is refused with 491 and both back off") {
  Pair pair;
  pair.establish();
  REQUIRE(pair.alice.endpoint->offer(pair.a, as_bytes(kOffer), pair.net.now));
  REQUIRE(pair.bob.endpoint->offer(pair.b, as_bytes(kOffer), pair.net.now));
  pair.net.settle();
  CHECK(pair.alice.expect(EventType::kRefused).event.status == 491);
  CHECK(pair.bob.expect(EventType::kRefused).event.status == 491);
  pair.net.run(2 * ua::kSecond);
  pair.bob.expect(EventType::kRetry);
  Seen early;
  CHECK_FALSE(pair.alice.take(EventType::kRetry, early));
  pair.net.run(3 * ua::kSecond);
  pair.alice.expect(EventType::kRetry);
  REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
  pair.check_clean();
}

TEST_CASE("RFC 5407 3.1: BYEs cross") {
  Pair pair;
  pair.establish();
  REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
  REQUIRE(pair.bob.endpoint->hangup(pair.b, pair.net.now));
  pair.check_clean();
  CHECK(pair.alice.expect(EventType::kEnded).event.cause == Cause::kLocal);
  CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kLocal);
}

TEST_CASE("RFC 3665 3.3: a challenge is answered once, a wrong password fails") {
  struct Row {
    const char* title;
    const char* password;
    uint32_t alice_algorithms;
    Cause cause;
  };
  const Row rows[] = {
      {"SHA-256", "secret", ua::kAllowSha256, Cause::kNone},
      {"MD5", "secret", ua::kAllowMd5, Cause::kNone},
      {"both", "secret", ua::kAllowMd5 | ua::kAllowSha256, Cause::kNone},
      {"wrong password", "geheim", ua::kAllowSha256, Cause::kRejected},
      {"no credentials", "", ua::kAllowSha256, Cause::kChallenged},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    ua::Config bob;
    bob.realm = "example";
    ua::Config alice;
    alice.algorithms = row.alice_algorithms;
    Pair pair(bob, alice);
    REQUIRE(pair.bob.endpoint->set_account("alice", "secret"));
    if (row.password[0] != 0)
      REQUIRE(pair.alice.endpoint->set_credentials({"example", "", "alice", row.password}));
    if (row.cause == Cause::kNone) {
      pair.establish();
      // In-dialog requests must authenticate as well.
      REQUIRE(pair.alice.endpoint->offer(pair.a, as_bytes(kOffer), pair.net.now));
      pair.net.settle();
      pair.bob.expect(EventType::kOffer);
      REQUIRE(pair.bob.endpoint->answer(pair.b, as_bytes(kAnswer), pair.net.now));
      pair.net.settle();
      pair.alice.expect(EventType::kUpdated);
      CHECK(pair.bob.endpoint->stats().challenges == 1);
      // The nonce ages: stale, answered without asking the host.
      pair.net.run(400 * ua::kSecond);
      REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
      pair.net.settle();
      CHECK(pair.bob.endpoint->stats().challenges == 2);
      CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kRemote);
    } else {
      REQUIRE(pair.alice.endpoint->invite(invite_to_bob(), pair.net.now));
      pair.net.settle();
      CHECK(pair.alice.expect(EventType::kEnded).event.cause == row.cause);
      CHECK(pair.bob.endpoint->stats().calls == 0);
    }
    pair.check_clean();
  }
}

TEST_CASE("RFC 3261 17.1.1.2: timer B ends a call nobody answers") {
  Pair pair;
  pair.net.drops_transmits = true;
  REQUIRE(pair.alice.endpoint->invite(invite_to_bob(), pair.net.now));
  pair.net.run(31 * ua::kSecond);
  CHECK(pair.alice.events.empty());
  pair.net.run(2 * ua::kSecond);
  const Seen ended = pair.alice.expect(EventType::kEnded);
  CHECK(ended.event.cause == Cause::kTimeout);
  CHECK(ended.event.status == 408);
  pair.check_clean();
}

TEST_CASE(
    "RFC 3261 13.3.1.4: a 2xx is sent again until the ACK, also over TCP, then the call ends") {
  Pair pair;
  pair.call();
  pair.net.drops_transmits = true;
  pair.bob.sent.clear();
  REQUIRE(pair.bob.endpoint->answer(pair.b, as_bytes(kAnswer), pair.net.now));
  pair.net.run(31 * ua::kSecond);
  // At 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5 and 27.5 s.
  CHECK(pair.bob.sent.size() == 10);
  pair.net.run(2 * ua::kSecond);
  CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kNoAck);
  CHECK(pair.bob.sent.back().starts_with("BYE "));
  REQUIRE(pair.alice.endpoint->hangup(pair.a, pair.net.now));
  pair.check_clean();
}

TEST_CASE("a closed connection fails what waits on it and spares what stands") {
  SECTION("no answer yet") {
    Pair pair;
    pair.call();
    pair.net.close_all();
    pair.net.run(ua::kSecond);
    CHECK(pair.alice.expect(EventType::kEnded).event.cause == Cause::kTransport);
    CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kTransport);
    pair.check_clean();
  }
  SECTION("the call goes on over another connection") {
    Pair pair;
    pair.establish();
    pair.net.close_all();
    pair.net.run(ua::kSecond);
    CHECK(pair.alice.events.empty());
    REQUIRE(pair.bob.endpoint->hangup(pair.b, pair.net.now));
    pair.net.settle();
    CHECK(pair.alice.expect(EventType::kEnded).event.cause == Cause::kRemote);
    pair.check_clean();
  }
  SECTION("the call ends where the config says so") {
    ua::Config config;
    config.calls_survive_connection = false;
    Pair pair(config);
    pair.establish();
    pair.net.close_all();
    pair.net.run(ua::kSecond);
    CHECK(pair.bob.expect(EventType::kEnded).event.cause == Cause::kTransport);
    pair.check_clean();
  }
}

TEST_CASE("RFC 3261 11: OPTIONS tells the abilities") {
  Pair pair;
  REQUIRE(pair.alice.endpoint->options(invite_to_bob(""), pair.net.now));
  pair.net.settle();
  const Seen result = pair.alice.expect(EventType::kResult);
  CHECK(result.event.status == 200);
  for (const char* line : {"Allow: INVITE", "Accept: application/sdp", "Supported:"}) {
    CHECK(result.data.find(line) != std::string::npos);
  }
  pair.check_clean();
}

TEST_CASE("many calls over slow links end clean") {
  Pair pair;
  pair.net.delay_ms = 80;
  std::vector<uint64_t> ids;
  for (int i = 0; i < 100; ++i)
    ids.push_back(*pair.alice.endpoint->invite(invite_to_bob(), pair.net.now));
  pair.net.settle(10 * ua::kSecond);
  Seen seen;
  while (pair.bob.take(EventType::kIncoming, seen)) {
    REQUIRE(pair.bob.endpoint->answer(seen.event.call, as_bytes(kAnswer), pair.net.now));
  }
  pair.net.settle(10 * ua::kSecond);
  int answered = 0;
  while (pair.alice.take(EventType::kAnswered, seen)) ++answered;
  CHECK(answered == 100);
  for (const uint64_t id : ids) REQUIRE(pair.alice.endpoint->hangup(id, pair.net.now));
  pair.check_clean();
}

TEST_CASE("config and commands out of range are refused") {
  TestContext context;
  ua::Config config;
  CHECK(ua::Endpoint::create(context.context, config).error() == Status::ERR_INVALID_ARGUMENT);
  Pair pair;
  ua::Invite bad = invite_to_bob();
  bad.headers = "X-A: 1\r\nVia: SIP/2.0/TCP x\r\n";
  CHECK(pair.alice.endpoint->invite(bad, pair.net.now).error() == Status::ERR_UA_HEADER);
  bad = invite_to_bob();
  bad.to = "http://bob.example";
  CHECK(pair.alice.endpoint->invite(bad, pair.net.now).error() == Status::ERR_UA_URI);
  CHECK(pair.alice.endpoint->hangup(77, pair.net.now).error() == Status::ERR_UA_NO_CALL);
  CHECK(pair.alice.endpoint->input(77, {}, pair.net.now).error() == Status::ERR_UA_NO_CONNECTION);
  CHECK(pair.alice.endpoint->stats().calls == 0);
  pair.establish();
  CHECK(pair.bob.endpoint->answer(pair.b, as_bytes(kAnswer), pair.net.now).error() ==
        Status::ERR_WRONG_STATE);
  CHECK(pair.bob.endpoint->reject(pair.b, {200, {}, 0, {}, 0}, pair.net.now).error() ==
        Status::ERR_INVALID_ARGUMENT);
}
