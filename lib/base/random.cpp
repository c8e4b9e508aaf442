#include "base/random.h"

namespace voxlock {

Result<uint32_t> RandomSource::u32() {
  uint8_t raw[4];
  VOXLOCK_TRY_VOID(fill(raw));
  return bytes::Reader(raw).u32();
}

}  // namespace voxlock
