// What a peer that is not ours may send, and the answer it gets.
#include <sstream>

#include "network.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::EventType;

namespace {

constexpr std::string_view kSdp = "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

std::string request(const std::string& method, const std::string& branch, const std::string& more = {},
                    const std::string& to_tag = {}, std::string_view body = {}, int cseq = 1) {
  std::ostringstream out;
  out << method << " sip:bob@bob.example SIP/2.0\r\nVia: SIP/2.0/TCP peer.example;branch=z9hG4bK" << branch
      << ";rport\r\nMax-Forwards: 0\r\nFrom: <sip:a@peer.example>;tag=far\r\nTo: <sip:bob@bob.example>"
      << (to_tag.empty() ? "" : ";tag=" + to_tag) << "\r\nCall-ID: one\r\nCSeq: " << cseq << ' ' << method
      << "\r\nContact: <sip:a@peer.example;transport=tcp>\r\n" << more << "Content-Length: " << body.size()
      << "\r\n\r\n" << body;
  return out.str();
}

int code_of(const std::string& response) { return std::stoi(response.substr(8, 3)); }

std::string tag_of(const std::string& message) {
  const size_t to = message.find("\r\nTo:");
  const size_t at = message.find(";tag=", to) + 5;
  return message.substr(at, message.find("\r\n", at) - at);
}

struct Bench {
  Bench() : bob(net.add("bob.example")), connection(net.attach(bob)) {}
  std::string ask(const std::string& bytes) {
    bob.sent.clear();
    net.feed(bob, connection, bytes);
    return bob.sent.empty() ? std::string("no answer") : bob.sent.back();
  }
  Network net;
  Phone& bob;
  uint64_t connection;
};

const std::string kSdpType = "Content-Type: application/sdp\r\n";

}  // namespace

TEST_CASE("RFC 3261 8.2: a request that can not be served gets the right final response") {
  struct Row {
    const char* title;
    std::string bytes;
    int code;
    const char* line;
  };
  const Row rows[] = {
      {"8.2.1 method of another kind", request("REGISTER", "1"), 405, "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS"},
      {"21.5.2 unknown method", request("TELEPORT", "1"), 501, ""},
      {"8.2.2.3 Require", request("INVITE", "1", "Require: 100rel, foo\r\n"), 420, "Unsupported: 100rel, foo"},
      {"8.2.3 media type", request("INVITE", "1", "Content-Type: text/html\r\n", "", "<p>"), 415, "Accept: application/sdp"},
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

TEST_CASE("RFC 3261 16.3, 8.2.2.2: merged requests are refused, retransmissions answered from memory") {
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
  CHECK(code_of(bench.ask(request("INFO", "6", "", tag, "", 2))) == 405);
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
  const auto reply = [&](const std::string& status, const std::string& to_tag, const std::string& more) {
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
      "Record-Route: <sip:p2.example;lr>\r\nRecord-Route: <sip:p1.example>\r\nContact: <sip:bob@10.0.0.1>\r\n";
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
