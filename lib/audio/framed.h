// Feeds a stage of fixed frame size from blocks of any size, in place and with a fixed delay.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <numeric>
#include <utility>

#include "audio/array.h"
#include "audio/frame.h"

namespace voxlock::audio {

// T has frame_samples(), latency_samples() and bool process(Pcm frame).
//
// With block = gcd(block, frame) * k the worst remainder leaves frame - gcd samples waiting, so
// that many zeros go out first and a frame is always ready when it is due:
//
//   in:   [ g ][ g ][ g ] -> frame full: process -> out: [ g ][ g ][ g ]
//   read of step n is written by step n + frame/g - 1
//
// Blocks that are multiples of the frame go straight through, without a copy and without delay.
template <typename T>
class Framed {
 public:
  Framed(std::pmr::memory_resource& memory, T work, uint32_t block)
      : work_(std::move(work)), step_(std::gcd(work_.frame_samples(), block)) {
    if (step_ == work_.frame_samples()) return;
    in_ = Array<int16_t>(memory, work_.frame_samples());
    out_ = Array<int16_t>(memory, work_.frame_samples());
  }

  [[nodiscard]] uint32_t latency_samples() const {
    return work_.latency_samples() + work_.frame_samples() - step_;
  }

  // pcm is a multiple of the block. Counts the frames the stage processed and those it could not.
  void process(Pcm pcm, uint64_t& frames, uint64_t& bypassed) {
    for (; !pcm.empty(); pcm = pcm.subspan(step_)) {
      const Pcm step = pcm.first(step_);
      if (in_.empty()) {
        run(step, frames, bypassed);
        continue;
      }
      std::copy(step.begin(), step.end(), in_.data() + filled_);
      filled_ += step_;
      if (filled_ == in_.size()) {
        run(in_.span(), frames, bypassed);
        std::swap(in_, out_);
        filled_ = 0;
        read_ = 0;
      }
      std::copy_n(out_.data() + read_, step_, step.begin());
      read_ += step_;
    }
  }

 private:
  void run(Pcm frame, uint64_t& frames, uint64_t& bypassed) {
    ++(work_.process(frame) ? frames : bypassed);
  }

  T work_;
  uint32_t step_;
  Array<int16_t> in_;   // filled in steps, none where blocks are whole frames
  Array<int16_t> out_;  // processed, read in steps
  size_t filled_ = 0;
  size_t read_ = 0;
};

}  // namespace voxlock::audio
