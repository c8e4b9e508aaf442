#include "rtp/xr.h"

#include <vector>

#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::rtp;

namespace {

VoipMetrics sample_metrics() {
  VoipMetrics out;
  out.ssrc = 0x11223344;
  out.loss_rate = 12;
  out.discard_rate = 3;
  out.burst_density = 200;
  out.gap_density = 1;
  out.burst_ms = 340;
  out.gap_ms = 61000;
  out.round_trip_ms = 87;
  out.end_system_ms = 45;
  out.signal_dbm0 = -18;
  out.noise_dbm0 = -67;
  out.rerl_db = 55;
  out.r_factor = 88;
  out.external_r_factor = 70;
  out.mos_lq = 43;
  out.mos_cq = 42;
  out.concealment = Concealment::kStandard;
  out.jitter_buffer = JitterBuffer::kAdaptive;
  out.jitter_buffer_rate = 9;
  out.buffer_nominal_ms = 40;
  out.buffer_maximum_ms = 60;
  out.buffer_absolute_ms = 200;
  return out;
}

std::vector<uint8_t> sample_report() {
  std::vector<uint8_t> out(256);
  bytes::Writer writer(out);
  const DlrrItem answers[] = {{9, 0x12345678, 65536}, {8, 1, 2}};
  const VoipMetrics metrics = sample_metrics();
  write_extended_report(7, {uint64_t{0x0102030405060708}, answers, {&metrics, 1}}, writer);
  REQUIRE(writer.ok());
  out.resize(writer.size());
  return out;
}

RtcpPacket first(const std::vector<uint8_t>& raw) {
  auto compound = RtcpCompound::parse(raw, RtcpCompound::Rule::kReducedSize);
  REQUIRE(compound);
  return *compound->next();
}

}  // namespace

TEST_CASE("RFC 3611 4: a built report parses to the same values") {
  const auto raw = sample_report();
  XrReader reader(first(raw));
  CHECK(reader.ssrc() == 7);
  const auto time = reader.next();
  REQUIRE(time);
  CHECK(*parse_receiver_reference_time(*time) == 0x0102030405060708);
  CHECK(parse_dlrr(*time).error() == Status::ERR_INVALID_ARGUMENT);
  const auto answers = parse_dlrr(*reader.next());
  REQUIRE(answers);
  REQUIRE(answers->count() == 2);
  CHECK(answers->item(0).ssrc == 9);
  CHECK(answers->item(0).last_rr == 0x12345678);
  CHECK(answers->item(1).delay_since_rr == 2);
  const auto metrics = parse_voip_metrics(*reader.next());
  REQUIRE(metrics);
  CHECK(*metrics == sample_metrics());
  CHECK(!reader.next());
  CHECK(reader.ok());
}

TEST_CASE("RFC 3611 4.7: the fields stand where the diagram has them") {
  std::vector<uint8_t> raw(64);
  bytes::Writer writer(raw);
  const VoipMetrics metrics = sample_metrics();
  write_extended_report(7, {{}, {}, {&metrics, 1}}, writer);
  raw.resize(writer.size());
  const std::vector<uint8_t> expected = {
      0x80, 207,  0,    10,    // head, length in words - 1
      0,    0,    0,    7,     // who reports
      7,    0,    0,    8,     // block type, length in words
      0x11, 0x22, 0x33, 0x44,  // about whom
      12,   3,    200,  1,     // rates and densities
      0x01, 0x54, 0xee, 0x48,  // burst and gap, ms
      0,    87,   0,    45,    // delays, ms
      0xee, 0xbd, 55,   16,    // levels, RERL, Gmin
      88,   70,   43,   42,    // R factors and scores
      0xf9, 0,    0,    40,    // RX config, nominal delay
      0,    60,   0,    200,   // maximum, absolute maximum
  };
  CHECK(raw == expected);
}

