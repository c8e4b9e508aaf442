#include <cstring>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "voxlock/dtls.h"
#include "voxlock/sdp.h"

using voxlock::test::TestAllocator;

namespace {

const std::string kPrint =
    "sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:6B:1D:2E:9A:0C:17:44:90:"
    "CD:EF:01:23";
const std::string kSdesOffer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
    "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:4\r\n";

std::string webrtc_offer(const std::string& ufrag = "ETEn",
                         const std::string& pwd = "OtSK0WpNtpUjkY4+86js7Z/l") {
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\n"
         "a=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=ice-ufrag:" +
         ufrag + "\r\na=ice-pwd:" + pwd + "\r\na=fingerprint:" + kPrint +
         "\r\na=setup:actpass\r\na=tls-id:12345678901234567890\r\n"
         "a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
         "a=candidate:1 1 udp 2113937151 192.0.2.7 5000 typ host\r\n"
         "a=candidate:2 1 udp 5 8d5b.local 5001 typ host generation 0\r\n"
         "a=end-of-candidates\r\na=msid:s t\r\na=ssrc:42 cname:me\r\n";
}

const uint8_t* raw(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

struct Host {
  Host() {
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allocator = allocator.raw();
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
  }
  ~Host() {
    voxlock_context_free(ctx);
    CHECK(allocator.live_blocks == 0);
  }
  TestAllocator allocator;
  voxlock_context* ctx = nullptr;
};

voxlock_negotiation_config config_of(int32_t key_exchange) {
  voxlock_negotiation_config out;
  REQUIRE(voxlock_negotiation_config_init(&out, sizeof out) == VOXLOCK_OK);
  out.key_exchange = key_exchange;
  out.rtp_address.family = 4;
  out.rtp_address.ip[0] = 198;
  out.rtp_address.port = 30000;
  if (key_exchange != VOXLOCK_KEYS_DTLS) return out;
  out.fingerprint = kPrint.c_str();
  out.candidates =
      "candidate:1 1 udp 2130706431 198.51.100.1 30000 typ host\r\n"
      "a=candidate:2 1 udp 2130706430 2001:db8::1 30000 typ host\n";
  out.ice_ufrag = "OURS";
  out.ice_pwd = "ourpasswordourpasswordou";
  out.stream_id = "phone";
  out.cname = "voxlock";
  out.ssrc = 77;
  out.extensions = VOXLOCK_EXTENSION_AUDIO_LEVEL | VOXLOCK_EXTENSION_MID;
  out.nack = out.rtcp_rsize = out.red = out.transport_cc = 1;
  return out;
}

struct Side {
  Side(Host& host, int32_t key_exchange) : Side(host, config_of(key_exchange)) {}
  Side(Host& host, const voxlock_negotiation_config& config) {
    REQUIRE(voxlock_negotiation_new(host.ctx, &config, &handle) == VOXLOCK_OK);
    verdict.struct_size = sizeof verdict;
    agreed.struct_size = sizeof agreed;
  }
  ~Side() { voxlock_negotiation_free(handle); }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  int32_t answer(const std::string& offer) {
    size_t len = room.size();
    const int32_t status =
        voxlock_negotiation_answer(handle, raw(offer), offer.size(), room.data(), &len, &verdict);
    text.assign(reinterpret_cast<const char*>(room.data()), status == VOXLOCK_OK ? len : 0);
    return status;
  }
  std::string offer(uint32_t flags = 0) {
    size_t len = room.size();
    REQUIRE(voxlock_negotiation_offer(handle, flags, room.data(), &len) == VOXLOCK_OK);
    return {reinterpret_cast<const char*>(room.data()), len};
  }
  int32_t accept(const std::string& answer) {
    return voxlock_negotiation_accept_answer(handle, raw(answer), answer.size(), &verdict);
  }
  std::string part(int32_t number) {
    size_t len = 0;
    const int32_t status = voxlock_negotiation_text(handle, number, nullptr, &len);
    if (len == 0) {
      CHECK(status == VOXLOCK_OK);
      return "";
    }
    CHECK(status == VOXLOCK_ERR_BUFFER_TOO_SMALL);
    std::vector<uint8_t> out(len);
    REQUIRE(voxlock_negotiation_text(handle, number, out.data(), &len) == VOXLOCK_OK);
    return {out.begin(), out.end()};
  }

  voxlock_negotiation* handle = nullptr;
  std::vector<uint8_t> room = std::vector<uint8_t>(8192);
  std::string text;
  voxlock_verdict verdict{};
  voxlock_negotiated agreed{};
};

}  // namespace

TEST_CASE("RFC 8829 5.3: a WebRTC offer is answered, and all that was agreed is told") {
  Host host;
  Side side(host, VOXLOCK_KEYS_DTLS);
  CHECK(voxlock_negotiation_get(side.handle, &side.agreed) == VOXLOCK_ERR_WRONG_STATE);
  size_t len = 0;
  CHECK(voxlock_negotiation_text(side.handle, VOXLOCK_NEGOTIATED_MID, nullptr, &len) ==
        VOXLOCK_ERR_WRONG_STATE);
  const uint64_t allocations = host.allocator.count;
  REQUIRE(side.answer(webrtc_offer()) == VOXLOCK_OK);
  CHECK(host.allocator.count == allocations);
  CHECK(side.verdict.kind == VOXLOCK_CONTINUED);
  CHECK(side.verdict.changes == 0);
  for (const char* line : {"a=setup:passive", "a=ice-ufrag:OURS", "a=group:BUNDLE 0",
                           "a=candidate:2 1 udp 2130706430 2001:db8::1 30000 typ host",
                           "a=extmap:3/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level"}) {
    INFO(line);
    CHECK(side.text.find("\r\n" + std::string(line) + "\r\n") != std::string::npos);
  }
  REQUIRE(voxlock_negotiation_get(side.handle, &side.agreed) == VOXLOCK_OK);
  const voxlock_negotiated& agreed = side.agreed;
  CHECK(agreed.key_exchange == VOXLOCK_KEYS_DTLS);
  CHECK(agreed.codec == VOXLOCK_CODEC_OPUS);
  CHECK(agreed.payload_type_send == 111);
  CHECK(agreed.event_type_send == 255);
  CHECK(agreed.rtcp_mux == 1);
  CHECK(agreed.remote_rtp.family == 0);
  CHECK(agreed.key_len == 0);
  CHECK(agreed.dtls_role == VOXLOCK_TLS_SERVER);
  CHECK(agreed.ice == 1);
  CHECK(agreed.remote_ice_lite == 0);
  CHECK(agreed.end_of_candidates == 1);
  CHECK(agreed.candidate_count == 2);
  CHECK(agreed.fingerprint_count == 1);
  CHECK(agreed.bundled == 1);
  CHECK(agreed.extension_id[0] == 3);
  CHECK(agreed.extension_direction[0] == VOXLOCK_RECVONLY);
  CHECK(agreed.extension_id[1] == 0);
  CHECK(agreed.red_type_send == 255);
  CHECK(agreed.nack == 1);
  CHECK(agreed.transport_cc == 0);
  CHECK(agreed.rtcp_rsize == 1);
  CHECK(agreed.ssrc_count == 1);
  CHECK(agreed.ssrcs[0] == 42);
  CHECK(side.part(VOXLOCK_NEGOTIATED_LOCAL_UFRAG) == "OURS");
  CHECK(side.part(VOXLOCK_NEGOTIATED_LOCAL_PWD) == "ourpasswordourpasswordou");
  CHECK(side.part(VOXLOCK_NEGOTIATED_REMOTE_UFRAG) == "ETEn");
  CHECK(side.part(VOXLOCK_NEGOTIATED_REMOTE_PWD) == "OtSK0WpNtpUjkY4+86js7Z/l");
  CHECK(side.part(VOXLOCK_NEGOTIATED_FINGERPRINTS) == kPrint);
  CHECK(side.part(VOXLOCK_NEGOTIATED_CANDIDATES) ==
        "candidate:1 1 udp 2113937151 192.0.2.7 5000 typ host\r\n"
        "candidate:2 1 udp 5 8d5b.local 5001 typ host\r\n");
  CHECK(side.part(VOXLOCK_NEGOTIATED_LOCAL_TLS_ID).size() == 32);
  CHECK(side.part(VOXLOCK_NEGOTIATED_REMOTE_TLS_ID) == "12345678901234567890");
  CHECK(side.part(VOXLOCK_NEGOTIATED_MID) == "0");
  CHECK(side.part(VOXLOCK_NEGOTIATED_STREAM_ID) == "s");
  CHECK(side.part(VOXLOCK_NEGOTIATED_TRACK_ID) == "t");
  CHECK(side.part(VOXLOCK_NEGOTIATED_CNAME) == "me");
  // What DTLS takes as it stands.
  voxlock_dtls_config dtls;
  REQUIRE(voxlock_dtls_config_init(&dtls, sizeof dtls) == VOXLOCK_OK);
  CHECK(dtls.role == agreed.dtls_role);
  // A restart of the peer, then one of ours.
  REQUIRE(side.answer(webrtc_offer("EFGH", "XXXX0WpNtpUjkY4+86js7Z/l")) == VOXLOCK_OK);
  CHECK(side.verdict.kind == VOXLOCK_MOVED);
  CHECK(side.verdict.changes == (VOXLOCK_CHANGED_ICE | VOXLOCK_CHANGED_ADDRESS));
  CHECK(side.part(VOXLOCK_NEGOTIATED_LOCAL_UFRAG) != "OURS");
  CHECK(side.offer(VOXLOCK_OFFER_ICE_RESTART).find(side.part(VOXLOCK_NEGOTIATED_LOCAL_UFRAG)) ==
        std::string::npos);
  CHECK(voxlock_negotiation_rollback(side.handle) == VOXLOCK_OK);
}

TEST_CASE("two negotiations agree on DTLS and on SDES") {
  Host host;
  for (const int32_t exchange : {VOXLOCK_KEYS_DTLS, VOXLOCK_KEYS_SDES}) {
    Side a(host, exchange), b(host, exchange);
    REQUIRE(b.answer(a.offer()) == VOXLOCK_OK);
    REQUIRE(a.accept(b.text) == VOXLOCK_OK);
    CHECK(a.verdict.kind == VOXLOCK_CONTINUED);
    REQUIRE(voxlock_negotiation_get(a.handle, &a.agreed) == VOXLOCK_OK);
    REQUIRE(voxlock_negotiation_get(b.handle, &b.agreed) == VOXLOCK_OK);
    CHECK(a.agreed.key_exchange == exchange);
    CHECK(std::memcmp(a.agreed.local_key, b.agreed.remote_key, VOXLOCK_SDP_MAX_KEY) == 0);
    CHECK(std::memcmp(b.agreed.local_key, a.agreed.remote_key, VOXLOCK_SDP_MAX_KEY) == 0);
    CHECK(a.agreed.key_len == (exchange == VOXLOCK_KEYS_SDES ? 44 : 0));
    CHECK(a.agreed.dtls_role == (exchange == VOXLOCK_KEYS_DTLS ? VOXLOCK_TLS_CLIENT : 0));
    CHECK(b.agreed.dtls_role == (exchange == VOXLOCK_KEYS_DTLS ? VOXLOCK_TLS_SERVER : 0));
    REQUIRE(b.answer(a.offer(VOXLOCK_OFFER_REKEY)) == VOXLOCK_OK);
    CHECK(b.verdict.changes == (exchange == VOXLOCK_KEYS_DTLS
                                    ? VOXLOCK_CHANGED_DTLS | VOXLOCK_CHANGED_MEDIA
                                    : VOXLOCK_CHANGED_KEYS));
  }
}

TEST_CASE("RFC 4568: SDES keys, lifetime and MKI of the peer are told") {
  Host host;
  Side side(host, VOXLOCK_KEYS_SDES);
  REQUIRE(side.answer(kSdesOffer) == VOXLOCK_OK);
  REQUIRE(voxlock_negotiation_get(side.handle, &side.agreed) == VOXLOCK_OK);
  CHECK(side.agreed.key_exchange == VOXLOCK_KEYS_SDES);
  CHECK(side.agreed.suite == 1);
  CHECK(side.agreed.key_len == 30);
  CHECK(side.agreed.remote_key[0] == 0x3d);
  CHECK(side.agreed.remote_key[30] == 0);
  CHECK(side.agreed.remote_lifetime == 1u << 20);
  CHECK(side.agreed.remote_mki_len == 4);
  CHECK(side.agreed.remote_mki[3] == 1);
  CHECK(side.agreed.remote_rtp.port == 4000);
  CHECK(side.agreed.dtls_role == 0);
  size_t len = 0;
  CHECK(voxlock_negotiation_text(side.handle, VOXLOCK_NEGOTIATED_MID, nullptr, &len) ==
        VOXLOCK_ERR_WRONG_STATE);
}

TEST_CASE("a refused offer or answer is told with its reason and changes nothing") {
  Host host;
  Side side(host, VOXLOCK_KEYS_DTLS);
  REQUIRE(side.answer(kSdesOffer) == VOXLOCK_OK);
  CHECK(side.text.empty());
  CHECK(side.verdict.kind == VOXLOCK_REFUSED);
  CHECK(side.verdict.reason == VOXLOCK_ERR_SDP_DTLS_REQUIRED);
  CHECK(side.verdict.sip_status == 488);
  CHECK(side.verdict.warn_code == 302);
  CHECK(voxlock_negotiation_get(side.handle, &side.agreed) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(side.accept(webrtc_offer()) == VOXLOCK_ERR_WRONG_STATE);
  (void)side.offer();
  CHECK(side.answer(webrtc_offer()) == VOXLOCK_ERR_WRONG_STATE);
  size_t len = side.room.size();
  CHECK(voxlock_negotiation_offer(side.handle, 0, side.room.data(), &len) ==
        VOXLOCK_ERR_WRONG_STATE);
  // actpass in an answer.
  REQUIRE(side.accept(webrtc_offer()) == VOXLOCK_OK);
  CHECK(side.verdict.reason == VOXLOCK_ERR_SDP_SETUP);
  REQUIRE(side.answer(webrtc_offer()) == VOXLOCK_OK);
  CHECK(side.verdict.kind == VOXLOCK_CONTINUED);
  // The size that is needed is told.
  const std::string offer = webrtc_offer();
  for (const size_t room : {size_t{0}, size_t{1}, side.text.size() - 1}) {
    len = room;
    CHECK(voxlock_negotiation_answer(side.handle, raw(offer), offer.size(), side.room.data(), &len,
                                     nullptr) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
    CHECK(len == side.text.size());
  }
  len = 0;
  CHECK(voxlock_negotiation_offer(side.handle, 0, nullptr, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(len > 500);
}

TEST_CASE("a negotiation that cannot be is refused, with the reason") {
  Host host;
  struct Row {
    const char* title;
    void (*spoil)(voxlock_negotiation_config&);
    int32_t status;
  };
  const int32_t invalid = VOXLOCK_ERR_INVALID_ARGUMENT;
  static const std::string long_text(65, 'x');
  static std::string many;
  for (int i = 0; i < 17; ++i) many += "candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
  const Row rows[] = {
      {"struct_size", [](voxlock_negotiation_config& c) { c.struct_size = 3; },
       VOXLOCK_ERR_STRUCT_SIZE},
      {"key_exchange", [](voxlock_negotiation_config& c) { c.key_exchange = 0; }, invalid},
      {"policy", [](voxlock_negotiation_config& c) { c.srtp_policy = VOXLOCK_SRTP_OFF; }, invalid},
      {"ptime", [](voxlock_negotiation_config& c) { c.ptime_ms = 25; }, invalid},
      {"suites", [](voxlock_negotiation_config& c) { c.suites[0] = 7; }, invalid},
      {"codecs", [](voxlock_negotiation_config& c) { c.codecs[0] = 0; }, invalid},
      {"address", [](voxlock_negotiation_config& c) { c.rtp_address.family = 0; }, invalid},
      {"no fingerprint", [](voxlock_negotiation_config& c) { c.fingerprint = nullptr; }, invalid},
      {"fingerprint", [](voxlock_negotiation_config& c) { c.fingerprint = "sha-256 00"; },
       VOXLOCK_ERR_SDP_FINGERPRINT},
      {"hash", [](voxlock_negotiation_config& c) { c.fingerprint = "sha-1 00"; },
       VOXLOCK_ERR_UNSUPPORTED},
      {"ufrag", [](voxlock_negotiation_config& c) { c.ice_ufrag = "a"; }, invalid},
      {"ufrag alone", [](voxlock_negotiation_config& c) { c.ice_pwd = nullptr; }, invalid},
      {"candidate", [](voxlock_negotiation_config& c) { c.candidates = "candidate:1"; },
       VOXLOCK_ERR_SYNTAX},
      {"no candidate", [](voxlock_negotiation_config& c) { c.candidates = "mid:1"; },
       VOXLOCK_ERR_SYNTAX},
      {"candidates", [](voxlock_negotiation_config& c) { c.candidates = many.c_str(); },
       VOXLOCK_ERR_LIMIT},
      {"mid", [](voxlock_negotiation_config& c) { c.mid = ""; }, invalid},
      {"stream", [](voxlock_negotiation_config& c) { c.stream_id = long_text.c_str(); }, invalid},
      {"cname", [](voxlock_negotiation_config& c) { c.cname = nullptr; }, invalid},
      {"bitrate", [](voxlock_negotiation_config& c) { c.max_opus_bitrate = 1; }, invalid},
      {"extensions", [](voxlock_negotiation_config& c) { c.extensions = 16; }, invalid},
      {"role", [](voxlock_negotiation_config& c) { c.dtls_role = 0; }, invalid},
      {"flag", [](voxlock_negotiation_config& c) { c.nack = 3; }, invalid},
      {"reserved", [](voxlock_negotiation_config& c) { c.reserved = 1; }, invalid},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_negotiation_config config = config_of(VOXLOCK_KEYS_DTLS);
    row.spoil(config);
    auto* handle = reinterpret_cast<voxlock_negotiation*>(&host);
    CHECK(voxlock_negotiation_new(host.ctx, &config, &handle) == row.status);
    CHECK(handle == nullptr);
  }
}

TEST_CASE("NULL and wrong sizes are refused by every function of a negotiation") {
  Host host;
  Side side(host, VOXLOCK_KEYS_DTLS);
  const int32_t invalid = VOXLOCK_ERR_INVALID_ARGUMENT;
  voxlock_negotiation_config config = config_of(VOXLOCK_KEYS_SDES);
  voxlock_negotiation* handle = nullptr;
  CHECK(voxlock_negotiation_config_init(nullptr, sizeof config) == invalid);
  CHECK(voxlock_negotiation_config_init(&config, 3) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_negotiation_new(nullptr, &config, &handle) == invalid);
  CHECK(voxlock_negotiation_new(host.ctx, nullptr, &handle) == invalid);
  CHECK(voxlock_negotiation_new(host.ctx, &config, nullptr) == invalid);
  const std::string offer = webrtc_offer();
  size_t len = side.room.size();
  CHECK(voxlock_negotiation_answer(nullptr, raw(offer), 1, side.room.data(), &len, nullptr) ==
        invalid);
  CHECK(voxlock_negotiation_answer(side.handle, nullptr, 1, side.room.data(), &len, nullptr) ==
        invalid);
  CHECK(voxlock_negotiation_answer(side.handle, raw(offer), 1, side.room.data(), nullptr,
                                   nullptr) == invalid);
  side.verdict.struct_size = 2;
  CHECK(side.answer(offer) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(side.accept(offer) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_negotiation_offer(nullptr, 0, side.room.data(), &len) == invalid);
  CHECK(voxlock_negotiation_offer(side.handle, 8, side.room.data(), &len) == invalid);
  CHECK(voxlock_negotiation_offer(side.handle, 0, side.room.data(), nullptr) == invalid);
  Side sdes(host, VOXLOCK_KEYS_SDES);
  CHECK(voxlock_negotiation_offer(sdes.handle, VOXLOCK_OFFER_ICE_RESTART, side.room.data(), &len) ==
        invalid);
  CHECK(voxlock_negotiation_accept_answer(nullptr, raw(offer), 1, nullptr) == invalid);
  CHECK(voxlock_negotiation_accept_answer(side.handle, nullptr, 1, nullptr) == invalid);
  CHECK(voxlock_negotiation_rollback(nullptr) == invalid);
  side.verdict.struct_size = sizeof side.verdict;
  REQUIRE(side.answer(offer) == VOXLOCK_OK);
  CHECK(voxlock_negotiation_get(nullptr, &side.agreed) == invalid);
  CHECK(voxlock_negotiation_get(side.handle, nullptr) == invalid);
  side.agreed.struct_size = 3;
  CHECK(voxlock_negotiation_get(side.handle, &side.agreed) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_negotiation_text(nullptr, 1, side.room.data(), &len) == invalid);
  CHECK(voxlock_negotiation_text(side.handle, 0, side.room.data(), &len) == invalid);
  CHECK(voxlock_negotiation_text(side.handle, 13, side.room.data(), &len) == invalid);
  CHECK(voxlock_negotiation_text(side.handle, 1, side.room.data(), nullptr) == invalid);
  voxlock_negotiation_free(nullptr);
  // A short struct gets its leading fields; a longer one zeros behind.
  side.agreed = {};
  side.agreed.struct_size = 16;
  REQUIRE(voxlock_negotiation_get(side.handle, &side.agreed) == VOXLOCK_OK);
  CHECK(side.agreed.codec == VOXLOCK_CODEC_OPUS);
  CHECK(side.agreed.rtp_clock_hz == 0);
  // A verdict of the first version, without changes.
  side.verdict = {};
  side.verdict.struct_size = offsetof(voxlock_verdict, changes);
  REQUIRE(side.answer(webrtc_offer("EFGH", "XXXX0WpNtpUjkY4+86js7Z/l")) == VOXLOCK_OK);
  CHECK(side.verdict.kind == VOXLOCK_MOVED);
  CHECK(side.verdict.changes == 0);
}

TEST_CASE("a negotiation whose memory is refused is not made") {
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0; n < 10; ++n) {
      Host host;
      const voxlock_negotiation_config config = config_of(VOXLOCK_KEYS_DTLS);
      voxlock_negotiation* handle = nullptr;
      host.allocator.fail_after(n, for_good);
      const int32_t status = voxlock_negotiation_new(host.ctx, &config, &handle);
      CHECK(status == (host.allocator.has_failed ? VOXLOCK_ERR_NO_MEMORY : VOXLOCK_OK));
      CHECK((handle == nullptr) == (status != VOXLOCK_OK));
      host.allocator.never_fail();
      voxlock_negotiation_free(handle);
      if (status == VOXLOCK_OK) break;
      CHECK(n < 9);
    }
  }
}
