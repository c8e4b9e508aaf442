// The whole WebRTC leg and its peer over hostile networks, on a virtual clock. VOXLOCK_LONG runs
// every pattern in both roles and every order.
#include <cstdlib>
#include <random>

#include "support/webrtc_call.h"
#include "unit/tls/dtls_peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFast = 5 * kNsPerMs;
constexpr uint64_t kSlow = 12 * kNsPerMs;

bool is_long() {
  return std::getenv("VOXLOCK_LONG") != nullptr;
}
bool is_dtls(const PeerDatagram& datagram) {
  return rtp::classify(datagram.data) == rtp::DatagramKind::kDtls;
}

// The leg is the DTLS client or the server; small datagrams make long flights.
CallPlan plan_for(bool is_client) {
  CallPlan plan;
  plan.peer.is_dtls_client = !is_client;
  plan.peer.mtu = 300;
  plan.peer.first_timeout_ns = 200 * kNsPerMs;
  plan.change_room = [is_client](voxlock_leg_config& config) {
    config.dtls_client = is_client ? 1 : 0;
  };
  return plan;
}

// New media of each side reaches the other.
bool carries_media(WebrtcCall& call) {
  const size_t before_ours = call.payloads.size();
  const size_t before_theirs = call.peer.heard.size();
  for (uint32_t i = 0; i < 3; ++i) {
    if (call.send({1, 2, 3, static_cast<uint8_t>(i)}, i * 960) != VOXLOCK_OK) return false;
    call.peer.send({4, 5, 6}, static_cast<uint8_t>(call.media().payload_type_recv), i * 960);
    call.run_for(kFrameNs);
  }
  call.run_for(100 * kNsPerMs);
  return call.payloads.size() == before_ours + 3 && call.peer.heard.size() == before_theirs + 3 &&
         call.peer.unopened == 0;
}

enum class Harm { kLost, kRepeated, kOvertaken };

// Bit n of the pattern: harm is done to the n-th DTLS datagram.
void harm(WebrtcCall& call, Harm kind, uint32_t pattern, uint32_t& count) {
  call.filter = [&call, kind, pattern, &count](PeerDatagram& datagram, bool to_peer) {
    call.delay_ns = kFast;
    if (!is_dtls(datagram) || (pattern >> std::min(count++, 31u) & 1) == 0) return false;
    if (kind == Harm::kLost) return true;
    if (kind == Harm::kOvertaken) {
      call.delay_ns = kSlow;
    } else if (to_peer) {
      call.peer.receive(datagram, call.now);
    } else {
      CHECK(call.give(datagram) == VOXLOCK_OK);
    }
    return false;
  };
}

}  // namespace

TEST_CASE("RFC 6347 4.2.4: each DTLS datagram lost, repeated or overtaken, in 64 patterns") {
  for (const Harm kind : {Harm::kLost, Harm::kRepeated, Harm::kOvertaken}) {
    for (uint32_t pattern = 0; pattern < 64; ++pattern) {
      for (const bool is_client : {false, true}) {
        if (!is_long() && is_client != (std::popcount(pattern) % 2 == 0)) continue;
        INFO("harm " << static_cast<int>(kind) << ", pattern " << pattern << ", we are client "
                     << is_client);
        WebrtcCall call(plan_for(is_client));
        uint32_t count = 0;
        harm(call, kind, pattern, count);
        call.peer_offers();
        REQUIRE(call.connect(30 * kNsPerSecond));
        CHECK(count >= 6);
        call.filter = nullptr;
        CHECK(carries_media(call));
        CHECK(call.count(VOXLOCK_EV_SECURED) == 1);
        CHECK(call.count(VOXLOCK_EV_FAILED) == 0);
      }
    }
  }
}

TEST_CASE("RFC 8122 6.2: another certificate, with datagrams lost in 64 patterns: no keys, ever") {
  for (uint32_t pattern = 0; pattern < 64; ++pattern) {
    for (const bool is_client : {false, true}) {
      if (!is_long() && is_client != (std::popcount(pattern) % 2 == 0)) continue;
      INFO("pattern " << pattern << ", we are client " << is_client);
      CallPlan plan = plan_for(is_client);
      plan.peer.has_wrong_certificate = true;
      WebrtcCall call(plan);
      uint32_t count = 0;
      harm(call, Harm::kLost, pattern, count);
      call.peer_offers();
      CHECK_FALSE(call.connect(30 * kNsPerSecond));
      CHECK(call.count(VOXLOCK_EV_SECURED) == 0);
      CHECK(call.count(VOXLOCK_EV_FAILED) == 1);
      CHECK(call.send({1}, 0) == VOXLOCK_ERR_LEG_HELD);
      CHECK(call.stats().packets_out == 0);
    }
  }
}

