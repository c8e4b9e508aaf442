// Stages of a chain as the host gives them.
#pragma once

#include <array>

#include "audio/chain.h"
#include "voxlock/audio.h"

namespace voxlock::capi {

using StageConfigs = std::array<audio::StageConfig, audio::kMaxStages>;

// Takes config.stages. ERR_AUDIO_STAGE_COUNT, ERR_INVALID_ARGUMENT, ERR_STRUCT_SIZE.
Result<void> read_stages(const voxlock_chain_config& config, StageConfigs& out);

}  // namespace voxlock::capi
