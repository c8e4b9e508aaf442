#include "leg/resend_ring.h"

#include <vector>

#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;
using leg::ResendRing;

namespace {

std::vector<uint8_t> packet(uint16_t sequence, size_t len) {
  std::vector<uint8_t> out(len, static_cast<uint8_t>(sequence));
  out[0] = static_cast<uint8_t>(sequence >> 8);
  return out;
}

bool is_same(ByteView a, const std::vector<uint8_t>& b) {
  return std::vector<uint8_t>(a.begin(), a.end()) == b;
}

}  // namespace

TEST_CASE("the newest packets come back byte for byte, older ones are gone") {
  test::TestContext world;
  ResendRing ring(world.memory, true);
  const uint64_t before = world.allocator.count;
  uint64_t now = kNsPerSecond;
  for (uint32_t i = 65000; i < 66000; ++i) {
    const auto sequence = static_cast<uint16_t>(i);
    const size_t len = 100 + i % 150;
    ring.keep(sequence, packet(sequence, len));
    now += 20 * kNsPerMs;
    const auto old = static_cast<uint16_t>(i - 40);
    // Every fourth, so that the bytes of the media pay for it.
    const bool is_asked = i >= 65040 && i % 4 == 0;
    const ByteView found = is_asked ? ring.take(old, now) : ByteView();
    if (is_asked) CHECK(is_same(found, packet(old, 100 + (i - 40) % 150)));
    CHECK(ring.take(static_cast<uint16_t>(i - ResendRing::kPackets), now).empty());
    CHECK(ring.take(static_cast<uint16_t>(i + 1), now).empty());
  }
  CHECK(world.allocator.count == before);
  ring.clear();
  CHECK(ring.take(static_cast<uint16_t>(65999), now).empty());
}

TEST_CASE("packets too long for all of them leave the newest whole") {
  test::TestContext world;
  ResendRing ring(world.memory, true);
  for (uint16_t i = 0; i < 200; ++i) ring.keep(i, packet(i, 1450));
  size_t found = 0;
  for (uint16_t i = 0; i < 200; ++i) {
    const ByteView got = ring.take(i, 1);
    if (got.empty()) continue;
    CHECK(is_same(got, packet(i, 1450)));
    CHECK(i >= 200 - ResendRing::kBytes / 1450);
    ++found;
  }
  CHECK(found == ResendRing::kMostAtOnce / 1450);
  ring.keep(7, packet(7, ResendRing::kBytes));
  CHECK(ring.take(7, 1).empty());
}

TEST_CASE("a packet goes out three times, with time between, in half the bytes of the media") {
  test::TestContext world;
  ResendRing ring(world.memory, true);
  for (uint16_t i = 0; i < 20; ++i) ring.keep(i, packet(i, 200));
  uint64_t now = kNsPerSecond;
  CHECK_FALSE(ring.take(3, now).empty());
  CHECK(ring.take(3, now + ResendRing::kLeastGapNs - 1).empty());
  for (int i = 0; i < 2; ++i) CHECK_FALSE(ring.take(3, now += ResendRing::kLeastGapNs).empty());
  CHECK(ring.take(3, now += kNsPerSecond).empty());
  size_t more = 0;
  for (int round = 0; round < 10; ++round, now += kNsPerSecond) {
    for (uint16_t i = 0; i < 20; ++i) more += ring.take(i, now).size();
  }
  CHECK(more == 20 * 200 / 2 - 3 * 200);
}

TEST_CASE("where nothing is agreed nothing is kept, in no memory") {
  test::TestContext world;
  ResendRing ring(world.memory, false);
  CHECK(world.allocator.live_bytes == 0);
  ring.keep(1, packet(1, 100));
  CHECK(ring.take(1, 1).empty());
}
