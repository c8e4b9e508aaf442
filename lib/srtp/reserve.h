// Memory for one call into libsrtp2, taken before it. libsrtp2 (2.5 to 2.7) follows pointers that
// were never set where memory runs out while it makes a session or a source; so it does not run out
// there. Where libsrtp2 is shared its memory is its own affair, and all of this stands aside.
#pragma once

#include <cstddef>
#include <memory_resource>

#include "base/result.h"

namespace voxlock::srtp::library {

// While it lives, what libsrtp2 allocates in this thread comes from it. It goes back with the last
// piece that is freed. One lives at a time in a thread.
class Reserve {
 public:
  // memory: outlives the pieces; nullptr for that of the C library. ERR_NO_MEMORY.
  static Result<Reserve> take(size_t len, std::pmr::memory_resource* memory);
  Reserve(Reserve&& other) noexcept;
  Reserve& operator=(Reserve&&) = delete;
  ~Reserve();

  // Bytes that were asked of it, also those that found no room and came from the C library.
  [[nodiscard]] size_t used() const;

 private:
  explicit Reserve(struct Chunk* chunk);
  struct Chunk* chunk_;
};

// A zeroed piece, align a power of two; nullptr where there is none. From the thread's Reserve, or
// from the C library.
void* allocate(size_t len, size_t align);
// Wipes it first; nullptr is allowed.
void release(void* piece);

}  // namespace voxlock::srtp::library
