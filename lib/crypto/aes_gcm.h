// AES-GCM with nonces of 96 bits, SP 800-38D, on the fastest kernel of the processor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/secure.h"
#include "crypto/kernels/kernels.h"

namespace voxlock::crypto {

// A message is start(), aad() any number of times, then seal() or open(). The key is wiped when the
// object dies. Constant time but for lengths.
class AesGcm {
 public:
  static constexpr size_t kNonceLen = kernels::kNonceLen;
  static constexpr size_t kTagLen = 16;
  // SP 800-38D section 5.2.1.1: 2^39 - 256 bits.
  static constexpr uint64_t kMaxLen = (uint64_t{1} << 36) - 32;

  AesGcm() : row_(kernels::active().aes) {}
  ~AesGcm();
  AesGcm(const AesGcm&) = delete;
  AesGcm& operator=(const AesGcm&) = delete;

  // False, and nothing changed, for a length other than 16 or 32.
  [[nodiscard]] bool set_key(ByteView key);
  // A nonce must never come twice with one key.
  void start(std::span<const uint8_t, kNonceLen> nonce) {
    std::memcpy(head_.nonce, nonce.data(), kNonceLen);
    std::memset(head_.sum, 0, sizeof head_.sum);
    head_.rest = nullptr;
    head_.rest_len = 0;
    head_.aad_len = 0;
  }
  // Has to stay as it is until seal() or open(); the data may follow it in memory, not overlap it.
  void aad(ByteView data) {
    if (data.empty()) return;
    if (head_.aad_len == 0) {
      head_.rest = data.data();
      head_.rest_len = data.size();
    } else {
      gather(data);
    }
    head_.aad_len += data.size();
  }
  // Encrypts into out, which has room and does not overlap plain, and writes the tag's first bytes,
  // as many as tag has room for (at most kTagLen). At most kMaxLen bytes.
  void seal(ByteView plain, MutableBytes out, MutableBytes tag) {
    finish_aad();
    if (tag.size() != kTagLen) return seal_short(plain, out, tag);
    row_->seal(key_, head_, plain.data(), out.data(), plain.size(), tag.data());
  }
  // The same in place.
  void seal(MutableBytes data, MutableBytes tag) { seal(data, data, tag); }
  // Checks the tag, which may be shortened, and decrypts into out, which has room and does not
  // overlap sealed. Where the tag is wrong, empty or longer than kTagLen the answer is false and
  // out holds zeros.
  [[nodiscard]] bool open(ByteView sealed, MutableBytes out, ByteView tag) {
    if (!tag.empty() && tag.size() <= kTagLen && decrypt(sealed, out.data(), tag)) return true;
    secure::wipe(out.data(), sealed.size());
    return false;
  }
  // The same for whole tags.
  [[nodiscard]] bool open(ByteView sealed, MutableBytes out,
                          std::span<const uint8_t, kTagLen> tag) {
    std::array<uint8_t, kTagLen> whole;
    finish_aad();
    row_->open(key_, head_, sealed.data(), out.data(), sealed.size(), whole.data());
    if (secure::equal(whole, tag)) return true;
    // The tag that a forged message should have had.
    secure::wipe(whole.data(), whole.size());
    secure::wipe(out.data(), sealed.size());
    return false;
  }
  // The same in place. Data whose tag is wrong stays as it is.
  [[nodiscard]] bool open(MutableBytes data, ByteView tag);

 private:
  // Associated data in several pieces.
  void gather(ByteView data);
  void append(ByteView data);
  void finish_aad() {
    if (head_.rest_len > kernels::kMaxHeadRest) shorten_aad();
  }
  void shorten_aad();
  void seal_short(ByteView plain, MutableBytes out, MutableBytes tag);
  bool decrypt(ByteView sealed, uint8_t* out, ByteView tag);

  const kernels::AesRow* row_;
  kernels::GcmKey key_{};
  kernels::GcmHead head_{};
  // Associated data in one piece is used where it lies; several pieces are gathered here.
  std::array<uint8_t, kernels::kMaxHeadRest> gathered_{};
};

}  // namespace voxlock::crypto
