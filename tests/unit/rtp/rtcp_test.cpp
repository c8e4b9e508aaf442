#include "rtp/rtcp.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::rtp;
using test::from_hex;
using Rule = RtcpCompound::Rule;

namespace {

// Reads every field of every packet.
void walk(RtcpCompound compound) {
  while (const auto packet = compound.next()) {
    if (const auto report = parse_report(*packet)) {
      for (size_t i = 0; i < report->block_count(); ++i) (void)report->block(i);
    }
    if (packet->type == kRtcpSdes) {
      SdesReader reader(*packet);
      while (reader.next()) {
      }
    }
    if (const auto bye = parse_bye(*packet)) {
      for (size_t i = 0; i < bye->ssrc_count(); ++i) (void)bye->ssrc(i);
    }
  }
}

std::vector<uint8_t> sample_compound() {
  std::vector<uint8_t> out(512);
  bytes::Writer writer(out);
  const ReportBlock blocks[] = {{0x22222222, 64, -3, 0x00010005, 77, 0x12345678, 65536},
                                {3, 255, 0x7fffff, 1, 2, 3, 4}};
  REQUIRE(write_sender_report(0x11111111, {0x0102030405060708, 160, 10, 1600}, blocks, writer));
  REQUIRE(write_sdes_cname(0x11111111, "user@host", writer));
  const uint32_t leaving[] = {0x11111111, 9};
  REQUIRE(write_bye(leaving, "gone", writer));
  REQUIRE(writer.ok());
  out.resize(writer.size());
  return out;
}

}  // namespace

TEST_CASE("RFC 3550 6.4-6.6: a built compound parses to the same values") {
  const auto raw = sample_compound();
  auto compound = RtcpCompound::parse(raw, Rule::kStrict);
  REQUIRE(compound);
  const auto report = parse_report(*compound->next());
  REQUIRE(report);
  CHECK(report->ssrc == 0x11111111);
  REQUIRE(report->info);
  CHECK(report->info->ntp == 0x0102030405060708);
  CHECK(report->info->rtp_timestamp == 160);
  CHECK(report->info->packets == 10);
  CHECK(report->info->octets == 1600);
  REQUIRE(report->block_count() == 2);
  const ReportBlock block = report->block(0);
  CHECK(block.ssrc == 0x22222222);
  CHECK(block.fraction_lost == 64);
  CHECK(block.cumulative_lost == -3);
  CHECK(block.extended_highest == 0x00010005);
  CHECK(block.jitter == 77);
  CHECK(block.last_sr == 0x12345678);
  CHECK(block.delay_since_sr == 65536);
  CHECK(report->block(1).cumulative_lost == 0x7fffff);

  const auto sdes = compound->next();
  SdesReader reader(*sdes);
  const auto item = reader.next();
  REQUIRE(item);
  CHECK(item->ssrc == 0x11111111);
  CHECK(item->type == SdesReader::kCname);
  CHECK(item->text == "user@host");
  CHECK(!reader.next());
  CHECK(reader.ok());

  const auto bye = parse_bye(*compound->next());
  REQUIRE(bye);
  REQUIRE(bye->ssrc_count() == 2);
  CHECK(bye->ssrc(1) == 9);
  CHECK(bye->reason == "gone");
  CHECK(!compound->next());
  compound->rewind();
  CHECK(compound->next()->type == kRtcpSenderReport);
}

TEST_CASE("RFC 3550 A.2, RFC 5506: what is a compound") {
  struct Row {
    const char* title;
    const char* hex;
    Status strict;
    Status reduced;
  };
  const Status ok = Status::OK;
  const Row rows[] = {
      {"empty", "", Status::ERR_TRUNCATED, Status::ERR_TRUNCATED},
      {"half a head", "80c9", Status::ERR_TRUNCATED, Status::ERR_TRUNCATED},
      {"empty RR", "80c9000111223344", ok, ok},
      {"version 1", "40c9000111223344", Status::ERR_RTP_VERSION, Status::ERR_RTP_VERSION},
      {"length over the end", "80c9000211223344", Status::ERR_TRUNCATED, Status::ERR_TRUNCATED},
      {"bytes behind", "80c900011122334480", Status::ERR_TRUNCATED, Status::ERR_TRUNCATED},
      {"RR and an unknown type",
       "80c9000111223344"
       "85d00001aabbccdd",
       ok, ok},
      {"feedback alone",
       "81cd000200000001"
       "00000002",
       Status::ERR_RTCP_COMPOUND, ok},
      {"BYE alone", "80cb0000", Status::ERR_RTCP_COMPOUND, ok},
      {"padding at the end",
       "80c9000111223344"
       "a0cb000100000004",
       ok, ok},
      {"padding in front of the end",
       "a0c900021122334400000004"
       "80cb0000",
       Status::ERR_RTCP_COMPOUND, Status::ERR_RTCP_COMPOUND},
      {"padding of 0",
       "80c9000111223344"
       "a0cb000100000000",
       Status::ERR_RTP_PADDING, Status::ERR_RTP_PADDING},
      {"padding of 3",
       "80c9000111223344"
       "a0cb000100000003",
       Status::ERR_RTP_PADDING, Status::ERR_RTP_PADDING},
      {"padding over the packet",
       "80c9000111223344"
       "a0cb000100000008",
       Status::ERR_RTP_PADDING, Status::ERR_RTP_PADDING},
      {"padding without a body",
       "80c9000111223344"
       "a0cb0000",
       Status::ERR_RTP_PADDING, Status::ERR_RTP_PADDING},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const auto raw = from_hex(row.hex);
    CHECK(RtcpCompound::parse(raw, Rule::kStrict).error() == row.strict);
    CHECK(RtcpCompound::parse(raw, Rule::kReducedSize).error() == row.reduced);
  }
}

