#include "voxlock/checkpoint.h"

#include "capi/guard.h"
#include "capi/leg_handle.h"
#include "capi/sealed_state.h"
#include "capi/structs.h"
#include "capi/ua_handle.h"

VOXLOCK_LAYOUT(voxlock_checkpoint_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(allowance),
               VOXLOCK_FIELD(key), VOXLOCK_FIELD(key_len), VOXLOCK_FIELD(epoch))

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_checkpoint_config>::kLayout};

constexpr uint32_t kLeastAllowance = 50;
constexpr uint32_t kMostAllowance = 2000;
// Reports leave some seconds apart, and at times two at once.
constexpr uint64_t kRtcpAllowance = 64;

voxlock_checkpoint_config checkpoint_defaults() {
  voxlock_checkpoint_config out{};
  out.allowance = 500;
  return out;
}

Result<StateKey> read_state_key(const voxlock_checkpoint_config* in) {
  if (in == nullptr) return Status::ERR_INVALID_ARGUMENT;
  VOXLOCK_TRY(const voxlock_checkpoint_config config, read_struct(in, checkpoint_defaults()));
  if (config.key == nullptr || config.key_len != VOXLOCK_CHECKPOINT_KEY ||
      config.allowance < kLeastAllowance || config.allowance > kMostAllowance) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  return StateKey{{config.key, config.key_len}, config.epoch, config.allowance};
}

// Zero stands for no chain yet.
Result<uint64_t> make_chain(RandomSource& random) {
  std::array<uint8_t, 8> raw{};
  VOXLOCK_TRY_VOID(random.fill(raw));
  return bytes::Reader(raw).u64() | 1;
}

Result<void> export_leg(voxlock_leg& handle, const StateKey& key, MutableBytes out, size_t* len,
                        uint64_t* number) {
  VOXLOCK_TRY_VOID(handle.leg->check_save());
  if (handle.chain == 0) {
    VOXLOCK_TRY(handle.chain, make_chain(handle.random));
  }
  const leg::Leg::Allowance allowance{key.allowance, kRtcpAllowance};
  bytes::Writer state = state_writer(out);
  handle.leg->save(state, allowance);
  VOXLOCK_TRY_VOID(handle.negotiation->save(state));
  const Status sealed =
      seal_state(key, {StateKind::kLeg, handle.chain}, handle.random, out, state, len);
  if (sealed != Status::OK) return sealed;
  *number = handle.leg->note_saved(allowance);
  return {};
}

Result<void> import_leg(voxlock_context& ctx, const StateKey& key, ByteView blob, uint64_t now_ns,
                        voxlock_leg** out) {
  VOXLOCK_TRY(const OpenState state, open_state(ctx.imports, key, StateKind::kLeg, blob));
  auto handle = make_handle<voxlock_leg>(&ctx);
  VOXLOCK_TRY_VOID(seed_from(ctx, handle->random));
  Loader loader(state.bytes);
  VOXLOCK_TRY(handle->leg, leg::Leg::load(ctx.context, handle->random, loader, now_ns));
  VOXLOCK_TRY(leg::Negotiation negotiation,
              leg::Negotiation::load(*handle->leg, handle->random, loader));
  if (!loader.ok() || !loader.is_at_end()) return Status::ERR_CHECKPOINT_FORMAT;
  handle->negotiation.emplace(std::move(negotiation));
  note_import(ctx.imports, state.chain);
  *out = handle.release();
  return {};
}

Result<void> export_call(voxlock_ua& handle, uint64_t call, const StateKey& key, MutableBytes out,
                         size_t* len) {
  if (handle.chain == 0) {
    VOXLOCK_TRY(handle.chain, make_chain(handle.random));
  }
  bytes::Writer state = state_writer(out);
  VOXLOCK_TRY_VOID(handle.endpoint->save_call(call, state));
  const Status sealed =
      seal_state(key, {StateKind::kCall, handle.chain + 2 * call}, handle.random, out, state, len);
  if (sealed != Status::OK) return sealed;
  return {};
}

// What a state of the right key says wrongly is of another build.
Status as_format(Status status) {
  return status == Status::ERR_SYNTAX || status == Status::ERR_INVALID_ARGUMENT
             ? Status::ERR_CHECKPOINT_FORMAT
             : status;
}

}  // namespace

LayoutTable checkpoint_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_checkpoint_config_init(voxlock_checkpoint_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::checkpoint_defaults()); });
}

int32_t voxlock_leg_export(voxlock_leg* leg, const voxlock_checkpoint_config* config, uint8_t* out,
                           size_t* len, uint64_t* number, uint64_t now_ns) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (leg == nullptr || number == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const capi::StateKey key, capi::read_state_key(config));
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    leg->leg->observe(now_ns);
    return capi::export_leg(*leg, key, room, len, number);
  });
}

int32_t voxlock_leg_stored(voxlock_leg* leg, uint64_t number) {
  return capi::guard([&]() -> Result<void> {
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return leg->leg->note_stored(number);
  });
}

int32_t voxlock_leg_import(voxlock_context* ctx, const voxlock_checkpoint_config* config,
                           const uint8_t* blob, size_t len, voxlock_leg** out, uint64_t now_ns) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const capi::StateKey key, capi::read_state_key(config));
    VOXLOCK_TRY(const ByteView bytes, capi::input(blob, len));
    const auto done = capi::import_leg(*ctx, key, bytes, now_ns, out);
    return done ? done : Result<void>(capi::as_format(done.error()));
  });
}

int32_t voxlock_ua_export(voxlock_ua* ua, uint64_t call, const voxlock_checkpoint_config* config,
                          uint8_t* out, size_t* len) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (ua == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const capi::StateKey key, capi::read_state_key(config));
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    return capi::export_call(*ua, call, key, room, len);
  });
}

int32_t voxlock_ua_import(voxlock_ua* ua, const voxlock_checkpoint_config* config,
                          const uint8_t* blob, size_t len, uint64_t* call, uint64_t now_ns) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (ua == nullptr || call == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const capi::StateKey key, capi::read_state_key(config));
    VOXLOCK_TRY(const ByteView bytes, capi::input(blob, len));
    VOXLOCK_TRY(const capi::OpenState state,
                capi::open_state(ua->imports, key, capi::StateKind::kCall, bytes));
    Loader loader(state.bytes);
    const auto made = ua->endpoint->load_call(loader, now_ns);
    if (!made) return capi::as_format(made.error());
    capi::note_import(ua->imports, state.chain);
    *call = *made;
    return {};
  });
}

}  // extern "C"
