#include "tls/verify.h"

#include <mbedtls/ecp.h>

#include <algorithm>

#include "base/bytes.h"

namespace voxlock::tls {
namespace {

uint64_t unix_seconds(const mbedtls_x509_time& time) {
  // Days from civil after H. Hinnant; years before 1970 count as 0.
  if (time.year < 1970) return 0;
  const auto month = static_cast<uint64_t>(time.mon);
  const uint64_t year = static_cast<uint64_t>(time.year) - (month <= 2 ? 1 : 0);
  const uint64_t era = year / 400;
  const uint64_t year_of_era = year % 400;
  const uint64_t shifted_month = month > 2 ? month - 3 : month + 9;
  const uint64_t day_of_year = (153 * shifted_month + 2) / 5 + static_cast<uint64_t>(time.day) - 1;
  const uint64_t days =
      era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
  return days * 86400 + static_cast<uint64_t>(time.hour) * 3600 +
         static_cast<uint64_t>(time.min) * 60 + static_cast<uint64_t>(time.sec);
}

struct CipherRow {
  std::string_view mbedtls;
  std::string_view iana;
};

constexpr CipherRow kCiphers[] = {
    {"TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {"TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {"TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {"TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {"TLS-ECDHE-ECDSA-WITH-CHACHA20-POLY1305-SHA256",
     "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"TLS-ECDHE-RSA-WITH-CHACHA20-POLY1305-SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"TLS1-3-AES-128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"},
    {"TLS1-3-AES-256-GCM-SHA384", "TLS_AES_256_GCM_SHA384"},
    {"TLS1-3-CHACHA20-POLY1305-SHA256", "TLS_CHACHA20_POLY1305_SHA256"},
};

}  // namespace

const mbedtls_x509_crt_profile& certificate_profile() {
  static constexpr mbedtls_x509_crt_profile kProfile = {
      MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
          MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
      0xfffffff,  // any public-key algorithm mbedTLS knows: RSA and ECDSA
      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
          MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
          MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
      2048,
  };
  return kProfile;
}

Status judge_flags(uint32_t* flags) {
  *flags &= ~static_cast<uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE |
                                   MBEDTLS_X509_BADCERT_CN_MISMATCH);
  if ((*flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
                 MBEDTLS_X509_BADCERT_BAD_KEY)) != 0) {
    return Status::ERR_TLS_CERT_WEAK;
  }
  if ((*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) return Status::ERR_TLS_CERT_UNKNOWN_CA;
  return *flags != 0 ? Status::ERR_TLS_CERT_USAGE : Status::OK;
}

Status check_dates(const mbedtls_x509_crt& certificate, uint64_t wall_s, bool allows_unknown,
                   uint32_t* flags) {
  if (wall_s == 0) {
    if (allows_unknown) return Status::OK;
    *flags |= MBEDTLS_X509_BADCERT_OTHER;
    return Status::ERR_TLS_CLOCK_UNKNOWN;
  }
  if (wall_s > unix_seconds(certificate.valid_to)) {
    *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    return Status::ERR_TLS_CERT_EXPIRED;
  }
  if (wall_s < unix_seconds(certificate.valid_from)) {
    *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    return Status::ERR_TLS_CERT_NOT_YET_VALID;
  }
  return Status::OK;
}

bool has_nul_subject(const mbedtls_x509_crt& certificate) {
  for (const mbedtls_x509_name* name = &certificate.subject; name != nullptr; name = name->next) {
    const ByteView value(name->val.p, name->val.len);
    if (std::ranges::find(value, uint8_t{0}) != value.end()) return true;
  }
  return false;
}

std::string_view iana_cipher_name(std::string_view mbedtls_name) {
  for (const CipherRow& row : kCiphers) {
    if (row.mbedtls == mbedtls_name) return row.iana;
  }
  return {};
}

}  // namespace voxlock::tls
