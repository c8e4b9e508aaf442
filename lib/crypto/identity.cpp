#include "crypto/identity.h"

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>

#include <cstring>

#include "base/base64.h"
#include "base/text.h"
#include "crypto/der.h"
#include "crypto/mbedtls_compat.h"
#include "crypto/strict_certificate.h"

namespace voxlock::crypto {
namespace {

constexpr size_t kMaxNames = 2048;
constexpr size_t kMaxDer = 4096;
constexpr size_t kMaxCommonName = 64;  // RFC 5280, appendix A: ub-common-name
constexpr size_t kPemLine = 64;

struct Key {
  Key() { mbedtls_pk_init(&raw); }
  ~Key() { mbedtls_pk_free(&raw); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  mbedtls_pk_context raw;
};

struct Certificate {
  Certificate() { mbedtls_x509_crt_init(&raw); }
  ~Certificate() { mbedtls_x509_crt_free(&raw); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  mbedtls_x509_crt raw;
};

struct CertificateWriter {
  CertificateWriter() { mbedtls_x509write_crt_init(&raw); }
  ~CertificateWriter() { mbedtls_x509write_crt_free(&raw); }
  CertificateWriter(const CertificateWriter&) = delete;
  CertificateWriter& operator=(const CertificateWriter&) = delete;
  mbedtls_x509write_cert raw;
};

bool is_common_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxCommonName) return false;
  for (const char c : name) {
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '.' && c != '-' && c != '_' && c != ' ')
      return false;
  }
  return true;
}

// YYYYMMDDhhmmss, the form mbedTLS takes. Days to date after H. Hinnant's civil_from_days.
bool write_time(uint64_t unix_s, char (&out)[15]) {
  constexpr uint64_t kYear10000 = 253402300800;
  if (unix_s >= kYear10000) return false;
  const uint64_t days = unix_s / 86400 + 719468;
  const uint64_t era = days / 146097;
  const uint64_t day_of_era = days % 146097;
  const uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  const uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const uint64_t numbers[] = {year_of_era + era * 400 + (month <= 2 ? 1 : 0),
                              month,
                              day_of_year - (153 * shifted_month + 2) / 5 + 1,
                              unix_s / 3600 % 24,
                              unix_s / 60 % 60,
                              unix_s % 60};
  size_t at = 14;
  out[at] = '\0';
  for (size_t i = 6; i-- > 0;) {
    uint64_t value = numbers[i];
    for (size_t digits = i == 0 ? 4 : 2; digits != 0; --digits) {
      out[--at] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
  }
  return true;
}

Result<void> set_names(CertificateWriter& writer, std::span<const SubjectName> names) {
  if (names.empty()) return {};
  uint8_t inner_raw[kMaxNames];
  bytes::Writer inner(inner_raw);
  for (const SubjectName& name : names) {
    if (name.value.size() > kMaxNames) return Status::ERR_LIMIT;
    inner.u8(static_cast<uint8_t>(name.kind));
    der::put_length(inner, name.value.size());
    inner.put(name.value);
  }
  if (!inner.ok()) return Status::ERR_LIMIT;
  uint8_t raw[kMaxNames + 4];
  bytes::Writer sequence(raw);
  sequence.u8(der::kSequence);
  der::put_length(sequence, inner.size());
  sequence.put(inner.written());
  if (mbedtls_x509write_crt_set_extension(&writer.raw, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                          MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, raw,
                                          sequence.size()) != 0) {
    return Status::ERR_NO_MEMORY;
  }
  return {};
}

Result<void> set_subject(CertificateWriter& writer, std::string_view common_name) {
  char name[3 + kMaxCommonName + 1] = "CN=";
  std::memcpy(name + 3, common_name.data(), common_name.size());
  if (mbedtls_x509write_crt_set_subject_name(&writer.raw, name) != 0) return Status::ERR_NO_MEMORY;
  return {};
}

// A self-signed certificate has its own subject as issuer, any other the issuer's.
Result<void> set_issuer(CertificateWriter& writer, const IdentityRequest& request,
                        const Certificate& issuer) {
  char name[256] = "CN=";
  if (request.issuer == nullptr) {
    std::memcpy(name + 3, request.common_name.data(), request.common_name.size());
  } else if (mbedtls_x509_dn_gets(name, sizeof name, &issuer.raw.subject) < 0) {
    return Status::ERR_INTERNAL;
  }
  if (mbedtls_x509write_crt_set_issuer_name(&writer.raw, name) != 0) return Status::ERR_NO_MEMORY;
  return {};
}

Result<void> set_fields(CertificateWriter& writer, const IdentityRequest& request,
                        RandomSource& random) {
  char not_before[15];
  char not_after[15];
  if (!write_time(request.not_before_s, not_before) ||
      !write_time(request.not_after_s, not_after) || request.not_after_s < request.not_before_s) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  uint8_t serial[16];
  VOXLOCK_TRY_VOID(random.fill(serial));
  // RFC 5280, section 4.1.2.2: positive, not zero.
  serial[0] = static_cast<uint8_t>((serial[0] & 0x7f) | 0x40);
  mbedtls_x509write_crt_set_version(&writer.raw, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&writer.raw, MBEDTLS_MD_SHA256);
  const unsigned int usage = request.is_ca
                                 ? MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN
                                 : MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
  if (compat::set_serial(&writer.raw, serial) != 0 ||
      mbedtls_x509write_crt_set_validity(&writer.raw, not_before, not_after) != 0 ||
      mbedtls_x509write_crt_set_basic_constraints(&writer.raw, request.is_ca ? 1 : 0, -1) != 0 ||
      mbedtls_x509write_crt_set_key_usage(&writer.raw, static_cast<unsigned char>(usage)) != 0) {
    return Status::ERR_NO_MEMORY;
  }
  VOXLOCK_TRY_VOID(set_subject(writer, request.common_name));
  return set_names(writer, request.names);
}

// mbedTLS writes DER at the end of the buffer.
Result<void> take_tail(std::pmr::vector<uint8_t>& out, MutableBytes buffer, int written) {
  if (written <= 0) return Status::ERR_INTERNAL;
  const ByteView tail = buffer.last(static_cast<size_t>(written));
  out.assign(tail.begin(), tail.end());
  return {};
}

Result<void> make_key(Key& key, RandomSource& random) {
  if (mbedtls_pk_setup(&key.raw, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) != 0)
    return Status::ERR_NO_MEMORY;
  if (mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key.raw), random_for_mbedtls,
                          &random) != 0) {
    return Status::ERR_ENTROPY;
  }
  return {};
}

