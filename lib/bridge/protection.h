// What a bridge can truthfully say about the protection of a call.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "audio/chain.h"
#include "leg/leg.h"

namespace voxlock::bridge {

// Numbers of the C ABI.
enum class Scope : uint8_t { kNone = 0, kHopByHop = 1, kEndToEnd = 2 };
enum class TransportKind : uint8_t { kNone = 0, kRtp = 1, kSrtp = 2, kHost = 3 };
enum class KeyExchange : uint8_t { kNone = 0, kSdes = 1, kDtls = 2 };

struct Hop {
  TransportKind transport = TransportKind::kNone;
  KeyExchange key_exchange = KeyExchange::kNone;
  uint8_t suite_in = 0;   // srtp::SuiteId of what the peer sends; 0 where not secure
  uint8_t suite_out = 0;  // of what we send
  leg::Signalling signalling = leg::Signalling::kUnknown;
  std::array<char, leg::kMaxPeerName + 1> peer_name{};  // NUL-terminated, as the host verified it
  std::array<uint8_t, 32> peer_sha256{};  // of the certificate that the peer proved; zeros: none
  bool is_protected = false;              // encrypted here, or by the host where it says so
  // kEndToEnd: frames are sealed, through this hop and whatever lies behind it.
  Scope scope = Scope::kNone;

  bool operator==(const Hop&) const = default;
};

inline constexpr size_t kStageText = 96;
inline constexpr size_t kTapText = 160;  // four names, and stages of the host beside them

struct Protection {
  Scope scope = Scope::kNone;
  std::array<Hop, 2> hops{};
  // By direction: names of what touches the content, comma-separated, NUL-terminated.
  std::array<std::array<char, kStageText>, 2> stages{};
  std::array<bool, 2> is_opened{};
  // By direction: who gets a copy of the content in the host; as many names, cut at one.
  std::array<uint32_t, 2> tap_count{};
  std::array<std::array<char, kTapText>, 2> taps{};
  // The bridge holds keys of sealed frames: end-to-end encryption ends in it, and those behind the
  // hop have to trust it.
  bool is_participant = false;

  bool operator==(const Protection&) const = default;
};

Hop hop_of(const leg::Leg& leg);
// Adds a name to a list, behind a comma where it is not the first; not where it has no room.
void append_name(std::string_view name, std::span<char> list);
// "decode,denoise,encode", between "open" and "seal" where frames are sealed; cut at a name where
// it is too long.
void write_stages(const audio::Chain& chain, bool opens, bool seals,
                  std::array<char, kStageText>& out);

}  // namespace voxlock::bridge
