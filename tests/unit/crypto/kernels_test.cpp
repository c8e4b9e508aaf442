// Every kernel against every other and against mbedTLS, on memory that ends at an unreadable page.
#include "crypto/kernels/kernels.h"

#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "crypto/aes_ctr.h"
#include "crypto/aes_gcm.h"
#include "crypto/hash.h"
#include "crypto/hmac_sha1.h"
#include "crypto/kernels/aes_planes.h"
#include "support/catch.h"
#include "support/guarded.h"
#include "support/kernels.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::crypto;
using test::from_hex;
using test::Guarded;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes noise(std::mt19937& random, size_t len) {
  Bytes out(len);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
  return out;
}

// All short lengths, then random ones.
std::vector<size_t> lengths(std::mt19937& random) {
  std::vector<size_t> out;
  for (size_t len = 0; len <= 330; ++len) out.push_back(len);
  for (int i = 0; i < 150; ++i) out.push_back(random() % 4097);
  out.push_back(4096);
  return out;
}

Bytes reference_ctr(const Bytes& key, Bytes counter, Bytes data) {
  mbedtls_aes_context aes;
  mbedtls_aes_init(&aes);
  REQUIRE(mbedtls_aes_setkey_enc(&aes, key.data(), static_cast<unsigned>(key.size() * 8)) == 0);
  uint8_t block[16];
  size_t offset = 0;
  REQUIRE(mbedtls_aes_crypt_ctr(&aes, data.size(), &offset, counter.data(), block, data.data(),
                                data.data()) == 0);
  mbedtls_aes_free(&aes);
  return data;
}

// Ciphertext and tag.
Bytes reference_gcm(const Bytes& key, const Bytes& nonce, const Bytes& aad, const Bytes& data) {
  mbedtls_gcm_context gcm;
  mbedtls_gcm_init(&gcm);
  REQUIRE(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key.data(),
                             static_cast<unsigned>(key.size() * 8)) == 0);
  Bytes out(data.size() + 16);
  REQUIRE(mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, data.size(), nonce.data(),
                                    nonce.size(), aad.data(), aad.size(), data.data(), out.data(),
                                    16, out.data() + data.size()) == 0);
  mbedtls_gcm_free(&gcm);
  return out;
}

Bytes copy(std::span<const uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

template <size_t N>
std::span<const uint8_t, N> fixed(const Bytes& bytes) {
  return std::span<const uint8_t>(bytes).first<N>();
}

}  // namespace

TEST_CASE("kernels: there is a portable row, last, and names are not repeated") {
  const auto aes = kernels::aes_rows();
  const auto sha1 = kernels::sha1_rows();
  CHECK(std::string(aes.back()->name) == "portable");
  CHECK(std::string(sha1.back()->name) == "portable");
  CHECK(kernels::active().aes == aes.front());
  CHECK(kernels::active().sha1 == sha1.front());
  std::set<std::string> names;
  for (const auto* row : aes) CHECK(names.insert(row->name).second);
  names.clear();
  for (const auto* row : sha1) CHECK(names.insert(row->name).second);
}

#if defined(__aarch64__) && defined(__linux__)
TEST_CASE("64-bit Arm: the rows are those of the capabilities that Linux tells of") {
  const auto first = [](auto rows) { return std::string(rows.front()->name); };
  const unsigned long there = getauxval(AT_HWCAP);
  const bool has_aes = (there & HWCAP_AES) != 0 && (there & HWCAP_PMULL) != 0;
  CHECK(first(kernels::aes_rows()) == (has_aes ? "arm-aes" : "portable"));
  CHECK(first(kernels::sha1_rows()) == ((there & HWCAP_SHA1) != 0 ? "arm-sha1" : "portable"));
}
#endif

