#include "ice/agent.h"

#include <set>
#include <string>

#include "unit/ice/peer.h"

using namespace voxlock;
using namespace voxlock::ice;
using namespace voxlock::test;
using stun::Attribute;

TEST_CASE("RFC 8445 7.3: a right check is answered with the address it came from") {
  Network net;
  net.set_remote();
  for (const Address& from : {kHome, address_of("2001:db8:1::2", 9)}) {
    const RequestPlan plan = net.plan();
    const auto raw = build(plan);
    const auto response = net.send(raw, from, 1);
    const auto message = stun::Message::parse(response);
    REQUIRE(message);
    CHECK(message->message_class() == stun::Class::kSuccess);
    CHECK(*message->mapped_address() == from);
    CHECK(message->has_fingerprint());
    crypto::Hmac key(crypto::HashId::kSha1, as_bytes(net.agent->local_pwd()));
    CHECK(*message->is_integral(key));
    CHECK(as_text(message->transaction_id()) == as_text(plan.transaction_id));
    CHECK(response.size() <= raw.size());
  }
  CHECK(net.agent->stats().checks == 2);
}

TEST_CASE("RFC 8445 5.3: own credentials are long enough, of ice-chars and never the same") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    TestContext host;
    REQUIRE(host.random.seed_from_system());
    AgentConfig config;
    const Address local = address_of("192.0.2.1", 5000);
    config.local = {&local, 1};
    const auto agent = Agent::create(host.context, config, host.random);
    REQUIRE(agent);
    CHECK(is_ufrag((*agent)->local_ufrag()));
    CHECK(is_pwd((*agent)->local_pwd()));
    CHECK((*agent)->local_ufrag().size() == kOwnUfrag);
    CHECK((*agent)->local_pwd().size() == kOwnPwd);
    seen.emplace((*agent)->local_ufrag());
    seen.emplace((*agent)->local_pwd());
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("RFC 8839 5.4: credentials of the host or the peer are checked") {
  struct Row {
    const char* title;
    std::string ufrag;
    std::string pwd;
    bool is_good;
  };
  const std::string pwd(22, 'p');
  const Row rows[] = {
      {"shortest", "aB1+", pwd, true},
      {"longest", std::string(256, 'u'), std::string(256, '/'), true},
      {"ufrag of three", "abc", pwd, false},
      {"ufrag of 257", std::string(257, 'u'), pwd, false},
      {"pwd of 21", "abcd", std::string(21, 'p'), false},
      {"pwd of 257", "abcd", std::string(257, 'p'), false},
      {"a colon in the ufrag", "ab:d", pwd, false},
      {"a hyphen", "ab-d", pwd, false},
      {"a NUL", std::string("ab\0d", 4), pwd, false},
      {"a line break in the pwd", "abcd", std::string(21, 'p') + "\n", false},
      {"only a ufrag", "abcd", "", false},
      {"only a pwd", "", pwd, false},
  };
  TestContext host;
  const Address local = address_of("192.0.2.1", 5000);
  for (const Row& row : rows) {
    INFO(row.title);
    AgentConfig config;
    config.local = {&local, 1};
    config.ufrag = row.ufrag;
    config.pwd = row.pwd;
    const auto agent = Agent::create(host.context, config, host.random);
    CHECK(agent.has_value() == row.is_good);
    if (!agent) CHECK(agent.error() == Status::ERR_ICE_CREDENTIAL);
    if (agent) CHECK((*agent)->local_ufrag() == row.ufrag);
    Network net;
    CHECK(net.agent->set_remote(row.ufrag, row.pwd).has_value() == row.is_good);
  }
}

TEST_CASE("a config that makes no sense is refused") {
  TestContext host;
  const Address good = address_of("192.0.2.1", 5000);
  const auto status_of = [&](std::vector<Address> local, uint64_t consent_ns = kNsPerSecond,
                             uint32_t errors = 10) {
    AgentConfig config;
    config.local = local;
    config.consent_ns = consent_ns;
    config.max_errors_per_s = errors;
    return Agent::create(host.context, config, host.random).error();
  };
  CHECK(status_of({good}) == Status::OK);
  CHECK(status_of({}) == Status::ERR_INVALID_ARGUMENT);
  CHECK(status_of({good, good}) == Status::ERR_INVALID_ARGUMENT);
  CHECK(status_of({address_of("192.0.2.1", 0)}) == Status::ERR_INVALID_ARGUMENT);
  CHECK(status_of({address_of("0.0.0.0", 1)}) == Status::ERR_INVALID_ARGUMENT);
  CHECK(status_of({address_of("::", 1)}) == Status::ERR_INVALID_ARGUMENT);
  Address odd = good;
  odd.family = 5;
  CHECK(status_of({odd}) == Status::ERR_INVALID_ARGUMENT);
  std::vector<Address> many;
  for (uint16_t i = 0; i < kMaxLocal; ++i)
    many.push_back(address_of("192.0.2.1", static_cast<uint16_t>(5000 + i)));
  CHECK(status_of(many) == Status::OK);
  many.push_back(good);
  many.back().port = 1;
  CHECK(status_of(many) == Status::ERR_INVALID_ARGUMENT);
  CHECK(status_of({good}, 0) == Status::ERR_INVALID_ARGUMENT);
  CHECK(status_of({good}, 1, kMaxErrorsPerSecond + 1) == Status::ERR_INVALID_ARGUMENT);
}

