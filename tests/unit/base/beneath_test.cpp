#include "base/beneath.h"

#include <cstdint>
#include <cstring>

#include "base/beneath_hooks.h"
#include "base/memory.h"
#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::beneath;

namespace {

struct World {
  test::TestAllocator allocator;
  Memory memory{allocator.raw()};
};

bool is_zero(const void* piece, size_t len) {
  const auto* bytes = static_cast<const uint8_t*>(piece);
  for (size_t i = 0; i < len; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("what is allocated under a loan comes from its memory and goes back there") {
  World outer, inner;
  void* kept = nullptr;
  {
    const Loan loan(&outer.memory);
    kept = allocate(100, 16);
    CHECK(outer.allocator.live_blocks == 1);
    {
      const Loan hidden(&inner.memory);
      void* const piece = allocate(40, 64);
      CHECK(reinterpret_cast<uintptr_t>(piece) % 64 == 0);
      CHECK(is_zero(piece, 40));
      CHECK(inner.allocator.live_blocks == 1);
      release(piece);
      CHECK(inner.allocator.live_blocks == 0);
      const Loan none(nullptr);
      release(allocate(40, 16));
      CHECK(inner.allocator.count == 1);
    }
    void* const second = allocate(0, 16);
    CHECK(second != nullptr);
    CHECK(outer.allocator.live_blocks == 2);
    release(second);
  }
  REQUIRE(kept != nullptr);
  CHECK(is_zero(kept, 100));
  std::memset(kept, 0x5a, 100);
  release(kept);
  CHECK(outer.allocator.live_blocks == 0);
  release(nullptr);
}

TEST_CASE("where the memory of a loan ends there is none, and no other is taken instead") {
  World world;
  world.allocator.fail_after(0, true);
  const Loan loan(&world.memory);
  CHECK(allocate(16, 16) == nullptr);
  CHECK(allocate(16, 128) == nullptr);
  CHECK(allocate(SIZE_MAX, 16) == nullptr);
}

TEST_CASE("a reserve holds what it was measured for, and goes with its last piece") {
  World world;
  const auto take_three = [](void*(&out)[3]) {
    out[0] = allocate(10, 16);
    out[1] = allocate(1000, 64);
    out[2] = allocate(1, 16);
  };
  void* pieces[3];
  size_t needed = 0;
  {
    const Reserve ample = *Reserve::take(16, nullptr);
    take_three(pieces);
    needed = ample.used();
    for (void* piece : pieces) release(piece);
  }
  {
    const Reserve reserve = *Reserve::take(needed, &world.memory);
    take_three(pieces);
    CHECK(reserve.used() == needed);
  }
  CHECK(world.allocator.live_blocks == 1);
  CHECK(reinterpret_cast<uintptr_t>(pieces[1]) % 64 == 0);
  for (void* piece : pieces) {
    CHECK(world.allocator.live_blocks == 1);
    release(piece);
  }
  CHECK(world.allocator.live_blocks == 0);
  world.allocator.fail_after(0, true);
  CHECK(Reserve::take(16, &world.memory).error() == Status::ERR_NO_MEMORY);
}

#if VOXLOCK_PRIVATE_MEMORY
TEST_CASE("the private copies' allocator is calloc's and realloc's equal") {
  World world;
  const Loan loan(&world.memory);
  CHECK(beneath_calloc(SIZE_MAX / 2, 3) == nullptr);
  void* piece = beneath_calloc(5, 20);
  REQUIRE(piece != nullptr);
  std::memset(piece, 7, 100);
  piece = beneath_realloc(piece, 300);
  REQUIRE(piece != nullptr);
  CHECK(static_cast<const uint8_t*>(piece)[99] == 7);
  piece = beneath_realloc(piece, 10);
  REQUIRE(piece != nullptr);
  CHECK(static_cast<const uint8_t*>(piece)[9] == 7);
  CHECK(world.allocator.live_blocks == 1);
  world.allocator.fail_after(0, true);
  CHECK(beneath_realloc(piece, 20) == nullptr);
  CHECK(static_cast<const uint8_t*>(piece)[9] == 7);
  beneath_free(piece);
  CHECK(world.allocator.live_blocks == 0);
  CHECK(beneath_print(beneath_file, "%d", 1) == 0);
  CHECK(beneath_print_checked(beneath_file, 1, "%d", 1) == 0);
  // What lives as long as the process is in nobody's memory.
  piece = beneath_calloc_shared(1, 10);
  CHECK(piece != nullptr);
  CHECK(world.allocator.live_blocks == 0);
  beneath_free(piece);
}
#endif
