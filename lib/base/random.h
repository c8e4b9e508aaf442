// Where unpredictable bytes come from.
#pragma once

#include <cstdint>
#include <memory_resource>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/result.h"

namespace voxlock {

// Implemented by crypto::Drbg and by the fixed sources of the tests.
class RandomSource {
 public:
  virtual ~RandomSource() = default;

  // Fills out with unpredictable bytes. ERR_ENTROPY, and zeros in out, where the source failed.
  virtual Result<void> fill(MutableBytes out) = 0;

  // A 32-bit number; the same errors as fill.
  Result<uint32_t> u32();
};

}  // namespace voxlock
