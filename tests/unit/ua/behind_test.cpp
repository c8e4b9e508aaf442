// Session descriptions carry keys (RFC 4568): none stays in memory once its call is over.
#include <map>

#include "peer.h"
#include "ua/output.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::EventType;

namespace {

// Text that is in no message but by us.
constexpr std::string_view kNeedle = "inline:NEEDLE0123456789abcdefghijklmnopq";

std::string sdp_with_key() {
  return std::string(kSdp) + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + std::string(kNeedle) + "\r\n";
}

// Live blocks of an endpoint that hold the needle, or the later part of it.
size_t hits(const Phone& phone) {
  return phone.context.allocator.count_blocks_with(as_bytes(kNeedle.substr(10)));
}

}  // namespace

TEST_CASE("RFC 4568 8: a call's descriptions are gone with it, on either side") {
  Network net(7);
  Phone& alice = net.add("alice.example");
  Phone& bob = net.add("bob.example");
  const std::string sdp = sdp_with_key();
  ua::Invite invite;
  invite.to = "sip:bob@bob.example;transport=tcp";
  invite.sdp = as_bytes(std::string_view(sdp));
  for (int round = 0; round < 5; ++round) {
    INFO(round);
    const auto call = alice.endpoint->invite(invite, net.now);
    REQUIRE(call);
    CHECK(hits(alice) > 0);
    net.settle();
    const uint64_t incoming = bob.expect(EventType::kIncoming).event.call;
    CHECK(hits(bob) > 0);
    REQUIRE(bob.endpoint->answer(incoming, as_bytes(std::string_view(sdp)), net.now));
    net.settle();
    alice.expect(EventType::kAnswered);
    bob.expect(EventType::kConfirmed);
    REQUIRE(alice.endpoint->offer(*call, as_bytes(std::string_view(sdp)), net.now));
    net.settle();
    bob.expect(EventType::kOffer);
    REQUIRE(bob.endpoint->reject(incoming, {488, {}, 0, {}, 0}, net.now));
    net.settle();
    alice.expect(EventType::kRefused);
    REQUIRE(bob.endpoint->hangup(incoming, net.now));
    net.settle();
    alice.expect(EventType::kEnded);
    bob.expect(EventType::kEnded);
    net.run(100 * ua::kSecond);
    REQUIRE(alice.endpoint->stats().transactions == 0);
    REQUIRE(bob.endpoint->stats().transactions == 0);
    CHECK(hits(alice) == 0);
    CHECK(hits(bob) == 0);
  }
}

TEST_CASE("a digit is gone when it was told, and when it was answered") {
  Network net(8);
  Phone& alice = net.add("alice.example");
  Phone& bob = net.add("bob.example");
  // The duration stands for the key, which is too short to look for.
  const auto hits = [](const Phone& phone) {
    return phone.context.allocator.count_blocks_with(as_bytes(std::string_view("Duration=54321")));
  };
  // Key and duration as they stand beside each other in an event.
  const std::array<uint32_t, 2> told{'7', 54321};
  const auto* const told_bytes = reinterpret_cast<const uint8_t*>(told.data());
  const uint64_t call = call_bob(net, alice, bob).caller;
  const ua::Digit digit{'7', 54321};
  REQUIRE(alice.endpoint->send_digit(call, ua::DigitForm::kRelay, digit, net.now));
  CHECK(hits(alice) > 0);
  net.settle();
  CHECK(bob.expect(EventType::kDigit).event.duration_ms == 54321);
  CHECK(hits(alice) == 0);
  CHECK(hits(bob) == 0);
  CHECK(bob.context.allocator.count_blocks_with({told_bytes, sizeof told}) == 0);
}

TEST_CASE("an event that moved within the queue leaves no copy where it was") {
  TestContext host;
  host.allocator.tracks_blocks = true;
  ua::OutputQueue queue(host.memory, 8, 200);
  std::vector<uint8_t> arena(200);
  std::array<ua::Event, 1> out;
  const std::string first(120, 'a');
  const std::string second = std::string(kNeedle) + std::string(20, 'b');
  REQUIRE(queue.push({}, as_bytes(first)));
  REQUIRE(queue.push({}, as_bytes(second)));
  REQUIRE(queue.take(out, arena).events == 1);
  // Finds no room behind the second, which moves to the front.
  REQUIRE(queue.push({}, as_bytes(first.substr(0, 30))));
  REQUIRE(queue.take(out, arena).events == 1);
  CHECK(host.allocator.count_blocks_with(as_bytes(kNeedle.substr(10))) == 0);
}
