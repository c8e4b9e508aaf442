// The CPU's own cycle counter, to measure stretches shorter than a call of the library. It is no
// clock: it has no epoch and no unit until it is calibrated against the host's now_ns.
#pragma once

#include <cstdint>

namespace voxlock {

#if defined(__x86_64__) || defined(__i386__)
inline constexpr bool kHasCycles = true;
inline uint64_t read_cycles() {
  return __builtin_ia32_rdtsc();
}
#elif defined(__aarch64__)
inline constexpr bool kHasCycles = true;
inline uint64_t read_cycles() {
  uint64_t value;
  __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(value));
  return value;
}
#else
inline constexpr bool kHasCycles = false;
inline uint64_t read_cycles() {
  return 0;
}
#endif

// Learns how many cycles a nanosecond has from the times the host passes with its calls. A host
// whose now_ns is real time gets real figures; a simulated clock gets figures on its own scale.
class CycleScale {
 public:
  void observe(uint64_t now_ns) {
    if (!kHasCycles || now_ns < next_ns_) return;
    const uint64_t cycles = read_cycles();
    if (first_cycles_ == 0) {
      first_cycles_ = cycles;
      first_ns_ = now_ns;
      next_ns_ = now_ns + kShortestSpanNs;
      return;
    }
    if (cycles <= first_cycles_) return;
    // A figure changes little while its span grows by a little.
    next_ns_ = now_ns + kShortestSpanNs + (now_ns - first_ns_) / 16;
    cycles_per_ns_ =
        static_cast<double>(cycles - first_cycles_) / static_cast<double>(now_ns - first_ns_);
  }
  [[nodiscard]] bool is_known() const { return cycles_per_ns_ > 0; }
  [[nodiscard]] uint64_t to_ns(uint64_t cycles) const {
    return is_known() ? static_cast<uint64_t>(static_cast<double>(cycles) / cycles_per_ns_) : 0;
  }

 private:
  // Below this the jitter of now_ns itself (a timer tick, a batch read late) would be in the
  // figure.
  static constexpr uint64_t kShortestSpanNs = 50'000'000;

  uint64_t first_cycles_ = 0;
  uint64_t first_ns_ = 0;
  uint64_t next_ns_ = 0;
  double cycles_per_ns_ = 0;
};

}  // namespace voxlock
