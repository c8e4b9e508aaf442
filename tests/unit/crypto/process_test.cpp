// What mbedTLS keeps for the whole process must not lie in the memory of a context, which ends
// before.
#include <mbedtls/version.h>

#include "base/beneath.h"
#include "base/memory.h"
#include "support/allocator.h"
#include "support/catch.h"

#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>

#include <vector>

using namespace voxlock;

TEST_CASE("mbedTLS's generator and its key slots are in nobody's memory") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  test::TestAllocator allocator;
  Memory memory(allocator.raw());
  {
    const beneath::Loan loan(&memory);
    // It takes new entropy after 10,000 requests.
    uint8_t byte = 0;
    for (size_t i = 0; i < 20'001; ++i) REQUIRE(psa_generate_random(&byte, 1) == PSA_SUCCESS);
    CHECK(allocator.live_blocks == 0);
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
    std::vector<psa_key_id_t> keys;
    for (uint8_t i = 0; i < 200; ++i) {
      const uint8_t data[16] = {i};
      psa_key_id_t key{};
      // mbedTLS 2.28 has 32 slots.
      if (psa_import_key(&attributes, data, sizeof data, &key) != PSA_SUCCESS) break;
      keys.push_back(key);
    }
    CHECK(keys.size() >= 30);
    for (const psa_key_id_t key : keys) CHECK(psa_destroy_key(key) == PSA_SUCCESS);
  }
  CHECK(allocator.live_blocks == 0);
  uint8_t more = 0;
  for (size_t i = 0; i < 10'001; ++i) REQUIRE(psa_generate_random(&more, 1) == PSA_SUCCESS);
}
#endif
