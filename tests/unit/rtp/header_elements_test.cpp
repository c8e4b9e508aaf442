#include "rtp/header_elements.h"

#include <string>
#include <vector>

#include "rtp/packet.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::rtp;

TEST_CASE("RFC 6464 3: audio levels go out and come back") {
  for (unsigned raw = 0; raw < 256; ++raw) {
    const uint8_t element[] = {static_cast<uint8_t>(raw)};
    const auto level = parse_audio_level(element);
    REQUIRE(level);
    CHECK(level->is_voice == (raw >= 128));
    CHECK(level->minus_dbov == (raw & 127));
    CHECK(audio_level_element(*level)[0] == raw);
  }
  CHECK(audio_level_element({true, 200})[0] == 255);
  const std::vector<uint8_t> two(2);
  CHECK(parse_audio_level({}).error() == Status::ERR_SYNTAX);
  CHECK(parse_audio_level(two).error() == Status::ERR_SYNTAX);
}

TEST_CASE("RFC 9143 15.2: a mid is a token") {
  struct Row {
    std::string text;
    bool is_good;
  };
  const Row rows[] = {
      {"0", true},
      {"audio", true},
      {"a-z_.!~'+", true},
      {std::string(16, 'a'), true},
      {std::string(17, 'a'), false},
      {"", false},
      {"a b", false},
      {"a/b", false},
      {std::string("a\0", 2), false},
      {"\xc3\xa4", false},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto mid = parse_mid(as_bytes(row.text));
    CHECK(mid.has_value() == row.is_good);
    if (mid) CHECK(*mid == row.text);
  }
}

TEST_CASE("abs-send-time: seconds of 6.18 bits") {
  CHECK(abs_send_time(0) == 0);
  CHECK(abs_send_time(kNsPerSecond) == 1 << 18);
  CHECK(abs_send_time(kNsPerSecond / 2) == 1 << 17);
  CHECK(abs_send_time(64 * kNsPerSecond) == 0);
  CHECK(abs_send_time(UINT64_MAX) <= 0xffffff);
  for (const uint64_t at_ns :
       {uint64_t{1'234'567'890}, uint64_t{63'999'999'999}, uint64_t{1} << 63}) {
    const uint32_t value = abs_send_time(at_ns);
    const auto element = abs_send_time_element(value);
    CHECK(*parse_abs_send_time(element) == value);
    // Over the wrap too; a tick is 3.8 us.
    const int64_t distance = abs_send_time_distance_ns(value, abs_send_time(at_ns + 20'000'000));
    CHECK((distance > 19'990'000 && distance < 20'010'000));
    const int64_t back = abs_send_time_distance_ns(abs_send_time(at_ns + 20'000'000), value);
    CHECK((back < -19'990'000 && back > -20'010'000));
  }
  const std::vector<uint8_t> four(4);
  CHECK(parse_abs_send_time({}).error() == Status::ERR_SYNTAX);
  CHECK(parse_abs_send_time(four).error() == Status::ERR_SYNTAX);
}

TEST_CASE("RFC 8285 4.2: the three travel in one extension") {
  const auto level = audio_level_element({true, 30});
  const auto time = abs_send_time_element(0x123456);
  const ExtensionElement elements[] = {{1, level}, {2, time}, {4, as_bytes("audio")}};
  PacketFields fields;
  fields.extensions = elements;
  uint8_t buffer[64];
  bytes::Writer out(buffer);
  REQUIRE(write_packet(fields, as_bytes("payload"), out));
  const auto packet = parse_packet(out.written());
  REQUIRE(packet);
  CHECK(packet->extension_profile == kOneByteProfile);
  CHECK(*parse_audio_level(packet->extensions().find(1)->data) == AudioLevel{true, 30});
  CHECK(*parse_abs_send_time(packet->extensions().find(2)->data) == 0x123456);
  CHECK(*parse_mid(packet->extensions().find(4)->data) == "audio");
}
