// HMAC-SHA1, RFC 2104 and FIPS 180-4, on the fastest kernel of the processor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/kernels/kernels.h"

namespace voxlock::crypto {

// SHA-1 piece by piece. Wiped when it dies.
class Sha1 {
 public:
  static constexpr size_t kDigestLen = 20;
  static constexpr size_t kBlockLen = 64;
  using State = std::array<uint32_t, 5>;

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

// The states behind the two padded keys are kept, so that a message costs its own blocks and two
// more. Wiped when it dies.
class HmacSha1 {
 public:
  static constexpr size_t kTagLen = Sha1::kDigestLen;

  HmacSha1() = default;
  ~HmacSha1();
  HmacSha1(const HmacSha1&) = delete;
  HmacSha1& operator=(const HmacSha1&) = delete;

  // Any length; starts the first message.
  void set_key(ByteView key);
  void start() { hash_.start(inner_, Sha1::kBlockLen); }
  void update(ByteView data) { hash_.update(data); }
  // Writes the tag's first bytes, as many as out has room for (at most kTagLen); start() has to be
  // next.
  void finish(MutableBytes out);

 private:
  Sha1 hash_;
  Sha1::State inner_{};
  Sha1::State outer_{};
};

}  // namespace voxlock::crypto