TEST_CASE("FIPS 197 5.1.1: the S-box on bit planes is the table's") {
  // The inverse in GF(2^8) by trial, then the affine map.
  const auto times = [](unsigned a, unsigned b) {
    unsigned out = 0;
    for (; b != 0; b >>= 1, a = (a << 1) ^ ((a >> 7) * 0x11b))
      if ((b & 1) != 0) out ^= a;
    return out;
  };
  for (unsigned x = 0; x < 256; ++x) {
    unsigned inverse = 0;
    for (unsigned y = 1; y < 256 && inverse == 0; ++y)
      if (times(x, y) == 1) inverse = y;
    unsigned expected = 0x63;
    for (unsigned turn = 0; turn < 5; ++turn)
      expected ^= (inverse << turn | inverse >> (8 - turn)) & 0xff;
    Bytes blocks(64, static_cast<uint8_t>(x));
    kernels::Planes planes = kernels::to_planes(blocks.data());
    kernels::sub_bytes(planes);
    kernels::from_planes(planes, blocks.data());
    REQUIRE(blocks == Bytes(64, static_cast<uint8_t>(expected)));
  }
}

TEST_CASE("bit planes: the way there and back gives the bytes") {
  std::mt19937 random(1);
  const Bytes blocks = noise(random, 64);
  Bytes back(64);
  kernels::from_planes(kernels::to_planes(blocks.data()), back.data());
  CHECK(back == blocks);
}

TEST_CASE("FIPS 197 A.1, A.3: every kernel expands the same keys") {
  for (const auto* row : kernels::aes_rows()) {
    INFO(row->name);
    kernels::AesKey key;
    row->expand(key, from_hex("2b7e151628aed2a6abf7158809cf4f3c").data(), 16);
    CHECK(key.rounds == 10);
    CHECK(test::to_hex(key.round[10], 16) == "d014f9a8c9ee2589e13f0cc8b6630ca6");
    row->expand(key,
                from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4").data(),
                32);
    CHECK(key.rounds == 14);
    CHECK(test::to_hex(key.round[13], 16) == "cafaaae3e4d59b349adf6acebd10190d");
    CHECK(test::to_hex(key.round[14], 16) == "fe4890d1e6188d0b046df344706c631e");
  }
}

TEST_CASE("AES-CTR: every kernel gives what mbedTLS gives, at any length and alignment") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    std::mt19937 random(2);
    for (const size_t len : lengths(random)) {
      INFO(len);
      const Bytes key = noise(random, len % 2 == 0 ? 16 : 32);
      Bytes counter = noise(random, 16);
      // The last 32 bits count alone: mbedTLS counts in all 128 and must not carry.
      counter[12] &= 0x7f;
      Guarded data(noise(random, len));
      const Bytes expected = reference_ctr(key, counter, copy(data.bytes()));
      AesCtr aes;
      REQUIRE(aes.set_key(key));
      aes.start(fixed<16>(counter));
      aes.apply(data.mutable_bytes());
      REQUIRE(copy(data.bytes()) == expected);
    }
  }
}

TEST_CASE("SP 800-38D 6.2: only the last 32 bits of a counter block count") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    const Bytes key(16, 3);
    // Seven blocks around the wrap, each alone.
    Bytes expected;
    for (const uint32_t count : {0xfffffffdu, 0xfffffffeu, 0xffffffffu, 0u, 1u, 2u, 3u}) {
      Bytes counter(16, 0xff);
      for (size_t i = 0; i < 4; ++i) counter[12 + i] = static_cast<uint8_t>(count >> (24 - 8 * i));
      const Bytes block = reference_ctr(key, counter, Bytes(16));
      expected.insert(expected.end(), block.begin(), block.end());
    }
    Bytes data(expected.size());
    Bytes counter(16, 0xff);
    counter[15] = 0xfd;
    AesCtr aes;
    REQUIRE(aes.set_key(key));
    aes.start(fixed<16>(counter));
    aes.apply(data);
    CHECK(data == expected);
  }
}

