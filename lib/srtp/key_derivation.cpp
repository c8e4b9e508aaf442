#include "srtp/key_derivation.h"

#include <algorithm>
#include <array>

#include "base/secure.h"
#include "crypto/aes_ctr.h"

namespace voxlock::srtp {

void derive_key(const Suite& suite, ByteView key_and_salt, KeyLabel label, MutableBytes out) {
  constexpr size_t kSaltLen = 14;
  constexpr size_t kLabelAt = kSaltLen - 7;
  std::array<uint8_t, crypto::kernels::kBlockLen> counter{};
  const ByteView salt = key_and_salt.subspan(suite.key_len, suite.salt_len);
  std::copy(salt.begin(), salt.end(), counter.begin());
  counter[kLabelAt] ^= static_cast<uint8_t>(label);
  crypto::AesCtr aes;
  std::fill(out.begin(), out.end(), uint8_t{0});
  // A suite has no other key lengths than AES.
  (void)aes.set_key(key_and_salt.first(suite.key_len));
  aes.start(counter);
  aes.apply(out);
  secure::wipe(counter.data(), counter.size());
}

secure::Secret<kAuthKeyLen> auth_key(const Suite& suite, ByteView key_and_salt) {
  secure::Secret<kAuthKeyLen> out;
  if (!suite.is_aead)
    derive_key(suite, key_and_salt, KeyLabel::kRtpAuthentication, out.resize(kAuthKeyLen));
  return out;
}

}  // namespace voxlock::srtp
