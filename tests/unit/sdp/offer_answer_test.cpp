// What we make of a peer's descriptions, and what of them we keep.
#include "sdp/offer_answer.h"

#include <string>

#include "engines.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

const std::string kSecure = "m=audio 4000 RTP/SAVP 8 0\r\n" + crypto80();
const std::string kPlain = "m=audio 4000 RTP/AVP 8 0\r\n";

std::string version_of(const std::string& text) {
  const std::string origin = line_of(text, "o=");
  const size_t at = origin.find(' ', origin.find(' ') + 1) + 1;
  return origin.substr(at, origin.find(' ', at) - at);
}

}  // namespace

TEST_CASE("RFC 4568, RFC 8643: policy meets offer") {
  struct Row {
    const char* title;
    SrtpPolicy policy;
    std::string media;
    Status reason;  // OK: answered
    bool is_secure;
    size_t index;
  };
  const SrtpPolicy required = SrtpPolicy::kRequired, preferred = SrtpPolicy::kPreferred,
                   off = SrtpPolicy::kOff;
  const std::string opportunistic = kPlain + crypto80();
  const std::string keyless = "m=audio 4000 RTP/SAVP 8\r\n";
  const std::string dtls = "m=audio 4000 UDP/TLS/RTP/SAVP 8\r\n";
  const std::string unusable = kPlain + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n";
  const std::string skipped =
      kSecure.substr(0, kSecure.find("a=")) +
      "a=crypto:1 NEW inline:AAAA\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + kPeerKey2 +
      " UNENCRYPTED_SRTP\r\n" + crypto80(kPeerKey1, "3");
  const Row rows[] = {
      {"required, SAVP", required, kSecure, Status::OK, true, 0},
      {"required, AVP", required, kPlain, Status::ERR_SDP_SRTP_REQUIRED, false, 0},
      {"required, AVP with keys", required, opportunistic, Status::OK, true, 0},
      {"required, SAVP without keys", required, keyless, Status::ERR_SDP_SRTP_REQUIRED, false, 0},
      {"required, both, plain first", required, kPlain + kSecure, Status::OK, true, 1},
      {"required, an unusable key", required, unusable, Status::ERR_SDP_KEY, false, 0},
      {"required, unusable lines skipped", required, skipped, Status::OK, true, 0},
      {"required, DTLS", required, dtls, Status::ERR_SDP_PROTOCOL, false, 0},
      {"preferred, SAVP", preferred, kSecure, Status::OK, true, 0},
      {"preferred, AVP", preferred, kPlain, Status::OK, false, 0},
      {"preferred, AVP with keys", preferred, opportunistic, Status::OK, true, 0},
      {"preferred, SAVP without keys", preferred, keyless, Status::ERR_SDP_SRTP_REQUIRED, false, 0},
      {"preferred, both, plain first", preferred, kPlain + kSecure, Status::OK, true, 1},
      {"preferred, both, secure first", preferred, kSecure + kPlain, Status::OK, true, 0},
      {"preferred, AVP with an unusable key", preferred, unusable, Status::OK, false, 0},
      {"off, SAVP", off, kSecure, Status::ERR_SDP_SRTP_OFF, false, 0},
      {"off, AVP", off, kPlain, Status::OK, false, 0},
      {"off, AVP with keys", off, opportunistic, Status::OK, false, 0},
      {"off, both, secure first", off, kSecure + kPlain, Status::OK, false, 1},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine(local_media(row.policy));
    if (row.reason != Status::OK) {
      CHECK(engine.refusal(peer_sdp(row.media)) == row.reason);
      CHECK(engine.core.agreement() == nullptr);
      continue;
    }
    CHECK(engine.take(peer_sdp(row.media)) == VerdictKind::kContinued);
    CHECK(engine.agreement().is_secure == row.is_secure);
    CHECK(engine.agreement().media_index == row.index);
    CHECK((line_of(engine.text, "a=crypto").empty()) == !row.is_secure);
    Session answer;
    REQUIRE(answer.parse(engine.text));
    Session offer;
    const std::string text = peer_sdp(row.media);
    REQUIRE(offer.parse(text));
    REQUIRE(answer.media().size() == offer.media().size());
    for (size_t i = 0; i < answer.media().size(); ++i) {
      CHECK(answer.media()[i].proto == offer.media()[i].proto);
      CHECK((answer.media()[i].port != 0) == (i == row.index));
    }
  }
}

