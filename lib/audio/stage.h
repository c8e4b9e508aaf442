// One stage of a chain: a kind, its settings, its counters, and the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <variant>

#include "audio/denoise.h"
#include "audio/framed.h"
#include "audio/gain.h"
#include "audio/host_processor.h"
#include "audio/resample.h"

namespace voxlock::audio {

enum class StageKind : uint32_t { kGain = 1, kDenoise = 2, kResample = 3, kHost = 4 };

// The settings of one kind; the others are ignored.
struct StageConfig {
  StageKind kind = StageKind::kGain;
  GainConfig gain;
  DenoiseConfig denoise;
  ResampleConfig resample;
  HostProcessor host;
};

struct StageStats {
  uint64_t samples = 0;          // that went in
  uint64_t frames = 0;           // processed: a stage's own frames
  uint64_t bypassed_frames = 0;  // passed unchanged because the stage failed
  uint32_t latency_samples = 0;  // of this stage at its output rate, framing included
};

class Stage {
 public:
  // input: what reaches the stage. ERR_AUDIO_STAGE_KIND and the statuses of the kind's create.
  struct Input {
    uint32_t sample_rate;
    uint32_t block;  // every call gives a multiple of so many samples
  };
  static Result<Stage> create(std::pmr::memory_resource& memory, const StageConfig& config,
                              Input input);

  // In place for a stage that keeps the rate.
  void process(Pcm pcm);
  // For a stage that changes it; out holds exactly what in becomes, and does not overlap it.
  void resample(PcmView in, Pcm out);

  [[nodiscard]] StageKind kind() const { return kind_; }
  [[nodiscard]] bool changes_rate() const { return changes_rate_; }
  [[nodiscard]] uint32_t output_rate() const { return output_rate_; }
  // Bytes of dead stack with audio in them behind process() or resample().
  [[nodiscard]] size_t stack_depth() const;
  [[nodiscard]] const StageStats& stats() const { return stats_; }

 private:
  using Work = std::variant<Gain, Framed<Denoise>, Framed<HostStage>, Resample>;
  Stage(const StageConfig& config, Input input, Work work);

  StageKind kind_;
  uint32_t output_rate_;
  bool changes_rate_;
  StageStats stats_;
  Work work_;
};

}  // namespace voxlock::audio
