// The two kinds of authenticated encryption that frame formats use, behind one front.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/aes_ctr.h"
#include "crypto/aes_gcm.h"
#include "crypto/hmac.h"

namespace voxlock::e2ee {

inline constexpr size_t kNonceLen = crypto::AesGcm::kNonceLen;
using Nonce = std::array<uint8_t, kNonceLen>;
// Authenticated data in two pieces, one behind the other.
using Aad = std::array<ByteView, 2>;

enum class AeadKind : uint8_t { kGcm, kCtrHmac };

// AES-GCM, or AES-CTR with a truncated HMAC over nonce, lengths, AAD and ciphertext (RFC 9605
// 4.5.1). Constant time but for lengths; no allocation after set_key. Keys are wiped when it dies.
class Aead {
 public:
  Aead() = default;
  Aead(const Aead&) = delete;
  Aead& operator=(const Aead&) = delete;

  // key: 16 or 32 bytes for GCM. ERR_INVALID_ARGUMENT.
  Result<void> set_gcm_key(ByteView key);
  // ERR_INVALID_ARGUMENT (cipher_key is not 16 or 32 bytes), ERR_NO_MEMORY.
  Result<void> set_ctr_hmac_keys(ByteView cipher_key, crypto::HashId hash, ByteView hmac_key);

  // Encrypts data in place and writes the tag, as many bytes of it as it has room for. A nonce must
  // never come twice with one key.
  Result<void> seal(const Nonce& nonce, const Aad& aad, MutableBytes data, MutableBytes tag);
  // Checks the tag in constant time and decrypts in place. ERR_E2EE_AUTH, and data is as it was.
  Result<void> open(const Nonce& nonce, const Aad& aad, MutableBytes data, ByteView tag);

 private:
  void start_gcm(const Nonce& nonce, const Aad& aad);
  void apply_ctr(const Nonce& nonce, MutableBytes data);
  Result<crypto::Digest> hmac_tag(const Nonce& nonce, const Aad& aad, ByteView sealed,
                                  size_t tag_len);

  AeadKind kind_ = AeadKind::kGcm;
  crypto::AesGcm gcm_;
  crypto::AesCtr ctr_;
  std::optional<crypto::Hmac> hmac_;
};

}  // namespace voxlock::e2ee
