#include "base/memory.h"

#include <cstring>
#include <stdexcept>
#include <string>

#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;

TEST_CASE("memory comes back wiped") {
  test::TestAllocator allocator;
  Memory memory(allocator.raw());
  {
    std::pmr::string text("a secret that is far too long for the small string buffer", &memory);
    text += text;
    CHECK(allocator.live_blocks == 1);
  }
  CHECK(allocator.live_blocks == 0);
  CHECK(allocator.dirty_frees == 0);
}

TEST_CASE("a refused allocation throws and leaks nothing") {
  test::TestAllocator allocator;
  Memory memory(allocator.raw());
  allocator.fail_after(0, false);
  CHECK_THROWS_AS(make_box<int>(memory, 1), std::bad_alloc);
  CHECK(make_box<int>(memory, 1) != nullptr);
  CHECK(allocator.live_blocks == 0);
}

TEST_CASE("make_box gives the block back where a constructor throws") {
  struct Thrower {
    Thrower() { throw std::runtime_error("no"); }
  };
  test::TestAllocator allocator;
  Memory memory(allocator.raw());
  CHECK_THROWS_AS(make_box<Thrower>(memory), std::runtime_error);
  CHECK(allocator.live_blocks == 0);
}

TEST_CASE("the default allocator keeps alignments") {
  Memory memory(nullptr);
  for (const size_t align : {1, 8, 64, 4096}) {
    void* block = memory.allocate(100, align);
    CHECK(reinterpret_cast<uintptr_t>(block) % align == 0);
    std::memset(block, 1, 100);
    memory.deallocate(block, 100, align);
  }
}
