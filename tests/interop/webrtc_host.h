// A small host of the C ABI: one WebRTC leg on a UDP socket of loopback, which speaks and hears
// Opus.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>

#include "peer_process.h"
#include "voxlock/voxlock.h"

namespace voxlock::test {

inline constexpr uint32_t kOpusHz = 48000;
inline constexpr size_t kOpusFrame = 960;

// How much of the energy is at a frequency, 0..1 (Goertzel).
inline double share_at(double hz, const std::vector<int16_t>& pcm) {
  double energy = 0, re = 0, im = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / kOpusHz;
    energy += double{1} * pcm[i] * pcm[i];
    re += pcm[i] * std::cos(angle);
    im += pcm[i] * std::sin(angle);
  }
  return energy == 0 ? 0 : 2 * (re * re + im * im) / (static_cast<double>(pcm.size()) * energy);
}

class WebrtcHost {
 public:
  static constexpr double kToneHz = 1000;

  explicit WebrtcHost(
      bool is_dtls_client = false,
      const std::function<void(voxlock_leg_config&)>& change = [](voxlock_leg_config&) {}) {
    socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof local;
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&local), len) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &len) == 0);
    REQUIRE(voxlock_context_new(nullptr, &ctx_) == VOXLOCK_OK);
    voxlock_leg_config config;
    REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.key_exchange = VOXLOCK_KEYS_DTLS;
    config.dtls_client = is_dtls_client ? 1 : 0;
    config.rtp_address = to_voxlock(local);
    config.queue_bytes = 65536;
    change(config);
    REQUIRE(voxlock_leg_new(ctx_, &config, &leg_) == VOXLOCK_OK);
    voxlock_codec_config codec;
    REQUIRE(voxlock_codec_config_init(&codec, sizeof codec) == VOXLOCK_OK);
    codec.codec = VOXLOCK_CODEC_OPUS;
    codec.sample_rate = kOpusHz;
    REQUIRE(voxlock_encoder_new(ctx_, &codec, &encoder_) == VOXLOCK_OK);
    REQUIRE(voxlock_decoder_new(ctx_, &codec, &decoder_) == VOXLOCK_OK);
  }
  ~WebrtcHost() {
    voxlock_encoder_free(encoder_);
    voxlock_decoder_free(decoder_);
    voxlock_leg_free(leg_);
    voxlock_context_free(ctx_);
    close(socket_);
  }
  WebrtcHost(const WebrtcHost&) = delete;
  WebrtcHost& operator=(const WebrtcHost&) = delete;

  std::string offer(uint32_t flags = 0) {
    std::string out(8192, '\0');
    size_t len = out.size();
    REQUIRE(voxlock_leg_offer(leg_, flags, writable(out), &len, steady_ns()) == VOXLOCK_OK);
    out.resize(len);
    return out;
  }
  std::string answer(const std::string& offer) {
    std::string out(8192, '\0');
    size_t len = out.size();
    verdict.struct_size = sizeof verdict;
    INFO(offer);
    REQUIRE(voxlock_leg_answer(leg_, readable(offer), offer.size(), writable(out), &len, &verdict,
                               steady_ns()) == VOXLOCK_OK);
    INFO(verdict.reason << " " << verdict.warning);
    REQUIRE(verdict.kind != VOXLOCK_REFUSED);
    out.resize(len);
    return out;
  }
  void accept(const std::string& answer) {
    verdict.struct_size = sizeof verdict;
    INFO(answer);
    REQUIRE(voxlock_leg_accept_answer(leg_, readable(answer), answer.size(), &verdict,
                                      steady_ns()) == VOXLOCK_OK);
    INFO(verdict.reason << " " << verdict.warning);
    REQUIRE(verdict.kind != VOXLOCK_REFUSED);
  }

  // Waits for the network, the peer and the clock, at most as long as a frame, and serves them.
  void run_once(PeerProcess& peer) {
    pollfd wait[] = {{socket_, POLLIN, 0}, {peer.fd(), POLLIN, 0}};
    const uint64_t now = steady_ns();
    const uint64_t next = std::min(voxlock_leg_next_deadline(leg_), next_frame_ns_);
    const uint64_t span = next > now ? std::min<uint64_t>(next - now, 20'000'000) : 0;
    REQUIRE(poll(wait, 2, static_cast<int>(span / 1'000'000 + 1)) >= 0);
    if (wait[0].revents != 0) take_datagram();
    if (wait[1].revents != 0) REQUIRE(peer.listen_once());
    if (steady_ns() >= next_frame_ns_) speak();
    take_events();
  }

  [[nodiscard]] size_t count(uint32_t type) const {
    return static_cast<size_t>(std::count(events.begin(), events.end(), type));
  }
  [[nodiscard]] voxlock_leg_stats stats() const {
    voxlock_leg_stats out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_leg_get_stats(leg_, &out) == VOXLOCK_OK);
    return out;
  }
  [[nodiscard]] voxlock_leg_media_info media() const {
    voxlock_leg_media_info out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_leg_media(leg_, &out) == VOXLOCK_OK);
    return out;
  }

  voxlock_verdict verdict{};
  std::vector<uint32_t> events;  // types, all but TRANSMIT and PAYLOAD
  std::vector<uint8_t> payload;  // the last one
  std::vector<int16_t> heard;    // decoded, the last 200 ms
  std::vector<std::vector<uint8_t>> said;
  uint32_t lost_every = 0;  // so many packets of RTP each way, the last one is lost; 0: none

 private:
  static uint8_t* writable(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }
  static const uint8_t* readable(const std::string& text) {
    return reinterpret_cast<const uint8_t*>(text.data());
  }
  static voxlock_address to_voxlock(const sockaddr_in& in) {
    voxlock_address out{};
    std::memcpy(out.ip, &in.sin_addr, 4);
    out.port = ntohs(in.sin_port);
    out.family = 4;
    return out;
  }

  void take_datagram() {
    uint8_t raw[2048];
    sockaddr_in source{};
    socklen_t len = sizeof source;
    const ssize_t n =
        recvfrom(socket_, raw, sizeof raw, 0, reinterpret_cast<sockaddr*>(&source), &len);
    REQUIRE(n >= 0);
    if (is_lost(raw, static_cast<size_t>(n), packets_in_)) return;
    voxlock_datagram datagram{};
    datagram.data = raw;
    datagram.len = static_cast<size_t>(n);
    datagram.source = to_voxlock(source);
    REQUIRE(voxlock_leg_input(leg_, &datagram, 1, steady_ns()) == VOXLOCK_OK);
  }

  // 20 ms of a tone; not sent while the leg is not ready.
  void speak() {
    next_frame_ns_ = steady_ns() + 19'500'000;
    std::array<int16_t, kOpusFrame> pcm;
    for (size_t i = 0; i < pcm.size(); ++i) {
      const double at = static_cast<double>(spoken_ * kOpusFrame + i) / kOpusHz;
      pcm[i] = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * kToneHz * at));
    }
    std::vector<uint8_t> frame(VOXLOCK_MAX_OPUS_PAYLOAD);
    size_t len = frame.size();
    REQUIRE(voxlock_encoder_encode(encoder_, pcm.data(), pcm.size(), frame.data(), &len) ==
            VOXLOCK_OK);
    frame.resize(len);
    voxlock_leg_media_info info{};
    info.struct_size = sizeof info;
    if (voxlock_leg_media(leg_, &info) != VOXLOCK_OK) return;
    const int32_t status =
        voxlock_leg_send(leg_, info.payload_type_send, frame.data(), frame.size(),
                         spoken_++ * static_cast<uint32_t>(kOpusFrame), 0, steady_ns());
    if (status == VOXLOCK_OK) said.push_back(frame);
  }

  void take_events() {
    std::array<voxlock_media_event, 16> polled;
    std::array<uint8_t, 32768> arena;
    size_t count = 0;
    do {
      REQUIRE(voxlock_leg_poll(leg_, polled.data(), polled.size(), &count, arena.data(),
                               arena.size(), steady_ns()) == VOXLOCK_OK);
      for (size_t i = 0; i < count; ++i) take_event(polled[i], arena.data() + polled[i].offset);
    } while (count == polled.size());
  }
  void take_event(const voxlock_media_event& event, const uint8_t* bytes) {
    if (event.type == VOXLOCK_EV_TRANSMIT) return send(event, bytes);
    if (event.type != VOXLOCK_EV_PAYLOAD) return events.push_back(event.type);
    payload.assign(bytes, bytes + event.len);
    std::array<int16_t, VOXLOCK_MAX_PACKET_SAMPLES> pcm;
    size_t samples = pcm.size();
    if (voxlock_decoder_decode(decoder_, bytes, event.len, pcm.data(), &samples) != VOXLOCK_OK)
      return;
    heard.insert(heard.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(samples));
    if (heard.size() > kOpusHz / 5)
      heard.erase(heard.begin(), heard.end() - static_cast<std::ptrdiff_t>(kOpusHz / 5));
  }
  // RFC 7983: 128..191 is media; RFC 5761, section 4: packet types of RTCP.
  [[nodiscard]] bool is_lost(const uint8_t* bytes, size_t len, uint32_t& count) const {
    const bool is_rtp = len > 1 && bytes[0] >> 6 == 2 && (bytes[1] < 192 || bytes[1] > 223);
    return lost_every != 0 && is_rtp && ++count % lost_every == 0;
  }
  void send(const voxlock_media_event& event, const uint8_t* bytes) {
    if (is_lost(bytes, event.len, packets_out_)) return;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(event.address.port);
    std::memcpy(&to.sin_addr, event.address.ip, 4);
    (void)sendto(socket_, bytes, event.len, 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }

  voxlock_context* ctx_ = nullptr;
  voxlock_leg* leg_ = nullptr;
  voxlock_encoder* encoder_ = nullptr;
  voxlock_decoder* decoder_ = nullptr;
  int socket_ = -1;
  uint64_t next_frame_ns_ = 0;
  uint32_t spoken_ = 0;
  uint32_t packets_in_ = 0;
  uint32_t packets_out_ = 0;
};

}  // namespace voxlock::test
