// Every kind of call leaves as little as the plain one: keys by DTLS, frames sealed end to end that
// are opened here or are not, digits as packets and in SIP.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "base/beneath.h"
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
  CHECK(report(call.victim, call.held_beneath, Where::kAnywhere) == "");
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

TEST_CASE("the denoiser and the resampler have their audio in arenas") {
  if (!beneath::kIsPrivate) {
    WARN("skipped: SpeexDSP is not a private copy here");
    return;
  }
  for (const uint32_t argument : {15U, kResampled}) {
    INFO(argument);
    Call call({Command::kMakeBridge, argument, true});
    call.agree();
    bool is_seen = false;
    for (size_t round = 0; round < 10; ++round) {
      speak(call, 1);
      CHECK(report(call.victim, call.needles, Where::kOutsideArena) == "");
      const std::string seen = report(call.victim, call.needles, Where::kAnywhere);
      is_seen = is_seen || seen.find("the trunk's audio, floats") != seen.npos;
    }
    CHECK(is_seen);
    check_freed(call);
  }
}

namespace {

// A client of the victim's server.
class TlsPeer {
 public:
  explicit TlsPeer(Victim& victim) : victim_(victim) {
    const ByteView certificate = next();
    const ByteView key = next();
    key_.assign(key.begin(), key.end());
    voxlock_tls_settings_config config;
    REQUIRE(voxlock_tls_settings_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allows_unknown_time = 1;
    config.authorities = certificate.data();
    config.authorities_len = certificate.size();
    REQUIRE(voxlock_tls_settings_new(host_.ctx, &config, &settings_) == VOXLOCK_OK);
    REQUIRE(voxlock_tls_new(host_.ctx, settings_, "a.example", &tls_) == VOXLOCK_OK);
    std::memset(victim.shared().out, 0, sizeof victim.shared().out);
    REQUIRE(voxlock_tls_start(tls_, 1) == VOXLOCK_OK);
    while (carry()) continue;
    voxlock_tls_info info{};
    info.struct_size = sizeof info;
    REQUIRE(voxlock_tls_get_info(tls_, &info) == VOXLOCK_OK);
    REQUIRE(info.state == VOXLOCK_TLS_OPEN);
  }
  ~TlsPeer() {
    voxlock_tls_free(tls_);
    voxlock_tls_settings_free(settings_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  // The number that the server's key is, as mbedTLS holds it: RFC 5915 has its bytes the other way
  // round.
  [[nodiscard]] Bytes server_scalar() const {
    const uint8_t head[] = {0x04, 0x20};
    const auto found = std::search(key_.begin(), key_.end(), std::begin(head), std::end(head));
    REQUIRE(key_.end() - found >= 34);
    Bytes scalar(found + 2, found + 34);
    std::reverse(scalar.begin(), scalar.end());
    return scalar;
  }

  void say(const Bytes& message) {
    size_t taken = 0;
    REQUIRE(voxlock_tls_write(tls_, message.data(), message.size(), &taken) == VOXLOCK_OK);
    (void)carry();
    const Shared& shared = victim_.shared();
    CHECK(Bytes(shared.in, shared.in + shared.in_len) == message);
    std::memset(victim_.shared().in, 0, sizeof shared.in);
  }

 private:
  ByteView next() {
    uint32_t len = 0;
    const uint8_t* const at = victim_.shared().out + at_;
    std::memcpy(&len, at, sizeof len);
    at_ += sizeof len + len;
    return {at + sizeof len, len};
  }
  // Both ways once; false where nothing was to be said.
  bool carry() {
    Shared& shared = victim_.shared();
    size_t len = sizeof shared.in;
    REQUIRE(voxlock_tls_take(tls_, shared.in, &len) == VOXLOCK_OK);
    if (len == 0) return false;
    shared.in_len = len;
    REQUIRE(victim_.run(Command::kTlsInput) == VOXLOCK_OK);
    size_t taken = 0;
    REQUIRE(voxlock_tls_feed(tls_, shared.out, shared.out_len, &taken, 1) == VOXLOCK_OK);
    return true;
  }

  Victim& victim_;
  Host host_;
  Bytes key_;
  size_t at_ = 0;
  voxlock_tls_settings* settings_ = nullptr;
  voxlock_tls* tls_ = nullptr;
};

}  // namespace

TEST_CASE("what a TLS connection reads and its keys lie in arenas, and nowhere after it is freed") {
  for (const bool has_arenas : {true, false}) {
    INFO((has_arenas ? "arenas" : "memory of the host"));
    Victim victim;
    Shared& shared = victim.shared();
    shared.has_arenas = has_arenas;
    REQUIRE(victim.run(Command::kMakeTls) == VOXLOCK_OK);
    TlsPeer peer(victim);
    Needles needles;
    needles.add("the certificate's key", peer.server_scalar());
    std::mt19937 random{std::random_device()()};
    for (size_t message = 0; message < 5; ++message) {
      Bytes secret(64);
      for (uint8_t& byte : secret) byte = static_cast<uint8_t>(random());
      needles.add("a message", secret);
      peer.say(secret);
      if (has_arenas && beneath::kIsPrivate) {
        CHECK(report(victim, needles, Where::kOutsideArena) == "");
        CHECK(report(victim, needles, Where::kAnywhere) != "");
      }
    }
    REQUIRE(victim.run(Command::kFree) == VOXLOCK_OK);
    CHECK(report(victim, needles, Where::kAnywhere) == "");
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
