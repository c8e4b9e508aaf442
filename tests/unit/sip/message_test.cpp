#include "sip/message.h"

#include <string>
#include <type_traits>

#include "base/text.h"
#include "sip/response_code.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::sip;

// A parser that owns nothing takes no temporary.
template <typename T>
concept ParsesTemporary = requires(Message message, T text) {
  message.parse(static_cast<T&&>(text));
};
static_assert(!ParsesTemporary<std::string>);
static_assert(ParsesTemporary<std::string_view>);

namespace {

const std::string kStart = "OPTIONS sip:bob@example.com SIP/2.0\r\n";
const std::string kCore =
    "Via: SIP/2.0/TLS host.example.com:5061;branch=z9hG4bK1\r\n"
    "From: \"A\" <sip:alice@example.com>;tag=1\r\n"
    "To: <sip:bob@example.com>\r\n"
    "Call-ID: a@b\r\n"
    "CSeq: 7 OPTIONS\r\n";

std::string with(const std::string& lines, const std::string& body = "") {
  return kStart + kCore + lines + "\r\n" + body;
}

Status parse_status(const std::string& data, Transport transport = Transport::kDatagram) {
  Message message;
  return message.parse(std::string_view(data), transport).error();
}

}  // namespace

TEST_CASE("RFC 3261 7: a rejected rule has its own status and answer") {
  struct Row {
    const char* title;
    std::string data;
    Status status;
    uint16_t code;
  };
  const std::string no_body = "Content-Length: 0\r\n";
  const Row rows[] = {
      {"plain", with(no_body), Status::OK, 0},
      {"no Content-Length in a datagram", with(""), Status::OK, 0},
      {"leading CRLF (RFC 3261 7.5)", "\r\n\r\n" + with(no_body), Status::OK, 0},
      {"keep-alive only", "\r\n\r\n", Status::ERR_SIP_EMPTY, 0},
      {"nothing", "", Status::ERR_SIP_EMPTY, 0},
      {"no empty line", kStart + kCore, Status::ERR_TRUNCATED, 400},
      {"RFC 4475 3.1.2.3 negative length", with("Content-Length: -999\r\n"),
       Status::ERR_SIP_CONTENT_LENGTH, 400},
      {"signed length", with("Content-Length: +0\r\n"), Status::ERR_SIP_CONTENT_LENGTH, 400},
      {"empty length", with("Content-Length:\r\n"), Status::ERR_SIP_CONTENT_LENGTH, 400},
      {"two numbers", with("Content-Length: 0, 0\r\n"), Status::ERR_SIP_CONTENT_LENGTH, 400},
      {"huge length", with("Content-Length: 99999999999999999999\r\n"),
       Status::ERR_SIP_CONTENT_LENGTH, 400},
      {"RFC 4475 3.3.9 two lengths", with("Content-Length: 0\r\nl: 1\r\n"),
       Status::ERR_SIP_DUPLICATE, 400},
      {"same length twice", with("Content-Length: 0\r\nl: 00\r\n"), Status::OK, 0},
      {"short body", with("Content-Type: a/b\r\nContent-Length: 5\r\n", "1234"),
       Status::ERR_SIP_BODY_SHORT, 400},
      {"body without type", with("Content-Length: 4\r\n", "1234"), Status::ERR_SIP_MISSING_HEADER,
       400},
      {"no colon", with("Subject\r\n"), Status::ERR_SIP_HEADER_LINE, 400},
      {"name with a space", with("Sub ject: x\r\n"), Status::ERR_SIP_HEADER_LINE, 400},
      {"no name", with(": x\r\n"), Status::ERR_SIP_HEADER_LINE, 400},
      {"bare CR", with("Subject: a\rb\r\n"), Status::ERR_SIP_CONTROL, 400},
      {"bare LF", with("Subject: a\nb\r\n"), Status::ERR_SIP_CONTROL, 400},
      {"bare LF instead of CRLF", with("Subject: a\nContent-Length: 3\r\n"),
       Status::ERR_SIP_CONTROL, 400},
      {"NUL", with(std::string("Subject: a\0b\r\n", 14)), Status::ERR_SIP_CONTROL, 400},
      {"BEL", with("Subject: a\ab\r\n"), Status::ERR_SIP_CONTROL, 400},
      {"NUL in a quoted-pair", with(std::string("Subject: \"a\\\0b\"\r\n", 17)), Status::OK, 0},
      {"NUL behind a backslash outside quotes", with(std::string("Subject: a\\\0b\r\n", 15)),
       Status::ERR_SIP_CONTROL, 400},
      {"UTF-8", with("Subject: \xd0\xb0\xe5\xa4\xa7\xf0\x9f\x98\x80\r\n"), Status::OK, 0},
      {"not UTF-8", with("Subject: \xe4 is Latin-1\r\n"), Status::ERR_SIP_UTF8, 400},
      {"overlong UTF-8", with("Subject: \xc0\xaf\r\n"), Status::ERR_SIP_UTF8, 400},
      {"surrogate", with("Subject: \xed\xa0\x80\r\n"), Status::ERR_SIP_UTF8, 400},
      {"Max-Forwards 0 is legal (RFC 4475 3.3.11)", with("Max-Forwards: 0\r\n"), Status::OK, 0},
      {"Max-Forwards 256", with("Max-Forwards: 256\r\n"), Status::ERR_SIP_NUMBER, 400},
      {"Expires 2^32", with("Expires: 4294967296\r\n"), Status::ERR_SIP_NUMBER, 400},
      {"q above 1", with("Contact: <sip:a@b.c>;q=1.1\r\n"), Status::ERR_SIP_NUMBER, 400},
      {"star beside a contact", with("Contact: *\r\nContact: <sip:a@b.c>\r\n"),
       Status::ERR_SIP_ADDRESS, 400},
      {"RFC 4475 3.1.2.13 URI headers need brackets", with("Contact: sip:a@b.c?Route=x\r\n"),
       Status::ERR_SIP_ADDRESS, 400},
      {"route without brackets", with("Route: sip:a.b;lr\r\n"), Status::ERR_SIP_ADDRESS, 400},
      {"RFC 4475 3.1.2.1 extra separators", with("Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n"),
       Status::ERR_SIP_PARAM, 400},
      {"Call-ID with a space", with("Call-ID: a b\r\n"), Status::ERR_SIP_DUPLICATE, 400},
      {"Supported may be empty", with("Supported:\r\n"), Status::OK, 0},
      {"Require may not", with("Require:\r\n"), Status::ERR_SIP_TOKEN_LIST, 400},
      {"digest credentials", with("Authorization: Digest username=\"a,b\", nc=00000001\r\n"),
       Status::OK, 0},
      {"RFC 4475 3.3.7 unknown scheme",
       with("Authorization: NoOneKnowsThisScheme opaque-data=here\r\n"), Status::OK, 0},
      {"broken digest", with("Authorization: Digest username=\"a\r\n"), Status::ERR_SIP_AUTH, 400},
      {"trailing octets behind a datagram's message (RFC 4475 3.1.1.8)",
       with(no_body, "INVITE sip:x"), Status::OK, 0},
      {"RFC 4475 3.1.2.7 URI in brackets", "OPTIONS <sip:a@b.c> SIP/2.0\r\n" + kCore + "\r\n",
       Status::ERR_SIP_URI, 400},
      {"RFC 4475 3.1.2.9 two spaces", "OPTIONS  sip:a@b.c  SIP/2.0\r\n" + kCore + "\r\n",
       Status::ERR_SIP_URI, 400},
      {"RFC 4475 3.1.2.11 headers in the Request-URI",
       "OPTIONS sip:a@b.c?Route=%3Csip:example.com%3E SIP/2.0\r\n" + kCore + "\r\n",
       Status::ERR_SIP_URI, 400},
      {"RFC 4475 3.3.3 scheme with a dot",
       "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n" + kCore + "\r\n", Status::ERR_SIP_SCHEME,
       416},
      {"SIP/3.0", "OPTIONS sip:a@b.c SIP/3.0\r\n" + kCore + "\r\n", Status::ERR_SIP_VERSION, 505},
      {"HTTP", "GET / HTTP/1.1\r\n" + kCore + "\r\n", Status::ERR_SIP_START_LINE, 400},
      {"RFC 4475 3.1.2.17 method mismatch", "INVITE sip:a@b.c SIP/2.0\r\n" + kCore + "\r\n",
       Status::ERR_SIP_CSEQ_METHOD, 400},
      {"RFC 4475 3.1.2.19 big code", "SIP/2.0 4294967301 x\r\n" + kCore + "\r\n",
       Status::ERR_SIP_STATUS_CODE, 400},
      {"code 099", "SIP/2.0 099 x\r\n" + kCore + "\r\n", Status::ERR_SIP_STATUS_CODE, 400},
      {"code 700", "SIP/2.0 700 x\r\n" + kCore + "\r\n", Status::ERR_SIP_STATUS_CODE, 400},
      {"long Request-URI",
       "OPTIONS sip:" + std::string(9000, 'a') + "@b.c SIP/2.0\r\n" + kCore + "\r\n",
       Status::ERR_SIP_URI_TOO_LONG, 414},
      {"RFC 4475 3.3.1 nothing but a Via", kStart + "Via: SIP/2.0/UDP a.b\r\n\r\n",
       Status::ERR_SIP_MISSING_HEADER, 400},
      {"huge head", with("Subject: " + std::string(70000, 'x') + "\r\n"), Status::ERR_SIP_TOO_LARGE,
       513},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const Status status = parse_status(row.data);
    CHECK(std::string(status_name(to_int(status))) == status_name(to_int(row.status)));
    CHECK(response_code(status) == row.code);
  }
}

