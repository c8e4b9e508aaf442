// A leg with its negotiation, fed with real SDP.
#pragma once

#include <algorithm>
#include <string>

#include "leg/negotiation.h"
#include "support/call.h"

namespace voxlock::test {

struct End {
  Box<leg::Leg> leg;
  leg::Negotiation negotiation;

  End(TestContext& world, uint8_t host, std::initializer_list<leg::Codec> codecs,
      uint16_t port = 4000)
      : End(world, config_of(host, codecs, port)) {}
  End(TestContext& world, const leg::LegConfig& config)
      : leg(*leg::Leg::create(world.context, world.random, config)),
        negotiation(*leg::Negotiation::create(*leg, world.random)) {}
  static leg::LegConfig config_of(uint8_t host, std::initializer_list<leg::Codec> codecs,
                                  uint16_t port) {
    leg::LegConfig config;
    config.rtp_address = address(host, port);
    config.codec_count = codecs.size();
    std::copy(codecs.begin(), codecs.end(), config.codecs.begin());
    return config;
  }
  std::string offer(sdp::OfferFlags flags = {}) {
    std::string text(4096, '\0');
    bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
    REQUIRE(negotiation.offer(*leg, flags, writer));
    text.resize(writer.size());
    return text;
  }
  sdp::Verdict answer(const std::string& offer, std::string& text, uint64_t now) {
    text.assign(4096, '\0');
    bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
    const auto verdict = negotiation.answer(*leg, offer, writer, now);
    REQUIRE(verdict);
    text.resize(writer.size());
    return *verdict;
  }
};

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace voxlock::test
