#include "base/secure.h"

namespace voxlock::secure {

// Never inlined: its frame has to lie where the frames of the functions called before lay.
__attribute__((noinline)) void burn_stack() {
  uint8_t dead[kBurntStack];
  wipe(dead, sizeof dead);
}

}  // namespace voxlock::secure
