// The host's time, as every stateful object keeps it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace voxlock {

inline constexpr uint64_t kNever = UINT64_MAX;
inline constexpr uint64_t kNsPerMs = 1'000'000;
inline constexpr uint64_t kNsPerSecond = 1'000'000'000;

// A step back counts as no step.
class HostTime {
 public:
  uint64_t advance(uint64_t now_ns) { return latest_ns_ = std::max(latest_ns_, now_ns); }
  [[nodiscard]] uint64_t now_ns() const { return latest_ns_; }

 private:
  uint64_t latest_ns_ = 0;
};

// A deadline that never wraps.
inline uint64_t after(uint64_t now_ns, uint64_t span_ns) {
  return span_ns > kNever - now_ns ? kNever : now_ns + span_ns;
}

}  // namespace voxlock
