// Work on hostile input grows with its size and no faster. Each row reads an input of one, two and
// four sizes; callgrind counts the instructions of each, and linear.py compares the counts.
// With the argument "square" the only row takes the square, so that the check is seen to fail.
#include <valgrind/callgrind.h>

#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/context.h"
#include "crypto/drbg.h"
#include "rtp/red.h"
#include "rtp/rtcp.h"
#include "sdp/offer_answer.h"
#include "sip/auth.h"
#include "sip/framer.h"
#include "sip/message.h"
#include "sip/multipart.h"
#include "sip/writer.h"
#include "tls/name.h"
#include "ua/endpoint.h"

using namespace voxlock;

namespace {

// The least number of repetitions of a row's piece.
constexpr size_t kBase = 18;

std::string times(size_t count, std::string_view text) {
  std::string out;
  out.reserve(count * text.size());
  while (count-- != 0) out += text;
  return out;
}

std::string message(const std::string& fields, const std::string& body = {}) {
  return "INVITE sip:b@b.example SIP/2.0\r\nVia: SIP/2.0/TCP a.example;branch=z9hG4bKx\r\n"
         "Max-Forwards: 70\r\nFrom: <sip:a@a.example>;tag=1\r\nTo: <sip:b@b.example>\r\n"
         "Call-ID: c\r\nCSeq: 1 INVITE\r\n" +
         fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Without the checks of the tests' own allocator, which cost more than what is measured.
struct World {
  World() { (void)random.seed(as_bytes("0123456789abcdef")); }

  Memory memory{nullptr};
  crypto::Drbg random;
  Context context{memory, random, LogSink{}};
};

// What a parser's user does with a message.
void read_message(const std::string& bytes) {
  static sip::Message parsed;
  static std::vector<uint8_t> room(4 * sip::kMaxHeadLen);
  (void)parsed.parse(std::string_view(bytes), sip::Transport::kStream);
  for (size_t id = 1; id < sip::kHeaderIdCount; ++id) {
    sip::ValueCursor cursor = parsed.values(static_cast<sip::HeaderId>(id));
    while (const auto value = cursor.next()) {
    }
  }
  (void)parsed.find("X-None");
  (void)parsed.contact().params.value("none");
  (void)parsed.via().params.value("none");
  (void)parsed.request_uri().params.value("none");
  if (const auto auth = parsed.find(sip::HeaderId::kAuthorization)) {
    if (const auto fields = sip::parse_auth(*auth)) (void)fields->value("none");
  }
  (void)sip::find_body(parsed.content_type(), parsed.body(), "application/sdp");
  sip::Writer writer(room);
  writer.response_to(parsed, 400, {}, "t");
  (void)writer.finish();
}

void read_stream(const std::string& bytes, size_t piece) {
  World world;
  sip::Framer framer(world.memory, sip::FramerRole::kServer, bytes.size() + 1);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view part = std::string_view(bytes).substr(at, piece);
    if (framer.feed(as_bytes(part)) != part.size()) return;
    for (;;) {
      const auto frame = framer.next();
      if (!frame || frame->kind == sip::FrameKind::kNone) break;
    }
  }
}

// A user agent that asks for credentials gets the bytes over TCP.
void read_agent(const std::string& bytes) {
  World world;
  ua::Config config;
  config.host = "b.example";
  config.realm = "r";
  config.limits.connections = config.limits.calls = 1;
  config.limits.transactions = 4;
  config.limits.message_len = 16384;
  config.limits.output_len = 4 * config.limits.message_len;
  auto made = ua::Endpoint::create(world.context, config);
  if (!made || !(*made)->set_account("u", "p")) return;
  const auto connection = (*made)->accept(ua::Transport::kTcp, "192.0.2.1", 5060, 1);
  static std::array<ua::Event, 16> events;
  static std::vector<uint8_t> arena(65536);
  CALLGRIND_ZERO_STATS;
  for (size_t at = 0; at < bytes.size();) {
    at += (*made)->input(*connection, as_bytes(std::string_view(bytes).substr(at)), 1).value_or(1);
    while ((*made)->poll(events, arena, 1).value_or({}).events != 0) {
    }
  }
}

// A keep-alive on each of many connections, with a poll behind it.
void read_connections(const std::string& bytes) {
  constexpr size_t kPing = 4;
  const size_t count = bytes.size() / kPing;
  World world;
  ua::Config config;
  config.host = "b.example";
  config.limits.connections = static_cast<uint32_t>(count);
  config.limits.message_len = 2048;
  config.limits.output_len = 16 * config.limits.message_len;
  auto made = ua::Endpoint::create(world.context, config);
  if (!made) return;
  static std::array<ua::Event, 16> events;
  static std::vector<uint8_t> arena(65536);
  for (size_t i = 0; i < count; ++i) {
    const auto connection = (*made)->accept(ua::Transport::kTcp, "192.0.2.1", 5060, 1);
    if (!connection) return;
    (void)(*made)->input(*connection, as_bytes(std::string_view(bytes).substr(0, kPing)), 1);
    (void)(*made)->poll(events, arena, 1);
  }
}

std::string description(const std::string& media) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + media;
}

