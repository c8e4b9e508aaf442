// Rows for x86-64 and what they need of the processor.
#pragma once

#include "crypto/kernels/kernels.h"

namespace voxlock::crypto::kernels {

extern const AesRow kAesNi;       // AES-NI, PCLMULQDQ, SSE4.1
extern const AesRow kVaesAvx2;    // VAES, VPCLMULQDQ on 256 bits
extern const AesRow kVaesAvx512;  // VAES, VPCLMULQDQ on 512 bits
extern const Sha1Row kSha1Ni;     // SHA extensions

// What both the processor has and the operating system saves.
struct X86Features {
  bool has_aes = false;     // with PCLMULQDQ, SSSE3, SSE4.1
  bool has_sha = false;     // with SSSE3, SSE4.1
  bool has_vaes = false;    // with VPCLMULQDQ and AVX2
  bool has_avx512 = false;  // F, BW, VL
};
X86Features x86_features();

}  // namespace voxlock::crypto::kernels
