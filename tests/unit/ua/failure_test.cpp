// What goes wrong in the middle: exchanges that are cut off, peers that break the rules, full
// tables, floods.
#include "peer.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::Cause;
using ua::EventType;

namespace {

std::string kSdpText(kSdp);

// A call that bob answered, of a peer that the test plays.
struct Standing : Bench {
  Standing() {
    ask(request("INVITE", "1", kSdpType, "", kSdp));
    call = bob.expect(EventType::kIncoming).event.call;
    bob.sent.clear();
    REQUIRE(bob.endpoint->answer(call, as_bytes(kSdp), net.now));
    net.drain();
    tag = tag_of(bob.sent.back());
    ask(request("ACK", "2", "", tag));
    bob.expect(EventType::kConfirmed);
    bob.sent.clear();
  }
  uint64_t call = 0;
  std::string tag;
};

std::string with_sdp(const std::string& response) {
  return with(response, "Content-Length: 0\r\n\r\n",
              kSdpType + "Content-Length: " + std::to_string(kSdp.size()) + "\r\n\r\n" + kSdpText);
}

}  // namespace

TEST_CASE("RFC 3261 9.2: the peer cancels its re-INVITE, and the call stands") {
  Standing t;
  t.ask(request("INVITE", "3", kSdpType, t.tag, kSdp, 2));
  t.bob.expect(EventType::kOffer);
  t.ask(request("CANCEL", "3", "", t.tag, "", 2));
  REQUIRE(t.bob.sent.size() == 2);
  CHECK(code_of(t.bob.sent[0]) == 200);
  CHECK(code_of(t.bob.sent[1]) == 487);
  t.bob.expect(EventType::kOfferGone);
  CHECK(t.bob.endpoint->answer(t.call, as_bytes(kSdp), t.net.now).error() ==
        Status::ERR_WRONG_STATE);
  // A CANCEL that comes again finds nothing to end.
  CHECK(code_of(t.ask(request("CANCEL", "3", "", t.tag, "", 2))) == 200);
  CHECK(t.bob.sent.size() == 1);
  CHECK(t.bob.endpoint->stats().calls == 1);
}

TEST_CASE("RFC 3261 9.2: a CANCEL after the answer changes nothing") {
  Standing t;
  CHECK(code_of(t.ask(request("CANCEL", "1", "", "", "", 1))) == 200);
  CHECK(t.bob.sent.size() == 1);
  CHECK(t.bob.events.empty());
  CHECK(t.bob.endpoint->stats().calls == 1);
}

TEST_CASE("a re-INVITE whose connection closes is gone, and the call stands") {
  Standing t;
  t.ask(request("INVITE", "3", kSdpType, t.tag, kSdp, 2));
  t.bob.expect(EventType::kOffer);
  REQUIRE(t.bob.endpoint->closed(t.connection, t.net.now));
  t.net.run(ua::kSecond);
  CHECK(t.bob.expect(EventType::kOfferGone).event.cause == Cause::kTransport);
  CHECK(t.bob.endpoint->stats().calls == 1);
}

TEST_CASE("hanging up while the peer's re-INVITE waits refuses it with 487 first") {
  Standing t;
  t.ask(request("INVITE", "3", kSdpType, t.tag, kSdp, 2));
  t.bob.expect(EventType::kOffer);
  t.bob.sent.clear();
  REQUIRE(t.bob.endpoint->hangup(t.call, t.net.now));
  t.net.drain();
  REQUIRE(t.bob.sent.size() == 2);
  CHECK(code_of(t.bob.sent[0]) == 487);
  CHECK(t.bob.sent[1].starts_with("BYE "));
  CHECK(t.bob.expect(EventType::kEnded).event.cause == Cause::kLocal);
}

