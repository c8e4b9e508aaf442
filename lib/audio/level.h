// Level of a frame as RFC 6464 tells it.
#pragma once

#include <cstdint>

#include "audio/frame.h"

namespace voxlock::audio {

// RFC 6464 3: -dBov, 0 (as loud as full scale) to 127 (silence, or an empty frame).
uint8_t level_minus_dbov(PcmView pcm);

}  // namespace voxlock::audio
