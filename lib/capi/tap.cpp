#include "voxlock/tap.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "bridge/tap.h"
#include "capi/bridge_handle.h"
#include "capi/checks.h"
#include "capi/guard.h"
#include "capi/structs.h"

VOXLOCK_LAYOUT(voxlock_tap_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(buffer_ms),
               VOXLOCK_FIELD(name))
VOXLOCK_LAYOUT(voxlock_tap_frame, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(sample_rate),
               VOXLOCK_FIELD(position), VOXLOCK_FIELD(lost))

struct voxlock_tap : voxlock::capi::Handle {
  voxlock_tap(voxlock_context* ctx, uint32_t buffer_ms, std::string_view name)
      : Handle(ctx), tap(ctx->memory, buffer_ms, name) {}
  voxlock::bridge::Tap tap;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_tap_config>::kLayout,
                                     LayoutOf<voxlock_tap_frame>::kLayout};
static_assert(VOXLOCK_MAX_TAPS == bridge::kMaxTaps);

voxlock_tap_config tap_defaults() {
  voxlock_tap_config out{};
  out.buffer_ms = 240;
  return out;
}

// The report lists names between commas.
Result<std::string_view> read_name(const char* name) {
  if (name == nullptr) return std::string_view("tap");
  const std::string_view text(name, strnlen(name, bridge::kTapName));
  const auto is_plain = [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  if (text.empty() || text.size() == bridge::kTapName ||
      !std::all_of(text.begin(), text.end(), is_plain))
    return Status::ERR_INVALID_ARGUMENT;
  return text;
}

Result<void> make_tap(voxlock_context* ctx, voxlock_leg* leg, const voxlock_tap_config* in,
                      voxlock_tap** out) {
  VOXLOCK_TRY(const voxlock_tap_config config, read_struct(in, tap_defaults()));
  if (!is_within(config.buffer_ms, 120, 2000)) return Status::ERR_INVALID_ARGUMENT;
  VOXLOCK_TRY(const std::string_view name, read_name(config.name));
  if (leg->is_opaque) return Status::ERR_OPAQUE;
  if (leg->bridge == nullptr) return Status::ERR_WRONG_STATE;
  auto handle = make_handle<voxlock_tap>(ctx, config.buffer_ms, name);
  VOXLOCK_TRY_VOID(leg->bridge->bridge.attach(handle->tap, leg->bridge->legs[0] == leg ? 0 : 1));
  *out = handle.release();
  return {};
}

Result<void> read_tap(bridge::Tap& tap, int16_t* pcm, size_t* samples, voxlock_tap_frame* told) {
  if (tap.is_revoked()) return Status::ERR_TAP_REVOKED;
  const auto front = tap.front();
  const size_t waiting = front ? front->samples : 0;
  if (waiting > (pcm != nullptr ? *samples : 0)) {
    *samples = waiting;
    return Status::ERR_BUFFER_TOO_SMALL;
  }
  voxlock_tap_frame out{};
  if (front) {
    out.sample_rate = front->sample_rate;
    out.position = front->position;
    out.lost = front->lost;
  }
  VOXLOCK_TRY_VOID(Result<void>(write_struct(told, out)));
  *samples = waiting;
  if (!front) return {};
  const secure::StackBurn burn(secure::kShallowStack);
  tap.take(audio::Pcm(pcm, waiting));
  return {};
}

}  // namespace

LayoutTable tap_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_tap_config_init(voxlock_tap_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::tap_defaults()); });
}

int32_t voxlock_tap_new(voxlock_context* ctx, voxlock_leg* leg, const voxlock_tap_config* config,
                        voxlock_tap** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    if constexpr (!bridge::kHasTaps) return Status::ERR_UNSUPPORTED;
    return capi::make_tap(ctx, leg, config, out);
  });
}

void voxlock_tap_free(voxlock_tap* tap) {
  capi::free_handle(tap);
}

int32_t voxlock_tap_revoke(voxlock_tap* tap) {
  return capi::guard([&]() -> Result<void> {
    if (tap == nullptr) return Status::ERR_INVALID_ARGUMENT;
    tap->tap.revoke();
    return {};
  });
}

int32_t voxlock_bridge_revoke_taps(voxlock_bridge* bridge) {
  return capi::guard([&]() -> Result<void> {
    if (bridge == nullptr) return Status::ERR_INVALID_ARGUMENT;
    bridge->bridge.revoke_taps();
    return {};
  });
}

int32_t voxlock_tap_read(voxlock_tap* tap, int16_t* pcm, size_t* samples,
                         voxlock_tap_frame* frame) {
  return capi::guard([&]() -> Result<void> {
    if (tap == nullptr || samples == nullptr || frame == nullptr)
      return Status::ERR_INVALID_ARGUMENT;
    return capi::read_tap(tap->tap, pcm, samples, frame);
  });
}

}  // extern "C"
