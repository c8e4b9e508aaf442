#include "base/beneath.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/beneath_hooks.h"
#include "base/secure.h"

namespace voxlock::beneath {

// |Chunk|..|Head|piece|..|Head|piece|..   A piece that is no chunk's has a block of its own, with
// its head right in front of it too.
struct Chunk {
  size_t len;                         // of the whole block
  size_t at;                          // behind the last piece, had all found room
  size_t users;                       // pieces, and the Reserve itself
  std::pmr::memory_resource* memory;  // nullptr: of the C library
};

namespace {

// Nobody: in a child of fork, where the head was wiped.
enum class Owner : uint8_t { kNobody, kLibrary, kMemory, kChunk };

struct Head {
  void* owner;       // nullptr, std::pmr::memory_resource*, Chunk*
  uint32_t len;      // of the piece
  uint16_t skipped;  // where a block is its own: bytes of it in front of the head
  Owner kind;
};
static_assert(sizeof(Head) == 16);

constexpr size_t kAlign = 64;

thread_local Chunk* reserved = nullptr;
thread_local std::pmr::memory_resource* lent = nullptr;

constexpr size_t round_up(size_t value, size_t align) {
  return (value + align - 1) / align * align;
}

// Where a piece may start behind at, with room for its head.
constexpr size_t place_of(size_t at, size_t align) {
  return round_up(at + sizeof(Head), std::max(align, alignof(Head)));
}

void* take_block(size_t len, std::pmr::memory_resource* memory) {
  if (memory == nullptr) return std::aligned_alloc(kAlign, round_up(len, kAlign));
  try {
    return memory->allocate(len, kAlign);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void give_block(void* block, size_t len, std::pmr::memory_resource* memory) {
  if (memory != nullptr) return memory->deallocate(block, len, kAlign);
  std::free(block);
}

void leave(Chunk* chunk) {
  if (--chunk->users == 0) give_block(chunk, chunk->len, chunk->memory);
}

void* make_piece(void* base, size_t place, const Head& head) {
  uint8_t* const piece = static_cast<uint8_t*>(base) + place;
  new (piece - sizeof(Head)) Head(head);
  return piece;
}

void* carve(Chunk& chunk, size_t len, size_t align) {
  const size_t place = place_of(chunk.at, align);
  chunk.at = place + len;
  if (chunk.at > chunk.len) return nullptr;
  ++chunk.users;
  std::memset(reinterpret_cast<uint8_t*>(&chunk) + place, 0, len);
  return make_piece(&chunk, place, {&chunk, static_cast<uint32_t>(len), 0, Owner::kChunk});
}

}  // namespace

Loan::Loan(std::pmr::memory_resource* memory) : outer_(std::exchange(lent, memory)) {}

Loan::~Loan() {
  lent = outer_;
}

Result<Reserve> Reserve::take(size_t len, std::pmr::memory_resource* memory) {
  const size_t whole = round_up(sizeof(Chunk) + len, kAlign);
  void* const block = take_block(whole, memory);
  if (block == nullptr) return Status::ERR_NO_MEMORY;
  return Reserve(new (block) Chunk{whole, sizeof(Chunk), 1, memory});
}

Reserve::Reserve(Chunk* chunk) : chunk_(chunk) {
  reserved = chunk;
}

Reserve::Reserve(Reserve&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}

Reserve::~Reserve() {
  if (chunk_ == nullptr) return;
  reserved = nullptr;
  leave(chunk_);
}

size_t Reserve::used() const {
  return chunk_->at - sizeof(Chunk);
}

void* allocate(size_t len, size_t align) {
  if (len > UINT32_MAX || align > kAlign) return nullptr;
  if (reserved != nullptr) {
    if (void* const piece = carve(*reserved, len, align)) return piece;
  }
  std::pmr::memory_resource* const memory = reserved != nullptr ? nullptr : lent;
  const size_t place = place_of(0, align);
  const bool is_plain = memory == nullptr && align <= alignof(std::max_align_t);
  void* const block = is_plain ? std::calloc(1, place + len) : take_block(place + len, memory);
  if (block == nullptr) return nullptr;
  if (!is_plain) std::memset(static_cast<uint8_t*>(block) + place, 0, len);
  return make_piece(
      block, place,
      {memory, static_cast<uint32_t>(len), static_cast<uint16_t>(place - sizeof(Head)),
       memory != nullptr ? Owner::kMemory : Owner::kLibrary});
}

void release(void* piece) {
  if (piece == nullptr) return;
  auto* const at = static_cast<uint8_t*>(piece) - sizeof(Head);
  const Head head = *reinterpret_cast<Head*>(at);
  if (head.kind == Owner::kNobody) return;
  secure::wipe(piece, head.len);
  if (head.kind == Owner::kChunk) return leave(static_cast<Chunk*>(head.owner));
  give_block(at - head.skipped, head.skipped + sizeof(Head) + head.len,
             static_cast<std::pmr::memory_resource*>(head.owner));
}

}  // namespace voxlock::beneath

#if VOXLOCK_PRIVATE_MEMORY
extern "C" {
void* beneath_calloc(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  return voxlock::beneath::allocate(count * size, alignof(std::max_align_t));
}

void* beneath_calloc_shared(size_t count, size_t size) {
  const voxlock::beneath::Loan none(nullptr);
  return beneath_calloc(count, size);
}

void* beneath_realloc(void* piece, size_t len) {
  void* const out = voxlock::beneath::allocate(len, alignof(std::max_align_t));
  if (out == nullptr || piece == nullptr) return out;
  const auto* head = reinterpret_cast<const voxlock::beneath::Head*>(
      static_cast<const uint8_t*>(piece) - sizeof(voxlock::beneath::Head));
  std::memcpy(out, piece, std::min<size_t>(head->len, len));
  voxlock::beneath::release(piece);
  return out;
}

void beneath_free(void* piece) {
  voxlock::beneath::release(piece);
}

int beneath_print(const void* /*file*/, ...) {
  return 0;
}
int beneath_print_checked(const void* /*file*/, ...) {
  return 0;
}
const void* beneath_file = nullptr;
}
#endif
