// Two peers around a bridge, agreed by hand: peer legs 'phone' and 'room' at the outside, trunk and
// far legs inside. The agreements are what offer/answer would have given.
#pragma once

#include <cstdint>
#include <vector>

#include "bridge/bridge.h"
#include "leg/leg.h"
#include "support/allocator.h"
#include "support/catch.h"

namespace voxlock::test {

inline leg::Address address(uint8_t host, uint16_t port) {
  leg::Address out;
  out.ip = {192, 0, 2, host};
  out.family = 4;
  out.port = port;
  return out;
}

inline leg::Key key(srtp::SuiteId suite, uint8_t seed) {
  leg::Key out;
  out.suite = suite;
  MutableBytes raw = out.key_and_salt.resize(srtp::find_suite(suite)->key_and_salt_len());
  for (size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<uint8_t>(seed * 31 + i * 7);
  return out;
}

// One side of a negotiated hop; `other` gives the opposite side of it.
struct HopPlan {
  leg::Codec codec = leg::Codec::kPcmu;
  srtp::SuiteId suite = srtp::SuiteId::kAesCm128HmacSha1_80;
  uint8_t key_inner = 1;  // what the bridge's leg seals with
  uint8_t key_outer = 2;  // what the peer seals with
  uint8_t payload_type_to_peer = 0;
  uint8_t payload_type_from_peer = 0;
  uint8_t event_type = 101;
  uint32_t ptime_inner_ms = 20;
  uint8_t inner_host = 1;
  uint8_t outer_host = 2;
  leg::Direction direction = leg::Direction::kSendRecv;  // of the bridge's leg
  bool is_secure = true;
  bool has_nack = false;
  bool is_rtcp_reduced = false;
};

inline leg::Agreement agree(const HopPlan& plan, bool is_inner) {
  leg::Agreement out;
  out.codec = plan.codec;
  const bool is_opus = plan.codec == leg::Codec::kOpus;
  out.rtp_clock_hz = out.sample_rate = is_opus                          ? 48000
                                       : plan.codec == leg::Codec::kL16 ? 16000
                                                                        : 8000;
  out.payload_type_send = is_inner ? plan.payload_type_to_peer : plan.payload_type_from_peer;
  out.payload_type_recv = is_inner ? plan.payload_type_from_peer : plan.payload_type_to_peer;
  out.event_type_send = out.event_type_recv = plan.event_type;
  out.event_clock_send_hz = out.event_clock_recv_hz = out.rtp_clock_hz;
  out.ptime_ms = plan.ptime_inner_ms;
  out.direction = plan.direction;
  if (!is_inner && plan.direction == leg::Direction::kSendOnly)
    out.direction = leg::Direction::kRecvOnly;
  if (!is_inner && plan.direction == leg::Direction::kRecvOnly)
    out.direction = leg::Direction::kSendOnly;
  if (plan.is_secure) {
    leg::Keys keys{key(plan.suite, plan.key_inner), key(plan.suite, plan.key_outer)};
    if (!is_inner) std::swap(keys.local, keys.remote);
    out.keys.emplace(std::move(keys));
  }
  out.remote_rtp = out.remote_rtcp = address(is_inner ? plan.outer_host : plan.inner_host, 4000);
  out.is_rtcp_mux = true;
  out.has_nack = plan.has_nack;
  out.is_rtcp_reduced = plan.is_rtcp_reduced;
  return out;
}

inline Box<leg::Leg> make_leg(TestContext& world, leg::LegConfig config = {}) {
  config.rtp_address = address(1, 4000);
  auto made = leg::Leg::create(world.context, world.random, config);
  REQUIRE(made);
  return *std::move(made);
}

struct Packet {
  std::vector<uint8_t> data;
  leg::Address to;
  bool is_rtcp = false;
};

// Takes every datagram out of a leg's queue; other events are collected.
inline std::vector<Packet> drain(leg::Leg& leg, std::vector<leg::Event>* events = nullptr) {
  std::vector<Packet> out;
  while (!leg.queue().is_empty()) {
    const leg::Event event = leg.queue().front();
    const ByteView bytes = leg.queue().front_bytes();
    if (event.type == leg::EventType::kTransmit) {
      out.push_back({{bytes.begin(), bytes.end()}, event.address, event.is_rtcp});
    } else if (events != nullptr) {
      events->push_back(event);
    }
    leg.queue().pop();
  }
  return out;
}

inline void send_payload(leg::Leg& leg, const std::vector<uint8_t>& payload,
                         const leg::Outgoing& fields, uint64_t now) {
  std::vector<uint8_t> packet(rtp::kFixedHeaderLen);
  packet.insert(packet.end(), payload.begin(), payload.end());
  REQUIRE(leg.send(packet, fields, now));
}

}  // namespace voxlock::test
