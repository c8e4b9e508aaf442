#include "base/memory.h"

#include <cstdlib>
#include <new>

#include "base/secure.h"

namespace voxlock {
namespace {

void* default_alloc(void* /*user*/, size_t size, size_t align) {
  if (align <= alignof(std::max_align_t)) return std::malloc(size);
  // aligned_alloc wants a multiple of the alignment.
  if (size > SIZE_MAX - (align - 1)) return nullptr;
  return std::aligned_alloc(align, (size + align - 1) / align * align);
}

void default_free(void* /*user*/, void* block, size_t /*size*/, size_t /*align*/) {
  std::free(block);
}

}  // namespace

Memory::Memory(const voxlock_allocator* allocator)
    : allocator_(allocator != nullptr ? *allocator
                                      : voxlock_allocator{sizeof(voxlock_allocator), 0, nullptr,
                                                          default_alloc, default_free}) {}

void* Memory::do_allocate(size_t size, size_t align) {
  void* block = allocator_.alloc(allocator_.user, size != 0 ? size : 1, align);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void Memory::do_deallocate(void* block, size_t size, size_t align) {
  if (block == nullptr) return;
  const size_t asked = size != 0 ? size : 1;
  secure::wipe(block, asked);
  allocator_.free(allocator_.user, block, asked, align);
}

bool Memory::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace voxlock
