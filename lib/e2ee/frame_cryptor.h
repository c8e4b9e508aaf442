// Seals and opens frames end to end, whatever the format: the type that hosts and bridges use.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "e2ee/livekit.h"
#include "e2ee/livekit_key.h"
#include "e2ee/sframe.h"

namespace voxlock::e2ee {

// Numbers of the C ABI.
enum class Format : uint8_t { kLivekit = 1, kSframe = 2 };
// What a key is for; a sum of both for a LiveKit key that the room shares.
enum Uses : uint32_t { kSeals = 1, kOpens = 2 };

inline constexpr uint32_t kMaxRingSize = 256;
inline constexpr size_t kMaxServerTrailerLen = 64;
// SP 800-38D 8.3: with nonces that begin at random a key may seal 2^32 messages.
inline constexpr uint64_t kMaxFramesPerKey = uint64_t{1} << 32;

struct FrameCryptorConfig {
  Format format = Format::kLivekit;
  uint32_t ring_size = 16;  // keys that open, 1..kMaxRingSize; LiveKit: KIDs are below it
  uint64_t max_frames = kMaxFramesPerKey;  // sealed with one key, 1..kMaxFramesPerKey

  // LiveKit.
  uint32_t clear_len = 1;       // bytes of the frame that stay clear, 0..kMaxClearLen
  uint32_t ratchet_window = 0;  // keys tried ahead, 0..kMaxRatchetWindow
  uint32_t pbkdf2_iterations = 100'000;
  ByteView salt = as_bytes("LKFrameEncryptionKey");  // at most kMaxSaltLen, copied
  ByteView server_trailer;  // empty: none is accepted; at most kMaxServerTrailerLen, copied
  Silence server_silence = Silence::kOpus;

  // SFrame.
  uint32_t sframe_suite = kDefaultSframeSuite;
  uint64_t first_counter = 0;  // beyond what an earlier cryptor used with the same keys
};

struct FrameCryptorStats {
  uint64_t sealed = 0;
  uint64_t opened = 0;
  uint64_t empty = 0;          // of both directions: passed on
  uint64_t server_frames = 0;  // silence that the server made, passed on
  uint64_t auth_failed = 0;    // from here on: refused
  uint64_t no_key = 0;
  uint64_t malformed = 0;
  uint64_t server_refused = 0;
  uint64_t replayed = 0;
  uint64_t exhausted = 0;
  uint64_t ratcheted = 0;  // keys gone on, by frames of the sender or by ratchet()
};

// Keys and the memory for them are taken by set_key; seal and open allocate nothing. Keys are wiped
// when they are replaced and when the object dies.
class FrameCryptor {
 public:
  // ERR_INVALID_ARGUMENT (a number out of its range), ERR_UNSUPPORTED (suite), ERR_ENTROPY. Throws
  // std::bad_alloc.
  static Result<Box<FrameCryptor>> create(const Context& context, const FrameCryptorConfig& config);
  FrameCryptor(const Context& context, const FrameCryptorConfig& config);

  // Puts a key into its place in the ring (kOpens), makes it the one that seals (kSeals), or both.
  // One that was there before is wiped; other kids stay, so that old and new keys overlap.
  // Passphrases take their time (PBKDF2).
  // ERR_INVALID_ARGUMENT (uses, kdf), ERR_E2EE_KEY_ID (beyond the ring), ERR_E2EE_KEY (length),
  // ERR_E2EE_KEY_USE (SFrame: one key for both directions), ERR_LIMIT (SFrame: the ring is full),
  // ERR_NO_MEMORY. Throws std::bad_alloc. Nothing has changed then.
  Result<void> set_key(uint64_t kid, Kdf kdf, ByteView material, uint32_t uses);
  // ERR_NOT_FOUND.
  Result<void> remove_key(uint64_t kid, uint32_t uses);
  // Goes on to the next key of a kid, wherever it is used. ERR_NOT_FOUND, ERR_UNSUPPORTED (SFrame,
  // Kdf::kNone), ERR_NO_MEMORY; nothing has changed then.
  Result<void> ratchet(uint64_t kid);
  // Derives keys that ratcheting senders may use next, at most so many; how many are still missing.
  // ERR_NO_MEMORY.
  Result<size_t> prepare(size_t most);

