// Memory for keys and plaintext: locked, left out of core dumps, gone in a child of fork, and
// between pages that nobody may touch. The one place that maps pages.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "base/memory.h"

namespace voxlock {

// Blocks share regions of pages, in steps of 64 bytes and without heads of their own: what belongs
// to the arena itself lies in the host's memory. Wipes each block that it takes back. Any thread
// may call: a flag is held for some steps, and for a system call where a region is new. No packet
// comes here, for nothing is allocated for one. In a child of fork it gives nothing more: what is
// made there would draw the random numbers that the parent draws. What goes back there stays mapped
// until the arena goes.
class Arena final : public std::pmr::memory_resource {
 public:
  enum class Lock : uint8_t { kWhereAllowed, kAlways };

  // Bytes.
  struct Use {
    uint64_t reserved = 0;  // mapped
    uint64_t locked = 0;    // of these: never written to swap
    uint64_t used = 0;      // in blocks
  };

  static constexpr size_t kGranule = 64;
  static constexpr size_t kFirstRegion = 64 * 1024;
  static constexpr size_t kRegion = 256 * 1024;  // further ones; a larger block has one of its own

  // Throws std::bad_alloc, with kAlways also where the system locks no more (RLIMIT_MEMLOCK).
  Arena(Memory& books, Lock lock);
  ~Arena() override;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  [[nodiscard]] Use use();

 private:
  struct Region;
  class Hold;

  void* do_allocate(size_t size, size_t align) override;
  void do_deallocate(void* block, size_t size, size_t align) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  [[nodiscard]] bool is_in_child() const { return *mark_ == 0; }
  Region& add_region(size_t len);
  void drop_region(Region* region);
  [[nodiscard]] Region* find_region(const void* block);
  void keep_or_drop(Region& region);

  Memory& books_;
  Lock lock_;
  std::atomic_flag is_held_;
  const volatile uint8_t* mark_ = nullptr;  // in the arena; zero in a child of fork
  Region* regions_ = nullptr;
  Region* latest_ = nullptr;  // where the last block was taken or given back
  Region* spare_ = nullptr;   // one that is empty, for who comes next; not the first
  Use use_;
};

}  // namespace voxlock
