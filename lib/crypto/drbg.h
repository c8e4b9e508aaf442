// HMAC_DRBG with SHA-256 (NIST SP 800-90A, section 10.1.2) over mbedTLS.
#pragma once

#include <mbedtls/hmac_drbg.h>

#include "base/random.h"

namespace voxlock::crypto {

// Deterministic: the same seed gives the same bytes. Not copyable; wiped on destruction. mbedTLS
// holds the hash state of the generator in memory of the C library, which it wipes itself.
class Drbg final : public RandomSource {
 public:
  Drbg();
  ~Drbg() override;
  Drbg(const Drbg&) = delete;
  Drbg& operator=(const Drbg&) = delete;

  // Seeds from 16..64 bytes. ERR_INVALID_ARGUMENT outside that, ERR_NO_MEMORY.
  Result<void> seed(ByteView seed);
  // Seeds from another source.
  Result<void> seed_from(RandomSource& parent);
  // Seeds from the operating system, once; no file is opened. ERR_ENTROPY.
  Result<void> seed_from_system();

  // ERR_ENTROPY before it was seeded.
  Result<void> fill(MutableBytes out) override;

 private:
  mbedtls_hmac_drbg_context drbg_;
  bool is_seeded_ = false;
};

}  // namespace voxlock::crypto
