// What strangers send changes nothing, and gives them nothing.
#include <random>

#include "support/guarded.h"
#include "unit/ice/peer.h"

using namespace voxlock;
using namespace voxlock::ice;
using namespace voxlock::test;

namespace {

// The FINGERPRINT made right again, as a forger can.
void fix_fingerprint(std::vector<uint8_t>& raw) {
  const uint32_t crc = stun::fingerprint(ByteView(raw).first(raw.size() - 8));
  for (size_t i = 0; i < 4; ++i)
    raw[raw.size() - 4 + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
}

}  // namespace

TEST_CASE("each flipped bit of a request, FINGERPRINT made right, leaves the state as it was") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  const uint64_t before = net.agent->state_hash();
  RequestPlan plan = net.plan();
  plan.use_candidate = true;
  const auto right = build(plan);
  for (size_t bit = 0; bit < 8 * (right.size() - 8); ++bit) {
    auto raw = right;
    raw[bit / 8] = static_cast<uint8_t>(raw[bit / 8] ^ 1 << bit % 8);
    fix_fingerprint(raw);
    const Guarded input{ByteView(raw)};
    uint8_t response[kMaxResponse];
    const auto len = net.agent->receive(input.bytes(), kOther, 0, response, net.now_ns);
    REQUIRE(len);
    if (*len != 0) {
      const auto answer = stun::Message::parse(ByteView(response).first(*len));
      REQUIRE(answer);
      REQUIRE(answer->message_class() == stun::Class::kError);
    }
    REQUIRE(net.agent->state_hash() == before);
  }
  // The tag bit by bit was among them: 160 of them fail at the tag alone.
  CHECK(net.agent->stats().bad_integrity >= 160);
  CHECK(net.ask(plan, kHome) == 0);
}

TEST_CASE("ten thousand forged requests leave the state as it was") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  const uint64_t before = net.agent->state_hash();
  std::mt19937 random(1);
  size_t bytes_in = 0;
  size_t bytes_out = 0;
  for (int i = 0; i < 10'000; ++i) {
    RequestPlan plan = net.plan();
    plan.use_candidate = true;
    switch (random() % 5) {
      case 0:
        plan.password = "guessed password 00000000";
        break;
      case 1:
        plan.username = "guessed:peer";
        break;
      case 2:
        plan.has_integrity = false;
        break;
      case 3:
        plan.controlled = true;
        plan.password.clear();
        break;
      default:
        plan.has_fingerprint = false;
    }
    const auto raw = build(plan);
    const auto from = address_of("203.0.113.9", static_cast<uint16_t>(1 + random() % 65535));
    bytes_in += raw.size();
    bytes_out += net.send(raw, from, random() % 2).size();
    REQUIRE(net.agent->state_hash() == before);
  }
  CHECK(net.agent->stats().errors_sent == 10);
  CHECK(bytes_out * 100 < bytes_in);
  CHECK(net.agent->stats().checks == 1);
}

TEST_CASE("strangers get no more bytes than they sent, and ten answers a second") {
  Network net;
  // The smallest request there is: header and FINGERPRINT.
  RequestPlan plan = net.plan();
  uint8_t buffer[64];
  stun::Builder small(buffer, stun::Class::kRequest, stun::kBinding, plan.transaction_id);
  small.put_fingerprint();
  CHECK(net.send({buffer, buffer + small.size()}, kOther).empty());
  CHECK(net.agent->stats().errors_withheld == 1);
  plan.has_integrity = false;
  const auto raw = build(plan);
  size_t answers = 0;
  for (int i = 0; i < 1000; ++i) {
    net.wait_ms(5);
    const auto response = net.send(raw, kOther);
    CHECK(response.size() <= raw.size());
    answers += response.empty() ? 0 : 1;
  }
  CHECK((answers >= 50 && answers <= 60));
  AgentConfig silent;
  silent.max_errors_per_s = 0;
  Network quiet(silent);
  CHECK(quiet.send(raw, kOther).empty());
}

TEST_CASE("RFC 8489 6.3.1: a retransmission is answered again and changes nothing") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome) == 0);
  RequestPlan plan = net.plan();
  plan.use_candidate = true;
  const auto raw = build(plan);
  const auto first = net.send(raw, kHome);
  const uint64_t after_first = net.agent->state_hash();
  net.wait_ms(500);
  CHECK(net.send(raw, kHome) == first);
  CHECK(net.agent->state_hash() == after_first);
  CHECK(net.agent->stats().repeated == 1);
}

TEST_CASE("a captured request sent from another address does not move media") {
  Network net;
  net.set_remote();
  RequestPlan plan = net.plan();
  plan.use_candidate = true;
  const auto captured = build(plan);
  CHECK_FALSE(net.send(captured, kHome).empty());
  CHECK(net.event() == "selected 0 40000");
  const uint64_t before = net.agent->state_hash();
  CHECK(net.send(captured, kOther).empty());
  CHECK(net.send(captured, kHome, 1).empty());
  CHECK(net.agent->stats().replayed == 2);
  CHECK(net.agent->state_hash() == before);
  CHECK_FALSE(net.agent->is_authenticated(0, kOther));
}

TEST_CASE("a replay older than the memory heals within seconds") {
  Network net;
  net.set_remote();
  RequestPlan plan = net.plan();
  plan.use_candidate = true;
  const auto captured = build(plan);
  CHECK_FALSE(net.send(captured, kHome).empty());
  for (int i = 0; i < 100; ++i) {
    net.wait_ms(2000);
    CHECK(net.check(kHome) == 0);
  }
  (void)net.event();
  // Worst case: equal priority, so the flag counts at once.
  CHECK_FALSE(net.send(captured, kOther).empty());
  CHECK(net.event() == "selected 0 41000");
  // The peer knows of nothing and goes on with its plain checks.
  for (int i = 0; i < 4; ++i) {
    net.wait_ms(2000);
    CHECK(net.check(kHome) == 0);
  }
  CHECK(net.agent->selected()->path.remote == kHome);
}

TEST_CASE("a retransmission does not prolong consent") {
  Network net;
  net.set_remote();
  RequestPlan plan = net.plan();
  plan.use_candidate = true;
  const auto raw = build(plan);
  for (int i = 0; i < 31; ++i) {
    (void)net.send(raw, kHome);
    net.wait_ms(1000);
  }
  CHECK_FALSE(net.agent->has_consent());
}
