// A processor of the host's in the chain, for example a vendor's denoiser. It fails open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <utility>

#include "audio/array.h"
#include "audio/frame.h"
#include "base/result.h"

namespace voxlock::audio {

struct HostProcessor {
  // Reads samples from in and writes as many to out; the two do not overlap. Anything but 0 is a
  // failure: what it wrote is dropped and the input passes unchanged. Must not call voxlock, throw
  // or keep the pointers.
  int32_t (*process)(void* user, const int16_t* in, int16_t* out, size_t samples) = nullptr;
  void* user = nullptr;
  uint32_t sample_rate = 0;      // of in and out; must be the rate at this place in the chain
  uint32_t frame_samples = 0;    // of every call: 1 sample to 120 ms
  uint32_t latency_samples = 0;  // the processor's own delay, at most 1 s
  // Once it is true the processor gets nothing any more, as if it failed; nullptr: never.
  const bool* is_revoked = nullptr;
};

class HostStage {
 public:
  // ERR_AUDIO_PROCESSOR (no callback), ERR_AUDIO_PROCESSOR_RATE, ERR_AUDIO_STAGE_FRAME,
  // ERR_AUDIO_PROCESSOR_LATENCY. Throws std::bad_alloc.
  static Result<HostStage> create(std::pmr::memory_resource& memory, const HostProcessor& processor,
                                  uint32_t sample_rate);

  [[nodiscard]] uint32_t frame_samples() const { return processor_.frame_samples; }
  [[nodiscard]] uint32_t latency_samples() const { return processor_.latency_samples; }
  // One frame in place. False where the processor failed; frame is unchanged then.
  bool process(Pcm frame);

 private:
  HostStage(const HostProcessor& processor, Array<int16_t> out)
      : processor_(processor), out_(std::move(out)) {}

  HostProcessor processor_;
  Array<int16_t> out_;
};

}  // namespace voxlock::audio
