// The public vectors through the C functions: the suites that the tests of the Python and Go
// bindings run too.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "support/host.h"
#include "support/json.h"
#include "support/vectors.h"

using namespace voxlock;
using test::from_hex;
using test::Host;
using test::Json;
using test::raw;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes hex(const Json& value) {
  return from_hex(value.text());
}

// What this library makes of each message of RFC 4475; what is not here is accepted.
const std::map<std::string, int32_t> kRefused = {
    {"clerr", VOXLOCK_ERR_SIP_BODY_SHORT}, {"scalar02", VOXLOCK_ERR_SIP_CSEQ},
    {"quotbal", VOXLOCK_ERR_SIP_ADDRESS},  {"lwsruri", VOXLOCK_ERR_SIP_URI},
    {"trws", VOXLOCK_ERR_SIP_START_LINE},  {"badaspec", VOXLOCK_ERR_SIP_URI},
    {"badvers", VOXLOCK_ERR_SIP_VERSION},  {"mismatch02", VOXLOCK_ERR_SIP_CSEQ_METHOD},
    {"unkscm", VOXLOCK_ERR_SIP_SCHEME},    {"multi01", VOXLOCK_ERR_SIP_DUPLICATE},
};

struct SipReader {
  SipReader() { REQUIRE(voxlock_sip_message_new(host.ctx, nullptr, &message) == VOXLOCK_OK); }
  ~SipReader() { voxlock_sip_message_free(message); }
  SipReader(const SipReader&) = delete;
  SipReader& operator=(const SipReader&) = delete;

  int32_t parse(const std::string& path) {
    const std::string data = test::read_vector(path);
    return voxlock_sip_message_parse(message, raw(data), data.size(), VOXLOCK_SIP_DATAGRAM,
                                     nullptr);
  }
  Host host;
  voxlock_sip_message* message = nullptr;
};

// A session that seals or opens with the keys of a set of packets.
struct Srtp {
  Srtp(Host& host, const Json& set, bool is_inbound, bool plain_rtcp) {
    const Bytes mki = hex(set["mki"]);
    Bytes key = hex(set["master_key"]);
    const Bytes salt = hex(set["master_salt"]);
    key.insert(key.end(), salt.begin(), salt.end());
    voxlock_srtp_config config;
    REQUIRE(voxlock_srtp_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.suite = suite_of(set["suite"].text());
    (is_inbound ? config.peer_key : config.key) = key.data();
    (is_inbound ? config.peer_key_len : config.key_len) = key.size();
    (is_inbound ? config.peer_mki : config.mki) = mki.empty() ? nullptr : mki.data();
    (is_inbound ? config.peer_mki_len : config.mki_len) = mki.size();
    config.flags = plain_rtcp ? VOXLOCK_SRTP_PLAIN_RTCP : 0;
    REQUIRE(voxlock_srtp_new(host.ctx, &config, &session) == VOXLOCK_OK);
  }
  ~Srtp() { voxlock_srtp_free(session); }
  Srtp(const Srtp&) = delete;
  Srtp& operator=(const Srtp&) = delete;

  static int32_t suite_of(const std::string& name) {
    voxlock_srtp_suite info{};
    info.struct_size = sizeof info;
    for (int32_t suite = 1; voxlock_srtp_suite_info(suite, &info) == VOXLOCK_OK; ++suite)
      if (name == info.name) return suite;
    FAIL("no suite " + name);
    return 0;
  }
  Bytes open(const Bytes& in, bool is_rtcp) {
    Bytes out(in.size());
    size_t len = out.size();
    const auto call = is_rtcp ? voxlock_srtp_open_rtcp : voxlock_srtp_open;
    REQUIRE(call(session, in.data(), in.size(), out.data(), &len, 0) == VOXLOCK_OK);
    out.resize(len);
    return out;
  }
  Bytes seal(const Bytes& in, bool is_rtcp) {
    Bytes out(in.size() + 160);
    size_t len = out.size();
    const auto call = is_rtcp ? voxlock_srtp_seal_rtcp : voxlock_srtp_seal;
    REQUIRE(call(session, in.data(), in.size(), out.data(), &len) == VOXLOCK_OK);
    out.resize(len);
    return out;
  }
  voxlock_srtp* session = nullptr;
};

uint32_t ssrc_of(const Bytes& packet) {
  return static_cast<uint32_t>(packet[8]) << 24 | static_cast<uint32_t>(packet[9]) << 16 |
         static_cast<uint32_t>(packet[10]) << 8 | packet[11];
}

std::vector<int16_t> words(const std::string& name) {
  const std::string data = test::read_vector("codec/g711-stl/" + name);
  std::vector<int16_t> out;
  for (size_t i = 0; i + 1 < data.size(); i += 2)
    out.push_back(static_cast<int16_t>(raw(data)[i] | raw(data)[i + 1] << 8));
  return out;
}

}  // namespace

