#include "ua/index.h"

#include <bit>
#include <cstring>

namespace voxlock::ua {
namespace {

struct SipHash {
  uint64_t v0, v1, v2, v3;
  uint64_t word = 0;
  uint64_t count = 0;

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  }
  void flush() {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
    word = 0;
  }
  void byte(uint8_t value) {
    word |= static_cast<uint64_t>(value) << (8 * (count & 7));
    if ((++count & 7) == 0) flush();
  }
  uint64_t finish() {
    word |= count << 56;
    flush();
    v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

Result<void> KeyedHash::seed(RandomSource& random) {
  std::array<uint8_t, 16> raw;
  VOXLOCK_TRY_VOID(random.fill(raw));
  std::memcpy(key_.data(), raw.data(), raw.size());
  return {};
}

uint64_t KeyedHash::of(std::initializer_list<std::string_view> parts) const {
  SipHash hash{key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d,
               key_[0] ^ 0x6c7967656e657261, key_[1] ^ 0x7465646279746573};
  for (const std::string_view part : parts) {
    for (const char c : part) hash.byte(static_cast<uint8_t>(c));
    hash.byte(0);
  }
  return hash.finish();
}

Index::Index(std::pmr::memory_resource& memory, uint32_t capacity)
    : heads_(std::bit_ceil(static_cast<size_t>(capacity) + 1), kEnd, &memory),
      entries_(capacity, &memory) {
  for (uint32_t i = capacity; i != 0; --i) {
    entries_[i - 1].next = free_;
    free_ = i - 1;
  }
}

bool Index::insert(uint64_t hash, uint64_t id) {
  if (free_ == kEnd) return false;
  const uint32_t at = free_;
  free_ = entries_[at].next;
  uint32_t& head = heads_[bucket(hash)];
  entries_[at] = {hash, id, head};
  head = at;
  return true;
}

void Index::erase(uint64_t hash, uint64_t id) {
  for (uint32_t* link = &heads_[bucket(hash)]; *link != kEnd; link = &entries_[*link].next) {
    const uint32_t at = *link;
    if (entries_[at].hash != hash || entries_[at].id != id) continue;
    *link = entries_[at].next;
    entries_[at].next = free_;
    free_ = at;
    return;
  }
}

}  // namespace voxlock::ua
