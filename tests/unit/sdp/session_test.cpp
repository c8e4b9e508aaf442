#include "sdp/session.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::sdp;

namespace {

const std::string kHead = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n";
const std::string kWhole = kHead +
                           "c=IN IP4 192.0.2.1\r\nt=0 0\r\na=group:X\r\na=sendonly\r\n"
                           "m=audio 4000/2 RTP/AVP 0 101\r\nc=IN IP4 224.2.1.1/127/3\r\na=rtpmap:0 "
                           "PCMU/8000\r\na=ptime:20\r\n"
                           "m=video 0 RTP/AVP 31\r\na=inactive\r\n";

Status status_of(const std::string& text) {
  const test::Guarded input{std::string_view(text)};
  Session session;
  const Status status = session.parse(input.text()).error();
  if (status != Status::OK) {
    CHECK(session.media().empty());
    CHECK(session.attributes().empty());
    CHECK(!session.connection());
    CHECK(session.origin().address.empty());
  }
  return status;
}

}  // namespace

TEST_CASE("RFC 8866 5: a description is taken apart") {
  Session session;
  REQUIRE(session.parse(kWhole));
  CHECK(session.origin().username == "-");
  CHECK(session.origin().session_id == "1");
  CHECK(session.origin().session_version == "2");
  CHECK(session.origin().net_type == "IN");
  CHECK(session.origin().address_type == "IP4");
  CHECK(session.origin().address == "192.0.2.1");
  CHECK(session.name() == "-");
  REQUIRE(session.attributes().size() == 2);
  CHECK(find_attribute(session.attributes(), "group") == "X");
  CHECK(find_attribute(session.attributes(), "sendonly") == "");
  CHECK_FALSE(find_attribute(session.attributes(), "SENDONLY"));
  REQUIRE(session.media().size() == 2);
  const Media& audio = session.media()[0];
  CHECK(audio.type == "audio");
  CHECK(audio.port == 4000);
  CHECK(audio.port_count == 2);
  CHECK(audio.proto == "RTP/AVP");
  CHECK(audio.formats == "0 101");
  CHECK(audio.attributes.size() == 2);
  CHECK(session.connection_of(audio)->address == "224.2.1.1");
  const Media& video = session.media()[1];
  CHECK(video.port == 0);
  CHECK(session.connection_of(video)->address == "192.0.2.1");
  CHECK(find_attribute(video.attributes, "inactive").has_value());
  // A second parse forgets the first.
  REQUIRE(session.parse(kHead));
  CHECK(session.media().empty());
  CHECK(session.attributes().empty());
  CHECK_FALSE(session.connection());
}