TEST_CASE("a message may have 200 header fields and no more") {
  std::string lines;
  for (size_t i = 5; i < kMaxHeaderFields; ++i) lines += "X: y\r\n";
  CHECK(parse_status(with(lines)) == Status::OK);
  CHECK(parse_status(with(lines + "X: y\r\n")) == Status::ERR_SIP_TOO_MANY_HEADERS);
}

TEST_CASE("RFC 3261 18.3: on a stream Content-Length rules") {
  const std::string body = "Content-Type: a/b\r\nContent-Length: 4\r\n";
  CHECK(parse_status(with(""), Transport::kStream) == Status::ERR_SIP_NO_CONTENT_LENGTH);
  CHECK(parse_status(with(body, "123"), Transport::kStream) == Status::ERR_TRUNCATED);
  const std::string data = with(body, "1234next");
  Message message;
  REQUIRE(message.parse(std::string_view(data), Transport::kStream));
  CHECK(message.body() == "1234");
  CHECK(message.size() == data.size() - 4);
}

TEST_CASE("a broken request can still be answered") {
  const std::string data = with("Max-Forwards: many\r\nBroken line\r\n");
  Message message;
  CHECK(message.parse(std::string_view(data)).error() == Status::ERR_SIP_NUMBER);
  CHECK(message.is_answerable());
  CHECK(message.via().branch() == "z9hG4bK1");
  CHECK(message.size() == 0);
  CHECK(data.substr(message.error_offset(), 4) == "many");
  const std::string ack = "ACK sip:a@b.c SIP/9.0\r\n" + kCore + "\r\n";
  CHECK_FALSE(message.parse(std::string_view(ack)));
  CHECK_FALSE(message.is_answerable());
}

