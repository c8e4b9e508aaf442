#include "crypto/aes_gcm.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/secure.h"

namespace voxlock::crypto {

AesGcm::~AesGcm() {
  secure::wipe(&key_, sizeof key_);
  // The sum of known associated data gives the hash key away.
  secure::wipe(&head_, sizeof head_);
  secure::wipe(gathered_.data(), gathered_.size());
}

bool AesGcm::set_key(ByteView key) {
  if (key.size() != 16 && key.size() != 32) return false;
  row_->expand(key_.aes, key.data(), key.size());
  row_->hash_key(key_);
  return true;
}

void AesGcm::gather(ByteView data) {
  if (head_.rest != gathered_.data()) {
    const ByteView first(head_.rest, head_.rest_len);
    head_.rest = gathered_.data();
    head_.rest_len = 0;
    append(first);
  }
  append(data);
}

void AesGcm::append(ByteView data) {
  while (data.size() > gathered_.size() - head_.rest_len) {
    const size_t n = gathered_.size() - head_.rest_len;
    std::memcpy(gathered_.data() + head_.rest_len, data.data(), n);
    row_->ghash(key_, head_.sum, gathered_.data(), gathered_.size());
    data = data.subspan(n);
    head_.rest_len = 0;
  }
  std::memcpy(gathered_.data() + head_.rest_len, data.data(), data.size());
  head_.rest_len += data.size();
}

// What is longer than the kernels take is hashed up to its last blocks.
void AesGcm::shorten_aad() {
  const size_t n = (head_.rest_len - 1) / kernels::kMaxHeadRest * kernels::kMaxHeadRest;
  row_->ghash(key_, head_.sum, head_.rest, n);
  head_.rest += n;
  head_.rest_len -= n;
}

void AesGcm::seal_short(ByteView plain, MutableBytes out, MutableBytes tag) {
  std::array<uint8_t, kTagLen> whole;
  row_->seal(key_, head_, plain.data(), out.data(), plain.size(), whole.data());
  std::memcpy(tag.data(), whole.data(), std::min(tag.size(), whole.size()));
}

// Whether the tag, of a length that may be, is right.
bool AesGcm::decrypt(ByteView sealed, uint8_t* out, ByteView tag) {
  std::array<uint8_t, kTagLen> whole;
  finish_aad();
  row_->open(key_, head_, sealed.data(), out, sealed.size(), whole.data());
  // Told apart: the usual length is compared without a loop.
  const bool is_whole = tag.size() == kTagLen;
  const bool is_good = is_whole ? secure::equal(whole, tag.first<kTagLen>())
                                : secure::equal(ByteView(whole).first(tag.size()), tag);
  // The tag that a forged message should have had, or more of one than came along.
  if (!is_good || !is_whole) secure::wipe(whole.data(), whole.size());
  return is_good;
}

bool AesGcm::open(MutableBytes data, ByteView tag) {
  if (tag.empty() || tag.size() > kTagLen) return false;
  if (decrypt(data, data.data(), tag)) return true;
  // Nothing may come of a forged message: the same keystream again gives it back as it was.
  std::array<uint8_t, kernels::kBlockLen> counter{};
  std::memcpy(counter.data(), head_.nonce, kNonceLen);
  counter.back() = 2;
  row_->ctr(key_.aes, counter.data(), data.data(), data.data(), data.size());
  return false;
}

}  // namespace voxlock::crypto
