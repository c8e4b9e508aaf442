// RFC 7587 6.1 and RFC 8866 6.4: what the peer writes about the audio it wants decides what our
// encoder makes. Real SDP in, opened packets out.
#include <cmath>

#include "audio/opus.h"
#include "support/negotiated.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr size_t kPackets = 100;

// What reached the listener in two seconds of a wavering tone, with a second of silence behind.
struct Heard {
  size_t packets = 0;
  size_t longest = 0, shortest = SIZE_MAX, bytes = 0;
  size_t with_fec = 0;
  size_t in_silence = 0;
  uint32_t packet_ms = 0;
  uint8_t config = 0;  // RFC 6716 3.1, of the last packet
  size_t stereo = 0;
};

class Call {
 public:
  explicit Call(const std::string& wishes, uint32_t opus_bitrate = 32000)
      : room(world, room_config(opus_bitrate)) {
    const std::string answer = answer_to(room.offer(), wishes);
    REQUIRE(room.negotiation.accept_answer(*room.leg, answer, now)->kind !=
            sdp::VerdictKind::kRefused);
    std::string text;
    REQUIRE(trunk.answer(phone.offer(), text, now).kind == sdp::VerdictKind::kContinued);
    REQUIRE(phone.negotiation.accept_answer(*phone.leg, text, now));
    bridge.emplace(world.memory, *trunk.leg, *room.leg, bridge::BridgeConfig{});
  }
  // The peer changes its mind in the running call.
  void reoffer(const std::string& wishes) {
    REQUIRE(room.negotiation.accept_answer(*room.leg, answer_to(room.offer(), wishes), now)->kind ==
            sdp::VerdictKind::kMoved);
  }

  Heard listen() {
    Heard out;
    for (size_t i = 0; i < kPackets + 50; ++i) {
      const bool is_silence = i >= kPackets;
      for (const Packet& packet : speak(is_silence)) {
        std::array<uint8_t, leg::kMaxPacketLen> plain;
        const auto got = listener.leg->receive({packet.data, address(3, 4000)}, plain, now);
        if (got.kind != leg::Received::Kind::kAudio) continue;
        // The encoder needs a while to notice either.
        if (i >= kPackets + 25) ++out.in_silence;
        if (i >= 20 && !is_silence) note(got.packet.payload, out);
      }
    }
    return out;
  }

 private:
  static leg::LegConfig room_config(uint32_t opus_bitrate) {
    leg::LegConfig config = End::config_of(3, {leg::Codec::kOpus}, 4000);
    config.opus_bitrate = opus_bitrate;
    config.has_opus_dtx = true;
    return config;
  }
  // The listener's answer, its wishes for Opus replaced.
  std::string answer_to(const std::string& offer, const std::string& wishes) {
    std::string text;
    REQUIRE(listener.answer(offer, text, now).kind != sdp::VerdictKind::kRefused);
    const size_t fmtp = text.find("a=fmtp:");
    text.erase(fmtp, text.find("\r\n", fmtp) + 2 - fmtp);
    text = replaced(text, "a=ptime:20\r\na=maxptime:60\r\n", "");
    return text.insert(fmtp, wishes);
  }
  static void note(ByteView payload, Heard& out) {
    ++out.packets;
    out.bytes += payload.size();
    out.longest = std::max(out.longest, payload.size());
    out.shortest = std::min(out.shortest, payload.size());
    out.with_fec += audio::opus_has_fec(payload) ? 1 : 0;
    out.packet_ms = static_cast<uint32_t>(*audio::opus_samples(payload, 48000) / 48);
    out.stereo += (payload[0] >> 2) & 1;
    out.config = static_cast<uint8_t>(payload[0] >> 3);
  }
  std::vector<Packet> speak(bool is_silence) {
    now += 20 * kNsPerMs;
    std::vector<uint8_t> packet(rtp::kFixedHeaderLen + 640);
    for (size_t i = 0; i < 320 && !is_silence; ++i, ++phase) {
      const double t = static_cast<double>(phase) / 16000;
      noise = noise * 1664525 + 1013904223;
      const auto sample =
          static_cast<int16_t>(5000 * std::sin(1500 * t) * (1 + std::sin(20 * t)) + (noise >> 21));
      packet[rtp::kFixedHeaderLen + 2 * i] = static_cast<uint8_t>(sample >> 8);
      packet[rtp::kFixedHeaderLen + 2 * i + 1] = static_cast<uint8_t>(sample);
    }
    const uint8_t type = phone.leg->agreement()->payload_type_send;
    REQUIRE(phone.leg->send(packet, {type, false, ticks += 320}, now));
    bridge->refresh();
    for (const Packet& sent : drain(*phone.leg))
      bridge->input({{sent.data, address(2, 4000)}, 0}, now);
    return drain(*room.leg);
  }

