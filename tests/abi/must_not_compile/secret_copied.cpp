// A key has one owner, which wipes it; a copy would outlive the wipe.
// expect: deleted
#include <utility>

#include "base/secure.h"

using Key = voxlock::secure::Secret<32>;

Key use(Key& key) {
#ifdef VOXLOCK_MISUSE
  return key;
#else
  return std::move(key);
#endif
}
