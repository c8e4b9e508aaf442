// Nomination, consent and early checks, in simulated time.
#include "unit/ice/peer.h"

using namespace voxlock;
using namespace voxlock::ice;
using namespace voxlock::test;

TEST_CASE("RFC 8445 8.1.1: a pair carries media once it is nominated, not before") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome) == 0);
  CHECK(net.agent->is_authenticated(0, kHome));
  CHECK(net.agent->selected() == nullptr);
  CHECK(net.event() == "none");
  CHECK_FALSE(net.agent->has_consent());
  CHECK(net.agent->next_deadline() == kNever);
  CHECK(net.check(kHome, true, 0) == 0);
  CHECK(net.event() == "selected 0 40000");
  CHECK(net.event() == "none");
  CHECK(net.agent->has_consent());
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.event() == "none");
}

TEST_CASE("RFC 8445 8.1.1: a nomination bounds the round trip, an aggressive one does not") {
  Network net;
  net.set_remote();
  CHECK(net.agent->rtt_ns() == 0);
  CHECK(net.check(kHome) == 0);
  net.now_ns += 80 * kNsPerMs;
  CHECK(net.check(kHome) == 0);
  net.now_ns += 20 * kNsPerMs;
  CHECK(net.agent->rtt_ns() == 0);
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.agent->rtt_ns() == 100 * kNsPerMs);
  // What comes later says nothing.
  net.now_ns += kNsPerSecond;
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.agent->rtt_ns() == 100 * kNsPerMs);
  // Neither do checks of a pair that was left for so long that it is another one.
  net.now_ns += 31 * kNsPerSecond;
  net.agent->advance(net.now_ns);
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.agent->rtt_ns() == 0);

  Network aggressive;
  aggressive.set_remote();
  CHECK(aggressive.check(kHome, true) == 0);
  aggressive.now_ns += 80 * kNsPerMs;
  CHECK(aggressive.check(kHome, true) == 0);
  CHECK(aggressive.agent->rtt_ns() == 0);
}

TEST_CASE("RFC 8445 8.1.1: of regular nominations the newest counts, whatever its priority") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome) == 0);
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.event() == "selected 0 40000");
  RequestPlan plan = net.plan();
  plan.priority = 5;
  CHECK(net.ask(plan, kOther, 1) == 0);
  CHECK(net.event() == "none");
  plan = net.plan();
  plan.priority = 5;
  plan.use_candidate = true;
  CHECK(net.ask(plan, kOther, 1) == 0);
  CHECK(net.event() == "selected 1 41000");
}

TEST_CASE("RFC 5245 8.1.1.2: of aggressive nominations the highest priority counts") {
  Network net;
  net.set_remote();
  REQUIRE(
      *net.agent->add_remote_candidate("candidate:1 1 udp 2130706431 198.51.100.7 40000 typ host"));
  const auto nominate = [&](const Address& from, uint32_t priority) {
    RequestPlan plan = net.plan();
    plan.priority = priority;
    plan.use_candidate = true;
    CHECK(net.ask(plan, from) == 0);
  };
  nominate(kOther, 1000);
  CHECK(net.event() == "selected 0 41000");
  // The signalled priority of a known candidate counts, not the PRIORITY of the check.
  nominate(kHome, 5);
  CHECK(net.event() == "selected 0 40000");
  nominate(kOther, 1000);
  CHECK(net.event() == "none");
  // The better pair falls silent: the worse one takes over.
  for (int i = 0; i < 4; ++i) {
    net.wait_ms(2000);
    nominate(kOther, 1000);
  }
  CHECK(net.event() == "selected 0 41000");
}

TEST_CASE("RFC 7675 5.1: without checks consent ends after 30 s, and a check restores it") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  (void)net.event();
  CHECK(net.agent->next_deadline() == kStartNs + 30 * kNsPerSecond);
  net.wait_ms(29'999);
  CHECK(net.event() == "none");
  CHECK(net.agent->has_consent());
  net.wait_ms(1);
  CHECK_FALSE(net.agent->has_consent());
  CHECK(net.event() == "lost");
  CHECK(net.agent->next_deadline() == kNever);
  CHECK_FALSE(net.agent->is_authenticated(0, kHome));
  CHECK(net.agent->selected() != nullptr);
  net.wait_ms(60'000);
  CHECK(net.event() == "none");
  CHECK(net.check(kHome) == 0);
  CHECK(net.event() == "restored");
  CHECK(net.agent->has_consent());
  CHECK(net.agent->is_authenticated(0, kHome));
}

TEST_CASE("consent follows the selected pair, its length the config") {
  AgentConfig config;
  config.consent_ns = 5 * kNsPerSecond;
  Network net(config);
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  (void)net.event();
  for (int i = 0; i < 20; ++i) {
    net.wait_ms(1000);
    CHECK(net.check(kHome) == 0);
  }
  CHECK(net.agent->has_consent());
  // Checks of another pair are none of this one.
  RequestPlan plan;
  for (int i = 0; i < 6; ++i) {
    net.wait_ms(1000);
    plan = net.plan();
    plan.priority = 3;
    CHECK(net.ask(plan, kOther) == 0);
  }
  CHECK(net.event() == "lost");
  // A nomination of the other one makes it the selected pair, with consent.
  plan = net.plan();
  plan.priority = 3;
  plan.use_candidate = true;
  CHECK(net.ask(plan, kOther) == 0);
  CHECK(net.event() == "selected 0 41000");
  CHECK(net.agent->has_consent());
}

TEST_CASE("a forged check neither keeps nor restores consent") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  (void)net.event();
  const auto forge = [&] {
    RequestPlan plan = net.plan();
    plan.password = "not the password, at all";
    (void)net.ask(plan, kHome);
  };
  for (int i = 0; i < 30; ++i) {
    net.wait_ms(1000);
    forge();
  }
  CHECK(net.event() == "lost");
  forge();
  CHECK(net.event() == "none");
}

