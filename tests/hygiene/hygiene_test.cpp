// What is left of a call in the memory of the process that carried it: its noise is unlike anything
// else, and so are its keys and passwords. The process is read from outside, between its calls of
// the library and after everything is freed.
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audio/g711.h"
#include "hygiene/memory_scan.h"
#include "hygiene/victim.h"
#include "support/c_legs.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint64_t kFrameNs = 20'000'000;
constexpr size_t kFrame = 160;  // samples of 20 ms at 8000 Hz

// All hits, or those that do not lie where the library's own blocks do: where the host gave them,
// or in what the library mapped for itself.
enum class Where { kAnywhere, kOutsideArena };

std::string report(Victim& victim, const Needles& needles, Where where) {
  std::string out;
  const Shared& shared = victim.shared();
  for (const Hit& hit : scan(victim.process(), needles)) {
    const bool is_in_arena = hit.is_left_out || hit.address - shared.arena < shared.arena_size;
    if (is_in_arena && where == Where::kOutsideArena) continue;
    out += hit.kind + " in " + (is_in_arena ? "a block of the library" : hit.where) + "\n";
  }
  return out;
}

// 16-bit samples and what the codecs' and the denoiser's floating-point copies of them look like.
void add_pcm(Needles& needles, const std::string& kind, const std::vector<int16_t>& pcm) {
  std::vector<float> plain(pcm.begin(), pcm.end());
  std::vector<float> scaled(plain);
  for (float& sample : scaled) sample /= 32768;
  const auto bytes = [](const auto& samples) {
    return std::span(reinterpret_cast<const uint8_t*>(samples.data()),
                     samples.size() * sizeof samples[0]);
  };
  needles.add(kind + ", 16 bits", bytes(pcm));
  needles.add(kind + ", floats", bytes(plain));
  needles.add(kind + ", floats of 1", bytes(scaled));
}

// Keys of a description, as text and as what the text says (RFC 4568, section 6.1).
void add_keys(Needles& needles, const std::string& who, std::string_view sdp) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t keys = 0;
  for (size_t at = sdp.find("inline:"); at != sdp.npos; at = sdp.find("inline:", at + 1), ++keys) {
    const std::string_view text = sdp.substr(at + 7, sdp.find_first_of("|\r", at) - at - 7);
    Bytes key;
    uint32_t bits = 0, count = 0;
    for (const char c : text.substr(0, text.find('='))) {
      bits = bits << 6 | static_cast<uint32_t>(kLetters.find(c));
      count += 6;
      if (count >= 8) key.push_back(static_cast<uint8_t>(bits >> (count -= 8)));
    }
    needles.add(who + "'s key, text", std::string(text));
    needles.add(who + "'s key", key);
  }
  REQUIRE(keys > 0);
}

void give(Shared& shared, const void* data, size_t len) {
  REQUIRE(len <= sizeof shared.in);
  std::memcpy(shared.in, data, len);
  shared.in_len = len;
}

