// Every kind of call leaves as little as the plain one: keys by DTLS, frames sealed end to end that
// are opened here or are not, digits as packets and in SIP.
#include <cstring>
#include <random>
#include <string>

#include "hygiene/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

void speak(Call& call, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    call.speak_from_trunk();
    call.speak_from_room();
  }
}

// All that a call does, looking at it after each step.
void go_through(Call& call) {
  const auto check = [&] { CHECK(report(call.victim, call.needles, Where::kOutsideArena) == ""); };
  call.agree();
  check();
  for (size_t round = 0; round < 5; ++round) {
    call.speak_from_trunk();
    check();
    call.speak_from_room();
    check();
  }
  CHECK(call.heard_count == 10);
  call.press(0, '7');
  check();
  call.hear_nonsense();
  check();
  call.hang_up();
  check();
  REQUIRE(call.status() == VOXLOCK_OK);
  CHECK(call.digit_count == 1);
  CHECK(report(call.victim, call.needles, Where::kAnywhere) != "");
}

void check_freed(Call& call) {
  REQUIRE(call.victim.run(Command::kFree) == VOXLOCK_OK);
  CHECK(report(call.victim, call.needles, Where::kAnywhere) == "");
  CHECK(report(call.victim, call.beneath, Where::kAnywhere) == "");
}

}  // namespace

TEST_CASE("every kind of call is in the library's own blocks only, and nowhere after it is freed") {
  for (const Kind& kind : kKinds) {
    for (const bool has_arenas : {true, false}) {
      INFO(kind.title << (has_arenas ? ", arenas" : ", memory of the host"));
      Call call({kind.make, 0, has_arenas});
      go_through(call);
      check_freed(call);
    }
  }
}

TEST_CASE("wherever memory ends in any kind of call, nothing is left after all is freed") {
  for (const Kind& kind : kKinds) {
    bool is_whole = false;
    for (uint64_t fail_at = 0; !is_whole; fail_at += 5) {
      INFO(kind.title << ", allocation " << fail_at);
      Call call({kind.make, 0, false, fail_at});
      call.agree();
      speak(call, 2);
      call.press(0, '4');
      is_whole = call.status() == VOXLOCK_OK;
      if (!is_whole) CHECK(call.status() == VOXLOCK_ERR_NO_MEMORY);
      check_freed(call);
      REQUIRE(fail_at < 3000);
    }
  }
}

namespace {

// The user agent at the other end of a victim's connection.
class Peer {
 public:
  explicit Peer(Victim& victim) : victim_(victim) {
    voxlock_ua_config config;
    REQUIRE(voxlock_ua_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.host = "carrier.example";
    config.host_len = std::strlen(config.host);
    REQUIRE(voxlock_ua_new(host_.ctx, &config, &ua_) == VOXLOCK_OK);
    REQUIRE(voxlock_ua_accept(ua_, VOXLOCK_UA_TCP, "192.0.2.1", 9, 4000, &connection_, 1) ==
            VOXLOCK_OK);
  }
  ~Peer() { voxlock_ua_free(ua_); }

  // Takes what the victim said.
  void hear() {
    const Shared& shared = victim_.shared();
    for (size_t i = 0; i < shared.ua_event_count; ++i) {
      const voxlock_ua_event& event = shared.ua_events[i];
      size_t taken = 0;
      if (event.type == VOXLOCK_UA_EV_DIGIT) victim_digits += static_cast<char>(event.digit);
      if (event.type != VOXLOCK_UA_EV_TRANSMIT) continue;
      REQUIRE(voxlock_ua_input(ua_, connection_, shared.out + event.data_offset, event.data_len,
                               &taken, 1) == VOXLOCK_OK);
    }
    while (answer()) continue;
  }
  void press(char digit, uint32_t duration_ms) {
    REQUIRE(voxlock_ua_send_digit(ua_, call_, static_cast<uint32_t>(digit), duration_ms,
                                  VOXLOCK_UA_DTMF_RELAY, 1) == VOXLOCK_OK);
    while (answer()) continue;
  }

  std::string digits;         // from the victim
  std::string victim_digits;  // that the victim told

 private:
  // False where there is nothing to say.
  bool answer() {
    voxlock_ua_event events[4];
    Bytes arena(16384);
    size_t count = 0;
    size_t len = arena.size();
    REQUIRE(voxlock_ua_poll(ua_, events, 4, &count, arena.data(), &len, 1) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i) {
      const voxlock_ua_event& event = events[i];
      if (event.type == VOXLOCK_UA_EV_DIGIT) digits += static_cast<char>(event.digit);
      if (event.type == VOXLOCK_UA_EV_INCOMING) {
        call_ = event.call;
        REQUIRE(voxlock_ua_answer(ua_, call_, arena.data() + event.sdp_offset, event.sdp_len, 1) ==
                VOXLOCK_OK);
      }
      if (event.type != VOXLOCK_UA_EV_TRANSMIT) continue;
      give(victim_.shared(), arena.data() + event.data_offset, event.data_len);
      REQUIRE(victim_.run(Command::kUaInput) == VOXLOCK_OK);
      REQUIRE(victim_.run(Command::kUaPoll) == VOXLOCK_OK);
      std::memset(victim_.shared().in, 0, sizeof victim_.shared().in);
      hear();
    }
    return count != 0;
  }

  Victim& victim_;
  Host host_;
  voxlock_ua* ua_ = nullptr;
  uint64_t connection_ = 0;
  uint64_t call_ = 0;
};

}  // namespace

TEST_CASE("digits in SIP lie in the library's own blocks only, and nowhere after it is freed") {
  Victim victim;
  Shared& shared = victim.shared();
  const std::string names("alice\0secret of alice\0", 22);
  give(shared, names.data(), names.size());
  shared.now_ns = 1;
  REQUIRE(victim.run(Command::kMakeUa) == VOXLOCK_OK);
  Peer peer(victim);
  REQUIRE(victim.run(Command::kUaConnect) == VOXLOCK_OK);
  peer.hear();

  std::mt19937 random{std::random_device()()};
  Needles needles;
  for (const char digit : std::string("4711")) {
    // RFC 6086: what tells the digit is as unique as its duration.
    const uint32_t from_peer = 10000 + random() % 20000;
    const uint32_t from_victim = 30001 + random() % 20000;
    for (const uint32_t duration : {from_peer, from_victim}) {
      const std::string body = {digit};
      needles.add("a digit", body + "\r\nDuration=" + std::to_string(duration).substr(0, 4));
    }
    peer.press(digit, from_peer);
    CHECK(report(victim, needles, Where::kOutsideArena) == "");
    REQUIRE(victim.run(Command::kUaDigit, static_cast<uint32_t>(digit) | from_victim << 8) ==
            VOXLOCK_OK);
    peer.hear();
    CHECK(report(victim, needles, Where::kOutsideArena) == "");
  }
  CHECK(peer.digits == "4711");
  CHECK(peer.victim_digits == "4711");
  CHECK(needles.size() == 8);
  REQUIRE(victim.run(Command::kFree) == VOXLOCK_OK);
  CHECK(report(victim, needles, Where::kAnywhere) == "");
}
