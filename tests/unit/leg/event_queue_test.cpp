#include "leg/event_queue.h"

#include <deque>
#include <random>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;
using leg::Event;
using leg::EventQueue;
using leg::EventType;

TEST_CASE("events come out in order with their bytes, whatever wraps") {
  test::TestContext world;
  EventQueue queue(world.memory, 4096);
  std::deque<std::vector<uint8_t>> model;
  std::mt19937 random(7);
  for (int step = 0; step < 20000; ++step) {
    if (random() % 2 == 0) {
      const size_t len = random() % 700 + 1;
      const MutableBytes room = queue.reserve(len + 50);
      if (room.empty()) {
        queue.pop();  // the event that tells the loss
        continue;
      }
      std::vector<uint8_t> data(len, static_cast<uint8_t>(step));
      std::copy(data.begin(), data.end(), room.begin());
      REQUIRE(queue.push(Event{}, len));
      model.push_back(data);
    } else if (!queue.is_empty()) {
      const ByteView bytes = queue.front_bytes();
      REQUIRE(std::vector<uint8_t>(bytes.begin(), bytes.end()) == model.front());
      model.pop_front();
      queue.pop();
    }
  }
}

TEST_CASE("a full queue keeps what it has and tells the loss first") {
  test::TestContext world;
  EventQueue queue(world.memory, 4096);
  size_t kept = 0;
  while (!queue.reserve(400).empty()) {
    Event event;
    event.value = kept;
    REQUIRE(queue.push(event, 400));
    ++kept;
  }
  CHECK(kept == 10);
  CHECK(queue.reserve(400).empty());
  REQUIRE(queue.front().type == EventType::kOverflow);
  CHECK(queue.front().value == 2);
  queue.pop();
  for (size_t i = 0; i < kept; ++i, queue.pop()) CHECK(queue.front().value == i);
  CHECK(queue.is_empty());
}

TEST_CASE("secret bytes are wiped when the event leaves") {
  test::TestContext world;
  EventQueue queue(world.memory, 4096);
  const MutableBytes room = queue.reserve(64);
  std::fill(room.begin(), room.end(), uint8_t{0xaa});
  REQUIRE(queue.push(Event{}, 64, true));
  queue.pop();
  CHECK(std::all_of(room.begin(), room.end(), [](uint8_t byte) { return byte == 0; }));
}
