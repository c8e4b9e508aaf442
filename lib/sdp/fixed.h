// Short texts and lists of bounded length that live inside their owner: negotiating allocates
// nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace voxlock::sdp {

// At most N bytes of text, copied in.
template <size_t N>
class FixedText {
 public:
  // False, and nothing changed, where text is longer than N.
  [[nodiscard]] bool assign(std::string_view text) {
    if (text.size() > N) return false;
    size_ = text.copy(text_.data(), N);
    return true;
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  bool operator==(const FixedText& other) const { return view() == other.view(); }

 private:
  std::array<char, N> text_{};
  size_t size_ = 0;
};

// At most N elements.
template <typename T, size_t N>
class FixedList {
 public:
  // False, and nothing changed, where the list is full.
  bool push(T value) {
    if (size_ == N) return false;
    list_[size_++] = std::move(value);
    return true;
  }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const T* begin() const { return list_.data(); }
  [[nodiscard]] const T* end() const { return list_.data() + size_; }
  [[nodiscard]] const T& operator[](size_t i) const { return list_[i]; }

 private:
  std::array<T, N> list_{};
  size_t size_ = 0;
};

}  // namespace voxlock::sdp