void write_pem(ByteView der, std::string_view label, bytes::Writer& out) {
  out.put("-----BEGIN ");
  out.put(label);
  out.put("-----\n");
  while (!der.empty()) {
    const ByteView line = der.first(std::min(der.size(), kPemLine / 4 * 3));
    base64::encode(line, out);
    out.put('\n');
    der = der.subspan(line.size());
  }
  out.put("-----END ");
  out.put(label);
  out.put("-----\n");
}

}  // namespace

Result<Identity> Identity::create(std::pmr::memory_resource& memory, const IdentityRequest& request,
                                  RandomSource& random) {
  if (!is_common_name(request.common_name)) return Status::ERR_INVALID_ARGUMENT;
  Key key;
  Key issuer_key;
  Certificate issuer;
  VOXLOCK_TRY_VOID(make_key(key, random));
  if (request.issuer != nullptr &&
      (mbedtls_x509_crt_parse_der(&issuer.raw, request.issuer->certificate_.data(),
                                  request.issuer->certificate_.size()) != 0 ||
       compat::pk_parse_key(&issuer_key.raw, request.issuer->key_, random) != 0)) {
    return Status::ERR_NO_MEMORY;
  }
  CertificateWriter writer;
  VOXLOCK_TRY_VOID(set_fields(writer, request, random));
  VOXLOCK_TRY_VOID(set_issuer(writer, request, issuer));
  mbedtls_pk_context& signer = request.issuer != nullptr ? issuer_key.raw : key.raw;
  mbedtls_x509write_crt_set_subject_key(&writer.raw, &key.raw);
  mbedtls_x509write_crt_set_issuer_key(&writer.raw, &signer);

  Identity identity(memory);
  std::pmr::vector<uint8_t> buffer(kMaxDer, &memory);
  VOXLOCK_TRY_VOID(take_tail(identity.certificate_, buffer,
                             mbedtls_x509write_crt_der(&writer.raw, buffer.data(), buffer.size(),
                                                       random_for_mbedtls, &random)));
  VOXLOCK_TRY_VOID(drop_null_parameters(identity.certificate_, signer, random));
  VOXLOCK_TRY_VOID(take_tail(identity.key_, buffer,
                             mbedtls_pk_write_key_der(&key.raw, buffer.data(), buffer.size())));
  return identity;
}

void Identity::write_certificate_pem(bytes::Writer& out) const {
  write_pem(certificate_, "CERTIFICATE", out);
}

void Identity::write_key_pem(bytes::Writer& out) const {
  write_pem(key_, "EC PRIVATE KEY", out);
}

}  // namespace voxlock::crypto
