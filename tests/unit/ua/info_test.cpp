// Digits by INFO (RFC 6086), in both directions.
#include "peer.h"
#include "support/guarded.h"
#include "ua/digit.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::Digit;
using ua::DigitForm;
using ua::EventType;

namespace {

const std::string kRelay = "Content-Type: application/dtmf-relay\r\n";
const std::string kPlain = "Content-Type: application/dtmf\r\n";

// A call that a peer of the test began and we answered.
struct Answered : Bench {
  explicit Answered(bool is_acknowledged = true) {
    ask(request("INVITE", "1", kSdpType, "", kSdp));
    call = bob.expect(EventType::kIncoming).event.call;
    REQUIRE(bob.endpoint->answer(call, as_bytes(kSdp), net.now));
    net.drain();
    tag = tag_of(bob.sent.back());
    if (!is_acknowledged) return;
    ask(request("ACK", "2", "", tag));
    bob.expect(EventType::kConfirmed);
  }
  int info(const std::string& headers, std::string_view body) {
    ++cseq;
    const std::string branch = "i" + std::to_string(cseq);
    return code_of(ask(request("INFO", branch, headers, tag, body, cseq)));
  }
  std::string send(const Digit& digit, DigitForm form = DigitForm::kRelay) {
    bob.sent.clear();
    REQUIRE(bob.endpoint->send_digit(call, form, digit, net.now));
    net.drain();
    REQUIRE(bob.sent.size() == 1);
    return bob.sent[0];
  }

  uint64_t call = 0;
  std::string tag;
  int cseq = 1;
};

struct BodyRow {
  const char* title;
  DigitForm form;
  std::string body;
  char key;  // 0: refused
  uint32_t duration_ms;
};

const BodyRow kBodies[] = {
    {"as Cisco writes it", DigitForm::kRelay, "Signal= 1\r\nDuration= 160\r\n", '1', 160},
    {"LF alone", DigitForm::kRelay, "Signal=*\nDuration=250", '*', 250},
    {"case, order, unknown lines", DigitForm::kRelay, "x: y\r\nduration=90\r\nSIGNAL = d\r\n", 'D',
     90},
    {"no duration", DigitForm::kRelay, "Signal=#", '#', 0},
    {"numbers of RFC 4733", DigitForm::kRelay, "Signal=10\r\n", '*', 0},
    {"the last of them", DigitForm::kRelay, "Signal=15\r\n", 'D', 0},
    {"flash", DigitForm::kRelay, "Signal=16\r\n", 'F', 0},
    {"flash, as Asterisk writes it", DigitForm::kRelay, "Signal=!\r\n", 'F', 0},
    {"longest duration", DigitForm::kRelay, "Signal=0\r\nDuration=60000", '0', 60000},
    {"too long a duration", DigitForm::kRelay, "Signal=0\r\nDuration=60001", 0, 0},
    {"no number", DigitForm::kRelay, "Signal=0\r\nDuration=long", 0, 0},
    {"no signal", DigitForm::kRelay, "Duration=160\r\n", 0, 0},
    {"two signals", DigitForm::kRelay, "Signal=1\r\nSignal=2\r\n", 0, 0},
    {"empty signal", DigitForm::kRelay, "Signal=\r\n", 0, 0},
    {"17 is no event of a key", DigitForm::kRelay, "Signal=17\r\n", 0, 0},
    {"no digit", DigitForm::kRelay, "Signal=F\r\n", 0, 0},
    {"several digits", DigitForm::kRelay, "Signal=123\r\n", 0, 0},
    {"a key", DigitForm::kPlain, "5", '5', 0},
    {"a key and a line's end", DigitForm::kPlain, " b\r\n", 'B', 0},
    {"its number", DigitForm::kPlain, "11", '#', 0},
    {"no key", DigitForm::kPlain, "x", 0, 0},
    {"another form", DigitForm::kPlain, "Signal=5", 0, 0},
    {"empty", DigitForm::kPlain, "\r\n", 0, 0},
};

}  // namespace

