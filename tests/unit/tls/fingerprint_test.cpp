// Fingerprints as text, their hashes, and which certificates they match.
#include "tls/fingerprint.h"

#include "support/guarded.h"
#include "unit/tls/peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

std::string hex(size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) out += (i == 0 ? "0a" : ":0a");
  return out;
}

std::string text_of(const tls::Fingerprint& fingerprint) {
  char raw[256];
  bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(raw), sizeof raw));
  fingerprint.write(writer);
  REQUIRE(writer.ok());
  return {raw, writer.size()};
}

}  // namespace

TEST_CASE("RFC 8122 5: fingerprints as text") {
  struct Row {
    const char* title;
    std::string text;
    Status status;
  };
  using enum Status;
  const Row rows[] = {
      {"sha-256", "sha-256 " + hex(32), OK},
      {"sha-384", "sha-384 " + hex(48), OK},
      {"sha-512", "sha-512 " + hex(64), OK},
      {"case and spaces", "  SHA-256 \t " + hex(32) + " ", OK},
      {"sha-1", "sha-1 " + hex(20), ERR_DTLS_FINGERPRINT_WEAK},
      {"md5", "MD5 " + hex(16), ERR_DTLS_FINGERPRINT_WEAK},
      {"md2", "md2 " + hex(16), ERR_DTLS_FINGERPRINT_WEAK},
      {"sha-224", "sha-224 " + hex(28), ERR_DTLS_FINGERPRINT_WEAK},
      {"sha-1 with the bytes of sha-256", "sha-1 " + hex(32), ERR_DTLS_FINGERPRINT_WEAK},
      {"unknown", "sha3-256 " + hex(32), ERR_UNSUPPORTED},
      {"empty", "", ERR_UNSUPPORTED},
      {"no value", "sha-256", ERR_SYNTAX},
      {"one byte less", "sha-256 " + hex(31), ERR_SYNTAX},
      {"one byte more", "sha-256 " + hex(33), ERR_SYNTAX},
      {"no colons", "sha-256 " + std::string(95, 'a'), ERR_SYNTAX},
      {"no digit", "sha-256 g" + hex(32).substr(1), ERR_SYNTAX},
      {"text behind", "sha-256 " + hex(32) + " x", ERR_SYNTAX},
      {"length of another hash", "sha-256 " + hex(48), ERR_SYNTAX},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const Guarded guarded(row.text);
    CHECK(tls::Fingerprint::parse(guarded.text()).error() == row.status);
  }
  const auto parsed = tls::Fingerprint::parse("SHA-256  " + hex(32));
  REQUIRE(parsed);
  CHECK(text_of(*parsed).substr(0, 14) == "sha-256 0A:0A:");
  const std::string again = text_of(*parsed);
  CHECK(tls::Fingerprint::parse(again));
}

TEST_CASE("a fingerprint matches its certificate alone, by each strong hash") {
  TestContext host;
  const auto mine = issue(host, {});
  const auto other = issue(host, {});
  const auto digests = tls::CertificateDigests::of_der(mine.certificate_der());
  REQUIRE(digests);
  using enum crypto::HashId;
  for (const crypto::HashId id : {kSha256, kSha384, kSha512}) {
    const auto own = tls::Fingerprint::of_der(id, mine.certificate_der());
    const auto foreign = tls::Fingerprint::of_der(id, other.certificate_der());
    const auto of_pem = tls::Fingerprint::of(host.memory, id, as_bytes(pem(mine) + pem(other)));
    REQUIRE(own);
    REQUIRE(of_pem);
    CHECK(text_of(*own) == text_of(*of_pem));
    const tls::Fingerprint both[] = {*foreign, *own};
    CHECK(digests->match_any({&*own, 1}));
    CHECK_FALSE(digests->match_any({&*foreign, 1}));
    CHECK(digests->match_any(both));
    CHECK_FALSE(digests->match_any({}));
  }
  CHECK(tls::Fingerprint::of_der(kSha1, mine.certificate_der()).error() ==
        Status::ERR_DTLS_FINGERPRINT_WEAK);
  CHECK(tls::Fingerprint::of_der(kMd5, mine.certificate_der()).error() ==
        Status::ERR_DTLS_FINGERPRINT_WEAK);
  CHECK(tls::Fingerprint::of(host.memory, kSha256, as_bytes("x")).error() ==
        Status::ERR_TLS_BAD_CERTIFICATE);
  CHECK(tls::Fingerprint::of(host.memory, kSha256, {}).error() == Status::ERR_TLS_BAD_CERTIFICATE);
}
