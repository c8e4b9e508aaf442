#include "ice/pair_table.h"

#include <algorithm>
#include <cstring>

namespace voxlock::ice {

uint64_t mix(uint64_t hash, ByteView data) {
  for (const uint8_t byte : data) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

uint64_t mix(uint64_t hash, uint64_t word) {
  for (int i = 0; i < 8; ++i) hash = (hash ^ (word >> (8 * i) & 0xff)) * 0x100000001b3;
  return hash;
}

uint64_t Path::hash() const {
  const uint64_t all = mix(mix(kHashStart, remote.ip),
                           uint64_t{local} << 24 | uint64_t{remote.port} << 8 | remote.family);
  return all != 0 ? all : 1;
}

const Pair* PairTable::find(uint32_t generation, const Path& path) const {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& pair) {
    return pair.generation == generation && pair.path == path;
  });
  return at != pairs_.end() ? &*at : nullptr;
}

Pair* PairTable::find(uint32_t generation, const Path& path) {
  return const_cast<Pair*>(std::as_const(*this).find(generation, path));
}

Pair& PairTable::touch(uint32_t generation, const Path& path, const Pair* keep) {
  if (Pair* known = find(generation, path)) return *known;
  Pair* oldest = nullptr;
  for (Pair& pair : pairs_) {
    if (&pair == keep) continue;
    if (oldest == nullptr || pair.generation == 0 ||
        (oldest->generation != 0 && pair.last_check_ns < oldest->last_check_ns)) {
      oldest = &pair;
    }
    if (oldest->generation == 0) break;
  }
  *oldest = Pair{};
  oldest->generation = generation;
  oldest->path = path;
  return *oldest;
}

void PairTable::drop_generation(uint32_t generation) {
  for (Pair& pair : pairs_) {
    if (pair.generation == generation) drop(pair);
  }
}

size_t PairTable::count() const {
  return static_cast<size_t>(std::count_if(pairs_.begin(), pairs_.end(),
                                           [](const Pair& pair) { return pair.generation != 0; }));
}

uint64_t PairTable::mix_into(uint64_t hash) const {
  for (const Pair& pair : pairs_) {
    hash = mix(hash, pair.path.hash());
    hash = mix(hash, uint64_t{pair.generation} << 32 | pair.peer_priority);
    hash = mix(hash, pair.peer_tag);
    hash = mix(hash, pair.last_check_ns);
    hash = mix(hash, (pair.was_plain ? 1u : 0u) | (pair.is_nominated ? 2u : 0u));
  }
  return hash;
}

TransactionLog::Seen TransactionLog::look_up(ByteView transaction_id, const Path& path) const {
  for (const Entry& entry : entries_) {
    if (entry.path != 0 && std::equal(transaction_id.begin(), transaction_id.end(),
                                      entry.transaction_id.begin(), entry.transaction_id.end())) {
      return entry.path == path.hash() ? Seen::kHere : Seen::kElsewhere;
    }
  }
  return Seen::kNever;
}

void TransactionLog::add(ByteView transaction_id, const Path& path) {
  Entry& entry = entries_[next_];
  next_ = (next_ + 1) % kMaxEntries;
  std::copy(transaction_id.begin(), transaction_id.end(), entry.transaction_id.begin());
  entry.path = path.hash();
}

uint64_t TransactionLog::mix_into(uint64_t hash) const {
  for (const Entry& entry : entries_) hash = mix(mix(hash, entry.transaction_id), entry.path);
  return mix(hash, next_);
}

}  // namespace voxlock::ice