TEST_CASE("RFC 3611 3: what is empty is left out") {
  std::vector<uint8_t> raw(64);
  bytes::Writer writer(raw);
  write_extended_report(7, {}, writer);
  CHECK(writer.size() == 0);
  write_extended_report(7, {uint64_t{5}, {}, {}}, writer);
  CHECK(writer.size() == 20);
}

TEST_CASE("RFC 3611 3: blocks of unknown types are passed over") {
  std::vector<uint8_t> raw = {0x80, 207, 0, 6, 0, 0, 0, 7, 99, 1, 0, 1, 1, 2,
                              3,    4,   4, 0, 0, 2, 0, 0, 0,  1, 0, 0, 0, 2};
  XrReader reader(first(raw));
  CHECK(reader.next()->type == 99);
  CHECK(*parse_receiver_reference_time(*reader.next()) == 0x0000000100000002);
  CHECK(!reader.next());
  CHECK(reader.ok());
}

TEST_CASE("RFC 3611 3: blocks that are no blocks are refused") {
  struct Row {
    const char* title;
    std::vector<uint8_t> raw;
    bool is_ok;
  };
  const Row rows[] = {
      {"without a sender", {0x80, 207, 0, 0}, false},
      {"another packet type", {0x80, 204, 0, 1, 0, 0, 0, 7}, false},
      {"nothing in it", {0x80, 207, 0, 1, 0, 0, 0, 7}, true},
      {"a block over the end", {0x80, 207, 0, 2, 0, 0, 0, 7, 4, 0, 0, 2}, false},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    XrReader reader(first(row.raw));
    while (reader.next()) {
    }
    CHECK(reader.ok() == row.is_ok);
  }
  const std::vector<uint8_t> body(40);
  CHECK(!parse_receiver_reference_time({kXrReceiverReferenceTime, 0, ByteView(body).first(4)}));
  CHECK(!parse_dlrr({kXrDlrr, 0, ByteView(body).first(16)}));
  CHECK(!parse_voip_metrics({kXrVoipMetrics, 0, ByteView(body).first(36)}));
  CHECK(!parse_voip_metrics({kXrVoipMetrics, 0, ByteView(body).first(28)}));
}

TEST_CASE("RFC 3611 4.7: values out of range are told from those in it") {
  struct Row {
    const char* title;
    void (*change)(VoipMetrics&);
    bool is_good;
  };
  const Row rows[] = {
      {"as it is", [](VoipMetrics&) {}, true},
      {"R 100", [](VoipMetrics& m) { m.r_factor = 100; }, true},
      {"R 101", [](VoipMetrics& m) { m.r_factor = 101; }, false},
      {"external R 128", [](VoipMetrics& m) { m.external_r_factor = 128; }, false},
      {"a score of 0.9", [](VoipMetrics& m) { m.mos_lq = 9; }, false},
      {"a score of 5.1", [](VoipMetrics& m) { m.mos_cq = 51; }, false},
      {"unknown scores", [](VoipMetrics& m) { m.mos_lq = m.mos_cq = kXrUnknown; }, true},
      {"Gmin 0", [](VoipMetrics& m) { m.gmin = 0; }, false},
      {"RERL 128", [](VoipMetrics& m) { m.rerl_db = 128; }, false},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    VoipMetrics metrics = sample_metrics();
    row.change(metrics);
    CHECK(is_plausible(metrics) == row.is_good);
  }
}

TEST_CASE("every prefix of an extended report ends in front of an unreadable page") {
  const auto raw = sample_report();
  for (size_t len = 0; len < raw.size(); ++len) {
    const test::Guarded guarded(ByteView(raw).first(len));
    // As a body of that length would be, whatever the head says.
    RtcpPacket packet;
    packet.type = kRtcpExtendedReport;
    packet.body = guarded.bytes();
    XrReader reader(packet);
    while (const auto block = reader.next()) {
      (void)parse_receiver_reference_time(*block);
      if (const auto answers = parse_dlrr(*block); answers && answers->count() != 0)
        (void)answers->item(answers->count() - 1);
      (void)parse_voip_metrics(*block);
    }
  }
}
