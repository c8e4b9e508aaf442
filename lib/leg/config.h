// Settings of a leg.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "leg/agreement.h"

namespace voxlock::leg {

// Numbers of the C ABI.
enum class Policy : uint8_t { kRequired = 0, kPreferred = 1, kOff = 2 };
enum class KeyExchange : uint8_t { kSdes = 0, kDtls = 1 };
enum class Signalling : uint8_t { kUnknown = 0, kPlain = 1, kTls = 2, kVerified = 3 };

// Of the peer as the signalling knows it.
inline constexpr size_t kMaxPeerName = 255;

// An own transport address, as the host has bound it.
inline constexpr size_t kMaxLocalAddresses = 8;

struct LegConfig {
  Policy policy = Policy::kRequired;
  std::array<srtp::SuiteId, 8> suites{srtp::SuiteId::kAeadAes256Gcm, srtp::SuiteId::kAeadAes128Gcm,
                                      srtp::SuiteId::kAesCm128HmacSha1_80,
                                      srtp::SuiteId::kAesCm128HmacSha1_32};
  size_t suite_count = 4;
  std::array<Codec, 8> codecs{Codec::kOpus, Codec::kPcmu, Codec::kPcma};
  size_t codec_count = 3;
  uint32_t ptime_ms = 20;
  bool has_telephone_event = true;
  Address rtp_address;
  Address rtcp_address;
  bool has_rtcp_mux = true;
  bool has_rtcp_xr = false;  // RFC 3611, offered and accepted
  bool is_symmetric = true;
  Signalling signalling = Signalling::kUnknown;
  uint32_t opus_bitrate = 0;  // by the PCM rate
  uint32_t opus_complexity = 1;
  bool has_opus_fec = true;
  bool has_opus_dtx = false;
  uint64_t rekey_overlap_ns = 5'000'000'000;
  uint64_t media_timeout_ns = 30'000'000'000;
  size_t queue_bytes = 8192;
  uint64_t early_media_ns = 0;   // packets wait so long for the answer to our offer
  std::array<char, 64> cname{};  // NUL-terminated; empty: random
  // A WebRTC leg: keys by DTLS, the peer found by ICE. rtp_address is the first own address.
  KeyExchange key_exchange = KeyExchange::kSdes;
  std::array<Address, kMaxLocalAddresses - 1>
      further_addresses{};               // up to the first without a family
  uint64_t consent_ns = 30'000'000'000;  // RFC 7675, section 5.1
  bool is_dtls_client = false;           // where the peer leaves the role to us
  ByteView certificate;                  // with DTLS: one in DER, and its key; both outlive the leg
  ByteView key;
  // Offered and accepted; nothing of it where the peer does not agree.
  bool has_nack = false;        // RFC 4585
  bool is_nack_offered = true;  // false: accepted only
  bool has_rtcp_rsize = false;  // RFC 5506
  bool has_transport_cc = false;
  bool has_red = false;   // RFC 2198
  size_t red_blocks = 1;  // earlier frames in each packet that is sent
  std::array<bool, kExtensions> has_extension{};
};

}  // namespace voxlock::leg
