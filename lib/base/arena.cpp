#include "base/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <new>

#include "base/secure.h"

// What lies in an arena may be all that points to a block of the C library: a leak checker has to
// look there.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VOXLOCK_HAS_LEAK_CHECKER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define VOXLOCK_HAS_LEAK_CHECKER 1
#endif
#if defined(VOXLOCK_HAS_LEAK_CHECKER)
#include <sanitizer/lsan_interface.h>
#endif

namespace voxlock {
namespace {

// The largest page of the machines we know; what is a multiple of it is one of a smaller page.
constexpr size_t kGuard = 64 * 1024;
constexpr size_t kPage = 4096;
constexpr size_t kNone = SIZE_MAX;

// Where n ones in a row begin; 64: nowhere.
constexpr size_t find_ones(uint64_t word, size_t n) {
  for (size_t have = 1; have < n;) {
    const size_t more = std::min(have, n - have);
    word &= word >> more;
    have += more;
  }
  return static_cast<size_t>(std::countr_zero(word));
}

constexpr size_t granules_of(size_t size) {
  return std::max<size_t>((size + Arena::kGranule - 1) / Arena::kGranule, 1);
}

// Pages of which nothing is left in a core dump or a child, between two guards. nullptr: none.
uint8_t* map_pages(size_t len) {
  if (len > SIZE_MAX - 2 * kGuard) return nullptr;
  const size_t whole = len + 2 * kGuard;
  void* const base = ::mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  auto* const start = static_cast<uint8_t*>(base) + kGuard;
  bool is_good = ::mprotect(start, len, PROT_READ | PROT_WRITE) == 0;
#if defined(MADV_DONTDUMP) && defined(MADV_WIPEONFORK)
  is_good = is_good && ::madvise(start, len, MADV_DONTDUMP) == 0 &&
            ::madvise(start, len, MADV_WIPEONFORK) == 0;
#endif
  if (is_good) {
#if defined(VOXLOCK_HAS_LEAK_CHECKER)
    __lsan_register_root_region(start, len);
#endif
    return start;
  }
  (void)::munmap(base, whole);
  return nullptr;
}

void unmap_pages(uint8_t* start, size_t len) {
#if defined(VOXLOCK_HAS_LEAK_CHECKER)
  __lsan_unregister_root_region(start, len);
#endif
  (void)::munmap(start - kGuard, len + 2 * kGuard);
}

}  // namespace

struct Arena::Region {
  uint8_t* start = nullptr;
  size_t len = 0;
  size_t free = 0;    // granules
  size_t latest = 0;  // the word in which a block began that was taken or given back last
  bool is_locked = false;
  Region* next = nullptr;
  std::array<uint64_t, kRegion / kGranule / 64> used{};  // a bit for a granule

