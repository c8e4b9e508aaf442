// Objects with ids that are never reused for another object, at most a fixed number of them.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <utility>
#include <vector>

#include "base/memory.h"

namespace voxlock::ua {

// An id holds the slot (low 32 bits, counted from 1) and how often the slot was used (high 32
// bits).
template <typename T>
class Pool {
 public:
  Pool(std::pmr::memory_resource& memory, uint32_t capacity)
      : memory_(memory), slots_(&memory), free_(&memory) {
    slots_.resize(capacity);
    free_.reserve(capacity);
    for (uint32_t i = capacity; i != 0; --i) free_.push_back(i - 1);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  [[nodiscard]] bool is_full() const { return free_.empty(); }
  [[nodiscard]] uint32_t size() const {
    return static_cast<uint32_t>(slots_.size() - free_.size());
  }
  [[nodiscard]] uint32_t capacity() const { return static_cast<uint32_t>(slots_.size()); }

  // Makes T(id, args...); nullptr where the pool is full. Throws std::bad_alloc.
  template <typename... Args>
  T* create(Args&&... args) {
    if (free_.empty()) return nullptr;
    const uint32_t index = free_.back();
    Slot& slot = slots_[index];
    const uint64_t id = (static_cast<uint64_t>(slot.generation) << 32) | (index + 1);
    slot.object = make_box<T>(memory_, id, std::forward<Args>(args)...);
    free_.pop_back();
    return slot.object.get();
  }
  [[nodiscard]] T* find(uint64_t id) const {
    const auto index = static_cast<uint32_t>(id) - 1;
    if (index >= slots_.size() || slots_[index].generation != id >> 32) return nullptr;
    return slots_[index].object.get();
  }
  void destroy(uint64_t id) {
    if (find(id) == nullptr) return;
    const auto index = static_cast<uint32_t>(id) - 1;
    slots_[index].object.reset();
    ++slots_[index].generation;
    free_.push_back(index);
  }
  // Calls visit(T&) for each object; visit may destroy the object it is given.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (Slot& slot : slots_) {
      if (slot.object) visit(*slot.object);
    }
  }

 private:
  struct Slot {
    Box<T> object;
    uint32_t generation = 1;
  };
  std::pmr::memory_resource& memory_;
  std::pmr::vector<Slot> slots_;
  std::pmr::vector<uint32_t> free_;
};

}  // namespace voxlock::ua
