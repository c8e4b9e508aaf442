// The public SRTP vectors. The RFC vectors give session keys, which libsrtp2 does not take: they
// check the small reference below (mbedTLS), and the reference then seals packets that a Session
// must open.
#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rtp/packet.h"
#include "support/allocator.h"
#include "support/catch.h"
#include "support/json.h"
#include "support/srtp_pair.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::from_hex;
using test::Json;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes hex(const Json& value) {
  return from_hex(value.text());
}

// AES in counter mode over zeros: the keystream of RFC 3711 4.1.1.
Bytes keystream(const Bytes& key, Bytes counter, size_t len) {
  mbedtls_aes_context aes;
  mbedtls_aes_init(&aes);
  REQUIRE(mbedtls_aes_setkey_enc(&aes, key.data(), static_cast<unsigned>(key.size() * 8)) == 0);
  uint8_t block[16];
  size_t offset = 0;
  const Bytes zeros(len);
  Bytes out(len);
  REQUIRE(mbedtls_aes_crypt_ctr(&aes, len, &offset, counter.data(), block, zeros.data(),
                                out.data()) == 0);
  mbedtls_aes_free(&aes);
  return out;
}

// RFC 3711 4.3.1 with a key derivation rate of 0; RFC 7714 section 11 pads the salt the same way.
Bytes derive(const Bytes& master_key, const Bytes& master_salt, uint8_t label, size_t len) {
  Bytes counter = master_salt;
  counter.resize(16);
  counter[7] ^= label;
  return keystream(master_key, counter, len);
}

struct Gcm {
  Bytes key, iv, aad;

  [[nodiscard]] Bytes seal(const Bytes& plain) const {
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);
    REQUIRE(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key.data(),
                               static_cast<unsigned>(key.size() * 8)) == 0);
    Bytes out(plain.size() + 16);
    REQUIRE(mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain.size(), iv.data(), iv.size(),
                                      aad.data(), aad.size(), plain.data(), out.data(), 16,
                                      out.data() + plain.size()) == 0);
    mbedtls_gcm_free(&gcm);
    return out;
  }
};

// RFC 7714 8.1 and 9.1: two zero bytes, SSRC, six bytes of index, all XORed with the salt.
Bytes gcm_iv(Bytes salt, uint32_t ssrc, uint64_t index) {
  for (size_t i = 0; i < 4; ++i) salt[2 + i] ^= static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  for (size_t i = 0; i < 6; ++i) salt[6 + i] ^= static_cast<uint8_t>(index >> (40 - 8 * i));
  return salt;
}

// A packet of RFC 3711 with AES-CM and HMAC-SHA1, sealed by the reference.
Bytes reference_cm(const Suite& suite, const Bytes& key_and_salt, const Bytes& plain,
                   uint64_t index) {
  const Bytes key(key_and_salt.begin(),
                  key_and_salt.begin() + static_cast<std::ptrdiff_t>(suite.key_len));
  const Bytes salt(key_and_salt.begin() + static_cast<std::ptrdiff_t>(suite.key_len),
                   key_and_salt.end());
  Bytes iv = derive(key, salt, 2, 14);
  iv.resize(16);
  for (size_t i = 0; i < 4; ++i) iv[4 + i] ^= plain[8 + i];
  for (size_t i = 0; i < 6; ++i) iv[8 + i] ^= static_cast<uint8_t>(index >> (40 - 8 * i));
  Bytes out = plain;
  const Bytes stream = keystream(derive(key, salt, 0, suite.key_len), iv, plain.size() - 12);
  for (size_t i = 12; i < plain.size(); ++i) out[i] ^= stream[i - 12];
  Bytes input = out;
  for (int shift = 40; shift >= 16; shift -= 8)
    input.push_back(static_cast<uint8_t>(index >> shift));
  const Bytes auth_key = derive(key, salt, 1, 20);
  uint8_t tag[20];
  REQUIRE(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), auth_key.data(), 20,
                          input.data(), input.size(), tag) == 0);
  out.insert(out.end(), tag, tag + suite.rtp_tag_len);
  return out;
}

