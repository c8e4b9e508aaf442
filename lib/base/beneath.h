// Memory for the libraries beneath. Their allocators take no argument, so a thread says where
// memory comes from while it is in one of them: a Loan, piece by piece, or a Reserve, taken before.
// Only private copies of the libraries ask here; the others have memory of the C library, and all
// of this stands aside.
#pragma once

#include <cstddef>
#include <memory_resource>

#include "base/result.h"

namespace voxlock::beneath {

// Whether mbedTLS and SpeexDSP are private copies.
#if VOXLOCK_PRIVATE_MEMORY
inline constexpr bool kIsPrivate = true;
#else
inline constexpr bool kIsPrivate = false;
#endif

// While it lives, what is allocated in this thread comes from memory, and goes back there whenever
// it is freed. An inner one hides an outer one.
class Loan {
 public:
  // memory: outlives the pieces; nullptr for that of the C library.
  explicit Loan(std::pmr::memory_resource* memory);
  ~Loan();
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

 private:
  std::pmr::memory_resource* outer_;
};

// The same from one block that is there before, for libraries which follow pointers that were never
// set where memory runs out: libsrtp2 (2.5 to 2.7) while it makes a session or a source, SpeexDSP.
// The block goes back with the last piece that is freed. One lives at a time in a thread.
class Reserve {
 public:
  // memory: outlives the pieces; nullptr for that of the C library. ERR_NO_MEMORY.
  static Result<Reserve> take(size_t len, std::pmr::memory_resource* memory);
  Reserve(Reserve&& other) noexcept;
  Reserve& operator=(Reserve&&) = delete;
  ~Reserve();

  // Bytes that it takes to hold all that was asked of it, also what found no room and came from the
  // C library.
  [[nodiscard]] size_t used() const;

 private:
  explicit Reserve(struct Chunk* chunk);
  struct Chunk* chunk_;
};

// A zeroed piece, align a power of two of at most 64; nullptr where there is none. From the
// thread's Reserve, else from its Loan, else from the C library.
void* allocate(size_t len, size_t align);
// Wipes it first; nullptr is allowed.
void release(void* piece);

}  // namespace voxlock::beneath
