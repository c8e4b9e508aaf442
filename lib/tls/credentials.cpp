#include "tls/credentials.h"

#include <algorithm>

#include "base/bytes.h"
#include "crypto/mbedtls_compat.h"

namespace voxlock::tls {
namespace {

constexpr std::string_view kPemMark = "-----BEGIN ";

// mbedTLS counts the NUL behind PEM as part of it, and refuses it behind DER.
ByteView for_mbedtls(ByteView with_nul) {
  return as_text(with_nul).find(kPemMark) != std::string_view::npos
             ? with_nul
             : with_nul.first(with_nul.size() - 1);
}

Result<void> parse_certificates(mbedtls_x509_crt* out, ByteView with_nul) {
  if (with_nul.empty()) return {};
  const ByteView data = for_mbedtls(with_nul);
  const int result = mbedtls_x509_crt_parse(out, data.data(), data.size());
  if (result == MBEDTLS_ERR_X509_ALLOC_FAILED) return Status::ERR_NO_MEMORY;
  // A positive result counts the certificates that could not be read: none is left out silently.
  if (result != 0) return Status::ERR_TLS_BAD_CERTIFICATE;
  return {};
}

}  // namespace

Credentials::Credentials() {
  mbedtls_x509_crt_init(&certificates);
  mbedtls_x509_crt_init(&authorities);
  mbedtls_pk_init(&key);
}

Credentials::~Credentials() {
  mbedtls_x509_crt_free(&certificates);
  mbedtls_x509_crt_free(&authorities);
  mbedtls_pk_free(&key);
}

Result<void> Credentials::parse(const Settings& settings, RandomSource& random) {
  VOXLOCK_TRY_VOID(parse_certificates(&certificates, settings.certificates));
  VOXLOCK_TRY_VOID(parse_certificates(&authorities, settings.authorities));
  if (settings.certificates.empty()) return {};
  if (crypto::compat::pk_parse_key(&key, for_mbedtls(settings.key), random) != 0 ||
      crypto::compat::pk_check_pair(&certificates.pk, &key, random) != 0) {
    return Status::ERR_TLS_BAD_KEY;
  }
  return {};
}

}  // namespace voxlock::tls
