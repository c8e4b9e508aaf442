#include "e2ee/sframe.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/json.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::e2ee;
using test::from_hex;
using test::Json;

namespace {

using Bytes = std::vector<uint8_t>;

std::string hex(ByteView bytes) {
  return test::to_hex(bytes.data(), bytes.size());
}

// The vectors have numbers up to 2^64 - 1, beyond a signed integer.
uint64_t number_of(const std::string& text, const std::string& name, size_t& at) {
  at = text.find("\"" + name + "\":", at) + name.size() + 3;
  return std::strtoull(text.c_str() + at, nullptr, 10);
}

void check_sealed(const Json& row) {
  const auto* suite = find_sframe_suite(static_cast<uint32_t>(row["cipher_suite"].integer()));
  REQUIRE(suite != nullptr);
  INFO(suite->name);
  const auto kid = static_cast<uint64_t>(row["kid"].integer());
  const auto ctr = static_cast<uint64_t>(row["ctr"].integer());
  const Bytes base = from_hex(row["base_key"].text());
  const auto secrets = derive_sframe(*suite, kid, base);
  REQUIRE(secrets.has_value());
  CHECK(hex(secrets->key.view()) == row["sframe_key"].text());
  CHECK(hex(secrets->salt.view()) == row["sframe_salt"].text());
  SframeKey key;
  REQUIRE(key.set(*suite, kid, base).has_value());
  const Bytes plain = from_hex(row["pt"].text());
  const Bytes metadata = from_hex(row["metadata"].text());
  const Bytes sealed = from_hex(row["ct"].text());
  Bytes out(sealed.size());
  const auto len = key.seal(ctr, plain, metadata, out);
  REQUIRE(len.has_value());
  CHECK(*len == sealed.size());
  CHECK(out == sealed);
  const auto header = parse_sframe_header(sealed);
  REQUIRE(header.has_value());
  CHECK((header->kid == kid && header->ctr == ctr));
  Bytes opened(plain.size());
  CHECK(key.open(*header, sealed, metadata, opened).value_or(0) == plain.size());
  CHECK(opened == plain);
  // Any bit of the frame or of the metadata.
  Bytes forged = sealed;
  for (size_t i = header->len; i < forged.size(); ++i) {
    forged[i] ^= 0x10;
    CHECK(key.open(*header, forged, metadata, opened).error() == Status::ERR_E2EE_AUTH);
    CHECK(opened == Bytes(plain.size(), 0));
    forged[i] ^= 0x10;
  }
  CHECK(key.open(*header, sealed, {}, opened).error() == Status::ERR_E2EE_AUTH);
  for (size_t n = header->len; n < sealed.size(); ++n) {
    const test::Guarded part(ByteView(sealed).first(n));
    CHECK_FALSE(key.open(*header, part.bytes(), metadata, opened).has_value());
  }
}

void check_ctr_hmac(const Json& row) {
  const auto* suite = find_sframe_suite(static_cast<uint32_t>(row["cipher_suite"].integer()));
  REQUIRE(suite != nullptr);
  Aead aead;
  REQUIRE(aead.set_ctr_hmac_keys(from_hex(row["enc_key"].text()), suite->hash,
                                 from_hex(row["auth_key"].text()))
              .has_value());
  const Bytes raw = from_hex(row["nonce"].text());
  Nonce nonce{};
  REQUIRE(raw.size() == nonce.size());
  std::copy(raw.begin(), raw.end(), nonce.begin());
  const Bytes metadata = from_hex(row["aad"].text());
  Bytes data = from_hex(row["pt"].text());
  Bytes tag(suite->tag_len);
  // In one piece or two: the tag is the same.
  const ByteView aad(metadata);
  REQUIRE(aead.seal(nonce, {aad.first(3), aad.subspan(3)}, data, tag).has_value());
  CHECK(hex(data) + hex(tag) == row["ct"].text());
  REQUIRE(aead.open(nonce, {aad, {}}, data, tag).has_value());
  CHECK(hex(data) == row["pt"].text());
}

}  // namespace

TEST_CASE("RFC 9605 C.1: every header encodes and decodes") {
  if (!test::has_vectors("e2ee/sframe-rfc9605/test-vectors.json")) return;
  const std::string text = test::read_vector("e2ee/sframe-rfc9605/test-vectors.json");
  const Json vectors = Json::parse(text);
  size_t at = 0;
  for (const Json& row : vectors["header"].items()) {
    const uint64_t kid = number_of(text, "kid", at);
    const uint64_t ctr = number_of(text, "ctr", at);
    INFO(row["encoded"].text());
    Bytes out(kMaxSframeHeaderLen);
    bytes::Writer writer(out);
    write_sframe_header({kid, ctr, 0}, writer);
    REQUIRE(writer.ok());
    CHECK(hex(writer.written()) == row["encoded"].text());
    const auto parsed = parse_sframe_header(out);
    REQUIRE(parsed.has_value());
    CHECK((parsed->kid == kid && parsed->ctr == ctr && parsed->len == writer.size()));
    for (size_t n = 0; n < writer.size(); ++n) {
      const test::Guarded part(ByteView(out).first(n));
      CHECK(parse_sframe_header(part.bytes()).error() == Status::ERR_TRUNCATED);
    }
  }
  CHECK(vectors["header"].items().size() == 289);
}

TEST_CASE("RFC 9605 4.3: a number in more bytes than it needs is refused") {
  for (const char* bad :
       {"8007", "0807", "900001", "8f0000000000000001", "090001", "0f00ffffffffffffff"}) {
    INFO(bad);
    CHECK(parse_sframe_header(from_hex(bad)).error() == Status::ERR_E2EE_FRAME);
  }
}

TEST_CASE("RFC 9605 C.2: AES-CTR with HMAC") {
  if (!test::has_vectors("e2ee/sframe-rfc9605/test-vectors.json")) return;
  const Json vectors = Json::parse(test::read_vector("e2ee/sframe-rfc9605/test-vectors.json"));
  for (const char* part : {"aes_ctr_hmac", "aes_256_ctr_hmac"}) {
    for (const Json& row : vectors[part].items()) check_ctr_hmac(row);
  }
}

TEST_CASE("RFC 9605 C.3: every suite derives, seals and opens as published") {
  if (!test::has_vectors("e2ee/sframe-rfc9605/test-vectors.json")) return;
  const Json vectors = Json::parse(test::read_vector("e2ee/sframe-rfc9605/test-vectors.json"));
  for (const Json& row : vectors["sframe"].items()) check_sealed(row);
  const Json more = Json::parse(test::read_vector("e2ee/sframe-rfc9605/test-vectors-aes256.json"));
  for (const Json& row : more["sframe_aes_256_ctr_hmac"].items()) check_sealed(row);
  CHECK(vectors["sframe"].items().size() + more["sframe_aes_256_ctr_hmac"].items().size() ==
        sframe_suites().size());
}
