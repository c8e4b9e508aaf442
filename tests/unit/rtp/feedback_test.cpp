#include "rtp/feedback.h"

#include <vector>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::rtp;
using test::from_hex;
using Rule = RtcpCompound::Rule;
using Sequences = std::vector<uint16_t>;

namespace {

Sequences read(ByteView fci) {
  Sequences out;
  NackReader reader(fci);
  while (const auto sequence = reader.next()) out.push_back(*sequence);
  return out;
}

Result<FeedbackView> only_packet(ByteView datagram) {
  auto compound = RtcpCompound::parse(datagram, Rule::kReducedSize);
  if (!compound) return compound.error();
  return parse_feedback(*compound->next());
}

std::vector<uint8_t> written(const Sequences& sequences) {
  std::vector<uint8_t> out(256);
  bytes::Writer writer(out);
  REQUIRE(write_nack(0x11111111, 0x22222222, sequences, writer));
  REQUIRE(writer.ok());
  out.resize(writer.size());
  return out;
}

}  // namespace

TEST_CASE("RFC 4585 6.2.1: a NACK as it stands on the wire") {
  const auto raw = from_hex("81cd00041111111122222222fffe800510000000");
  const auto feedback = only_packet(raw);
  REQUIRE(feedback);
  CHECK(feedback->format == kGenericNack);
  CHECK(feedback->sender_ssrc == 0x11111111);
  CHECK(feedback->media_ssrc == 0x22222222);
  // 0x8005: the first, third and sixteenth behind 0xfffe.
  CHECK(read(feedback->fci) == Sequences{0xfffe, 0xffff, 1, 14, 0x1000});
  CHECK(written({0xfffe, 0xffff, 1, 14, 0x1000}) == raw);
}

TEST_CASE("RFC 4585 6.2.1: numbers are packed and come back") {
  const Sequences rows[] = {
      {7}, {7, 8}, {7, 23}, {7, 24}, {65535, 0, 15, 16, 32}, {0, 100, 200, 300, 65000}};
  for (const Sequences& row : rows) {
    const auto raw = written(row);
    CHECK(read(only_packet(raw)->fci) == row);
  }
  Sequences most;
  for (uint16_t i = 0; i < kMaxNacked; ++i) most.push_back(static_cast<uint16_t>(i * 17 + 65000));
  CHECK(read(only_packet(written(most))->fci) == most);
  CHECK(written(most).size() == 12 + 4 * kMaxNacked);
  bytes::Writer none({});
  most.push_back(9);
  CHECK(write_nack(1, 2, {}, none).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(write_nack(1, 2, most, none).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(none.size() == 0);
}

TEST_CASE("RFC 4585 6.1: what is no whole feedback message is refused") {
  CHECK(only_packet(from_hex("81cd000111111111")).error() == Status::ERR_TRUNCATED);
  CHECK(only_packet(from_hex("80c9000111111111")).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(only_packet(from_hex("81ce00021111111122222222"))->fci.empty());
  const auto raw = written({1, 9, 70});
  for (size_t len = 0; len < raw.size(); ++len) {
    const test::Guarded input(ByteView(raw).first(len));
    CHECK(!only_packet(input.bytes()));
    CHECK(read(input.bytes()).size() <= 17 * (len / 4));
  }
}
