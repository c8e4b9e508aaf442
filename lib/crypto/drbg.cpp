#include "crypto/drbg.h"

#include <mbedtls/md.h>
#include <unistd.h>

#include <algorithm>

#include "base/secure.h"

namespace voxlock::crypto {
namespace {

constexpr size_t kMinSeed = 16;
constexpr size_t kMaxSeed = 64;
// The security strength of the generator: 256 bits, and half as many again for the nonce
// (SP 800-90A, section 8.6.7).
constexpr size_t kSystemSeed = 48;

}  // namespace

Drbg::Drbg() {
  mbedtls_hmac_drbg_init(&drbg_);
}

Drbg::~Drbg() {
  mbedtls_hmac_drbg_free(&drbg_);
}

Result<void> Drbg::seed(ByteView seed) {
  if (seed.size() < kMinSeed || seed.size() > kMaxSeed) return Status::ERR_INVALID_ARGUMENT;
  mbedtls_hmac_drbg_free(&drbg_);
  mbedtls_hmac_drbg_init(&drbg_);
  is_seeded_ = false;
  const mbedtls_md_info_t* sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  if (mbedtls_hmac_drbg_seed_buf(&drbg_, sha256, seed.data(), seed.size()) != 0) {
    return Status::ERR_NO_MEMORY;
  }
  is_seeded_ = true;
  return {};
}

Result<void> Drbg::seed_from(RandomSource& parent) {
  uint8_t raw[kSystemSeed];
  Result<void> result = parent.fill(raw);
  if (result) result = seed(raw);
  secure::wipe(raw, sizeof raw);
  return result;
}

Result<void> Drbg::seed_from_system() {
  uint8_t raw[kSystemSeed];
  if (::getentropy(raw, sizeof raw) != 0) return Status::ERR_ENTROPY;
  const Result<void> result = seed(raw);
  secure::wipe(raw, sizeof raw);
  return result;
}

Result<void> Drbg::fill(MutableBytes out) {
  std::fill(out.begin(), out.end(), uint8_t{0});
  if (!is_seeded_) return Status::ERR_ENTROPY;
  while (!out.empty()) {
    const size_t n = std::min<size_t>(out.size(), MBEDTLS_HMAC_DRBG_MAX_REQUEST);
    if (mbedtls_hmac_drbg_random(&drbg_, out.data(), n) != 0) {
      std::fill(out.begin(), out.end(), uint8_t{0});
      return Status::ERR_ENTROPY;
    }
    out = out.subspan(n);
  }
  return {};
}

}  // namespace voxlock::crypto
