#include <cstring>

#include "base/secure.h"
#include "support/catch.h"
#include "support/stack.h"

using namespace voxlock;

namespace {

constexpr uint8_t kMarker = 0xc7;
constexpr size_t kMarkerSize = 16 * 1024;
constexpr size_t kBurnt = 64 * 1024;

// What a codec leaves behind: a frame of samples that is dead once it returns. depth: bytes of
// stack above it.
__attribute__((noinline)) void leave_marker(size_t depth) {
  auto* above = static_cast<uint8_t*>(__builtin_alloca(depth + 1));
  __asm__ __volatile__("" : : "r"(above) : "memory");
  auto* dead = static_cast<uint8_t*>(__builtin_alloca(kMarkerSize));
  std::memset(dead, kMarker, kMarkerSize);
  __asm__ __volatile__("" : : "r"(dead) : "memory");
}

struct Job {
  size_t depth;
  bool is_burnt;
};

// Counts the marker bytes that are left on the stack.
size_t markers_left(Job job) {
  test::PaintedStack stack;
  stack.run([&] {
    leave_marker(job.depth);
    if (job.is_burnt) secure::burn_stack(kBurnt);
  });
  return stack.count(kMarker);
}

}  // namespace

TEST_CASE("a marker on dead stack stays until the stack is burnt") {
  for (const size_t depth : {size_t{512}, size_t{16 * 1024}, kBurnt - kMarkerSize - 1024}) {
    INFO("depth " << depth);
    CHECK(markers_left({depth, false}) >= kMarkerSize / 2);
    CHECK(markers_left({depth, true}) < 64);  // chance bytes
  }
}

TEST_CASE("the burn reaches as far as it says and no further") {
  CHECK(markers_left({kBurnt + 1024, true}) >= kMarkerSize / 2);
}

TEST_CASE("a burn in a scope happens when the scope ends") {
  test::PaintedStack stack;
  size_t inside = 0;
  stack.run([&] {
    const secure::StackBurn burn(kBurnt);
    leave_marker(512);
    inside = stack.count(kMarker);
  });
  CHECK(inside >= kMarkerSize / 2);
  CHECK(stack.count(kMarker) < 64);
}
