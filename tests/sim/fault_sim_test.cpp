// A leg of the C ABI whose peer does everything wrong that peers do: each mistake is told by its
// name, a counter that is ahead is followed, and a flood tells next to nothing.
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "base/base64.h"
#include "support/host.h"

using namespace voxlock;

namespace {

constexpr uint64_t kFrame = 20'000'000;
constexpr uint32_t kSsrc = 0x51525354;
using Key = std::array<uint8_t, 30>;

Key key_of(uint8_t seed) {
  Key out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(seed * 17 + i * 5);
  return out;
}

std::string text_of(const Key& key) {
  std::array<uint8_t, 40> text{};
  bytes::Writer writer(text);
  base64::encode(key, writer);
  return {text.begin(), text.end()};
}

struct Call {
  test::Host host;
  voxlock_leg* leg = nullptr;
  voxlock_srtp* peer = nullptr;
  uint64_t now = 1'000'000'000;
  uint32_t version = 1;
  uint16_t sequence = 1;
  Key own_key{};
  uint64_t payloads = 0;
  std::vector<voxlock_media_event> faults;

  Call() {
    voxlock_leg_config config;
    REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.rtp_address = {{192, 0, 2, 1}, 4000, 4, 0};
    std::memset(config.codecs, 0, sizeof config.codecs);
    config.codecs[0] = VOXLOCK_CODEC_PCMU;
    REQUIRE(voxlock_leg_new(host.ctx, &config, &leg) == VOXLOCK_OK);
  }
  ~Call() {
    voxlock_srtp_free(peer);
    voxlock_leg_free(leg);
  }

  // The peer offers a key; attributes follow it.
  void offer(const Key& key, const std::string& attributes = "") {
    const std::string sdp =
        "v=0\r\no=- 1 " + std::to_string(version++) +
        " IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        "m=audio 5000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" +
        text_of(key) + attributes + "\r\na=rtcp-mux\r\n";
    std::array<uint8_t, 2048> answer{};
    size_t len = answer.size();
    voxlock_verdict verdict{};
    verdict.struct_size = sizeof verdict;
    REQUIRE(voxlock_leg_answer(leg, reinterpret_cast<const uint8_t*>(sdp.data()), sdp.size(),
                               answer.data(), &len, &verdict, now) == VOXLOCK_OK);
    REQUIRE(verdict.kind != VOXLOCK_REFUSED);
    const std::string text(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(len));
    const std::string inline_key = text.substr(text.find("inline:") + 7, 40);
    REQUIRE(base64::decode(inline_key, own_key).value() == own_key.size());
  }
  // What the peer seals with from now on.
  void seal_with(const Key& key, int32_t suite = VOXLOCK_AES_CM_128_HMAC_SHA1_80,
                 const std::string& mki = "", uint32_t roc = 0) {
    voxlock_srtp_config config;
    REQUIRE(voxlock_srtp_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.suite = suite;
    config.key = key.data();
    config.key_len = key.size();
    config.mki = mki.empty() ? nullptr : reinterpret_cast<const uint8_t*>(mki.data());
    config.mki_len = mki.size();
    voxlock_srtp_free(peer);
    REQUIRE(voxlock_srtp_new(host.ctx, &config, &peer) == VOXLOCK_OK);
    if (roc != 0)
      REQUIRE(voxlock_srtp_set_roc(peer, VOXLOCK_SRTP_OUTBOUND, kSsrc, roc) == VOXLOCK_OK);
  }
  std::array<uint8_t, 172> plain() {
    std::array<uint8_t, 172> out{};
    out.fill(static_cast<uint8_t>(sequence * 29));
    bytes::Writer writer(out);
    writer.u16(0x8000);
    writer.u16(sequence);
    writer.u32(sequence * 160u);
    writer.u32(kSsrc);
    ++sequence;
    return out;
  }
  void input(const uint8_t* data, size_t len) {
    voxlock_datagram datagram{};
    datagram.data = data;
    datagram.len = len;
    datagram.source = {{192, 0, 2, 9}, 5000, 4, 0};
    REQUIRE(voxlock_leg_input(leg, &datagram, 1, now) == VOXLOCK_OK);
    now += kFrame;
    poll();
  }
  void poll() {
    std::array<voxlock_media_event, 16> events;
    std::array<uint8_t, 8192> arena;
    size_t count = 0;
    REQUIRE(voxlock_leg_poll(leg, events.data(), events.size(), &count, arena.data(), arena.size(),
                             now) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i) {
      payloads += events[i].type == VOXLOCK_EV_PAYLOAD ? 1 : 0;
      if (events[i].type == VOXLOCK_EV_FAULT) faults.push_back(events[i]);
    }
  }
  void speak(uint32_t packets, bool is_sealed = true) {
    for (uint32_t i = 0; i < packets; ++i) {
      const auto packet = plain();
      std::array<uint8_t, 256> sealed{};
      size_t len = sealed.size();
      if (!is_sealed) {
        input(packet.data(), packet.size());
        continue;
      }
      REQUIRE(voxlock_srtp_seal(peer, packet.data(), packet.size(), sealed.data(), &len) ==
              VOXLOCK_OK);
      input(sealed.data(), len);
    }
  }
  // A good beginning.
  void begin(const std::string& attributes = "", const std::string& mki = "") {
    offer(key_of(1), attributes);
    seal_with(key_of(1), VOXLOCK_AES_CM_128_HMAC_SHA1_80, mki);
    speak(20);
    REQUIRE(payloads == 20);
    REQUIRE(faults.empty());
  }
  // Twenty packets more bring no payload and this one fault.
  void fails_with(int32_t fault, bool is_sealed = true) {
    INFO(voxlock_srtp_fault_text(fault));
    const uint64_t before = payloads;
    speak(20, is_sealed);
    CHECK(payloads == before);
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].value == static_cast<uint64_t>(fault));
    CHECK(faults[0].ssrc == kSsrc);
    CHECK(faults[0].marker == 0);
    voxlock_leg_stats stats{};
    stats.struct_size = sizeof stats;
    REQUIRE(voxlock_leg_get_stats(leg, &stats) == VOXLOCK_OK);
    CHECK(stats.fault == fault);
    CHECK(stats.fault_ssrc == kSsrc);
    CHECK(stats.faults == 1);
    CHECK(stats.recovered == 0);
  }
};

}  // namespace

