#include "rtp/transport_feedback.h"

#include <vector>

#include "rtp/arrival_log.h"
#include "rtp/sent_log.h"
#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::rtp;
using test::from_hex;
using Rule = RtcpCompound::Rule;

namespace {

struct Told {
  uint16_t sequence;
  int64_t at_us;  // -1: did not come
  bool operator==(const Told&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << told.sequence << "@" << told.at_us;
}

std::vector<Told> read(ByteView fci) {
  auto feedback = TransportFeedback::parse(fci);
  REQUIRE(feedback);
  std::vector<Told> out;
  while (const auto status = feedback->next())
    out.push_back({status->sequence, status->is_received ? status->arrival_us : -1});
  return out;
}

ByteView fci_of(ByteView datagram) {
  auto compound = RtcpCompound::parse(datagram, Rule::kReducedSize);
  REQUIRE(compound);
  const auto view = parse_feedback(*compound->next());
  REQUIRE(view);
  CHECK(view->format == kTransportFeedback);
  return view->fci;
}

std::vector<uint8_t> written(uint16_t base, const std::vector<int64_t>& arrivals, size_t expected) {
  std::vector<uint8_t> out(512);
  bytes::Writer writer(out);
  CHECK(write_transport_feedback({1, 2, base, 9}, arrivals, writer) == expected);
  REQUIRE(writer.ok());
  out.resize(writer.size());
  return out;
}

}  // namespace

TEST_CASE("transport-wide-cc-extensions-01 3.1: every kind of chunk, as it stands on the wire") {
  struct Row {
    const char* title;
    const char* fci;
    std::vector<Told> told;
  };
  const Row rows[] = {
      {"a run of small deltas",
       "0010000300000105200304080c000000",
       {{16, 64000 + 1000}, {17, 64000 + 3000}, {18, 64000 + 6000}}},
      {"a run of lost ones, then one",
       "fffe0005000001010004c00004"
       "0000",
       {{0xfffe, -1}, {0xffff, -1}, {0, -1}, {1, -1}, {2, -1}}},
      {"one-bit symbols",
       "00050004000000009a00"
       "0102000000",
       {{5, -1}, {6, 250}, {7, 750}, {8, -1}}},
      {"two-bit symbols, a delta back",
       "0005000300000000d880"
       "04fffe000000",
       {{5, 1000}, {6, 500}, {7, -1}}},
  };
  // 0x9a00: bits 0110 1000 ...; 0xd880: symbols 1, 2, 0 ... with the two flags in front.
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(read(from_hex(row.fci)) == row.told);
  }
}

TEST_CASE("what is written comes back, whatever was lost or late") {
  struct Row {
    const char* title;
    std::vector<int64_t> arrivals;
    size_t taken;
  };
  std::vector<int64_t> all(kMaxWritten + 10, 0), gaps(kMaxWritten, -1), jitter;
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(20000 * i);
  gaps.front() = 77 * 64000;
  gaps.back() = 77 * 64000 + 70000;
  for (int64_t i = 0; i < 40; ++i)
    jitter.push_back(i % 7 == 3 ? -1 : 1000000 + i * 20000 - i % 3 * 30000);
  const Row rows[] = {{"one", {123000}, 1},
                      {"small steps", {1000000, 1000250, 1001000, 1063750}, 4},
                      {"lost between", {1000000, -1, -1, 1060000, -1, 1100000}, 6},
                      {"the first ones lost", {-1, -1, 1000000}, 3},
                      {"a late one", {1000000, 1200000, 1020000}, 3},
                      {"more than one message holds", all, kMaxWritten},
                      {"a long gap", gaps, kMaxWritten},
                      {"jitter", jitter, jitter.size()},
                      {"further apart than a delta", {0, 9000000, 9020000}, 1},
                      {"the reference wraps", {(int64_t{1} << 24) * 64000 + 500}, 1}};
  for (const Row& row : rows) {
    INFO(row.title);
    const auto raw = written(65534, row.arrivals, row.taken);
    CHECK(raw.size() % 4 == 0);
    const auto told = read(fci_of(raw));
    REQUIRE(told.size() == row.taken);
    for (size_t i = 0; i < told.size(); ++i) {
      CHECK(told[i].sequence == static_cast<uint16_t>(65534 + i));
      const int64_t at = row.arrivals[i];
      const int64_t expected = at < 0 ? -1 : at % ((int64_t{1} << 24) * 64000) / 250 * 250;
      CHECK(told[i].at_us == expected);
    }
  }
  bytes::Writer none({});
  CHECK(write_transport_feedback({}, std::vector<int64_t>(5, -1), none) == 0);
  CHECK(write_transport_feedback({}, {}, none) == 0);
  CHECK(none.size() == 0);
}

TEST_CASE("a message that is cut or tells too much is refused") {
  const auto raw = written(7, {1000000, -1, 1200000, 1000000, 1020000}, 5);
  const ByteView fci = fci_of(raw);
  CHECK(read(fci).size() == 5);
  // 5 numbers: 8 bytes, one chunk, deltas of 1, 2, 2 and 1 bytes.
  for (size_t len = 0; len < 8 + 2 + 1 + 2 + 2 + 1; ++len) {
    const test::Guarded input(fci.first(len));
    CHECK(TransportFeedback::parse(input.bytes()).error() == Status::ERR_TRUNCATED);
  }
  CHECK(TransportFeedback::parse(from_hex("00010401000000011401")).error() == Status::ERR_LIMIT);
  // A run of no length would never end.
  CHECK(TransportFeedback::parse(from_hex("000100010000000120002000")).error() ==
        Status::ERR_TRUNCATED);
}

