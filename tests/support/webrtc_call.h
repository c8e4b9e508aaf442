// A host of the C ABI with a WebRTC leg and its peer, on a virtual network and clock. The leg is
// alone, or the room side of a bridge whose trunk side talks SDES to a phone.
#pragma once

#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>

#include "audio/codec.h"
#include "capi/leg_handle.h"
#include "support/host.h"
#include "support/webrtc_peer.h"

namespace voxlock::test {

inline constexpr uint64_t kFrameNs = 20 * kNsPerMs;

inline std::vector<int16_t> sine(double hz, uint32_t rate, size_t samples, size_t from = 0) {
  std::vector<int16_t> out(samples);
  for (size_t i = 0; i < samples; ++i) {
    const double at = static_cast<double>(from + i) / rate;
    out[i] = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * hz * at));
  }
  return out;
}
// How much of the energy is at a frequency, 0..1 (Goertzel).
inline double share_of(double hz, uint32_t rate, const std::vector<int16_t>& pcm) {
  double energy = 0, re = 0, im = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    energy += double{1} * pcm[i] * pcm[i];
    re += pcm[i] * std::cos(angle);
    im += pcm[i] * std::sin(angle);
  }
  const double n = static_cast<double>(pcm.size());
  return energy == 0 ? 0 : 2 * (re * re + im * im) / (n * energy);
}

struct CallPlan {
  PeerPlan peer;
  bool is_bridged = false;
  bool is_trunk_agreed = true;  // false: the test carries offer and answer of phone and trunk
  std::vector<Address> locals{ip_address("192.0.2.1", 5000), ip_address("2001:db8::1", 5000)};
  std::function<void(voxlock_leg_config&)> change_room = [](voxlock_leg_config&) {};
};

class WebrtcCall {
 public:
  explicit WebrtcCall(const CallPlan& plan = {}) : peer(world, plan.peer), locals_(plan.locals) {
    voxlock_leg_config config = defaults(locals_[0]);
    config.key_exchange = VOXLOCK_KEYS_DTLS;
    config.signalling = VOXLOCK_SIGNALLING_VERIFIED;
    for (size_t i = 1; i < locals_.size(); ++i) further_.push_back(capi::from_address(locals_[i]));
    config.further_addresses = further_.empty() ? nullptr : further_.data();
    config.further_address_count = further_.size();
    plan.change_room(config);
    REQUIRE(voxlock_leg_new(host.ctx, &config, &room) == VOXLOCK_OK);
    if (plan.is_bridged) add_trunk(plan.is_trunk_agreed);
  }
  ~WebrtcCall() {
    voxlock_bridge_free(bridge);
    for (voxlock_leg* leg : {room, trunk, phone}) voxlock_leg_free(leg);
  }
  WebrtcCall(const WebrtcCall&) = delete;
  WebrtcCall& operator=(const WebrtcCall&) = delete;

  // Signalling, either way; at once.
  void peer_offers(sdp::OfferFlags flags = {}) {
    peer.accept(answer(peer.offer(flags)), now);
    take_peer_output();
  }
  void room_offers(uint32_t flags = 0) {
    const std::string offer = make_offer(flags);
    const std::string answer = peer.answer(offer, now);
    CHECK(accept(answer) == VOXLOCK_OK);
    take_peer_output();
  }
  std::string make_offer(uint32_t flags = 0) const {
    std::string text(8192, '\0');
    size_t len = text.size();
    REQUIRE(voxlock_leg_offer(room, flags, reinterpret_cast<uint8_t*>(text.data()), &len, now) ==
            VOXLOCK_OK);
    text.resize(len);
    return text;
  }
  int32_t accept(const std::string& answer) {
    verdict.struct_size = sizeof verdict;
    return voxlock_leg_accept_answer(room, raw(answer), answer.size(), &verdict, now);
  }
  std::string answer(const std::string& offer) {
    std::string text(8192, '\0');
    size_t len = text.size();
    verdict.struct_size = sizeof verdict;
    REQUIRE(voxlock_leg_answer(room, raw(offer), offer.size(),
                               reinterpret_cast<uint8_t*>(text.data()), &len, &verdict,
                               now) == VOXLOCK_OK);
    text.resize(len);
    return text;
  }