Bytes reference_gcm(const Suite& suite, const Bytes& key_and_salt, const Bytes& plain,
                    uint64_t index) {
  const Bytes key(key_and_salt.begin(),
                  key_and_salt.begin() + static_cast<std::ptrdiff_t>(suite.key_len));
  const Bytes salt(key_and_salt.begin() + static_cast<std::ptrdiff_t>(suite.key_len),
                   key_and_salt.end());
  const Bytes aad(plain.begin(), plain.begin() + 12);
  const Gcm gcm{
      derive(key, salt, 0, suite.key_len),
      gcm_iv(derive(key, salt, 2, 12), bytes::Reader(ByteView(plain).subspan(8)).u32(), index),
      aad};
  Bytes out = aad;
  const Bytes body = gcm.seal(Bytes(plain.begin() + 12, plain.end()));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

struct Vectors {
  explicit Vectors(const Json& entry)
      : suite(find_suite(entry["suite"].text())), mki(hex(entry["mki"])) {
    key = hex(entry["master_key"]);
    const Bytes salt = hex(entry["master_salt"]);
    key.insert(key.end(), salt.begin(), salt.end());
  }
  Session make(Direction direction, bool is_rtcp_plain = false) {
    SessionConfig config;
    config.suite = suite->id;
    config.direction = direction;
    config.key_and_salt = key;
    config.mki = mki;
    config.is_rtcp_plain = is_rtcp_plain;
    auto session = Session::create(t.context, config);
    REQUIRE(session);
    return *std::move(session);
  }

  const Suite* suite;
  Bytes mki;
  Bytes key;
  test::TestContext t;
};

Bytes first_of(const Bytes& room, const Result<size_t>& len) {
  REQUIRE(len.error() == Status::OK);
  return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*len)};
}

// Each packet alone in sessions whose counter was set.
void check_rtp(Vectors& vectors, const Json& row) {
  const Bytes plain = hex(row["plain"]);
  const Bytes sealed = hex(row["srtp"]);
  const auto roc = static_cast<uint32_t>(row["roc"].integer());
  const uint32_t ssrc = bytes::Reader(ByteView(plain).subspan(8)).u32();
  Session in = vectors.make(Direction::kInbound);
  Session out = vectors.make(Direction::kOutbound);
  REQUIRE(in.set_roc(ssrc, roc));
  REQUIRE(out.set_roc(ssrc, roc));
  Bytes room(2048);
  CHECK(first_of(room, in.open_rtp(sealed, room)) == plain);
  CHECK(first_of(room, out.seal_rtp(plain, room)) == sealed);
  CHECK(*in.roc(ssrc) == roc);
}

void check_rtcp(Vectors& vectors, const Json& row) {
  const Bytes plain = hex(row["plain"]);
  const Bytes sealed = hex(row["srtcp"]);
  const bool is_plain = !row["encrypted"].boolean();
  Session in = vectors.make(Direction::kInbound, is_plain);
  Bytes room(2048);
  CHECK(first_of(room, in.open_rtcp(sealed, room)) == plain);
  // libsrtp2 has no way to set the index of SRTCP to send: the first two are reached by sending.
  const int64_t index = row["index"].integer();
  if (index > 2) return;
  Session out = vectors.make(Direction::kOutbound, is_plain);
  for (int64_t i = 1; i < index; ++i) REQUIRE(out.seal_rtcp(plain, room));
  CHECK(first_of(room, out.seal_rtcp(plain, room)) == sealed);
}

}  // namespace

TEST_CASE("public packets open and seal, AES-192 is refused") {
  if (!test::has_vectors("srtp/packets-public.json")) return;
  const Json file = Json::parse(test::read_vector("srtp/packets-public.json"));
  size_t rtp = 0;
  size_t rtcp = 0;
  size_t refused = 0;
  for (const Json& entry : file.items()) {
    INFO(entry["suite"].text() << " mki " << entry["mki"].text());
    if (entry["suite"].text().find("192") != std::string::npos) {
      CHECK(find_suite(entry["suite"].text()) == nullptr);
      ++refused;
      continue;
    }
    Vectors vectors(entry);
    for (const Json& row : entry["rtp"].items()) check_rtp(vectors, row), ++rtp;
    for (const Json& row : entry["rtcp"].items()) check_rtcp(vectors, row), ++rtcp;
  }
  CHECK(rtp == 80);
  CHECK(rtcp == 80);
  CHECK(refused == 3);
}

