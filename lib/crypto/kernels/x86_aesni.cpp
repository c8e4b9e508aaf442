// AES-NI and PCLMULQDQ, one block to a vector.
#include <immintrin.h>

#include "crypto/kernels/x86.h"

#define VOXLOCK_KERNEL __attribute__((target("aes,pclmul,ssse3,sse4.1")))
#define VOXLOCK_INLINE __attribute__((target("aes,pclmul,ssse3,sse4.1"), always_inline)) inline

#include "crypto/kernels/x86_block.h"

namespace voxlock::crypto::kernels {
namespace {

VOXLOCK_INLINE B bit_and(B a, B b) {
  return _mm_and_si128(a, b);
}
VOXLOCK_INLINE B add32(B a, B b) {
  return _mm_add_epi32(a, b);
}

}  // namespace
}  // namespace voxlock::crypto::kernels

#include "crypto/kernels/one_block.h"

#include "crypto/kernels/flow.h"

namespace voxlock::crypto::kernels {

const AesRow kAesNi = {"aesni", expand, ctr, hash_key, ghash, seal, open};

}  // namespace voxlock::crypto::kernels