TEST_CASE("RFC 3261 12.2.1.2, 14.1: how a re-INVITE fails, and what becomes of the call") {
  struct Row {
    const char* title;
    const char* response;  // NULL: none at all
    EventType event;
    Cause cause;
    uint32_t status;
    size_t calls;  // that still are known
  };
  const Row rows[] = {
      {"refused", "488 Not Acceptable Here", EventType::kRefused, Cause::kNone, 488, 1},
      {"challenged without credentials", "401 Unauthorized", EventType::kRefused, Cause::kNone, 401,
       1},
      {"the peer forgot the call", "481 Call Does Not Exist", EventType::kEnded, Cause::kLost, 481,
       1},
      {"the peer says timeout", "408 Request Timeout", EventType::kEnded, Cause::kLost, 408, 1},
      {"no answer", nullptr, EventType::kEnded, Cause::kLost, 408, 1},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Standing t;
    REQUIRE(t.bob.endpoint->offer(t.call, as_bytes(kSdp), t.net.now));
    t.net.drain();
    const std::string sent = t.bob.sent.back();
    REQUIRE(sent.starts_with("INVITE "));
    t.bob.sent.clear();
    if (row.response != nullptr) t.ask(reply_to(sent, row.response));
    if (row.response == nullptr) t.net.run(33 * ua::kSecond);
    const Seen seen = t.bob.expect(row.event);
    CHECK(seen.event.cause == row.cause);
    CHECK(seen.event.status == row.status);
    if (row.response != nullptr) CHECK(t.bob.sent.front().starts_with("ACK "));
    // RFC 3261 15: a call that ends so is still told by BYE.
    if (row.event == EventType::kEnded) CHECK(t.bob.sent.back().starts_with("BYE "));
    CHECK(t.bob.endpoint->stats().calls == row.calls);
    t.net.run(100 * ua::kSecond);
    CHECK(t.bob.endpoint->stats().calls == (row.event == EventType::kEnded ? 0 : 1));
  }
}

TEST_CASE("a re-INVITE whose connection closes is refused with 503, and the call stands") {
  Standing t;
  REQUIRE(t.bob.endpoint->offer(t.call, as_bytes(kSdp), t.net.now));
  t.net.drain();
  REQUIRE(t.bob.endpoint->closed(t.connection, t.net.now));
  t.net.run(ua::kSecond);
  const Seen seen = t.bob.expect(EventType::kRefused);
  CHECK(seen.event.status == 503);
  CHECK(seen.event.cause == Cause::kTransport);
  CHECK(t.bob.endpoint->stats().calls == 1);
}

TEST_CASE(
    "RFC 3261 13.2.1, 14.1: a 2xx or an ACK without the description that is due ends the call") {
  SECTION("2xx to an INVITE without an offer") {
    Bench bench;
    ua::Invite invite = invite_on(bench.connection);
    invite.sdp = {};
    REQUIRE(bench.bob.endpoint->invite(invite, bench.net.now));
    bench.net.drain();
    bench.ask(reply_to(bench.bob.sent.back(), "200 OK", "Contact: <sip:x@x.example>\r\n"));
    REQUIRE(bench.bob.sent.size() == 2);
    CHECK(bench.bob.sent[0].starts_with("ACK "));
    CHECK(bench.bob.sent[1].starts_with("BYE "));
    CHECK(bench.bob.expect(EventType::kEnded).event.cause == Cause::kProtocol);
  }
  SECTION("2xx to a re-INVITE without an offer") {
    Standing t;
    REQUIRE(t.bob.endpoint->offer(t.call, {}, t.net.now));
    t.net.drain();
    t.ask(reply_to(t.bob.sent.back(), "200 OK", "Contact: <sip:x@x.example>\r\n"));
    REQUIRE(t.bob.sent.size() == 2);
    CHECK(t.bob.sent[0].starts_with("ACK "));
    CHECK(t.bob.sent[1].starts_with("BYE "));
    CHECK(t.bob.expect(EventType::kEnded).event.cause == Cause::kProtocol);
  }
  SECTION("ACK to a 2xx with the offer") {
    Bench bench;
    bench.ask(request("INVITE", "1"));
    const uint64_t call = bench.bob.expect(EventType::kIncoming).event.call;
    bench.bob.sent.clear();
    REQUIRE(bench.bob.endpoint->answer(call, as_bytes(kSdp), bench.net.now));
    bench.net.drain();
    CHECK(bench.ask(request("ACK", "2", "", tag_of(bench.bob.sent.back()))).starts_with("BYE "));
    CHECK(bench.bob.expect(EventType::kEnded).event.cause == Cause::kProtocol);
  }
}

