// Bounds how many requests of strangers are answered.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace voxlock::ice {

// A bucket that holds one second's worth.
class ErrorBudget {
 public:
  explicit ErrorBudget(uint32_t per_second) : per_second_(per_second), left_(per_second) {}

  // Whether one more answer may go out; takes it.
  bool take(uint64_t now_ns) {
    refill(now_ns);
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  void refill(uint64_t now_ns) {
    if (per_second_ == 0) return;
    const uint64_t each_ns = kNsPerSecond / per_second_;
    const uint64_t came = (now_ns - filled_ns_) / each_ns;
    filled_ns_ += came * each_ns;
    left_ = static_cast<uint32_t>(std::min<uint64_t>(per_second_, left_ + came));
  }

  uint32_t per_second_;
  uint32_t left_;
  uint64_t filled_ns_ = 0;
};

}  // namespace voxlock::ice
