// States of SpeexDSP in the memory of their owner.
#pragma once

#include <cstddef>
#include <memory_resource>

#include "base/beneath.h"
#include "base/result.h"

namespace voxlock::audio {

// What make() gives, with all that it allocates in one block of memory, or in the C library's where
// SpeexDSP is not our copy. SpeexDSP does not look whether it got memory: a first state, in memory
// that ends only with the machine's, shows how much there has to be. nullptr: make() gave that.
template <typename State>
Result<State*> make_speex(std::pmr::memory_resource& memory, auto make, void (*destroy)(State*)) {
  if constexpr (!beneath::kIsPrivate) return make();
  constexpr size_t kAmple = 128 * 1024;
  size_t needed = 0;
  {
    VOXLOCK_TRY(const beneath::Reserve ample, beneath::Reserve::take(kAmple, nullptr));
    State* const first = make();
    if (first == nullptr) return first;
    needed = ample.used();
    destroy(first);
  }
  VOXLOCK_TRY(const beneath::Reserve reserve, beneath::Reserve::take(needed, &memory));
  return make();
}

}  // namespace voxlock::audio