  [[nodiscard]] bool is_shared() const { return len <= kRegion; }
  [[nodiscard]] bool is_empty() const { return free == granules(); }
  [[nodiscard]] bool is_roomy() const { return is_shared() && free >= granules() / 2; }
  [[nodiscard]] size_t granules() const { return len / kGranule; }
  [[nodiscard]] bool has(const void* block) const {
    return reinterpret_cast<uintptr_t>(block) - reinterpret_cast<uintptr_t>(start) < len;
  }
  // Where n free granules in a row begin.
  [[nodiscard]] size_t find(size_t n) const;
  void mark(size_t first, size_t n, bool is_used);
};

size_t Arena::Region::find(size_t n) const {
  if (!is_shared() || free < n) return kNone;
  const size_t words = granules() / 64;
  for (size_t i = 0; n <= 32 && i < words; ++i) {
    const size_t word = (latest + i) % words;
    const size_t at = find_ones(~used[word], n);
    if (at < 64) return word * 64 + at;
  }
  size_t run = 0;
  for (size_t i = 0; i < granules();) {
    const uint64_t word = used[i / 64];
    if (i % 64 == 0 && (word == 0 || word == UINT64_MAX)) {
      run = word == 0 ? run + 64 : 0;
      i += 64;
    } else {
      run = (word >> (i % 64) & 1) == 0 ? run + 1 : 0;
      ++i;
    }
    if (run >= n) return i - run;
  }
  return kNone;
}

void Arena::Region::mark(size_t first, size_t n, bool is_used) {
  free = is_used ? free - n : free + n;
  latest = is_shared() ? first / 64 : 0;
  for (size_t i = first; is_shared() && i < first + n; ++i) used[i / 64] ^= uint64_t{1} << (i % 64);
}

class Arena::Hold {
 public:
  explicit Hold(Arena& arena) : flag_(arena.is_held_) {
    while (flag_.test_and_set(std::memory_order_acquire)) {
      if (arena.is_in_child()) return;
    }
  }
  ~Hold() { flag_.clear(std::memory_order_release); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::atomic_flag& flag_;
};

Arena::Arena(Memory& books, Lock lock) : books_(books), lock_(lock) {
  Region& first = add_region(kFirstRegion);
  first.mark(0, 1, true);
  *first.start = 1;
  mark_ = first.start;
}

Arena::~Arena() {
  while (regions_ != nullptr) drop_region(regions_);
}

Arena::Use Arena::use() {
  const Hold hold(*this);
  return use_;
}

Arena::Region& Arena::add_region(size_t len) {
  auto region = make_box<Region>(books_);
  region->start = map_pages(len);
  if (region->start == nullptr) throw std::bad_alloc();
  region->len = len;
  region->free = region->granules();
  region->is_locked = ::mlock(region->start, len) == 0;
  if (!region->is_locked && lock_ == Lock::kAlways) {
    unmap_pages(region->start, len);
    throw std::bad_alloc();
  }
  use_.reserved += len;
  if (region->is_locked) use_.locked += len;
  region->next = regions_;
  regions_ = region.release();
  return *regions_;
}

void Arena::drop_region(Region* region) {
  Region** link = &regions_;
  while (*link != region) link = &(*link)->next;
  *link = region->next;
  if (latest_ == region) latest_ = nullptr;
  if (spare_ == region) spare_ = nullptr;
  use_.reserved -= region->len;
  if (region->is_locked) use_.locked -= region->len;
  unmap_pages(region->start, region->len);
  BoxDeleter<Region>{&books_}(region);
}

void* Arena::do_allocate(size_t size, size_t align) {
  if (align > kPage || size > SIZE_MAX - kPage) throw std::bad_alloc();
  // In a region of its own a block begins with a page.
  const size_t n = align > kGranule ? kNone : granules_of(size);
  if (is_in_child()) throw std::bad_alloc();
  const Hold hold(*this);
  if (n > kRegion / kGranule) {
    Region& own = add_region(std::max((size + kPage - 1) / kPage * kPage, kRegion + kPage));
    own.mark(0, granules_of(size), true);
    use_.used += granules_of(size) * kGranule;
    return own.start;
  }
  // mbedTLS takes and gives back small blocks by the ten thousand: mostly where the last one was.
  size_t first = latest_ != nullptr ? latest_->find(n) : kNone;
  Region* region = first != kNone ? latest_ : regions_;
  for (; first == kNone && region != nullptr;) {
    first = region->find(n);
    if (first == kNone) region = region->next;
  }
  if (region == nullptr) {
    region = &add_region(kRegion);
    first = 0;
  }
  if (region == spare_) spare_ = nullptr;
  latest_ = region;
  region->mark(first, n, true);
  use_.used += n * kGranule;
  return region->start + first * kGranule;
}

void Arena::do_deallocate(void* block, size_t size, size_t /*align*/) {
  if (block == nullptr) return;
  // In a child all of it is zero, and the flag may be that of a thread which is not there.
  if (is_in_child()) return;
  secure::wipe(block, size);
  const Hold hold(*this);
  Region* const region = find_region(block);
  const auto at = static_cast<size_t>(static_cast<uint8_t*>(block) - region->start);
  region->mark(at / kGranule, granules_of(size), false);
  use_.used -= granules_of(size) * kGranule;
  keep_or_drop(*region);
}

// The block is one of ours.
Arena::Region* Arena::find_region(const void* block) {
  if (latest_ != nullptr && latest_->has(block)) return latest_;
  Region* region = regions_;
  while (!region->has(block)) region = region->next;
  return region;
}

// A region that is empty goes, but stays where all others are nearly full: to map one for each
// block that comes and goes would be slow.
void Arena::keep_or_drop(Region& region) {
  if (region.is_shared()) latest_ = &region;
  if (spare_ != nullptr && spare_ != &region && region.is_roomy()) drop_region(spare_);
  if (!region.is_empty() || region.len == kFirstRegion) return;
  const auto is_roomy = [&](const Region* other) { return other != &region && other->is_roomy(); };
  const Region* other = region.is_shared() ? regions_ : nullptr;
  while (other != nullptr && !is_roomy(other)) other = other->next;
  if (region.is_shared() && other == nullptr) {
    spare_ = &region;
  } else {
    drop_region(&region);
  }
}

bool Arena::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace voxlock
