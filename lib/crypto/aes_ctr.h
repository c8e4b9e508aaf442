// AES in counter mode, SP 800-38A section 6.5, on the fastest kernel of the processor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/kernels/kernels.h"

namespace voxlock::crypto {

// The key is wiped when the object dies. Constant time but for lengths.
class AesCtr {
 public:
  AesCtr() : row_(kernels::active().aes) {}
  ~AesCtr();
  AesCtr(const AesCtr&) = delete;
  AesCtr& operator=(const AesCtr&) = delete;

  // False, and nothing changed, for a length other than 16 or 32.
  [[nodiscard]] bool set_key(ByteView key);
  // The first counter block; its last 32 bits count, big-endian.
  void start(std::span<const uint8_t, kernels::kBlockLen> counter);
  // XORs the next bytes of the keystream into data.
  void apply(MutableBytes data);
  // A message of its own, beside start() and apply(): XORs from with the keystream of counter, into
  // to, which is from or does not overlap it.
  void crypt(std::span<const uint8_t, kernels::kBlockLen> counter, ByteView from,
             uint8_t* to) const {
    row_->ctr(key_, counter.data(), from.data(), to, from.size());
  }

 private:
  void apply_rest_of_block(MutableBytes& data);

  const kernels::AesRow* row_;
  kernels::AesKey key_{};
  // Of the block in which the next byte of the keystream lies.
  std::array<uint8_t, kernels::kBlockLen> counter_{};
  size_t used_ = 0;  // bytes of that block, below kBlockLen
};

}  // namespace voxlock::crypto
