#include "rtp/statistics.h"

#include "support/catch.h"

using namespace voxlock::rtp;
using Verdict = ReceiveStatistics::Verdict;

namespace {

constexpr uint64_t kMs = 1'000'000;

// A stream of 20 ms packets at 8 kHz.
struct Stream {
  ReceiveStatistics statistics{8000};
  uint64_t now_ns = 1'000'000'000'000;

  Verdict send(uint32_t sequence) {
    now_ns += 20 * kMs;
    return statistics.on_packet(static_cast<uint16_t>(sequence), sequence * 160, now_ns);
  }
  void run(uint32_t from, uint32_t to) {
    for (uint32_t i = from; i <= to; ++i) (void)send(i);
  }
};

}  // namespace

TEST_CASE("RFC 3550 A.1: a source is valid after two packets in order") {
  Stream stream;
  CHECK(stream.send(10) == Verdict::kProbation);
  CHECK(!stream.statistics.is_valid());
  CHECK(stream.statistics.expected() == 0);
  CHECK(stream.send(500) == Verdict::kProbation);
  CHECK(stream.send(501) == Verdict::kInOrder);
  CHECK(stream.statistics.is_valid());
  CHECK(stream.statistics.expected() == 2);
  CHECK(stream.statistics.received() == 2);
  CHECK(stream.statistics.lost() == 0);
}

TEST_CASE("RFC 3550 A.1: sequence numbers wrap into cycles") {
  Stream stream;
  stream.run(65000, 65536 * 2 + 10);
  CHECK(stream.statistics.extended_highest() == 65536 * 2 + 10);
  CHECK(stream.statistics.lost() == 0);
  Stream at_the_edge;
  (void)at_the_edge.send(65535);
  CHECK(at_the_edge.send(65536) == Verdict::kInOrder);
  CHECK(at_the_edge.statistics.extended_highest() == 65536);
  CHECK(at_the_edge.statistics.expected() == 2);
}

TEST_CASE("RFC 3550 A.3: fraction and cumulative loss") {
  Stream stream;
  stream.run(1, 10);
  stream.run(16, 20);
  auto block = stream.statistics.take_report(7, stream.now_ns);
  CHECK(block.ssrc == 7);
  CHECK(block.cumulative_lost == 5);
  CHECK(block.fraction_lost == 5 * 256 / 20);
  CHECK(block.extended_highest == 20);
  stream.run(21, 30);
  block = stream.statistics.take_report(7, stream.now_ns);
  CHECK(block.fraction_lost == 0);
  CHECK(block.cumulative_lost == 5);
  // Late packets reduce the loss, duplicates make it negative.
  for (const uint32_t late : {11, 12, 13, 14, 15}) CHECK(stream.send(late) == Verdict::kReordered);
  CHECK(stream.statistics.lost() == 0);
  CHECK(stream.send(30) == Verdict::kReordered);
  CHECK(stream.statistics.lost() == -1);
  CHECK(stream.statistics.take_report(7, stream.now_ns).cumulative_lost == -1);
}

TEST_CASE("RFC 3550 A.1: a big jump is believed at its second packet") {
  Stream stream;
  stream.run(1, 100);
  CHECK(stream.send(30000) == Verdict::kJump);
  CHECK(stream.statistics.received() == 100);
  CHECK(stream.send(101) == Verdict::kInOrder);
  CHECK(stream.send(40000) == Verdict::kJump);
  CHECK(stream.send(40001) == Verdict::kRestarted);
  CHECK(stream.statistics.restarts() == 1);
  CHECK(stream.statistics.received() == 2);
  CHECK(stream.statistics.lost() == 0);
  CHECK(stream.statistics.extended_highest() == 40001);
  // A restart whose first pair stands astride the wrap.
  CHECK(stream.send(65535 - 5000) == Verdict::kJump);
  CHECK(stream.send(65535) == Verdict::kJump);
  CHECK(stream.send(0) == Verdict::kRestarted);
  CHECK(stream.statistics.expected() == 2);
}

TEST_CASE("RFC 3550 A.8: jitter follows the spacing of arrivals, silence does not count") {
  Stream stream;
  stream.run(1, 200);
  CHECK(stream.statistics.jitter() == 0);
  // Each second packet 10 ms late: |D| is 80 units each time, the mean converges to 80.
  for (uint32_t i = 201; i < 600; ++i) {
    stream.now_ns += 20 * kMs;
    (void)stream.statistics.on_packet(static_cast<uint16_t>(i), i * 160,
                                      stream.now_ns + (i % 2) * 10 * kMs);
  }
  CHECK(stream.statistics.jitter() >= 75);
  CHECK(stream.statistics.jitter() <= 80);

  // DTX: sequence numbers go on, timestamp and arrival both leap.
  ReceiveStatistics dtx(8000);
  uint64_t now_ns = 0;
  uint32_t timestamp = 0;
  for (uint16_t i = 0; i < 100; ++i) {
    const uint32_t frames = i % 10 == 9 ? 50 : 1;
    now_ns += frames * 20 * kMs;
    timestamp += frames * 160;
    (void)dtx.on_packet(i, timestamp, now_ns);
  }
  CHECK(dtx.lost() == 0);
  CHECK(dtx.jitter() == 0);
}