TEST_CASE("a new NAT mapping is followed once the old one is silent") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  (void)net.event();
  const Address moved = address_of("198.51.100.7", 50'000);
  // Without the flag: the peer sees one and the same pair.
  CHECK(net.check(moved) == 0);
  CHECK(net.event() == "none");
  net.wait_ms(3000);
  CHECK(net.check(moved) == 0);
  CHECK(net.event() == "none");
  net.wait_ms(3000);
  CHECK(net.check(moved) == 0);
  CHECK(net.event() == "selected 0 50000");
  // Not to a candidate of another priority, nor to another local one.
  net.wait_ms(7000);
  RequestPlan plan = net.plan();
  plan.priority = 9;
  CHECK(net.ask(plan, kOther) == 0);
  CHECK(net.check(kOther, false, 1) == 0);
  CHECK(net.event() == "none");
}

TEST_CASE("a new NAT mapping that is nominated is followed at once") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome) == 0);
  CHECK(net.check(kHome, true) == 0);
  (void)net.event();
  CHECK(net.check(address_of("198.51.100.7", 50'000), true) == 0);
  CHECK(net.event() == "selected 0 50000");
}

TEST_CASE("RFC 8445 7.3: checks before the peer's description are answered and count later") {
  Network net;
  CHECK(net.check(kHome) == 0);
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.event() == "none");
  CHECK_FALSE(net.agent->is_authenticated(0, kHome));
  CHECK(net.agent->selected() == nullptr);
  net.set_remote();
  CHECK(net.event() == "selected 0 40000");
  CHECK(net.agent->is_authenticated(0, kHome));
}

TEST_CASE("early checks of another fork mean nothing") {
  Network net;
  net.peer_ufrag = "fork";
  CHECK(net.check(kOther, true) == 0);
  net.peer_ufrag = "peer";
  CHECK(net.check(kHome) == 0);
  net.set_remote();
  CHECK(net.event() == "none");
  CHECK_FALSE(net.agent->is_authenticated(0, kOther));
  CHECK(net.agent->is_authenticated(0, kHome));
  net.peer_ufrag = "fork";
  CHECK(net.check(kOther, true) == 401);
}

TEST_CASE("an early nomination that is too old is not taken up") {
  Network net;
  CHECK(net.check(kHome, true) == 0);
  net.wait_ms(40'000);
  net.set_remote();
  CHECK(net.event() == "none");
  CHECK(net.agent->selected() == nullptr);
}

TEST_CASE("another peer in the same generation drops what the first one had") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  (void)net.event();
  const uint64_t before = net.agent->state_hash();
  net.set_remote();
  CHECK(net.agent->state_hash() == before);
  net.peer_ufrag = "fork";
  net.set_remote();
  CHECK(net.event() == "lost");
  CHECK(net.agent->selected() == nullptr);
  CHECK_FALSE(net.agent->is_authenticated(0, kHome));
  CHECK(net.check(kOther, true) == 0);
  CHECK(net.event() == "selected 0 41000");
}

TEST_CASE("events that nobody polls are outdated, not piled up") {
  AgentConfig config;
  config.consent_ns = kNsPerSecond;
  Network net(config);
  net.set_remote();
  for (int i = 0; i < 5; ++i) {
    CHECK(net.check(kHome, true) == 0);
    net.wait_ms(1000);
  }
  CHECK(net.event() == "selected 0 40000");
  CHECK(net.event() == "lost");
  CHECK(net.event() == "none");
}

TEST_CASE("time that steps back is no step") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  net.now_ns -= 10 * kNsPerSecond;
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.agent->next_deadline() == kStartNs + 30 * kNsPerSecond);
}