// An offer, and the same once more to the session that then stands.
void read_offer(const std::string& text, sdp::KeyExchange keys = sdp::KeyExchange::kSdes) {
  static std::vector<uint8_t> room(256 * 1024);
  World world;
  sdp::LocalMedia local;
  local.suites = {sdp::CryptoSuite::kAeadAes256Gcm, sdp::CryptoSuite::kAesCm128HmacSha1_80};
  local.codecs = {sdp::CodecId::kOpus, sdp::CodecId::kPcma, sdp::CodecId::kPcmu};
  local.rtp.family = 4;
  local.rtp.ip[0] = 10;
  local.rtp.port = 4000;
  local.key_exchange = keys;
  local.webrtc.fingerprint.hash = sdp::FingerprintHash::kSha256;
  local.webrtc.extensions.set();
  auto made = sdp::OfferAnswer::create(local, world.random);
  for (int i = 0; made && i < 2; ++i) {
    bytes::Writer out(room);
    (void)made->answer(text, out);
  }
}

const std::string kAudio =
    "m=audio 4000 RTP/SAVP 0 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
    "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";

std::string webrtc(const std::string& attributes) {
  std::string print = "AB";
  for (int i = 1; i < 32; ++i) print += ":AB";
  return description(
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n"
      "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef0123456789\r\na=fingerprint:"
      "sha-256 " +
      print + "\r\na=setup:actpass\r\na=rtcp-mux\r\n" + attributes);
}

// A WebRTC offer with a line more in front of its sections, and more sections.
std::string with_group(const std::string& group, const std::string& sections) {
  return description(group) + webrtc("").substr(description("").size()) + sections;
}

std::string numbered(size_t count, const std::function<std::string(size_t)>& piece) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += piece(i);
  return out;
}

// DER of a subjectAltName extension with n names.
std::string names(size_t n) {
  const auto element = [](char tag, const std::string& value) {
    const size_t len = value.size();
    return std::string{tag, '\x83', static_cast<char>(len >> 16), static_cast<char>(len >> 8),
                       static_cast<char>(len)} +
           value;
  };
  const std::string oid{"\x06\x03\x55\x1d\x11", 5};
  const std::string list = element('\x30', times(n, std::string("\x82\x09*.example", 11)));
  return element('\x30', element('\x30', oid + element('\x04', list)));
}

struct Row {
  const char* title;
  std::function<std::string(size_t)> make;
  std::function<void(const std::string&)> read;
};

const auto kRead = [](const std::string& bytes) { read_message(bytes); };
const auto kStreamBytes = [](const std::string& bytes) { read_stream(bytes, 1); };
const auto kAgent = [](const std::string& bytes) { read_agent(bytes); };
const auto kOffer = [](const std::string& bytes) { read_offer(bytes); };
const auto kDtls = [](const std::string& bytes) { read_offer(bytes, sdp::KeyExchange::kDtls); };