TEST_CASE("packets whose content is short are refused one by one") {
  struct Row {
    const char* title;
    const char* hex;
  };
  const Row rows[] = {
      {"SR without its info", "80c8000111223344"},
      {"RR with a block missing", "81c9000111223344"},
      {"RR without its SSRC", "80c90000"},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const auto raw = from_hex(row.hex);
    CHECK(parse_report(*RtcpCompound::parse(raw, Rule::kStrict)->next()).error() ==
          Status::ERR_TRUNCATED);
  }
  const auto bye = from_hex("82cb000100000001");
  CHECK(parse_bye(*RtcpCompound::parse(bye, Rule::kReducedSize)->next()).error() ==
        Status::ERR_TRUNCATED);
  const auto reason = from_hex("81cb00020000000105616263");
  CHECK(parse_bye(*RtcpCompound::parse(reason, Rule::kReducedSize)->next()).error() ==
        Status::ERR_TRUNCATED);
  const auto sdes = from_hex("81ca0002000000010105616263");
  const RtcpPacket packet{1, kRtcpSdes, ByteView(sdes).subspan(4), sdes};
  SdesReader reader(packet);
  CHECK(!reader.next());
  CHECK(!reader.ok());
  CHECK(parse_report(packet).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(parse_bye(packet).error() == Status::ERR_INVALID_ARGUMENT);
}

TEST_CASE("RFC 3550 6.5: chunks are padded to 32 bits") {
  for (size_t n = 0; n <= 255; ++n) {
    std::vector<uint8_t> out(600);
    bytes::Writer writer(out);
    REQUIRE(write_receiver_report(1, {}, writer));
    REQUIRE(write_sdes_cname(7, std::string(n, 'c'), writer));
    REQUIRE(write_bye({}, std::string(n, 'r'), writer));
    auto compound = RtcpCompound::parse(writer.written(), Rule::kStrict);
    REQUIRE(compound);
    (void)compound->next();
    SdesReader reader(*compound->next());
    CHECK(reader.next()->text.size() == n);
    CHECK(!reader.next());
    CHECK(reader.ok());
    CHECK(parse_bye(*compound->next())->reason.size() == n);
  }
  // Two chunks.
  const auto raw = from_hex(
      "82ca0005"
      "00000001"
      "01016100"
      "00000002"
      "01026262"
      "00000000");
  auto compound = RtcpCompound::parse(raw, Rule::kReducedSize);
  SdesReader reader(*compound->next());
  CHECK(reader.next()->text == "a");
  const auto second = reader.next();
  REQUIRE(second);
  CHECK((second->ssrc == 2 && second->text == "bb"));
  CHECK(!reader.next());
  CHECK(reader.ok());
}

TEST_CASE("out of range fields are not written") {
  bytes::Writer writer{MutableBytes()};
  const std::vector<ReportBlock> blocks(32);
  const std::vector<uint32_t> ssrcs(32);
  const std::string text(256, 'x');
  CHECK(write_sender_report(1, {}, blocks, writer).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(write_receiver_report(1, blocks, writer).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(write_sdes_cname(1, text, writer).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(write_bye(ssrcs, "", writer).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(write_bye({}, text, writer).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(writer.size() == 0);
}

TEST_CASE("RFC 3550 A.3: a loss beyond 24 bits is clamped") {
  std::vector<uint8_t> out(64);
  bytes::Writer writer(out);
  const ReportBlock block{1, 0, -9000000, 0, 0, 0, 0};
  REQUIRE(write_receiver_report(1, {&block, 1}, writer));
  CHECK(parse_report(*RtcpCompound::parse(writer.written(), Rule::kStrict)->next())
            ->block(0)
            .cumulative_lost == -0x800000);
}

TEST_CASE("every prefix of a compound ends at an unreadable page") {
  const auto raw = sample_compound();
  for (size_t n = 0; n <= raw.size(); ++n) {
    const test::Guarded input(ByteView(raw).first(n));
    if (const auto compound = RtcpCompound::parse(input.bytes(), Rule::kReducedSize))
      walk(*compound);
  }
}

TEST_CASE("the public RTCP corpus parses or is refused, never more") {
  for (const char* folder : {"rtp/webrtc-fuzz-rtcp", "rtp/pjsip-seeds"}) {
    if (!test::has_vectors(folder)) continue;
    for (const auto& name : test::list_vectors(folder)) {
      const std::string content = test::read_vector(std::string(folder) + "/" + name);
      const test::Guarded input(content);
      if (const auto compound = RtcpCompound::parse(input.bytes(), Rule::kReducedSize))
        walk(*compound);
    }
  }
}
