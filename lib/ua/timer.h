// Deadlines of many objects in one indexed heap: setting, moving and cancelling cost O(log n), and
// nothing is allocated after the queue was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "ua/config.h"

namespace voxlock::ua {

// Who is to be woken; read by the endpoint's dispatcher.
enum class TimerKind : uint8_t {
  kTransactionTimeout,     // B, F, H and the ends of states: D, I, J, K, L, M
  kTransactionRetransmit,  // A, E, G
  kCallRetransmit,         // 2xx until ACK, RFC 3261 13.3.1.4
  kCallTimeout,            // no ACK, no final response after CANCEL
  kCallRetry,              // back-off after 491, RFC 3261 14.1
  kCallSession,            // refresh or end of the session, RFC 4028
};

struct Timer {
  static constexpr uint32_t kIdle = UINT32_MAX;

  TimerKind kind = TimerKind::kTransactionTimeout;
  uint64_t owner = 0;
  uint64_t deadline_ns = kNever;
  uint32_t place = kIdle;  // in the heap

  [[nodiscard]] bool is_set() const { return place != kIdle; }
};

class TimerQueue {
 public:
  // capacity: the most timers that may be set at once; more is a broken invariant.
  TimerQueue(std::pmr::memory_resource& memory, size_t capacity);

  // Sets or moves a timer. The timer must stay where it is until it is cancelled or taken.
  void set(Timer& timer, uint64_t deadline_ns);
  void cancel(Timer& timer);
  // kNever where none is set.
  [[nodiscard]] uint64_t next_deadline() const {
    return heap_.empty() ? kNever : heap_[0]->deadline_ns;
  }
  // Removes and gives the earliest timer that is due, nullptr where none is.
  Timer* take_due(uint64_t now_ns);

 private:
  void put(size_t place, Timer* timer);
  void rise(size_t place);
  void sink(size_t place);

  std::pmr::vector<Timer*> heap_;
};

// A deadline never wraps.
constexpr uint64_t after(uint64_t now_ns, uint64_t delay_ns) {
  return delay_ns > kNever - now_ns ? kNever : now_ns + delay_ns;
}

}  // namespace voxlock::ua
