// A bridge whose one leg is a phone's SRTP leg and whose other is carried by the host: frames, PCM
// or plain RTP.
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "support/host.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr double kToneHz = 1000;

struct Sent {
  voxlock_media_event event;
  std::vector<uint8_t> bytes;
};
using Change = std::function<void(voxlock_port_config&)>;

std::vector<int16_t> tone(uint32_t rate, size_t samples, size_t from) {
  std::vector<int16_t> out(samples);
  for (size_t i = 0; i < samples; ++i) {
    const double at = static_cast<double>(from + i) / rate;
    out[i] = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * kToneHz * at));
  }
  return out;
}
// How much of the energy is the tone's, 0..1 (Goertzel).
double tone_share(uint32_t rate, const std::vector<int16_t>& pcm) {
  double energy = 0, re = 0, im = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double angle = 2 * std::numbers::pi * kToneHz * static_cast<double>(i) / rate;
    energy += double{1} * pcm[i] * pcm[i];
    re += pcm[i] * std::cos(angle);
    im += pcm[i] * std::sin(angle);
  }
  return energy == 0 ? 0 : 2 * (re * re + im * im) / (static_cast<double>(pcm.size()) * energy);
}

// phone - trunk | bridge | port
struct Call {
  explicit Call(const Change& change = {}, bool is_port_first = false)
      : trunk_at(is_port_first ? 1 : 0), port_at(is_port_first ? 0 : 1) {
    voxlock_port_config config;
    REQUIRE(voxlock_port_config_init(&config, sizeof config) == VOXLOCK_OK);
    if (change) change(config);
    REQUIRE(voxlock_port_new(host.ctx, &config, &port) == VOXLOCK_OK);
    trunk = sip_leg(20);
    phone = sip_leg(21);
    std::vector<uint8_t> offer(4096), answer(4096);
    size_t offer_len = offer.size(), answer_len = answer.size();
    REQUIRE(voxlock_leg_offer(phone, 0, offer.data(), &offer_len, now) == VOXLOCK_OK);
    REQUIRE(voxlock_leg_answer(trunk, offer.data(), offer_len, answer.data(), &answer_len, nullptr,
                               now) == VOXLOCK_OK);
    REQUIRE(voxlock_leg_accept_answer(phone, answer.data(), answer_len, nullptr, now) ==
            VOXLOCK_OK);
    voxlock_bridge_config joined;
    REQUIRE(voxlock_bridge_config_init(&joined, sizeof joined) == VOXLOCK_OK);
    joined.denoise_db[0] = joined.denoise_db[1] = 0;
    REQUIRE(voxlock_bridge_new(host.ctx, is_port_first ? port : trunk, is_port_first ? trunk : port,
                               &joined, &bridge) == VOXLOCK_OK);
  }
  ~Call() {
    voxlock_encoder_free(encoder);
    voxlock_decoder_free(decoder);
    voxlock_bridge_free(bridge);
    for (voxlock_leg* leg : {port, trunk, phone}) voxlock_leg_free(leg);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  voxlock_leg* sip_leg(uint8_t host_number) {
    voxlock_leg_config config;
    REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.rtp_address.family = 4;
    config.rtp_address.ip[0] = 192, config.rtp_address.ip[2] = 2;
    config.rtp_address.ip[3] = host_number;
    config.rtp_address.port = 4000;
    config.codecs[0] = VOXLOCK_CODEC_PCMU;
    config.codecs[1] = config.codecs[2] = 0;
    config.signalling = VOXLOCK_SIGNALLING_VERIFIED;
    voxlock_leg* out = nullptr;
    REQUIRE(voxlock_leg_new(host.ctx, &config, &out) == VOXLOCK_OK);
    return out;
  }
  // The codec of the host's own, at the port's end.
  void take_codec(uint32_t codec, uint32_t rate) {
    voxlock_codec_config config;
    REQUIRE(voxlock_codec_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.codec = codec;
    config.sample_rate = rate;
    REQUIRE(voxlock_encoder_new(host.ctx, &config, &encoder) == VOXLOCK_OK);
    REQUIRE(voxlock_decoder_new(host.ctx, &config, &decoder) == VOXLOCK_OK);
  }
  std::vector<uint8_t> encoded(const std::vector<int16_t>& pcm) const {
    std::vector<uint8_t> out(VOXLOCK_MAX_FRAME);
    size_t len = out.size();
    REQUIRE(voxlock_encoder_encode(encoder, pcm.data(), pcm.size(), out.data(), &len) ==
            VOXLOCK_OK);
    out.resize(len);
    return out;
  }
  std::vector<int16_t> decoded(const std::vector<uint8_t>& payload) const {
    std::vector<int16_t> out(VOXLOCK_MAX_PACKET_SAMPLES);
    size_t samples = out.size();
    REQUIRE(voxlock_decoder_decode(decoder, payload.data(), payload.size(), out.data(), &samples) ==
            VOXLOCK_OK);
    out.resize(samples);
    return out;
  }

  // 20 ms of PCMU, or an event, from the phone.
  void phone_says(const std::vector<uint8_t>& payload, uint32_t type, uint32_t timestamp) {
    REQUIRE(voxlock_leg_send(phone, type, payload.data(), payload.size(), timestamp, 0, now) ==
            VOXLOCK_OK);
    for (const Sent& sent : poll(phone)) {
      if (sent.event.type == VOXLOCK_EV_TRANSMIT) into_bridge(sent.bytes, trunk_at);
    }
  }
  int32_t into_bridge(const std::vector<uint8_t>& bytes, uint32_t leg) const {
    const voxlock_datagram datagram{bytes.data(), bytes.size(), {}, leg, 0, 0};
    return voxlock_bridge_input(bridge, &datagram, 1, now);
  }
  int32_t put(const std::vector<uint8_t>& payload, uint32_t timestamp, uint32_t type = 111,
              uint32_t lost = 0) const {
    const voxlock_port_frame frame{payload.data(), payload.size(), timestamp, lost, type, 0};
    return voxlock_port_put(bridge, port_at, &frame, 1, now);
  }
  // What waits in the bridge: of the port it is returned, of the trunk it goes to the phone.
  std::vector<Sent> from_port() {
    std::vector<Sent> out;
    for (Sent& sent : poll(nullptr)) {
      if (sent.event.type == VOXLOCK_EV_PROTECTION) {
        ++protection_changes;
      } else if (sent.event.leg == port_at) {
        out.push_back(std::move(sent));
      } else if (sent.event.type == VOXLOCK_EV_TRANSMIT) {
        const voxlock_datagram datagram{sent.bytes.data(), sent.bytes.size(), {}, 0, 0, 0};
        REQUIRE(voxlock_leg_input(phone, &datagram, 1, now) == VOXLOCK_OK);
      }
    }
    return out;
  }
  std::vector<Sent> phone_hears() {
    CHECK(from_port().empty());
    return poll(phone);
  }
  [[nodiscard]] voxlock_protection protection() const {
    voxlock_protection out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_bridge_protection(bridge, &out) == VOXLOCK_OK);
    return out;
  }
  [[nodiscard]] voxlock_bridge_stats stats() const {
    voxlock_bridge_stats out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_bridge_get_stats(bridge, &out) == VOXLOCK_OK);
    return out;
  }
  [[nodiscard]] uint64_t dropped(uint32_t cause) const {
    voxlock_leg_stats out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_leg_get_stats(port, &out) == VOXLOCK_OK);
    return out.dropped[cause];
  }

  Host host;
  uint32_t trunk_at;
  uint32_t port_at;
  voxlock_leg *port = nullptr, *trunk = nullptr, *phone = nullptr;
  voxlock_bridge* bridge = nullptr;
  voxlock_encoder* encoder = nullptr;
  voxlock_decoder* decoder = nullptr;
  uint64_t now = 1000 * kMs;
  size_t protection_changes = 0;

 private:
  std::vector<Sent> poll(voxlock_leg* leg) {
    std::vector<voxlock_media_event> events(64);
    std::vector<uint8_t> arena(65536);
    size_t count = 0;
    const int32_t status = leg != nullptr
                               ? voxlock_leg_poll(leg, events.data(), events.size(), &count,
                                                  arena.data(), arena.size(), now)
                               : voxlock_bridge_poll(bridge, events.data(), events.size(), &count,
                                                     arena.data(), arena.size(), now);
    REQUIRE(status == VOXLOCK_OK);
    std::vector<Sent> out;
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* at = arena.data() + events[i].offset;
      out.push_back({events[i], {at, at + events[i].len}});
    }
    return out;
  }
};

