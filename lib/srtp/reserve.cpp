#include "srtp/reserve.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/secure.h"

namespace voxlock::srtp::library {

// |Chunk|..|Head|piece|..|Head|piece|..   A piece that is no chunk's has its head at the start of a
// block of its own.
struct Chunk {
  size_t len;                         // of the whole block
  size_t at;                          // first free byte
  size_t asked;                       // as used() tells
  size_t users;                       // pieces, and the Reserve itself
  std::pmr::memory_resource* memory;  // nullptr: of the C library
};

namespace {

struct Head {
  Chunk* chunk;  // nullptr: the block begins `skipped` bytes in front of the head
  uint32_t len;
  uint32_t skipped;
};

constexpr size_t kAlign = 64;

thread_local Chunk* current = nullptr;

constexpr size_t round_up(size_t value, size_t align) {
  return (value + align - 1) / align * align;
}

// Where a piece may start behind at, with room for its head.
constexpr size_t place_of(size_t at, size_t align) {
  return round_up(at + sizeof(Head), align);
}

void* take_block(size_t len, std::pmr::memory_resource* memory) {
  if (memory == nullptr) return std::aligned_alloc(kAlign, len);
  try {
    return memory->allocate(len, kAlign);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void leave(Chunk* chunk) {
  if (--chunk->users != 0) return;
  if (chunk->memory != nullptr) {
    chunk->memory->deallocate(chunk, chunk->len, kAlign);
  } else {
    std::free(chunk);
  }
}

void* make_piece(uint8_t* base, size_t place, const Head& head) {
  uint8_t* const piece = base + place;
  std::memset(piece, 0, head.len);
  new (piece - sizeof(Head)) Head(head);
  return piece;
}

void* carve(Chunk& chunk, size_t len, size_t align) {
  const size_t place = place_of(chunk.at, align);
  chunk.asked += place + len - chunk.at;
  if (place > chunk.len || len > chunk.len - place) return nullptr;
  chunk.at = place + len;
  ++chunk.users;
  return make_piece(reinterpret_cast<uint8_t*>(&chunk), place,
                    {&chunk, static_cast<uint32_t>(len), 0});
}

}  // namespace

Result<Reserve> Reserve::take(size_t len, std::pmr::memory_resource* memory) {
  const size_t whole = round_up(sizeof(Chunk) + len, kAlign);
  void* const block = take_block(whole, memory);
  if (block == nullptr) return Status::ERR_NO_MEMORY;
  return Reserve(new (block) Chunk{whole, sizeof(Chunk), 0, 1, memory});
}

Reserve::Reserve(Chunk* chunk) : chunk_(chunk) {
  current = chunk;
}

Reserve::Reserve(Reserve&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}

Reserve::~Reserve() {
  if (chunk_ == nullptr) return;
  current = nullptr;
  leave(chunk_);
}

size_t Reserve::used() const {
  return chunk_->asked;
}

void* allocate(size_t len, size_t align) {
  if (len > UINT32_MAX) return nullptr;
  if (current != nullptr) {
    if (void* const piece = carve(*current, len, align)) return piece;
  }
  const size_t place = place_of(0, align);
  if (align > kAlign) return nullptr;
  void* const block = std::aligned_alloc(kAlign, round_up(place + len, kAlign));
  if (block == nullptr) return nullptr;
  return make_piece(
      static_cast<uint8_t*>(block), place,
      {nullptr, static_cast<uint32_t>(len), static_cast<uint32_t>(place - sizeof(Head))});
}

void release(void* piece) {
  if (piece == nullptr) return;
  auto* const at = static_cast<uint8_t*>(piece) - sizeof(Head);
  const Head head = *reinterpret_cast<Head*>(at);
  secure::wipe(piece, head.len);
  if (head.chunk == nullptr) {
    std::free(at - head.skipped);
  } else {
    leave(head.chunk);
  }
}

}  // namespace voxlock::srtp::library

#if VOXLOCK_SRTP_PRIVATE
// In the place of libsrtp2's own, in a private copy of it. Weak, so that where a host's build has
// brought libsrtp2's already there is no quarrel: then those are used.
extern "C" {
void* srtp_crypto_alloc(size_t size);
void srtp_crypto_free(void* piece);
// What libsrtp2 keeps in the same object file; all of it or none can be replaced.
struct VoxlockDebugModule {
  int is_on;
  const char* name;
};
extern VoxlockDebugModule srtp_mod_alloc;

[[gnu::weak]] void* srtp_crypto_alloc(size_t size) {
  return size != 0 ? voxlock::srtp::library::allocate(size, alignof(std::max_align_t)) : nullptr;
}
[[gnu::weak]] void srtp_crypto_free(void* piece) {
  voxlock::srtp::library::release(piece);
}
[[gnu::weak]] VoxlockDebugModule srtp_mod_alloc = {0, "alloc"};
}
#endif
