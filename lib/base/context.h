// What every object of the library is made from: memory, log, entropy, wall time.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/memory.h"
#include "base/random.h"

namespace voxlock {

enum class LogLevel : int32_t { kError = 1, kWarning = 2, kInfo = 3, kDebug = 4 };

struct LogSink {
  voxlock_log_fn write = nullptr;
  void* user = nullptr;
  LogLevel level = LogLevel::kWarning;
};

// Objects keep a reference and never outlive it (the C handles count references). memory(), log()
// and wall_ns() may be used from any thread; random() only while making an object.
class Context {
 public:
  Context(std::pmr::memory_resource& memory, RandomSource& random, const LogSink& log,
          std::pmr::memory_resource* arena = nullptr)
      : memory_(memory), arena_(arena), random_(random), log_(log) {}
  // The same with another source of randomness, for objects that make further ones later.
  Context(const Context& other, RandomSource& random)
      : memory_(other.memory_),
        arena_(other.arena_),
        random_(random),
        log_(other.log_),
        wall_offset_(other.wall_offset_.load(std::memory_order_relaxed)) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] std::pmr::memory_resource& memory() const { return memory_; }
  // Where there are arenas: for keys that a library beneath keeps. nullptr: it has the C library's.
  [[nodiscard]] std::pmr::memory_resource* arena() const { return arena_; }
  // The context's own source. An object that needs randomness after it was made draws a seed here
  // in its constructor and makes a crypto::Drbg from it.
  [[nodiscard]] RandomSource& random() const { return random_; }

  // Unix time in ns that belongs to the monotonic time now_ns; 0 where the host told none.
  [[nodiscard]] uint64_t wall_ns(uint64_t now_ns) const;
  void set_wall(uint64_t unix_ns, uint64_t now_ns);

  // Never hand keys, audio, digits or credentials to the log.
  void log(LogLevel level, std::string_view text) const;

 private:
  std::pmr::memory_resource& memory_;
  std::pmr::memory_resource* arena_;
  RandomSource& random_;
  LogSink log_;
  // Unix time minus monotonic time, modulo 2^64; kUnknown where the host told none.
  static constexpr uint64_t kUnknown = UINT64_MAX;
  std::atomic<uint64_t> wall_offset_{kUnknown};
};

}  // namespace voxlock
