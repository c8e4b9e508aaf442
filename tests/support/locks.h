// Whether mlock locks: the run-time libraries of sanitizers take the call and do nothing.
#pragma once

namespace voxlock::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kHasLocks = false;
#else
inline constexpr bool kHasLocks = true;
#endif

}  // namespace voxlock::test