const std::vector<Row> kRows = {
    {"sip: fields", [](size_t n) { return message(times(n / 2, "X-A: b\r\n")); }, kRead},
    {"sip: vias in one field",
     [](size_t n) {
       return message("Via: SIP/2.0/TCP h" + times(n * 10, ",SIP/2.0/TCP h") + "\r\n");
     },
     kRead},
    {"sip: route values",
     [](size_t n) { return message("Route: <sip:h>" + times(n * 10, ",<sip:h>") + "\r\n"); },
     kRead},
    {"sip: contact parameters",
     [](size_t n) { return message("Contact: <sip:h>" + times(n * 20, ";a=b") + "\r\n"); }, kRead},
    {"sip: quoted pairs of a display name",
     [](size_t n) { return message("Contact: \"" + times(n * 40, "\\\"") + "\" <sip:h>\r\n"); },
     kRead},
    {"sip: a quoted string without an end",
     [](size_t n) { return message("Contact: \"" + times(n * 40, "a,\\\"") + "\r\n"); }, kRead},
    {"sip: quotes without an end in a list",
     [](size_t n) { return message("X-A: b\r\nAccept: " + times(n * 20, "\"a,") + "\r\n"); },
     kRead},
    {"sip: commas", [](size_t n) { return message("Allow: " + times(n * 40, ",") + "\r\n"); },
     kRead},
    {"sip: angles",
     [](size_t n) { return message("Accept-Contact: " + times(n * 40, "<,") + "\r\n"); }, kRead},
    {"sip: comments",
     [](size_t n) { return message("User-Agent: " + times(n * 40, "(") + "\r\n"); }, kRead},
    {"sip: folds",
     [](size_t n) { return message("Subject: a" + times(n * 20, "\r\n b") + "\r\n"); }, kRead},
    {"sip: white space",
     [](size_t n) { return message("Allow: A" + times(n * 100, " ") + ",B\r\n"); }, kRead},
    {"sip: user part that is none",
     [](size_t n) { return message("Contact: <sip:" + times(n * 40, "a:") + "h>\r\n"); }, kRead},
    {"sip: request URI parameters",
     [](size_t n) {
       std::string text = message("");
       return text.replace(text.find("b.example"), 9, "b.example" + times(n * 5, ";a=%41"));
     },
     kRead},
    {"sip: digest pairs",
     [](size_t n) {
       return message("Authorization: Digest a=b" + times(n * 20, ",a=\"b\"") + "\r\n");
     },
     kRead},
    {"sip: multipart delimiters",
     [](size_t n) {
       return message("Content-Type: multipart/mixed;boundary=-\r\n", times(n * 20, "\r\n---\r\n"));
     },
     kRead},
    {"sip: multipart, nearly delimiters",
     [](size_t n) {
       return message("Content-Type: multipart/mixed;boundary=" + times(69, "-") + "\r\n",
                      times(n * 2, "\r\n" + times(70, "-") + " x"));
     },
     kRead},
    {"sip: multipart, nested",
     [](size_t n) {
       return message("Content-Type: multipart/mixed;boundary=a\r\n",
                      times(n,
                            "\r\n--a\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n"
                            "Content-Type: text/plain\r\n\r\n\r\n--b--\r\n"));
     },
     kRead},
    {"sip: multipart, white space behind",
     [](size_t n) {
       return message("Content-Type: multipart/mixed;boundary=a\r\n",
                      times(n, "\r\n--a" + times(40, " ") + "x"));
     },
     kRead},
    {"sip stream: a head byte by byte",
     [](size_t n) { return message(times(n / 2, "X-A: bcdefghijk\r\n")); }, kStreamBytes},
    {"sip stream: a body byte by byte",
     [](size_t n) { return message("Content-Type: a/b\r\n", times(n, "0123456789abcdef")); },
     kStreamBytes},
    {"sip stream: messages byte by byte", [](size_t n) { return times(n / 4, message("")); },
     kStreamBytes},
    {"sip stream: keep-alives byte by byte", [](size_t n) { return times(n * 20, "\r\n"); },
     kStreamBytes},
    {"sip stream: a fold byte by byte",
     [](size_t n) { return message("Subject: a" + times(n * 4, "\r\n b") + "\r\n"); },
     kStreamBytes},
    {"ua: vias",
     [](size_t n) {
       return message("Via: SIP/2.0/TCP h;branch=z9hG4bKa" +
                      times(n * 5, ",SIP/2.0/TCP h;branch=z9hG4bKb") + "\r\n");
     },
     kAgent},
    {"ua: credentials",
     [](size_t n) {
       return message(times(n / 3,
                            "Authorization: Digest realm=\"r\",username=\"u\",nonce=\"n\","
                            "response=\"0\",uri=\"u\",nc=00000001,qop=auth,cnonce=\"c\"\r\n"));
     },
     kAgent},
    {"ua: credentials of other realms",
     [](size_t n) {
       return message("Authorization: Digest a=b" + times(n * 5, ",realm=\"\\x\"") + "\r\n");
     },
     kAgent},
    {"ua: options",
     [](size_t n) { return message("Require: timer" + times(n * 20, ",a") + "\r\n"); }, kAgent},
    {"ua: requests", [](size_t n) { return times(n / 4, message("")); }, kAgent},
    {"ua: connections", [](size_t n) { return times(n * 4, "\r\n\r\n"); },
     [](const std::string& bytes) { read_connections(bytes); }},
    {"ua: keep-alives", [](size_t n) { return times(n * 10, "\r\n\r\n"); }, kAgent},
    {"sdp: sections", [](size_t n) { return description(times(n / 6, kAudio)); }, kOffer},
    {"sdp: sections that are no audio",
     [](size_t n) { return description(times(n / 6, "m=x 0 RTP/AVP 0\r\n") + kAudio); }, kOffer},
    {"sdp: attributes", [](size_t n) { return description(kAudio + times(n * 2, "a=x:y\r\n")); },
     kOffer},
    {"sdp: long attributes",
     [](size_t n) { return description(kAudio + "a=x:" + times(n * 100, "y ") + "\r\n"); }, kOffer},
    {"sdp: crypto lines",
     [](size_t n) {
       return description("m=audio 4000 RTP/SAVP 0\r\n" +
                          times(n / 2,
                                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
                                "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|" +
                                    times(200, "1") + ":128\r\n"));
     },
     kOffer},
    {"sdp: crypto parameters",
     [](size_t n) {
       return description(
           "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
           "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" +
           times(n * 10, " -a=b") + "\r\n");
     },
     kOffer},
    {"sdp: formats and their maps",
     [](size_t n) {
       return description("m=audio 4000 RTP/SAVP" +
                          numbered(n / 2, [](size_t i) { return " " + std::to_string(i); }) +
                          "\r\n" +
                          numbered(n / 2,
                                   [](size_t i) {
                                     return "a=rtpmap:" + std::to_string(i) + " opus/48000/2\r\n";
                                   }) +
                          kAudio.substr(kAudio.find("a=")));
     },
     kOffer},
    {"sdp: a format list with one map",
     [](size_t n) {
       return description("m=audio 4000 RTP/SAVP" + times(n * 20, " 0") + "\r\n" +
                          kAudio.substr(kAudio.find("a=")));
     },
     kOffer},
    {"sdp: candidates",
     [](size_t n) {
       return webrtc(numbered(n, [](size_t i) {
         return "a=candidate:" + std::to_string(i) + " 1 udp 2130706431 192.0.2.1 " +
                std::to_string(1024 + i) + " typ host\r\n";
       }));
     },
     kDtls},
    {"sdp: a candidate's attributes",
     [](size_t n) {
       return webrtc("a=candidate:1 1 udp 1 192.0.2.1 9 typ host" + times(n * 20, " a b") + "\r\n");
     },
     kDtls},
    {"sdp: fingerprints",
     [](size_t n) { return webrtc(times(n, "a=fingerprint:sha-1 00:11\r\n")); }, kDtls},
    {"sdp: group",
     [](size_t n) { return with_group("a=group:BUNDLE 0" + times(n * 20, " a") + "\r\n", ""); },
     kDtls},
    {"sdp: mids",
     [](size_t n) {
       return webrtc(numbered(n / 6, [](size_t i) {
         return "m=x 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:" + std::to_string(i + 1) + "\r\n";
       }));
     },
     kDtls},
    {"sdp: mids and a long group",
     [](size_t n) {
       const std::string group = "a=group:BUNDLE" + times(n * 20, " a") + "\r\n";
       return with_group(group, numbered(n / 6, [](size_t i) {
                           return "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:m" + std::to_string(i) +
                                  "\r\n";
                         }));
     },
     kDtls},
    {"sdp: extension maps",
     [](size_t n) {
       return webrtc(numbered(
           n, [](size_t i) { return "a=extmap:" + std::to_string(i % 300) + " urn:x\r\n"; }));
     },
     kDtls},
    {"sdp: sources",
     [](size_t n) {
       return webrtc(
           numbered(n, [](size_t i) { return "a=ssrc:" + std::to_string(i) + " cname:x\r\n"; }));
     },
     kDtls},
    {"sdp: feedback", [](size_t n) { return webrtc(times(n, "a=rtcp-fb:111 nack\r\n")); }, kDtls},
    {"sdp: ice options",
     [](size_t n) { return webrtc("a=ice-options:" + times(n * 20, "a ") + "\r\n"); }, kDtls},
    {"tls: names of a certificate", [](size_t n) { return names(n * 4); },
     [](const std::string& bytes) { (void)tls::check_names(as_bytes(bytes), "a.b.example"); }},
    {"rtcp: packets",
     [](size_t n) { return times(n * 4, std::string("\x80\xc9\0\x01\0\0\0\x01", 8)); },
     [](const std::string& bytes) {
       auto compound = rtp::RtcpCompound::parse(as_bytes(bytes), rtp::RtcpCompound::Rule::kStrict);
       while (compound && compound->next()) {
       }
     }},
    {"red: blocks",
     [](size_t n) { return times(n * 4, std::string("\xef\0\x40\0", 4)) + std::string("\x6f", 1); },
     [](const std::string& bytes) {
       rtp::RedReceiver receiver;
       (void)receiver.take(1'000'000, as_bytes(bytes));
     }},
};

const Row kSquare = {"square", [](size_t n) { return times(n, "a"); },
                     [](const std::string& bytes) {
                       volatile size_t sum = 0;
                       for (const char a : bytes) {
                         for (const char b : bytes) sum = sum + static_cast<size_t>(a == b);
                       }
                     }};

void measure(const Row& row) {
  // The first time fills caches and tables.
  row.read(row.make(kBase));
  for (const size_t factor : {1, 2, 4}) {
    const std::string input = row.make(kBase * factor);
    CALLGRIND_ZERO_STATS;
    row.read(input);
    const std::string label = std::string(row.title) + "|" + std::to_string(input.size());
    CALLGRIND_DUMP_STATS_AT(label.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "square") return measure(kSquare), 0;
  for (const Row& row : kRows) measure(row);
  std::printf("%zu rows\n", kRows.size());
  return 0;
}
