#include "sdp/sdes.h"

#include <string>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/json.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::sdp;

namespace {

// RFC 4568, section 4.5.
const std::string kKey = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
const std::string kLine = "1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey;

std::string b64(size_t bytes) {
  std::string out((bytes + 2) / 3 * 4, 'A');
  if (bytes % 3 != 0) out.back() = '=';
  if (bytes % 3 == 1) out[out.size() - 2] = '=';
  return out;
}

}  // namespace

TEST_CASE("RFC 4568 9.2: what a line may hold, and why it is not used") {
  struct Row {
    std::string text;
    Status parsed;
    Status usable;
  };
  const Status ok = Status::OK, crypto = Status::ERR_SDP_CRYPTO, key = Status::ERR_SDP_KEY;
  const Status parameter = Status::ERR_SDP_SESSION_PARAMETER;
  const std::string four_keys = kLine + ";inline:" + kKey + ";inline:" + kKey + ";inline:" + kKey;
  const Row rows[] = {
      {kLine, ok, ok},
      {"  0   aes_cm_128_hmac_sha1_80  INLINE:" + kKey + " ", ok, ok},
      {"999999999 AES_CM_128_HMAC_SHA1_32 inline:" + kKey, ok, ok},
      {"1 AES_256_CM_HMAC_SHA1_80 inline:" + b64(46), ok, ok},
      {"1 AES_256_CM_HMAC_SHA1_80 inline:" + b64(46).substr(0, 62), ok, ok},
      {"1 AES_256_CM_HMAC_SHA1_32 inline:" + b64(46), ok, ok},
      {"1 AEAD_AES_128_GCM inline:" + b64(28), ok, ok},
      {"1 AEAD_AES_256_GCM inline:" + b64(44), ok, ok},
      {kLine + "|2^48", ok, ok},
      {kLine + "|281474976710656|1:128", ok, ok},
      {kLine + "|1:1", ok, ok},
      {kLine + "|255:1", ok, ok},
      {kLine + "| WSH=64 KDR=0 FEC_ORDER=SRTP_FEC FEC_KEY=x -new=1", ok, ok},
      {"1 F8_128_HMAC_SHA1_80 inline:" + kKey, ok, Status::ERR_SDP_SUITE},
      {"1 NEW inline:" + b64(90), ok, Status::ERR_SDP_SUITE},
      {kLine + ";inline:" + kKey, ok, Status::ERR_SDP_KEY_COUNT},
      {four_keys, ok, Status::ERR_SDP_KEY_COUNT},
      {four_keys + ";inline:" + kKey, Status::ERR_SDP_KEY_COUNT, ok},
      {kLine + " UNENCRYPTED_SRTP", ok, parameter},
      {kLine + " UNENCRYPTED_SRTCP", ok, parameter},
      {kLine + " UNAUTHENTICATED_SRTP", ok, parameter},
      {kLine + " KDR=1", ok, parameter},
      {kLine + " KDR=24", ok, parameter},
      {kLine + " new=1", ok, parameter},
      {kLine + " KDR=25", crypto, ok},
      {kLine + " KDR", crypto, ok},
      {kLine + " WSH=63", crypto, ok},
      {kLine + " FEC_ORDER=x", crypto, ok},
      {kLine + " FEC_KEY=", crypto, ok},
      {"", crypto, ok},
      {"1a AES_CM_128_HMAC_SHA1_80 inline:" + kKey, crypto, ok},
      {"-1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey, crypto, ok},
      {"1000000000 AES_CM_128_HMAC_SHA1_80 inline:" + kKey, crypto, ok},
      {"1", crypto, ok},
      {"1 AES_CM_128_HMAC_SHA1_80", crypto, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 " + kKey, crypto, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:", key, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey.substr(1), key, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey.substr(4), key, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey + "AAAA", key, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:====", key, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" + b64(28), key, ok},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:*" + kKey.substr(1), key, ok},
      {"1 AEAD_AES_256_GCM inline:" + b64(46), key, ok},
      {"1 AES_256_CM_HMAC_SHA1_80 inline:" + b64(300), key, ok},
      {kLine + "|0", key, ok},
      {kLine + "|2^49", key, ok},
      {kLine + "|2^", key, ok},
      {kLine + "|281474976710657", key, ok},
      {kLine + "|x", key, ok},
      {kLine + "|1:0", key, ok},
      {kLine + "|1:129", key, ok},
      {kLine + "|256:1", key, ok},
      {kLine + "|:1", key, ok},
      {kLine + "|1:", key, ok},
      {kLine + "|x:1", key, ok},
      {kLine + "|1:1|2:1", key, ok},
      {kLine + "|1:1|2^20", key, ok},
      {kLine + "|2^20|2^20", key, ok},
      {kLine + "|" + std::string(311, '1') + ":128", key, ok},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const test::Guarded input{std::string_view(row.text)};
    const auto line = parse_crypto(input.text());
    CHECK(line.error() == row.parsed);
    if (line) CHECK(line->usability() == row.usable);
  }
}

TEST_CASE("RFC 4568 6.1: an MKI is a big-endian number of its length") {
  const auto line = parse_crypto(kLine + "|2^20|66051:4");
  REQUIRE(line);
  const KeyParameter& key = line->keys[0];
  CHECK(key.lifetime == 1u << 20);
  CHECK(test::to_hex(key.mki_view().data(), key.mki_len) == "00010203");
  KeyParameter copy;
  REQUIRE(copy.copy_from(key));
  CHECK(copy.key_and_salt.size() == 30);
  CHECK(copy.mki_len == 4);
}

TEST_CASE("every prefix of a line ends at an unreadable page unharmed") {
  const std::string whole =
      kLine + "|2^20|1:32;inline:" + kKey + " KDR=1 WSH=64 FEC_ORDER=FEC_SRTP -x=y";
  for (size_t size = 0; size <= whole.size(); ++size) {
    const test::Guarded input{std::string_view(whole).substr(0, size)};
    (void)parse_crypto(input.text());
  }
}

TEST_CASE("what is written reads back, for each suite") {
  for (const CryptoSuiteInfo& suite : crypto_suites()) {
    KeyParameter key;
    const MutableBytes raw = key.key_and_salt.resize(suite.key_len + suite.salt_len);
    for (size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<uint8_t>(i * 37 + 200);
    uint8_t buffer[128];
    bytes::Writer out(buffer);
    write_crypto(out, 7, suite.id, key);
    const auto line = parse_crypto(as_text(out.written()));
    REQUIRE(line);
    CHECK(line->tag == 7);
    CHECK(line->suite == suite.id);
    CHECK(secure::equal(line->keys[0].key_and_salt.view(), key.key_and_salt.view()));
    CHECK(line->usability() == Status::OK);
  }
}

TEST_CASE("RFC 4568 9.2: lifetime and MKI are written as they are read") {
  const std::string largest(309, '9');
  struct Row {
    std::string tail;     // as read
    std::string written = {};  // "": the same
  };
  const Row rows[] = {{""},
                      {"|2^20"},
                      {"|2^48"},
                      {"|1", "|2^0"},
                      {"|1048576", "|2^20"},
                      {"|1000000"},
                      {"|281474976710655"},
                      {"|1:1"},
                      {"|0:4"},
                      {"|255:1"},
                      {"|007:2", "|7:2"},
                      {"|66051:32"},
                      {"|18446744073709551616:9"},
                      {"|2^31|1:4"},
                      {"|2^20|" + largest.substr(0, 308) + ":128"}};
  for (const Row& row : rows) {
    INFO(row.tail);
    const std::string text = kLine + row.tail;
    const auto line = parse_crypto(text);
    REQUIRE(line);
    uint8_t buffer[512];
    bytes::Writer out(buffer);
    write_crypto(out, line->tag, line->suite, line->keys[0]);
    REQUIRE(out.ok());
    CHECK(as_text(out.written()) == kLine + (row.written.empty() ? row.tail : row.written));
    const auto again = parse_crypto(as_text(out.written()));
    REQUIRE(again);
    CHECK(again->keys[0].lifetime == line->keys[0].lifetime);
    CHECK(secure::equal(again->keys[0].mki_view(), line->keys[0].mki_view()));
  }
  // The largest MKI, all ones, fits its digits.
  KeyParameter key;
  key.mki.fill(0xff);
  key.mki_len = kMaxMki;
  REQUIRE(key.key_and_salt.assign(std::vector<uint8_t>(30, 7)));
  uint8_t buffer[512];
  bytes::Writer out(buffer);
  write_crypto(out, 1, CryptoSuite::kAesCm128HmacSha1_80, key);
  const auto again = parse_crypto(as_text(out.written()));
  REQUIRE(again);
  CHECK(secure::equal(again->keys[0].mki_view(), key.mki_view()));
}

TEST_CASE("RFC 4568: the lines it prints") {
  if (!test::has_vectors("sdp/sdes-rfc4568.json")) return;
  const test::Json rows = test::Json::parse(test::read_vector("sdp/sdes-rfc4568.json"));
  for (const test::Json& row : rows.items()) {
    const std::string& text = row["line"].text();
    INFO(text);
    const auto line = parse_crypto(std::string_view(text).substr(9));
    REQUIRE(line);
    CHECK(line->tag == row["tag"].integer());
    CHECK(line->suite_name == row["suite"].text());
    REQUIRE(line->key_count == row["keys"].items().size());
    for (size_t i = 0; i < line->key_count; ++i) {
      const KeyParameter& key = line->keys[i];
      const test::Json& expected = row["keys"][i];
      CHECK(test::to_hex(key.key_and_salt.view().data(), key.key_and_salt.size()) ==
            expected["key_salt_hex"].text());
      CHECK(key.lifetime == 1u << 20);
      CHECK(key.mki_len == std::stoul(expected["mki_len"].text()));
      CHECK(key.mki[key.mki_len - 1] == std::stoul(expected["mki"].text()));
    }
    const bool is_ours = line->suite != CryptoSuite::kNone;
    CHECK(line->usability() == (is_ours ? Status::OK : Status::ERR_SDP_SUITE));
  }
}

TEST_CASE("pjsip seeds: their keys of 28 bytes fit no 30-byte suite") {
  if (!test::has_vectors("sdp/pjsip-seeds")) return;
  size_t count = 0;
  for (const std::string& name : test::list_vectors("sdp/pjsip-seeds")) {
    if (name.find("sdes-") != 0) continue;
    const std::string text = test::read_vector("sdp/pjsip-seeds/" + name);
    const size_t at = text.find("a=crypto:") + 9;
    const auto line =
        parse_crypto(std::string_view(text).substr(at, text.find_first_of("\r\n", at) - at));
    CHECK(line.error() == (name.find("non-decimal") == std::string::npos ? Status::ERR_SDP_KEY
                                                                         : Status::ERR_SDP_CRYPTO));
    ++count;
  }
  CHECK(count == 4);
}