TEST_CASE("RFC 8839 5.1: local candidates are written, most wanted first") {
  Network net;
  uint8_t buffer[512];
  bytes::Writer out(buffer);
  net.agent->write_candidates(out);
  CHECK(as_text(out.written()) ==
        "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n"
        "candidate:2 1 udp 2130706175 2001:db8:0:0:0:0:0:1 5000 typ host\r\n");
  // Two ports of one address share a foundation.
  std::vector<Address> locals = {address_of("192.0.2.1", 1), address_of("192.0.2.2", 1),
                                 address_of("192.0.2.1", 2)};
  AgentConfig config;
  config.local = locals;
  const Network other(config);
  bytes::Writer again(buffer);
  other.agent->write_candidates(again);
  const std::string text(as_text(again.written()));
  CHECK(text.find("candidate:1 1 udp 2130705919 192.0.2.1 2 typ host") != std::string::npos);
}

TEST_CASE("RFC 8489 9.1.3, 6.3.1, RFC 8445 7.3.1.1: each wrong request gets its answer") {
  struct Row {
    const char* title;
    void (*spoil)(RequestPlan&);
    int expected;  // -1: no answer
    uint64_t AgentStats::*counter;
  };
  const Row rows[] = {
      {"right", [](RequestPlan&) {}, 0, &AgentStats::checks},
      {"no PRIORITY, as some consent checks", [](RequestPlan& p) { p.has_priority = false; }, 0,
       &AgentStats::checks},
      {"no FINGERPRINT", [](RequestPlan& p) { p.has_fingerprint = false; }, -1,
       &AgentStats::not_stun},
      {"no USERNAME", [](RequestPlan& p) { p.username.clear(); }, 400, &AgentStats::bad_request},
      {"no MESSAGE-INTEGRITY", [](RequestPlan& p) { p.has_integrity = false; }, 400,
       &AgentStats::bad_request},
      {"USERNAME the other way round",
       [](RequestPlan& p) { p.username = "peer:" + p.username.substr(0, p.username.find(':')); },
       401, &AgentStats::bad_username},
      {"USERNAME without a colon",
       [](RequestPlan& p) { p.username = p.username.substr(0, p.username.find(':')); }, 401,
       &AgentStats::bad_username},
      {"USERNAME of another peer", [](RequestPlan& p) { p.username += "x"; }, 401,
       &AgentStats::bad_username},
      {"USERNAME with a longer own part", [](RequestPlan& p) { p.username = "x" + p.username; },
       401, &AgentStats::bad_username},
      {"another password", [](RequestPlan& p) { p.password += "x"; }, 401,
       &AgentStats::bad_integrity},
      {"the peer's own password", [](RequestPlan& p) { p.password = "0123456789012345678901"; },
       401, &AgentStats::bad_integrity},
      {"an unknown attribute to be understood", [](RequestPlan& p) { p.unknown = {0x7001}; }, 420,
       &AgentStats::unknown_required},
      {"ICE-CONTROLLED", [](RequestPlan& p) { p.controlled = true; }, 487,
       &AgentStats::role_conflicts},
      {"an indication", [](RequestPlan& p) { p.message_class = stun::Class::kIndication; }, -1,
       &AgentStats::not_request},
      {"a response", [](RequestPlan& p) { p.message_class = stun::Class::kSuccess; }, -1,
       &AgentStats::not_request},
      {"an error", [](RequestPlan& p) { p.message_class = stun::Class::kError; }, -1,
       &AgentStats::not_request},
      {"a TURN allocation", [](RequestPlan& p) { p.method = 3; }, -1, &AgentStats::not_request},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Network net;
    net.set_remote();
    RequestPlan plan = net.plan();
    plan.use_candidate = true;
    row.spoil(plan);
    const uint64_t before = net.agent->state_hash();
    CHECK(net.ask(plan, kHome) == row.expected);
    CHECK(net.agent->stats().*row.counter == 1);
    const bool is_taken = row.expected == 0;
    CHECK((net.agent->state_hash() != before) == is_taken);
    CHECK((net.agent->selected() != nullptr) == is_taken);
    CHECK(net.agent->is_authenticated(0, kHome) == is_taken);
    CHECK(net.event() == (is_taken ? "selected 0 40000" : "none"));
  }
}

