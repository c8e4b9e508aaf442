// Processors without a row of their own.
#include "crypto/kernels/portable.h"

namespace voxlock::crypto::kernels {

std::span<const AesRow* const> aes_rows() {
  static constexpr const AesRow* kRows[] = {&kPortableAes};
  return kRows;
}

std::span<const Sha1Row* const> sha1_rows() {
  static constexpr const Sha1Row* kRows[] = {&kPortableSha1};
  return kRows;
}

}  // namespace voxlock::crypto::kernels
