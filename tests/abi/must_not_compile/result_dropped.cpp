// A Result that nobody looks at hides an error.
// expect: ignoring return(ed)? value
#include "base/result.h"

voxlock::Result<int> answer();

void use() {
#ifdef VOXLOCK_MISUSE
  answer();
#else
  (void)answer().has_value();
#endif
}
