// HMAC-SHA1, RFC 2104 and FIPS 180-4, on the fastest kernel of the processor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "crypto/kernels/kernels.h"

namespace voxlock::crypto {

// SHA-1 piece by piece. Wiped when it dies.
class Sha1 {
 public:
  static constexpr size_t kDigestLen = 20;
  static constexpr size_t kBlockLen = 64;
  using State = std::array<uint32_t, kernels::kSha1Words>;

  Sha1() : row_(kernels::active().sha1) { start(); }
  ~Sha1();
  Sha1(const Sha1&) = delete;
  Sha1& operator=(const Sha1&) = delete;

  void start();
  // Goes on from the state behind hashed bytes, a multiple of kBlockLen.
  void start(const State& state, uint64_t hashed);
  void update(ByteView data);
  // Writes the digest; start() has to be next.
  void finish(std::span<uint8_t, kDigestLen> digest);
  // Instead of finish(): the digest of the digest with its padding, from the state behind one
  // block.
  void finish_outer(const State& outer, std::span<uint8_t, kDigestLen> digest);
  // Of what was hashed so far in whole blocks.
  [[nodiscard]] const State& state() const { return state_; }

 private:
  void pad();
  void write(std::span<uint8_t, kDigestLen> digest) const;

  const kernels::Sha1Row* row_;
  State state_;
  std::array<uint8_t, kBlockLen> block_;
  size_t block_len_ = 0;
  uint64_t hashed_ = 0;  // bytes, block_ included
};

// A key: the states behind its two padded forms, so that a message costs its own blocks and two
// more. Wiped when it dies.
class HmacSha1Key {
 public:
  static constexpr size_t kTagLen = Sha1::kDigestLen;
  // A message is data with these bytes behind it: a rollover counter.
  static constexpr size_t kSuffixLen = 4;

  HmacSha1Key() : row_(kernels::active().sha1) {}
  ~HmacSha1Key();
  HmacSha1Key(const HmacSha1Key&) = delete;
  HmacSha1Key& operator=(const HmacSha1Key&) = delete;

  // Any length.
  void set(ByteView key);
  [[nodiscard]] const Sha1::State& inner() const { return inner_; }
  [[nodiscard]] const Sha1::State& outer() const { return outer_; }

  // The tag of data and suffix, which counts big-endian.
  void tag(ByteView data, uint32_t suffix, std::span<uint8_t, kTagLen> out) const;

  struct Message {
    const HmacSha1Key* key = nullptr;
    ByteView data;
    uint32_t suffix = 0;
    std::array<uint8_t, kTagLen> tag;  // out
  };
  // At most kernels::kSha1Lanes messages side by side, of any keys. Fastest where they have the
  // same length.
  static void tags(std::span<Message> messages);

 private:
  const kernels::Sha1Row* row_;
  Sha1::State inner_{};
  Sha1::State outer_{};
};

// HMAC-SHA1 piece by piece. Wiped when it dies.
class HmacSha1 {
 public:
  static constexpr size_t kTagLen = Sha1::kDigestLen;

  HmacSha1() = default;

  // Any length; starts the first message.
  void set_key(ByteView key) {
    key_.set(key);
    start();
  }
  void start() { hash_.start(key_.inner(), Sha1::kBlockLen); }
  void update(ByteView data) { hash_.update(data); }
  // Writes the tag's first bytes, as many as out has room for (at most kTagLen); start() has to be
  // next.
  void finish(MutableBytes out);

 private:
  Sha1 hash_;
  HmacSha1Key key_;
};

}  // namespace voxlock::crypto
