#include "sip/writer.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::sip;

namespace {

constexpr std::string_view kRequest =
    "OPTIONS sip:bob@example.com SIP/2.0\r\n"
    "v: SIP/2.0/UDP a.example.com;branch=z9hG4bK1,\r\n SIP/2.0/UDP b.example.com\r\n"
    "f: <sip:alice@example.com>;tag=1\r\n"
    "t: <sip:bob@example.com>\r\n"
    "i: a@b\r\n"
    "CSeq: 7 OPTIONS\r\n\r\n";

}  // namespace

TEST_CASE("RFC 3261 8.2.6: a response takes what it must from its request") {
  Message request;
  REQUIRE(request.parse(kRequest));
  std::vector<uint8_t> buffer(1000);
  Writer writer(buffer);
  writer.response_to(request, 486, {}, "t1");
  const auto written = writer.finish();
  REQUIRE(written);
  CHECK(as_text(*written) ==
        "SIP/2.0 486 Busy Here\r\n"
        "Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1, SIP/2.0/UDP b.example.com\r\n"
        "From: <sip:alice@example.com>;tag=1\r\n"
        "To: <sip:bob@example.com>;tag=t1\r\n"
        "Call-ID: a@b\r\n"
        "CSeq: 7 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n");
}

TEST_CASE("a value that would break the message is refused") {
  struct Row {
    const char* title;
    void (*write)(Writer&);
  };
  const Row rows[] = {
      {"CR in a value", [](Writer& w) { w.header("X", "a\rb"); }},
      {"LF in a value", [](Writer& w) { w.header("X", "a\nb"); }},
      {"NUL in a value", [](Writer& w) { w.header("X", std::string_view("a\0b", 3)); }},
      {"CRLF in a piece",
       [](Writer& w) {
         w.header(HeaderId::kTo, {"<", "sip:a\r\nX: y", ">"});
       }},
      {"colon in a name", [](Writer& w) { w.header("X: y", "z"); }},
      {"a length that is not the body's", [](Writer& w) { w.header("l", "5"); }},
      {"empty name", [](Writer& w) { w.header("", "z"); }},
      {"method with a space", [](Writer& w) { w.cseq(1, "A B"); }},
      {"CSeq number", [](Writer& w) { w.cseq(1U << 31, "A"); }},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    std::vector<uint8_t> buffer(1000);
    Writer writer(buffer);
    writer.response(200);
    row.write(writer);
    CHECK(writer.finish().error() == Status::ERR_SIP_UNSAFE_VALUE);
  }
  for (const char* uri : {"", "sip:a b", "sip:a\r\n"}) {
    std::vector<uint8_t> buffer(1000);
    Writer writer(buffer);
    writer.request(Method::kOptions, uri);
    CHECK(writer.finish().error() == Status::ERR_SIP_UNSAFE_VALUE);
  }
}

TEST_CASE("steps in the wrong order are refused") {
  std::vector<uint8_t> buffer(1000);
  Writer no_start(buffer);
  no_start.header("X", "y");
  CHECK(no_start.finish().error() == Status::ERR_WRONG_STATE);
  Writer two_starts(buffer);
  two_starts.response(200);
  two_starts.response(200);
  CHECK(two_starts.finish().error() == Status::ERR_WRONG_STATE);
  Writer two_ends(buffer);
  two_ends.response(200);
  CHECK(two_ends.finish());
  CHECK(two_ends.finish().error() == Status::ERR_WRONG_STATE);
  Writer bad_code(buffer);
  bad_code.response(99);
  CHECK(bad_code.finish().error() == Status::ERR_INVALID_ARGUMENT);
}

TEST_CASE("a buffer that is too small tells the size that does") {
  std::vector<uint8_t> small(10);
  Writer first(small);
  first.request(Method::kInvite, "sip:a@b.c");
  CHECK(first.finish("a/b", "body").error() == Status::ERR_BUFFER_TOO_SMALL);
  std::vector<uint8_t> enough(first.size());
  Writer second(enough);
  second.request(Method::kInvite, "sip:a@b.c");
  CHECK(second.finish("a/b", "body")->size() == enough.size());
}
