// Counts delays in whole microseconds, for percentiles without keeping every sample.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace example {

class Latency {
 public:
  void add(uint64_t ns) {
    const size_t us = static_cast<size_t>(ns / 1000);
    ++counts_[us < counts_.size() ? us : counts_.size() - 1];
    ++total_;
  }
  // The delay that `share` (0..1) of all samples stay at or below, in microseconds; 0 without
  // samples.
  [[nodiscard]] double percentile(double share) const {
    uint64_t left = static_cast<uint64_t>(share * static_cast<double>(total_));
    for (size_t us = 0; us < counts_.size(); ++us) {
      if (left < counts_[us]) return static_cast<double>(us);
      left -= counts_[us];
    }
    return 0;
  }

 private:
  // Twenty milliseconds, a whole packet; what is above counts as that.
  std::array<uint64_t, 20'000> counts_{};
  uint64_t total_ = 0;
};

}  // namespace example
