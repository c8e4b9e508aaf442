// The rows of a processor: rows_*.cpp, of which CMake takes one, asks what it can run.
#pragma once

#include <array>
#include <span>

#include "crypto/kernels/kernels.h"

namespace voxlock::crypto::kernels {

template <typename Row>
class Rows {
 public:
  void add(const Row& row, bool is_there) {
    if (is_there) rows_[size_++] = &row;
  }
  [[nodiscard]] std::span<const Row* const> view() const {
    return std::span<const Row* const>(rows_).first(size_);
  }

 private:
  std::array<const Row*, 4> rows_{};
  size_t size_ = 0;
};

// The fastest first, portable ones last.
Rows<AesRow> find_aes_rows();
Rows<Sha1Row> find_sha1_rows();

}  // namespace voxlock::crypto::kernels
