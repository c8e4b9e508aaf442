// What is left of a call in the memory of the process that carried it: its noise is unlike anything
// else, and so are its keys and passwords. The process is read from outside, between its calls of
// the library and after everything is freed.
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "hygiene/call.h"

using namespace voxlock;
using namespace voxlock::test;

TEST_CASE("the scan finds what a process keeps") {
  Victim victim;
  std::mt19937 random{std::random_device()()};
  Bytes secret(64);
  for (uint8_t& byte : secret) byte = static_cast<uint8_t>(random());
  Needles needles;
  needles.add("a secret", secret);
  REQUIRE(needles.size() == 4);
  CHECK(scan(victim.process(), needles).empty());
  give(victim.shared(), secret.data(), secret.size());
  REQUIRE(victim.run(Command::kKeep) == VOXLOCK_OK);
  CHECK(scan(victim.process(), needles).size() == 4);
}

TEST_CASE("between two calls of the library audio and keys lie in its own blocks only") {
  Call call;
  call.agree();
  for (size_t round = 0; round < 10; ++round) {
    call.speak_from_trunk();
    CHECK(report(call.victim, call.needles, Where::kOutsideArena) == "");
    call.speak_from_room();
    CHECK(report(call.victim, call.needles, Where::kOutsideArena) == "");
  }
  REQUIRE(call.status() == VOXLOCK_OK);
  CHECK(call.heard_count == 20);
}

TEST_CASE("audio and keys lie in arenas only where the library maps its memory") {
  Call call({.has_arenas = true});
  call.agree();
  for (size_t round = 0; round < 10; ++round) {
    call.speak_from_trunk();
    call.speak_from_room();
    CHECK(report(call.victim, call.needles, Where::kOutsideArena) == "");
  }
  REQUIRE(call.status() == VOXLOCK_OK);
  CHECK(report(call.victim, call.needles, Where::kAnywhere) != "");
  REQUIRE(call.victim.run(Command::kFree) == VOXLOCK_OK);
  CHECK(report(call.victim, call.needles, Where::kAnywhere) == "");
}

TEST_CASE("a core dump of a process in a call has nothing of the call") {
  if (std::system("command -v gcore >/dev/null 2>&1") != 0) {
    WARN("skipped: no gcore here (package gdb)");
    return;
  }
  for (const Kind& kind : kKinds) {
    INFO(kind.title);
    Call call({kind.make, 0, true});
    call.agree();
    std::mt19937 random{std::random_device()()};
    // What the host itself keeps is in its core.
    Bytes kept(64);
    for (uint8_t& byte : kept) byte = static_cast<uint8_t>(random());
    Needles known;
    known.add("kept", kept);
    give(call.victim.shared(), kept.data(), kept.size());
    REQUIRE(call.victim.run(Command::kKeep) == VOXLOCK_OK);
    const std::string process = std::to_string(call.victim.process());
    for (size_t dump = 0; dump < 5; ++dump) {
      for (size_t packets = 1 + random() % 5; packets != 0; --packets) {
        call.speak_from_trunk();
        call.speak_from_room();
      }
      call.press(0, '5');
      REQUIRE(call.status() == VOXLOCK_OK);
      REQUIRE(std::system(("gcore -o core " + process + " >gcore.log 2>&1").c_str()) == 0);
      const std::string path = "core." + process;
      CHECK(scan_file(path, call.needles) == std::vector<std::string>());
      CHECK(scan_file(path, known).size() == 4);
      REQUIRE(std::remove(path.c_str()) == 0);
    }
  }
}

