// Rows in plain C++ for any processor, in constant time: no table is looked up and no branch taken
// by a secret. They rest on integer multiplication taking the same time for all operands.
#pragma once

#include "crypto/kernels/kernels.h"

namespace voxlock::crypto::kernels {

extern const AesRow kPortableAes;
extern const Sha1Row kPortableSha1;

// Parts of the row that are in files of their own.
namespace portable {

void expand(AesKey& key, const uint8_t* bytes, size_t key_len);
void ctr(const AesKey& key, const uint8_t* counter, const uint8_t* from, uint8_t* to, size_t len);
// FIPS 197 section 5.1 on one block, in place.
void encrypt(const AesKey& key, uint8_t* block);

}  // namespace portable
}  // namespace voxlock::crypto::kernels