TEST_CASE("RFC 5763 6.6: hellos from a second address race the true ones, in many orders") {
  const Address second = ip_address("203.0.113.66", 666);
  // A stranger who is a client in its own right: it would go through with its handshake.
  DtlsPair stranger;
  REQUIRE(stranger.client->start(stranger.now));
  const std::vector<Datagram> hellos = take_all(*stranger.client);
  REQUIRE(hellos.size() == 1);
  const ByteView body = message_body(hellos[0]);
  const uint32_t orders = is_long() ? 1000 : 100;
  for (uint32_t order = 0; order < orders; ++order) {
    INFO("order " << order);
    std::mt19937 random(order);
    WebrtcCall call(plan_for(order % 3 == 0));
    bool is_answered = false;
    const auto intrude = [&] {
      Datagram datagram = hellos[0];
      if (random() % 3 == 0) {
        const size_t at = random() % body.size();
        datagram = fragment(body, {at, 1 + random() % (body.size() - at)}, 0, random() % 1000);
      }
      const uint64_t before = call.state_hash();
      const Address to = ip_address(random() % 2 == 0 ? "192.0.2.1" : "2001:db8::1", 5000);
      CHECK(call.give(datagram, second, to) == VOXLOCK_OK);
      // A check with another password opens the way no more than none does.
      if (call.peer.dtls && random() % 4 == 0) {
        const auto check = call.peer.check(to, true, "not the password of this call");
        CHECK(call.give(check.data, second, to) == VOXLOCK_OK);
      }
      CHECK(call.state_hash() == before);
    };
    call.filter = [&](PeerDatagram& datagram, bool to_peer) {
      is_answered = is_answered || (to_peer && is_dtls(datagram) && datagram.to == second);
      call.delay_ns = kFast + random() % 8 * kNsPerMs;
      for (uint32_t n = random() % 4; n > 0; --n) intrude();
      return false;
    };
    if (order % 2 == 0) {
      call.peer_offers();
    } else {
      call.room_offers();
    }
    REQUIRE(call.connect());
    CHECK_FALSE(is_answered);
    call.filter = nullptr;
    CHECK(carries_media(call));
  }
}

TEST_CASE("RFC 6347 4.2.4.1: a lost flight is sent again after three round trips of ICE") {
  for (const bool is_client : {false, true}) {
    for (const bool is_aggressive : {false, true}) {
      INFO("we are client " << is_client << ", the peer is aggressive " << is_aggressive);
      CallPlan plan = plan_for(is_client);
      plan.peer.is_aggressive = is_aggressive;
      WebrtcCall call(plan);
      call.delay_ns = 50 * kNsPerMs;
      std::vector<uint64_t> sent;
      // The first flights of ours never arrive. The peer does not repeat its own.
      call.filter = [&](PeerDatagram& datagram, bool to_peer) {
        if (!is_dtls(datagram)) return false;
        if (!to_peer) return !sent.empty();
        if (sent.empty() || sent.back() != call.now) sent.push_back(call.now);
        return true;
      };
      call.peer_offers();
      call.run_for(5 * kNsPerSecond);
      REQUIRE(sent.size() >= 2);
      CHECK(sent[1] - sent[0] == (is_aggressive ? 1000 : 300) * kNsPerMs);
    }
  }
}

TEST_CASE("whole calls over bad networks: connect, talk, restart and talk again") {
  for (uint32_t round = 0; round < (is_long() ? 200u : 20u); ++round) {
    INFO("round " << round);
    std::mt19937 random(round);
    WebrtcCall call(plan_for(round % 2 == 0));
    // More may use up the eight transmissions that fit into the 30 s of a handshake.
    const uint32_t loss = round % 3 * 5;
    const auto weather = [&](PeerDatagram&, bool) {
      call.delay_ns = kFast + random() % 40 * kNsPerMs;
      return random() % 100 < loss;
    };
    call.filter = weather;
    call.peer_offers();
    REQUIRE(call.connect(60 * kNsPerSecond));
    call.filter = nullptr;
    call.run_for(100 * kNsPerMs);
    // We may have our keys, and report, before the peer has its own.
    call.peer.unopened = 0;
    CHECK(carries_media(call));
    call.filter = weather;
    const bool is_new = round / 2 % 2 == 0;
    call.peer_offers({.rekey = is_new, .ice_restart = true});
    call.run_for(20 * kNsPerSecond);
    call.filter = nullptr;
    REQUIRE(call.connect(60 * kNsPerSecond));
    call.run_for(3 * kNsPerSecond);
    CHECK(call.count(VOXLOCK_EV_SECURED) == (is_new ? 2 : 1));
    call.peer.unopened = 0;
    CHECK(carries_media(call));
  }
}

