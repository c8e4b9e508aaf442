#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/secure.h"
#include "support/catch.h"

using namespace voxlock;

namespace {

constexpr size_t kStackSize = 512 * 1024;
constexpr uint8_t kMarker = 0xc7;
constexpr size_t kMarkerSize = 16 * 1024;

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

void* run(void* argument) {
  const auto* job = static_cast<const Job*>(argument);
  leave_marker(job->depth);
  if (job->is_burnt) secure::burn_stack();
  return nullptr;
}

// Runs the job on a stack of our own and counts the marker bytes that are left on it.
size_t markers_left(Job job) {
  std::vector<uint8_t> memory(kStackSize + 4096);
  auto* stack =
      reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(memory.data()) + 4095) / 4096 * 4096);
  pthread_attr_t attributes;
  pthread_t thread;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstack(&attributes, stack, kStackSize) == 0);
  REQUIRE(pthread_create(&thread, &attributes, run, &job) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
  return static_cast<size_t>(std::count(memory.begin(), memory.end(), kMarker));
}

}  // namespace

TEST_CASE("a marker on dead stack stays until the stack is burnt") {
  for (const size_t depth :
       {size_t{512}, size_t{16 * 1024}, secure::kBurntStack - kMarkerSize - 1024}) {
    INFO("depth " << depth);
    CHECK(markers_left({depth, false}) >= kMarkerSize / 2);
    CHECK(markers_left({depth, true}) < 64);  // chance bytes
  }
}

TEST_CASE("the burn reaches as far as it says and no further") {
  CHECK(markers_left({secure::kBurntStack + 1024, true}) >= kMarkerSize / 2);
}
