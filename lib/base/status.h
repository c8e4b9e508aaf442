// The status codes of the C ABI as a strong type.
#pragma once

#include <cstdint>
#include <string_view>

#include "voxlock/status.h"

namespace voxlock {

enum class Status : int32_t {
#define VOXLOCK_STATUS_CLASS(name, number, text) name = (number),
  VOXLOCK_STATUS_LIST(VOXLOCK_STATUS_CLASS)
#undef VOXLOCK_STATUS_CLASS
};

constexpr int32_t to_int(Status status) {
  return static_cast<int32_t>(status);
}

// One English clause, "unknown status" for a number that is not in the list.
const char* status_text(int32_t status);
// The C name, "VOXLOCK_UNKNOWN" for a number that is not in the list.
const char* status_name(int32_t status);

}  // namespace voxlock
