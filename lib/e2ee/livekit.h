// The frame format of LiveKit rooms.
//
//   +--------------+--------------------+---------+---------+------+-----+
//   | clear header | AES-GCM ciphertext | tag, 16 | IV, 12  | 0x0c | KID |
//   +--------------+--------------------+---------+---------+------+-----+
//
// The clear header (one byte for audio: the TOC of an Opus packet) is authenticated. Empty frames
// (DTX) are not sealed.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "e2ee/aead.h"

namespace voxlock::e2ee {

inline constexpr size_t kLivekitTagLen = 16;
inline constexpr size_t kLivekitOverhead = kLivekitTagLen + kNonceLen + 2;
inline constexpr size_t kMaxClearLen = 64;

// The pieces of a frame; the views point into it.
struct LivekitFrame {
  ByteView clear;
  ByteView sealed;
  ByteView tag;
  Nonce iv{};
  uint8_t kid = 0;
};

// ERR_TRUNCATED; ERR_E2EE_FRAME where the length of the IV is not 12.
Result<LivekitFrame> parse_livekit_frame(ByteView frame, size_t clear_len);

// What a frame that a LiveKit server made itself may hold, after mute or unsubscribe: it ends with
// a trailer that only the room's members were told, and is silence of one codec.
enum class Silence : uint8_t { kNone = 0, kPcmu = 1, kPcma = 2, kOpus = 3 };
bool is_server_frame(ByteView frame, ByteView trailer);
// True where payload, without the trailer, is exactly the server's silence for the codec.
bool is_server_silence(ByteView payload, Silence codec);

}  // namespace voxlock::e2ee
