// Finds objects by a text that a peer chose. The hash is keyed, so that a peer cannot choose texts
// that all fall into one chain.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace voxlock::ua {

// SipHash-2-4 (Aumasson, Bernstein 2012) over the parts with a separator between them.
class KeyedHash {
 public:
  Result<void> seed(RandomSource& random);
  [[nodiscard]] uint64_t of(std::initializer_list<std::string_view> parts) const;

 private:
  std::array<uint64_t, 2> key_{};
};

// Hash to object id. Two texts with one 64-bit hash count as equal only after the caller compared
// them: find() walks all ids of a hash.
class Index {
 public:
  Index(std::pmr::memory_resource& memory, uint32_t capacity);

  // False where the index is full.
  bool insert(uint64_t hash, uint64_t id);
  void erase(uint64_t hash, uint64_t id);

  // The first id of the hash for which is_it(id) holds, 0 where there is none.
  template <typename Claim>
  [[nodiscard]] uint64_t find(uint64_t hash, Claim&& is_it) const {
    for (uint32_t at = heads_[bucket(hash)]; at != kEnd; at = entries_[at].next) {
      if (entries_[at].hash == hash && is_it(entries_[at].id)) return entries_[at].id;
    }
    return 0;
  }

 private:
  static constexpr uint32_t kEnd = UINT32_MAX;
  struct Entry {
    uint64_t hash = 0;
    uint64_t id = 0;
    uint32_t next = kEnd;
  };
  [[nodiscard]] size_t bucket(uint64_t hash) const { return hash & (heads_.size() - 1); }

  std::pmr::vector<uint32_t> heads_;
  std::pmr::vector<Entry> entries_;
  uint32_t free_ = kEnd;
};

}  // namespace voxlock::ua