TEST_CASE("the body of an INFO is a digit or refused") {
  for (const BodyRow& row : kBodies) {
    INFO(row.title);
    const auto digit = ua::parse_digit(row.form, row.body);
    REQUIRE(digit.has_value() == (row.key != 0));
    if (!digit) continue;
    CHECK(digit->key == row.key);
    CHECK(digit->duration_ms == row.duration_ms);
  }
}

TEST_CASE("every prefix of a digit's body is read up to its end and no further") {
  for (const BodyRow& row : kBodies) {
    for (size_t len = 0; len <= row.body.size(); ++len) {
      const Guarded body(std::string_view(row.body).substr(0, len));
      (void)ua::parse_digit(row.form, body.text());
    }
  }
}

TEST_CASE("RFC 6086 4.2.2: an INFO within a dialog is answered by what it holds") {
  const std::string boundary = "Content-Type: multipart/mixed;boundary=b\r\n";
  const std::string mixed =
      "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n" + kPlain + "\r\n7\r\n--b--\r\n";
  struct Row {
    const char* title;
    std::string headers;
    std::string body;
    int code;
    char key;  // of the event, 0 for none
    const char* line;
  };
  const Row rows[] = {
      {"relay", kRelay, "Signal=5\r\nDuration=160\r\n", 200, '5', ""},
      {"plain", kPlain, "#", 200, '#', ""},
      {"multipart", boundary, mixed, 200, '7', ""},
      {"sign of life", "", "", 200, 0, ""},
      {"another type", "Content-Type: application/media_control+xml\r\n", "<x/>", 415, 0,
       "Accept: application/dtmf-relay, application/dtmf\r\n"},
      {"multipart without a digit", boundary, "--b\r\n" + kSdpType + "\r\nv=0\r\n--b--\r\n", 415, 0,
       "Accept: application/dtmf-relay"},
      {"a description", kSdpType, std::string(kSdp), 415, 0, ""},
      {"encoded", kRelay + "Content-Encoding: gzip\r\n", "Signal=5", 415, 0, ""},
      {"no type", "", "Signal=5", 400, 0, ""},
      {"no digit", kRelay, "Signal=x\r\n", 400, 0, ""},
      {"a package", kRelay + "Info-Package: dtmf\r\n", "Signal=5", 469, 0, "Recv-Info: \r\n"},
      {"unknown extension", kRelay + "Require: foo\r\n", "Signal=5", 420, 0, "Unsupported: foo"},
      {"at the limit", kRelay, "Signal=5\r\n" + std::string(1014, '\n'), 200, '5', ""},
      {"over it", kRelay, "Signal=5\r\n" + std::string(1015, '\n'), 413, 0, ""},
  };
  Answered peer;
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(peer.info(row.headers, row.body) == row.code);
    CHECK(peer.bob.sent.back().find(row.line) != std::string::npos);
    Seen seen;
    REQUIRE(peer.bob.take(EventType::kDigit, seen) == (row.key != 0));
    CHECK(peer.bob.events.empty());
    if (row.key == 0) continue;
    CHECK(seen.event.digit == static_cast<uint32_t>(row.key));
    CHECK(seen.event.duration_ms == (row.body.find("160") != std::string::npos ? 160 : 0));
    CHECK(seen.event.call == peer.call);
    CHECK(seen.sdp == row.body);
    CHECK(seen.data.starts_with("INFO "));
  }
  CHECK(peer.bob.endpoint->stats().calls == 1);
}