TEST_CASE("RFC 5763 5: both ends in one role get no keys and give up") {
  for (const bool are_clients : {true, false}) {
    INFO("two clients " << are_clients);
    WebrtcCall call(plan_for(are_clients));
    std::string answer = call.answer(call.peer.offer());
    const std::string ours = are_clients ? "a=setup:active" : "a=setup:passive";
    const size_t at = answer.find(ours);
    REQUIRE(at != std::string::npos);
    answer.replace(at, ours.size(), are_clients ? "a=setup:passive" : "a=setup:active");
    call.peer.accept(answer, call.now);
    CHECK_FALSE(call.connect(60 * kNsPerSecond));
    CHECK_FALSE(call.peer.is_connected());
    CHECK(call.count(VOXLOCK_EV_SECURED) == 0);
    REQUIRE(call.count(VOXLOCK_EV_FAILED) == 1);
    const uint64_t cause = call.last(VOXLOCK_EV_FAILED)->value;
    CHECK(cause ==
          static_cast<uint64_t>(-(are_clients ? VOXLOCK_ERR_DTLS_ROLE : VOXLOCK_ERR_DTLS_TIMEOUT)));
    CHECK(call.stats().packets_out == 0);
  }
}

TEST_CASE("RFC 5763 5: a hello that is quicker than the answer costs no second") {
  const Address second = ip_address("203.0.113.66", 666);
  for (const bool is_again : {false, true}) {
    for (const size_t mtu : {size_t{1200}, size_t{300}, size_t{256}}) {
      for (const uint64_t late_ms : {0, 20, 100, 900}) {
        INFO("again " << is_again << ", mtu " << mtu << ", late by " << late_ms);
        CallPlan plan;
        plan.peer.is_dtls_client = true;
        plan.peer.mtu = mtu;
        plan.peer.first_timeout_ns = kNsPerSecond;
        WebrtcCall call(plan);
        if (is_again) {
          call.room_offers();
          REQUIRE(call.connect());
        }
        size_t hellos = 0, to_second = 0;
        PeerDatagram hello{};
        call.filter = [&](PeerDatagram& datagram, bool to_peer) {
          hellos += !to_peer && is_dtls(datagram) ? 1 : 0;
          to_second += to_peer && datagram.to == second ? 1 : 0;
          if (!to_peer && is_dtls(datagram)) hello = datagram;
          // The same from where nobody has shown that he knows our password.
          if (!to_peer && is_dtls(datagram)) {
            CHECK(call.give(datagram.data, second, datagram.to) == VOXLOCK_OK);
          }
          return false;
        };
        const uint32_t secured = is_again ? 1 : 0;
        const std::string offer = call.make_offer(is_again ? VOXLOCK_OFFER_REKEY : 0);
        const std::string answer = call.peer.answer(offer, call.now);
        call.run_for(late_ms * kNsPerMs);
        if (late_ms >= 100) CHECK(hellos != 0);
        // However many of them come, they do not push out the true one.
        for (size_t i = 0; i < 8 && hellos != 0; ++i)
          CHECK(call.give(hello.data, second, hello.to) == VOXLOCK_OK);
        CHECK(call.count(VOXLOCK_EV_SECURED) == secured);
        const uint64_t answered = call.now;
        REQUIRE(call.accept(answer) == VOXLOCK_OK);
        while (call.count(VOXLOCK_EV_SECURED) == secured && call.now < answered + kNsPerSecond)
          call.run_for(kNsPerMs);
        // Two round trips of checks where there were none yet, and two of the handshake.
        CHECK(call.now - answered <= 45 * kNsPerMs);
        CHECK(to_second == 0);
        call.filter = nullptr;
        REQUIRE(call.connect());
        CHECK(carries_media(call));
      }
    }
  }
}
