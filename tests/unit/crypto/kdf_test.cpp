#include "crypto/kdf.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/vectors.h"

using namespace voxlock;
using crypto::HashId;
using test::from_hex;

namespace {

using Bytes = std::vector<uint8_t>;

std::string hex(const Bytes& bytes) {
  return test::to_hex(bytes.data(), bytes.size());
}

struct HkdfRow {
  const char* title;
  HashId id;
  const char* secret;
  const char* salt;
  const char* info;
  const char* key;  // the pseudorandom key of the first step
  const char* out;
};

const HkdfRow kHkdfRows[] = {
    {"A.1", HashId::kSha256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"A.3", HashId::kSha256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    {"A.4", HashId::kSha1, "0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
     "f0f1f2f3f4f5f6f7f8f9", "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243",
     "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896"},
};

struct PbkdfRow {
  const char* title;
  HashId id;
  const char* password;
  std::string_view salt;
  uint32_t iterations;
  const char* out;
};

const PbkdfRow kPbkdfRows[] = {
    {"RFC 6070, one iteration", HashId::kSha1, "password", "salt", 1,
     "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
    {"RFC 6070, two iterations", HashId::kSha1, "password", "salt", 2,
     "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"},
    {"RFC 6070, two blocks", HashId::kSha1, "passwordPASSWORDpassword",
     "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
     "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
    {"RFC 7914 11, one iteration", HashId::kSha256, "passwd", "salt", 1,
     "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
     "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
};

}  // namespace

TEST_CASE("RFC 5869 A: both steps of HKDF") {
  for (const HkdfRow& row : kHkdfRows) {
    INFO(row.title);
    const auto key = crypto::hkdf_extract(row.id, from_hex(row.salt), from_hex(row.secret));
    REQUIRE(key.has_value());
    CHECK(test::to_hex(key->view().data(), key->size()) == row.key);
    Bytes out(from_hex(row.out).size());
    REQUIRE(crypto::hkdf(row.id, from_hex(row.secret), from_hex(row.salt), from_hex(row.info), out)
                .has_value());
    CHECK(hex(out) == row.out);
  }
}

TEST_CASE("RFC 5869 2.3: at most 255 digests come out of one key") {
  const Bytes key(32, 7);
  Bytes out(255 * 32, 1);
  CHECK(crypto::hkdf_expand(HashId::kSha256, key, {}, out).has_value());
  out.resize(out.size() + 1);
  CHECK(crypto::hkdf_expand(HashId::kSha256, key, {}, out).error() == Status::ERR_LIMIT);
  CHECK(out == Bytes(out.size(), 0));
}

TEST_CASE("RFC 8018 5.2: PBKDF2 of published vectors") {
  for (const PbkdfRow& row : kPbkdfRows) {
    INFO(row.title);
    Bytes out(from_hex(row.out).size());
    REQUIRE(crypto::pbkdf2(row.id, as_bytes(row.password), as_bytes(row.salt), row.iterations, out)
                .has_value());
    CHECK(hex(out) == row.out);
  }
  Bytes out(16, 1);
  CHECK(crypto::pbkdf2(HashId::kSha256, {}, {}, 0, out).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(out == Bytes(16, 0));
}