TEST_CASE("AES-CTR: pieces of any size continue the keystream") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    std::mt19937 random(3);
    for (int round = 0; round < 50; ++round) {
      const Bytes key = noise(random, 32);
      Bytes counter = noise(random, 16);
      counter[12] &= 0x7f;
      const Bytes plain = noise(random, 700);
      Bytes data = plain;
      AesCtr aes;
      REQUIRE(aes.set_key(key));
      aes.start(fixed<16>(counter));
      for (size_t at = 0; at < data.size();) {
        const size_t n = std::min<size_t>(random() % 70, data.size() - at);
        aes.apply(std::span(data).subspan(at, n));
        at += n;
      }
      REQUIRE(data == reference_ctr(key, counter, plain));
    }
  }
}

TEST_CASE("AES-GCM: every kernel gives what mbedTLS gives, at any length and alignment") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    std::mt19937 random(4);
    for (const size_t len : lengths(random)) {
      const size_t aad_len = random() % 4 == 0 ? random() % 400 : random() % 70;
      INFO(len << " bytes, associated " << aad_len);
      const Bytes key = noise(random, len % 2 == 0 ? 16 : 32);
      const Bytes nonce = noise(random, 12);
      const Guarded aad(noise(random, aad_len));
      const Bytes plain = noise(random, len);
      const Bytes expected = reference_gcm(key, nonce, copy(aad.bytes()), plain);
      AesGcm gcm;
      REQUIRE(gcm.set_key(key));
      Guarded data(plain);
      Guarded tag(Bytes(16));
      gcm.start(fixed<12>(nonce));
      const size_t cut = aad_len == 0 ? 0 : random() % aad_len;
      gcm.aad(aad.bytes().first(cut));
      gcm.aad(aad.bytes().subspan(cut));
      gcm.seal(data.mutable_bytes(), tag.mutable_bytes());
      Bytes sealed = copy(data.bytes());
      sealed.insert(sealed.end(), tag.bytes().begin(), tag.bytes().end());
      REQUIRE(sealed == expected);
      gcm.start(fixed<12>(nonce));
      gcm.aad(aad.bytes());
      REQUIRE(gcm.open(data.mutable_bytes(), tag.bytes()));
      REQUIRE(copy(data.bytes()) == plain);
      // From one place to another, both ways.
      Guarded moved(Bytes(len, 9));
      gcm.start(fixed<12>(nonce));
      gcm.aad(aad.bytes());
      gcm.seal(data.bytes(), moved.mutable_bytes(), tag.mutable_bytes());
      REQUIRE(copy(moved.bytes()) == Bytes(expected.begin(), expected.end() - 16));
      REQUIRE(copy(data.bytes()) == plain);
      gcm.start(fixed<12>(nonce));
      gcm.aad(aad.bytes());
      REQUIRE(gcm.open(moved.bytes(), data.mutable_bytes(), tag.bytes()));
      REQUIRE(copy(data.bytes()) == plain);
    }
  }
}

TEST_CASE("AES-GCM: a wrong bit anywhere is refused and the data stays as it is") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    const Bytes key(16, 1);
    const Bytes nonce(12, 2);
    AesGcm gcm;
    REQUIRE(gcm.set_key(key));
    for (const size_t len : {0u, 1u, 16u, 31u, 160u, 300u}) {
      Bytes sealed(len, 5);
      Bytes tag(16);
      Bytes aad(20, 6);
      gcm.start(fixed<12>(nonce));
      gcm.aad(aad);
      gcm.seal(sealed, tag);
      for (size_t bit = 0; bit < 8 * (len + tag.size() + aad.size()); bit += 5) {
        Bytes bad = sealed;
        Bytes bad_tag = tag;
        Bytes bad_aad = aad;
        const size_t at = bit / 8;
        uint8_t& byte = at < len                ? bad[at]
                        : at - len < tag.size() ? bad_tag[at - len]
                                                : bad_aad[at - len - tag.size()];
        byte ^= static_cast<uint8_t>(1 << bit % 8);
        const Bytes before = bad;
        gcm.start(fixed<12>(nonce));
        gcm.aad(bad_aad);
        REQUIRE(!gcm.open(bad, bad_tag));
        REQUIRE(bad == before);
        Bytes out(len, 7);
        gcm.start(fixed<12>(nonce));
        gcm.aad(bad_aad);
        REQUIRE(!gcm.open(bad, out, bad_tag));
        REQUIRE(out == Bytes(len));
      }
      gcm.start(fixed<12>(nonce));
      gcm.aad(aad);
      REQUIRE(!gcm.open(sealed, {}));
      REQUIRE(!gcm.open(sealed, Bytes(17)));
      Bytes out(len, 7);
      REQUIRE(!gcm.open(sealed, out, Bytes(17)));
      REQUIRE(out == Bytes(len));
      REQUIRE(gcm.open(sealed, std::span(tag).first(8)));
    }
  }
}

