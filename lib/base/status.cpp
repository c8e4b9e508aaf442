#include "base/status.h"

namespace voxlock {

const char* status_text(int32_t status) {
  switch (status) {
#define VOXLOCK_STATUS_CASE(name, number, text) \
  case number:                                  \
    return text;
    VOXLOCK_STATUS_LIST(VOXLOCK_STATUS_CASE)
#undef VOXLOCK_STATUS_CASE
    default:
      return "unknown status";
  }
}

const char* status_name(int32_t status) {
  switch (status) {
#define VOXLOCK_STATUS_CASE(name, number, text) \
  case number:                                  \
    return "VOXLOCK_" #name;
    VOXLOCK_STATUS_LIST(VOXLOCK_STATUS_CASE)
#undef VOXLOCK_STATUS_CASE
    default:
      return "VOXLOCK_UNKNOWN";
  }
}

}  // namespace voxlock
