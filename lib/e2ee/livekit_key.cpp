#include "e2ee/livekit_key.h"

#include <algorithm>
#include <cstring>

#include "crypto/kdf.h"

namespace voxlock::e2ee {
namespace {

constexpr crypto::HashId kHash = crypto::HashId::kSha256;
// Browsers give this info to HKDF: 128 zeros.
constexpr std::array<uint8_t, 128> kInfo{};
constexpr size_t kNextMaterialLen = 32;

}  // namespace

Result<void> derive_livekit(const LivekitKdf& kdf, ByteView material, MutableBytes out) {
  switch (kdf.kdf) {
    case Kdf::kNone:
      if (material.size() != out.size()) return Status::ERR_E2EE_KEY;
      std::copy(material.begin(), material.end(), out.begin());
      return {};
    case Kdf::kHkdf:
      return crypto::hkdf(kHash, material, kdf.salt, kInfo, out);
    case Kdf::kPbkdf2:
      return crypto::pbkdf2(kHash, material, kdf.salt, kdf.iterations, out);
  }
  return Status::ERR_E2EE_KEY;
}

LivekitKey::LivekitKey(std::pmr::memory_resource& memory, size_t window)
    : window_(std::min(window, kMaxRatchetWindow)),
      keys_(std::max(window_, size_t{1}) + 1, &memory) {}

Result<void> LivekitKey::set(const LivekitKdf& kdf, ByteView material) {
  if (material.empty() || !material_.assign(material) || !salt_.assign(kdf.salt))
    return Status::ERR_E2EE_KEY;
  secure::Secret<kLivekitKeyLen> key;
  VOXLOCK_TRY_VOID(derive_livekit(kdf, material, key.resize(kLivekitKeyLen)));
  if (!key_ahead(0).set_key(key.view())) return Status::ERR_INTERNAL;
  kdf_ = kdf.kdf;
  iterations_ = kdf.iterations;
  is_ratcheting_ = kdf.kdf != Kdf::kNone;
  if (!is_ratcheting_) material_.wipe();
  return {};
}

Result<void> LivekitKey::prepare() {
  if (missing() == 0) return Status::ERR_WRONG_STATE;
  return derive_next();
}

// material' = KDF(material, 32 bytes), key' = KDF(material', 16 bytes).
Result<void> LivekitKey::derive_next() {
  const LivekitKdf kdf{kdf_, salt_.view(), iterations_};
  secure::Secret<kMaxMaterialLen> next;
  secure::Secret<kLivekitKeyLen> key;
  VOXLOCK_TRY_VOID(derive_livekit(kdf, material_.view(), next.resize(kNextMaterialLen)));
  VOXLOCK_TRY_VOID(derive_livekit(kdf, next.view(), key.resize(kLivekitKeyLen)));
  if (!key_ahead(count_).set_key(key.view())) return Status::ERR_INTERNAL;
  ++count_;
  material_ = std::move(next);
  return {};
}

Result<void> LivekitKey::make_next() {
  if (!is_ratcheting_) return Status::ERR_UNSUPPORTED;
  if (count_ == 1) return derive_next();
  return {};
}

void LivekitKey::go_on(size_t n) {
  // A key that is over is overwritten at once.
  static constexpr std::array<uint8_t, kLivekitKeyLen> kZeros{};
  for (size_t i = 0; i < n; ++i) (void)key_ahead(i).set_key(kZeros);
  first_ = (first_ + n) % keys_.size();
  count_ -= n;
  steps_ += n;
}

void LivekitKey::seal(const Nonce& iv, ByteView clear, MutableBytes data, MutableBytes tag) {
  crypto::AesGcm& key = key_ahead(0);
  key.start(iv);
  key.aad(clear);
  key.seal(data, tag);
}

Result<size_t> LivekitKey::open(const LivekitFrame& frame, MutableBytes data) {
  for (size_t n = 0; n < count_; ++n) {
    crypto::AesGcm& key = key_ahead(n);
    key.start(frame.iv);
    key.aad(frame.clear);
    if (!key.open(data, frame.tag)) continue;
    go_on(n);
    return n;
  }
  return Status::ERR_E2EE_AUTH;
}

}  // namespace voxlock::e2ee
