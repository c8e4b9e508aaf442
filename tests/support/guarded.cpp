#include "support/guarded.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace voxlock::test {

Guarded::Guarded(std::span<const uint8_t> data) : size_(data.size()) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t usable = (size_ + page - 1) / page * page;
  map_size_ = usable + page;
  map_ = mmap(nullptr, map_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map_ == MAP_FAILED) std::abort();
  auto* base = static_cast<uint8_t*>(map_);
  if (mprotect(base + usable, page, PROT_NONE) != 0) std::abort();
  data_ = base + (usable - size_);
  if (size_ != 0) std::memcpy(data_, data.data(), size_);
}

Guarded::Guarded(std::string_view text)
    : Guarded(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())) {}

Guarded::~Guarded() {
  munmap(map_, map_size_);
}

}  // namespace voxlock::test