TEST_CASE("RFC 3261 20.43: refusals name their reason to the peer") {
  struct Row {
    const char* title;
    std::string text;
    Status reason;
    uint32_t sip_status, warn_code;
  };
  const Row rows[] = {
      {"iLBC only", peer_sdp("m=audio 4000 RTP/SAVP 97\r\na=rtpmap:97 iLBC/8000\r\n" + crypto80()),
       Status::ERR_SDP_NO_CODEC, 488, 305},
      {"events only",
       peer_sdp("m=audio 4000 RTP/SAVP 97\r\na=rtpmap:97 telephone-event/8000\r\n" + crypto80()),
       Status::ERR_SDP_NO_CODEC, 488, 305},
      {"no sections", peer_sdp(""), Status::ERR_SDP_NO_AUDIO, 488, 304},
      {"video only", peer_sdp("m=video 4000 RTP/SAVP 31\r\n"), Status::ERR_SDP_NO_AUDIO, 488, 304},
      {"audio with port 0", peer_sdp("m=audio 0 RTP/SAVP 8\r\n" + crypto80()),
       Status::ERR_SDP_NO_AUDIO, 488, 304},
      {"a template for a port", peer_sdp("m=audio $ RTP/SAVP 8\r\n"), Status::ERR_SDP_MEDIA, 400,
       399},
      {"no c=", "v=0\r\no=- 1 1 IN IP4 a\r\n" + kSecure, Status::ERR_SDP_CONNECTION, 488, 301},
      {"no SDP", "hello", Status::ERR_SDP_LINE, 400, 399},
      {"too long", std::string(kMaxText + 1, 'x'), Status::ERR_LIMIT, 488, 399},
      {"plain RTP", peer_sdp(kPlain), Status::ERR_SDP_SRTP_REQUIRED, 488, 302},
      {"a suite of others", peer_sdp("m=audio 1 RTP/SAVP 8\r\na=crypto:1 NEW inline:AAAA\r\n"),
       Status::ERR_SDP_SUITE, 488, 306},
      {"a suite we do not want",
       peer_sdp("m=audio 1 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" + kPeerKey1 +
                "\r\n"),
       Status::ERR_SDP_SUITE, 488, 306},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine;
    const auto verdict = engine.answer(row.text);
    REQUIRE(verdict);
    CHECK(verdict->kind == VerdictKind::kRefused);
    CHECK(verdict->reason == row.reason);
    CHECK(verdict->sip_status == row.sip_status);
    CHECK(verdict->warn_code == row.warn_code);
    CHECK(std::string(verdict->warning).size() > 5);
    CHECK(engine.text.empty());
  }
}