TEST_CASE("RFC 3711 3.3.1: a call goes on after an outage of more than half a round") {
  struct Row {
    uint32_t lost;
    uint64_t rounds;  // beyond the guess; 0: the guess is right
  };
  for (const Row row : {Row{33'000, 0}, Row{65'000, 1}, Row{200'000, 3}, Row{900'000, 13}}) {
    INFO(row.lost << " packets lost");
    Call call;
    call.sequence = 1000;
    call.begin();
    for (uint32_t i = 0; i < row.lost; ++i) {
      const auto packet = call.plain();
      std::array<uint8_t, 256> sealed{};
      size_t len = sealed.size();
      REQUIRE(voxlock_srtp_seal(call.peer, packet.data(), packet.size(), sealed.data(), &len) ==
              VOXLOCK_OK);
    }
    call.speak(100);
    if (row.rounds == 0) {
      CHECK(call.faults.empty());
      CHECK(call.payloads >= 118);
      continue;
    }
    CHECK(call.payloads >= 20 + 100 - 9);
    REQUIRE(call.faults.size() == 1);
    CHECK(call.faults[0].value == VOXLOCK_FAULT_ROC_AHEAD);
    CHECK(call.faults[0].lost == row.rounds);
    CHECK(call.faults[0].marker == 1);
  }
}

TEST_CASE("a late joiner's counter is found however late it is, and told once") {
  Call call;
  call.offer(key_of(1));
  call.seal_with(key_of(1), VOXLOCK_AES_CM_128_HMAC_SHA1_80, "", 5);
  call.speak(100);
  CHECK(call.payloads == 93);
  REQUIRE(call.faults.size() == 1);
  CHECK(call.faults[0].value == VOXLOCK_FAULT_ROC_AHEAD);
  CHECK(call.faults[0].lost == 5);
  CHECK(call.faults[0].marker == 1);
}

