#include "gateway/call.h"

#include <sys/epoll.h>

#include <algorithm>
#include <stdexcept>

#include "common/addresses.h"

namespace example {
namespace {

constexpr uint32_t kRepairMs = 60;
constexpr size_t kArena = 64 * 1024;
constexpr int kPairTries = 64;
// A full ICE agent checks every two to five seconds: three are missing.
constexpr uint32_t kConsentMs = 10'000;

template <size_t N>
void copy_list(const std::vector<uint32_t>& from, uint32_t (&to)[N]) {
  if (from.empty()) return;
  std::fill(std::begin(to), std::end(to), 0u);
  std::copy_n(from.begin(), std::min(from.size(), N), to);
}

// RFC 3550, section 11: RTP on an even port and RTCP on the next, for peers without RFC 5761.
void bind_pair(const std::string& ip, Fd& rtp, Fd& rtcp) {
  for (int i = 0; i < kPairTries; ++i) {
    rtp = bind_udp(ip, 0);
    const uint16_t port = local_port(rtp.get());
    if (port % 2 != 0) continue;
    try {
      rtcp = bind_udp(ip, static_cast<uint16_t>(port + 1));
      return;
    } catch (const std::runtime_error&) {
      continue;  // taken: another pair
    }
  }
  throw std::runtime_error("no pair of free UDP ports");
}

// RFC 7983, section 7, and RFC 5761, section 4: version 2, and no RTCP packet type.
bool is_rtp(const Packet& packet) {
  if (packet.len < 12 || packet.data[0] >> 6 != 2) return false;
  const uint8_t type = packet.data[1] & 0x7f;
  return type < 64 || type > 95;
}

}  // namespace

Call::Call(EventLoop& loop, voxlock_context* ctx, const MediaConfig& config,
           std::array<int32_t, 2> signalling, Latency& latency)
    : loop_(loop),
      latency_(latency),
      lose_every_(config.lose_every),
      arena_(kArena),
      legs_{make_leg(ctx, kTrunk, config, signalling[kTrunk]),
            make_leg(ctx, kRoom, config, signalling[kRoom])},
      media_timeout_ns_(uint64_t{config.media_timeout_ms} * 1'000'000) {
  join(ctx, config);
}

Call::Call(EventLoop& loop, voxlock_context* ctx, const MediaConfig& config,
           const voxlock_checkpoint_config& checkpoint, const CallRecord& record, Latency& latency)
    : loop_(loop),
      latency_(latency),
      lose_every_(config.lose_every),
      arena_(kArena),
      legs_{adopt_leg(ctx, kTrunk, config, checkpoint, record),
            adopt_leg(ctx, kRoom, config, checkpoint, record)},
      media_timeout_ns_(uint64_t{config.media_timeout_ms} * 1'000'000) {
  join(ctx, config);
}

void Call::set_signalling(size_t leg, int32_t signalling, const std::string& peer) {
  voxlock_leg* const handle = legs_[leg].handle.get();
  const bool has_name = signalling == VOXLOCK_SIGNALLING_VERIFIED && !peer.empty();
  if (!has_name || voxlock_leg_set_signalling(handle, signalling, peer.c_str()) != VOXLOCK_OK)
    check(voxlock_leg_set_signalling(handle, signalling, nullptr), "signalling");
}

void Call::join(voxlock_context* ctx, const MediaConfig& config) {
  auto bridge_config = make_config(voxlock_bridge_config_init);
  bridge_config.denoise_db[VOXLOCK_FORWARD] = config.denoise_db;
  // What the room lost on the way may come again, where it can do that.
  bridge_config.repair_ms[VOXLOCK_BACKWARD] = kRepairMs;
  voxlock_bridge* bridge = nullptr;
  check(voxlock_bridge_new(ctx, legs_[kTrunk].handle.get(), legs_[kRoom].handle.get(),
                           &bridge_config, &bridge),
        "bridge");
  bridge_.reset(bridge);
  for (uint32_t leg = 0; leg < legs_.size(); ++leg) {
    watch(legs_[leg].rtp.get(), leg);
    if (legs_[leg].rtcp) watch(legs_[leg].rtcp.get(), leg);
  }
}

Call::~Call() {
  for (const Leg& leg : legs_) {
    loop_.remove(leg.rtp.get());
    if (leg.rtcp) loop_.remove(leg.rtcp.get());
  }
}

Call::Leg Call::make_leg(voxlock_context* ctx, size_t index, const MediaConfig& config,
                         int32_t signalling) {
  Leg out;
  auto leg_config = make_config(voxlock_leg_config_init);
  if (index == kRoom && config.is_room_webrtc) {
    out.rtp = bind_udp(config.ip, 0);
    leg_config.key_exchange = VOXLOCK_KEYS_DTLS;
    // A LiveKit server answers an ICE-lite offer with setup:passive; a browser leaves it to us.
    leg_config.dtls_client = 1;
    leg_config.consent_ms = kConsentMs;
    leg_config.nack = leg_config.rtcp_rsize = leg_config.transport_cc = 1;
    leg_config.red = config.has_room_red ? 1 : 0;
    leg_config.extensions =
        VOXLOCK_EXTENSION_AUDIO_LEVEL | VOXLOCK_EXTENSION_MID | VOXLOCK_EXTENSION_ABS_SEND_TIME;
  } else {
    bind_pair(config.ip, out.rtp, out.rtcp);
    copy_list(config.suites[index], leg_config.suites);
    leg_config.rtcp_xr = 1;
    // Offering it needs a profile that plain trunks refuse.
    leg_config.nack = VOXLOCK_NACK_ACCEPT;
    leg_config.rtcp_rsize = 1;
  }
  copy_list(config.codecs[index], leg_config.codecs);
  leg_config.rtp_address = to_voxlock(make_address(config.ip, local_port(out.rtp.get())));
  leg_config.signalling = signalling;
  leg_config.opus_complexity = config.opus_complexity;
  leg_config.media_timeout_ms = config.media_timeout_ms;
  voxlock_leg* leg = nullptr;
  check(voxlock_leg_new(ctx, &leg_config, &leg), "leg");
  out.handle.reset(leg);
  return out;
}

Call::Leg Call::adopt_leg(voxlock_context* ctx, size_t index, const MediaConfig& config,
                          const voxlock_checkpoint_config& checkpoint, const CallRecord& record) {
  Leg out;
  out.rtp = bind_udp(config.ip, record.ports[index]);
  out.rtcp = bind_udp(config.ip, static_cast<uint16_t>(record.ports[index] + 1));
  const std::string& blob = record.legs[index];
  voxlock_leg* leg = nullptr;
  check(voxlock_leg_import(ctx, &checkpoint, reinterpret_cast<const uint8_t*>(blob.data()),
                           blob.size(), &leg, now_ns()),
        "leg");
  out.handle.reset(leg);
  return out;
}

void Call::watch(int fd, uint32_t leg) {
  loop_.add(fd, EPOLLIN, [this, fd, leg](uint32_t) { read_socket(fd, leg); });
}

SdpStep Call::offer(size_t leg, uint32_t flags) {
  return make_offer(legs_[leg].handle.get(), flags);
}

SdpStep Call::answer(size_t leg, std::string_view offer) {
  return make_answer(legs_[leg].handle.get(), offer);
}

SdpStep Call::accept(size_t leg, std::string_view answer) {
  return take_answer(legs_[leg].handle.get(), answer);
}

bool Call::is_held_by_peer(size_t leg) const {
  const auto info = media(leg);
  return info.codec != 0 &&
         (info.direction == VOXLOCK_RECVONLY || info.direction == VOXLOCK_INACTIVE);
}

void Call::close() {
  (void)voxlock_bridge_close(bridge_.get(), now_ns());
  drain();
}

void Call::begin() {
  has_begun_ = true;
  first_packets_due_ns_ = now_ns() + media_timeout_ns_;
  for (size_t leg = 0; leg < legs_.size(); ++leg) packets_before_[leg] = leg_stats(leg).packets_in;
}

void Call::advance() {
  drain();
  if (now_ns() < first_packets_due_ns_) return;
  // A leg tells of silence once: it may have done so while the call rang.
  first_packets_due_ns_ = UINT64_MAX;
  for (size_t leg = 0; leg < legs_.size(); ++leg) {
    const bool is_silent = leg_stats(leg).packets_in == packets_before_[leg];
    has_timed_out_ = has_timed_out_ || (is_silent && expects_media(leg));
  }
}

// A peer that holds need not play music (RFC 3264, section 8.4). In a WebRTC room silence means
// that nobody talks; its transport tells by itself when the room is gone.
bool Call::expects_media(size_t leg) const {
  const auto info = media(leg);
  return info.direction == VOXLOCK_SENDRECV && info.key_exchange != VOXLOCK_KEYS_DTLS;
}

void Call::read_socket(int fd, uint32_t leg) {
  std::array<voxlock_datagram, UdpBatch::kMax> datagrams;
  for (;;) {
    const auto packets = batch_.receive(fd);
    if (packets.empty()) return;
    size_t count = 0;
    for (const Packet& packet : packets) {
      if (is_lost(leg, packet)) continue;
      datagrams[count++] = {packet.data, packet.len, to_voxlock(packet.address), leg, 0, 0};
    }
    (void)voxlock_bridge_input(bridge_.get(), datagrams.data(), count, now_ns());
    drain();
    // From the kernel's time of arrival to the moment when what became of it was handed back.
    const uint64_t sent_ns = wall_ns();
    for (const Packet& packet : packets) {
      if (packet.arrival_ns != 0 && packet.arrival_ns < sent_ns && is_rtp(packet)) {
        latency_.add(sent_ns - packet.arrival_ns);
      }
    }
    if (packets.size() < UdpBatch::kMax) return;
  }
}

bool Call::is_lost(uint32_t leg, const Packet& packet) {
  return leg == kRoom && lose_every_ != 0 && is_rtp(packet) && ++room_packets_ % lose_every_ == 0;
}

void Call::drain() {
  std::array<voxlock_media_event, 64> events;
  size_t count = 0;
  do {
    check(voxlock_bridge_poll(bridge_.get(), events.data(), events.size(), &count, arena_.data(),
                              arena_.size(), now_ns()),
          "poll");
    for (size_t i = 0; i < count; ++i) follow(events[i]);
  } while (count != 0);
  batch_.send();
}

bool Call::note_digit(size_t leg, char digit) {
  if (has_media_digits_[leg]) return false;
  add_digit(digit);
  return true;
}

// For the report; a peer may press keys for ever.
void Call::add_digit(char digit) {
  constexpr size_t kMost = 256;
  if (digits_.size() < kMost) digits_ += digit;
}

void Call::follow(const voxlock_media_event& event) {
  const Leg& leg = legs_[event.leg];
  switch (event.type) {
    case VOXLOCK_EV_TRANSMIT: {
      if (is_lost(event.leg, {arena_.data() + event.offset, event.len, {}, 0})) break;
      const bool has_own_socket = event.is_rtcp != 0 && media(event.leg).rtcp_mux == 0;
      batch_.queue(has_own_socket ? leg.rtcp.get() : leg.rtp.get(), to_socket(event.address),
                   arena_.data() + event.offset, event.len);
      break;
    }
    case VOXLOCK_EV_DIGIT:
      has_media_digits_[event.leg] = true;
      add_digit(static_cast<char>(event.digit));
      break;
    case VOXLOCK_EV_TIMEOUT:
      has_timed_out_ = has_timed_out_ || (has_begun_ && expects_media(event.leg));
      break;
    case VOXLOCK_EV_CONNECTED:
    case VOXLOCK_EV_DISCONNECTED:
    case VOXLOCK_EV_SECURED:
    case VOXLOCK_EV_FAILED:
      transport_events_.push_back(event);
      break;
    default:
      break;
  }
}

voxlock_bridge_stats Call::stats() const {
  auto out = make_result<voxlock_bridge_stats>();
  check(voxlock_bridge_get_stats(bridge_.get(), &out), "stats");
  return out;
}

voxlock_leg_stats Call::leg_stats(size_t leg) const {
  auto out = make_result<voxlock_leg_stats>();
  check(voxlock_leg_get_stats(legs_[leg].handle.get(), &out), "stats");
  return out;
}

voxlock_quality Call::quality(size_t leg) const {
  auto out = make_result<voxlock_quality>();
  check(voxlock_leg_get_quality(legs_[leg].handle.get(), VOXLOCK_QUALITY_HEARD, &out), "quality");
  return out;
}

voxlock_leg_media_info Call::media(size_t leg) const {
  auto out = make_result<voxlock_leg_media_info>();
  // Nothing agreed yet: all zero.
  (void)voxlock_leg_media(legs_[leg].handle.get(), &out);
  return out;
}

voxlock_protection Call::protection() const {
  auto out = make_result<voxlock_protection>();
  check(voxlock_bridge_protection(bridge_.get(), &out), "protection");
  return out;
}

}  // namespace example