TEST_CASE("RFC 4475: every message behaves as its section says, through the C functions") {
  if (!test::has_vectors("sip/rfc4475")) return;
  SipReader reader;
  const auto rows = test::read_tsv("sip/rfc4475/expected.tsv");
  for (const auto& row : rows) {
    INFO(row[0]);
    const auto refused = kRefused.find(row[0]);
    const int32_t expected = refused == kRefused.end() ? VOXLOCK_OK : refused->second;
    CHECK(reader.parse("sip/rfc4475/" + row[0] + ".dat") == expected);
    const int32_t code = expected == VOXLOCK_ERR_SIP_VERSION  ? 505
                         : expected == VOXLOCK_ERR_SIP_SCHEME ? 416
                                                              : 400;
    CHECK(voxlock_sip_response_code(expected) == (expected == VOXLOCK_OK ? 0 : code));
    if (row[3] == "accept") CHECK(expected == VOXLOCK_OK);
  }
  CHECK(rows.size() == 25);
}

TEST_CASE("RFC 5118: IPv6 in messages, through the C functions") {
  if (!test::has_vectors("sip/rfc5118/crlf")) return;
  SipReader reader;
  const auto files = test::list_vectors("sip/rfc5118/crlf");
  for (const auto& row : test::read_tsv("sip/rfc5118/expected.tsv")) {
    INFO(row[0]);
    const auto file = std::find_if(files.begin(), files.end(), [&](const std::string& name) {
      return name == row[0] || name.rfind(row[0] + ".", 0) == 0;
    });
    REQUIRE(file != files.end());
    // Three colons are no IPv6 address: the strict choice of the two that section 4.10 leaves.
    const bool is_refused = row[2] == "reject-400" || row[0] == "ipv6-bug-abnf-3-colons";
    const int32_t status = reader.parse("sip/rfc5118/crlf/" + *file);
    CHECK(voxlock_sip_response_code(status) == (is_refused ? 400 : 0));
  }
}

TEST_CASE("RFC 3711, RFC 6188, RFC 7714: public packets open and seal through the C functions") {
  if (!test::has_vectors("srtp/packets-public.json")) return;
  Host host;
  size_t packets = 0;
  size_t compounds = 0;
  const Json sets = Json::parse(test::read_vector("srtp/packets-public.json"));
  for (const Json& set : sets.items()) {
    // libsrtp below 2.8 derives AES-192 keys wrongly: no such suite is offered.
    if (set["suite"].text().find("192") != std::string::npos) continue;
    for (const Json& row : set["rtp"].items()) {
      const Bytes plain = hex(row["plain"]);
      const auto roc = static_cast<uint32_t>(row["roc"].integer());
      Srtp in(host, set, true, false), out(host, set, false, false);
      REQUIRE(voxlock_srtp_set_roc(in.session, VOXLOCK_SRTP_INBOUND, ssrc_of(plain), roc) ==
              VOXLOCK_OK);
      REQUIRE(voxlock_srtp_set_roc(out.session, VOXLOCK_SRTP_OUTBOUND, ssrc_of(plain), roc) ==
              VOXLOCK_OK);
      CHECK(in.open(hex(row["srtp"]), false) == plain);
      CHECK(out.seal(plain, false) == hex(row["srtp"]));
      ++packets;
    }
    for (const Json& row : set["rtcp"].items()) {
      const Bytes plain = hex(row["plain"]);
      Srtp in(host, set, true, !row["encrypted"].boolean());
      CHECK(in.open(hex(row["srtcp"]), true) == plain);
      ++compounds;
      if (row["index"].integer() > 2) continue;
      Srtp out(host, set, false, !row["encrypted"].boolean());
      if (row["index"].integer() == 2) (void)out.seal(plain, true);
      CHECK(out.seal(plain, true) == hex(row["srtcp"]));
    }
  }
  CHECK(packets == 80);
  CHECK(compounds == 80);
}