TEST_CASE("header fields are found by id, name and compact form in any case") {
  const std::string data = with(
      "s: one\r\nX-Custom: \t two\r\n  lines \r\nk: a, b\r\nSupported: c\r\nAllow: INVITE,ACK\r\n");
  Message message;
  REQUIRE(message.parse(std::string_view(data)));
  CHECK(message.find(HeaderId::kSubject) == "one");
  CHECK(message.find("subject") == "one");
  CHECK(message.find("S") == "one");
  CHECK(message.find("x-custom") == "two\r\n  lines");
  CHECK_FALSE(message.find("X-Missing"));
  CHECK(message.lists_token(HeaderId::kSupported, "C"));
  CHECK_FALSE(message.lists_token(HeaderId::kSupported, "d"));
  CHECK(message.lists_token(HeaderId::kAllow, "ACK"));
  CHECK_FALSE(message.lists_token(HeaderId::kAllow, "ack"));
}

TEST_CASE("every row of the header table is found by its names") {
  for (size_t i = 1; i < kHeaderIdCount; ++i) {
    const HeaderRow& row = header_row(static_cast<HeaderId>(i));
    INFO(row.name);
    CHECK(header_id(row.name) == row.id);
    std::string other(row.name);
    for (char& c : other) c = static_cast<char>(text::is_alpha(c) ? c ^ 0x20 : c);
    CHECK(header_id(other) == row.id);
    other.back() = '\x01';
    CHECK(header_id(other) == HeaderId::kOther);
    if (row.compact != 0) CHECK(header_id(std::string_view(&row.compact, 1)) == row.id);
  }
  CHECK(header_id("Call\rID") == HeaderId::kOther);
  CHECK(header_id("") == HeaderId::kOther);
  CHECK(header_id("z") == HeaderId::kOther);
}
