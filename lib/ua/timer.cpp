#include "ua/timer.h"

#include <cassert>

namespace voxlock::ua {

TimerQueue::TimerQueue(std::pmr::memory_resource& memory, size_t capacity) : heap_(&memory) {
  heap_.reserve(capacity);
}

void TimerQueue::put(size_t place, Timer* timer) {
  heap_[place] = timer;
  timer->place = static_cast<uint32_t>(place);
}

void TimerQueue::rise(size_t place) {
  Timer* timer = heap_[place];
  while (place != 0) {
    const size_t parent = (place - 1) / 2;
    if (heap_[parent]->deadline_ns <= timer->deadline_ns) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, timer);
}

void TimerQueue::sink(size_t place) {
  Timer* timer = heap_[place];
  while (true) {
    size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->deadline_ns < heap_[child]->deadline_ns)
      ++child;
    if (heap_[child]->deadline_ns >= timer->deadline_ns) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, timer);
}

void TimerQueue::set(Timer& timer, uint64_t deadline_ns) {
  cancel(timer);
  timer.deadline_ns = deadline_ns;
  if (deadline_ns == kNever) return;
  assert(heap_.size() < heap_.capacity());
  heap_.push_back(&timer);
  rise(heap_.size() - 1);
}

void TimerQueue::cancel(Timer& timer) {
  if (!timer.is_set()) return;
  const size_t place = timer.place;
  timer.place = Timer::kIdle;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  put(place, last);
  rise(place);
  sink(last->place);
}

Timer* TimerQueue::take_due(uint64_t now_ns) {
  if (heap_.empty() || heap_[0]->deadline_ns > now_ns) return nullptr;
  Timer* timer = heap_[0];
  cancel(*timer);
  return timer;
}

}  // namespace voxlock::ua