std::vector<uint8_t> ulaw(const std::vector<int16_t>& pcm) {
  Host host;
  voxlock_encoder* encoder = nullptr;
  REQUIRE(voxlock_encoder_new(host.ctx, nullptr, &encoder) == VOXLOCK_OK);
  std::vector<uint8_t> out(pcm.size());
  size_t len = out.size();
  REQUIRE(voxlock_encoder_encode(encoder, pcm.data(), pcm.size(), out.data(), &len) == VOXLOCK_OK);
  voxlock_encoder_free(encoder);
  return out;
}
std::vector<int16_t> from_ulaw(const std::vector<uint8_t>& payload) {
  Host host;
  voxlock_decoder* decoder = nullptr;
  REQUIRE(voxlock_decoder_new(host.ctx, nullptr, &decoder) == VOXLOCK_OK);
  std::vector<int16_t> out(payload.size());
  size_t samples = out.size();
  REQUIRE(voxlock_decoder_decode(decoder, payload.data(), payload.size(), out.data(), &samples) ==
          VOXLOCK_OK);
  voxlock_decoder_free(decoder);
  return out;
}
void append(std::vector<int16_t>& to, const std::vector<int16_t>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

TEST_CASE("frames of a port: the phone's tone comes out, the host's reaches the phone") {
  struct Row {
    const char* title;
    uint32_t codec, rate, clock, type;
    bool is_port_first;
  };
  const Row rows[] = {{"Opus", VOXLOCK_CODEC_OPUS, 48000, 48000, 111, false},
                      {"Opus, the port first", VOXLOCK_CODEC_OPUS, 48000, 48000, 111, true},
                      {"PCM, 8 kHz", VOXLOCK_CODEC_L16, 8000, 8000, 96, false},
                      {"PCM, 16 kHz", VOXLOCK_CODEC_L16, 16000, 16000, 96, false},
                      {"PCM, 48 kHz", VOXLOCK_CODEC_L16, 48000, 48000, 96, true},
                      {"PCMA", VOXLOCK_CODEC_PCMA, 8000, 8000, 8, false}};
  for (const Row& row : rows) {
    INFO(row.title);
    Call call(
        [&](voxlock_port_config& config) {
          config.codec = row.codec;
          if (row.codec == VOXLOCK_CODEC_L16) config.sample_rate = row.rate;
        },
        row.is_port_first);
    call.take_codec(row.codec, row.rate);
    std::vector<int16_t> at_port, at_phone;
    uint64_t sequence = 0;
    for (uint32_t i = 0; i < 50; ++i) {
      call.phone_says(ulaw(tone(8000, 160, i * 160)), 0, i * 160);
      const auto out = call.from_port();
      REQUIRE(out.size() == 1);
      const voxlock_media_event& event = out[0].event;
      CHECK(event.type == VOXLOCK_EV_PAYLOAD);
      CHECK(event.payload_type == row.type);
      CHECK(event.timestamp == i * row.clock / 50);
      CHECK((i == 0 || event.sequence == sequence + 1));
      CHECK(event.address.family == 0);
      sequence = event.sequence;
      append(at_port, call.decoded(out[0].bytes));

      const size_t samples = row.rate / 50;
      REQUIRE(call.put(call.encoded(tone(row.rate, samples, i * samples)), i * row.clock / 50,
                       row.type) == VOXLOCK_OK);
      const auto heard = call.phone_hears();
      REQUIRE(heard.size() == 1);
      append(at_phone, from_ulaw(heard[0].bytes));
      call.now += 20 * kMs;
    }
    at_port.erase(at_port.begin(), at_port.begin() + row.rate / 5);
    at_phone.erase(at_phone.begin(), at_phone.begin() + 1600);
    CHECK(tone_share(row.rate, at_port) > 0.95);
    CHECK(tone_share(8000, at_phone) > 0.95);
    CHECK(call.stats().plaintext_count[call.port_at == 1 ? VOXLOCK_BACKWARD : VOXLOCK_FORWARD] ==
          50);
  }
}

TEST_CASE("packets of a port are plain RTP, both ways") {
  Call call([](voxlock_port_config& config) {
    config.format = VOXLOCK_PORT_RTP;
    config.codec = VOXLOCK_CODEC_PCMA;
    config.payload_type = 127;
  });
  call.take_codec(VOXLOCK_CODEC_PCMA, 8000);
  std::vector<int16_t> at_port, at_phone;
  uint16_t sequence = 0;
  for (uint32_t i = 0; i < 20; ++i) {
    call.phone_says(ulaw(tone(8000, 160, i * 160)), 0, i * 160);
    const auto out = call.from_port();
    REQUIRE(out.size() == 1);
    CHECK(out[0].event.type == VOXLOCK_EV_TRANSMIT);
    CHECK(out[0].event.address.family == 0);
    std::vector<uint8_t> packet = out[0].bytes;
    REQUIRE(packet.size() == 172);
    CHECK(packet[0] == 0x80);
    CHECK((packet[1] & 0x7f) == 127);
    const auto its_sequence = static_cast<uint16_t>(packet[2] << 8 | packet[3]);
    CHECK((i == 0 || its_sequence == static_cast<uint16_t>(sequence + 1)));
    sequence = its_sequence;
    append(at_port, call.decoded({packet.begin() + 12, packet.end()}));
    // Another source, and back it goes.
    packet[8] ^= 0xff;
    REQUIRE(call.into_bridge(packet, call.port_at) == VOXLOCK_OK);
    const auto heard = call.phone_hears();
    REQUIRE(heard.size() == 1);
    append(at_phone, from_ulaw(heard[0].bytes));
    call.now += 20 * kMs;
  }
  CHECK(tone_share(8000, at_port) > 0.95);
  CHECK(tone_share(8000, at_phone) > 0.95);
  // The clock never asks a port for RTCP, nor is it silent.
  call.now += 3'600'000 * kMs;
  for (const Sent& sent : call.from_port()) CHECK(sent.event.type == VOXLOCK_EV_PAYLOAD);
  const voxlock_port_frame frame{};
  CHECK(voxlock_port_put(call.bridge, call.port_at, &frame, 1, call.now) ==
        VOXLOCK_ERR_WRONG_STATE);
}

TEST_CASE("the protection of a port is the host's word, and told so") {
  for (const int32_t host_protects : {0, 1}) {
    INFO("the host says " << host_protects);
    Call call([&](voxlock_port_config& config) { config.host_protects = host_protects; });
    const voxlock_protection told = call.protection();
    CHECK(told.transport[0] == VOXLOCK_TRANSPORT_SRTP);
    CHECK(told.transport[1] == VOXLOCK_TRANSPORT_HOST);
    CHECK(told.key_exchange[0] == VOXLOCK_KEYS_SDES);
    CHECK(told.key_exchange[1] == VOXLOCK_KEYS_NONE);
    CHECK((told.suite_in[1] == 0 && told.suite_out[1] == 0));
    CHECK((told.peer_verified[0] == 1 && told.peer_verified[1] == 0));
    CHECK((told.content_opened[0] == 1 && told.content_opened[1] == 1));
    CHECK(told.scope == (host_protects == 1 ? VOXLOCK_SCOPE_HOP_BY_HOP : VOXLOCK_SCOPE_NONE));
    CHECK(call.from_port().empty());
    CHECK(call.protection_changes == 1);
    voxlock_leg_media_info info{};
    info.struct_size = sizeof info;
    REQUIRE(voxlock_leg_media(call.port, &info) == VOXLOCK_OK);
    CHECK((info.is_secure == 0 && info.codec == VOXLOCK_CODEC_OPUS && info.rtp_clock_hz == 48000));
  }
}

TEST_CASE("lost frames are concealed, repeated and foreign ones dropped") {
  Call call([](voxlock_port_config& config) {
    config.codec = VOXLOCK_CODEC_L16;
    config.sample_rate = 8000;
  });
  call.take_codec(VOXLOCK_CODEC_L16, 8000);
  const std::vector<uint8_t> frame = call.encoded(tone(8000, 160, 0));
  REQUIRE(call.put(frame, 0, 96) == VOXLOCK_OK);
  REQUIRE(call.put(frame, 480, 96, 2) == VOXLOCK_OK);
  CHECK(call.stats().concealed[VOXLOCK_BACKWARD] == 2);
  CHECK(call.phone_hears().size() == 4);
  REQUIRE(call.put(frame, 640, 97) == VOXLOCK_OK);
  CHECK(call.dropped(VOXLOCK_DROP_PAYLOAD_TYPE) == 1);
  REQUIRE(call.put({1}, 640, 96) == VOXLOCK_OK);
  CHECK(call.dropped(VOXLOCK_DROP_CODEC) == 1);
  // More loss than anybody can mean is a pause, not another beginning.
  REQUIRE(call.put(frame, 8000, 96, UINT32_MAX) == VOXLOCK_OK);
  CHECK(call.phone_hears().size() == 1);
  CHECK(call.stats().concealed[VOXLOCK_BACKWARD] == 2);
  // Datagrams mean nothing to a port of frames.
  std::vector<uint8_t> packet(172, 0);
  packet[0] = 0x80, packet[1] = 96;
  CHECK(call.into_bridge(packet, call.port_at) == VOXLOCK_OK);
  CHECK(call.dropped(VOXLOCK_DROP_NOT_MEDIA) == 1);
  CHECK(call.phone_hears().empty());
}

TEST_CASE("RFC 4733: digits pass a port with an event type, both ways") {
  Call call([](voxlock_port_config& config) { config.event_type = 126; });
  call.take_codec(VOXLOCK_CODEC_OPUS, 48000);
  voxlock_leg_media_info info{};
  info.struct_size = sizeof info;
  REQUIRE(voxlock_leg_media(call.phone, &info) == VOXLOCK_OK);
  call.phone_says(ulaw(tone(8000, 160, 0)), 0, 0);
  (void)call.from_port();
  // Digit 5, its end, 160 of 8000 ticks: 960 of 48000.
  call.phone_says({5, 0x8a, 0, 160}, info.event_type_send, 160);
  const auto out = call.from_port();
  REQUIRE(out.size() == 1);
  CHECK(out[0].event.payload_type == 126);
  CHECK(out[0].bytes == std::vector<uint8_t>{5, 0x8a, 960 >> 8, 960 & 255});
  REQUIRE(call.put(call.encoded(tone(48000, 960, 0)), 0) == VOXLOCK_OK);
  REQUIRE(call.put({9, 0x8a, 960 >> 8, 960 & 255}, 960, 126) == VOXLOCK_OK);
  // It is told as the port's own digit as well.
  const auto told = call.from_port();
  REQUIRE(told.size() == 1);
  CHECK((told[0].event.type == VOXLOCK_EV_DIGIT && told[0].event.digit == '9'));
  const auto heard = call.phone_hears();
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].event.type == VOXLOCK_EV_DIGIT);
  CHECK(heard[1].event.digit == '9');
}

