#include "base/arena.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "support/locks.h"

using namespace voxlock;

namespace {

// What fork makes of the body: its exit status, or 128 and the signal that ended it.
template <typename Body>
int in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    (void)std::signal(SIGSEGV, SIG_DFL);  // a test that means to die says nothing
    _exit(body());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// "VmFlags" of the mapping an address lies in.
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  bool is_it = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream in(line);
    if (in >> std::hex >> begin >> dash >> end && dash == '-')
      is_it = begin <= wanted && wanted < end;
    if (is_it && line.starts_with("VmFlags:")) return line + " ";
  }
  return "";
}

// Without the right to lock more than the limit says.
void forbid_locks() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (getuid() == 0 && setuid(65534) != 0)) _exit(99);
}

struct World {
  test::TestAllocator allocator;
  Memory books{allocator.raw()};
  Arena arena{books, Arena::Lock::kWhereAllowed};
};

}  // namespace

TEST_CASE("blocks of an arena share pages, do not overlap and are zero when they went back") {
  World world;
  std::vector<std::pair<uint8_t*, size_t>> blocks;
  size_t asked = 0;
  for (size_t i = 0; i < 3000; ++i) {
    const size_t size = i % 97 == 0 ? 20000 : 1 + i * 7 % 300;
    auto* block = static_cast<uint8_t*>(world.arena.allocate(size, 64));
    CHECK(reinterpret_cast<uintptr_t>(block) % 64 == 0);
    CHECK(std::all_of(block, block + size, [](uint8_t byte) { return byte == 0; }));
    std::fill_n(block, size, static_cast<uint8_t>(i | 1));
    blocks.emplace_back(block, size);
    asked += size;
    if (i % 3 != 2) continue;
    const auto [old, len] = blocks[i / 3];
    const auto mark = static_cast<uint8_t>((i / 3) | 1);
    CHECK(std::all_of(old, old + len, [mark](uint8_t byte) { return byte == mark; }));
    world.arena.deallocate(old, len, 64);
    asked -= len;
  }
  const Arena::Use use = world.arena.use();
  CHECK(use.used >= asked);
  CHECK(use.used <= asked + 2000 * Arena::kGranule);
  CHECK(use.reserved <= 2 * use.used + Arena::kRegion);
  for (size_t i = 1000; i < blocks.size(); ++i)
    world.arena.deallocate(blocks[i].first, blocks[i].second, 64);
  CHECK(world.arena.use().used == 0);
  CHECK(world.arena.use().reserved == Arena::kFirstRegion);
  CHECK(world.allocator.live_blocks == 1);
}

TEST_CASE("where all regions are full one is not mapped for each block that comes and goes") {
  World world;
  std::vector<void*> blocks;
  while (world.arena.use().reserved == Arena::kFirstRegion)
    blocks.push_back(world.arena.allocate(4096, 64));
  world.arena.deallocate(blocks.back(), 4096, 64);
  blocks.pop_back();
  const uint64_t mapped = world.arena.use().reserved;
  CHECK(mapped == Arena::kFirstRegion + Arena::kRegion);
  for (size_t i = 0; i < 10; ++i) {
    void* const block = world.arena.allocate(4096, 64);
    world.arena.deallocate(block, 4096, 64);
    CHECK(world.arena.use().reserved == mapped);
  }
  // It goes where there is room without it.
  for (void* block : blocks) world.arena.deallocate(block, 4096, 64);
  CHECK(world.arena.use().reserved == Arena::kFirstRegion);
  CHECK(world.allocator.live_blocks == 1);
}

TEST_CASE("a block larger than a region has one of its own, which goes with it") {
  World world;
  const size_t len = Arena::kRegion + 1;
  auto* block = static_cast<uint8_t*>(world.arena.allocate(len, 4096));
  block[0] = block[len - 1] = 1;
  CHECK(world.arena.use().reserved > Arena::kFirstRegion + len);
  world.arena.deallocate(block, len, 4096);
  CHECK(world.arena.use().reserved == Arena::kFirstRegion);
  CHECK_THROWS_AS(world.arena.allocate(PTRDIFF_MAX, 8), std::bad_alloc);
  CHECK_THROWS_AS(world.arena.allocate(8, 8192), std::bad_alloc);
  CHECK(world.arena.use().used == 0);
}

