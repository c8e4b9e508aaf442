#include "srtp/replay.h"

#include <random>
#include <set>

#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::srtp;

TEST_CASE("RFC 3711 3.3.2: the window agrees with a plain set of all indexes") {
  for (const uint32_t size : {64u, 100u, 1024u}) {
    std::mt19937 random(size);
    ReplayWindow<kMaxReplayWindow> window;
    std::set<uint64_t> seen;
    uint64_t front = 1000;
    for (int i = 0; i < 20000; ++i) {
      front += random() % 50 == 0 ? random() % 3000 : random() % 3;
      const uint64_t index = front - random() % (2 * size < front ? 2 * size : front);
      const uint64_t highest = seen.empty() ? 0 : *seen.rbegin();
      const bool is_old = !seen.empty() && index + size <= highest;
      const Status expected = is_old                   ? Status::ERR_SRTP_TOO_OLD
                              : seen.count(index) != 0 ? Status::ERR_SRTP_REPLAYED
                                                       : Status::OK;
      REQUIRE(window.check(index, size).error() == expected);
      if (expected != Status::OK) continue;
      window.commit(index);
      seen.insert(index);
    }
  }
}

TEST_CASE("any change of a window changes its hash") {
  ReplayWindow<kRtcpReplayWindow> window;
  const uint64_t empty = window.mix(1);
  window.commit(0);
  const uint64_t zero = window.mix(1);
  CHECK(zero != empty);
  window.commit(5);
  const uint64_t five = window.mix(1);
  CHECK(five != zero);
  window.commit(3);
  CHECK(window.mix(1) != five);
  CHECK(window.highest() == 5);
}

TEST_CASE("the source table holds what it has room for") {
  test::TestContext t;
  SourceTable table(t.memory, 2);
  CHECK(table.find(1) == nullptr);
  Source* first = &table.add(1);
  table.add(2);
  CHECK(table.is_full());
  CHECK(table.find(1) == first);
  CHECK(table.find(3) == nullptr);
  CHECK(t.allocator.count == 1);
}
