// Several keys that may open a packet: those of an answer that is slower than the media, and of the
// branches of a forked call.
#include <array>
#include <string>
#include <vector>

#include "support/c_end.h"

using namespace voxlock;
using test::Bytes;
using test::End;

namespace {

constexpr uint64_t kFrame = 20'000'000;
constexpr uint64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("RFC 3264 5.1: media that is quicker than the answer is heard from its first packet on") {
  test::Host host;
  End caller(host, 1, 500), callee(host, 2);
  uint64_t now = kSecond;
  const Bytes answer = callee.answer(caller.offer(), now);
  for (const char c : std::string("abc")) {
    now += kFrame;
    caller.hear(callee.speak(static_cast<uint8_t>(c), now), callee, now);
  }
  Bytes forged = callee.speak('d', now);
  forged.back() ^= 1;
  now += kFrame;
  caller.hear(forged, callee, now);
  CHECK(caller.heard(now).empty());
  CHECK(caller.dropped(VOXLOCK_DROP_NOT_READY) == 0);
  REQUIRE(caller.accept(answer, now) == VOXLOCK_OK);
  CHECK(voxlock_leg_next_deadline(caller.leg) <= now);
  // In order, also in front of what comes now.
  now += kFrame;
  caller.hear(callee.speak('e', now), callee, now);
  CHECK(caller.heard(now) == "abce");
  CHECK(caller.dropped(VOXLOCK_DROP_AUTH) == 1);
  CHECK(caller.heard(now).empty());
}

TEST_CASE("what waits for an answer is bounded in number, length and time") {
  struct Row {
    const char* title;
    uint32_t early_ms;
    int packets;
    size_t len;
    uint64_t wait_ns;
    size_t heard;
  };
  const Row rows[] = {{"off", 0, 5, 160, kFrame, 0},
                      {"all", 1000, 32, 160, kFrame, 32},
                      {"the newest", 2000, 60, 160, kFrame, 32},
                      {"too long", 1000, 5, 320, kFrame, 0},
                      {"too late", 500, 5, 160, kSecond, 0},
                      {"some too late", 500, 30, 160, kFrame, 25}};
  for (const Row& row : rows) {
    INFO(row.title);
    test::Host host;
    End caller(host, 1, row.early_ms), callee(host, 2);
    uint64_t now = kSecond;
    const Bytes answer = callee.answer(caller.offer(), now);
    for (int i = 0; i < row.packets; ++i) {
      now += kFrame;
      caller.hear(callee.speak('a', now, row.len), callee, now);
    }
    now += row.wait_ns;
    REQUIRE(caller.accept(answer, now) == VOXLOCK_OK);
    CHECK(caller.heard(now).size() == row.heard);
  }
}

TEST_CASE("the keys of a rekey may be used by the peer before its answer is here") {
  test::Host host;
  End caller(host, 1, 500), callee(host, 2);
  uint64_t now = kSecond;
  REQUIRE(caller.accept(callee.answer(caller.offer(), now), now) == VOXLOCK_OK);
  now += kFrame;
  caller.hear(callee.speak('a', now), callee, now);
  CHECK(caller.heard(now) == "a");
  // The peer makes a new key where ours is new: it answers a re-INVITE of its own for that.
  const Bytes offer = caller.offer(VOXLOCK_OFFER_REKEY);
  const Bytes answer = callee.answer(offer, now);
  now += kFrame;
  caller.hear(callee.speak('b', now), callee, now);
  now += kFrame;
  caller.hear(callee.speak('c', now), callee, now);
  CHECK(caller.heard(now) == "");
  REQUIRE(caller.accept(answer, now) == VOXLOCK_OK);
  CHECK(caller.heard(now) == "bc");
}

TEST_CASE("an offer that is withdrawn leaves nothing waiting") {
  test::Host host;
  End caller(host, 1, 500), callee(host, 2);
  uint64_t now = kSecond;
  const Bytes answer = callee.answer(caller.offer(), now);
  now += kFrame;
  caller.hear(callee.speak('a', now), callee, now);
  REQUIRE(voxlock_leg_rollback(caller.leg) == VOXLOCK_OK);
  now += kFrame;
  caller.hear(callee.speak('b', now), callee, now);
  CHECK(caller.dropped(VOXLOCK_DROP_NOT_READY) == 1);
  REQUIRE(caller.accept(callee.answer(caller.offer(), now), now) == VOXLOCK_OK);
  CHECK(caller.heard(now).empty());
  voxlock_leg_close(caller.leg, now);
}

TEST_CASE("early media goes through a bridge once the answer is here") {
  test::Host host;
  End trunk(host, 1, 500), phone(host, 2), room(host, 3), listener(host, 4);
  uint64_t now = kSecond;
  REQUIRE(room.accept(listener.answer(room.offer(), now), now) == VOXLOCK_OK);
  voxlock_bridge* bridge = nullptr;
  REQUIRE(voxlock_bridge_new(host.ctx, trunk.leg, room.leg, nullptr, &bridge) == VOXLOCK_OK);
  const Bytes answer = phone.answer(trunk.offer(), now);
  const auto transmitted = [&] {
    std::array<voxlock_media_event, 64> events;
    Bytes arena(65536);
    size_t count = 0, sent = 0;
    REQUIRE(voxlock_bridge_poll(bridge, events.data(), events.size(), &count, arena.data(),
                                arena.size(), now) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i)
      sent += events[i].type == VOXLOCK_EV_TRANSMIT && events[i].leg == 1 && !events[i].is_rtcp;
    return sent;
  };
  for (int i = 0; i < 3; ++i) {
    const Bytes packet = phone.speak('a', now);
    voxlock_datagram datagram{};
    datagram.data = packet.data();
    datagram.len = packet.size();
    datagram.source = phone.address;
    REQUIRE(voxlock_bridge_input(bridge, &datagram, 1, now += kFrame) == VOXLOCK_OK);
  }
  CHECK(transmitted() == 0);
  REQUIRE(trunk.accept(answer, now) == VOXLOCK_OK);
  CHECK(voxlock_bridge_next_deadline(bridge) <= now);
  CHECK(transmitted() == 3);
  voxlock_bridge_free(bridge);
}

TEST_CASE("RFC 3261 13.2.2.4: branches of a forked call are heard until one has won") {
  test::Host host;
  End caller(host, 1, 0, VOXLOCK_AES_CM_128_HMAC_SHA1_80), a(host, 2), b(host, 3), c(host, 4),
      d(host, 5), e(host, 6);
  uint64_t now = kSecond;
  const Bytes offer = caller.offer();
  CHECK(caller.accept_fork(a.answer(offer, now), now) == VOXLOCK_ERR_WRONG_STATE);
  REQUIRE(caller.accept(a.answer(offer, now), now) == VOXLOCK_OK);
  const Bytes answer_b = b.answer(offer, now);
  REQUIRE(caller.accept_fork(answer_b, now) == VOXLOCK_OK);
  CHECK(caller.kind == VOXLOCK_REKEYED);
  for (End* end : {&c, &d, &e})
    REQUIRE(caller.accept_fork(end->answer(offer, now), now) == VOXLOCK_OK);
  // Both ways with the last one; its predecessors still open, but for the oldest.
  e.hear(caller.speak('x', now), caller, now);
  CHECK(e.heard(now) == "x");
  const auto hears = [&](End& from) {
    now += 2 * kSecond / 100;
    caller.hear(from.speak('y', now), from, now);
    return !caller.heard(now).empty();
  };
  CHECK_FALSE(hears(a));
  CHECK(hears(e));
  now += kSecond;  // no straggler
  CHECK(hears(b));
  now += kSecond;
  CHECK(hears(c));
  // The branch that answers the call: what it sent stays known.
  const Bytes replayed = b.speak('z', now);
  now += kSecond;
  caller.hear(replayed, b, now);
  CHECK(caller.heard(now) == "z");
  REQUIRE(caller.accept_fork(answer_b, now) == VOXLOCK_OK);
  const uint64_t before = caller.dropped(VOXLOCK_DROP_REPLAY);
  caller.hear(replayed, b, now);
  CHECK(caller.heard(now).empty());
  CHECK(caller.dropped(VOXLOCK_DROP_REPLAY) == before + 1);
  // Their time is over.
  now += 6 * kSecond;
  (void)caller.poll(now);
  std::vector<uint64_t> faults;
  for (int i = 0; i < 10; ++i) {
    now += kFrame;
    caller.hear(e.speak(static_cast<uint8_t>(i), now), e, now);
    for (const uint64_t fault : caller.poll(now).faults) faults.push_back(fault);
  }
  CHECK(faults == std::vector<uint64_t>{VOXLOCK_FAULT_OTHER_FORK});
  CHECK(hears(b));
  // A later offer ends the time for other answers.
  (void)caller.offer();
  CHECK(caller.accept_fork(answer_b, now) == VOXLOCK_ERR_WRONG_STATE);
}

TEST_CASE("a branch whose answer does not do leaves the others alone") {
  test::Host host;
  End caller(host, 1), a(host, 2);
  uint64_t now = kSecond;
  const Bytes offer = caller.offer();
  REQUIRE(caller.accept(a.answer(offer, now), now) == VOXLOCK_OK);
  const std::string plain =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
      "m=audio 5000 RTP/AVP 0\r\n";
  REQUIRE(caller.accept_fork({plain.begin(), plain.end()}, now) == VOXLOCK_OK);
  CHECK(caller.kind == VOXLOCK_REFUSED);
  now += kFrame;
  caller.hear(a.speak('y', now), a, now);
  CHECK(caller.heard(now) == "y");
  CHECK(voxlock_leg_accept_fork(nullptr, nullptr, 0, nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("RFC 3711 9.1: a branch does not bring a key of ours back that was left") {
  test::Host host;
  End caller(host, 1), a(host, 2, 0, VOXLOCK_AEAD_AES_128_GCM),
      b(host, 3, 0, VOXLOCK_AES_CM_128_HMAC_SHA1_80);
  uint64_t now = kSecond;
  const Bytes offer = caller.offer();
  const Bytes answer_a = a.answer(offer, now);
  REQUIRE(caller.accept(answer_a, now) == VOXLOCK_OK);
  a.hear(caller.speak('1', now), caller, now);
  REQUIRE(caller.accept_fork(b.answer(offer, now), now) == VOXLOCK_OK);
  CHECK(caller.kind == VOXLOCK_RESTARTED);
  b.hear(caller.speak('2', now), caller, now);
  CHECK(b.heard(now) == "2");
  CHECK(caller.accept_fork(answer_a, now) == VOXLOCK_ERR_SRTP_KEY_USED);
  b.hear(caller.speak('3', now), caller, now);
  CHECK(b.heard(now) == "3");
}
