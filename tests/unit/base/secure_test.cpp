#include "base/secure.h"

#include <algorithm>
#include <vector>

#include "support/catch.h"

using namespace voxlock;

TEST_CASE("wipe leaves zeros") {
  uint8_t raw[64];
  std::fill(std::begin(raw), std::end(raw), uint8_t{0xaa});
  secure::wipe(raw, sizeof raw);
  CHECK(std::all_of(std::begin(raw), std::end(raw), [](uint8_t b) { return b == 0; }));
}

TEST_CASE("equal compares length and every byte") {
  const uint8_t a[] = {1, 2, 3};
  for (size_t i = 0; i < 3; ++i) {
    uint8_t b[] = {1, 2, 3};
    CHECK(secure::equal(a, b));
    b[i] ^= 0x80;
    CHECK_FALSE(secure::equal(a, b));
  }
  CHECK_FALSE(secure::equal(a, ByteView(a).first(2)));
  CHECK(secure::equal({}, {}));
  for (size_t len = 0; len <= 40; ++len) {
    const std::vector<uint8_t> long_a(len, 0x5a);
    CHECK(secure::equal(long_a, std::vector<uint8_t>(long_a)));
    for (size_t bit = 0; bit < 8 * len; ++bit) {
      std::vector<uint8_t> other = long_a;
      other[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      REQUIRE_FALSE(secure::equal(long_a, other));
    }
  }
}

TEST_CASE("a secret is wiped where it moved from and when it dies") {
  alignas(secure::Secret<8>) uint8_t raw[sizeof(secure::Secret<8>)];
  auto* secret = new (raw) secure::Secret<8>();
  const uint8_t key[] = {1, 2, 3, 4, 5, 6, 7, 8};
  REQUIRE(secret->assign(key));
  {
    secure::Secret<8> other = std::move(*secret);
    CHECK(secure::equal(other.view(), key));
    CHECK(secret->empty());
    *secret = std::move(other);
    CHECK(other.empty());
  }
  CHECK(secret->size() == 8);
  CHECK_FALSE(secret->assign(ByteView(raw, 9)));
  CHECK(secret->size() == 8);
  secret->~Secret();
  CHECK(std::none_of(std::begin(raw), std::end(raw), [](uint8_t b) { return b != 0; }));
}
