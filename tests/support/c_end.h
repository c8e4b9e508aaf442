// A leg of the C ABI alone, with what its host does: descriptions, datagrams, payloads.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/host.h"

namespace voxlock::test {

using Bytes = std::vector<uint8_t>;

struct End {
  End(Host& host, uint8_t last, uint32_t early_ms = 0, uint32_t suite = 0, int32_t nack = 0) {
    voxlock_leg_config config;
    REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.rtp_address = {{192, 0, 2, last}, 4000, 4, 0};
    std::fill(std::begin(config.codecs), std::end(config.codecs), 0u);
    config.codecs[0] = VOXLOCK_CODEC_PCMU;
    if (suite != 0) {
      std::fill(std::begin(config.suites), std::end(config.suites), 0u);
      config.suites[0] = suite;
    }
    config.early_media_ms = early_ms;
    config.nack = nack;
    REQUIRE(voxlock_leg_new(host.ctx, &config, &leg) == VOXLOCK_OK);
    address = config.rtp_address;
  }
  explicit End(voxlock_leg* made, uint8_t last) : leg(made) {
    address = {{192, 0, 2, last}, 4000, 4, 0};
  }
  ~End() { voxlock_leg_free(leg); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  Bytes offer(uint32_t flags = 0) {
    Bytes out(4096);
    size_t len = out.size();
    REQUIRE(voxlock_leg_offer(leg, flags, out.data(), &len, 1) == VOXLOCK_OK);
    out.resize(len);
    return out;
  }
  Bytes answer(const Bytes& offer, uint64_t now) {
    Bytes out(4096);
    size_t len = out.size();
    REQUIRE(voxlock_leg_answer(leg, offer.data(), offer.size(), out.data(), &len, nullptr, now) ==
            VOXLOCK_OK);
    REQUIRE(len != 0);
    out.resize(len);
    return out;
  }
  int32_t accept(const Bytes& answer, uint64_t now) {
    return voxlock_leg_accept_answer(leg, answer.data(), answer.size(), nullptr, now);
  }
  int32_t accept_fork(const Bytes& answer, uint64_t now) {
    voxlock_verdict verdict{};
    verdict.struct_size = sizeof verdict;
    const int32_t status =
        voxlock_leg_accept_fork(leg, answer.data(), answer.size(), &verdict, now);
    if (status == VOXLOCK_OK) kind = verdict.kind;
    return status;
  }
  struct Polled {
    std::vector<Bytes> sent;
    std::vector<Bytes> payloads;
    std::vector<uint64_t> faults;
  };
  Polled poll(uint64_t now) {
    Polled out;
    std::array<voxlock_media_event, 64> events;
    Bytes arena(65536);
    size_t count = 0;
    REQUIRE(voxlock_leg_poll(leg, events.data(), events.size(), &count, arena.data(), arena.size(),
                             now) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i) {
      const auto at = arena.begin() + static_cast<std::ptrdiff_t>(events[i].offset);
      const Bytes bytes(at, at + static_cast<std::ptrdiff_t>(events[i].len));
      if (events[i].type == VOXLOCK_EV_TRANSMIT && events[i].is_rtcp == 0)
        out.sent.push_back(bytes);
      if (events[i].type == VOXLOCK_EV_PAYLOAD) out.payloads.push_back(bytes);
      if (events[i].type == VOXLOCK_EV_FAULT) out.faults.push_back(events[i].value);
    }
    return out;
  }
  Bytes speak(uint8_t what, uint64_t now, size_t len = 160) {
    const Bytes payload(len, what);
    REQUIRE(voxlock_leg_send(leg, 0, payload.data(), payload.size(), timestamp += 160, 0, now) ==
            VOXLOCK_OK);
    const auto sent = poll(now).sent;
    REQUIRE(sent.size() == 1);
    return sent[0];
  }
  void hear(const Bytes& packet, const End& from, uint64_t now) {
    voxlock_datagram datagram{};
    datagram.data = packet.data();
    datagram.len = packet.size();
    datagram.source = from.address;
    REQUIRE(voxlock_leg_input(leg, &datagram, 1, now) == VOXLOCK_OK);
  }
  // The first bytes of the payloads that come.
  std::string heard(uint64_t now) {
    std::string out;
    for (const Bytes& payload : poll(now).payloads) out += static_cast<char>(payload[0]);
    return out;
  }
  uint64_t dropped(int cause) const {
    voxlock_leg_stats stats{};
    stats.struct_size = sizeof stats;
    REQUIRE(voxlock_leg_get_stats(leg, &stats) == VOXLOCK_OK);
    return stats.dropped[cause];
  }

  uint64_t nacked() const {
    voxlock_leg_stats stats{};
    stats.struct_size = sizeof stats;
    REQUIRE(voxlock_leg_get_stats(leg, &stats) == VOXLOCK_OK);
    return stats.nacked_out;
  }

  voxlock_leg* leg = nullptr;
  voxlock_address address{};
  uint32_t timestamp = 0;
  int32_t kind = 0;
};

}  // namespace voxlock::test
