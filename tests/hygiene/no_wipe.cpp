// Instead of the library's wipe(), which is inline and so gives way to this one: with it, tests of
// what is left in memory have to fail.
#include <utility>

#include "support/allocator.h"

namespace voxlock::secure {

// Declared again: the header's definition is in the way of its name.
void unwiped(void*, size_t) __asm__("_ZN7voxlock6secure4wipeEPvm");
void unwiped(void*, size_t) {}

}  // namespace voxlock::secure

[[maybe_unused]] static const bool insisted =
    std::exchange(voxlock::test::TestAllocator::insists_on_wiping, false);
