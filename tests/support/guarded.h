// Input that ends at an unreadable page: reading one byte too far is a crash, not luck.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace voxlock::test {

class Guarded {
 public:
  explicit Guarded(std::span<const uint8_t> data);
  explicit Guarded(std::string_view text);
  ~Guarded();
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  [[nodiscard]] std::span<const uint8_t> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(data_), size_};
  }
  [[nodiscard]] std::span<uint8_t> mutable_bytes() { return {data_, size_}; }

 private:
  void* map_ = nullptr;
  size_t map_size_ = 0;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace voxlock::test
