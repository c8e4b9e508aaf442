#include "srtp/suite.h"

namespace voxlock::srtp {
namespace {

constexpr Suite kSuites[] = {
    {SuiteId::kAesCm128HmacSha1_80, "AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false},  // RFC 4568
    {SuiteId::kAesCm128HmacSha1_32, "AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false},   // RFC 4568
    {SuiteId::kAes256CmHmacSha1_80, "AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false},  // RFC 6188
    {SuiteId::kAes256CmHmacSha1_32, "AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10, false},   // RFC 6188
    {SuiteId::kAeadAes128Gcm, "AEAD_AES_128_GCM", 16, 12, 16, 16, true},                // RFC 7714
    {SuiteId::kAeadAes256Gcm, "AEAD_AES_256_GCM", 32, 12, 16, 16, true},                // RFC 7714
};

}  // namespace

std::span<const Suite> suites() {
  return kSuites;
}

const Suite* find_suite(SuiteId id) {
  for (const Suite& suite : kSuites) {
    if (suite.id == id) return &suite;
  }
  return nullptr;
}

const Suite* find_suite(std::string_view name) {
  for (const Suite& suite : kSuites) {
    if (suite.name == name) return &suite;
  }
  return nullptr;
}

}  // namespace voxlock::srtp
