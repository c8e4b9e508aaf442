#include "tls/credentials.h"

#include <algorithm>
#include <array>

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

Result<void> parse_list(mbedtls_x509_crt* out, ByteView with_nul) {
  if (with_nul.empty()) return {};
  const ByteView data = for_mbedtls(with_nul);
  const int result = mbedtls_x509_crt_parse(out, data.data(), data.size());
  if (result == MBEDTLS_ERR_X509_ALLOC_FAILED) return Status::ERR_NO_MEMORY;
  // A positive result counts the certificates that could not be read: none is left out silently.
  if (result != 0) return Status::ERR_TLS_BAD_CERTIFICATE;
  return {};
}

// Whether the key is the certificate's. The public half of an elliptic key is on the curve, or was
// computed, by now: that both are the same is enough, and costs no handshake a multiplication more.
bool is_pair(mbedtls_pk_context& of_certificate, mbedtls_pk_context& key, RandomSource& random) {
  if (mbedtls_pk_can_do(&key, MBEDTLS_PK_ECKEY) == 0)
    return crypto::compat::pk_check_pair(&of_certificate, &key, random) == 0;
  // Written from the end on.
  constexpr size_t kLongest = 256;
  std::array<uint8_t, kLongest> a{}, b{};
  const int a_len = mbedtls_pk_write_pubkey_der(&of_certificate, a.data(), a.size());
  const int b_len = mbedtls_pk_write_pubkey_der(&key, b.data(), b.size());
  return a_len > 0 && a_len == b_len && a == b;
}

}  // namespace

std::pmr::vector<uint8_t> copy_with_nul(std::pmr::memory_resource& memory, ByteView data) {
  std::pmr::vector<uint8_t> out(&memory);
  if (data.empty()) return out;
  out.reserve(data.size() + 1);
  out.assign(data.begin(), data.end());
  out.push_back(0);
  return out;
}

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

Result<void> Credentials::parse_certificates(ByteView with_nul) {
  return parse_list(&certificates, with_nul);
}

Result<void> Credentials::parse(const Settings& settings, RandomSource& random) {
  VOXLOCK_TRY_VOID(parse_list(&authorities, settings.authorities));
  return parse_own(settings.certificates, settings.key, random);
}

Result<void> Credentials::parse_own(ByteView certificates_with_nul, ByteView key_with_nul,
                                    RandomSource& random) {
  VOXLOCK_TRY_VOID(parse_certificates(certificates_with_nul));
  if (certificates_with_nul.empty()) return {};
  if (key_with_nul.empty() ||
      crypto::compat::pk_parse_key(&key, for_mbedtls(key_with_nul), random) != 0 ||
      !is_pair(certificates.pk, key, random)) {
    return Status::ERR_TLS_BAD_KEY;
  }
  return {};
}

}  // namespace voxlock::tls
