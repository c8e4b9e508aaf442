// What becomes of what is asked about pages of memory.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>

namespace voxlock::test {

// Whether mlock locks: the run-time libraries of sanitizers take the call and do nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kHasLocks = false;
#else
inline constexpr bool kHasLocks = true;
#endif

// Whether a child of fork gets zeros where madvise asks for it: qemu-user says yes and does
// nothing.
inline bool wipes_on_fork() {
  const auto len = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const page = mmap(nullptr, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  const auto* first = static_cast<volatile char*>(page);
  *static_cast<volatile char*>(page) = 1;
  int status = -1;
  if (madvise(page, len, MADV_WIPEONFORK) == 0) {
    const pid_t child = fork();
    if (child == 0) _exit(*first);
    if (waitpid(child, &status, 0) != child) status = -1;
  }
  munmap(page, len);
  return status == 0;
}

}  // namespace voxlock::test
