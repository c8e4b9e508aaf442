#include "crypto/drbg.h"

#include <algorithm>
#include <vector>

#include "support/catch.h"
#include "support/vectors.h"

using namespace voxlock;

TEST_CASE("a seed makes the same bytes again") {
  const auto seed = test::from_hex("000102030405060708090a0b0c0d0e0f");
  crypto::Drbg a;
  crypto::Drbg b;
  REQUIRE(a.seed(seed));
  REQUIRE(b.seed(seed));
  std::vector<uint8_t> x(3000);
  std::vector<uint8_t> y(3000);
  REQUIRE(a.fill(x));
  REQUIRE(b.fill(y));
  CHECK(x == y);
  REQUIRE(a.fill(y));
  CHECK(x != y);
}

TEST_CASE("an unseeded generator gives zeros and says so") {
  crypto::Drbg drbg;
  std::vector<uint8_t> out(32, 1);
  CHECK(drbg.fill(out).error() == Status::ERR_ENTROPY);
  CHECK(std::all_of(out.begin(), out.end(), [](uint8_t b) { return b == 0; }));
  CHECK(drbg.u32().error() == Status::ERR_ENTROPY);
}

TEST_CASE("the seed has 16 to 64 bytes") {
  crypto::Drbg drbg;
  const std::vector<uint8_t> raw(65);
  CHECK(drbg.seed(ByteView(raw).first(15)).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(drbg.seed(raw).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(drbg.seed(ByteView(raw).first(64)));
}

TEST_CASE("generators seeded from the system differ") {
  crypto::Drbg a;
  crypto::Drbg b;
  REQUIRE(a.seed_from_system());
  REQUIRE(b.seed_from(a));
  CHECK(*a.u32() != *b.u32());
}