TEST_CASE("hanging up while the answer to a late offer is due acknowledges, then says BYE") {
  Bench bench;
  ua::Invite invite = invite_on(bench.connection);
  invite.sdp = {};
  const auto call = bench.bob.endpoint->invite(invite, bench.net.now);
  REQUIRE(call);
  bench.net.drain();
  bench.ask(with_sdp(reply_to(bench.bob.sent.back(), "200 OK", "Contact: <sip:x@x.example>\r\n")));
  bench.bob.expect(EventType::kAnswered);
  CHECK(bench.bob.sent.empty());
  REQUIRE(bench.bob.endpoint->hangup(*call, bench.net.now));
  bench.net.drain();
  REQUIRE(bench.bob.sent.size() == 2);
  CHECK(bench.bob.sent[0].starts_with("ACK "));
  CHECK(bench.bob.sent[1].starts_with("BYE "));
}

TEST_CASE(
    "RFC 3261 13.2.2.4: sixteen branches of a fork are ended, what comes beyond costs nothing") {
  Bench bench;
  REQUIRE(bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now));
  bench.net.drain();
  const std::string sent = bench.bob.sent.back();
  const std::string ok =
      with_sdp(reply_to(sent, "200 OK", "Contact: <sip:x@x.example;transport=tcp>\r\n"));
  bench.ask(ok);
  bench.bob.expect(EventType::kAnswered);
  for (int i = 0; i < 40; ++i) {
    bench.ask(with(ok, "tag=far", "tag=fork" + std::to_string(i)));
    INFO("branch " << i);
    CHECK(bench.bob.sent.size() == (i < 16 ? 2 : 0));
    // Once more: it is known already.
    CHECK(bench.ask(with(ok, "tag=far", "tag=fork" + std::to_string(i))) == "no answer");
  }
  CHECK(bench.bob.endpoint->stats().calls == 1);
  CHECK(bench.bob.endpoint->stats().transactions == 17);
}

TEST_CASE("RFC 3261 22.2: a server that challenges again and again is given up after three times") {
  Bench bench;
  REQUIRE(bench.bob.endpoint->set_credentials({"r", "", "bob", "secret"}));
  REQUIRE(bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now));
  bench.net.drain();
  int tries = 0;
  while (bench.bob.sent.back().starts_with("INVITE ")) {
    REQUIRE(++tries < 10);
    bench.ask(reply_to(bench.bob.sent.back(), "401 Unauthorized",
                       "WWW-Authenticate: Digest realm=\"r\", nonce=\"n" + std::to_string(tries) +
                           "\", qop=\"auth\", stale=true, algorithm=SHA-256\r\n"));
  }
  CHECK(tries == 4);
  CHECK(bench.bob.expect(EventType::kEnded).event.cause == Cause::kChallenged);
  CHECK(bench.bob.endpoint->stats().calls == 0);
}

TEST_CASE("RFC 7616 3.3: challenges that can not be met are not answered") {
  const std::string rows[] = {
      "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256",
      "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-512-256",
      "Digest realm=\"r\", qop=\"auth\", algorithm=SHA-256",
      "Digest realm=\"r\", nonce=\"" + std::string(3000, 'n') + "\", qop=\"auth\"",
      "Basic realm=\"r\"",
  };
  for (const std::string& row : rows) {
    INFO(row.substr(0, 80));
    Bench bench;
    REQUIRE(bench.bob.endpoint->set_credentials({"r", "", "bob", "secret"}));
    REQUIRE(bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now));
    bench.net.drain();
    bench.ask(
        reply_to(bench.bob.sent.back(), "401 Unauthorized", "WWW-Authenticate: " + row + "\r\n"));
    CHECK(bench.bob.sent.size() == 1);
    CHECK(bench.bob.expect(EventType::kEnded).event.cause == Cause::kChallenged);
  }
}