TEST_CASE("RFC 8866 5: accepted forms and rejected rules") {
  struct Row {
    std::string title, text;
    Status expected;
  };
  const std::string media = kHead + "m=audio ";
  const Row rows[] = {
      {"LF only", "v=0\no=- 1 2 IN IP4 192.0.2.1\ns=-\n", Status::OK},
      {"no end of the last line", "v=0\r\no=- 1 2 IN IP4 192.0.2.1", Status::OK},
      {"the last line end cut in half", "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r", Status::OK},
      {"blank lines at the end", kHead + "\r\n\r\n", Status::OK},
      {"blank line in the middle", kHead + "\r\nt=0 0\r\n", Status::ERR_SDP_LINE},
      {"every known type",
       kHead + "i=x\r\nu=x\r\ne=x\r\np=x\r\nb=AS:1\r\nt=0 0\r\nr=x\r\nz=x\r\nk=x\r\n", Status::OK},
      {"a tab in a value", kHead + "i=x\ty\r\n", Status::OK},
      {"empty", "", Status::ERR_SDP_VERSION},
      {"version 1", "v=1\r\no=- 1 2 IN IP4 1.1.1.1\r\n", Status::ERR_SDP_VERSION},
      {"o= before v=", "o=- 1 2 IN IP4 1.1.1.1\r\nv=0\r\n", Status::ERR_SDP_VERSION},
      {"no o=", "v=0\r\n", Status::ERR_SDP_ORIGIN},
      {"s= before o=", "v=0\r\ns=-\r\no=- 1 2 IN IP4 1.1.1.1\r\n", Status::ERR_SDP_ORIGIN},
      {"o= with five words", "v=0\r\no=- 1 2 IN IP4\r\n", Status::ERR_SDP_ORIGIN},
      {"o= with seven words", "v=0\r\no=- 1 2 IN IP4 a b\r\n", Status::ERR_SDP_ORIGIN},
      {"o= with a version that is no number", "v=0\r\no=- 1 x IN IP4 a\r\n",
       Status::ERR_SDP_ORIGIN},
      {"unknown type", kHead + "y=1\r\n", Status::ERR_SDP_LINE},
      {"upper-case type", kHead + "A=1\r\n", Status::ERR_SDP_LINE},
      {"space before =", kHead + "a =1\r\n", Status::ERR_SDP_LINE},
      {"one character", kHead + "a", Status::ERR_SDP_LINE},
      {"attribute without a name", kHead + "a=:1\r\n", Status::ERR_SDP_LINE},
      {"attribute name with a space", kHead + "a=a b:1\r\n", Status::ERR_SDP_LINE},
      {"NUL", kHead + std::string("a=a\0b\r\n", 7), Status::ERR_SDP_CONTROL},
      {"NUL in the eighth byte", kHead + std::string("a=abcde\0b\r\n", 11),
       Status::ERR_SDP_CONTROL},
      {"bare CR", kHead + "a=a\rb\r\n", Status::ERR_SDP_CONTROL},
      {"two CR", kHead + "a=a\r\r\n", Status::ERR_SDP_CONTROL},
      {"c= too short", kHead + "c=IN IP4\r\n", Status::ERR_SDP_CONNECTION},
      {"c= too long", kHead + "c=IN IP4 a b\r\n", Status::ERR_SDP_CONNECTION},
      {"m= without formats", media + "1 RTP/AVP\r\n", Status::ERR_SDP_MEDIA},
      {"m= with port 65536", media + "65536 RTP/AVP 0\r\n", Status::ERR_SDP_MEDIA},
      {"m= with port 65535", media + "65535 RTP/AVP 0\r\n", Status::OK},
      {"m= with a negative port", media + "-1 RTP/AVP 0\r\n", Status::ERR_SDP_MEDIA},
      {"m= with a template for a port", media + "$ RTP/AVP 0\r\n", Status::ERR_SDP_MEDIA},
      {"m= with an empty count", media + "1/ RTP/AVP 0\r\n", Status::ERR_SDP_MEDIA},
      {"m= with count 0", media + "1/0 RTP/AVP 0\r\n", Status::ERR_SDP_MEDIA},
      {"m= with two counts", media + "1/2/3 RTP/AVP 0\r\n", Status::ERR_SDP_MEDIA},
      {"m= with a control character",
       kHead + "m=au\x01"
               "dio 1 RTP/AVP 0\r\n",
       Status::ERR_SDP_MEDIA},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(status_of(row.text) == row.expected);
  }
}

TEST_CASE("the limits of a description hold exactly") {
  struct Row {
    const char* line;
    size_t limit;
  };
  const Row rows[] = {{"m=audio 1 RTP/AVP 0\r\n", kMaxMedia}, {"a=x\r\n", kMaxAttributes}};
  for (const Row& row : rows) {
    std::string text = kHead;
    for (size_t i = 0; i < row.limit; ++i) text += row.line;
    CHECK(status_of(text) == Status::OK);
    CHECK(status_of(text + row.line) == Status::ERR_LIMIT);
  }
  std::string text = kHead + "i=";
  text.append(kMaxText - text.size(), 'x');
  CHECK(status_of(text) == Status::OK);
  CHECK(status_of(text + "x") == Status::ERR_LIMIT);
}

TEST_CASE("every prefix of a description ends at an unreadable page unharmed") {
  for (size_t size = 0; size <= kWhole.size(); ++size) {
    const test::Guarded input{std::string_view(kWhole).substr(0, size)};
    Session session;
    (void)session.parse(input.text());
    CHECK(session.media().size() <= 2);
  }
}

TEST_CASE("a control byte is seen at every offset") {
  for (size_t at = 0; at < 40; ++at) {
    std::string line(40, 'x');
    line[at] = '\0';
    CHECK(status_of(kHead + "i=" + line) == Status::ERR_SDP_CONTROL);
    line[at] = '\x0b';
    CHECK(status_of(kHead + "i=" + line) == Status::OK);
    line[at] = '\n';
    CHECK(status_of(kHead + "i=" + line) == (at == 39 ? Status::OK : Status::ERR_SDP_LINE));
  }
}
