// Pairs that an authenticated check came over, and the transactions seen lately. Both bounded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/bytes.h"
#include "ice/stun.h"

namespace voxlock::ice {

// FNV-1a, to tell states and paths apart; no protection against anybody.
inline constexpr uint64_t kHashStart = 0xcbf29ce484222325;
uint64_t mix(uint64_t hash, ByteView data);
uint64_t mix(uint64_t hash, uint64_t word);

// The way a datagram came.
struct Path {
  uint32_t local = 0;
  Address remote;

  bool operator==(const Path&) const = default;
  [[nodiscard]] uint64_t hash() const;
};

struct Pair {
  Path path;
  uint32_t generation = 0;     // serial of the credentials; 0: no pair
  uint32_t peer_priority = 0;  // PRIORITY of the newest check
  uint64_t peer_tag = 0;       // hash of the ufrag that the peer calls its own
  uint64_t first_check_ns = 0;
  uint64_t last_check_ns = 0;
  uint64_t rtt_ns = 0;        // no round trip of the pair is longer; 0: not known
  bool was_plain = false;     // a check without USE-CANDIDATE came: the peer nominates regularly
  bool is_nominated = false;  // a check with USE-CANDIDATE came
};

class PairTable {
 public:
  // More than a peer with a few interfaces has; one that brings more loses the pairs unused
  // longest.
  static constexpr size_t kMaxPairs = 16;

  [[nodiscard]] Pair* find(uint32_t generation, const Path& path);
  [[nodiscard]] const Pair* find(uint32_t generation, const Path& path) const;
  // The pair, made where there is none; keep is never the one that makes room.
  Pair& touch(uint32_t generation, const Path& path, const Pair* keep);
  void drop_generation(uint32_t generation);
  static void drop(Pair& pair) { pair = Pair{}; }
  [[nodiscard]] std::span<Pair> all() { return pairs_; }
  [[nodiscard]] size_t count() const;
  [[nodiscard]] uint64_t mix_into(uint64_t hash) const;

 private:
  std::array<Pair, kMaxPairs> pairs_{};
};

class TransactionLog {
 public:
  // Half a minute of a peer that checks four pairs every two seconds. An older replay is answered
  // and heals with the peer's next check.
  static constexpr size_t kMaxEntries = 64;
  enum class Seen : uint8_t { kNever, kHere, kElsewhere };

  [[nodiscard]] Seen look_up(ByteView transaction_id, const Path& path) const;
  void add(ByteView transaction_id, const Path& path);
  [[nodiscard]] uint64_t mix_into(uint64_t hash) const;

 private:
  struct Entry {
    std::array<uint8_t, stun::kTransactionIdLen> transaction_id{};
    uint64_t path = 0;  // 0: unused
  };
  std::array<Entry, kMaxEntries> entries_{};
  size_t next_ = 0;
};

}  // namespace voxlock::ice
