// A fixed array in memory of the host: made once, wiped by base/memory.h when it goes back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <type_traits>
#include <utility>

namespace voxlock::audio {

template <typename T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Array() = default;
  // size zeros. Throws std::bad_alloc.
  Array(std::pmr::memory_resource& memory, size_t size)
      : memory_(&memory),
        size_(size),
        data_(static_cast<T*>(memory.allocate(size * sizeof(T), kAlign))) {
    std::fill_n(data_, size_, T{});
  }
  ~Array() {
    if (data_ != nullptr) memory_->deallocate(data_, size_ * sizeof(T), kAlign);
  }
  Array(Array&& other) noexcept
      : memory_(other.memory_),
        size_(std::exchange(other.size_, 0)),
        data_(std::exchange(other.data_, nullptr)) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
    return *this;
  }

  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return data_ == nullptr; }
  [[nodiscard]] std::span<T> span() const { return {data_, size_}; }

 private:
  // Codec states of C libraries and vector kernels live in arrays.
  static constexpr size_t kAlign = 64;

  std::pmr::memory_resource* memory_ = nullptr;
  size_t size_ = 0;
  T* data_ = nullptr;
};

}  // namespace voxlock::audio