TEST_CASE("a port does nothing outside a bridge, and knows no SDP") {
  Host host;
  voxlock_leg* port = nullptr;
  REQUIRE(voxlock_port_new(host.ctx, nullptr, &port) == VOXLOCK_OK);
  uint8_t text[64] = "v=0\r\n";
  size_t len = sizeof text;
  CHECK(voxlock_leg_offer(port, 0, text, &len, 0) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_leg_answer(port, text, 5, text, &len, nullptr, 0) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_leg_accept_answer(port, text, 5, nullptr, 0) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_leg_rollback(port) == VOXLOCK_OK);
  const voxlock_datagram datagram{text, 5, {}, 0, 0, 0};
  CHECK(voxlock_leg_input(port, &datagram, 1, 0) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_leg_send(port, 111, text, 5, 0, 0, 0) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_leg_next_deadline(port) == UINT64_MAX);
  CHECK(voxlock_leg_close(port, 0) == VOXLOCK_OK);
  voxlock_media_event event;
  size_t count = 1;
  CHECK(voxlock_leg_poll(port, &event, 1, &count, text, sizeof text, 0) == VOXLOCK_OK);
  CHECK(count == 0);
  voxlock_leg_free(port);
}

TEST_CASE("bad arguments of the port functions are refused") {
  Call call;
  const uint8_t byte = 0;
  const voxlock_port_frame good{&byte, 1, 0, 0, 111, 0};
  const auto put = [&](auto change, uint32_t leg = 1) {
    voxlock_port_frame frames[] = {good, good};
    change(frames[1]);
    return voxlock_port_put(call.bridge, leg, frames, 2, call.now);
  };
  CHECK(put([](voxlock_port_frame& f) { f.data = nullptr; }) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(put([](voxlock_port_frame& f) { f.len = VOXLOCK_MAX_FRAME + 1; }) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(put([](voxlock_port_frame& f) { f.payload_type = 128; }) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(put([](voxlock_port_frame& f) { f.marker = 2; }) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(put([](voxlock_port_frame&) {}, 2) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(put([](voxlock_port_frame&) {}, 0) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_port_put(call.bridge, 1, nullptr, 1, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_port_put(call.bridge, 1, nullptr, 0, 0) == VOXLOCK_OK);
  CHECK(voxlock_port_put(nullptr, 1, &good, 1, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(call.stats().packets_in[VOXLOCK_BACKWARD] == 0);
  struct Row {
    const char* title;
    Change change;
    int32_t status = VOXLOCK_ERR_INVALID_ARGUMENT;
  };
  const Row rows[] = {
      {"format", [](auto& c) { c.format = 2; }},
      {"no codec", [](auto& c) { c.codec = 0; }},
      {"codec", [](auto& c) { c.codec = 5; }},
      {"rate of Opus", [](auto& c) { c.sample_rate = 16000; }, VOXLOCK_ERR_AUDIO_RATE},
      {"rate of L16", [](auto& c) { c.codec = VOXLOCK_CODEC_L16, c.sample_rate = 44100; },
       VOXLOCK_ERR_AUDIO_RATE},
      {"ptime", [](auto& c) { c.ptime_ms = 15; }},
      {"payload type", [](auto& c) { c.payload_type = 128; }},
      {"event type", [](auto& c) { c.event_type = 254; }},
      {"RFC 5761 4: a type that is RTCP with a marker",
       [](auto& c) { c.format = VOXLOCK_PORT_RTP, c.payload_type = 64; }},
      {"an event type that is", [](auto& c) { c.format = VOXLOCK_PORT_RTP, c.event_type = 95; }},
      {"one type for both", [](auto& c) { c.event_type = 111; }},
      {"host_protects", [](auto& c) { c.host_protects = 2; }},
      {"signalling", [](auto& c) { c.signalling = 4; }},
      {"bit rate", [](auto& c) { c.opus_bitrate = 5999; }},
      {"complexity", [](auto& c) { c.opus_complexity = 11; }},
      {"FEC", [](auto& c) { c.opus_fec = -1; }},
      {"DTX", [](auto& c) { c.opus_dtx = 2; }},
      {"queue", [](auto& c) { c.queue_bytes = 4095; }},
      {"a size of 0", [](auto& c) { c.struct_size = 0; }, VOXLOCK_ERR_STRUCT_SIZE}};
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_port_config config;
    REQUIRE(voxlock_port_config_init(&config, sizeof config) == VOXLOCK_OK);
    row.change(config);
    auto* port = reinterpret_cast<voxlock_leg*>(&config);
    CHECK(voxlock_port_new(call.host.ctx, &config, &port) == row.status);
    CHECK(port == nullptr);
  }
  voxlock_leg* port = nullptr;
  CHECK(voxlock_port_new(nullptr, nullptr, &port) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_port_new(call.host.ctx, nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_has("leg.port") == 1);
  CHECK(voxlock_sizeof("voxlock_port_config") == sizeof(voxlock_port_config));
  CHECK(voxlock_sizeof("voxlock_port_frame") == sizeof(voxlock_port_frame));
}

TEST_CASE("a packet of PCM that no buffer holds is refused when the bridge is made") {
  Host host;
  voxlock_port_config config;
  REQUIRE(voxlock_port_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.codec = VOXLOCK_CODEC_L16;
  config.sample_rate = 48000;
  config.ptime_ms = 40;
  voxlock_leg *first = nullptr, *second = nullptr;
  REQUIRE(voxlock_port_new(host.ctx, &config, &first) == VOXLOCK_OK);
  REQUIRE(voxlock_port_new(host.ctx, nullptr, &second) == VOXLOCK_OK);
  voxlock_bridge* bridge = nullptr;
  CHECK(voxlock_bridge_new(host.ctx, first, second, nullptr, &bridge) == VOXLOCK_ERR_LIMIT);
  voxlock_leg_free(first);
  voxlock_leg_free(second);
}

TEST_CASE("no memory is taken for frames") {
  Call call;
  call.take_codec(VOXLOCK_CODEC_OPUS, 48000);
  std::vector<voxlock_media_event> events(64);
  std::vector<uint8_t> arena(65536);
  const std::vector<uint8_t> frame = call.encoded(tone(48000, 960, 0));
  const auto step = [&](uint32_t i) {
    size_t count = 0;
    (void)call.put(frame, i * 960);
    (void)voxlock_bridge_poll(call.bridge, events.data(), events.size(), &count, arena.data(),
                              arena.size(), call.now);
    call.now += 20 * kMs;
    return count;
  };
  (void)step(0);
  const uint64_t before = call.host.allocator.count;
  size_t packets = 0;
  for (uint32_t i = 1; i < 100; ++i) packets += step(i);
  CHECK(packets >= 99);
  CHECK(call.host.allocator.count == before);
}

TEST_CASE("every allocation of a port may fail") {
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      Host host;
      host.allocator.fail_after(n, for_good);
      voxlock_leg* port = nullptr;
      const int32_t status = voxlock_port_new(host.ctx, nullptr, &port);
      host.allocator.never_fail();
      voxlock_leg_free(port);
      if (status == VOXLOCK_OK) break;
      CHECK(status == VOXLOCK_ERR_NO_MEMORY);
      CHECK(port == nullptr);
    }
  }
}