TEST_CASE("RFC 6086 4.2.2: outside of a dialog that stands there is no INFO") {
  Answered peer;
  const std::string digit = "Signal=5\r\n";
  CHECK(code_of(peer.ask(request("INFO", "a", kRelay, "", digit, 9))) == 481);
  CHECK(code_of(peer.ask(request("INFO", "b", kRelay, "wrong", digit, 9))) == 481);
  // Said twice it is not pressed twice.
  CHECK(peer.info(kRelay, digit) == 200);
  peer.bob.expect(EventType::kDigit);
  CHECK(code_of(peer.ask(request("INFO", "c", kRelay, peer.tag, digit, peer.cseq))) == 500);
  // Told as over; its BYE is not answered yet.
  REQUIRE(peer.bob.endpoint->hangup(peer.call, peer.net.now));
  CHECK(peer.info(kRelay, digit) == 481);
  peer.bob.expect(EventType::kEnded);
  CHECK(peer.bob.events.empty());
}

TEST_CASE("a digit that finds no transaction is answered 503 and not told") {
  Network net;
  ua::Config config;
  config.limits.transactions = 4;
  Phone& bob = net.add("bob.example", config);
  const uint64_t connection = net.attach(bob);
  net.feed(bob, connection, request("INVITE", "1", kSdpType, "", kSdp));
  const uint64_t call = bob.expect(EventType::kIncoming).event.call;
  REQUIRE(bob.endpoint->answer(call, as_bytes(kSdp), net.now));
  net.drain();
  const std::string tag = tag_of(bob.sent.back());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(bob.endpoint->send_digit(call, DigitForm::kPlain, {'1', 0}, net.now));
  }
  CHECK(bob.endpoint->send_digit(call, DigitForm::kPlain, {'1', 0}, net.now).error() ==
        Status::ERR_LIMIT);
  net.feed(bob, connection, request("INFO", "2", kPlain, tag, "5", 2));
  CHECK(code_of(bob.sent.back()) == 503);
  CHECK(bob.events.empty());
}

TEST_CASE("RFC 6086 4.2.1: a digit goes out within the dialog, in the form asked for") {
  Answered peer;
  const std::string relay = peer.send({'5', 160});
  CHECK(relay.starts_with("INFO sip:a@peer.example;transport=tcp SIP/2.0\r\n"));
  CHECK(relay.find("To: <sip:a@peer.example>;tag=far\r\n") != std::string::npos);
  CHECK(relay.find(kRelay) != std::string::npos);
  CHECK(relay.ends_with("\r\n\r\nSignal=5\r\nDuration=160\r\n"));
  const std::string plain = peer.send({'#', 160}, DigitForm::kPlain);
  CHECK(plain.find(kPlain) != std::string::npos);
  CHECK(plain.ends_with("\r\nContent-Length: 1\r\n\r\n#"));
  // Successes are silent and end their transactions.
  peer.ask(reply_to(relay, "200 OK"));
  peer.ask(reply_to(plain, "200 OK"));
  CHECK(peer.bob.events.empty());
  for (const Digit& wrong : {Digit{'F', 0}, Digit{'d', 0}, Digit{'\0', 0}, Digit{'\r', 0},
                             Digit{'1', ua::kMaxDigitMs + 1}}) {
    CHECK(
        peer.bob.endpoint->send_digit(peer.call, DigitForm::kRelay, wrong, peer.net.now).error() ==
        Status::ERR_INVALID_ARGUMENT);
  }
  CHECK(peer.bob.endpoint->send_digit(99, DigitForm::kPlain, {'1', 0}, peer.net.now).error() ==
        Status::ERR_UA_NO_CALL);
}

TEST_CASE("a digit needs a call that stands") {
  Bench bench;
  const auto call = bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now);
  REQUIRE(call);
  CHECK(bench.bob.endpoint->send_digit(*call, DigitForm::kPlain, {'1', 0}, bench.net.now).error() ==
        Status::ERR_WRONG_STATE);
  bench.ask(request("INVITE", "1", kSdpType, "", kSdp));
  const uint64_t incoming = bench.bob.expect(EventType::kIncoming).event.call;
  CHECK(bench.bob.endpoint->send_digit(incoming, DigitForm::kPlain, {'1', 0}, bench.net.now)
            .error() == Status::ERR_WRONG_STATE);
}