TEST_CASE("G.191: both laws are bit-exact with the reference through the C functions") {
  if (!test::has_vectors("codec/g711-stl")) return;
  struct Law {
    uint32_t codec;
    const char* table;
    const char* codes;
    const char* decoded;
  };
  Host host;
  for (const Law& law : {Law{VOXLOCK_CODEC_PCMU, "ulaw_dec.s16le", "sweep-r.u", "sweep-r.reu"},
                         Law{VOXLOCK_CODEC_PCMA, "alaw_dec.s16le", "sweep-r.a", "sweep-r.rea"}}) {
    voxlock_codec_config config;
    REQUIRE(voxlock_codec_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.codec = law.codec;
    voxlock_encoder* encoder = nullptr;
    voxlock_decoder* decoder = nullptr;
    REQUIRE(voxlock_encoder_new(host.ctx, &config, &encoder) == VOXLOCK_OK);
    REQUIRE(voxlock_decoder_new(host.ctx, &config, &decoder) == VOXLOCK_OK);
    const auto decode = [&](const Bytes& codes, size_t step) {
      std::vector<int16_t> out(codes.size());
      for (size_t at = 0; at < codes.size(); at += step) {
        size_t samples = std::min(step, codes.size() - at);
        REQUIRE(voxlock_decoder_decode(decoder, codes.data() + at, samples, out.data() + at,
                                       &samples) == VOXLOCK_OK);
      }
      return out;
    };
    Bytes all(256);
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i);
    CHECK(decode(all, 256) == words(law.table));
    const auto source = words("sweep.src");
    Bytes codes(source.size()), expected;
    for (size_t at = 0; at < source.size(); at += 160) {
      size_t len = std::min<size_t>(160, source.size() - at);
      REQUIRE(voxlock_encoder_encode(encoder, source.data() + at, len, codes.data() + at, &len) ==
              VOXLOCK_OK);
    }
    for (const int16_t word : words(law.codes)) expected.push_back(static_cast<uint8_t>(word));
    CHECK(codes == expected);
    CHECK(decode(codes, 160) == words(law.decoded));
    voxlock_encoder_free(encoder);
    voxlock_decoder_free(decoder);
  }
}

TEST_CASE("LiveKit frames of their client, and RFC 9605 appendix C, through the C functions") {
  if (!test::has_vectors("e2ee")) return;
  Host host;
  const auto run = [&](const voxlock_frame_cryptor_config& config, uint64_t kid, uint32_t kdf,
                       const Bytes& key, bool seals, const Bytes& in, const Bytes& metadata) {
    voxlock_frame_cryptor* cryptor = nullptr;
    REQUIRE(voxlock_frame_cryptor_new(host.ctx, &config, &cryptor) == VOXLOCK_OK);
    REQUIRE(voxlock_frame_cryptor_set_key(cryptor, kid, kdf, key.data(), key.size(),
                                          seals ? VOXLOCK_E2EE_SEALS : VOXLOCK_E2EE_OPENS) ==
            VOXLOCK_OK);
    Bytes out(in.size() + VOXLOCK_E2EE_MAX_OVERHEAD);
    size_t len = out.size();
    const auto call = seals ? voxlock_frame_cryptor_seal : voxlock_frame_cryptor_open;
    REQUIRE(call(cryptor, in.data(), in.size(), metadata.data(), metadata.size(), out.data(),
                 &len) == VOXLOCK_OK);
    out.resize(len);
    voxlock_frame_cryptor_free(cryptor);
    return out;
  };
  voxlock_frame_cryptor_config config;
  REQUIRE(voxlock_frame_cryptor_config_init(&config, sizeof config) == VOXLOCK_OK);
  const auto client = Json::parse(test::read_vector("e2ee/livekit/from-client-sdk-js.json"));
  const auto audio = Json::parse(test::read_vector("e2ee/livekit/audio-public.json"));
  auto frames = client["frames"].items();
  frames.insert(frames.end(), audio.items().begin(), audio.items().end());
  CHECK(frames.size() == 14);
  for (const Json& row : frames) {
    config.clear_len = static_cast<uint32_t>(row["unencrypted_bytes"].integer());
    const auto kid = static_cast<uint64_t>(row["key_index"].integer());
    const Bytes frame = hex(row["frame"]);
    CHECK(run(config, kid, VOXLOCK_E2EE_KDF_NONE, hex(row["key"]), false, frame, {}) ==
          hex(row["plain"]));
    const bool is_raw = row.has("key_material");
    const std::string passphrase = is_raw ? "" : row["passphrase"].text();
    const Bytes material =
        is_raw ? hex(row["key_material"]) : Bytes(passphrase.begin(), passphrase.end());
    CHECK(run(config, kid, is_raw ? VOXLOCK_E2EE_KDF_HKDF : VOXLOCK_E2EE_KDF_PBKDF2, material,
              false, frame, {}) == hex(row["plain"]));
  }
  REQUIRE(voxlock_frame_cryptor_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.format = VOXLOCK_E2EE_SFRAME;
  const auto sframe = Json::parse(test::read_vector("e2ee/sframe-rfc9605/test-vectors.json"));
  CHECK(sframe["sframe"].items().size() == 5);
  for (const Json& row : sframe["sframe"].items()) {
    config.sframe_suite = static_cast<uint32_t>(row["cipher_suite"].integer());
    config.first_counter = static_cast<uint64_t>(row["ctr"].integer());
    const auto kid = static_cast<uint64_t>(row["kid"].integer());
    const Bytes key = hex(row["base_key"]), metadata = hex(row["metadata"]);
    CHECK(run(config, kid, VOXLOCK_E2EE_KDF_NONE, key, true, hex(row["pt"]), metadata) ==
          hex(row["ct"]));
    CHECK(run(config, kid, VOXLOCK_E2EE_KDF_NONE, key, false, hex(row["ct"]), metadata) ==
          hex(row["pt"]));
  }
}