TEST_CASE(
    "feedback that browsers pad to a word by one to three octets is taken, wherever it stands") {
  // 205, format 15, padding bit; the last octet counts one.
  const auto padded = from_hex("afcd00050000000100000002001000010000100020010401");
  auto compound = RtcpCompound::parse(padded, Rule::kReducedSize);
  REQUIRE(compound);
  const auto part = compound->next();
  CHECK(read(parse_feedback(*part)->fci) == std::vector<Told>{{16, 16 * 64000 + 1000}});
  auto two = padded;
  two.insert(two.end(), padded.begin(), padded.end());
  auto both = RtcpCompound::parse(two, Rule::kReducedSize);
  REQUIRE(both);
  int parts = 0;
  while (both->next()) ++parts;
  CHECK(parts == 2);
  // Of anything else the padding is a multiple of four.
  auto other = padded;
  other[0] = 0xa1;
  CHECK(RtcpCompound::parse(other, Rule::kReducedSize).error() == Status::ERR_RTP_PADDING);
}

namespace {

// What the log tells of now, in as many messages as it takes.
std::vector<Told> tell(ArrivalLog& log) {
  std::vector<Told> out;
  for (;;) {
    std::vector<uint8_t> raw(512);
    bytes::Writer writer(raw);
    if (!log.write(1, 2, writer)) return out;
    REQUIRE(writer.ok());
    for (const Told& told : read(fci_of(writer.written()))) out.push_back(told);
  }
}

}  // namespace

TEST_CASE("arrivals are told once, a late one with what came behind it") {
  ArrivalLog log;
  CHECK(log.waiting_since_ns() == kNever);
  CHECK(tell(log).empty());
  const auto come = [&](uint16_t sequence, uint64_t ms) { log.on_packet(sequence, ms * kNsPerMs); };
  come(65534, 1000);
  come(65535, 1020);
  come(1, 1060);
  CHECK(log.waiting_since_ns() == 1000 * kNsPerMs);
  CHECK(tell(log) == std::vector<Told>{{65534, 1000000}, {65535, 1020000}, {0, -1}, {1, 1060000}});
  CHECK(log.waiting_since_ns() == kNever);
  come(1, 1061);
  CHECK(log.waiting_since_ns() == kNever);
  come(2, 1080);
  come(0, 1090);
  CHECK(tell(log) == std::vector<Told>{{0, 1090000}, {1, 1060000}, {2, 1080000}});
  // Before our time, and long before.
  come(65500, 1100);
  CHECK(tell(log).front() == Told{65500, 1100000});
  come(static_cast<uint16_t>(65500 - 1000), 1110);
  CHECK(log.waiting_since_ns() == kNever);
}

TEST_CASE("a leap of the numbers is told from what is remembered on") {
  ArrivalLog log;
  log.on_packet(10, kNsPerSecond);
  (void)tell(log);
  log.on_packet(10 + 5000, 2 * kNsPerSecond);
  const auto told = tell(log);
  REQUIRE(told.size() == ArrivalLog::kRemembered);
  CHECK(told.back() == Told{5010, 2000000});
  CHECK(told.front().at_us == -1);
}

namespace {

void report(SentLog& log, uint16_t base, const std::vector<int64_t>& arrivals) {
  const auto raw = written(base, arrivals, arrivals.size());
  log.on_feedback(*TransportFeedback::parse(fci_of(raw)));
}

}  // namespace

TEST_CASE("each packet that was sent counts once: received, lost, or late") {
  SentLog log;
  for (uint32_t i = 0; i < 10; ++i) CHECK(log.next(i * 20 * kNsPerMs) == i);
  report(log, 0, {5000000, -1, 5040000, -1, 5080000});
  CHECK(log.stats().received == 3);
  CHECK(log.stats().lost == 2);
  // Again, with one that came late.
  report(log, 0, {5000000, 5090000, 5040000, -1, 5080000});
  CHECK(log.stats().received == 4);
  CHECK(log.stats().lost == 1);
  CHECK(log.stats().messages == 2);
  // Of packets that were never sent, or are long forgotten.
  report(log, 100, {5000000, -1});
  for (uint32_t i = 10; i < 10 + SentLog::kRemembered; ++i) (void)log.next(i * 20 * kNsPerMs);
  report(log, 5, {5200000, -1});
  CHECK(log.stats().received == 4);
  CHECK(log.stats().lost == 1);
}

TEST_CASE("what waits in a queue shows against the quickest packet, over the wrap of their clock") {
  SentLog log;
  const int64_t wrap = (int64_t{1} << 24) * 64000;
  const int64_t begin = wrap - 400000;  // their clock
  uint16_t sequence = 0;
  const auto pass = [&](int64_t extra_us) {
    const uint64_t now = sequence * 20 * kNsPerMs;
    (void)log.next(now);
    report(log, sequence, {(begin + int64_t{sequence} * 20000 + extra_us) % wrap});
    ++sequence;
  };
  for (int i = 0; i < 30; ++i) pass(10000);
  CHECK(log.stats().queue_us <= 1000);
  pass(60000);
  CHECK(log.stats().queue_us >= 49000);
  CHECK(log.stats().queue_us <= 51000);
  pass(8000);
  CHECK(log.stats().queue_us <= 300);
}
