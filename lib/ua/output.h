// Events waiting for the host, with their bytes, in memory of fixed size.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "ua/event.h"

namespace voxlock::ua {

class OutputQueue {
 public:
  OutputQueue(std::pmr::memory_resource& memory, uint32_t events, uint32_t bytes);

  // Room for that many more events with that many bytes together.
  [[nodiscard]] bool has_room(size_t events, size_t bytes) const {
    return events <= events_.size() - count_ && bytes <= bytes_.size() - (tail_ - head_);
  }
  // Adds an event that owns a copy of data. Ranges other than data are relative to data. The caller
  // has made sure of the room; an event without room is dropped and false given.
  bool push(Event event, ByteView data);

  // Moves events to the host; their ranges become relative to the arena.
  struct Taken {
    size_t events = 0;
    size_t bytes = 0;
  };
  Taken take(std::span<Event> out, MutableBytes arena);
  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  // Arena bytes that the first event needs.
  [[nodiscard]] size_t first_len() const { return count_ == 0 ? 0 : events_[first_].data.len; }

 private:
  std::pmr::vector<Event> events_;  // a ring; data.offset counts from head_ at the time of taking
  std::pmr::vector<uint8_t> bytes_;
  size_t first_ = 0;
  size_t count_ = 0;
  size_t head_ = 0;
  size_t tail_ = 0;
};

}  // namespace voxlock::ua
