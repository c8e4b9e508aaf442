#include "crypto/identity.h"

#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <string>

#include "crypto/der.h"
#include "crypto/mbedtls_compat.h"
#include "crypto/strict_certificate.h"
#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::crypto;

namespace {

// AlgorithmIdentifier of ecdsa-with-SHA256, alone and with the NULL of mbedTLS 2.28.
constexpr uint8_t kStrict[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                               0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
constexpr uint8_t kWithNull[] = {0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                 0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00};

size_t count_of(ByteView what, ByteView in) {
  size_t n = 0;
  for (auto at = in.begin();; ++at) {
    at = std::search(at, in.end(), what.begin(), what.end());
    if (at == in.end()) return n;
    ++n;
  }
}

struct Parsed {
  explicit Parsed(ByteView der) {
    mbedtls_x509_crt_init(&raw);
    REQUIRE(mbedtls_x509_crt_parse_der(&raw, der.data(), der.size()) == 0);
  }
  ~Parsed() { mbedtls_x509_crt_free(&raw); }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;
  // The signature is its issuer's. Dates are no matter.
  bool is_signed_by(Parsed& issuer) {
    uint32_t flags = 0;
    (void)mbedtls_x509_crt_verify(&raw, &issuer.raw, nullptr, nullptr, &flags, nullptr, nullptr);
    return (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;
  }
  mbedtls_x509_crt raw;
};

Identity issue(test::TestContext& host, const Identity* issuer, size_t name_len) {
  const std::string text(name_len, 'a');
  const SubjectName name{NameKind::kDns, as_bytes(text)};
  IdentityRequest request;
  request.common_name = "test";
  request.not_after_s = 4'000'000'000;
  request.is_ca = issuer == nullptr;
  request.issuer = issuer;
  if (name_len != 0) request.names = std::span(&name, 1);
  auto made = Identity::create(host.memory, request, host.random);
  REQUIRE(made);
  return *std::move(made);
}

}  // namespace

TEST_CASE("RFC 5758 3.2: a signature's algorithm stands without parameters") {
  test::TestContext host;
  const Identity root = issue(host, nullptr, 0);
  Parsed authority(root.certificate_der());
  // Lengths on both sides of each border of X.690, section 8.1.3.
  for (const size_t name_len : {0, 10, 100, 120, 123, 125, 126, 127, 130, 240, 251, 260, 1000}) {
    INFO("name of " << name_len);
    const Identity leaf = issue(host, &root, name_len);
    CHECK(count_of(kStrict, leaf.certificate_der()) == 2);
    CHECK(count_of(kWithNull, leaf.certificate_der()) == 0);
    Parsed parsed(leaf.certificate_der());
    CHECK(parsed.is_signed_by(authority));
  }
  CHECK(authority.is_signed_by(authority));
  CHECK(count_of(kStrict, root.certificate_der()) == 2);
}

TEST_CASE("X.690 10.1: lengths have their shortest form") {
  for (const size_t length : {0, 1, 127, 128, 255, 256, 65535}) {
    uint8_t raw[70000];
    bytes::Writer out(raw);
    out.u8(der::kSequence);
    der::put_length(out, length);
    CHECK(out.size() == (length < 128 ? 2u : length < 256 ? 3u : 4u));
    out.fill(7, length);
    bytes::Reader reader(out.written());
    const auto contents = der::take(reader, der::kSequence);
    REQUIRE(contents);
    CHECK((contents->size() == length && reader.left() == 0));
    if (length == 0) continue;
    bytes::Reader cut(out.written().first(out.size() - 1));
    CHECK_FALSE(der::take(cut, der::kSequence));
  }
}

TEST_CASE("no certificate: nothing is rewritten") {
  test::TestContext host;
  const Identity root = issue(host, nullptr, 0);
  mbedtls_pk_context key;
  mbedtls_pk_init(&key);
  REQUIRE(compat::pk_parse_key(&key, root.key_der(), host.random) == 0);
  const ByteView good = root.certificate_der();
  for (size_t len = 0; len <= good.size(); ++len) {
    std::pmr::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(len));
    const auto before = cut;
    CHECK(drop_null_parameters(cut, key, host.random).has_value() == (len == good.size()));
    CHECK(cut == before);
  }
  mbedtls_pk_free(&key);
}
