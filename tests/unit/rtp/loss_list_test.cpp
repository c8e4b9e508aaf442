#include "rtp/loss_list.h"

#include <vector>

#include "support/catch.h"

using namespace voxlock;
using rtp::LossList;
using Sequences = std::vector<uint16_t>;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;
constexpr uint64_t kRetry = 50 * kNsPerMs;

struct Stream {
  LossList list;
  uint64_t now = kNsPerSecond;
  uint64_t next = 70000;

  explicit Stream(size_t credit = 100) {
    for (size_t i = 0; i < credit; ++i) come();
  }
  void come() {
    list.on_packet(next++, now);
    now += kFrame;
  }
  void lose(uint64_t n = 1) {
    next += n;
    now += n * kFrame;
  }
  Sequences due() {
    Sequences out(64);
    out.resize(list.take_due(kRetry, now, out));
    return out;
  }
  // What is asked for until the list is quiet.
  Sequences all() {
    Sequences out;
    while (list.next_deadline() != kNever) {
      now = std::max(now, list.next_deadline());
      for (const uint16_t sequence : due()) out.push_back(sequence);
    }
    return out;
  }
};

uint16_t low(uint64_t index) {
  return static_cast<uint16_t>(index);
}

}  // namespace

TEST_CASE("RFC 4585 6.2.1: a gap is asked for once it is no reordering") {
  Stream stream;
  CHECK(stream.list.next_deadline() == kNever);
  stream.lose(2);
  const uint64_t seen = stream.now;
  stream.come();
  CHECK(stream.list.next_deadline() == seen + LossList::kPatienceNs);
  stream.now = seen + LossList::kPatienceNs - 1;
  CHECK(stream.due().empty());
  ++stream.now;
  CHECK(stream.due() == Sequences{low(70100), low(70101)});
  CHECK(stream.due().empty());
  CHECK(stream.list.is_open_before(70102));
  CHECK_FALSE(stream.list.is_open_before(70100));
  // One comes, the other is asked for again.
  stream.list.on_packet(70100, stream.now);
  CHECK(stream.list.stats().recovered == 1);
  stream.now += kRetry;
  CHECK(stream.due() == Sequences{low(70101)});
  stream.list.on_packet(70101, stream.now);
  CHECK(stream.list.stats().recovered == 2);
  CHECK(stream.list.next_deadline() == kNever);
}

TEST_CASE("a packet that was overtaken is never asked for") {
  Stream stream;
  stream.list.on_packet(stream.next + 1, stream.now);
  stream.list.on_packet(stream.next, stream.now + kNsPerMs);
  CHECK(stream.all().empty());
  CHECK(stream.list.stats().recovered == 0);
}

TEST_CASE("a pause of the sender has no gap in its numbers: nothing is asked for") {
  Stream stream;
  for (int i = 0; i < 50; ++i) {
    stream.now += 7 * kNsPerSecond;
    stream.come();
    CHECK(stream.list.next_deadline() == kNever);
  }
  CHECK(stream.list.stats().requested == 0);
}

TEST_CASE("what does not come is asked for three times and then given up") {
  Stream stream;
  stream.lose();
  const uint64_t seen = stream.now;
  stream.come();
  CHECK(stream.all() == Sequences(3, low(70100)));
  CHECK(stream.now == seen + LossList::kGiveUpNs);
  CHECK(stream.list.stats().given_up == 1);
  CHECK(stream.list.stats().requested == 3);
}

TEST_CASE(
    "the list is bounded: the newest of a long gap, and no more than a quarter of the media") {
  Stream stream;
  stream.lose(500);
  stream.come();
  const Sequences asked = stream.all();
  CHECK(asked.size() == LossList::kMostAtOnce);
  CHECK(asked.front() == low(70568));
  CHECK(stream.list.stats().given_up == LossList::kMost);

  Stream bad;
  const uint64_t before = bad.list.stats().requested;
  for (int i = 0; i < 1000; ++i) {
    bad.lose();
    bad.come();
    (void)bad.due();
  }
  CHECK(bad.list.stats().requested - before <= 1000 / 4 + LossList::kMostAtOnce);
  CHECK(bad.list.stats().requested - before >= 1000 / 4 - LossList::kMostAtOnce);
}

TEST_CASE("the time to an answer is measured where one request was out") {
  Stream stream;
  CHECK(stream.list.answer_ns() == 0);
  for (int i = 0; i < 20; ++i) {
    stream.lose();
    stream.come();
    stream.now += LossList::kPatienceNs;
    REQUIRE(stream.due().size() == 1);
    stream.list.on_packet(stream.next - 2, stream.now + 70 * kNsPerMs);
  }
  CHECK(stream.list.answer_ns() / kNsPerMs >= 69);
  CHECK(stream.list.answer_ns() / kNsPerMs <= 70);
  const uint64_t before = stream.list.answer_ns();
  stream.lose();
  stream.come();
  stream.now += LossList::kPatienceNs;
  CHECK(stream.due().size() == 1);
  stream.now += kRetry;
  CHECK(stream.due().size() == 1);
  stream.list.on_packet(stream.next - 2, stream.now + 1);
  CHECK(stream.list.answer_ns() == before);
}

TEST_CASE("another source begins with nothing missing; what came another way is not asked for") {
  Stream stream;
  stream.lose();
  stream.come();
  stream.list.reset();
  stream.list.on_packet(5, stream.now);
  CHECK(stream.all().empty());
  stream.list.on_packet(8, stream.now);
  stream.list.forget(6);
  stream.list.forget(99);
  stream.now += LossList::kPatienceNs;
  CHECK(stream.due() == Sequences{7});
}