TEST_CASE("each mistake of a peer has its name") {
  {
    Call call;
    call.begin();
    call.seal_with(key_of(7));
    call.fails_with(VOXLOCK_FAULT_UNKNOWN);
  }
  {
    Call call;
    call.offer(key_of(1));
    call.seal_with(key_of(1), VOXLOCK_AES_CM_128_HMAC_SHA1_80, "", 4);
    call.speak(50);
    call.faults.clear();
    call.seal_with(key_of(1));
    call.speak(20);
    REQUIRE(call.faults.size() == 1);
    CHECK(call.faults[0].value == VOXLOCK_FAULT_ROC_BEHIND);
    CHECK(call.faults[0].lost == 4);
    // New keys are the cure.
    call.offer(key_of(2));
    call.seal_with(key_of(2));
    const uint64_t before = call.payloads;
    call.speak(20);
    CHECK(call.payloads == before + 20);
  }
  {
    Call call;
    call.begin();
    call.sequence = 20000;
    call.speak(10);
    call.sequence = 5;
    call.seal_with(key_of(1));
    call.fails_with(VOXLOCK_FAULT_RESTARTED);
  }
  {
    Call call;
    call.begin();
    call.offer(key_of(2));
    call.speak(10);  // within the overlap
    CHECK(call.payloads == 30);
    call.now += 6'000'000'000;
    call.poll();
    call.fails_with(VOXLOCK_FAULT_OLD_KEY);
  }
  {
    Call call;
    call.begin();
    call.seal_with(call.own_key);
    call.fails_with(VOXLOCK_FAULT_OWN_KEY);
  }
  {
    Call call;
    call.begin();
    call.seal_with(key_of(1), VOXLOCK_AES_CM_128_HMAC_SHA1_32);
    call.fails_with(VOXLOCK_FAULT_TAG_LENGTH);
  }
  {
    Call call;
    call.begin();
    call.seal_with(key_of(1), VOXLOCK_AES_CM_128_HMAC_SHA1_80, "\x01");
    call.fails_with(VOXLOCK_FAULT_MKI_PRESENT);
  }
  {
    Call call;
    call.begin("|2^20|1:1", "\x01");
    call.seal_with(key_of(1));
    call.fails_with(VOXLOCK_FAULT_MKI_MISSING);
  }
  {
    Call call;
    call.begin();
    call.fails_with(VOXLOCK_FAULT_PLAIN, false);
  }
}

TEST_CASE("a flood of forged packets is told a few times at most, and the call goes on") {
  Call call;
  call.begin();
  voxlock_leg_stats stats{};
  stats.struct_size = sizeof stats;
  for (uint32_t i = 0; i < 20'000; ++i) {
    auto forged = call.plain();
    --call.sequence;
    bytes::Writer writer(MutableBytes(forged).subspan(2));
    writer.u16(static_cast<uint16_t>(i));
    writer.u32(i);
    writer.u32(1000 + i / 10);
    call.now -= kFrame - 100'000;  // 10,000 a second
    call.input(forged.data(), forged.size());
  }
  REQUIRE(voxlock_leg_get_stats(call.leg, &stats) == VOXLOCK_OK);
  CHECK(stats.faults >= 4);
  CHECK(stats.faults <= 7);
  CHECK(call.faults.size() == stats.faults);
  CHECK(stats.recovered == 0);
  call.speak(20);
  CHECK(call.payloads == 40);
}

TEST_CASE("a session of its own explains and follows as a leg does") {
  test::Host host;
  Call call;
  const Key key = key_of(3);
  voxlock_srtp_config config;
  REQUIRE(voxlock_srtp_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.peer_key = key.data();
  config.peer_key_len = key.size();
  voxlock_srtp* receiver = nullptr;
  REQUIRE(voxlock_srtp_new(host.ctx, &config, &receiver) == VOXLOCK_OK);
  call.seal_with(key, VOXLOCK_AES_CM_128_HMAC_SHA1_80, "", 9);
  uint32_t opened = 0;
  for (uint32_t i = 0; i < 20; ++i) {
    const auto packet = call.plain();
    std::array<uint8_t, 256> sealed{}, out{};
    size_t len = sealed.size(), out_len = out.size();
    REQUIRE(voxlock_srtp_seal(call.peer, packet.data(), packet.size(), sealed.data(), &len) ==
            VOXLOCK_OK);
    opened += voxlock_srtp_open(receiver, sealed.data(), len, out.data(), &out_len, i * kFrame) ==
                      VOXLOCK_OK
                  ? 1
                  : 0;
  }
  CHECK(opened == 13);
  voxlock_srtp_stats stats{};
  stats.struct_size = sizeof stats;
  REQUIRE(voxlock_srtp_get_stats(receiver, &stats) == VOXLOCK_OK);
  CHECK(stats.fault == VOXLOCK_FAULT_ROC_AHEAD);
  CHECK(stats.fault_rounds == 9);
  CHECK(stats.recovered == 1);
  voxlock_srtp_free(receiver);
}

TEST_CASE("every fault has its text") {
  for (int32_t fault = VOXLOCK_FAULT_NONE; fault <= VOXLOCK_FAULT_PLAIN; ++fault)
    CHECK(std::string(voxlock_srtp_fault_text(fault)) != "unknown fault");
  CHECK(std::string(voxlock_srtp_fault_text(VOXLOCK_FAULT_PLAIN + 1)) == "unknown fault");
  CHECK(std::string(voxlock_srtp_fault_text(-1)) == "unknown fault");
}