// A call through a victim's bridge or relay: its two peers are here.
class Call {
 public:
  explicit Call(uint32_t denoise_db = 0, uint64_t fail_at = UINT64_MAX)
      : Call(Command::kMakeBridge, denoise_db, fail_at) {}
  Call(Command make, uint32_t argument, uint64_t fail_at = UINT64_MAX)
      : trunk_(
            leg(host_, 20, make == Command::kMakeRelay ? VOXLOCK_CODEC_OPUS : VOXLOCK_CODEC_PCMU)),
        room_(leg(host_, 21)) {
    victim.shared().fail_at = fail_at;
    status_ = victim.run(make, argument);
    voxlock_codec_config config;
    REQUIRE(voxlock_codec_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.codec = VOXLOCK_CODEC_OPUS;
    REQUIRE(voxlock_decoder_new(host_.ctx, &config, &decoder_) == VOXLOCK_OK);
    REQUIRE(voxlock_encoder_new(host_.ctx, &config, &encoder_) == VOXLOCK_OK);
  }
  ~Call() {
    voxlock_leg_free(trunk_);
    voxlock_leg_free(room_);
    voxlock_decoder_free(decoder_);
    voxlock_encoder_free(encoder_);
  }

  // Status of the first thing that failed; nothing is done any more then.
  [[nodiscard]] int32_t status() const { return status_; }

  void agree() {
    Shared& shared = victim.shared();
    size_t len = sizeof shared.in;
    REQUIRE(voxlock_leg_offer(trunk_, 0, shared.in, &len, 1) == VOXLOCK_OK);
    shared.in_len = len;
    add_keys(needles, "the trunk", text(shared.in, len));
    if (!run(Command::kAnswerTrunk)) return;
    add_keys(needles, "our trunk side", text(shared.out, shared.out_len));
    REQUIRE(voxlock_leg_accept_answer(trunk_, shared.out, shared.out_len, nullptr, 1) ==
            VOXLOCK_OK);
    if (!run(Command::kOfferRoom)) return;
    add_keys(needles, "our room side", text(shared.out, shared.out_len));
    len = sizeof shared.in;
    REQUIRE(voxlock_leg_answer(room_, shared.out, shared.out_len, shared.in, &len, nullptr, 1) ==
            VOXLOCK_OK);
    shared.in_len = len;
    add_keys(needles, "the room", text(shared.in, len));
    run(Command::kAcceptRoom);
  }

  // 20 ms of noise from the trunk, heard in the room.
  void speak_from_trunk() {
    if (status_ != VOXLOCK_OK) return;
    Bytes payload(kFrame);
    for (uint8_t& code : payload) code = static_cast<uint8_t>(random_());
    std::vector<int16_t> pcm(kFrame);
    audio::ulaw_decode(payload.data(), pcm.data(), kFrame);
    needles.add("the trunk's payload", payload);
    add_pcm(needles, "the trunk's audio", pcm);
    pass(trunk_, room_, 0, 0, payload);
    needles.add("the room's payload", heard_);
  }

  // 20 ms of noise from the room, heard at the trunk.
  void speak_from_room() {
    if (status_ != VOXLOCK_OK) return;
    std::vector<int16_t> noise(kFrame);
    for (int16_t& sample : noise) {
      sample = static_cast<int16_t>(static_cast<int>(random_() % 20000) - 10000);
    }
    Bytes payload(VOXLOCK_MAX_OPUS_PAYLOAD);
    size_t len = payload.size();
    REQUIRE(voxlock_encoder_encode(encoder_, noise.data(), noise.size(), payload.data(), &len) ==
            VOXLOCK_OK);
    payload.resize(len);
    std::vector<int16_t> pcm(VOXLOCK_MAX_PACKET_SAMPLES);
    size_t samples = pcm.size();
    REQUIRE(voxlock_decoder_decode(decoder_, payload.data(), len, pcm.data(), &samples) ==
            VOXLOCK_OK);
    pcm.resize(samples);
    needles.add("the room's payload", payload);
    // At first the decoder's output only grows, in much the same way each time.
    const bool is_noise = timestamp_[1] != 0;
    if (is_noise) add_pcm(needles, "the room's audio", pcm);
    voxlock_leg_media_info info{};
    info.struct_size = sizeof info;
    REQUIRE(voxlock_leg_media(room_, &info) == VOXLOCK_OK);
    pass(room_, trunk_, 1, info.payload_type_send, payload);
    if (is_noise) needles.add("the trunk's payload", heard_);
  }

  // A packet from the trunk to the room, over a relay: what of the needles the victim's memory
  // held at any of many instants while it was taken.
  std::set<std::string> pass_slowly(const Bytes& payload) {
    std::set<std::string> seen;
    look_ = [&] {
      for (const Hit& hit : scan(victim.process(), needles)) seen.insert(hit.kind);
    };
    voxlock_leg_media_info info{};
    info.struct_size = sizeof info;
    REQUIRE(voxlock_leg_media(trunk_, &info) == VOXLOCK_OK);
    pass(trunk_, room_, 0, info.payload_type_send, payload);
    CHECK(heard_ == payload);
    look_ = nullptr;
    return seen;
  }

  void input(uint32_t from, const Bytes& datagram) {
    give(victim.shared(), datagram.data(), datagram.size());
    constexpr uint32_t kStride = 250;  // instructions: of tens of thousands
    if (look_ == nullptr) {
      run(Command::kInput, from);
    } else {
      victim.shared().now_ns = now_;
      status_ = victim.step(Command::kInput, from, kStride, look_);
    }
  }

  size_t heard_count = 0;
  Victim victim;
  Needles needles;

 private:
  static std::string_view text(const uint8_t* data, size_t len) {
    return {reinterpret_cast<const char*>(data), len};
  }
  bool run(Command command, uint32_t argument = 0) {
    victim.shared().now_ns = now_;
    if (status_ == VOXLOCK_OK) status_ = victim.run(command, argument);
    return status_ == VOXLOCK_OK;
  }

  // What a peer has to send goes to the victim, what it hears to heard_.
  void poll(voxlock_leg* peer, uint32_t index) {
    voxlock_media_event events[8];
    uint8_t room[4096];
    size_t count = 0;
    REQUIRE(voxlock_leg_poll(peer, events, 8, &count, room, sizeof room, now_) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i) {
      const Bytes bytes(room + events[i].offset, room + events[i].offset + events[i].len);
      if (events[i].type == VOXLOCK_EV_TRANSMIT) input(index, bytes);
      if (events[i].type != VOXLOCK_EV_PAYLOAD) continue;
      heard_ = bytes;
      ++heard_count;
    }
  }

  // Sends a payload from one peer to the other; heard_ is what that one gets.
  void pass(voxlock_leg* from, voxlock_leg* to, uint32_t index, uint32_t type,
            const Bytes& payload) {
    heard_.clear();
    now_ += kFrameNs;
    timestamp_[index] += index == 0 ? 160 : 960;
    REQUIRE(voxlock_leg_send(from, type, payload.data(), payload.size(), timestamp_[index], 0,
                             now_) == VOXLOCK_OK);
    poll(from, index);
    if (!run(Command::kPoll)) return;
    const Shared& shared = victim.shared();
    for (size_t i = 0; i < shared.event_count; ++i) {
      const voxlock_media_event& event = shared.events[i];
      if (event.type != VOXLOCK_EV_TRANSMIT) continue;
      voxlock_datagram datagram{};
      datagram.data = shared.out + event.offset;
      datagram.len = event.len;
      datagram.source.family = 4;
      REQUIRE(voxlock_leg_input(event.leg == index ? from : to, &datagram, 1, now_) == VOXLOCK_OK);
    }
    poll(to, 1 - index);
  }

  std::function<void()> look_;
  Host host_;
  voxlock_leg* trunk_;
  voxlock_leg* room_;
  voxlock_decoder* decoder_ = nullptr;
  voxlock_encoder* encoder_ = nullptr;
  std::mt19937 random_{std::random_device()()};
  Bytes heard_;
  uint32_t timestamp_[2] = {};
  uint64_t now_ = 1'000'000'000;
  int32_t status_ = VOXLOCK_OK;
};

}  // namespace

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
  Call call(kWithArenas);
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
  Call call(kWithArenas);
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
  for (size_t dump = 0; dump < 20; ++dump) {
    for (size_t packets = 1 + random() % 5; packets != 0; --packets) {
      call.speak_from_trunk();
      call.speak_from_room();
    }
    REQUIRE(call.status() == VOXLOCK_OK);
    REQUIRE(std::system(("gcore -o core " + process + " >gcore.log 2>&1").c_str()) == 0);
    const std::string path = "core." + process;
    CHECK(scan_file(path, call.needles) == std::vector<std::string>());
    CHECK(scan_file(path, known).size() == 4);
    REQUIRE(std::remove(path.c_str()) == 0);
  }
}

TEST_CASE("what peers sealed end to end is at no instant open in the memory of a relay") {
  // Frames that nobody sealed show that it would be seen.
  const bool is_sealed = GENERATE(true, false);
  Call call(Command::kMakeRelay, is_sealed ? 1 : 0);
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
  Call call(denoise_db);
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
  std::mt19937 random(7);
  for (size_t len = 0; len < 300; len += 7) {
    Bytes datagram(len);
    for (uint8_t& byte : datagram) byte = static_cast<uint8_t>(random());
    if (len > 12) datagram[0] = 0x80;
    call.input(static_cast<uint32_t>(len % 2), datagram);
  }
  CHECK(report(call.victim, call.needles, Where::kOutsideArena) == "");
  REQUIRE(call.victim.run(Command::kFree) == VOXLOCK_OK);
  CHECK(report(call.victim, call.needles, Where::kAnywhere) == "");
}

TEST_CASE("wherever memory ends, nothing is left after all is freed") {
  bool is_whole = false;
  for (uint64_t fail_at = 0; !is_whole; fail_at += 3) {
    INFO("allocation " << fail_at);
    Call call(15, fail_at);
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