TEST_CASE("accounts and credentials: replaced, removed, and refused beyond their bounds") {
  Network net;
  ua::Config config;
  config.realm = "r";
  Phone& bob = net.add("bob.example", config);
  ua::Endpoint& endpoint = *bob.endpoint;
  CHECK(endpoint.set_account("", "x").error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(endpoint.set_account(std::string(257, 'u'), "x").error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(endpoint.set_account("u", "").error() == Status::ERR_NOT_FOUND);
  REQUIRE(endpoint.set_account("u", "one"));
  REQUIRE(endpoint.set_account("u", "two"));
  REQUIRE(endpoint.set_account("u", ""));
  CHECK(endpoint.set_account("u", "").error() == Status::ERR_NOT_FOUND);
  Result<void> last;
  for (int i = 0; i < 100'000 && last; ++i) last = endpoint.set_account(std::to_string(i), "x");
  CHECK(last.error() == Status::ERR_LIMIT);

  CHECK(endpoint.set_credentials({"", "", "u", "p"}).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(endpoint.set_credentials({"r", "", "u\r\n", "p"}).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(endpoint.set_credentials({"r", "", "", ""}).error() == Status::ERR_NOT_FOUND);
  REQUIRE(endpoint.set_credentials({"r", "p", "u", "one"}));
  REQUIRE(endpoint.set_credentials({"r", "P", "u", "two"}));
  REQUIRE(endpoint.set_credentials({"r", "p", "", ""}));
  CHECK(endpoint.set_credentials({"r", "p", "", ""}).error() == Status::ERR_NOT_FOUND);
  last = {};
  for (int i = 0; i < 100'000 && last; ++i)
    last = endpoint.set_credentials({std::to_string(i), "", "u", "p"});
  CHECK(last.error() == Status::ERR_LIMIT);

  Phone& open = net.add("open.example");
  CHECK(open.endpoint->set_account("u", "p").error() == Status::ERR_WRONG_STATE);
}

TEST_CASE("an invitation that can not be sent is refused by name and leaves nothing") {
  struct Row {
    const char* title;
    void (*spoil)(ua::Invite&);
    Status status;
  };
  const Row rows[] = {
      {"from", [](ua::Invite& i) { i.from = "not a uri"; }, Status::ERR_UA_URI},
      {"from with headers", [](ua::Invite& i) { i.from = "sip:a@b?x=y"; }, Status::ERR_UA_URI},
      {"to with headers", [](ua::Invite& i) { i.to = "sip:a@b?x=y"; }, Status::ERR_UA_URI},
      {"route", [](ua::Invite& i) { i.route = "tel:+1"; }, Status::ERR_UA_URI},
      {"display name", [](ua::Invite& i) { i.display_name = "a\"b"; },
       Status::ERR_INVALID_ARGUMENT},
      {"line break in the name", [](ua::Invite& i) { i.display_name = "a\r\nX: y"; },
       Status::ERR_INVALID_ARGUMENT},
      {"no such connection", [](ua::Invite& i) { i.connection = 77; },
       Status::ERR_UA_NO_CONNECTION},
      {"UDP", [](ua::Invite& i) { i.connection = 0, i.to = "sip:a@b;transport=udp"; },
       Status::ERR_UA_URI},
      {"header without an end", [](ua::Invite& i) { i.headers = "X-A: 1"; }, Status::ERR_UA_HEADER},
      {"header without a colon", [](ua::Invite& i) { i.headers = "X-A\r\n"; },
       Status::ERR_UA_HEADER},
      {"too long",
       [](ua::Invite& i) {
         static const std::string big(20000, 'v');
         i.sdp = as_bytes(big);
       },
       Status::ERR_LIMIT},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Bench bench;
    ua::Invite invite = invite_on(bench.connection);
    row.spoil(invite);
    CHECK(bench.bob.endpoint->invite(invite, bench.net.now).error() == row.status);
    if (row.status != Status::ERR_LIMIT)
      CHECK(bench.bob.endpoint->options(invite, bench.net.now).error() == row.status);
    bench.net.drain();
    CHECK(bench.bob.sent.empty());
    CHECK(bench.bob.endpoint->stats().calls == 0);
    CHECK(bench.bob.endpoint->stats().transactions == 0);
    CHECK(bench.bob.endpoint->stats().connections == 1);
  }
  Bench bench;
  ua::Invite named = invite_on(bench.connection);
  named.from = "sip:me@home.example", named.display_name = "Me", named.route = "sip:proxy.example";
  REQUIRE(bench.bob.endpoint->invite(named, bench.net.now));
  bench.net.drain();
  CHECK(bench.bob.sent.back().find("\r\nFrom: \"Me\" <sip:me@home.example>;tag=") !=
        std::string::npos);
  CHECK(bench.bob.sent.back().find("\r\nRoute: <sip:proxy.example;lr>\r\n") != std::string::npos);
}

TEST_CASE(
    "a flood of new INVITEs takes no more memory than the limits say, and all is given back") {
  Network net;
  ua::Config config;
  config.limits.calls = 32;
  config.limits.transactions = 64;
  config.limits.message_len = 4096;
  config.limits.output_len = 8 * 4096;
  Phone& bob = net.add("bob.example", config);
  const uint64_t connection = net.attach(bob);
  const uint64_t before = bob.context.allocator.live_bytes;
  uint64_t most = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string name = std::to_string(i);
    net.feed(bob, connection,
             with(request("INVITE", name, kSdpType, "", kSdp), "Call-ID: one", "Call-ID: " + name));
    const int code = code_of(bob.sent.back());
    REQUIRE(code == (i < 32 ? 100 : 503));
    bob.sent.clear();
    most = std::max(most, bob.context.allocator.live_bytes);
  }
  CHECK(bob.endpoint->stats().calls == 32);
  CHECK(bob.endpoint->stats().transactions <= 64);
  CHECK(bob.endpoint->stats().refused_by_limit == 5000 - 32);
  // A call keeps its INVITE, its response and some names.
  CHECK(most - before < (config.limits.calls + config.limits.transactions) * 8192);
  Seen seen;
  while (bob.take(EventType::kIncoming, seen)) {
    REQUIRE(bob.endpoint->reject(seen.event.call, {486, {}, 0, {}, 0}, net.now));
    net.drain();
  }
  net.run(100 * ua::kSecond);
  CHECK(bob.endpoint->stats().calls == 0);
  CHECK(bob.endpoint->stats().transactions == 0);
  CHECK(bob.context.allocator.live_bytes == before);
}

TEST_CASE("with no transaction left a request within a call is answered 503, and the call stands") {
  Network net;
  ua::Config config;
  config.limits.calls = 4;
  config.limits.transactions = 4;
  Phone& bob = net.add("bob.example", config);
  const uint64_t connection = net.attach(bob);
  for (int i = 0; i < 4; ++i) {
    const std::string name = std::to_string(i);
    net.feed(bob, connection,
             with(request("INVITE", name, kSdpType, "", kSdp), "Call-ID: one", "Call-ID: " + name));
  }
  CHECK(bob.endpoint->stats().transactions == 4);
  const uint64_t call = bob.expect(EventType::kIncoming).event.call;
  bob.sent.clear();
  REQUIRE(bob.endpoint->answer(call, as_bytes(kSdp), net.now));
  net.drain();
  const std::string tag = tag_of(bob.sent.back());
  const auto in_call = [](const std::string& text) {
    return with(text, "Call-ID: one", "Call-ID: 0");
  };
  net.feed(bob, connection, in_call(request("ACK", "a", "", tag)));
  bob.expect(EventType::kConfirmed);
  // The INVITE's transaction lingers (timer L, RFC 6026 8.4), so that the table is full.
  net.feed(bob, connection, in_call(request("INVITE", "b", kSdpType, tag, kSdp, 2)));
  CHECK(code_of(bob.sent.back()) == 503);
  CHECK(bob.endpoint->offer(call, as_bytes(kSdp), net.now).error() == Status::ERR_LIMIT);
  CHECK(bob.endpoint->stats().calls == 4);
  net.run(40 * ua::kSecond);
  REQUIRE(bob.endpoint->offer(call, as_bytes(kSdp), net.now));
}

TEST_CASE("RFC 3261 16.7, 18.1.2: responses that belong to nothing are counted and dropped") {
  Bench bench;
  REQUIRE(bench.bob.endpoint->options(invite_on(bench.connection), bench.net.now));
  bench.net.drain();
  const std::string ok = reply_to(bench.bob.sent.back(), "200 OK");
  CHECK(bench.ask(with(ok, "branch=z9hG4bK", "branch=z9hG4bKx")) == "no answer");
  CHECK(bench.ask(with(ok, "branch=z9hG4bK", "branch=x")) == "no answer");
  CHECK(bench.ask(with(ok, " OPTIONS\r\n", " BYE\r\n")) == "no answer");
  CHECK(bench.bob.endpoint->stats().unmatched == 3);
  CHECK(bench.bob.events.empty());
  bench.ask(ok);
  CHECK(bench.bob.expect(EventType::kResult).event.status == 200);
  bench.ask(ok);
  CHECK(bench.bob.events.empty());
}