  // Out of place: data and out must not overlap. metadata is authenticated with an SFrame frame and
  // never sent; it must be empty for LiveKit (ERR_INVALID_ARGUMENT).
  // ERR_E2EE_NO_KEY, ERR_E2EE_EXHAUSTED (set a new key), ERR_TRUNCATED (shorter than the clear
  // header), ERR_BUFFER_TOO_SMALL (data.size() + max_overhead() is enough). No IV is used up then.
  Result<size_t> seal(ByteView data, ByteView metadata, MutableBytes out);
  // ERR_E2EE_AUTH, ERR_E2EE_NO_KEY, ERR_E2EE_FRAME, ERR_E2EE_SERVER_FRAME, ERR_E2EE_REPLAYED,
  // ERR_TRUNCATED, ERR_BUFFER_TOO_SMALL (data.size() is enough). Nothing but a counter has changed
  // then, and out holds nothing of the frame.
  Result<size_t> open(ByteView data, ByteView metadata, MutableBytes out);

  // The most that seal() adds.
  [[nodiscard]] size_t max_overhead() const;
  [[nodiscard]] const FrameCryptorStats& stats() const { return stats_; }
  [[nodiscard]] bool has_sealing_key() const { return sealer_ || sframe_sealer_; }
  [[nodiscard]] size_t opening_keys() const;
  // SFrame: of the next sealed frame; 0 for LiveKit.
  [[nodiscard]] uint64_t next_counter() const {
    return config_.format == Format::kSframe ? counter_ : 0;
  }
  [[nodiscard]] Format format() const { return config_.format; }
  // Of everything that decides about later frames; not of drop counters.
  [[nodiscard]] uint64_t state_hash() const;

 private:
  // RFC 9605 9.3: the receiver's memory of counters; the sender never repeats one.
  struct ReplayWindow {
    uint64_t highest = 0;
    uint64_t seen = 0;  // bit i: highest - i
    [[nodiscard]] bool has(uint64_t ctr) const;
    void add(uint64_t ctr);
  };
  struct SframeOpener {
    SframeKey key;
    ReplayWindow window;
  };

  Result<void> set_livekit_key(uint64_t kid, Kdf kdf, ByteView material, uint32_t uses);
  Result<void> set_sframe_key(uint64_t kid, ByteView material, uint32_t uses);
  [[nodiscard]] Box<SframeOpener>* find_opener(uint64_t kid);
  Result<size_t> seal_checked(ByteView data, ByteView metadata, MutableBytes out);
  Result<size_t> seal_livekit(ByteView data, MutableBytes out);
  Result<size_t> open_livekit(ByteView data, MutableBytes out);
  Result<size_t> open_server_frame(ByteView data, MutableBytes out);
  Result<size_t> open_sframe(ByteView data, ByteView metadata, MutableBytes out);
  [[nodiscard]] bool is_exhausted() const;
  void count_refusal(Status status);

  std::pmr::memory_resource& memory_;
  FrameCryptorConfig config_;
  secure::Secret<kMaxSaltLen> salt_;
  secure::Secret<kMaxServerTrailerLen> server_trailer_;
  const SframeSuite* suite_ = nullptr;

  // The key that seals, of one format.
  Box<LivekitKey> sealer_;
  Box<SframeKey> sframe_sealer_;
  uint64_t sealer_kid_ = 0;
  uint64_t sealed_with_key_ = 0;
  // Goes through all keys and never back. LiveKit: what follows the random prefix in the IV, begun
  // at random as well, modulo 2^64. SFrame: the CTR.
  uint64_t counter_ = 0;
  std::array<uint8_t, 4> iv_prefix_{};

  std::pmr::vector<Box<LivekitKey>> ring_;       // by KID
  std::pmr::vector<Box<SframeOpener>> openers_;  // in any order
  FrameCryptorStats stats_;
};

}  // namespace voxlock::e2ee
