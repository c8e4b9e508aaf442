#include "voxlock/rtp.h"

#include <cstring>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/vectors.h"
#include "voxlock/context.h"

using voxlock::test::from_hex;

namespace {

template <typename T>
T sized() {
  T out{};
  out.struct_size = sizeof(T);
  return out;
}

}  // namespace

TEST_CASE("voxlock_rtp_parse and _build are inverse") {
  auto header = sized<voxlock_rtp_header>();
  header.payload_type = 111;
  header.marker = 1;
  header.sequence = 65535;
  header.timestamp = 7;
  header.ssrc = 0xfeedface;
  header.padding_len = 4;
  const uint8_t payload[] = {1, 2, 3, 4};
  size_t len = 0;
  CHECK(voxlock_rtp_build(&header, payload, 4, nullptr, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  REQUIRE(len == 20);
  std::vector<uint8_t> out(len);
  REQUIRE(voxlock_rtp_build(&header, payload, 4, out.data(), &len) == VOXLOCK_OK);
  auto parsed = sized<voxlock_rtp_header>();
  REQUIRE(voxlock_rtp_parse(out.data(), len, &parsed) == VOXLOCK_OK);
  CHECK((parsed.payload_type == 111 && parsed.marker == 1 && parsed.sequence == 65535 &&
         parsed.timestamp == 7));
  CHECK((parsed.ssrc == 0xfeedface && parsed.padding_len == 4 && parsed.payload_offset == 12 &&
         parsed.payload_len == 4));
}

TEST_CASE("voxlock_rtp_parse tells extension and CSRCs, voxlock_rtp_extension finds elements") {
  const auto raw = from_hex("91e012340000ffff1122334400000001bede000110aa20bb6869");
  auto header = sized<voxlock_rtp_header>();
  REQUIRE(voxlock_rtp_parse(raw.data(), raw.size(), &header) == VOXLOCK_OK);
  CHECK((header.csrc_count == 1 && header.extension_profile == 0xbede &&
         header.extension_offset == 20));
  CHECK((header.extension_len == 4 && header.payload_offset == 24 && header.payload_len == 2));
  size_t offset = 0;
  size_t element_len = 0;
  REQUIRE(voxlock_rtp_extension(raw.data(), raw.size(), 2, &offset, &element_len) == VOXLOCK_OK);
  CHECK((element_len == 1 && raw[offset] == 0xbb));
  CHECK(voxlock_rtp_extension(raw.data(), raw.size(), 3, &offset, &element_len) ==
        VOXLOCK_ERR_NOT_FOUND);
  CHECK(voxlock_rtp_extension(raw.data(), raw.size(), 0, &offset, &element_len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtp_extension(raw.data(), raw.size(), 256, &offset, &element_len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtp_extension(raw.data(), raw.size(), 1, nullptr, &element_len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtp_extension(raw.data(), 3, 1, &offset, &element_len) == VOXLOCK_ERR_TRUNCATED);
}

TEST_CASE("bad arguments of the RTP functions are refused") {
  const uint8_t raw[12] = {0x80};
  size_t len = 100;
  uint8_t out[100];
  auto header = sized<voxlock_rtp_header>();
  CHECK(voxlock_rtp_parse(nullptr, 12, &header) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtp_parse(raw, 12, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtp_parse(nullptr, 0, &header) == VOXLOCK_ERR_TRUNCATED);
  header.struct_size = 1;
  CHECK(voxlock_rtp_parse(raw, 12, &header) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_rtp_build(&header, nullptr, 0, out, &len) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_rtp_build(nullptr, nullptr, 0, out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  struct Row {
    uint32_t voxlock_rtp_header::*field;
    uint32_t value;
  };
  for (const Row& row :
       {Row{&voxlock_rtp_header::payload_type, 128}, Row{&voxlock_rtp_header::marker, 2},
        Row{&voxlock_rtp_header::sequence, 65536}, Row{&voxlock_rtp_header::padding_len, 256}}) {
    header = sized<voxlock_rtp_header>();
    header.*row.field = row.value;
    CHECK(voxlock_rtp_build(&header, nullptr, 0, out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  header = sized<voxlock_rtp_header>();
  CHECK(voxlock_rtp_build(&header, nullptr, 1, out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtp_build(&header, nullptr, 0, out, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtp_classify(nullptr, 5) == VOXLOCK_DATAGRAM_UNKNOWN);
  CHECK(voxlock_rtp_classify(raw, 12) == VOXLOCK_DATAGRAM_RTP);
}

TEST_CASE("an RTCP compound goes out and comes back") {
  auto report = sized<voxlock_rtcp_report>();
  report.ssrc = 5;
  report.is_sender = 1;
  report.ntp = 0x0102030405060708;
  report.packets = 9;
  report.is_bye = 1;
  auto block = sized<voxlock_rtcp_block>();
  block.ssrc = 6;
  block.fraction_lost = 255;
  block.cumulative_lost = -2;
  size_t len = 0;
  CHECK(voxlock_rtcp_build(&report, &block, "a@b", nullptr, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  std::vector<uint8_t> out(len);
  REQUIRE(voxlock_rtcp_build(&report, &block, "a@b", out.data(), &len) == VOXLOCK_OK);
  auto read = sized<voxlock_rtcp_report>();
  REQUIRE(voxlock_rtcp_parse(out.data(), len, 0, &read) == VOXLOCK_OK);
  CHECK((read.ssrc == 5 && read.is_sender == 1 && read.ntp == report.ntp && read.packets == 9));
  CHECK((read.block_count == 1 && read.is_bye == 1));
  auto got = sized<voxlock_rtcp_block>();
  REQUIRE(voxlock_rtcp_get_block(out.data(), len, 0, &got) == VOXLOCK_OK);
  CHECK((got.ssrc == 6 && got.fraction_lost == 255 && got.cumulative_lost == -2));
  CHECK(voxlock_rtcp_get_block(out.data(), len, 1, &got) == VOXLOCK_ERR_NOT_FOUND);
  report.is_sender = 0;
  report.is_bye = 0;
  REQUIRE(voxlock_rtcp_build(&report, nullptr, "", out.data(), &len) == VOXLOCK_OK);
  REQUIRE(voxlock_rtcp_parse(out.data(), len, 0, &read) == VOXLOCK_OK);
  CHECK((read.is_sender == 0 && read.block_count == 0 && read.is_bye == 0));
  const uint8_t bye[] = {0x80, 0xcb, 0, 0};
  CHECK(voxlock_rtcp_parse(bye, 4, 0, &read) == VOXLOCK_ERR_RTCP_COMPOUND);
  REQUIRE(voxlock_rtcp_parse(bye, 4, 1, &read) == VOXLOCK_OK);
  CHECK(read.is_bye == 1);
}

TEST_CASE("bad arguments of the RTCP functions are refused") {
  auto report = sized<voxlock_rtcp_report>();
  auto block = sized<voxlock_rtcp_block>();
  uint8_t out[600];
  size_t len = sizeof out;
  const std::string longest(255, 'c');
  CHECK(voxlock_rtcp_build(&report, nullptr, longest.c_str(), out, &len) == VOXLOCK_OK);
  len = sizeof out;
  CHECK(voxlock_rtcp_build(&report, nullptr, (longest + "c").c_str(), out, &len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtcp_build(&report, nullptr, nullptr, out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtcp_build(nullptr, nullptr, "", out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtcp_build(&report, nullptr, "", out, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  block.fraction_lost = 256;
  CHECK(voxlock_rtcp_build(&report, &block, "", out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  block.struct_size = 0;
  CHECK(voxlock_rtcp_build(&report, &block, "", out, &len) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_rtcp_parse(nullptr, 1, 0, &report) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtcp_parse(out, 4, 2, &report) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtcp_parse(out, 4, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_rtcp_get_block(out, 4, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("telephone events go out and come back") {
  auto event = sized<voxlock_dtmf_event>();
  event.code = 11;
  event.is_end = 1;
  event.volume = 63;
  event.duration = 65535;
  uint8_t out[4];
  size_t len = 3;
  CHECK(voxlock_dtmf_build(&event, out, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  REQUIRE(len == 4);
  REQUIRE(voxlock_dtmf_build(&event, out, &len) == VOXLOCK_OK);
  auto read = sized<voxlock_dtmf_event>();
  REQUIRE(voxlock_dtmf_parse(out, 4, &read) == VOXLOCK_OK);
  CHECK((read.code == 11 && read.is_end == 1 && read.volume == 63 && read.duration == 65535 &&
         read.digit == '#'));
  CHECK(voxlock_dtmf_parse(out, 3, &read) == VOXLOCK_ERR_TRUNCATED);
  CHECK(voxlock_dtmf_parse(out, 4, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  event.volume = 64;
  CHECK(voxlock_dtmf_build(&event, out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_dtmf_build(nullptr, out, &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("bindings find the RTP and SRTP structs") {
  CHECK(voxlock_sizeof("voxlock_rtp_header") == sizeof(voxlock_rtp_header));
  CHECK(voxlock_offsetof("voxlock_rtcp_report", "ntp") == offsetof(voxlock_rtcp_report, ntp));
  CHECK(voxlock_sizeof("voxlock_srtp_config") != 0);
}
