#include "crypto/strict_certificate.h"

#include <algorithm>
#include <array>

#include "crypto/der.h"
#include "crypto/hash.h"

namespace voxlock::crypto {
namespace {

// AlgorithmIdentifier of ecdsa-with-SHA256, 1.2.840.10045.4.3.2.
constexpr std::array<uint8_t, 14> kWithNull{0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                            0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00};
constexpr std::array<uint8_t, 12> kStrict{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
constexpr uint8_t kVersion = 0xa0;
constexpr uint8_t kInteger = 0x02;
// RFC 3279, section 2.2.3: two integers of P-384 at most, and their heads.
constexpr size_t kMaxSignature = 128;

// Where signature stands in the fields of a TBSCertificate: RFC 5280, section 4.1, behind version
// and serialNumber.
Result<size_t> signature_at(ByteView fields) {
  bytes::Reader reader(fields);
  VOXLOCK_TRY_VOID(der::take(reader, kVersion));
  VOXLOCK_TRY_VOID(der::take(reader, kInteger));
  return reader.position();
}

Result<size_t> sign(ByteView data, mbedtls_pk_context& signer, RandomSource& random,
                    MutableBytes out) {
  Hash hash(HashId::kSha256);
  hash.update(data);
  VOXLOCK_TRY(const Digest digest, hash.finish());
  size_t len = 0;
  if (compat::pk_sign(&signer, digest.view(), out, &len, random) != 0) return Status::ERR_NO_MEMORY;
  return len;
}

}  // namespace

Result<void> drop_null_parameters(std::pmr::vector<uint8_t>& certificate,
                                  mbedtls_pk_context& signer, RandomSource& random) {
  bytes::Reader reader(certificate);
  VOXLOCK_TRY(const ByteView whole, der::take(reader, der::kSequence));
  bytes::Reader parts(whole);
  VOXLOCK_TRY(const ByteView fields, der::take(parts, der::kSequence));
  VOXLOCK_TRY(const size_t at, signature_at(fields));
  const ByteView rest = fields.subspan(at);
  if (rest.size() < kWithNull.size() ||
      !std::equal(kWithNull.begin(), kWithNull.end(), rest.begin())) {
    return {};
  }
  std::pmr::vector<uint8_t> signed_raw(certificate.size(), certificate.get_allocator());
  bytes::Writer tbs(signed_raw);
  tbs.u8(der::kSequence);
  der::put_length(tbs, fields.size() - kWithNull.size() + kStrict.size());
  tbs.put(fields.first(at));
  tbs.put(kStrict);
  tbs.put(rest.subspan(kWithNull.size()));
  std::array<uint8_t, kMaxSignature> signature;
  VOXLOCK_TRY(const size_t signature_len, sign(tbs.written(), signer, random, signature));
  // A bit string tells first how many bits of its last octet do not count.
  std::pmr::vector<uint8_t> out_raw(certificate.size() + kMaxSignature,
                                    certificate.get_allocator());
  bytes::Writer inner(out_raw);
  inner.put(tbs.written());
  inner.put(kStrict);
  inner.u8(der::kBitString);
  der::put_length(inner, signature_len + 1);
  inner.u8(0);
  inner.put(ByteView(signature).first(signature_len));
  if (!tbs.ok() || !inner.ok()) return Status::ERR_LIMIT;
  std::pmr::vector<uint8_t> strict(inner.size() + 4, certificate.get_allocator());
  bytes::Writer out(strict);
  out.u8(der::kSequence);
  der::put_length(out, inner.size());
  out.put(inner.written());
  strict.resize(out.size());
  certificate.swap(strict);
  return {};
}

}  // namespace voxlock::crypto
