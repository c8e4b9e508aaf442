// Memory of the host as a std::pmr resource. Every block is wiped before it goes back.
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <utility>

#include "voxlock/context.h"

namespace voxlock {

// Throws std::bad_alloc where the host's allocator returns NULL; the guard of the C ABI turns that
// into VOXLOCK_ERR_NO_MEMORY.
class Memory final : public std::pmr::memory_resource {
 public:
  // nullptr: malloc and free of the C library.
  explicit Memory(const voxlock_allocator* allocator);

 private:
  void* do_allocate(size_t size, size_t align) override;
  void do_deallocate(void* block, size_t size, size_t align) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  voxlock_allocator allocator_;
};

// Destroys and gives back what make_box made.
template <typename T>
struct BoxDeleter {
  std::pmr::memory_resource* memory = nullptr;
  void operator()(T* object) const noexcept {
    object->~T();
    memory->deallocate(object, sizeof(T), alignof(T));
  }
};

// std::unique_ptr in memory of the host. T must be the object's own type, not a base.
template <typename T>
using Box = std::unique_ptr<T, BoxDeleter<T>>;

template <typename T, typename... Args>
Box<T> make_box(std::pmr::memory_resource& memory, Args&&... args) {
  void* block = memory.allocate(sizeof(T), alignof(T));
  try {
    return Box<T>(new (block) T(std::forward<Args>(args)...), BoxDeleter<T>{&memory});
  } catch (...) {
    memory.deallocate(block, sizeof(T), alignof(T));
    throw;
  }
}

}  // namespace voxlock
