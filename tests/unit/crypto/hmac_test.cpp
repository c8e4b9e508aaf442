#include "crypto/hmac.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/vectors.h"

using namespace voxlock;
using crypto::HashId;

namespace {

struct Row {
  const char* title;
  HashId id;
  std::vector<uint8_t> key;
  std::vector<uint8_t> data;
  const char* tag;
};

std::vector<uint8_t> text(std::string_view s) {
  return {s.begin(), s.end()};
}
std::vector<uint8_t> repeat(uint8_t byte, size_t n) {
  return std::vector<uint8_t>(n, byte);
}

std::string hex(const crypto::Digest& digest) {
  return test::to_hex(digest.view().data(), digest.size());
}

}  // namespace

TEST_CASE("RFC 2202 2 and 3, RFC 4231 4: tags") {
  const Row rows[] = {
      {"RFC 2202 2, case 1", HashId::kMd5, repeat(0x0b, 16), text("Hi There"),
       "9294727a3638bb1c13f48ef8158bfc9d"},
      {"RFC 2202 2, case 2", HashId::kMd5, text("Jefe"), text("what do ya want for nothing?"),
       "750c783e6ab0b503eaa86e310a5db738"},
      {"RFC 2202 3, case 1", HashId::kSha1, repeat(0x0b, 20), text("Hi There"),
       "b617318655057264e28bc0b6fb378c8ef146be00"},
      {"RFC 2202 3, case 6", HashId::kSha1, repeat(0xaa, 80),
       text("Test Using Larger Than Block-Size Key - Hash Key First"),
       "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
      {"RFC 4231 4.2", HashId::kSha256, repeat(0x0b, 20), text("Hi There"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"RFC 4231 4.2", HashId::kSha384, repeat(0x0b, 20), text("Hi There"),
       "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2f"
       "a9cb6"},
      {"RFC 4231 4.2", HashId::kSha512, repeat(0x0b, 20), text("Hi There"),
       "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
       "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
      {"RFC 4231 4.4", HashId::kSha256, repeat(0xaa, 20), repeat(0xdd, 50),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
  };
  for (const Row& row : rows) {
    INFO(row.title << " " << crypto::hash_name(row.id));
    const auto tag = crypto::hmac(row.id, row.key, row.data);
    REQUIRE(tag);
    CHECK(hex(*tag) == row.tag);
    crypto::Hmac hmac(row.id, row.key);
    for (int round = 0; round < 2; ++round) {
      for (const uint8_t byte : row.data) hmac.update({&byte, 1});
      CHECK(hex(*hmac.finish()) == row.tag);
    }
  }
}

TEST_CASE("an empty key and empty data are legal") {
  CHECK(hex(*crypto::hmac(HashId::kSha256, {}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