TEST_CASE("no core dump, no swap and no child has what lies in an arena") {
  if (!test::wipes_on_fork()) {
    WARN("skipped: this system takes no advice about mappings");
    return;
  }
  World world;
  auto* block = static_cast<uint8_t*>(world.arena.allocate(64, 64));
  std::fill_n(block, 64, uint8_t{0x5a});
  const std::string flags = flags_of(block);
  CHECK(flags.find(" dd ") != flags.npos);
  CHECK(flags.find(" wf ") != flags.npos);
  const bool is_locked = test::kHasLocks && world.arena.use().locked != 0;
  CHECK((flags.find(" lo ") != flags.npos) == is_locked);
  CHECK(in_child([&] {
          return std::all_of(block, block + 64, [](uint8_t byte) { return byte == 0; }) ? 0 : 1;
        }) == 0);
  CHECK(block[63] == 0x5a);
  world.arena.deallocate(block, 64, 64);
}

TEST_CASE("around the pages of an arena nothing can be read or written") {
  World world;
  auto* block = static_cast<volatile uint8_t*>(world.arena.allocate(Arena::kRegion, 64));
  CHECK(in_child([&] { return block[Arena::kRegion - 1]; }) == 0);
  CHECK(in_child([&] { return block[Arena::kRegion]; }) != 0);
  CHECK(in_child([&] { return *(block - 1); }) != 0);
  world.arena.deallocate(const_cast<uint8_t*>(block), Arena::kRegion, 64);
}

TEST_CASE("where the system locks nothing the arena says so, or is not made") {
  if (!test::kHasLocks) return;
  CHECK(in_child([] {
          forbid_locks();
          World world;
          const Arena::Use use = world.arena.use();
          return use.locked == 0 && use.reserved == Arena::kFirstRegion ? 0 : 1;
        }) == 0);
  CHECK(in_child([] {
          forbid_locks();
          test::TestAllocator allocator;
          Memory books(allocator.raw());
          try {
            const Arena arena(books, Arena::Lock::kAlways);
          } catch (const std::bad_alloc&) {
            return allocator.live_blocks == 0 ? 0 : 2;
          }
          return 1;
        }) == 0);
}

TEST_CASE("where the host has no memory for its books an arena stays as it was") {
  World world;
  world.allocator.fail_after(0, true);
  CHECK_THROWS_AS(world.arena.allocate(Arena::kRegion + 1, 64), std::bad_alloc);
  CHECK(world.arena.use().reserved == Arena::kFirstRegion);
  CHECK(world.arena.use().used == 0);
}

TEST_CASE("a child waits for no thread that only its parent has") {
  if (!test::wipes_on_fork()) {
    WARN("skipped: this system takes no advice about mappings");
    return;
  }
  World world;
  void* const block = world.arena.allocate(64, 64);
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    while (!is_over) world.arena.deallocate(world.arena.allocate(64, 64), 64, 64);
  });
  for (int i = 0; i < 30; ++i) {
    CHECK(in_child([&] {
            (void)alarm(10);
            world.arena.deallocate(block, 64, 64);
            (void)world.arena.use();
            return 0;
          }) == 0);
  }
  is_over = true;
  other.join();
  world.arena.deallocate(block, 64, 64);
}

TEST_CASE("two threads may take blocks of one arena") {
  World world;
  const auto work = [&world](uint8_t mark) {
    for (size_t i = 0; i < 20000; ++i) {
      const size_t size = 64 + i % 1000;
      auto* block = static_cast<uint8_t*>(world.arena.allocate(size, 64));
      std::fill_n(block, size, mark);
      if (!std::all_of(block, block + size, [mark](uint8_t byte) { return byte == mark; }))
        return false;
      world.arena.deallocate(block, size, 64);
    }
    return true;
  };
  bool is_good = false;
  std::thread other([&] { is_good = work(1); });
  CHECK(work(2));
  other.join();
  CHECK(is_good);
  CHECK(world.arena.use().used == 0);
}
