#include "base/memory.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
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
}

TEST_CASE("a test in which a block comes back unwiped does not pass") {
  const uint8_t last = GENERATE(uint8_t{0}, uint8_t{1});
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    (void)std::signal(SIGABRT, SIG_DFL);
    const int quiet = dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    test::TestAllocator allocator;
    const voxlock_allocator* const raw = allocator.raw();
    auto* block = static_cast<uint8_t*>(raw->alloc(raw->user, 100, 8));
    std::memset(block, 0, 99);
    block[99] = last;
    raw->free(raw->user, block, 100, 8);
    _exit(quiet == STDERR_FILENO ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) == (last == 0));
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) == (last != 0));
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
