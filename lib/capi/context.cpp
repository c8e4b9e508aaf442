#include "voxlock/context.h"

#include <optional>

#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/structs.h"

VOXLOCK_LAYOUT(voxlock_allocator, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(reserved),
               VOXLOCK_FIELD(user), VOXLOCK_FIELD(alloc), VOXLOCK_FIELD(free))
VOXLOCK_LAYOUT(voxlock_context_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(log_level),
               VOXLOCK_FIELD(allocator), VOXLOCK_FIELD(log), VOXLOCK_FIELD(log_user),
               VOXLOCK_FIELD(seed), VOXLOCK_FIELD(seed_len), VOXLOCK_FIELD(wall_time_ns),
               VOXLOCK_FIELD(memory), VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_memory_info, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(is_locked),
               VOXLOCK_FIELD(reserved_bytes), VOXLOCK_FIELD(locked_bytes),
               VOXLOCK_FIELD(used_bytes))

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_allocator>::kLayout,
                                     LayoutOf<voxlock_context_config>::kLayout,
                                     LayoutOf<voxlock_memory_info>::kLayout};

voxlock_context_config context_defaults() {
  voxlock_context_config config{};
  config.log_level = VOXLOCK_LOG_WARNING;
  return config;
}

Result<Memory> make_memory(const voxlock_allocator* allocator) {
  if (allocator == nullptr) return Memory(nullptr);
  VOXLOCK_TRY(const voxlock_allocator checked, read_struct(allocator, voxlock_allocator{}));
  if (checked.alloc == nullptr || checked.free == nullptr || checked.reserved != 0) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  return Memory(&checked);
}

Result<void> check_config(const voxlock_context_config& config) {
  const bool has_seed = config.seed != nullptr;
  if (has_seed ? config.seed_len < 16 || config.seed_len > 64 : config.seed_len != 0) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  if (config.log_level < VOXLOCK_LOG_ERROR || config.log_level > VOXLOCK_LOG_DEBUG) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  if (config.memory > VOXLOCK_MEMORY_LOCKED || config.reserved != 0)
    return Status::ERR_INVALID_ARGUMENT;
  return {};
}

// A host with an allocator of its own looks after its memory, unless it wants ours.
std::optional<Arena::Lock> lock_of(const voxlock_context_config& config) {
  if (config.memory == VOXLOCK_MEMORY_LOCKED) return Arena::Lock::kAlways;
  if (config.memory == VOXLOCK_MEMORY_ARENA || config.allocator == nullptr)
    return Arena::Lock::kWhereAllowed;
  return std::nullopt;
}

voxlock_memory_info info_of(voxlock_context& ctx) {
  voxlock_memory_info out{};
  if (!ctx.arena) return out;
  const Arena::Use use = ctx.arena->use();
  out.is_locked = use.locked == use.reserved ? 1 : 0;
  out.reserved_bytes = use.reserved;
  out.locked_bytes = use.locked;
  out.used_bytes = use.used;
  return out;
}

void destroy_context(voxlock_context* ctx) noexcept {
  Memory memory = ctx->host;
  BoxDeleter<voxlock_context>{&memory}(ctx);
}

Result<void> make_context(const voxlock_context_config* in, voxlock_context** out) {
  VOXLOCK_TRY(const voxlock_context_config config, read_struct(in, context_defaults()));
  VOXLOCK_TRY_VOID(check_config(config));
  VOXLOCK_TRY(Memory memory, make_memory(config.allocator));
  const LogSink log{config.log, config.log_user, static_cast<LogLevel>(config.log_level)};
  auto ctx = make_box<voxlock_context>(memory, memory, lock_of(config), log);
  const beneath::Loan loan(ctx->context.arena());
  VOXLOCK_TRY_VOID(config.seed != nullptr ? ctx->random.seed({config.seed, config.seed_len})
                                          : ctx->random.seed_from_system());
  ctx->context.set_wall(config.wall_time_ns, 0);
  *out = ctx.release();
  return {};
}

}  // namespace

LayoutTable context_layouts() {
  return kLayouts;
}

void release_context(voxlock_context* ctx) noexcept {
  if (ctx->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy_context(ctx);
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

const char* voxlock_strerror(int32_t status) {
  return status_text(status);
}

const char* voxlock_status_name(int32_t status) {
  return status_name(status);
}

uint32_t voxlock_version(void) {
  return VOXLOCK_VERSION_MAJOR * 1000000 + VOXLOCK_VERSION_MINOR * 1000 + VOXLOCK_VERSION_PATCH;
}

const char* voxlock_version_string(void) {
  return VOXLOCK_VERSION_STRING;
}

int32_t voxlock_context_config_init(voxlock_context_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::context_defaults()); });
}

int32_t voxlock_context_new(const voxlock_context_config* config, voxlock_context** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    return capi::make_context(config, out);
  });
}

void voxlock_context_free(voxlock_context* ctx) {
  if (ctx != nullptr) capi::release_context(ctx);
}

int32_t voxlock_context_set_wall_time(voxlock_context* ctx, uint64_t unix_ns, uint64_t now_ns) {
  if (ctx == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  ctx->context.set_wall(unix_ns, now_ns);
  return VOXLOCK_OK;
}

int32_t voxlock_context_memory(voxlock_context* ctx, voxlock_memory_info* info) {
  return capi::guard([&] {
    if (ctx == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(info, capi::info_of(*ctx));
  });
}

}  // extern "C"