TEST_CASE("RFC 8489 6.3.1: 420 names the attributes and is authenticated") {
  Network net;
  net.set_remote();
  RequestPlan plan = net.plan();
  plan.unknown = {0x7001, 0x7002, 0x7003};
  const auto response = net.send(build(plan), kHome);
  const auto message = stun::Message::parse(response);
  REQUIRE(message);
  CHECK(*message->error_code() == 420);
  crypto::Hmac key(crypto::HashId::kSha1, as_bytes(plan.password));
  CHECK(*message->is_integral(key));
  const std::string text(as_text(response));
  CHECK(text.find(std::string("\x00\x0a\x00\x06\x70\x01\x70\x02\x70\x03", 10)) !=
        std::string::npos);
  // As many as there can be still fit.
  plan = net.plan();
  for (uint16_t type = 0x7000; type < 0x7020; ++type) plan.unknown.push_back(type);
  CHECK(net.ask(plan, address_of("2001:db8::9", 9)) == 420);
}

TEST_CASE("bad arguments change nothing") {
  Network net;
  net.set_remote();
  const auto raw = build(net.plan());
  const uint64_t before = net.agent->state_hash();
  uint8_t response[kMaxResponse];
  CHECK(net.agent->receive(raw, kHome, 2, response, net.now_ns).error() ==
        Status::ERR_INVALID_ARGUMENT);
  CHECK(net.agent->receive(raw, Address{}, 0, response, net.now_ns).error() ==
        Status::ERR_INVALID_ARGUMENT);
  CHECK(
      net.agent->receive(raw, kHome, 0, MutableBytes(response).first(kMaxResponse - 1), net.now_ns)
          .error() == Status::ERR_BUFFER_TOO_SMALL);
  CHECK(net.agent->add_remote_candidate("nonsense").error() == Status::ERR_ICE_CANDIDATE);
  CHECK(net.agent->set_remote("abc", net.peer_pwd).error() == Status::ERR_ICE_CREDENTIAL);
  CHECK(net.agent->state_hash() == before);
}

TEST_CASE("remote candidates are bounded and ignored politely") {
  Network net;
  net.set_remote();
  CHECK_FALSE(*net.agent->add_remote_candidate(
      "candidate:1 1 udp 1 0b9c.local 5000 typ host generation 0"));
  CHECK_FALSE(
      *net.agent->add_remote_candidate("candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype active"));
  for (size_t i = 0; i < 2 * kMaxRemote; ++i) {
    const std::string line =
        "candidate:1 1 udp 1 192.0.2.9 " + std::to_string(5000 + i) + " typ host";
    CHECK(*net.agent->add_remote_candidate(line) == (i < kMaxRemote));
    // A later description that repeats a candidate takes no room.
    CHECK(*net.agent->add_remote_candidate(line) == (i < kMaxRemote));
  }
}

TEST_CASE("a peer with many addresses keeps the newest pairs and the selected one") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  for (uint16_t port = 1; port <= 100; ++port) {
    net.wait_ms(10);
    CHECK(net.check(address_of("203.0.113.9", port)) == 0);
  }
  REQUIRE(net.agent->selected() != nullptr);
  CHECK(net.agent->selected()->path.remote == kHome);
  CHECK(net.agent->is_authenticated(0, kHome));
  CHECK(net.agent->is_authenticated(0, address_of("203.0.113.9", 100)));
  CHECK_FALSE(net.agent->is_authenticated(0, address_of("203.0.113.9", 1)));
  CHECK_FALSE(net.agent->is_authenticated(1, kHome));
}

TEST_CASE("no memory is taken for datagrams") {
  Network net;
  net.set_remote();
  const uint64_t before = net.host.allocator.count;
  for (int i = 0; i < 200; ++i) {
    net.wait_ms(100);
    (void)net.check(address_of("203.0.113.9", static_cast<uint16_t>(i + 1)), i % 3 == 0);
    (void)net.agent->poll();
  }
  CHECK(net.host.allocator.count == before);
  net.agent.reset();
  CHECK(net.host.allocator.live_blocks == 0);
}
