// Published vectors for AES-CTR, AES-GCM and HMAC-SHA1, on every kernel.
#include <string>
#include <vector>

#include "crypto/aes_ctr.h"
#include "crypto/aes_gcm.h"
#include "crypto/hmac_sha1.h"
#include "support/catch.h"
#include "support/json.h"
#include "support/kernels.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::crypto;
using test::from_hex;
using test::Json;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes hex(const Json& value) {
  return from_hex(value.text());
}
std::string hex(const Bytes& bytes) {
  return test::to_hex(bytes.data(), bytes.size());
}

struct CtrRow {
  const char* title;
  const char* key;
  const char* counter;
  const char* plain;
  const char* sealed;
};

constexpr const char* kPlain =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

constexpr CtrRow kCtrRows[] = {
    {"SP 800-38A F.5.1", "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     kPlain,
     "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
     "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"},
    {"SP 800-38A F.5.5", "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", kPlain,
     "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
     "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"},
    // One block of zeros in counter mode is the cipher itself on the counter.
    {"FIPS 197 C.1", "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
     "00000000000000000000000000000000", "69c4e0d86a7b0430d8cdb78070b4c55a"},
    {"FIPS 197 C.3", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "00112233445566778899aabbccddeeff", "00000000000000000000000000000000",
     "8ea2b7ca516745bfeafc49904b496089"},
};

struct GcmRow {
  const char* title;
  const char* key;
  const char* nonce;
  const char* aad;
  const char* plain;
  const char* sealed;
  const char* tag;
};

// The GCM specification that SP 800-38D refers to, McGrew and Viega, appendix B.
constexpr GcmRow kGcmRows[] = {
    {"test case 1", "00000000000000000000000000000000", "000000000000000000000000", "", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {"test case 2", "00000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78",
     "ab6e47d42cec13bdf53a67b21257bddf"},
    {"test case 4", "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"test case 16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

// True where the tag was accepted and the data decrypted.
bool open(const Bytes& key, const Bytes& nonce, const Bytes& aad, Bytes& data, const Bytes& tag) {
  AesGcm gcm;
  REQUIRE(gcm.set_key(key));
  gcm.start(std::span<const uint8_t>(nonce).first<12>());
  gcm.aad(aad);
  return gcm.open(data, tag);
}

void seal(const Bytes& key, const Bytes& nonce, const Bytes& aad, Bytes& data, Bytes& tag) {
  AesGcm gcm;
  REQUIRE(gcm.set_key(key));
  gcm.start(std::span<const uint8_t>(nonce).first<12>());
  gcm.aad(aad);
  gcm.seal(data, tag);
}

std::string sha1(std::string_view text) {
  Sha1 sha1;
  sha1.update(as_bytes(text));
  Bytes digest(Sha1::kDigestLen);
  sha1.finish(std::span(digest).first<Sha1::kDigestLen>());
  return hex(digest);
}

}  // namespace

TEST_CASE("SP 800-38A F.5, FIPS 197 C: counter mode") {
  for (const auto& choice : test::kernel_choices()) {
    const test::WithKernels with(choice);
    for (const CtrRow& row : kCtrRows) {
      INFO(row.title << ", " << test::name_of(choice));
      Bytes data = from_hex(row.plain);
      const Bytes counter = from_hex(row.counter);
      AesCtr aes;
      REQUIRE(aes.set_key(from_hex(row.key)));
      aes.start(std::span<const uint8_t>(counter).first<16>());
      aes.apply(data);
      CHECK(hex(data) == row.sealed);
    }
  }
}

TEST_CASE("SP 800-38D: the specification's vectors") {
  for (const auto& choice : test::kernel_choices()) {
    const test::WithKernels with(choice);
    for (const GcmRow& row : kGcmRows) {
      INFO(row.title << ", " << test::name_of(choice));
      Bytes data = from_hex(row.plain);
      Bytes tag(16);
      seal(from_hex(row.key), from_hex(row.nonce), from_hex(row.aad), data, tag);
      CHECK(hex(data) == row.sealed);
      CHECK(hex(tag) == row.tag);
      CHECK(open(from_hex(row.key), from_hex(row.nonce), from_hex(row.aad), data, tag));
      CHECK(hex(data) == row.plain);
    }
  }
}

TEST_CASE("FIPS 180-4: the example messages of SHA-1") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    CHECK(sha1("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(sha1(std::string(1000000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  }
}

TEST_CASE("wycheproof: AES-GCM with nonces of 96 bits") {
  if (!test::has_vectors("crypto/wycheproof/aes_gcm_test.json")) return;
  const Json file = Json::parse(test::read_vector("crypto/wycheproof/aes_gcm_test.json"));
  size_t run = 0;
  for (const auto& choice : test::kernel_choices()) {
    const test::WithKernels with(choice);
    for (const Json& group : file["testGroups"].items()) {
      if (group["ivSize"].integer() != 96 || group["keySize"].integer() == 192) continue;
      for (const Json& row : group["tests"].items()) {
        INFO(test::name_of(choice) << ", case " << row["tcId"].integer());
        ++run;
        Bytes data = hex(row["ct"]);
        Bytes tag = hex(row["tag"]);
        const bool is_valid = row["result"].text() == "valid";
        CHECK(open(hex(row["key"]), hex(row["iv"]), hex(row["aad"]), data, tag) == is_valid);
        if (!is_valid) continue;
        CHECK(data == hex(row["msg"]));
        seal(hex(row["key"]), hex(row["iv"]), hex(row["aad"]), data, tag);
        CHECK(data == hex(row["ct"]));
        CHECK(tag == hex(row["tag"]));
      }
    }
  }
  CHECK(run == 133 * test::kernel_choices().size());
}

TEST_CASE("wycheproof: HMAC-SHA1 with keys of any length and shortened tags") {
  if (!test::has_vectors("crypto/wycheproof/hmac_sha1_test.json")) return;
  const Json file = Json::parse(test::read_vector("crypto/wycheproof/hmac_sha1_test.json"));
  size_t run = 0;
  for (const auto& choice : test::kernel_choices()) {
    const test::WithKernels with(choice);
    for (const Json& group : file["testGroups"].items()) {
      for (const Json& row : group["tests"].items()) {
        INFO(test::name_of(choice) << ", case " << row["tcId"].integer());
        ++run;
        HmacSha1 hmac;
        hmac.set_key(hex(row["key"]));
        const Bytes message = hex(row["msg"]);
        // Twice with one key.
        for (int round = 0; round < 2; ++round) {
          Bytes tag(static_cast<size_t>(group["tagSize"].integer()) / 8);
          hmac.start();
          hmac.update(std::span(message).first(message.size() / 3));
          hmac.update(std::span(message).subspan(message.size() / 3));
          hmac.finish(tag);
          CHECK((tag == hex(row["tag"])) == (row["result"].text() == "valid"));
        }
      }
    }
  }
  CHECK(run == 170 * test::kernel_choices().size());
}
