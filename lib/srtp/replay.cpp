#include "srtp/replay.h"

#include <cassert>

namespace voxlock::srtp {

uint64_t mix_word(uint64_t hash, uint64_t word) {
  for (int i = 0; i < 8; ++i) {
    hash = (hash ^ (word & 0xff)) * 0x100000001b3;
    word >>= 8;
  }
  return hash;
}

uint64_t Source::mix(uint64_t hash) const {
  hash = mix_word(hash, ssrc);
  hash = mix_word(hash, sequence.highest());
  hash = mix_word(hash, sequence.has_any() ? 1 : 0);
  return rtcp.mix(rtp.mix(hash));
}

Source& SourceTable::add(uint32_t ssrc) {
  assert(!is_full());
  Source& source = sources_.emplace_back();
  source.ssrc = ssrc;
  return source;
}

}  // namespace voxlock::srtp
