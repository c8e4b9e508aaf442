// Bytes in order, of a fixed capacity.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory_resource>
#include <vector>

#include "base/bytes.h"

namespace voxlock::tls {

class ByteQueue {
 public:
  ByteQueue(std::pmr::memory_resource& memory, size_t capacity) : bytes_(capacity, &memory) {}

  [[nodiscard]] size_t size() const { return end_ - begin_; }
  [[nodiscard]] size_t room() const { return bytes_.size() - size(); }

  // Appends as much as there is room for.
  size_t push(ByteView data) {
    const size_t n = std::min(data.size(), room());
    if (n == 0) return 0;
    if (n > bytes_.size() - end_) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    std::memcpy(bytes_.data() + end_, data.data(), n);
    end_ += n;
    return n;
  }
  // The first n bytes, or none where there are fewer; valid until the next push.
  [[nodiscard]] ByteView front(size_t n) const {
    return n <= size() ? ByteView(bytes_).subspan(begin_, n) : ByteView();
  }
  size_t pop(MutableBytes out) {
    const size_t n = std::min(out.size(), size());
    if (n != 0) std::memcpy(out.data(), bytes_.data() + begin_, n);
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
    return n;
  }

 private:
  std::pmr::vector<uint8_t> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace voxlock::tls
