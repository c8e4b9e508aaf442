// A key of a LiveKit room and the ones that follow it when it is ratcheted.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/secure.h"
#include "crypto/aes_gcm.h"
#include "e2ee/livekit.h"

namespace voxlock::e2ee {

// Numbers of the C ABI.
enum class Kdf : uint8_t {
  kNone = 0,   // the material is the key itself
  kHkdf = 1,   // RFC 5869, for material that is a key already
  kPbkdf2 = 2  // RFC 8018, for a passphrase
};

inline constexpr size_t kMaxSaltLen = 64;
inline constexpr size_t kMaxMaterialLen = 256;
inline constexpr size_t kLivekitKeyLen = 16;
inline constexpr size_t kMaxRatchetWindow = 16;

struct LivekitKdf {
  Kdf kdf = Kdf::kPbkdf2;
  ByteView salt;
  uint32_t iterations = 100'000;  // PBKDF2
};

// ERR_E2EE_KEY (kNone with another length than the key's), ERR_NO_MEMORY.
Result<void> derive_livekit(const LivekitKdf& kdf, ByteView material, MutableBytes out);

// Keys that ratcheting will bring are derived ahead, where the host has time for it: open() tries
// only those that are there, so that a forged frame costs a few tags and never a PBKDF2.
class LivekitKey {
 public:
  // window: how many keys ahead may be held, up to kMaxRatchetWindow. Throws std::bad_alloc.
  LivekitKey(std::pmr::memory_resource& memory, size_t window);

  // Once, before anything else. ERR_E2EE_KEY, ERR_NO_MEMORY.
  Result<void> set(const LivekitKdf& kdf, ByteView material);

  // Derives the next key ahead. ERR_WRONG_STATE (the window is full, or kNone), ERR_NO_MEMORY.
  Result<void> prepare();
  // How many keys are still missing ahead.
  [[nodiscard]] size_t missing() const { return is_ratcheting_ ? window_ - (count_ - 1) : 0; }
  // Derives the next key where it is not there yet, window or not. ERR_UNSUPPORTED (kNone),
  // ERR_NO_MEMORY.
  Result<void> make_next();
  // Goes on for good by n keys, all of which are there.
  void go_on(size_t n);

  // Writes ciphertext and tag behind the clear header that data holds in front.
  void seal(const Nonce& iv, ByteView clear, MutableBytes data, MutableBytes tag);
  // Decrypts data in place with the present key or, where its tag is another's, one ahead, which
  // then becomes the present one. The number of keys gone on. ERR_E2EE_AUTH: nothing has changed.
  Result<size_t> open(const LivekitFrame& frame, MutableBytes data);

  // Keys gone on since set().
  [[nodiscard]] uint64_t steps() const { return steps_; }
  [[nodiscard]] size_t ahead() const { return count_ - 1; }

 private:
  [[nodiscard]] crypto::AesGcm& key_ahead(size_t n) { return keys_[(first_ + n) % keys_.size()]; }
  Result<void> derive_next();

  size_t window_;
  // A ring: the present key, then those ahead. Without a window one place, for make_next().
  std::pmr::vector<crypto::AesGcm> keys_;
  size_t first_ = 0;
  size_t count_ = 1;
  uint64_t steps_ = 0;
  bool is_ratcheting_ = false;
  Kdf kdf_ = Kdf::kNone;
  uint32_t iterations_ = 0;
  secure::Secret<kMaxSaltLen> salt_;
  // Of the key furthest ahead: nothing that could give an older key is kept.
  secure::Secret<kMaxMaterialLen> material_;
};

}  // namespace voxlock::e2ee
