// mbedTLS 3 has a generator for the whole process, which asks here for entropy where the copy of it
// is private: what it allocates then outlives any context.
#include <mbedtls/entropy.h>

#include "base/beneath.h"

#if VOXLOCK_PRIVATE_MEMORY
extern "C" {
int beneath_entropy(void* entropy, unsigned char* out, size_t len);

int beneath_entropy(void* entropy, unsigned char* out, size_t len) {
  const voxlock::beneath::Loan none(nullptr);
  return mbedtls_entropy_func(entropy, out, len);
}
}
#endif
