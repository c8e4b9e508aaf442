// The attributes of WebRTC one by one: what is read, what is refused, what is written again.
#include <string>

#include "sdp/bundle.h"
#include "sdp/dtls.h"
#include "sdp/extmap.h"
#include "sdp/ice.h"
#include "sdp/stream.h"
#include "support/catch.h"
#include "support/guarded.h"
#include "support/webrtc_offers.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

template <typename Write>
std::string written(Write write) {
  uint8_t buffer[512];
  bytes::Writer out(buffer);
  write(out);
  REQUIRE(out.ok());
  return std::string(as_text(out.written()));
}

std::string print_of(size_t len) {
  std::string out;
  for (size_t i = 0; i < len; ++i) out += i == 0 ? "A5" : ":A5";
  return out;
}

// A description of one section.
struct Parsed {
  explicit Parsed(const std::string& media_lines, const std::string& session_lines = "")
      : text(head(session_lines) + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" + media_lines) {
    REQUIRE(session.parse(text));
  }
  [[nodiscard]] const Media& media() const { return session.media()[0]; }
  [[nodiscard]] TransportScope scope() const { return TransportScope(session, 0); }
  std::string text;
  Session session;
};

}  // namespace

TEST_CASE("RFC 8839 5.1: candidates are read, extensions passed over") {
  struct Row {
    const char* text;
    const char* again;  // as we write it
  };
  const Row rows[] = {
      {"1 1 UDP 2130706431 10.0.1.1 8998 typ host", "1 1 udp 2130706431 10.0.1.1 8998 typ host"},
      {"2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
       "2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998"},
      {"a+/ 256 tcp 1 2001:db8::1 9 typ prflx tcptype active",
       "a+/ 256 tcp 1 2001:db8::1 9 typ prflx"},
      {"97 1 udp 99 8d5b.local 1 typ relay raddr 0.0.0.0 rport 0 generation 0 network-id 1",
       "97 1 udp 99 8d5b.local 1 typ relay raddr 0.0.0.0 rport 0"},
      {"1 1 udp 4294967295 a 65535 typ HOST ufrag", "1 1 udp 4294967295 a 65535 typ host"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto candidate = parse_candidate(row.text);
    REQUIRE(candidate);
    const std::string text = written([&](bytes::Writer& out) { write_candidate(out, *candidate); });
    CHECK(text == row.again);
    CHECK(is_valid(*candidate));
    CHECK(*parse_candidate(text) == *candidate);
  }
  // Every prefix, at an unreadable page.
  const std::string whole = rows[1].text;
  for (size_t size = 0; size < whole.size(); ++size) {
    const Guarded part{std::string_view(whole).substr(0, size)};
    const auto candidate = parse_candidate(part.text());
    if (size < whole.find("srflx") + 5) CHECK_FALSE(candidate);
  }
}

TEST_CASE("RFC 8839 5.1: broken candidates are refused, strange ones told apart") {
  struct Row {
    const char* text;
    Status reason;
  };
  const Status syntax = Status::ERR_SYNTAX, strange = Status::ERR_UNSUPPORTED;
  const std::string long_text(33, 'f'), long_address(65, 'a');
  const std::string long_foundation = long_text + " 1 udp 1 a 1 typ host";
  const std::string long_host = "1 1 udp 1 " + long_address + " 1 typ host";
  const Row rows[] = {
      {"", syntax},
      {"1;2 1 udp 1 a 1 typ host", syntax},
      {long_foundation.c_str(), syntax},
      {"1 0 udp 1 a 1 typ host", syntax},
      {"1 257 udp 1 a 1 typ host", syntax},
      {"1 1 udp -1 a 1 typ host", syntax},
      {"1 1 udp 4294967296 a 1 typ host", syntax},
      {"1 1 udp 1 a/b 1 typ host", syntax},
      {long_host.c_str(), syntax},
      {"1 1 udp 1 a 65536 typ host", syntax},
      {"1 1 udp 1 a 1 type host", syntax},
      {"1 1 udp 1 a 1 typ", syntax},
      {"1 1 udp 1 a 1 typ srflx raddr ? rport 1", syntax},
      {"1 1 udp 1 a 1 typ srflx raddr a rport x", syntax},
      {"1 1 quic 1 a 1 typ host", strange},
      {"1 1 udp 1 a 1 typ cloud", strange},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(parse_candidate(row.text).error() == row.reason);
  }
}

TEST_CASE("RFC 8122 5: fingerprints of strong hashes are read, others do not count") {
  struct Row {
    std::string text;
    Status reason;
  };
  const Status broken = Status::ERR_SDP_FINGERPRINT, weak = Status::ERR_UNSUPPORTED;
  const Row rows[] = {
      {"sha-256 " + print_of(32), Status::OK},
      {"SHA-384 " + print_of(48), Status::OK},
      {"sha-512 " + print_of(64), Status::OK},
      {"sha-256 " + replaced(print_of(32), "A", "a"), Status::OK},
      {"sha-1 " + print_of(20), weak},
      {"md5 " + print_of(16), weak},
      {"sha-224 " + print_of(28), weak},
      {"sha3-256 " + print_of(32), weak},
      {"", broken},
      {"sha-256", broken},
      {"sha-256 " + print_of(31), broken},
      {"sha-256 " + print_of(33), broken},
      {"sha-256 " + print_of(32) + ":", broken},
      {"sha-256 " + print_of(32) + " x", broken},
      {"sha-256 " + replaced(print_of(32), ":", "-"), broken},
      {"sha-256 " + replaced(print_of(32), "A5", "G5"), broken},
      {"sha-512 " + print_of(32), broken},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto fingerprint = parse_fingerprint(row.text);
    CHECK(fingerprint.error() == row.reason);
    if (!fingerprint) continue;
    const std::string text =
        written([&](bytes::Writer& out) { write_fingerprint(out, *fingerprint); });
    CHECK(*parse_fingerprint(text) == *fingerprint);
    for (size_t size = 0; size < text.size(); ++size) {
      const Guarded part{std::string_view(text).substr(0, size)};
      CHECK_FALSE(parse_fingerprint(part.text()));
    }
  }
}

TEST_CASE("RFC 8122 5, RFC 8842 4: identity attributes of a section or of the session") {
  const std::string session = "a=fingerprint:sha-256 " + kPrint256 +
                              "\r\na=setup:passive\r\na=tls-id:" + std::string(20, 'x') + "\r\n";
  const Parsed inherited("", session);
  CHECK(*read_setup(inherited.scope()) == Setup::kPassive);
  CHECK(read_fingerprints(inherited.scope())->size() == 1);
  CHECK(read_tls_id(inherited.scope())->size() == 20);
  const Parsed own("a=setup:active\r\na=fingerprint:sha-256 " + kOtherPrint256 +
                       "\r\na=fingerprint:md5 00\r\na=fingerprint:sha-256 " + kOtherPrint256 +
                       "\r\na=fingerprint:sha-256 " + kPrint256 + "\r\n",
                   session);
  CHECK(*read_setup(own.scope()) == Setup::kActive);
  const auto prints = read_fingerprints(own.scope());
  REQUIRE(prints);
  REQUIRE(prints->size() == 2);
  CHECK((*prints)[0].digest[1] == 0x11);
  CHECK(is_same_set(*prints, *prints));
  CHECK_FALSE(is_same_set(*prints, *read_fingerprints(inherited.scope())));
  struct Row {
    std::string lines;
    Status setup, prints, tls_id;
  };
  const Status ok = Status::OK, none = Status::ERR_SDP_NO_FINGERPRINT;
  const Row rows[] = {
      {"", ok, none, ok},
      {"a=setup:both\r\na=fingerprint:sha-1 " + print_of(20) + "\r\n", Status::ERR_SDP_SETUP, none,
       ok},
      {"a=setup\r\na=tls-id:" + std::string(19, 'x') + "\r\n", Status::ERR_SDP_SETUP, none,
       Status::ERR_SDP_TLS_ID},
      {"a=tls-id:" + std::string(256, 'x') + "\r\n", ok, none, Status::ERR_SDP_TLS_ID},
      {"a=tls-id:" + std::string(20, '=') + "\r\n", ok, none, Status::ERR_SDP_TLS_ID},
      {"a=tls-id:" + std::string(255, 'x') + "\r\na=fingerprint:sha-256 \r\n", ok,
       Status::ERR_SDP_FINGERPRINT, ok},
  };
  for (const Row& row : rows) {
    INFO(row.lines);
    const Parsed parsed(row.lines);
    CHECK(read_setup(parsed.scope()).error() == row.setup);
    CHECK(read_fingerprints(parsed.scope()).error() == row.prints);
    CHECK(read_tls_id(parsed.scope()).error() == row.tls_id);
  }
  std::string many;
  for (int i = 10; i < 30; ++i)
    many += "a=fingerprint:sha-256 " + std::to_string(i) + kPrint256.substr(2) + "\r\n";
  CHECK(read_fingerprints(Parsed(many).scope())->size() == kMaxFingerprints);
}

TEST_CASE("RFC 8839 5.4: credentials, at either level, both or none") {
  struct Row {
    std::string media, session;
    Status reason;
    bool has;
  };
  const std::string password(22, 'p');
  const Row rows[] = {
      {"", "", Status::OK, false},
      {"a=ice-ufrag:abcd\r\na=ice-pwd:" + password + "\r\n", "", Status::OK, true},
      {"", "a=ice-ufrag:abcd\r\na=ice-pwd:" + password + "\r\n", Status::OK, true},
      {"a=ice-ufrag:abcd\r\n", "a=ice-pwd:" + password + "\r\n", Status::OK, true},
      {"a=ice-ufrag:" + std::string(256, 'u') + "\r\na=ice-pwd:" + std::string(256, 'p') + "\r\n",
       "", Status::OK, true},
      {"a=ice-ufrag:abcd\r\n", "", Status::ERR_SDP_ICE, false},
      {"a=ice-pwd:" + password + "\r\n", "", Status::ERR_SDP_ICE, false},
      {"a=ice-ufrag:abc\r\na=ice-pwd:" + password + "\r\n", "", Status::ERR_SDP_ICE, false},
      {"a=ice-ufrag:ab:d\r\na=ice-pwd:" + password + "\r\n", "", Status::ERR_SDP_ICE, false},
      {"a=ice-ufrag:abcd\r\na=ice-pwd:" + password.substr(1) + "\r\n", "", Status::ERR_SDP_ICE,
       false},
      {"a=ice-ufrag:" + std::string(257, 'u') + "\r\na=ice-pwd:" + password + "\r\n", "",
       Status::ERR_SDP_ICE, false},
      {"a=ice-ufrag:abcd\r\na=ice-pwd:" + std::string(257, 'p') + "\r\n", "", Status::ERR_SDP_ICE,
       false},
  };
  for (const Row& row : rows) {
    INFO(row.media << row.session);
    const Parsed parsed(row.media, row.session);
    const auto credentials = read_credentials(parsed.scope());
    CHECK(credentials.error() == row.reason);
    if (credentials) CHECK(credentials->has_value() == row.has);
  }
  const Parsed options("a=ice-options:trickle ice2\r\na=candidate:x\r\n", "a=ice-lite\r\n");
  CHECK(is_ice_lite(options.session));
  CHECK(has_ice_option(options.scope(), "ice2"));
  CHECK_FALSE(has_ice_option(options.scope(), "ice"));
  CHECK(read_candidates(options.scope()).empty());
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += "a=candidate:" + std::to_string(i) + " 1 udp 1 192.0.2.1 9 typ host\r\n";
  const Parsed full(many);
  const Candidates candidates = read_candidates(full.scope());
  REQUIRE(candidates.size() == kMaxCandidates);
  CHECK(candidates[31].foundation.view() == "31");
  CHECK_FALSE(is_ice_lite(full.session));
}

TEST_CASE("RFC 8285 5, RFC 8285 6: extensions by URI, with id and direction") {
  struct Row {
    const char* text;
    Status reason;
    uint32_t id;
    Direction direction;
  };
  const Direction both = Direction::kSendRecv;
  const Row rows[] = {
      {"1 urn:x", Status::OK, 1, both},
      {"255/sendonly urn:x a=b c", Status::OK, 255, Direction::kSendOnly},
      {"14/recvonly urn:x", Status::OK, 14, Direction::kRecvOnly},
      {"14/inactive urn:x", Status::OK, 14, Direction::kInactive},
      {"14/sendrecv urn:x", Status::OK, 14, both},
      {"", Status::ERR_SYNTAX, 0, both},
      {"1", Status::ERR_SYNTAX, 0, both},
      {"x urn:x", Status::ERR_SYNTAX, 0, both},
      {"1/ urn:x", Status::ERR_SYNTAX, 0, both},
      {"1/both urn:x", Status::ERR_SYNTAX, 0, both},
      {"0 urn:x", Status::ERR_LIMIT, 0, both},
      {"256 urn:x", Status::ERR_LIMIT, 0, both},
      {"4096 urn:x", Status::ERR_LIMIT, 0, both},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto map = parse_extmap(row.text);
    CHECK(map.error() == row.reason);
    if (!map) continue;
    CHECK(map->id == row.id);
    CHECK(map->direction == row.direction);
    CHECK(map->uri == "urn:x");
  }
  const std::string level = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
  const std::string mid = "urn:ietf:params:rtp-hdrext:sdes:mid";
  const Parsed parsed("a=extmap:5/sendonly " + level + " vad=on\r\na=extmap:5 " + mid +
                          "\r\na=extmap:6 " + level + "\r\na=extmap:9 urn:other\r\n",
                      "a=extmap:7 " + mid + "\r\na=extmap:9 urn:x\r\n");
  const auto agreed = read_extensions(parsed.session, parsed.media(), ExtensionSet().set());
  CHECK(agreed[0] == AgreedExtension{5, Direction::kRecvOnly});
  CHECK(agreed[1] == AgreedExtension{7, Direction::kSendRecv});
  CHECK(agreed[2].id == 0);
  CHECK(read_extensions(parsed.session, parsed.media(), {})[0].id == 0);
  CHECK(taken_ids(parsed.session, parsed.media()).count() == 4);
}

TEST_CASE("RFC 5888 4, RFC 9143 7: mids and groups") {
  for (const char* good : {"0", "audio", "sdparta_0", "a-b.c"}) CHECK(is_mid(good));
  CHECK(is_mid(std::string(32, 'm')));
  for (const char* bad : {"", "a b", "a:b", "a/b", "\x80"}) CHECK_FALSE(is_mid(bad));
  CHECK_FALSE(is_mid(std::string(33, 'm')));
  const std::string text = head("a=group:LS a b\r\na=group:BUNDLE c d\r\na=group:BUNDLE b a\r\n") +
                           "m=audio 0 X 0\r\na=mid:a\r\na=bundle-only\r\n"
                           "m=video 5 X 0\r\na=mid:b\r\na=ice-ufrag:vvvv\r\n"
                           "m=audio 0 X 0\r\na=mid:c\r\na=bundle-only\r\n"
                           "m=audio 0 X 0\r\na=bundle-only\r\n"
                           "m=audio 0 X 0\r\na=mid:e\r\n";
  Session session;
  REQUIRE(session.parse(text));
  CHECK(check_mids(session));
  CHECK(*bundle_of(session, "a") == " b a");
  CHECK_FALSE(bundle_of(session, ""));
  CHECK_FALSE(bundle_of(session, "e"));
  CHECK(is_bundle_only(session, 0));
  CHECK_FALSE(is_bundle_only(session, 1));
  CHECK_FALSE(is_bundle_only(session, 2));
  CHECK_FALSE(is_bundle_only(session, 3));
  CHECK_FALSE(is_bundle_only(session, 4));
  CHECK(*TransportScope(session, 0).find("ice-ufrag") == "vvvv");
  CHECK_FALSE(TransportScope(session, 2).has("ice-ufrag"));
  for (const char* lines : {"a=mid:b\r\n", "a=mid:\r\n", "a=mid:x y\r\n"}) {
    Session bad;
    const std::string with = replaced(text + lines, "a=mid:e\r\n", "");
    REQUIRE(bad.parse(with));
    CHECK(check_mids(bad).error() == Status::ERR_SDP_MID);
  }
}

TEST_CASE("RFC 8830, RFC 5576, RFC 4585: streams, sources and feedback") {
  const Parsed parsed(
      "a=ssrc:1 cname:me\r\na=ssrc:1 msid:s t\r\na=ssrc:2 cname:you\r\na=ssrc:x cname:bad\r\n"
      "a=ssrc:3\r\na=rtcp-fb:111 nack \r\na=rtcp-fb:112 nack pli\r\na=rtcp-fb:* transport-cc\r\n"
      "a=rtcp-fb:x nack\r\n");
  const RemoteStream stream = read_stream(parsed.media());
  REQUIRE(stream.ssrcs.size() == 2);
  CHECK(stream.ssrcs[1] == 2);
  CHECK(stream.cname.view() == "me");
  CHECK(stream.stream_id.view() == "s");
  CHECK(stream.track_id.view() == "t");
  CHECK(has_feedback(parsed.media(), 111, "nack"));
  CHECK_FALSE(has_feedback(parsed.media(), 112, "nack"));
  CHECK(has_feedback(parsed.media(), 112, "transport-cc"));
  CHECK_FALSE(has_feedback(parsed.media(), 0, "nack"));
  const Parsed named("a=msid:- \r\na=ssrc:9 msid:s t\r\na=ssrc:9 cname:" + std::string(65, 'c') +
                     "\r\n");
  CHECK(read_stream(named.media()).stream_id.view() == "-");
  CHECK(read_stream(named.media()).cname.empty());
  CHECK_FALSE(parse_msid(""));
  CHECK_FALSE(parse_msid("a b c"));
  CHECK_FALSE(parse_ssrc("4294967296 cname:x"));
  CHECK_FALSE(parse_ssrc("1 :x"));
  std::string many;
  for (int i = 0; i < 20; ++i) many += "a=ssrc:" + std::to_string(i) + " cname:x\r\n";
  CHECK(read_stream(Parsed(many).media()).ssrcs.size() == kMaxSources);
}
