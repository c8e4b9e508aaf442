// Wiping and comparing secrets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"

namespace voxlock::secure {

// Overwrites memory with zeros in a way the compiler may not remove.
inline void wipe(void* data, size_t len) {
  if (len == 0) return;
  std::memset(data, 0, len);
  // The asm claims to read the memory, so the store before it is not dead.
  __asm__ __volatile__("" : : "r"(data) : "memory");
}

template <typename T>
void wipe(std::span<T> data) {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_const_v<T>);
  wipe(data.data(), data.size_bytes());
}

// Overwrites so many bytes of dead stack below the caller's frame, and the vector registers, where
// codecs leave samples: call it from the function that called them or one that called that.
void burn_stack(size_t depth);

// What small functions of our own take, together with those they call.
inline constexpr size_t kShallowStack = 4 * 1024;

// Burns on every way out of the scope it is in.
class StackBurn {
 public:
  explicit StackBurn(size_t depth) : depth_(depth) {}
  ~StackBurn() { burn_stack(depth_); }
  StackBurn(const StackBurn&) = delete;
  StackBurn& operator=(const StackBurn&) = delete;

 private:
  size_t depth_;
};

// Compares in a time that depends on the lengths only.
[[nodiscard]] inline bool equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  uint64_t difference = 0;
  size_t i = 0;
  // The asm keeps the compiler from leaving the loop early.
  for (; a.size() - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
    uint64_t of_a;
    uint64_t of_b;
    std::memcpy(&of_a, a.data() + i, sizeof of_a);
    std::memcpy(&of_b, b.data() + i, sizeof of_b);
    difference |= of_a ^ of_b;
    __asm__ __volatile__("" : "+r"(difference));
  }
  for (; i < a.size(); ++i) {
    difference |= static_cast<uint64_t>(a[i] ^ b[i]);
    __asm__ __volatile__("" : "+r"(difference));
  }
  return difference == 0;
}

// A secret of at most N bytes. Move-only; wiped when moved from and when it dies.
template <size_t N>
class Secret {
 public:
  Secret() = default;
  ~Secret() { wipe(); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : size_(other.size_), bytes_(other.bytes_) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      size_ = other.size_;
      other.wipe();
    }
    return *this;
  }

  // False, and nothing changed, where data is longer than N.
  [[nodiscard]] bool assign(ByteView data) {
    if (data.size() > N) return false;
    wipe();
    if (!data.empty()) std::memcpy(bytes_.data(), data.data(), data.size());
    size_ = data.size();
    return true;
  }
  [[nodiscard]] ByteView view() const { return ByteView(bytes_).first(size_); }
  // Room to write a secret of n bytes (n <= N) in place.
  [[nodiscard]] MutableBytes resize(size_t n) {
    size_ = n <= N ? n : N;
    return MutableBytes(bytes_).first(size_);
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] size_t size() const { return size_; }
  void wipe() {
    // In this order: the wipe keeps the compiler from dropping the store before it as dead.
    size_ = 0;
    secure::wipe(bytes_.data(), N);
  }

 private:
  size_t size_ = 0;
  std::array<uint8_t, N> bytes_{};
};

}  // namespace voxlock::secure
