#include "base/secure.h"

namespace voxlock::secure {

// Never inlined: its frame has to lie where the frames of the functions called before lay.
__attribute__((noinline)) void burn_stack(size_t depth) {
  wipe(__builtin_alloca(depth), depth);
}

}  // namespace voxlock::secure
