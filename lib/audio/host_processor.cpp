#include "audio/host_processor.h"

#include <algorithm>

namespace voxlock::audio {

Result<HostStage> HostStage::create(std::pmr::memory_resource& memory,
                                    const HostProcessor& processor, uint32_t sample_rate) {
  if (processor.process == nullptr) return Status::ERR_AUDIO_PROCESSOR;
  if (processor.sample_rate != sample_rate) return Status::ERR_AUDIO_PROCESSOR_RATE;
  if (processor.frame_samples == 0 || processor.frame_samples > max_packet_samples(sample_rate)) {
    return Status::ERR_AUDIO_STAGE_FRAME;
  }
  if (processor.latency_samples > sample_rate) return Status::ERR_AUDIO_PROCESSOR_LATENCY;
  return HostStage(processor, Array<int16_t>(memory, processor.frame_samples));
}

bool HostStage::process(Pcm frame) {
  if (processor_.is_revoked != nullptr && *processor_.is_revoked) return false;
  if (processor_.process(processor_.user, frame.data(), out_.data(), frame.size()) != 0)
    return false;
  std::copy_n(out_.data(), frame.size(), frame.begin());
  return true;
}

}  // namespace voxlock::audio
