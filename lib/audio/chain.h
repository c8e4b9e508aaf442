// A chain of processing stages built from an array. Everything is allocated when it is made;
// process() allocates nothing, and a stage that cannot work passes audio through and counts it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "audio/frame.h"
#include "audio/stage.h"
#include "base/result.h"

namespace voxlock::audio {

struct ChainConfig {
  uint32_t sample_rate = 8000;  // Hz of the input; the resample stages decide the output's
  // Every process() call gives a multiple of so many samples, at most 120 ms; 0: 10 ms. Smaller
  // blocks than a stage's frame cost latency (frame - gcd(frame, block)), multiples of it cost
  // none.
  uint32_t block_samples = 0;
  std::span<const StageConfig> stages;  // in order; none: audio passes unchanged
};

inline constexpr size_t kMaxStages = 16;  // far beyond any sensible chain, bounds a wild count

class Chain {
 public:
  // ERR_AUDIO_RATE, ERR_AUDIO_BLOCK, ERR_AUDIO_STAGE_COUNT and the statuses of Stage::create.
  // Throws std::bad_alloc.
  static Result<Chain> create(std::pmr::memory_resource& memory, const ChainConfig& config);

  // In place; only where output_rate() equals input_rate(), else ERR_WRONG_STATE.
  // ERR_AUDIO_FRAME_SIZE where pcm is not a multiple of block_samples().
  Result<void> process(Pcm pcm);
  // From in to out, which may be the same buffer where the rate does not rise, else they must not
  // overlap (ERR_AUDIO_OVERLAP). Returns output_samples(in.size()). ERR_AUDIO_FRAME_SIZE,
  // ERR_BUFFER_TOO_SMALL. On error nothing changed.
  Result<size_t> process(PcmView in, Pcm out);

  [[nodiscard]] uint32_t input_rate() const { return input_rate_; }
  [[nodiscard]] uint32_t output_rate() const { return output_rate_; }
  [[nodiscard]] uint32_t block_samples() const { return block_; }
  [[nodiscard]] size_t output_samples(size_t in_samples) const;
  // Delay of the whole chain in samples at output_rate(), rounded up.
  [[nodiscard]] uint32_t latency_samples() const { return latency_; }
  // Bytes of dead stack that process() leaves with audio in them, to be burnt by the caller, on
  // success and on error.
  [[nodiscard]] size_t stack_depth() const { return stack_depth_; }
  [[nodiscard]] uint64_t latency_ns() const {
    return uint64_t{latency_} * 1'000'000'000 / output_rate_;
  }

  [[nodiscard]] size_t stage_count() const { return stages_.size(); }
  [[nodiscard]] StageKind stage_kind(size_t index) const { return stages_[index].kind(); }
  [[nodiscard]] const StageStats& stage_stats(size_t index) const { return stages_[index].stats(); }

 private:
  Chain(std::pmr::memory_resource& memory, const ChainConfig& config);
  Result<void> add_all(std::pmr::memory_resource& memory, std::span<const StageConfig> configs);
  void run_in_place(PcmView in, Pcm out);
  void run_through_work(PcmView in, Pcm out);

  std::pmr::vector<Stage> stages_;
  uint32_t input_rate_;
  uint32_t output_rate_;
  uint32_t block_;
  uint32_t piece_;  // samples in of one pass through all stages: a multiple of block_
  uint32_t latency_ = 0;
  bool changes_rate_ = false;
  size_t stack_depth_;
  Array<int16_t> work_[2];  // only where the rate changes
};

}  // namespace voxlock::audio
