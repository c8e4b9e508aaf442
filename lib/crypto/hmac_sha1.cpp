#include "crypto/hmac_sha1.h"

#include <algorithm>
#include <cstring>

#include "base/secure.h"

namespace voxlock::crypto {
namespace {

constexpr size_t kLengthAt = Sha1::kBlockLen - 8;
constexpr Sha1::State kInitial = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

}  // namespace

Sha1::~Sha1() {
  secure::wipe(state_.data(), sizeof state_);
  secure::wipe(block_.data(), block_.size());
}

void Sha1::start() {
  start(kInitial, 0);
}

void Sha1::start(const State& state, uint64_t hashed) {
  state_ = state;
  block_len_ = 0;
  hashed_ = hashed;
}

void Sha1::update(ByteView data) {
  if (data.empty()) return;
  hashed_ += data.size();
  if (block_len_ > 0) {
    const size_t n = std::min(data.size(), kBlockLen - block_len_);
    std::memcpy(block_.data() + block_len_, data.data(), n);
    block_len_ += n;
    data = data.subspan(n);
    if (block_len_ < kBlockLen) return;
    row_->blocks(state_.data(), block_.data(), 1);
    block_len_ = 0;
  }
  const size_t blocks = data.size() / kBlockLen;
  if (blocks > 0) row_->blocks(state_.data(), data.data(), blocks);
  data = data.subspan(blocks * kBlockLen);
  if (!data.empty()) std::memcpy(block_.data(), data.data(), data.size());
  block_len_ = data.size();
}

// FIPS 180-4 section 5.1.1: a one bit, zeros, the length in bits.
void Sha1::pad() {
  block_[block_len_++] = 0x80;
  std::memset(block_.data() + block_len_, 0, kBlockLen - block_len_);
  if (block_len_ > kLengthAt) {
    row_->blocks(state_.data(), block_.data(), 1);
    block_.fill(0);
  }
  bytes::Writer length(MutableBytes(block_).subspan(kLengthAt));
  length.u64(hashed_ * 8);
  row_->blocks(state_.data(), block_.data(), 1);
  block_len_ = 0;
}

void Sha1::write(std::span<uint8_t, kDigestLen> digest) const {
  bytes::Writer writer(digest);
  for (const uint32_t word : state_) writer.u32(word);
}

void Sha1::finish(std::span<uint8_t, kDigestLen> digest) {
  pad();
  write(digest);
}

void Sha1::finish_outer(const State& outer, std::span<uint8_t, kDigestLen> digest) {
  pad();
  row_->outer(state_.data(), outer.data());
  write(digest);
}

HmacSha1::~HmacSha1() {
  secure::wipe(inner_.data(), sizeof inner_);
  secure::wipe(outer_.data(), sizeof outer_);
}

void HmacSha1::set_key(ByteView key) {
  std::array<uint8_t, Sha1::kBlockLen> pad{};
  hash_.start();
  if (key.size() > pad.size()) {
    hash_.update(key);
    hash_.finish(std::span(pad).first<Sha1::kDigestLen>());
    hash_.start();
  } else if (!key.empty()) {
    std::memcpy(pad.data(), key.data(), key.size());
  }
  for (uint8_t& byte : pad) byte = static_cast<uint8_t>(byte ^ 0x36);
  hash_.update(pad);
  inner_ = hash_.state();
  hash_.start();
  for (uint8_t& byte : pad) byte = static_cast<uint8_t>(byte ^ 0x36 ^ 0x5c);
  hash_.update(pad);
  outer_ = hash_.state();
  secure::wipe(pad.data(), pad.size());
  start();
}

void HmacSha1::finish(MutableBytes out) {
  std::array<uint8_t, kTagLen> digest;
  hash_.finish_outer(outer_, digest);
  std::memcpy(out.data(), digest.data(), std::min(out.size(), digest.size()));
  // The tag that a forged message should have had.
  secure::wipe(digest.data(), digest.size());
}

}  // namespace voxlock::crypto
