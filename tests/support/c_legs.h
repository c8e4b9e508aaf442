// Legs of the C ABI that agree with each other, and what they have to send.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "support/host.h"

namespace voxlock::test {

inline voxlock_leg* leg(Host& host, uint8_t last, uint32_t codec = VOXLOCK_CODEC_OPUS) {
  voxlock_leg_config config;
  REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.rtp_address.family = 4;
  const uint8_t ip[4] = {192, 0, 2, last};
  std::memcpy(config.rtp_address.ip, ip, sizeof ip);
  config.rtp_address.port = 4000;
  std::memset(config.codecs, 0, sizeof config.codecs);
  config.codecs[0] = codec;
  voxlock_leg* out = nullptr;
  REQUIRE(voxlock_leg_new(host.ctx, &config, &out) == VOXLOCK_OK);
  return out;
}

// Offer and answer between two legs.
inline void agree(voxlock_leg* offerer, voxlock_leg* answerer) {
  std::array<uint8_t, 4096> offer{}, answer{};
  size_t offer_len = offer.size(), answer_len = answer.size();
  REQUIRE(voxlock_leg_offer(offerer, 0, offer.data(), &offer_len, 1) == VOXLOCK_OK);
  REQUIRE(voxlock_leg_answer(answerer, offer.data(), offer_len, answer.data(), &answer_len, nullptr,
                             1) == VOXLOCK_OK);
  REQUIRE(voxlock_leg_accept_answer(offerer, answer.data(), answer_len, nullptr, 1) == VOXLOCK_OK);
}

// The bytes of the last datagram of media or payload that waits; empty where there is none. RTCP
// goes out at random times, and is passed over.
template <typename Handle, typename Poll>
std::vector<uint8_t> datagram_of(Handle* handle, Poll poll, uint64_t now) {
  std::array<voxlock_media_event, 8> events{};
  std::array<uint8_t, 4096> arena{};
  size_t count = 0;
  REQUIRE(poll(handle, events.data(), events.size(), &count, arena.data(), arena.size(), now) ==
          VOXLOCK_OK);
  std::vector<uint8_t> out;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* at = arena.data() + events[i].offset;
    const bool is_datagram = events[i].type == VOXLOCK_EV_TRANSMIT;
    const bool is_rtcp = is_datagram && events[i].len >= 2 && at[1] >= 192 && at[1] <= 223;
    if (!is_rtcp && (is_datagram || events[i].type == VOXLOCK_EV_PAYLOAD))
      out.assign(at, at + events[i].len);
  }
  return out;
}

}  // namespace voxlock::test