TEST_CASE("RFC 3261 12.2.1.2: what the failure of a digit does to its call") {
  struct Row {
    const char* status;  // NULL: none comes
    EventType event;
    ua::Cause cause;
  };
  const Row rows[] = {
      {"415 Unsupported Media Type", EventType::kDigitRefused, ua::Cause::kNone},
      {"501 Not Implemented", EventType::kDigitRefused, ua::Cause::kNone},
      {"401 Unauthorized", EventType::kDigitRefused, ua::Cause::kNone},
      {"481 Call/Transaction Does Not Exist", EventType::kEnded, ua::Cause::kLost},
      {"408 Request Timeout", EventType::kEnded, ua::Cause::kLost},
      {nullptr, EventType::kEnded, ua::Cause::kLost},
  };
  for (const Row& row : rows) {
    INFO((row.status != nullptr ? row.status : "silence"));
    Answered peer;
    const std::string sent = peer.send({'5', 0});
    if (row.status != nullptr) {
      peer.ask(reply_to(sent, row.status));
    } else {
      peer.net.run(33 * ua::kSecond);
    }
    const Seen seen = peer.bob.expect(row.event);
    CHECK(seen.event.cause == row.cause);
    CHECK(seen.event.status == (row.status != nullptr ? std::stoul(row.status) : 408));
    CHECK(seen.event.call == peer.call);
    CHECK(peer.bob.events.empty());
  }
}

TEST_CASE("RFC 3261 22.2: a challenged digit goes out again behind what was sent since") {
  Answered peer;
  REQUIRE(peer.bob.endpoint->set_credentials({"p", "", "bob", "secret"}));
  const std::string first = peer.send({'5', 100});
  const std::string second = peer.send({'6', 100});
  const auto cseq = [](const std::string& m) { return std::stoi(m.substr(m.find("CSeq: ") + 6)); };
  CHECK(cseq(second) == cseq(first) + 1);
  const std::string challenge =
      "WWW-Authenticate: Digest realm=\"p\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256\r\n";
  const std::string again = peer.ask(reply_to(first, "401 Unauthorized", challenge));
  CHECK(again.starts_with("INFO "));
  CHECK(cseq(again) == cseq(second) + 1);
  CHECK(again.find("Authorization: Digest") != std::string::npos);
  CHECK(again.ends_with("Signal=5\r\nDuration=100\r\n"));
  const std::string last = peer.ask(reply_to(second, "401 Unauthorized", challenge));
  CHECK(cseq(last) == cseq(again) + 1);
  CHECK(last.ends_with("Signal=6\r\nDuration=100\r\n"));
  CHECK(peer.bob.events.empty());
}

TEST_CASE("two user agents: digits cross a network in order, both ways, beside a re-INVITE") {
  Network net(11);
  Phone& alice = net.add("alice.example");
  Phone& bob = net.add("bob.example");
  const auto [call, incoming] = call_bob(net, alice, bob);
  alice.expect(EventType::kAnswered);
  bob.expect(EventType::kConfirmed);
  REQUIRE(alice.endpoint->offer(call, as_bytes(kSdp), net.now));
  const std::string keys = "0123456789*#ABCD";
  for (const char key : keys) {
    REQUIRE(alice.endpoint->send_digit(call, DigitForm::kRelay, {key, 100}, net.now));
    REQUIRE(bob.endpoint->send_digit(incoming, DigitForm::kPlain, {key, 0}, net.now));
    net.drain();
  }
  net.settle();
  bob.expect(EventType::kOffer);
  for (Phone* phone : {&alice, &bob}) {
    std::string heard;
    for (Seen seen; phone->take(EventType::kDigit, seen);) {
      heard.push_back(static_cast<char>(seen.event.digit));
      CHECK(seen.event.duration_ms == (phone == &bob ? 100 : 0));
    }
    CHECK(heard == keys);
    CHECK(phone->events.empty());
  }
}
