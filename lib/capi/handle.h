// Handles live in the host's memory and keep their context alive.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/beneath.h"
#include "base/context.h"
#include "base/result.h"
#include "crypto/drbg.h"
#include "voxlock/context.h"

namespace voxlock::capi {

// Objects whose checkpoints were imported: the last few thousand (sealed_state.h).
struct ImportMemory {
  explicit ImportMemory(std::pmr::memory_resource& memory) : chains(&memory) {}
  std::pmr::vector<uint64_t> chains;
  size_t next = 0;  // to be forgotten
};

}  // namespace voxlock::capi

struct voxlock_context {
  // lock: nothing where all comes from the host's allocator.
  voxlock_context(const voxlock::Memory& source, std::optional<voxlock::Arena::Lock> lock,
                  const voxlock::LogSink& log)
      : host(source),
        memory(lock ? static_cast<std::pmr::memory_resource&>(arena.emplace(host, *lock)) : host),
        context(memory, random, log, arena ? &*arena : nullptr),
        imports(host) {}

  voxlock::Memory host;
  std::optional<voxlock::Arena> arena;
  std::pmr::memory_resource& memory;  // one of these: what objects are made from
  voxlock::crypto::Drbg random;
  voxlock::Context context;
  voxlock::capi::ImportMemory imports;
  std::atomic<uint32_t> references{1};
};

namespace voxlock::capi {

// Drops one reference; the last one gives the context back to the host's allocator.
void release_context(voxlock_context* ctx) noexcept;

// A counted reference to a context.
class ContextRef {
 public:
  explicit ContextRef(voxlock_context* ctx) : ctx_(ctx) {
    ctx_->references.fetch_add(1, std::memory_order_relaxed);
  }
  ~ContextRef() {
    if (ctx_ != nullptr) release_context(ctx_);
  }
  ContextRef(const ContextRef&) = delete;
  ContextRef& operator=(const ContextRef&) = delete;
  ContextRef(ContextRef&& other) noexcept : ctx_(std::exchange(other.ctx_, nullptr)) {}
  ContextRef& operator=(ContextRef&&) = delete;

  // False in a child of fork, where the handle it is in was wiped.
  explicit operator bool() const { return ctx_ != nullptr; }
  [[nodiscard]] Context& operator*() const { return ctx_->context; }
  [[nodiscard]] Context* operator->() const { return &ctx_->context; }

 private:
  voxlock_context* ctx_;
};

// A handle type derives from this: struct voxlock_x : voxlock::capi::Handle { explicit
// voxlock_x(voxlock_context* ctx, ...) }.
struct Handle {
  explicit Handle(voxlock_context* ctx) : context(ctx) {}
  ContextRef context;
};

// Gives a handle's own generator its seed.
inline Result<void> seed_from(voxlock_context& ctx, crypto::Drbg& out) {
  const beneath::Loan loan(ctx.context.arena());
  return out.seed_from(ctx.random);
}

// Makes a handle of type T(ctx, args...) in the host's memory. Throws std::bad_alloc.
template <typename T, typename... Args>
Box<T> make_handle(voxlock_context* ctx, Args&&... args) {
  return make_box<T>(ctx->memory, ctx, std::forward<Args>(args)...);
}

// Gives back a handle that make_handle made; NULL is allowed. Does nothing in a child of fork.
template <typename T>
void free_handle(T* handle) noexcept {
  if (handle == nullptr) return;
  const ContextRef keep = std::move(handle->context);
  if (!keep) return;
  BoxDeleter<T>{&keep->memory()}(handle);
}

}  // namespace voxlock::capi
