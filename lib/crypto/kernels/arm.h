// Rows for 64-bit Arm with the cryptographic extension.
#pragma once

#include "crypto/kernels/kernels.h"

namespace voxlock::crypto::kernels {

extern const AesRow kArmAes;    // FEAT_AES, FEAT_PMULL
extern const Sha1Row kArmSha1;  // FEAT_SHA1

}  // namespace voxlock::crypto::kernels
