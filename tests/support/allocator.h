// A host allocator for tests: counts, fails on demand, and ends the test where a block comes back
// that is not all zero.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "base/context.h"
#include "crypto/drbg.h"
#include "voxlock/context.h"

namespace voxlock::test {

class TestAllocator {
 public:
  TestAllocator()
      : raw_{sizeof(voxlock_allocator), 0, this, &TestAllocator::alloc, &TestAllocator::free} {}

  [[nodiscard]] const voxlock_allocator* raw() const { return &raw_; }
  // The n-th allocation from now (0 = the next) fails; with for_good all after it fail as well.
  void fail_after(uint64_t n, bool for_good) {
    fail_at_ = count + n;
    fails_for_good_ = for_good;
  }
  void never_fail() { fail_at_ = UINT64_MAX; }
  // True once an allocation was refused.
  bool has_failed = false;
  uint64_t count = 0;        // allocations asked for
  uint64_t live_blocks = 0;  // not yet freed
  uint64_t live_bytes = 0;
  // From then on live blocks are known and can be searched.
  bool tracks_blocks = false;
  [[nodiscard]] size_t count_blocks_with(ByteView needle) const {
    return static_cast<size_t>(std::count_if(blocks_.begin(), blocks_.end(), [&](const auto& each) {
      const auto* raw = static_cast<const uint8_t*>(each.first);
      return std::search(raw, raw + each.second, needle.begin(), needle.end()) != raw + each.second;
    }));
  }

  // False where tests/hygiene looks at what is left when nothing is wiped.
  static inline bool insists_on_wiping = true;

 private:
  static void* alloc(void* user, size_t size, size_t align) {
    auto* self = static_cast<TestAllocator*>(user);
    const uint64_t index = self->count++;
    if (index == self->fail_at_ || (self->fails_for_good_ && index > self->fail_at_)) {
      self->has_failed = true;
      return nullptr;
    }
    void* block = nullptr;
    if (posix_memalign(&block, align < sizeof(void*) ? sizeof(void*) : align, size) != 0)
      return nullptr;
    ++self->live_blocks;
    self->live_bytes += size;
    if (self->tracks_blocks) self->blocks_[block] = size;
    return block;
  }
  // Says so in any test, whatever that looks at.
  static void expect_wiped(const uint8_t* block, size_t size) {
    if (!insists_on_wiping) return;
    if (std::all_of(block, block + size, [](uint8_t byte) { return byte == 0; })) return;
    std::fprintf(stderr, "a block of %zu bytes came back unwiped\n", size);
    std::abort();
  }
  static void free(void* user, void* block, size_t size, size_t /*align*/) {
    auto* self = static_cast<TestAllocator*>(user);
    expect_wiped(static_cast<const uint8_t*>(block), size);
    --self->live_blocks;
    self->live_bytes -= size;
    if (self->tracks_blocks) self->blocks_.erase(block);
    std::free(block);
  }

  voxlock_allocator raw_;
  uint64_t fail_at_ = UINT64_MAX;
  bool fails_for_good_ = false;
  std::map<void*, size_t> blocks_;  // live ones, where they are tracked
};

// A context for tests of inner classes: counting memory and a seeded random source.
struct TestContext {
  TestContext() { (void)random.seed(as_bytes("voxlock test seed 0123456789")); }

  TestAllocator allocator;
  Memory memory{allocator.raw()};
  crypto::Drbg random;
  Context context{memory, random, LogSink{}};
};

}  // namespace voxlock::test
