#include "e2ee/sframe_suite.h"

namespace voxlock::e2ee {
namespace {

using crypto::HashId;

// Suites 6 to 8 were registered after RFC 9605.
constexpr SframeSuite kSuites[] = {
    {1, "AES_128_CTR_HMAC_SHA256_80", AeadKind::kCtrHmac, HashId::kSha256, 16, 10},
    {2, "AES_128_CTR_HMAC_SHA256_64", AeadKind::kCtrHmac, HashId::kSha256, 16, 8},
    {3, "AES_128_CTR_HMAC_SHA256_32", AeadKind::kCtrHmac, HashId::kSha256, 16, 4},
    {4, "AES_128_GCM_SHA256_128", AeadKind::kGcm, HashId::kSha256, 16, 16},
    {5, "AES_256_GCM_SHA512_128", AeadKind::kGcm, HashId::kSha512, 32, 16},
    {6, "AES_256_CTR_HMAC_SHA512_80", AeadKind::kCtrHmac, HashId::kSha512, 32, 10},
    {7, "AES_256_CTR_HMAC_SHA512_64", AeadKind::kCtrHmac, HashId::kSha512, 32, 8},
    {8, "AES_256_CTR_HMAC_SHA512_32", AeadKind::kCtrHmac, HashId::kSha512, 32, 4},
};

}  // namespace

std::span<const SframeSuite> sframe_suites() {
  return kSuites;
}

const SframeSuite* find_sframe_suite(uint32_t id) {
  for (const SframeSuite& suite : kSuites) {
    if (suite.id == id) return &suite;
  }
  return nullptr;
}

}  // namespace voxlock::e2ee