  // The same of phone and trunk.
  std::string phone_offers() const {
    std::string text(4096, '\0');
    size_t len = text.size();
    REQUIRE(voxlock_leg_offer(phone, 0, reinterpret_cast<uint8_t*>(text.data()), &len, now) ==
            VOXLOCK_OK);
    text.resize(len);
    return text;
  }
  std::string trunk_answers(const std::string& offer) const {
    std::string text(4096, '\0');
    size_t len = text.size();
    REQUIRE(voxlock_leg_answer(trunk, raw(offer), offer.size(),
                               reinterpret_cast<uint8_t*>(text.data()), &len, nullptr,
                               now) == VOXLOCK_OK);
    text.resize(len);
    return text;
  }
  void phone_accepts(const std::string& answer) const {
    REQUIRE(voxlock_leg_accept_answer(phone, raw(answer), answer.size(), nullptr, now) ==
            VOXLOCK_OK);
  }

  // Runs the network and every timer.
  void run_until(uint64_t end_ns) {
    for (;;) {
      poll();
      take_peer_output();
      uint64_t next = std::min(peer.next_deadline(), our_deadline());
      if (!in_flight_.empty()) next = std::min(next, in_flight_.begin()->first);
      if (!on_trunk_.empty()) next = std::min(next, on_trunk_.begin()->first);
      if (next > end_ns) break;
      now = std::max(now, next);
      deliver();
      deliver_on_trunk();
      peer.advance(now);
    }
    now = end_ns;
  }
  void run_for(uint64_t span_ns) { run_until(now + span_ns); }
  // False where both ends are not ready within the time.
  bool connect(uint64_t within_ns = 10 * kNsPerSecond) {
    const uint64_t end_ns = now + within_ns;
    while (now < end_ns && !(peer.is_connected() && is_secured())) run_for(10 * kNsPerMs);
    return peer.is_connected() && is_secured();
  }
  [[nodiscard]] bool is_secured() const { return media().is_secure == 1; }

  // Something that reaches one of our addresses.
  int32_t give(const std::vector<uint8_t>& data, const Address& from, const Address& to) {
    const auto local = std::find(locals_.begin(), locals_.end(), to);
    if (local == locals_.end()) return VOXLOCK_OK;
    voxlock_datagram datagram{};
    datagram.data = data.data();
    datagram.len = data.size();
    datagram.source = capi::from_address(from);
    datagram.local = static_cast<uint32_t>(local - locals_.begin());
    datagram.leg = bridge != nullptr ? 1 : 0;
    return bridge != nullptr ? voxlock_bridge_input(bridge, &datagram, 1, now)
                             : voxlock_leg_input(room, &datagram, 1, now);
  }
  int32_t give(const PeerDatagram& datagram) {
    return give(datagram.data, datagram.from, datagram.to);
  }

