// Offer/answer engines with a random source that counts, and text to feed them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sdp/offer_answer.h"
#include "support/catch.h"

namespace voxlock::test {

// Never gives the same bytes twice, and fails on demand.
class CountingRandom final : public RandomSource {
 public:
  explicit CountingRandom(uint64_t seed) : state_(seed) {}
  Result<void> fill(MutableBytes out) override {
    for (uint8_t& byte : out) byte = 0;
    if (is_failing) return Status::ERR_ENTROPY;
    ++calls;
    for (uint8_t& byte : out) {
      // Multiplier of Knuth's MMIX generator.
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<uint8_t>(state_ >> 56);
    }
    return {};
  }
  bool is_failing = false;
  uint64_t calls = 0;

 private:
  uint64_t state_;
};

inline sdp::LocalMedia local_media(sdp::SrtpPolicy policy = sdp::SrtpPolicy::kRequired) {
  sdp::LocalMedia out;
  out.policy = policy;
  out.suites = {sdp::CryptoSuite::kAeadAes256Gcm, sdp::CryptoSuite::kAesCm128HmacSha1_80};
  out.codecs = {sdp::CodecId::kOpus, sdp::CodecId::kPcma, sdp::CodecId::kPcmu};
  out.rtp = *sdp::parse_address("198.51.100.1");
  out.rtp.port = 30000;
  return out;
}

// Of a WebRTC side that wants everything there is.
inline sdp::LocalMedia webrtc_media() {
  sdp::LocalMedia out;
  out.key_exchange = sdp::KeyExchange::kDtls;
  out.codecs = {sdp::CodecId::kOpus, sdp::CodecId::kPcma, sdp::CodecId::kPcmu};
  out.rtp = *sdp::parse_address("198.51.100.1");
  out.rtp.port = 30000;
  sdp::LocalWebrtc& webrtc = out.webrtc;
  std::string print = "sha-256 01";
  for (int i = 2; i <= 32; ++i)
    print += i < 10 ? ":0" + std::to_string(i) : ":" + std::to_string(i);
  webrtc.fingerprint = *sdp::parse_fingerprint(print);
  REQUIRE(webrtc.ufrag.assign("OURS"));
  REQUIRE(webrtc.password.assign("ourpasswordourpasswordou"));
  webrtc.candidates.push(*sdp::parse_candidate("1 1 udp 2130706431 198.51.100.1 30000 typ host"));
  REQUIRE(webrtc.stream_id.assign("phone"));
  REQUIRE(webrtc.track_id.assign("call"));
  REQUIRE(webrtc.cname.assign("voxlock"));
  webrtc.ssrc = 77;
  webrtc.extensions.set();
  webrtc.has_transport_cc = true;
  out.has_red = out.has_nack = out.has_rtcp_rsize = true;
  return out;
}

class Engine {
 public:
  explicit Engine(const sdp::LocalMedia& local = local_media(), uint64_t seed = 1)
      : random(std::make_unique<CountingRandom>(seed)),
        core(*sdp::OfferAnswer::create(local, *random)) {}

  Result<sdp::Verdict> answer(std::string_view offer) {
    bytes::Writer out(buffer_);
    const auto verdict = core.answer(offer, out);
    text = std::string(as_text(out.written()));
    return verdict;
  }
  // Answers and gives the kind; refusals and errors fail the test.
  sdp::VerdictKind take(std::string_view offer) {
    const auto verdict = answer(offer);
    REQUIRE(verdict);
    return verdict->kind;
  }
  Status refusal(std::string_view offer) {
    const auto verdict = answer(offer);
    REQUIRE(verdict);
    REQUIRE(verdict->kind == sdp::VerdictKind::kRefused);
    CHECK(text.empty());
    return verdict->reason;
  }
  std::string offer(sdp::OfferFlags flags = {}) {
    bytes::Writer out(buffer_);
    REQUIRE(core.offer(flags, out));
    return std::string(as_text(out.written()));
  }
  [[nodiscard]] const sdp::Agreement& agreement() const {
    REQUIRE(core.agreement() != nullptr);
    return *core.agreement();
  }

  std::unique_ptr<CountingRandom> random;
  sdp::OfferAnswer core;
  std::string text;  // of the last answer

 private:
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(128 * 1024);
};

// A peer's description.
inline std::string peer_sdp(const std::string& media,
                            const std::string& address = "IN IP4 192.0.2.1") {
  return "v=0\r\no=peer 7 7 IN IP4 192.0.2.1\r\ns=-\r\nc=" + address + "\r\nt=0 0\r\n" + media;
}

inline const std::string kPeerKey1 = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
inline const std::string kPeerKey2 = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
inline std::string crypto80(const std::string& key = kPeerKey1, const std::string& tag = "1") {
  return "a=crypto:" + tag + " AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n";
}

inline std::string line_of(const std::string& text, const std::string& head) {
  const size_t at = text.find("\r\n" + head);
  return at == std::string::npos ? "" : text.substr(at + 2, text.find('\r', at + 2) - at - 2);
}

}  // namespace voxlock::test
