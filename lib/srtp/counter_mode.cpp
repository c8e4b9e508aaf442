#include "srtp/counter_mode.h"

#include "srtp/key_derivation.h"

namespace voxlock::srtp {

CounterMode::CounterMode(const Suite& suite, ByteView key_and_salt) {
  constexpr size_t kSaltLen = 14;
  secure::Secret<32> key;
  derive_key(suite, key_and_salt, KeyLabel::kRtpEncryption, key.resize(suite.key_len));
  // A suite has no other key lengths than AES.
  (void)aes_.set_key(key.view());
  authentication_.set(auth_key(suite, key_and_salt).view());
  // RFC 3711 section 4.1.1: two zero bytes behind it.
  secure::Secret<crypto::kernels::kBlockLen> salt;
  const MutableBytes salt_and_zeros = salt.resize(crypto::kernels::kBlockLen);
  derive_key(suite, key_and_salt, KeyLabel::kRtpSalt, salt_and_zeros.first(kSaltLen));
  bytes::Reader reader(salt_and_zeros);
  salt_high_ = reader.u64();
  salt_low_ = reader.u64();
}

CounterMode::~CounterMode() {
  secure::wipe(&salt_high_, sizeof salt_high_);
  secure::wipe(&salt_low_, sizeof salt_low_);
}

}  // namespace voxlock::srtp