  [[nodiscard]] voxlock_leg_media_info media() const {
    voxlock_leg_media_info info{};
    info.struct_size = sizeof info;
    const int32_t status = voxlock_leg_media(room, &info);
    REQUIRE((status == VOXLOCK_OK || status == VOXLOCK_ERR_WRONG_STATE));
    return info;
  }
  [[nodiscard]] voxlock_leg_stats stats() const {
    voxlock_leg_stats out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_leg_get_stats(room, &out) == VOXLOCK_OK);
    return out;
  }
  [[nodiscard]] voxlock_protection protection() const {
    voxlock_protection out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_bridge_protection(bridge, &out) == VOXLOCK_OK);
    return out;
  }
  // Of everything that decides about later packets.
  [[nodiscard]] uint64_t state_hash() const { return room->leg->state_hash(); }

  [[nodiscard]] size_t count(uint32_t type) const {
    return static_cast<size_t>(
        std::count_if(events.begin(), events.end(), [&](const auto& e) { return e.type == type; }));
  }
  [[nodiscard]] const voxlock_media_event* last(uint32_t type) const {
    for (size_t i = events.size(); i > 0; --i) {
      if (events[i - 1].type == type) return &events[i - 1];
    }
    return nullptr;
  }

  // The leg alone: one payload to the peer.
  int32_t send(const std::vector<uint8_t>& payload, uint32_t timestamp) {
    const int32_t status = voxlock_leg_send(room, media().payload_type_send, payload.data(),
                                            payload.size(), timestamp, 0, now);
    poll();
    return status;
  }

  // Bridged: the phone says 20 ms of PCMU.
  void phone_says(const std::vector<uint8_t>& payload) {
    REQUIRE(voxlock_leg_send(phone, 0, payload.data(), payload.size(), phone_timestamp_, 0, now) ==
            VOXLOCK_OK);
    phone_timestamp_ += 160;
    carry_phone();
  }

  TestContext world;  // of the peer
  Host host;
  voxlock_leg* room = nullptr;
  voxlock_leg* trunk = nullptr;
  voxlock_leg* phone = nullptr;
  voxlock_bridge* bridge = nullptr;
  WebrtcPeer peer;
  uint64_t now = 1000 * kNsPerSecond;
  uint64_t delay_ns = 5 * kNsPerMs;
  uint64_t trunk_delay_ns = 0;  // each way between phone and trunk
  // Sees each datagram between the room leg and the peer; true drops it.
  std::function<bool(PeerDatagram&, bool to_peer)> filter;
  voxlock_verdict verdict{};
  std::vector<voxlock_media_event> events;        // all but TRANSMIT
  std::vector<std::vector<uint8_t>> payloads;     // of PAYLOAD events: the leg alone
  std::vector<std::vector<uint8_t>> phone_heard;  // payloads that reached the phone
  size_t to_peer = 0;                             // datagrams
  bool is_memory_short = false;                   // VOXLOCK_ERR_NO_MEMORY is no surprise

 private:
  static voxlock_leg_config defaults(const Address& address) {
    voxlock_leg_config config;
    REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.rtp_address = capi::from_address(address);
    return config;
  }
  void add_trunk(bool is_agreed) {
    for (voxlock_leg** leg : {&trunk, &phone}) {
      voxlock_leg_config config =
          defaults(ip_address(leg == &trunk ? "192.0.2.20" : "192.0.2.21", 4000));
      config.codecs[0] = VOXLOCK_CODEC_PCMU;
      config.codecs[1] = config.codecs[2] = 0;
      config.signalling = VOXLOCK_SIGNALLING_TLS;
      REQUIRE(voxlock_leg_new(host.ctx, &config, leg) == VOXLOCK_OK);
    }
    if (is_agreed) phone_accepts(trunk_answers(phone_offers()));
    voxlock_bridge_config config;
    REQUIRE(voxlock_bridge_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.denoise_db[0] = 0;
    REQUIRE(voxlock_bridge_new(host.ctx, trunk, room, &config, &bridge) == VOXLOCK_OK);
  }

  [[nodiscard]] bool is_allowed(int32_t status) const {
    return status == VOXLOCK_OK || (is_memory_short && status == VOXLOCK_ERR_NO_MEMORY);
  }
  [[nodiscard]] uint64_t our_deadline() const {
    return bridge != nullptr ? voxlock_bridge_next_deadline(bridge)
                             : voxlock_leg_next_deadline(room);
  }

  void poll() {
    size_t count = 0;
    do {
      const int32_t status = bridge != nullptr
                                 ? voxlock_bridge_poll(bridge, polled_.data(), polled_.size(),
                                                       &count, arena_.data(), arena_.size(), now)
                                 : voxlock_leg_poll(room, polled_.data(), polled_.size(), &count,
                                                    arena_.data(), arena_.size(), now);
      REQUIRE(is_allowed(status));
      for (size_t i = 0; i < count; ++i) take_event(polled_[i]);
    } while (count == polled_.size());
    carry_phone();
  }
  void take_event(const voxlock_media_event& event) {
    const uint8_t* at = arena_.data() + event.offset;
    std::vector<uint8_t> bytes(at, at + event.len);
    if (event.type != VOXLOCK_EV_TRANSMIT) {
      events.push_back(event);
      if (event.type == VOXLOCK_EV_PAYLOAD) payloads.push_back(std::move(bytes));
      return;
    }
    if (bridge != nullptr && event.leg == 0) return to_phone_.push_back(std::move(bytes));
    REQUIRE(event.local < locals_.size());
    ++to_peer;
    put({std::move(bytes), locals_[event.local], capi::to_address(event.address)}, true);
  }
  void take_peer_output() {
    for (PeerDatagram& datagram : peer.out) put(std::move(datagram), false);
    peer.out.clear();
  }
  void put(PeerDatagram datagram, bool is_to_peer) {
    if (filter && filter(datagram, is_to_peer)) return;
    in_flight_.emplace(now + delay_ns, std::pair(std::move(datagram), is_to_peer));
  }
  void deliver() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= now) {
      const auto [datagram, is_to_peer] = std::move(in_flight_.begin()->second);
      in_flight_.erase(in_flight_.begin());
      if (!is_to_peer) {
        REQUIRE(is_allowed(give(datagram)));
      } else if (datagram.to == peer.plan.address) {
        peer.receive(datagram, now);
      }
    }
  }

  void carry_phone() {
    if (phone == nullptr) return;
    for (auto& bytes : std::exchange(to_phone_, {})) put_on_trunk(std::move(bytes), true);
    size_t count = 0;
    REQUIRE(voxlock_leg_poll(phone, polled_.data(), polled_.size(), &count, arena_.data(),
                             arena_.size(), now) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* at = arena_.data() + polled_[i].offset;
      std::vector<uint8_t> bytes(at, at + polled_[i].len);
      if (polled_[i].type == VOXLOCK_EV_PAYLOAD) phone_heard.push_back(std::move(bytes));
      if (polled_[i].type == VOXLOCK_EV_TRANSMIT) put_on_trunk(std::move(bytes), false);
    }
  }
  void put_on_trunk(std::vector<uint8_t> bytes, bool is_to_phone) {
    if (trunk_delay_ns == 0) return give_on_trunk(bytes, is_to_phone);
    on_trunk_.emplace(now + trunk_delay_ns, std::pair(std::move(bytes), is_to_phone));
  }
  void give_on_trunk(const std::vector<uint8_t>& bytes, bool is_to_phone) {
    const voxlock_datagram datagram{bytes.data(), bytes.size(), {}, 0, 0, 0};
    REQUIRE((is_to_phone ? voxlock_leg_input(phone, &datagram, 1, now)
                         : voxlock_bridge_input(bridge, &datagram, 1, now)) == VOXLOCK_OK);
  }
  void deliver_on_trunk() {
    while (!on_trunk_.empty() && on_trunk_.begin()->first <= now) {
      const auto [bytes, is_to_phone] = std::move(on_trunk_.begin()->second);
      on_trunk_.erase(on_trunk_.begin());
      give_on_trunk(bytes, is_to_phone);
    }
  }

  std::vector<Address> locals_;
  std::vector<voxlock_address> further_;
  std::multimap<uint64_t, std::pair<PeerDatagram, bool>> in_flight_;
  std::multimap<uint64_t, std::pair<std::vector<uint8_t>, bool>> on_trunk_;
  std::vector<std::vector<uint8_t>> to_phone_;
  std::array<voxlock_media_event, 64> polled_;
  std::vector<uint8_t> arena_ = std::vector<uint8_t>(65536);
  uint32_t phone_timestamp_ = 0;
};

}  // namespace voxlock::test