  TestContext world;
  End phone{world, 2, {leg::Codec::kL16}};
  End trunk{world, 1, {leg::Codec::kL16}};
  End room;
  End listener{world, 4, {leg::Codec::kOpus}};
  std::optional<bridge::Bridge> bridge;
  uint64_t now = kNsPerSecond;
  uint32_t ticks = 0;
  uint32_t noise = 1;
  size_t phase = 0;
};

std::string fmtp(const std::string& parameters) {
  return "a=fmtp:111 " + parameters + "\r\n";
}

double bits_per_second(const Heard& heard) {
  return static_cast<double>(heard.bytes * 8) * 1000 /
         static_cast<double>(heard.packets * heard.packet_ms);
}

}  // namespace

TEST_CASE("RFC 7587 6.1: in-band FEC is sent where the peer wants it") {
  CHECK(Call(fmtp("useinbandfec=1")).listen().with_fec > kPackets / 2);
  CHECK(Call(fmtp("useinbandfec=0")).listen().with_fec == 0);
  CHECK(Call("").listen().with_fec == 0);
}

TEST_CASE("RFC 7587 6.1: silence is left out where the peer wants it") {
  CHECK(Call(fmtp("usedtx=1")).listen().in_silence < 10);
  CHECK(Call(fmtp("usedtx=0")).listen().in_silence == 25);
  CHECK(Call("").listen().in_silence == 25);
}

TEST_CASE("RFC 7587 6.1: the bit rate stays below the peer's maximum") {
  CHECK(bits_per_second(Call("").listen()) > 22000);
  CHECK(bits_per_second(Call(fmtp("maxaveragebitrate=12000")).listen()) < 15000);
  CHECK(bits_per_second(Call(fmtp("maxaveragebitrate=12000"), 0).listen()) < 15000);
  // No encoder works below 6000; our own setting is the other bound.
  CHECK(bits_per_second(Call(fmtp("maxaveragebitrate=1")).listen()) < 9000);
  CHECK(bits_per_second(Call(fmtp("maxaveragebitrate=510000")).listen()) < 45000);
}

TEST_CASE("RFC 7587 6.1: a constant bit rate where the peer wants it") {
  const Heard constant = Call(fmtp("cbr=1")).listen();
  CHECK(constant.longest == constant.shortest);
  const Heard variable = Call(fmtp("cbr=0")).listen();
  CHECK(variable.longest > variable.shortest);
}

TEST_CASE("RFC 7587 6.1: no more bandwidth than the peer plays") {
  // RFC 6716, table 2: narrowband speech is 0..3, mediumband 4..7, wideband 8..11.
  CHECK(Call("").listen().config >= 8);
  CHECK(Call(fmtp("maxplaybackrate=48000")).listen().config >= 8);
  CHECK(Call(fmtp("maxplaybackrate=12000")).listen().config / 4 == 1);
  CHECK(Call(fmtp("maxplaybackrate=8000")).listen().config / 4 == 0);
}

TEST_CASE("RFC 8866 6.4: packets are as long as the peer asks, and no longer than it allows") {
  struct Row {
    const char* wishes;
    uint32_t packet_ms;
  };
  for (const Row& row : {Row{"", 20}, Row{"a=ptime:40\r\n", 40}, Row{"a=ptime:60\r\n", 60},
                         Row{"a=ptime:10\r\n", 10}, Row{"a=maxptime:10\r\n", 10},
                         Row{"a=ptime:60\r\na=maxptime:40\r\n", 40}}) {
    INFO(row.wishes);
    CHECK(Call(row.wishes).listen().packet_ms == row.packet_ms);
  }
}

TEST_CASE("RFC 7587 7.1: stereo is a permission, speech stays mono") {
  const Heard heard = Call(fmtp("stereo=1;sprop-stereo=1")).listen();
  CHECK(heard.packets > 0);
  CHECK(heard.stereo == 0);
}

TEST_CASE("RFC 3264 8: wishes changed in a running call are heeded") {
  Call call(fmtp("useinbandfec=1"));
  CHECK(call.listen().with_fec > kPackets / 2);
  call.reoffer(fmtp("useinbandfec=0;maxaveragebitrate=8000"));
  const Heard heard = call.listen();
  CHECK(heard.with_fec == 0);
  CHECK(bits_per_second(heard) < 11000);
}
