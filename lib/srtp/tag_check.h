// Whether a key made the tag of an SRTP packet, asked without a session: nothing is counted, kept
// or handed out. For packets that no live key opens.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/secure.h"
#include "crypto/aes_gcm.h"
#include "crypto/hmac_sha1.h"
#include "rtp/packet.h"
#include "srtp/key_derivation.h"
#include "srtp/suite.h"

namespace voxlock::srtp {

// The longest packet that is looked at.
inline constexpr size_t kMaxCheckedLen = 2048;

// A sealed packet as the check takes it apart.
struct TagLayout {
  rtp::HeaderOutline header;
  size_t tag_len = 0;
  size_t mki_len = 0;  // between payload and tag; AEAD: behind the tag
};

// One key, made ready. Wiped when it dies.
class TagCheck {
 public:
  // key_and_salt: exactly the suite's.
  TagCheck(const Suite& suite, ByteView key_and_salt);
  // Of an HMAC suite, by what auth_key gave.
  explicit TagCheck(ByteView auth_key);

  // False as well for a packet that is too short for the layout or above kMaxCheckedLen.
  [[nodiscard]] bool matches(ByteView packet, const TagLayout& layout, uint32_t roc);

 private:
  bool matches_hmac(ByteView packet, const TagLayout& layout, uint32_t roc);
  bool matches_aead(ByteView packet, const TagLayout& layout, uint32_t roc);

  bool is_aead_ = false;
  crypto::HmacSha1Key hmac_;
  crypto::AesGcm gcm_;
  secure::Secret<crypto::AesGcm::kNonceLen> salt_;
};

}  // namespace voxlock::srtp
