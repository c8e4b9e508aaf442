// What two peers agreed on, as the media path needs it: the result of an offer/answer step.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/secure.h"
#include "leg/address.h"
#include "rtp/statistics.h"
#include "srtp/session.h"

namespace voxlock::leg {

// Numbers of the C ABI and of audio::CodecId.
enum class Codec : uint8_t { kNone = 0, kPcmu = 1, kPcma = 2, kOpus = 3, kL16 = 4 };

// Bit 0: we send; bit 1: we receive. Numbers of the C ABI.
enum class Direction : uint8_t { kInactive = 0, kSendOnly = 1, kRecvOnly = 2, kSendRecv = 3 };
constexpr bool sends(Direction d) {
  return (static_cast<uint8_t>(d) & 1) != 0;
}
constexpr bool receives(Direction d) {
  return (static_cast<uint8_t>(d) & 2) != 0;
}

inline constexpr uint8_t kNoPayloadType = 255;

// One direction's SRTP parameters.
struct Key {
  srtp::SuiteId suite = srtp::SuiteId::kAesCm128HmacSha1_80;
  secure::Secret<srtp::kMaxKeyAndSaltLen> key_and_salt;
  secure::Secret<srtp::kMaxMkiLen> mki;
  uint64_t lifetime = srtp::kMaxRtpLifetime;  // packets

  [[nodiscard]] bool is_same(const Key& other) const {
    return suite == other.suite && secure::equal(key_and_salt.view(), other.key_and_salt.view()) &&
           secure::equal(mki.view(), other.mki.view());
  }
};

struct Keys {
  Key local;   // what we seal with
  Key remote;  // what the peer seals with
};

// Header extensions (RFC 8285); the numbers of sdp::HeaderExtension.
enum class Extension : uint8_t {
  kAudioLevel = 0,   // RFC 6464
  kMid = 1,          // RFC 9143
  kAbsSendTime = 2,  // of Google's congestion control
  kTransportCc = 3   // draft-holmer-rmcat-transport-wide-cc-extensions-01
};
inline constexpr size_t kExtensions = 4;
using ExtensionIds = std::array<uint8_t, kExtensions>;  // 0: not agreed
inline constexpr size_t kMaxMid = 32;

struct Agreement {
  Codec codec = Codec::kNone;
  uint32_t sample_rate = 8000;  // of the PCM side for fixed-rate codecs; Opus: 48000
  uint32_t rtp_clock_hz = 8000;
  uint8_t channels = 1;
  uint8_t payload_type_send = 0;
  uint8_t payload_type_recv = 0;
  uint8_t twin_type_recv = kNoPayloadType;  // G.711: the other law, which the peer may send as well
  uint8_t red_type_send = kNoPayloadType;   // RFC 2198 around the codec
  uint8_t red_type_recv = kNoPayloadType;
  uint8_t event_type_send = kNoPayloadType;
  uint8_t event_type_recv = kNoPayloadType;
  uint32_t event_clock_send_hz = 8000;
  uint32_t event_clock_recv_hz = 8000;
  uint32_t ptime_ms = 20;  // of what we send
  // The peer's wishes for the Opus it gets, RFC 7587 6.1. A rate of 0: not stated.
  uint32_t max_opus_bitrate = 0;
  uint32_t max_playback_hz = 0;
  bool wants_opus_fec = false;
  bool wants_opus_dtx = false;
  bool wants_opus_cbr = false;
  Direction direction = Direction::kSendRecv;
  std::optional<Keys> keys;  // nothing: plain RTP, only where the policy allows it
  Address remote_rtp;
  Address remote_rtcp;
  bool is_rtcp_mux = false;
  ExtensionIds extensions_send{};
  ExtensionIds extensions_recv{};
  std::array<char, kMaxMid + 1> mid{};  // NUL-terminated; empty: none
  bool has_transport_feedback = false;  // transport-wide numbers are told, both ways
  bool has_nack = false;                // generic NACK, both ways (RFC 4585)
  rtp::RtcpBandwidth rtcp_bandwidth;
  bool is_rtcp_reduced = false;  // feedback may go alone (RFC 5506)
  // RFC 3611 5.1: what the peer wants in extended reports.
  bool has_xr_metrics = false;
  bool has_xr_rtt = false;
};

}  // namespace voxlock::leg