TEST_CASE(
    "public packets in the order of the stream need their counter set once a gap is too wide") {
  if (!test::has_vectors("srtp/packets-public.json")) return;
  const Json file = Json::parse(test::read_vector("srtp/packets-public.json"));
  for (const Json& entry : file.items()) {
    if (find_suite(entry["suite"].text()) == nullptr) continue;
    Vectors vectors(entry);
    Session in = vectors.make(Direction::kInbound);
    Bytes room(2048);
    // ROC 0 to 1 at the wrap, then 40,000 is over half way and must be refused, not believed.
    for (size_t i = 1; i < 4; ++i) CHECK(in.open_rtp(hex(entry["rtp"][i]["srtp"]), room));
    CHECK(!in.open_rtp(hex(entry["rtp"][4]["srtp"]), room));
    CHECK(*in.roc(bytes::Reader(ByteView(hex(entry["rtp"][1]["plain"])).subspan(8)).u32()) == 1);
  }
}

TEST_CASE("RFC 3711 B.2, B.3, RFC 6188 7: the reference has the keystream and the key derivation") {
  if (!test::has_vectors("srtp/rfc3711-rfc6188.json")) return;
  const Json file = Json::parse(test::read_vector("srtp/rfc3711-rfc6188.json"));
  for (const Json& entry : file.items()) {
    INFO(entry["source"].text());
    if (entry["type"].text() == "srtp-kdf") {
      const Bytes key = hex(entry["master_key"]);
      const Bytes salt = hex(entry["master_salt"]);
      const char* const names[] = {"cipher_key", "auth_key", "cipher_salt"};
      for (uint8_t label = 0; label < 3; ++label) {
        const Bytes expected = hex(entry[names[label]]);
        CHECK(derive(key, salt, label, expected.size()) == expected);
      }
      continue;
    }
    const Json& blocks = entry["blocks"];
    for (const Json& block : blocks.items()) {
      CHECK(keystream(hex(entry["session_key"]), hex(block["counter"]), 16) ==
            hex(block["keystream"]));
    }
  }
}

TEST_CASE("RFC 7714 16, 17: the reference has nonce, associated data and tag") {
  if (!test::has_vectors("srtp/rfc7714.json")) return;
  const Json file = Json::parse(test::read_vector("srtp/rfc7714.json"));
  CHECK(file["cases"].items().size() == 12);
  for (const Json& entry : file["cases"].items()) {
    INFO(entry["source"].text());
    const Gcm gcm{hex(entry["session_key"]), hex(entry["iv"]), hex(entry["aad"])};
    CHECK(gcm.seal(hex(entry["plaintext"])) == hex(entry["ciphertext_and_tag"]));
    const bool is_rtcp = entry["title"].text().find("SRTCP") != std::string::npos;
    bytes::Reader head(gcm.aad);
    head.skip(is_rtcp ? 4 : 2);
    const uint64_t sequence = is_rtcp ? 0 : head.u16();
    if (!is_rtcp) head.skip(4);
    const uint32_t ssrc = head.u32();
    // The ESRTCP word ends the associated data; its E flag is no part of the index.
    const uint64_t index =
        is_rtcp ? bytes::Reader(ByteView(gcm.aad).last(4)).u32() & 0x7fffffff : sequence;
    CHECK(gcm_iv(hex(entry["session_salt"]), ssrc, index) == gcm.iv);
  }
}

TEST_CASE("a session opens what the reference sealed and seals the same bytes") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    test::Pair pair(suite.id, "");
    Bytes key(suite.key_and_salt_len());
    for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i * 7 + 1);
    for (const uint64_t index : {65534, 65535, 65536, 65537}) {
      const Bytes plain = test::rtp_packet(static_cast<uint16_t>(index));
      const Bytes sealed = suite.is_aead ? reference_gcm(suite, key, plain, index)
                                         : reference_cm(suite, key, plain, index);
      CHECK(pair.open(sealed) == plain);
      CHECK(pair.seal(plain) == sealed);
    }
  }
}
