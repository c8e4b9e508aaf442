// A histogram of fixed memory: 16 buckets in every power of two, so that a quantile is at most 6.25
// % above the true value.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace voxlock::bridge {

class Histogram {
 public:
  void add(uint64_t value) {
    ++buckets_[index(value)];
    ++count_;
    max_ = std::max(max_, value);
  }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t max() const { return max_; }

  // Upper edge of the bucket that holds the per_mille-th of a thousand parts; 0 where nothing was
  // added.
  [[nodiscard]] uint64_t quantile(uint32_t per_mille) const {
    const uint64_t wanted = (count_ * per_mille + 999) / 1000;
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size() && wanted != 0; ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return std::min(upper_edge(i), max_);
    }
    return 0;
  }

 private:
  static constexpr size_t kSubBits = 4;
  static constexpr size_t kSub = size_t{1} << kSubBits;
  // Values of 2^36 and more (20 s of a 3 GHz counter) share the last bucket.
  static constexpr size_t kOctaves = 36;

  static size_t index(uint64_t value) {
    if (value < kSub) return static_cast<size_t>(value);
    const auto octave = static_cast<size_t>(std::bit_width(value)) - 1;
    if (octave >= kOctaves) return kBuckets - 1;
    const size_t sub = static_cast<size_t>(value >> (octave - kSubBits)) & (kSub - 1);
    return (octave - kSubBits + 1) * kSub + sub;
  }
  static uint64_t upper_edge(size_t i) {
    if (i < kSub) return i;
    if (i == kBuckets - 1) return UINT64_MAX;
    const size_t shift = i / kSub - 1;
    return ((static_cast<uint64_t>(kSub + i % kSub) + 1) << shift) - 1;
  }

  static constexpr size_t kBuckets = (kOctaves - kSubBits + 1) * kSub;
  std::array<uint32_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace voxlock::bridge