TEST_CASE("what peers sealed end to end is at no instant open in the memory of a relay") {
  // Frames that nobody sealed show that it would be seen.
  const bool is_sealed = GENERATE(true, false);
  Call call({Command::kMakeRelay, is_sealed ? 1u : 0u});
  call.agree();
  call.needles = Needles();
  Host peer;
  voxlock_frame_cryptor* cryptor = nullptr;
  REQUIRE(voxlock_frame_cryptor_new(peer.ctx, nullptr, &cryptor) == VOXLOCK_OK);
  std::mt19937 random{std::random_device()()};
  const auto noise = [&](size_t len) {
    Bytes out(len);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
    return out;
  };
  const Bytes material = noise(32);
  call.needles.add("the key", material);
  REQUIRE(voxlock_frame_cryptor_set_key(cryptor, 0, VOXLOCK_E2EE_KDF_HKDF, material.data(),
                                        material.size(),
                                        VOXLOCK_E2EE_SEALS | VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
  for (size_t i = 0; i < 2; ++i) {
    const Bytes frame = noise(80);
    call.needles.add("the frame", frame);
    Bytes sealed(frame.size() + VOXLOCK_E2EE_MAX_OVERHEAD);
    size_t len = sealed.size();
    REQUIRE(voxlock_frame_cryptor_seal(cryptor, frame.data(), frame.size(), nullptr, 0,
                                       sealed.data(), &len) == VOXLOCK_OK);
    sealed.resize(len);
    const std::set<std::string> seen = call.pass_slowly(is_sealed ? sealed : frame);
    CHECK(seen == (is_sealed ? std::set<std::string>() : std::set<std::string>{"the frame"}));
    CHECK(report(call.victim, call.needles, Where::kAnywhere) == "");
  }
  REQUIRE(call.status() == VOXLOCK_OK);
  voxlock_frame_cryptor_free(cryptor);
}

TEST_CASE("after a call that is freed nothing of it is left anywhere") {
  const uint32_t denoise_db = GENERATE(0U, 15U, kResampled);
  Call call({Command::kMakeBridge, denoise_db});
  call.agree();
  for (size_t round = 0; round < 25; ++round) {
    call.speak_from_trunk();
    call.speak_from_room();
  }
  REQUIRE(call.status() == VOXLOCK_OK);
  CHECK(call.heard_count == 50);
  CHECK(call.needles.size() > 1000);
  REQUIRE(call.victim.run(Command::kFree) == VOXLOCK_OK);
  CHECK(report(call.victim, call.needles, Where::kAnywhere) == "");
}

TEST_CASE("bad packets leave no more than good ones") {
  Call call;
  call.agree();
  call.speak_from_trunk();
  call.hear_nonsense();
  CHECK(report(call.victim, call.needles, Where::kOutsideArena) == "");
  REQUIRE(call.victim.run(Command::kFree) == VOXLOCK_OK);
  CHECK(report(call.victim, call.needles, Where::kAnywhere) == "");
}

TEST_CASE("wherever memory ends, nothing is left after all is freed") {
  bool is_whole = false;
  for (uint64_t fail_at = 0; !is_whole; fail_at += 3) {
    INFO("allocation " << fail_at);
    Call call({Command::kMakeBridge, 15, false, fail_at});
    call.agree();
    for (size_t round = 0; round < 3; ++round) {
      call.speak_from_trunk();
      call.speak_from_room();
    }
    is_whole = call.status() == VOXLOCK_OK;
    if (!is_whole) CHECK(call.status() == VOXLOCK_ERR_NO_MEMORY);
    REQUIRE(call.victim.run(Command::kFree) == VOXLOCK_OK);
    CHECK(report(call.victim, call.needles, Where::kAnywhere) == "");
    REQUIRE(fail_at < 3000);
  }
}

TEST_CASE("passwords lie in the library's own blocks only, and nowhere after it is freed") {
  Victim victim;
  Shared& shared = victim.shared();
  std::mt19937 random{std::random_device()()};
  std::string password(48, ' ');
  for (char& c : password) c = static_cast<char>('!' + random() % 90);
  Needles needles;
  needles.add("the password", password);
  const std::string names = std::string("alice") + '\0' + password + '\0';
  give(shared, names.data(), names.size());
  shared.now_ns = 1;
  REQUIRE(victim.run(Command::kMakeUa) == VOXLOCK_OK);
  std::memset(shared.in, 0, sizeof shared.in);
  REQUIRE(victim.run(Command::kUaConnect) == VOXLOCK_OK);
  CHECK(report(victim, needles, Where::kOutsideArena) == "");

  // The peer asks for a digest, and gets one.
  const std::string invite(reinterpret_cast<const char*>(shared.out), shared.out_len);
  std::string answer = "SIP/2.0 401 Unauthorized\r\n";
  for (const char* name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
    const size_t at = invite.find(std::string("\r\n") + name);
    REQUIRE(at != invite.npos);
    const std::string line = invite.substr(at + 2, invite.find("\r\n", at + 2) - at - 2);
    answer += line + (std::string_view(name) == "To: " ? ";tag=1\r\n" : "\r\n");
  }
  answer +=
      "WWW-Authenticate: Digest realm=\"carrier.example\", "
      "nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", "
      "algorithm=SHA-256, qop=\"auth\"\r\nContent-Length: 0\r\n\r\n";
  give(shared, answer.data(), answer.size());
  REQUIRE(victim.run(Command::kUaInput) == VOXLOCK_OK);
  REQUIRE(victim.run(Command::kUaPoll) == VOXLOCK_OK);
  const std::string again(reinterpret_cast<const char*>(shared.out), shared.out_len);
  CHECK(again.find("Authorization: Digest username=\"alice\"") != again.npos);
  CHECK(report(victim, needles, Where::kOutsideArena) == "");
  REQUIRE(victim.run(Command::kFree) == VOXLOCK_OK);
  CHECK(report(victim, needles, Where::kAnywhere) == "");
}
