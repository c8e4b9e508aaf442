#include "sdp/codec.h"

#include <string>

#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::sdp;

namespace {

const std::string kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 1 RTP/AVP ";

}  // namespace

TEST_CASE("RFC 3551 table 4, RFC 4855: a format is recognised by its map") {
  struct Row {
    const char* formats;
    const char* map;
    const char* name;  // nullptr: not ours
    uint32_t clock_hz;
  };
  const Row rows[] = {
      {"0", "", "PCMU", 8000},
      {"8", "", "PCMA", 8000},
      {"9", "", nullptr, 0},
      {"101", "", nullptr, 0},
      {"128", "128 PCMU/8000", nullptr, 0},
      {"-1", "-1 PCMU/8000", nullptr, 0},
      {"0", "0 pcmu/8000/1", "PCMU", 8000},
      {"0", "0 PCMU/8000/2", nullptr, 0},
      {"0", "0 iLBC/8000", nullptr, 0},
      {"96", "96 OPUS/48000/2", "opus", 48000},
      {"96", "96 opus/48000", nullptr, 0},
      {"96", "96 L16/16000", "L16", 16000},
      {"96", "96 L16/44100/2", nullptr, 0},
      {"96", "96 telephone-event/48000", "telephone-event", 48000},
      {"96", "96 telephone-event/44100", nullptr, 0},
      {"96", "96 PCMU", nullptr, 0},
      {"96", "96 PCMU/99999999999999999999", nullptr, 0},
      {"96", "97 PCMU/8000", nullptr, 0},
  };
  for (const Row& row : rows) {
    INFO(row.formats << " " << row.map);
    const std::string map(row.map);
    const std::string text =
        kHead + row.formats + "\r\n" + (map.empty() ? "" : "a=rtpmap:" + map + "\r\n");
    Session session;
    REQUIRE(session.parse(text));
    const KnownFormats known = known_formats(session.media()[0]);
    REQUIRE(known.count == (row.name != nullptr ? 1 : 0));
    if (known.count == 0) continue;
    const CodecRow* found = known.list[0].row;
    CHECK(found->name == row.name);
    CHECK(found->clock_hz == row.clock_hz);
  }
}

TEST_CASE("known formats name each row and each number once") {
  const std::string text =
      kHead +
      "18 96 0 97 0 00 98\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 opus/48000/2\r\n"
      "a=rtpmap:00 L16/16000\r\na=rtpmap:98 telephone-event/8000\r\n";
  Session session;
  REQUIRE(session.parse(text));
  const KnownFormats formats = known_formats(session.media()[0]);
  REQUIRE(formats.count == 3);
  CHECK(formats.list[0].payload_type == 96);
  CHECK(formats.list[1].payload_type == 0);
  CHECK(formats.list[2].payload_type == 98);
  CHECK(formats.has_type(98));
  CHECK_FALSE(formats.has_type(97));
}

TEST_CASE("a format list is looked at up to its limit") {
  std::string list;
  for (size_t i = 0; i < kMaxFormats; ++i) list += "18 ";
  const std::string over = kHead + list + "0\r\n";
  const std::string within = kHead + list.substr(3) + "0\r\n";
  Session session;
  REQUIRE(session.parse(over));
  CHECK(known_formats(session.media()[0]).count == 0);
  REQUIRE(session.parse(within));
  CHECK(known_formats(session.media()[0]).count == 1);
}

TEST_CASE("RFC 7587 6.1: parameters of a format") {
  const std::string text =
      kHead +
      "96\r\na=fmtp:97 a=1\r\na=fmtp:96  useinbandfec=1; UseDTX = 1 ;x;maxaveragebitrate=z\r\n";
  Session session;
  REQUIRE(session.parse(text));
  const std::string_view fmtp = fmtp_of(session.media()[0], "96");
  CHECK(fmtp_number(fmtp, "useinbandfec", 0) == 1);
  CHECK(fmtp_number(fmtp, "usedtx", 0) == 1);
  CHECK(fmtp_number(fmtp, "x", 7) == 7);
  CHECK(fmtp_number(fmtp, "maxaveragebitrate", 5) == 5);
  CHECK(fmtp_number(fmtp, "fec", 3) == 3);
  CHECK(fmtp_of(session.media()[0], "98").empty());
}
