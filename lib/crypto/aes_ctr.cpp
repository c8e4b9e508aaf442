#include "crypto/aes_ctr.h"

#include <algorithm>
#include <cstring>

#include "base/secure.h"

namespace voxlock::crypto {
namespace {

void advance(uint8_t* counter, size_t blocks) {
  uint32_t count = 0;
  for (size_t i = 12; i < kernels::kBlockLen; ++i) count = count << 8 | counter[i];
  count += static_cast<uint32_t>(blocks);
  for (size_t i = 0; i < 4; ++i) counter[12 + i] = static_cast<uint8_t>(count >> (24 - 8 * i));
}

}  // namespace

AesCtr::~AesCtr() {
  secure::wipe(&key_, sizeof key_);
  secure::wipe(counter_.data(), counter_.size());
}

bool AesCtr::set_key(ByteView key) {
  if (key.size() != 16 && key.size() != 32) return false;
  row_->expand(key_, key.data(), key.size());
  used_ = 0;
  return true;
}

void AesCtr::start(std::span<const uint8_t, kernels::kBlockLen> counter) {
  std::memcpy(counter_.data(), counter.data(), counter_.size());
  used_ = 0;
}

void AesCtr::apply_rest_of_block(MutableBytes& data) {
  std::array<uint8_t, kernels::kBlockLen> stream{};
  row_->ctr(key_, counter_.data(), stream.data(), stream.data(), stream.size());
  const size_t n = std::min(data.size(), stream.size() - used_);
  for (size_t i = 0; i < n; ++i) data[i] = static_cast<uint8_t>(data[i] ^ stream[used_ + i]);
  secure::wipe(stream.data(), stream.size());
  data = data.subspan(n);
  used_ += n;
  if (used_ == kernels::kBlockLen) {
    advance(counter_.data(), 1);
    used_ = 0;
  }
}

void AesCtr::apply(MutableBytes data) {
  if (used_ != 0 && !data.empty()) apply_rest_of_block(data);
  if (data.empty()) return;
  row_->ctr(key_, counter_.data(), data.data(), data.data(), data.size());
  advance(counter_.data(), data.size() / kernels::kBlockLen);
  used_ = data.size() % kernels::kBlockLen;
}

}  // namespace voxlock::crypto