TEST_CASE("RFC 3264 8: what a new offer does to the media") {
  Engine engine;
  CHECK(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  const std::string key = line_of(engine.text, "a=crypto");
  struct Row {
    const char* title;
    std::string text;
    VerdictKind kind;
    Direction direction;
    std::string port;  // and address that we send to
    bool is_version_kept;
  };
  const auto both = Direction::kSendRecv;
  const VerdictKind continued = VerdictKind::kContinued, moved = VerdictKind::kMoved;
  const std::string moved_section = "m=audio 5000 RTP/SAVP 8 0\r\n" + crypto80();
  const Row rows[] = {
      {"unchanged", peer_sdp(kSecure), continued, both, "4000", true},
      {"sendonly", peer_sdp(kSecure + "a=sendonly\r\n"), moved, Direction::kRecvOnly, "4000",
       false},
      {"sendonly again", peer_sdp(kSecure + "a=sendonly\r\n"), continued, Direction::kRecvOnly,
       "4000", true},
      {"inactive", peer_sdp(kSecure + "a=inactive\r\n"), moved, Direction::kInactive, "4000",
       false},
      {"recvonly", peer_sdp(kSecure + "a=recvonly\r\n"), moved, Direction::kSendOnly, "4000",
       false},
      {"session attribute",
       "v=0\r\no=- 1 1 IN IP4 a\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\n" + kSecure, moved,
       Direction::kRecvOnly, "4000", false},
      {"resumed", peer_sdp(kSecure), moved, both, "4000", false},
      {"0.0.0.0", peer_sdp(kSecure, "IN IP4 0.0.0.0"), moved, Direction::kRecvOnly, "4000", false},
      {"resumed", peer_sdp(kSecure), moved, both, "4000", false},
      {"another port", peer_sdp(moved_section), moved, both, "5000", true},
      {"a new key", peer_sdp("m=audio 5000 RTP/SAVP 8 0\r\n" + crypto80(kPeerKey2)),
       VerdictKind::kRekeyed, both, "5000", false},
      {"another codec", peer_sdp("m=audio 5000 RTP/SAVP 0\r\n" + crypto80(kPeerKey2)),
       VerdictKind::kRestarted, both, "5000", false},
      {"ptime", peer_sdp("m=audio 5000 RTP/SAVP 0\r\na=ptime:40\r\n" + crypto80(kPeerKey2)), moved,
       both, "5000", true},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const uint64_t version = std::stoull(version_of(engine.text));
    CHECK(engine.take(row.text) == row.kind);
    CHECK(engine.agreement().direction == row.direction);
    CHECK(engine.agreement().is_remote_hold == ((static_cast<uint32_t>(row.direction) & 1) == 0));
    CHECK(engine.agreement().remote_rtp.port == std::stoul(row.port));
    CHECK_FALSE(engine.agreement().remote_rtp.is_unspecified());
    CHECK(std::stoull(version_of(engine.text)) == version + (row.is_version_kept ? 0 : 1));
  }
  CHECK(line_of(engine.text, "a=crypto") != key);
}

TEST_CASE("a refused offer changes nothing") {
  Engine engine;
  REQUIRE(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  const std::string before = engine.text;
  const std::string refused[] = {
      peer_sdp(kPlain), peer_sdp("m=audio 0 RTP/SAVP 8\r\n"),
      peer_sdp("m=video 1 RTP/AVP 31\r\nm=audio 4000 RTP/SAVP 96\r\na=rtpmap:96 iLBC/8000\r\n" +
               crypto80(kPeerKey2)),
      peer_sdp("m=audio 4000 RTP/SAVP 8\r\n" + line_of(before, "a=crypto") + "\r\n"), "v=0\r\n"};
  for (const std::string& text : refused) {
    INFO(text);
    (void)engine.refusal(text);
    CHECK(engine.agreement().remote_rtp.port == 4000);
    CHECK(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
    CHECK(engine.text == before);
  }
  CHECK(engine.refusal(peer_sdp("m=audio 4000 RTP/SAVP 8\r\n" + line_of(before, "a=crypto") +
                                "\r\n")) == Status::ERR_SDP_OWN_KEY);
}

TEST_CASE("a failing random source changes nothing") {
  Engine engine;
  REQUIRE(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  const std::string before = engine.text;
  engine.random->is_failing = true;
  const auto verdict = engine.answer(peer_sdp("m=audio 4000 RTP/SAVP 8\r\n" + crypto80(kPeerKey2)));
  CHECK(verdict.error() == Status::ERR_ENTROPY);
  uint8_t buffer[4096];
  bytes::Writer out(buffer);
  CHECK(engine.core.offer({false, true}, out).error() == Status::ERR_ENTROPY);
  CHECK_FALSE(engine.core.has_pending_offer());
  CHECK(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  CHECK(engine.text == before);
  CHECK(OfferAnswer::create(local_media(), *engine.random).error() == Status::ERR_ENTROPY);
}

TEST_CASE("once secure a session is never plain again") {
  const std::string plain_answers[] = {peer_sdp("m=audio 4000 RTP/AVP 8\r\n"),
                                       peer_sdp("m=audio 4000 RTP/SAVP 8\r\n")};
  for (const std::string& plain : plain_answers) {
    Engine engine(local_media(SrtpPolicy::kPreferred));
    REQUIRE(engine.take(peer_sdp(kPlain + crypto80())) == VerdictKind::kContinued);
    REQUIRE(engine.agreement().is_secure);
    CHECK(engine.refusal(peer_sdp(kPlain)) == Status::ERR_SDP_DOWNGRADE);
    const std::string offer = engine.offer();
    // RFC 8643: the protocol stays the one the peer chose.
    CHECK(line_of(offer, "m=").find(" RTP/AVP ") != std::string::npos);
    const auto verdict = engine.core.accept_answer(plain);
    REQUIRE(verdict);
    CHECK(verdict->kind == VerdictKind::kRefused);
    CHECK(engine.agreement().is_secure);
    CHECK_FALSE(engine.core.has_pending_offer());
  }
}

TEST_CASE("a plain session becomes secure where the peer can") {
  Engine engine(local_media(SrtpPolicy::kPreferred));
  REQUIRE(engine.take(peer_sdp(kPlain)) == VerdictKind::kContinued);
  CHECK(engine.take(peer_sdp(kPlain + crypto80())) == VerdictKind::kRestarted);
  CHECK(engine.agreement().is_secure);
}

TEST_CASE("RFC 4568 5.1.2: our suite order decides, the tag is the peer's, keys are never shared") {
  Engine engine;
  const std::string gcm = "a=crypto:9 AEAD_AES_256_GCM inline:" + std::string(58, 'A') + "A=\r\n";
  REQUIRE(engine.take(peer_sdp("m=audio 4000 RTP/SAVP 8\r\n" + crypto80() + gcm)) ==
          VerdictKind::kContinued);
  CHECK(engine.agreement().suite == CryptoSuite::kAeadAes256Gcm);
  CHECK(line_of(engine.text, "a=crypto").rfind("a=crypto:9 AEAD_AES_256_GCM inline:", 0) == 0);
  CHECK_FALSE(secure::equal(engine.agreement().local_key.key_and_salt.view(),
                            engine.agreement().remote_key.key_and_salt.view()));
}

TEST_CASE("RFC 3264 6: other sections are refused in their place") {
  Engine engine;
  const std::string media = "m=video 5000 RTP/AVP 31 32\r\n" + kSecure +
                            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" +
                            "m=audio 6000 RTP/SAVP 0\r\n" + crypto80(kPeerKey2);
  REQUIRE(engine.take(peer_sdp(media)) == VerdictKind::kContinued);
  Session answer;
  REQUIRE(answer.parse(engine.text));
  REQUIRE(answer.media().size() == 4);
  CHECK(answer.media()[0].formats == "31 32");
  CHECK(answer.media()[2].proto == "UDP/DTLS/SCTP");
  const uint16_t ports[] = {0, 30000, 0, 0};
  for (size_t i = 0; i < 4; ++i) CHECK(answer.media()[i].port == ports[i]);
  // Our own offer keeps their places; an answer with fewer does not fit.
  const std::string offer = engine.offer();
  REQUIRE(answer.parse(offer));
  REQUIRE(answer.media().size() == 4);
  CHECK(answer.media()[1].port == 30000);
  CHECK(answer.media()[2].type == "application");
  const auto verdict = engine.core.accept_answer(peer_sdp(kSecure));
  REQUIRE(verdict);
  CHECK(verdict->reason == Status::ERR_SDP_MISMATCH);
  // The peer moves the call to its other section.
  const std::string other =
      "m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/SAVP 8\r\nm=application 0 X x\r\nm=audio 6000 "
      "RTP/SAVP 8\r\n";
  CHECK(engine.take(peer_sdp(other + crypto80(kPeerKey2))) == VerdictKind::kRestarted);
  CHECK(engine.agreement().media_index == 3);
}

TEST_CASE("a buffer that is too small loses nothing") {
  Engine whole;
  REQUIRE(whole.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  const size_t needed = whole.text.size();
  Engine engine;
  for (size_t size = 0; size < needed; size += 7) {
    std::string text(size, ' ');
    const Guarded room{std::string_view(text)};
    bytes::Writer out(const_cast<Guarded&>(room).mutable_bytes());
    const auto verdict = engine.core.answer(peer_sdp(kSecure), out);
    REQUIRE(verdict.error() == Status::ERR_BUFFER_TOO_SMALL);
    CHECK(out.size() == needed);
    CHECK(engine.core.agreement() == nullptr);
    bytes::Writer again(const_cast<Guarded&>(room).mutable_bytes());
    CHECK(engine.core.offer({}, again).error() == Status::ERR_BUFFER_TOO_SMALL);
    CHECK_FALSE(engine.core.has_pending_offer());
  }
  REQUIRE(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  CHECK(version_of(engine.text) == "1");
  CHECK(engine.text.size() == needed);
}

TEST_CASE("RFC 3264 4: glare, roll-back and answers nobody waits for") {
  Engine engine;
  CHECK(engine.core.accept_answer(peer_sdp(kSecure)).error() == Status::ERR_WRONG_STATE);
  (void)engine.offer();
  CHECK(engine.answer(peer_sdp(kSecure)).error() == Status::ERR_WRONG_STATE);
  uint8_t buffer[16];
  bytes::Writer out(buffer);
  CHECK(engine.core.offer({}, out).error() == Status::ERR_WRONG_STATE);
  engine.core.rollback();
  CHECK(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  (void)engine.offer({true, false});
  engine.core.rollback();
  CHECK(engine.take(peer_sdp(kSecure)) == VerdictKind::kContinued);
  CHECK(engine.agreement().direction == Direction::kSendRecv);
}

TEST_CASE("RFC 3264 8.3.2: a payload type keeps its meaning") {
  Engine engine;
  const std::string media =
      "m=audio 4000 RTP/SAVP 96 97 111\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 "
      "telephone-event/48000\r\n"
      "a=rtpmap:111 speex/8000\r\n" +
      crypto80();
  REQUIRE(engine.take(peer_sdp(media)) == VerdictKind::kContinued);
  CHECK(engine.agreement().payload_type_send == 96);
  CHECK(engine.agreement().event_type_send == 97);
  CHECK(engine.agreement().event_clock_hz == 48000);
  Session offer;
  const std::string text = engine.offer();
  REQUIRE(offer.parse(text));
  const KnownFormats formats = known_formats(offer.media()[0]);
  CHECK(formats.list[0].payload_type == 96);
  CHECK(formats.has_type(97));
  CHECK_FALSE(formats.has_type(111));
  // All of what we name is distinct.
  CHECK(formats.count == 5);
}

TEST_CASE("numbers that the peer uses for something else are left to it") {
  auto local = local_media();
  local.codecs = {CodecId::kPcma, CodecId::kOpus, CodecId::kL16};
  Engine engine(local);
  const std::string media =
      "m=audio 4000 RTP/SAVP 8 111 112 101\r\na=rtpmap:111 speex/8000\r\na=rtpmap:112 AMR/8000\r\n"
      "a=rtpmap:101 X/8000\r\n" +
      crypto80();
  REQUIRE(engine.take(peer_sdp(media)) == VerdictKind::kContinued);
  CHECK(engine.agreement().event_type_send == kNoPayloadType);
  Session offer;
  const std::string text = engine.offer();
  REQUIRE(offer.parse(text));
  const KnownFormats formats = known_formats(offer.media()[0]);
  CHECK(formats.count == 6);
  for (const uint8_t type : {111, 112, 101}) CHECK_FALSE(formats.has_type(type));
}

TEST_CASE("RFC 3264 7: of an answer the first format counts, with the peer's number") {
  Engine engine;
  (void)engine.offer();
  const auto verdict =
      engine.core.accept_answer(peer_sdp("m=audio 4000 RTP/SAVP 0 100 8 99\r\na=rtpmap:100 "
                                         "opus/48000/2\r\na=rtpmap:99 telephone-event/16000\r\n" +
                                         crypto80()));
  REQUIRE(verdict);
  REQUIRE(verdict->kind == VerdictKind::kContinued);
  CHECK(engine.agreement().codec == CodecId::kPcmu);
  CHECK(engine.agreement().event_type_send == kNoPayloadType);
  (void)engine.offer();
  REQUIRE(engine.core
              .accept_answer(peer_sdp(
                  "m=audio 4000 RTP/SAVP 100 8\r\na=rtpmap:100 opus/48000/2\r\n" + crypto80()))
              ->kind == VerdictKind::kRestarted);
  CHECK(engine.agreement().payload_type_send == 100);
  CHECK(engine.agreement().payload_type_recv == 111);
}

TEST_CASE("answers that do not fit our offer") {
  struct Row {
    const char* title;
    std::string text;
    Status reason;
  };
  const Row rows[] = {
      {"refused", peer_sdp("m=audio 0 RTP/SAVP 8\r\n"), Status::ERR_SDP_REJECTED},
      {"no sections", peer_sdp(""), Status::ERR_SDP_MISMATCH},
      {"two sections", peer_sdp(kSecure + kSecure), Status::ERR_SDP_MISMATCH},
      {"video", peer_sdp("m=video 1 RTP/SAVP 8\r\n" + crypto80()), Status::ERR_SDP_NO_AUDIO},
      {"no keys", peer_sdp("m=audio 1 RTP/SAVP 8\r\n"), Status::ERR_SDP_SRTP_REQUIRED},
      {"plain", peer_sdp(kPlain), Status::ERR_SDP_SRTP_REQUIRED},
      {"a suite not offered",
       peer_sdp("m=audio 1 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" + kPeerKey1 +
                "\r\n"),
       Status::ERR_SDP_SUITE},
      {"no codec", peer_sdp("m=audio 1 RTP/SAVP 18\r\n" + crypto80()), Status::ERR_SDP_NO_CODEC},
      {"no SDP", "x", Status::ERR_SDP_LINE},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine;
    (void)engine.offer();
    const auto verdict = engine.core.accept_answer(row.text);
    REQUIRE(verdict);
    CHECK(verdict->kind == VerdictKind::kRefused);
    CHECK(verdict->reason == row.reason);
    CHECK(engine.core.agreement() == nullptr);
    CHECK_FALSE(engine.core.has_pending_offer());
  }
  Engine engine;
  const std::string offer = engine.offer();
  const std::string reflected =
      offer.substr(offer.find("a=crypto:2"),
                   offer.find("\r\n", offer.find("a=crypto:2")) - offer.find("a=crypto:2"));
  CHECK(engine.core.accept_answer(peer_sdp("m=audio 1 RTP/SAVP 8\r\n" + reflected + "\r\n"))
            ->reason == Status::ERR_SDP_OWN_KEY);
}

TEST_CASE("packet time, RTCP address, multiplexing and events") {
  struct Row {
    const char* title;
    std::string formats, lines;
    uint32_t ptime_ms;
    const char* rtcp;
    uint16_t rtcp_port;
    bool has_mux;
    uint32_t event_clock_hz;
  };
  const std::string opus = "a=rtpmap:96 opus/48000/2\r\n";
  const Row rows[] = {
      {"nothing", "8", "", 20, "192.0.2.1", 4001, false, 0},
      {"ptime 40", "8", "a=ptime:40\r\n", 40, "192.0.2.1", 4001, false, 0},
      {"ptime 20.0", "8", "a=ptime:20.0\r\n", 20, "192.0.2.1", 4001, false, 0},
      {"ptime 0", "8", "a=ptime:0\r\n", 20, "192.0.2.1", 4001, false, 0},
      {"ptime 5", "8", "a=ptime:5\r\n", 10, "192.0.2.1", 4001, false, 0},
      {"ptime 1000", "8", "a=ptime:1000\r\n", 60, "192.0.2.1", 4001, false, 0},
      {"ptime 1001", "8", "a=ptime:1001\r\n", 20, "192.0.2.1", 4001, false, 0},
      {"ptime 30", "8", "a=ptime:30\r\n", 30, "192.0.2.1", 4001, false, 0},
      {"Opus at 30", "96", opus + "a=ptime:30\r\n", 20, "192.0.2.1", 4001, false, 0},
      {"Opus at 50", "96", opus + "a=ptime:50\r\n", 40, "192.0.2.1", 4001, false, 0},
      {"maxptime 10", "8", "a=ptime:40\r\na=maxptime:10\r\n", 10, "192.0.2.1", 4001, false, 0},
      {"rtcp", "8", "a=rtcp:9\r\n", 20, "192.0.2.1", 9, false, 0},
      {"rtcp with an address", "8", "a=rtcp:9 IN IP4 192.0.2.9\r\n", 20, "192.0.2.9", 9, false, 0},
      {"rtcp out of reach", "8", "a=rtcp:9 IN IP6 ::9\r\n", 20, "192.0.2.1", 4001, false, 0},
      {"broken rtcp", "8", "a=rtcp:x\r\n", 20, "192.0.2.1", 4001, false, 0},
      {"rtcp with a name", "8", "a=rtcp:9 IN IP4 h\r\n", 20, "192.0.2.1", 4001, false, 0},
      {"mux", "8", "a=rtcp-mux\r\na=rtcp:9\r\n", 20, "192.0.2.1", 4000, true, 0},
      {"mux with a type like RTCP's", "72", "a=rtpmap:72 opus/48000/2\r\na=rtcp-mux\r\n", 20,
       "192.0.2.1", 4001, false, 0},
      {"events", "8 101", "a=rtpmap:101 telephone-event/8000\r\n", 20, "192.0.2.1", 4001, false,
       8000},
      {"events of Opus", "96 101 102",
       opus + "a=rtpmap:101 telephone-event/8000\r\na=rtpmap:102 telephone-event/48000\r\n", 20,
       "192.0.2.1", 4001, false, 48000},
      {"events of another clock", "96 101", opus + "a=rtpmap:101 telephone-event/8000\r\n", 20,
       "192.0.2.1", 4001, false, 8000},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine;
    REQUIRE(engine.take(peer_sdp("m=audio 4000 RTP/SAVP " + row.formats + "\r\n" + row.lines +
                                 crypto80())) == VerdictKind::kContinued);
    const Agreement& agreement = engine.agreement();
    CHECK(agreement.ptime_ms == row.ptime_ms);
    HostAddress rtcp = *parse_address(row.rtcp);
    rtcp.port = row.rtcp_port;
    CHECK(agreement.remote_rtcp == rtcp);
    CHECK(agreement.has_rtcp_mux == row.has_mux);
    CHECK((engine.text.find("a=rtcp-mux") != std::string::npos) == row.has_mux);
    CHECK(agreement.event_clock_hz == row.event_clock_hz);
    CHECK((agreement.event_type_send == kNoPayloadType) == (row.event_clock_hz == 0));
  }
}

TEST_CASE("RFC 3261 20.43: an address that ours cannot reach is refused") {
  LocalMedia v6 = local_media();
  v6.rtp = *parse_address("2001:db8::5");
  v6.rtp.port = 7000;
  struct Row {
    const char* title;
    LocalMedia local;
    std::string reachable;
    std::string connection;
    Status reason;
    uint32_t warn_code;
  };
  const std::string v4_peer = "IN IP4 192.0.2.1", v6_peer = "IN IP6 2001:db8::1";
  const Row rows[] = {
      {"IPv6 to IPv4", local_media(), v4_peer, v6_peer, Status::ERR_SDP_ADDRESS_FORMAT, 301},
      {"IPv4 to IPv6", v6, v6_peer, v4_peer, Status::ERR_SDP_ADDRESS_FORMAT, 301},
      {"no Internet", v6, v6_peer, "ATM NSAP 47.0091", Status::ERR_SDP_NETWORK, 300},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const auto check = [&](const Verdict& verdict) {
      CHECK(verdict.kind == VerdictKind::kRefused);
      CHECK(verdict.reason == row.reason);
      CHECK(verdict.sip_status == 488);
      CHECK(verdict.warn_code == row.warn_code);
      CHECK(std::string(verdict.warning).starts_with("Incompatible network"));
    };
    Engine answerer(row.local);
    check(*answerer.answer(peer_sdp(kSecure, row.connection)));
    CHECK(answerer.core.agreement() == nullptr);
    // In a running session nothing changes.
    REQUIRE(answerer.take(peer_sdp(kSecure, row.reachable)) == VerdictKind::kContinued);
    check(*answerer.answer(peer_sdp(kSecure, row.connection)));
    CHECK(answerer.agreement().remote_rtp.port == 4000);
    // And in the answer to an offer of ours.
    Engine offerer(row.local);
    (void)offerer.offer();
    check(*offerer.core.accept_answer(peer_sdp(kSecure, row.connection)));
    CHECK(offerer.core.agreement() == nullptr);
  }
}

TEST_CASE("IPv6 addresses, and host names that only following can find") {
  LocalMedia v6 = local_media();
  v6.rtp = *parse_address("2001:db8::5");
  v6.rtp.port = 7000;
  Engine engine(v6);
  REQUIRE(engine.take(peer_sdp(kSecure, "IN IP6 2001:db8::1")) == VerdictKind::kContinued);
  CHECK(engine.agreement().remote_rtp.family == 6);
  Engine named;
  REQUIRE(named.take(peer_sdp(kSecure, "IN IP4 host.example.com")) == VerdictKind::kContinued);
  CHECK(named.agreement().remote_rtp.family == 0);
  CHECK(named.agreement().remote_rtp.port == 4000);
  auto local = local_media();
  local.rtp = *parse_address("2001:db8::5");
  local.rtp.port = 7000;
  local.rtcp = local.rtp;
  local.rtcp.port = 7005;
  Engine own(local);
  const std::string text = own.offer();
  CHECK(line_of(text, "c=") == "c=IN IP6 2001:db8:0:0:0:0:0:5");
  // RFC 5761, section 5.1.1: the peer may not multiplex, so both are told.
  CHECK(line_of(text, "a=rtcp:") == "a=rtcp:7005 IN IP6 2001:db8:0:0:0:0:0:5");
  CHECK(line_of(text, "a=rtcp-mux") == "a=rtcp-mux");
}

TEST_CASE("local media that makes no sense is refused") {
  CountingRandom random(1);
  const auto is_bad = [&](auto change) {
    LocalMedia local = local_media();
    change(local);
    return OfferAnswer::create(local, random).error() == Status::ERR_INVALID_ARGUMENT;
  };
  CHECK_FALSE(is_bad([](LocalMedia&) {}));
  CHECK(is_bad([](LocalMedia& l) { l.codecs = {}; }));
  CHECK(is_bad([](LocalMedia& l) { l.codecs.fill(CodecId::kPcmu); }));
  CHECK(is_bad([](LocalMedia& l) { l.codecs[0] = static_cast<CodecId>(99); }));
  CHECK(is_bad([](LocalMedia& l) { l.suites = {}; }));
  CHECK(is_bad([](LocalMedia& l) { l.suites.fill(CryptoSuite::kAeadAes128Gcm); }));
  CHECK(is_bad([](LocalMedia& l) { l.suites[1] = static_cast<CryptoSuite>(7); }));
  CHECK(is_bad([](LocalMedia& l) { l.policy = static_cast<SrtpPolicy>(3); }));
  CHECK(is_bad([](LocalMedia& l) { l.rtp.family = 0; }));
  CHECK(is_bad([](LocalMedia& l) { l.rtp.port = 0; }));
  CHECK(is_bad([](LocalMedia& l) { l.rtcp.family = 4; }));
  CHECK(is_bad([](LocalMedia& l) { l.ptime_ms = 0; }));
  CHECK(is_bad([](LocalMedia& l) { l.ptime_ms = 25; }));
  CHECK(is_bad([](LocalMedia& l) { l.ptime_ms = 70; }));
  CHECK_FALSE(is_bad([](LocalMedia& l) {
    l.policy = SrtpPolicy::kOff;
    l.suites = {};
  }));
  LocalMedia local = local_media();
  local.codecs = {CodecId::kPcmu, CodecId::kNone, CodecId::kOpus};
  Engine engine(local);
  CHECK(line_of(engine.offer(), "m=") == "m=audio 30000 RTP/SAVP 0 101");
}
