// Offers of WebRTC stacks, what we answer, and what we refuse.
#include <string>
#include <vector>

#include "engines.h"
#include "support/guarded.h"
#include "support/webrtc_offers.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

size_t count_of(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

bool has(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

const WebrtcAgreement& webrtc(const Engine& engine) {
  REQUIRE(engine.agreement().webrtc);
  return *engine.agreement().webrtc;
}

struct Shape {
  const char* title;
  std::string offer;
  size_t sections, index;
  std::string mid;
  bool is_bundled, is_mixed;
  uint8_t payload_type, event_type, red_type;
  size_t candidates, fingerprints;
  AgreedExtensions extensions;
  bool has_nack, has_transport_cc, has_rtcp_rsize, is_trickling, is_lite, is_ended;
};

std::vector<Shape> shapes() {
  const auto both = Direction::kSendRecv;
  const uint8_t none = kNoPayloadType;
  return {
      {"Chromium",
       chromium_offer(),
       3,
       0,
       "0",
       true,
       true,
       111,
       110,
       63,
       2,
       1,
       {{{1, both}, {4, both}, {2, both}, {3, both}}},
       false,
       true,
       true,
       true,
       false,
       false},
      {"Firefox",
       firefox_offer(),
       1,
       0,
       "0",
       true,
       true,
       109,
       101,
       none,
       0,
       1,
       {{{1, both}, {3, both}, {}, {}}},
       false,
       false,
       false,
       true,
       false,
       false},
      {"Safari",
       safari_offer(),
       2,
       1,
       "audio",
       true,
       false,
       111,
       110,
       none,
       0,
       1,
       {},
       true,
       false,
       true,
       false,
       false,
       false},
      {"max-bundle",
       bundle_only_offer(),
       2,
       1,
       "a",
       true,
       false,
       111,
       none,
       none,
       1,
       1,
       {},
       false,
       false,
       false,
       false,
       false,
       true},
      {"pion",
       pion_offer(),
       1,
       0,
       "0",
       true,
       true,
       111,
       none,
       63,
       2,
       1,
       {{{7, both}, {1, both}, {}, {}}},
       true,
       true,
       true,
       false,
       true,
       true},
      {"aiortc",
       aiortc_offer(),
       1,
       0,
       "0",
       false,
       false,
       96,
       none,
       none,
       2,
       2,
       {{{2, both}, {1, both}, {}, {}}},
       false,
       false,
       false,
       false,
       false,
       true},
  };
}

}  // namespace

TEST_CASE("RFC 8829 5.3: offers of WebRTC stacks are answered section by section") {
  for (const Shape& row : shapes()) {
    INFO(row.title);
    Engine engine(webrtc_media());
    REQUIRE(engine.take(row.offer) == VerdictKind::kContinued);
    const Agreement& agreed = engine.agreement();
    CHECK(agreed.media_index == row.index);
    CHECK(agreed.is_secure);
    CHECK(agreed.suite == CryptoSuite::kNone);
    CHECK(agreed.codec == CodecId::kOpus);
    CHECK(agreed.payload_type_send == row.payload_type);
    CHECK(agreed.payload_type_recv == row.payload_type);
    CHECK(agreed.event_type_send == row.event_type);
    CHECK(agreed.has_rtcp_mux);
    CHECK(agreed.direction == Direction::kSendRecv);
    CHECK_FALSE(agreed.is_remote_hold);
    CHECK(agreed.remote_rtp.family == 0);
    const WebrtcAgreement& part = webrtc(engine);
    CHECK(part.has_ice);
    CHECK(part.mid.view() == row.mid);
    CHECK(part.is_bundled == row.is_bundled);
    CHECK(part.is_extmap_mixed == row.is_mixed);
    CHECK(agreed.red_type_send == row.red_type);
    CHECK(part.candidates.size() == row.candidates);
    CHECK(part.fingerprints.size() == row.fingerprints);
    CHECK(part.extensions == row.extensions);
    CHECK(agreed.has_nack == row.has_nack);
    CHECK(part.has_transport_cc == row.has_transport_cc);
    CHECK(agreed.has_rtcp_rsize == row.has_rtcp_rsize);
    CHECK(part.is_remote_trickling == row.is_trickling);
    CHECK(part.is_remote_lite == row.is_lite);
    CHECK(part.has_end_of_candidates == row.is_ended);
    CHECK(part.role == DtlsRole::kPassive);
    CHECK(part.local.ufrag.view() == "OURS");
    CHECK(as_text(part.local.password.view()) == "ourpasswordourpasswordou");

    Session offer, answer;
    REQUIRE(offer.parse(row.offer));
    REQUIRE(answer.parse(engine.text));
    REQUIRE(answer.media().size() == row.sections);
    for (size_t i = 0; i < row.sections; ++i) {
      const Media& media = answer.media()[i];
      CHECK(media.type == offer.media()[i].type);
      CHECK(media.proto == offer.media()[i].proto);
      CHECK((media.port != 0) == (i == row.index));
      CHECK(mid_of(media) == mid_of(offer.media()[i]));
      CHECK(TransportScope(answer, i).has("fingerprint") == (i == row.index));
    }
    CHECK(has(engine.text, "a=group:BUNDLE " + row.mid) == row.is_bundled);
    CHECK(count_of(engine.text, "a=group") == (row.is_bundled ? 1 : 0));
    for (const char* line :
         {"a=ice-lite", "a=setup:passive", "a=ice-ufrag:OURS", "a=rtcp-mux", "a=end-of-candidates",
          "a=ice-pwd:ourpasswordourpasswordou", "a=msid:phone call", "a=ssrc:77 cname:voxlock",
          "a=candidate:1 1 udp 2130706431 198.51.100.1 30000 typ host"}) {
      INFO(line);
      CHECK(has(engine.text, line));
    }
    CHECK(count_of(engine.text, "a=extmap-allow-mixed") == (row.is_mixed ? 1 : 0));
    for (const char* part_of_others : {"a=crypto", "a=tls-id", "a=rtcp-mux-only", "a=rtcp:"}) {
      INFO(part_of_others);
      CHECK(count_of(engine.text, part_of_others) == 0);
    }
    const std::string red = std::to_string(row.red_type);
    CHECK(has(engine.text, "a=rtpmap:" + red + " red/48000/2") == (row.red_type != 255));
    // The same offer again changes nothing, to the last byte.
    const std::string before = engine.text;
    CHECK(engine.take(row.offer) == VerdictKind::kContinued);
    CHECK(engine.text == before);
  }
}

TEST_CASE("the answer to Chromium, line by line") {
  Engine engine(webrtc_media());
  REQUIRE(engine.take(chromium_offer()) == VerdictKind::kContinued);
  Session answer;
  REQUIRE(answer.parse(engine.text));
  const std::string body = engine.text.substr(engine.text.find("t=0 0"));
  std::string print = line_of(engine.text, "a=fingerprint:");
  CHECK(print.rfind("a=fingerprint:sha-256 01:02:", 0) == 0);
  CHECK(body ==
        "t=0 0\r\na=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=ice-lite\r\na=ice-options:ice2\r\n"
        "m=audio 30000 UDP/TLS/RTP/SAVPF 63 111 110\r\na=rtpmap:111 opus/48000/2\r\n"
        "a=fmtp:111 minptime=10;stereo=0;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\n"
        "a=fmtp:63 111/111\r\na=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\n"
        "a=ptime:20\r\na=maxptime:60\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=sendrecv\r\na=mid:0\r\n"
        "a=setup:passive\r\n" +
            print +
            "\r\na=ice-ufrag:OURS\r\na=ice-pwd:ourpasswordourpasswordou\r\n"
            "a=candidate:1 1 udp 2130706431 198.51.100.1 30000 typ host\r\na=end-of-candidates\r\n"
            "a=rtcp-fb:111 transport-cc\r\n"
            "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
            "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
            "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
            "a=extmap:3 "
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
            "a=msid:phone call\r\na=ssrc:77 cname:voxlock\r\n"
            "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\n"
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n");
  const RemoteStream& stream = webrtc(engine).stream;
  REQUIRE(stream.ssrcs.size() == 1);
  CHECK(stream.ssrcs[0] == 1732846380);
  CHECK(stream.cname.view() == "Tb0nh3XQwPq8rfq2");
  CHECK(stream.track_id.view() == "track1");
}

TEST_CASE("a side that wants little writes little") {
  LocalMedia local = webrtc_media();
  LocalWebrtc plain;
  plain.fingerprint = local.webrtc.fingerprint;
  plain.is_ice_lite = false;
  plain.has_end_of_candidates = false;
  local.webrtc = plain;
  local.has_nack = local.has_rtcp_rsize = local.has_red = false;
  local.has_opus_dtx = true;
  local.webrtc.max_opus_bitrate = 32000;
  Engine engine(local);
  REQUIRE(engine.take(pion_offer()) == VerdictKind::kContinued);
  for (const char* part : {"extmap:", "rtcp-fb", "rsize", "a=msid", "a=ssrc", "ice-lite", " red/",
                           "a=candidate", "end-of-cand"}) {
    INFO(part);
    CHECK(count_of(engine.text, part) == 0);
  }
  CHECK(has(engine.text,
            "a=fmtp:111 minptime=10;stereo=0;useinbandfec=1;maxaveragebitrate=32000;usedtx=1"));
  CHECK(webrtc(engine).local.ufrag.view().size() == 8);
  CHECK(webrtc(engine).local.password.size() == 24);
  CHECK(engine.agreement().wants_opus_dtx);
  CHECK(engine.agreement().max_opus_bitrate == 48000);
}

TEST_CASE("RFC 8842 5.3: setup of the offer decides our role") {
  struct Row {
    const char* setup;
    DtlsRole preferred, role;
    Status reason;
  };
  const DtlsRole active = DtlsRole::kActive, passive = DtlsRole::kPassive;
  const Row rows[] = {
      {"a=setup:actpass\r\n", passive, passive, Status::OK},
      {"a=setup:actpass\r\n", active, active, Status::OK},
      {"a=setup:active\r\n", active, passive, Status::OK},
      {"a=setup:passive\r\n", passive, active, Status::OK},
      {"", active, passive, Status::OK},
      {"a=setup:holdconn\r\n", active, active, Status::ERR_SDP_SETUP},
      {"a=setup:client\r\n", active, active, Status::ERR_SDP_SETUP},
  };
  for (const Row& row : rows) {
    INFO(row.setup);
    LocalMedia local = webrtc_media();
    local.webrtc.preferred_role = row.preferred;
    Engine engine(local);
    const std::string offer =
        plain_offer(replaced(transport_lines(), "a=setup:actpass\r\n", row.setup));
    if (row.reason != Status::OK) {
      CHECK(engine.refusal(offer) == row.reason);
      continue;
    }
    REQUIRE(engine.take(offer) == VerdictKind::kContinued);
    CHECK(webrtc(engine).role == row.role);
    CHECK(has(engine.text, row.role == active ? "a=setup:active" : "a=setup:passive"));
  }
}

TEST_CASE("RFC 8829 5.1.2: profiles that mean DTLS, and those that do not") {
  struct Row {
    const char* proto;
    Status reason;
  };
  const Row rows[] = {
      {"UDP/TLS/RTP/SAVPF", Status::OK},
      {"UDP/TLS/RTP/SAVP", Status::OK},
      {"udp/tls/rtp/savpf", Status::OK},
      {"TCP/DTLS/RTP/SAVPF", Status::OK},
      {"RTP/SAVPF", Status::OK},
      {"RTP/SAVP", Status::OK},
      {"RTP/AVP", Status::ERR_SDP_DTLS_REQUIRED},
      {"RTP/AVPF", Status::ERR_SDP_DTLS_REQUIRED},
      {"UDP/DTLS/SCTP", Status::ERR_SDP_PROTOCOL},
      {"X/Y", Status::ERR_SDP_PROTOCOL},
  };
  for (const Row& row : rows) {
    INFO(row.proto);
    Engine engine(webrtc_media());
    const std::string offer = plain_offer(transport_lines(), row.proto);
    if (row.reason != Status::OK) {
      CHECK(engine.refusal(offer) == row.reason);
      continue;
    }
    REQUIRE(engine.take(offer) == VerdictKind::kContinued);
    CHECK(line_of(engine.text, "m=").find(row.proto) != std::string::npos);
  }
}

TEST_CASE(
    "RFC 5763 5, RFC 8834 4.5: offers without what WebRTC needs are refused with the reason") {
  const std::string whole = transport_lines();
  const std::string print_line = "a=fingerprint:sha-256 " + kPrint256 + "\r\n";
  const std::string sdes = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + kPeerKey1 + "\r\n";
  struct Row {
    const char* title;
    std::string offer;
    Status reason;
    uint32_t warn_code;
  };
  const std::string no_print = replaced(whole, print_line, "");
  const std::string sha1 = replaced(
      whole, print_line,
      "a=fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\r\n");
  const std::string good = plain_offer();
  const Row rows[] = {
      {"no fingerprint", plain_offer(no_print), Status::ERR_SDP_NO_FINGERPRINT, 306},
      {"SHA-1 only", plain_offer(sha1), Status::ERR_SDP_NO_FINGERPRINT, 306},
      {"a broken fingerprint", plain_offer(replaced(whole, "4A:AD", "4AAD")),
       Status::ERR_SDP_FINGERPRINT, 306},
      {"SDES keys only", plain_offer(sdes, "RTP/SAVP"), Status::ERR_SDP_DTLS_REQUIRED, 302},
      {"SDES keys only, with ICE", plain_offer(no_print + sdes, "RTP/SAVPF"),
       Status::ERR_SDP_DTLS_REQUIRED, 302},
      {"plain RTP", plain_offer("", "RTP/AVP"), Status::ERR_SDP_DTLS_REQUIRED, 302},
      {"no rtcp-mux", replaced(good, "a=rtcp-mux\r\n", ""), Status::ERR_SDP_RTCP_MUX, 306},
      {"a payload type that looks like RTCP", replaced(replaced(good, "111", "72"), " 72 0", " 72"),
       Status::ERR_SDP_RTCP_MUX, 306},
      {"no ICE", replaced(good, "a=ice-", "a=x-"), Status::ERR_SDP_ICE, 306},
      {"no password", replaced(good, "a=ice-pwd", "a=x"), Status::ERR_SDP_ICE, 306},
      {"a short password", replaced(good, kPassword, "short"), Status::ERR_SDP_ICE, 306},
      {"holdconn", plain_offer(transport_lines("holdconn")), Status::ERR_SDP_SETUP, 306},
      {"a broken tls-id", plain_offer(whole + "a=tls-id:x\r\n"), Status::ERR_SDP_TLS_ID, 306},
      {"a broken mid", replaced(good, "a=mid:a1", "a=mid:a 1"), Status::ERR_SDP_MID, 306},
      {"a long mid", replaced(good, "a=mid:a1", "a=mid:" + std::string(33, 'a')),
       Status::ERR_SDP_MID, 306},
      {"one mid twice", good + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:a1\r\n",
       Status::ERR_SDP_MID, 306},
      {"no codec", replaced(good, "111 0\r\n", "13\r\n"), Status::ERR_SDP_NO_CODEC, 305},
      {"video only", replaced(good, "m=audio", "m=video"), Status::ERR_SDP_NO_AUDIO, 304},
      {"audio switched off", replaced(good, "m=audio 9", "m=audio 0"), Status::ERR_SDP_NO_AUDIO,
       304},
      {"bundle-only without a group",
       replaced(replaced(good, "m=audio 9", "m=audio 0"), "a=mid", "a=bundle-only\r\na=x"),
       Status::ERR_SDP_NO_AUDIO, 304},
      {"an unknown transport", plain_offer(whole, "QUIC/RTP"), Status::ERR_SDP_PROTOCOL, 302},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    // As the first offer, and in a session that runs.
    Engine fresh(webrtc_media()), running(webrtc_media());
    REQUIRE(running.take(good) == VerdictKind::kContinued);
    const std::string before = running.text;
    for (Engine* engine : {&fresh, &running}) {
      const auto verdict = engine->answer(row.offer);
      REQUIRE(verdict);
      CHECK(verdict->kind == VerdictKind::kRefused);
      CHECK(verdict->reason == row.reason);
      CHECK(verdict->sip_status == 488);
      CHECK(verdict->warn_code == row.warn_code);
      CHECK(std::string(verdict->warning).size() > 5);
      CHECK(engine->text.empty());
    }
    CHECK(fresh.core.agreement() == nullptr);
    CHECK(running.take(good) == VerdictKind::kContinued);
    CHECK(running.text == before);
  }
}

TEST_CASE("the first acceptable audio section is taken, whatever stands around it") {
  const std::string good = plain_offer();
  const std::string section = good.substr(good.find("m=audio"));
  const std::string second = replaced(section, "a=mid:a1", "a=mid:a2");
  struct Row {
    const char* title;
    std::string media;
    size_t index;
  };
  const std::string odd = "m=video 5 WHAT/EVER x y z\r\na=mid:v\r\n";
  const Row rows[] = {
      {"two good ones", section + second, 0},
      {"a weak one first", replaced(section, "sha-256", "sha-1") + second, 1},
      {"plain RTP first", "m=audio 4000 RTP/AVP 0\r\n" + second, 1},
      {"odd ones", odd + "m=application 7 X y\r\n" + section + "m=message 1 TCP/MSRP *\r\n", 2},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine(webrtc_media());
    REQUIRE(engine.take(head("a=group:BUNDLE v a1 a2\r\n") + row.media) == VerdictKind::kContinued);
    CHECK(engine.agreement().media_index == row.index);
    CHECK(has(engine.text, "a=group:BUNDLE " + std::string(webrtc(engine).mid.view())));
    CHECK(count_of(engine.text, "a=ice-ufrag") == 1);
  }
}

TEST_CASE("RFC 9143 7.3: a bundle-only section uses the transport of the tagged one") {
  Engine engine(webrtc_media());
  REQUIRE(engine.take(bundle_only_offer()) == VerdictKind::kContinued);
  CHECK(webrtc(engine).role == DtlsRole::kPassive);
  CHECK(webrtc(engine).remote.ufrag.view() == kUfrag);
  CHECK(webrtc(engine).candidates[0].address.view() == "192.0.2.7");
  // The tagged section is off itself: nothing is left to live on.
  Engine other(webrtc_media());
  CHECK(other.refusal(replaced(bundle_only_offer(), "m=application 50000", "m=application 0")) ==
        Status::ERR_SDP_NO_AUDIO);
}

TEST_CASE("RFC 5763: DTLS-SRTP without ICE, where it is allowed") {
  LocalMedia local = webrtc_media();
  local.webrtc.is_ice_required = false;
  Engine engine(local);
  const std::string offer =
      replaced(replaced(plain_offer(replaced(transport_lines(), "a=ice-", "a=x-")),
                        "0.0.0.0\r\na=mid", "192.0.2.44\r\na=mid"),
               "m=audio 9", "m=audio 5004");
  REQUIRE(engine.take(offer) == VerdictKind::kContinued);
  CHECK_FALSE(webrtc(engine).has_ice);
  CHECK(engine.agreement().remote_rtp.ip[3] == 44);
  CHECK(engine.agreement().remote_rtcp.port == 5004);
  CHECK(count_of(engine.text, "ice-") == 0);
  CHECK(count_of(engine.text, "a=candidate") == 0);
  const std::string again = engine.offer();
  CHECK(count_of(again, "ice-") == 0);
  engine.core.rollback();
  CHECK(engine.refusal(replaced(offer, "c=IN IP4 192.0.2.44\r\n", "")) ==
        Status::ERR_SDP_CONNECTION);
  // A peer that has ICE now.
  CHECK(engine.take(plain_offer()) == VerdictKind::kMoved);
  CHECK(webrtc(engine).has_ice);
  CHECK(engine.refusal(offer) == Status::ERR_SDP_ICE);
}

TEST_CASE("RFC 2198, RFC 4733: red and events fit the codec or are left out") {
  struct Row {
    const char* title;
    std::string lines;
    uint8_t red_type, event_type;
  };
  const std::string formats = "a=rtpmap:97 telephone-event/8000\r\n";
  const Row rows[] = {
      {"as it should be", "a=rtpmap:96 red/48000/2\r\na=fmtp:96 111/111\r\n", 96, 97},
      {"around another codec", "a=rtpmap:96 red/48000/2\r\na=fmtp:96 0/0\r\n", 255, 97},
      {"half around another", "a=rtpmap:96 red/48000/2\r\na=fmtp:96 111/0\r\n", 255, 97},
      {"without fmtp", "a=rtpmap:96 red/48000/2\r\n", 255, 97},
      {"of video", "a=rtpmap:96 red/90000\r\na=fmtp:96 111/111\r\n", 255, 97},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine(webrtc_media());
    const std::string offer = replaced(plain_offer(transport_lines() + row.lines + formats),
                                       " 111 0\r\n", " 111 0 96 97\r\n");
    REQUIRE(engine.take(offer) == VerdictKind::kContinued);
    CHECK(engine.agreement().red_type_send == row.red_type);
    CHECK(engine.agreement().red_type_recv == row.red_type);
    CHECK(engine.agreement().event_type_send == row.event_type);
  }
  // Numbers that cannot share a port with RTCP.
  Engine engine(webrtc_media());
  const std::string offer =
      replaced(plain_offer(transport_lines() + "a=rtpmap:64 red/48000/2\r\na=fmtp:64 111/111\r\n"
                                               "a=rtpmap:95 telephone-event/48000\r\n"),
               " 111 0\r\n", " 111 64 95\r\n");
  REQUIRE(engine.take(offer) == VerdictKind::kContinued);
  CHECK(engine.agreement().red_type_send == kNoPayloadType);
  CHECK(engine.agreement().event_type_recv == kNoPayloadType);
  CHECK(line_of(engine.text, "m=") == "m=audio 30000 UDP/TLS/RTP/SAVPF 111");
}

TEST_CASE("every prefix of an offer is answered or refused, and reads nothing behind it") {
  for (const Shape& row : shapes()) {
    INFO(row.title);
    size_t answered = 0;
    for (size_t size = 0; size < row.offer.size(); ++size) {
      const Guarded part{std::string_view(row.offer).substr(0, size)};
      Engine engine(webrtc_media());
      const auto verdict = engine.answer(part.text());
      REQUIRE(verdict);
      CHECK((engine.core.agreement() != nullptr) == (verdict->kind != VerdictKind::kRefused));
      answered += verdict->kind != VerdictKind::kRefused ? 1 : 0;
    }
    CHECK(answered < row.offer.size());
  }
}

TEST_CASE("a WebRTC answer that does not fit its buffer loses nothing") {
  Engine whole(webrtc_media());
  REQUIRE(whole.take(chromium_offer()) == VerdictKind::kContinued);
  Engine engine(webrtc_media());
  for (size_t size = 0; size < whole.text.size(); size += 31) {
    const std::string text(size, ' ');
    Guarded room{std::string_view(text)};
    bytes::Writer out(room.mutable_bytes());
    REQUIRE(engine.core.answer(chromium_offer(), out).error() == Status::ERR_BUFFER_TOO_SMALL);
    CHECK(out.size() == whole.text.size());
    CHECK(engine.core.agreement() == nullptr);
  }
  CHECK(engine.take(chromium_offer()) == VerdictKind::kContinued);
}

TEST_CASE("a WebRTC configuration that cannot be written is refused") {
  struct Row {
    const char* title;
    void (*spoil)(LocalMedia&);
  };
  const Row rows[] = {
      {"no fingerprint", [](LocalMedia& m) { m.webrtc.fingerprint = {}; }},
      {"policy off", [](LocalMedia& m) { m.policy = SrtpPolicy::kOff; }},
      {"policy preferred", [](LocalMedia& m) { m.policy = SrtpPolicy::kPreferred; }},
      {"a role of its own", [](LocalMedia& m) { m.webrtc.preferred_role = DtlsRole{3}; }},
      {"an exchange of its own", [](LocalMedia& m) { m.key_exchange = KeyExchange{2}; }},
      {"a short ufrag", [](LocalMedia& m) { REQUIRE(m.webrtc.ufrag.assign("abc")); }},
      {"a ufrag with a colon", [](LocalMedia& m) { REQUIRE(m.webrtc.ufrag.assign("ab:cd")); }},
      {"a ufrag alone", [](LocalMedia& m) { REQUIRE(m.webrtc.password.assign("")); }},
      {"a password alone", [](LocalMedia& m) { REQUIRE(m.webrtc.ufrag.assign("")); }},
      {"a broken mid", [](LocalMedia& m) { REQUIRE(m.webrtc.mid.assign("a b")); }},
      {"a stream with a line end", [](LocalMedia& m) { REQUIRE(m.webrtc.stream_id.assign("\r")); }},
      {"a track without stream", [](LocalMedia& m) { REQUIRE(m.webrtc.stream_id.assign("")); }},
      {"a source without cname", [](LocalMedia& m) { REQUIRE(m.webrtc.cname.assign("")); }},
      {"an empty candidate", [](LocalMedia& m) { m.webrtc.candidates.push({}); }},
      {"a bitrate too low", [](LocalMedia& m) { m.webrtc.max_opus_bitrate = 5999; }},
      {"a bitrate too high", [](LocalMedia& m) { m.webrtc.max_opus_bitrate = 510001; }},
      {"red for a codec", [](LocalMedia& m) { m.codecs[1] = CodecId::kRed; }},
  };
  CountingRandom random(1);
  for (const Row& row : rows) {
    INFO(row.title);
    LocalMedia local = webrtc_media();
    row.spoil(local);
    CHECK(OfferAnswer::create(local, random).error() == Status::ERR_INVALID_ARGUMENT);
  }
  random.is_failing = true;
  CHECK(OfferAnswer::create(webrtc_media(), random).error() == Status::ERR_ENTROPY);
}

TEST_CASE("an SDES side takes no DTLS offer, a DTLS side no SDES offer") {
  Engine sdes;
  CHECK(sdes.refusal(plain_offer()) == Status::ERR_SDP_PROTOCOL);
  CHECK(sdes.refusal(replaced(plain_offer(transport_lines(), "RTP/SAVPF"), "0.0.0.0",
                              "192.0.2.1")) == Status::ERR_SDP_SRTP_REQUIRED);
  Engine dtls(webrtc_media());
  CHECK(dtls.refusal(peer_sdp("m=audio 4000 RTP/SAVP 0\r\n" + crypto80())) ==
        Status::ERR_SDP_DTLS_REQUIRED);
}
