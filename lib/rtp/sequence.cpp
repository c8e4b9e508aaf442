#include "rtp/sequence.h"

namespace voxlock::rtp {

uint64_t SequenceExtender::guess(uint16_t sequence) const {
  const uint64_t roc = highest_ >> 16;
  if (!has_any_) return roc << 16 | sequence;
  const auto last = static_cast<uint16_t>(highest_);
  uint64_t guessed = roc;
  if (last < 0x8000) {
    if (sequence - last > 0x8000 && roc != 0) guessed = roc - 1;
  } else if (last - 0x8000 > sequence) {
    guessed = roc + 1;
  }
  return guessed << 16 | sequence;
}

void SequenceExtender::commit(uint64_t index) {
  if (!has_any_ || index > highest_) highest_ = index;
  has_any_ = true;
}

void SequenceExtender::restart(uint32_t roc) {
  highest_ = uint64_t{roc} << 16;
  has_any_ = false;
}

}  // namespace voxlock::rtp