TEST_CASE("AES-GCM leaves nothing of key and message where it was") {
  alignas(AesGcm) std::array<uint8_t, sizeof(AesGcm)> place{};
  // What lay there before an object is nothing to the compiler: this reads the zeros.
  __asm__ __volatile__("" : : "r"(place.data()) : "memory");
  auto* const gcm = new (place.data()) AesGcm();
  REQUIRE(gcm->set_key(Bytes(16, 1)));
  const Bytes aad(200, 6);
  Bytes data(40, 5), tag(16);
  gcm->start(fixed<12>(Bytes(12, 2)));
  gcm->aad(std::span(aad).first(100));
  gcm->aad(std::span(aad).subspan(100));
  gcm->seal(data, tag);
  std::destroy_at(gcm);
  // The address of the kernels is no secret.
  const auto left = std::count_if(place.begin(), place.end(), [](uint8_t b) { return b != 0; });
  CHECK(left <= static_cast<std::ptrdiff_t>(sizeof(void*)));
}

TEST_CASE("SHA-1: every kernel gives what mbedTLS gives, at any length and in any pieces") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    std::mt19937 random(5);
    for (const size_t len : lengths(random)) {
      INFO(len);
      const Guarded data(noise(random, len));
      const auto expected = hash(HashId::kSha1, data.bytes());
      REQUIRE(expected);
      Bytes digest(20);
      Sha1 sha1;
      for (size_t at = 0; at < len;) {
        const size_t n = std::min<size_t>(1 + random() % 200, len - at);
        sha1.update(data.bytes().subspan(at, n));
        at += n;
      }
      sha1.finish(std::span(digest).first<20>());
      REQUIRE(digest == copy(expected->view()));
    }
  }
}

TEST_CASE("HMAC-SHA1: messages side by side have the tags of each alone") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    std::mt19937 random(6);
    for (size_t round = 0; round < 400; ++round) {
      std::array<HmacSha1Key, kernels::kSha1Lanes> keys;
      std::array<HmacSha1Key::Message, kernels::kSha1Lanes> messages;
      std::vector<std::unique_ptr<Guarded>> data;
      std::vector<Bytes> expected;
      const size_t count = 1 + random() % messages.size();
      const bool is_even = random() % 2 == 0;
      const size_t common = random() % 300;
      for (size_t i = 0; i < count; ++i) {
        const Bytes key = noise(random, 20);
        keys[i].set(key);
        data.push_back(std::make_unique<Guarded>(noise(random, is_even ? common : random() % 300)));
        const auto suffix = static_cast<uint32_t>(random());
        messages[i] = {&keys[i], data[i]->bytes(), suffix, {}};
        Bytes behind(4);
        bytes::Writer(behind).u32(suffix);
        HmacSha1 alone;
        alone.set_key(key);
        alone.update(data[i]->bytes());
        alone.update(behind);
        alone.finish(expected.emplace_back(20));
      }
      HmacSha1Key::tags(std::span(messages).first(count));
      for (size_t i = 0; i < count; ++i)
        REQUIRE(Bytes(messages[i].tag.begin(), messages[i].tag.end()) == expected[i]);
    }
  }
}

TEST_CASE("keys of other lengths are refused") {
  AesCtr ctr;
  AesGcm gcm;
  for (const size_t len : {0u, 15u, 17u, 24u, 33u}) {
    CHECK(!ctr.set_key(Bytes(len)));
    CHECK(!gcm.set_key(Bytes(len)));
  }
}