TEST_CASE("packets of one timestamp leave the jitter alone") {
  ReceiveStatistics statistics(8000);
  for (uint16_t i = 0; i < 50; ++i) (void)statistics.on_packet(i, 1000, i * 50 * kMs);
  CHECK(statistics.jitter() == 0);
}

TEST_CASE("RFC 3550 6.4.1: round-trip time from LSR and DLSR") {
  // The example of figure 2: SR at 0xb705:2000, reply 5.25 s later, received at 0xb710:8000;
  // RTT 6.125 s.
  ReceiveStatistics receiver(8000);
  for (uint16_t i = 0; i < 2; ++i) (void)receiver.on_packet(i, 0, 0);
  CHECK(receiver.take_report(1, 0).last_sr == 0);
  receiver.on_sender_report({0xb44db70520000000, 0, 0, 0}, 10'000 * kMs);
  const ReportBlock block = receiver.take_report(1, 15'250 * kMs);
  CHECK(block.last_sr == 0xb7052000);
  CHECK(block.delay_since_sr == 0x00054000);

  SendStatistics sender;
  CHECK(!sender.has_rtt());
  sender.on_report_block(block, 0xb44db71080000000);
  REQUIRE(sender.has_rtt());
  CHECK(sender.rtt_ns() == 6'125 * kMs);
  // A clock that went back gives no time; a block without LSR neither.
  sender.on_report_block(block, 0xb44db70500000000);
  sender.on_report_block(ReportBlock{}, 0xb44db71090000000);
  CHECK(sender.rtt_ns() == 6'125 * kMs);
  sender.on_packet(160);
  sender.on_packet(160);
  CHECK(sender.info(1, 2).packets == 2);
  CHECK(sender.info(1, 2).octets == 320);
}

TEST_CASE("NTP time counts from 1900") {
  CHECK(ntp_from_unix(0) >> 32 == 2208988800);
  CHECK(ntp_from_unix(1'500'000'000) == (uint64_t{2208988801} << 32 | 0x80000000));
  CHECK(fixed_seconds(250 * kMs) == 0x40000000);
}

TEST_CASE(
    "RFC 3550 6.3.1: the interval is at least 5 s, half of it at first, spread and compensated") {
  const uint64_t half = rtcp_interval_ns({}, 0);
  CHECK(half == 2'500'000'000ull * 100'000 / 121'828);
  CHECK(rtcp_interval_ns({}, UINT32_MAX) > 2 * half);
  CHECK(rtcp_interval_ns({}, UINT32_MAX) <= 3 * half);
  RtcpIntervalInput initial;
  initial.is_initial = true;
  CHECK(rtcp_interval_ns(initial, 0) == half / 2);
  // 1000 members, 10 senders, 1000 bytes at 64 kbit/s of RTCP: receivers have three quarters of it.
  RtcpIntervalInput many{1000, 10, false, false, {16000, 48000}, 1000};
  CHECK(rtcp_interval_ns(many, 0x80000000) == 165'000'000'000ull * 100'000 / 121'828);
  many.we_sent = true;
  CHECK(rtcp_interval_ns(many, 0x80000000) == 5'000'000'000ull * 100'000 / 121'828);
  many = {UINT32_MAX, UINT32_MAX, true, false, {0, 1}, UINT32_MAX};
  CHECK(rtcp_interval_ns(many, UINT32_MAX) < 6'000'000'000'000);
}

TEST_CASE("RFC 3556 3: the shares of senders and receivers, and what a share of 0 means") {
  struct Row {
    const char* title;
    RtcpBandwidth bandwidth;
    uint32_t senders;
    bool we_sent;
    bool is_allowed;
    uint64_t seconds;
  };
  // Two members, reports of 500 bytes.
  const Row rows[] = {
      {"both talk: all of it for both", {800, 2400}, 2, true, true, 5},
      {"little for both", {100, 300}, 2, true, true, 20},
      {"senders live on the receivers' share", {0, 400}, 2, true, true, 20},
      {"a receiver beside a sender", {0, 400}, 1, false, true, 20},
      {"a sender with a share of its own", {200, 0}, 1, true, true, 20},
      {"a receiver without one", {200, 0}, 1, false, false, 5},
      {"nothing for anybody", {0, 0}, 2, true, false, 5},
      {"nothing, and nobody talks", {0, 0}, 0, false, false, 5},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const RtcpIntervalInput input{2, row.senders, row.we_sent, false, row.bandwidth, 500};
    CHECK(row.bandwidth.allows(row.we_sent) == row.is_allowed);
    CHECK(rtcp_interval_ns(input, 0x80000000) == row.seconds * 1'000'000'000 * 100'000 / 121'828);
  }
}
