#include "sdp/bandwidth.h"

#include "engines.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

std::string description(const std::string& session, const std::string& media) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n" + session +
         "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" + media;
}

}  // namespace

TEST_CASE("RFC 3556 2 and 4: what b=RS and b=RR state, the section's before the session's") {
  using Number = std::optional<uint32_t>;
  struct Row {
    const char* title;
    const char* session;
    const char* media;
    Number senders, receivers;
  };
  const Row rows[] = {
      {"nothing", "", "", {}, {}},
      {"both", "", "b=RS:800\r\nb=RR:2400\r\n", 800, 2400},
      {"none at all", "", "b=RS:0\r\nb=RR:0\r\n", 0, 0},
      {"one of them", "", "b=RR:0\r\n", {}, 0},
      {"of the session", "b=RS:1\r\nb=RR:2\r\n", "", 1, 2},
      {"one of each", "b=RS:1\r\nb=RR:2\r\n", "b=RR:3\r\n", 1, 3},
      {"the first counts", "", "b=RS:1\r\nb=RS:2\r\n", 1, {}},
      {"others among them", "b=CT:1000\r\n", "b=AS:64\r\nb=RS:7\r\nb=TIAS:64000\r\n", 7, {}},
      {"the most", "", "b=RS:4294967295\r\n", 4294967295, {}},
      {"more", "", "b=RS:4294967296\r\n", {}, {}},
      {"no number", "", "b=RS:\r\nb=RR:-1\r\n", {}, {}},
      {"no colon", "", "b=RS\r\n", {}, {}},
      {"nothing behind b=", "", "b=\r\n", {}, {}},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const std::string text = description(row.session, row.media);
    Session session;
    REQUIRE(session.parse(text));
    const RtcpBandwidth bandwidth = session.bandwidth_of(session.media()[0]);
    CHECK(bandwidth.senders == row.senders);
    CHECK(bandwidth.receivers == row.receivers);
    // An object that is used again forgets.
    const std::string other = description("", "");
    REQUIRE(session.parse(other));
    CHECK(session.bandwidth_of(session.media()[0]) == RtcpBandwidth());
  }
}

TEST_CASE("RFC 3556: what the peer states stands in our answers and later offers") {
  LocalMedia local = local_media(SrtpPolicy::kOff);
  for (const char* lines : {"b=RS:0\r\nb=RR:0\r\n", "b=RS:600\r\n", "b=RR:2000\r\n", ""}) {
    INFO(lines);
    Engine engine(local);
    REQUIRE(engine.take(description("", lines)) == VerdictKind::kContinued);
    const size_t media = engine.text.find("m=audio");
    const size_t at = engine.text.find("\r\n", media) + 2;
    CHECK(engine.text.substr(at, std::string(lines).size()) == lines);
    CHECK((engine.text.find("b=R") == std::string::npos) == std::string(lines).empty());
    const std::string offer = engine.offer();
    CHECK((offer.find(lines) != std::string::npos));
    CHECK((offer.find("b=R") == std::string::npos) == std::string(lines).empty());
  }
}

TEST_CASE("RFC 3556: another bandwidth is a change of the session") {
  Engine engine(local_media(SrtpPolicy::kOff));
  REQUIRE(engine.take(description("", "")) == VerdictKind::kContinued);
  REQUIRE(engine.take(description("", "b=RR:0\r\n")) == VerdictKind::kMoved);
  REQUIRE(engine.take(description("", "b=RR:0\r\n")) == VerdictKind::kContinued);
}
