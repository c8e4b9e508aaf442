#include "crypto/hmac_sha1.h"

#include <algorithm>
#include <cstring>

#include "base/secure.h"

namespace voxlock::crypto {
namespace {

constexpr size_t kLengthAt = Sha1::kBlockLen - 8;
constexpr Sha1::State kInitial = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

void write_words(const uint32_t* words, std::span<uint8_t, Sha1::kDigestLen> digest) {
  bytes::Writer writer(digest);
  for (size_t i = 0; i < kernels::kSha1Words; ++i) writer.u32(words[i]);
}

// What stands behind the whole blocks of a message of HmacSha1Key: the rest of data, the suffix,
// and the padding, which counts the block of the key too.
class Tail {
 public:
  Tail(ByteView data, uint32_t suffix) {
    const size_t rest = data.size() % Sha1::kBlockLen;
    const size_t used = rest + HmacSha1Key::kSuffixLen;
    blocks_ = used < kLengthAt ? 1 : 2;
    if (rest > 0) std::memcpy(bytes_.data(), data.data() + data.size() - rest, rest);
    bytes::Writer writer(MutableBytes(bytes_).subspan(rest));
    writer.u32(suffix);
    writer.u8(0x80);
    const size_t end = blocks_ * Sha1::kBlockLen - sizeof(uint64_t);
    std::memset(bytes_.data() + used + 1, 0, end - used - 1);
    bytes::Writer(MutableBytes(bytes_).subspan(end))
        .u64((Sha1::kBlockLen + data.size() + HmacSha1Key::kSuffixLen) * 8);
  }
  [[nodiscard]] const uint8_t* bytes() const { return bytes_.data(); }
  [[nodiscard]] size_t blocks() const { return blocks_; }

 private:
  std::array<uint8_t, 2 * Sha1::kBlockLen> bytes_;
  size_t blocks_;
};

// Whole blocks for each lane.
class Pieces {
 public:
  void set(size_t lane, const uint8_t* data, size_t blocks) {
    data_[lane] = data;
    blocks_[lane] = blocks;
  }
  // Side by side as far as all have some, then one by one.
  void hash(const kernels::Sha1Row& row, kernels::Sha1States& states) const {
    const size_t common = *std::min_element(blocks_.begin(), blocks_.end());
    row.blocks_in_lanes(states, data_.data(), common);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const size_t rest = blocks_[i] - common;
      if (rest > 0) row.blocks(states[i], data_[i] + common * Sha1::kBlockLen, rest);
    }
  }

 private:
  std::array<const uint8_t*, kernels::kSha1Lanes> data_;
  std::array<size_t, kernels::kSha1Lanes> blocks_;
};

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
  write_words(state_.data(), digest);
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

HmacSha1Key::~HmacSha1Key() {
  secure::wipe(inner_.data(), sizeof inner_);
  secure::wipe(outer_.data(), sizeof outer_);
}

void HmacSha1Key::set(ByteView key) {
  std::array<uint8_t, Sha1::kBlockLen> pad{};
  Sha1 hash;
  if (key.size() > pad.size()) {
    hash.update(key);
    hash.finish(std::span(pad).first<Sha1::kDigestLen>());
    hash.start();
  } else if (!key.empty()) {
    std::memcpy(pad.data(), key.data(), key.size());
  }
  for (uint8_t& byte : pad) byte = static_cast<uint8_t>(byte ^ 0x36);
  hash.update(pad);
  inner_ = hash.state();
  hash.start();
  for (uint8_t& byte : pad) byte = static_cast<uint8_t>(byte ^ 0x36 ^ 0x5c);
  hash.update(pad);
  outer_ = hash.state();
  secure::wipe(pad.data(), pad.size());
}

void HmacSha1Key::tag(ByteView data, uint32_t suffix, std::span<uint8_t, kTagLen> out) const {
  const Tail tail(data, suffix);
  Sha1::State state = inner_;
  row_->blocks(state.data(), data.data(), data.size() / Sha1::kBlockLen);
  row_->blocks(state.data(), tail.bytes(), tail.blocks());
  row_->outer(state.data(), outer_.data());
  write_words(state.data(), out);
  secure::wipe(state.data(), sizeof state);
}

void HmacSha1Key::tags(std::span<Message> messages) {
  using kernels::kSha1Lanes;
  // All lanes together take as long as two or three messages one by one.
  if (messages.size() < kSha1Lanes - 1) {
    for (Message& one : messages) one.key->tag(one.data, one.suffix, one.tag);
    return;
  }
  // A lane without a message repeats the first.
  const auto message = [&](size_t lane) -> Message& {
    return messages[lane < messages.size() ? lane : 0];
  };
  const std::array<Tail, kSha1Lanes> tails{
      Tail(message(0).data, message(0).suffix), Tail(message(1).data, message(1).suffix),
      Tail(message(2).data, message(2).suffix), Tail(message(3).data, message(3).suffix)};
  kernels::Sha1States states;
  Pieces data;
  Pieces ends;
  std::array<const uint32_t*, kSha1Lanes> outer;
  for (size_t i = 0; i < kSha1Lanes; ++i) {
    const Message& one = message(i);
    std::copy(one.key->inner_.begin(), one.key->inner_.end(), states[i]);
    outer[i] = one.key->outer_.data();
    data.set(i, one.data.data(), one.data.size() / Sha1::kBlockLen);
    ends.set(i, tails[i].bytes(), tails[i].blocks());
  }
  const kernels::Sha1Row& row = *messages[0].key->row_;
  data.hash(row, states);
  ends.hash(row, states);
  row.outer_in_lanes(states, outer.data());
  for (size_t i = 0; i < messages.size(); ++i) write_words(states[i], messages[i].tag);
  secure::wipe(states, sizeof states);
}

void HmacSha1::finish(MutableBytes out) {
  std::array<uint8_t, kTagLen> digest;
  hash_.finish_outer(key_.outer(), digest);
  std::memcpy(out.data(), digest.data(), std::min(out.size(), digest.size()));
  // The tag that a forged message should have had.
  secure::wipe(digest.data(), digest.size());
}

}  // namespace voxlock::crypto
