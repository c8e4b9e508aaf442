#include "rtp/sequence.h"

namespace voxlock::rtp {

void SequenceExtender::restart(uint32_t roc) {
  highest_ = uint64_t{roc} << 16;
  has_any_ = false;
}

}  // namespace voxlock::rtp
