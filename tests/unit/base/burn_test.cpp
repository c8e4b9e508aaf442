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
  auto* dead = static_cast<uint8_t*>(__builtin_alloca(kMarkerSize + depth));
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

struct Register {
  uint64_t low, high;
  bool operator==(const Register&) const = default;
};
constexpr uint64_t kMarkers = 0xc7c7c7c7c7c7c7c7;

// Of the vector registers, the 128 bits that every processor of the kind has: a marker in all of
// them, a burn, and what they hold then.
#if defined(__x86_64__)
#define VOXLOCK_REGISTERS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"
constexpr size_t kRegisters = 16;
__attribute__((noinline)) void burn_registers(Register* after) {
  __asm__ __volatile__(".irp n," VOXLOCK_REGISTERS
                       "\n\tmovq %0, %%xmm\\n\n\tpunpcklqdq %%xmm\\n, %%xmm\\n\n\t.endr"
                       :
                       : "r"(kMarkers)
                       : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                         "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  secure::burn_stack(kBurnt);
  __asm__ __volatile__(".irp n," VOXLOCK_REGISTERS "\n\tmovups %%xmm\\n, 16*\\n(%0)\n\t.endr"
                       :
                       : "r"(after)
                       : "memory");
}
bool is_of_callers(size_t) {
  return false;
}
#elif defined(__aarch64__)
#define VOXLOCK_REGISTERS \
  "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
constexpr size_t kRegisters = 32;
__attribute__((noinline)) void burn_registers(Register* after) {
  __asm__ __volatile__(".irp n," VOXLOCK_REGISTERS "\n\tdup v\\n\\().2d, %0\n\t.endr"
                       :
                       : "r"(kMarkers)
                       : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11",
                         "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
                         "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
  secure::burn_stack(kBurnt);
  __asm__ __volatile__(".irp n," VOXLOCK_REGISTERS "\n\tstr q\\n, [%0], #16\n\t.endr"
                       : "+r"(after)
                       :
                       : "memory");
}
// AAPCS64 section 6.1.2: the lower halves of v8 to v15.
bool is_of_callers(size_t n) {
  return n >= 8 && n < 16;
}
#endif

}  // namespace

#if defined(VOXLOCK_REGISTERS)
TEST_CASE("a burn leaves nothing in vector registers but what is the callers'") {
  Register after[kRegisters] = {};
  burn_registers(after);
  for (size_t n = 0; n < kRegisters; ++n) {
    INFO("register " << n);
    CHECK(after[n] == Register{is_of_callers(n) ? kMarkers : 0, 0});
  }
}
#endif

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
  stack.run([&] {
    const secure::StackBurn burn(kBurnt);
    leave_marker(512);
  });
  CHECK(stack.count(kMarker) < 64);
}
