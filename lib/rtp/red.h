// Redundant audio data, RFC 2198: frames sent before travel along and replace lost packets.
//
//   0                   1                    2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  |1|   block PT  |  timestamp offset         |   block length    |  each redundant block
//  |0|   block PT  |                                                  the primary one
//  | data of the blocks, in the same order ...
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure.h"

namespace voxlock::rtp {

inline constexpr size_t kRedBlockHeaderLen = 4;
inline constexpr size_t kMaxRedBlock = 1023;      // the length field has 10 bits
inline constexpr uint32_t kMaxRedOffset = 16383;  // the timestamp offset 14

struct RedBlock {
  uint8_t payload_type = 0;
  uint32_t timestamp_offset = 0;  // how much older than the packet; 0 for the primary block
  ByteView data;
  bool is_primary = false;
};

// Walks the blocks of a payload, oldest first as senders write them, the primary one last.
class RedReader {
 public:
  // ERR_TRUNCATED where the blocks are longer than the payload.
  static Result<RedReader> parse(ByteView payload);

  std::optional<RedBlock> next();
  [[nodiscard]] size_t block_count() const { return block_count_; }

 private:
  RedReader(ByteView headers, ByteView data, size_t block_count)
      : headers_(headers), data_(data), block_count_(block_count) {}

  bytes::Reader headers_;
  bytes::Reader data_;
  size_t block_count_;
};

// Makes RED payloads with up to `generations` earlier frames each. Keeps those frames, and wipes
// them when they leave and when it dies.
class RedSender {
 public:
  static constexpr size_t kMaxGenerations = 4;

  // ERR_INVALID_ARGUMENT above kMaxGenerations.
  Result<void> set_generations(size_t generations);
  // Writes the payload of the packet with this timestamp, at most max_len bytes; where that is too
  // little the oldest frames stay behind, the new one never does. Takes the frame for later ones.
  // ERR_INVALID_ARGUMENT for a payload type above 127; out.ok() tells whether it fitted.
  Result<void> write(uint8_t payload_type, uint32_t timestamp, ByteView frame, size_t max_len,
                     bytes::Writer& out);
  // Forgets the frames: the stream begins anew, or was silent.
  void reset();

 private:
  struct Kept {
    uint8_t payload_type = 0;
    uint32_t timestamp = 0;
    secure::Secret<kMaxRedBlock> frame;
  };

  [[nodiscard]] bool is_usable(const Kept& kept, uint32_t timestamp) const;
  void keep(uint8_t payload_type, uint32_t timestamp, ByteView frame);

  std::array<Kept, kMaxGenerations> kept_;  // newest first
  size_t count_ = 0;
  size_t generations_ = 1;
};

// What a received packet gives.
struct RedFrame {
  uint32_t timestamp = 0;
  uint8_t payload_type = 0;
  ByteView data;
  bool is_recovered = false;  // its own packet did not come (yet)
};

class RedFrames {
 public:
  static constexpr size_t kMaxFrames = 9;
  [[nodiscard]] std::span<const RedFrame> view() const { return std::span(frames_).first(size_); }
  void add(const RedFrame& frame) {
    if (size_ < kMaxFrames) frames_[size_++] = frame;
  }

 private:
  std::array<RedFrame, kMaxFrames> frames_{};
  size_t size_ = 0;
};

// Gives each frame of a stream once, whichever packet brings it first. RED has no sequence numbers
// of its own blocks, so a frame is known by its timestamp. Feed authenticated packets only.
class RedReceiver {
 public:
  // The new frames of a packet, in the order of its blocks. A packet of more blocks than kMaxFrames
  // gives the newest. ERR_TRUNCATED, and nothing changes.
  Result<RedFrames> take(uint32_t timestamp, ByteView payload);
  // A packet of the same stream that came without RED (a sender may mix both): whether it is new.
  bool take_plain(uint32_t timestamp);
  // The stream begins anew (another SSRC, a restart).
  void reset();

 private:
  // Redundancy of the largest offset at 8 kHz and 20 ms frames is 103 frames old.
  static constexpr size_t kRemembered = 128;
  // A primary block so much older than the newest frame is a stream that restarted.
  static constexpr int32_t kRestartTicks = 8 * 16384;

  [[nodiscard]] bool is_new(uint32_t timestamp) const;
  void remember(uint32_t timestamp);
  void begin_anew_if_restarted(uint32_t timestamp);

  std::array<uint32_t, kRemembered> seen_{};
  size_t seen_count_ = 0;
  size_t next_ = 0;
  uint32_t first_ = 0;  // what is older was before our time
  uint32_t newest_ = 0;
};

}  // namespace voxlock::rtp
