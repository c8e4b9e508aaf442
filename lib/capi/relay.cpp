#include "voxlock/relay.h"

#include "bridge/relay.h"
#include "capi/checks.h"
#include "capi/joint.h"
#include "capi/structs.h"

VOXLOCK_LAYOUT(voxlock_relay_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(digits),
               VOXLOCK_FIELD(levels), VOXLOCK_FIELD(is_sealed), VOXLOCK_FIELD(level_id))
VOXLOCK_LAYOUT(voxlock_relay_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(status),
               VOXLOCK_FIELD(packets_in), VOXLOCK_FIELD(packets_out), VOXLOCK_FIELD(lost),
               VOXLOCK_FIELD(reordered), VOXLOCK_FIELD(too_late), VOXLOCK_FIELD(events_out),
               VOXLOCK_FIELD(events_blocked), VOXLOCK_FIELD(levels_out), VOXLOCK_FIELD(recovered))

// Keeps its legs alive: relay and legs are freed in any order.
struct voxlock_relay : voxlock::capi::Handle {
  voxlock_relay(voxlock_context* ctx, const std::array<voxlock_leg*, 2>& joined,
                const voxlock::bridge::RelayConfig& config)
      : Handle(ctx), relay(*joined[0]->leg, *joined[1]->leg, config), legs(joined) {}
  voxlock_relay(const voxlock_relay&) = delete;
  voxlock_relay& operator=(const voxlock_relay&) = delete;

  voxlock::bridge::Relay relay;
  std::array<voxlock_leg*, 2> legs;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_relay_config>::kLayout,
                                     LayoutOf<voxlock_relay_stats>::kLayout};
// RFC 8285 4.2: of a one-byte header.
constexpr uint32_t kMaxLevelId = 14;

voxlock_relay_config relay_defaults() {
  voxlock_relay_config out{};
  out.is_sealed = 1;
  return out;
}

Result<bridge::RelayConfig> read_config(const voxlock_relay_config* in) {
  VOXLOCK_TRY(const voxlock_relay_config config, read_struct(in, relay_defaults()));
  if (!is_flag(config.digits) || !is_flag(config.levels) || !is_flag(config.is_sealed))
    return Status::ERR_INVALID_ARGUMENT;
  bridge::RelayConfig out;
  out.digits = static_cast<bridge::DigitPolicy>(config.digits);
  out.levels = static_cast<bridge::LevelPolicy>(config.levels);
  out.is_sealed = config.is_sealed != 0;
  for (size_t i = 0; i < 2; ++i) {
    if (config.level_id[i] > kMaxLevelId) return Status::ERR_INVALID_ARGUMENT;
    out.level_ids[i] = static_cast<uint8_t>(config.level_id[i]);
  }
  return out;
}

Result<void> make_relay(voxlock_context* ctx, const std::array<voxlock_leg*, 2>& legs,
                        const voxlock_relay_config* in, voxlock_relay** out) {
  VOXLOCK_TRY(const bridge::RelayConfig config, read_config(in));
  if (legs[0]->is_attached || legs[1]->is_attached) return Status::ERR_LEG_ATTACHED;
  for (const voxlock_leg* leg : legs) {
    if (leg->leg->host() != nullptr && leg->leg->host()->is_framed())
      return Status::ERR_UNSUPPORTED;
  }
  auto handle = make_handle<voxlock_relay>(ctx, legs, config);
  if (handle->relay.status() == Status::ERR_RELAY_CODEC) return Status::ERR_RELAY_CODEC;
  attach(legs, true);
  *out = handle.release();
  return {};
}

voxlock_relay_stats describe(const bridge::Relay& relay) {
  voxlock_relay_stats out{};
  out.status = to_int(relay.status());
  for (size_t i = 0; i < 2; ++i) {
    const bridge::RelayStats& in = relay.stats(i);
    out.packets_in[i] = in.packets_in;
    out.packets_out[i] = in.packets_out;
    out.lost[i] = in.lost;
    out.reordered[i] = in.reordered;
    out.too_late[i] = in.too_late;
    out.events_out[i] = in.events_out;
    out.events_blocked[i] = in.events_blocked;
    out.levels_out[i] = in.levels_out;
    out.recovered[i] = in.recovered;
  }
  return out;
}

}  // namespace

LayoutTable relay_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_relay_config_init(voxlock_relay_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::relay_defaults()); });
}

int32_t voxlock_relay_new(voxlock_context* ctx, voxlock_leg* trunk, voxlock_leg* room,
                          const voxlock_relay_config* config, voxlock_relay** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || trunk == nullptr || room == nullptr || trunk == room)
      return Status::ERR_INVALID_ARGUMENT;
    return capi::make_relay(ctx, {trunk, room}, config, out);
  });
}

void voxlock_relay_free(voxlock_relay* relay) {
  if (relay == nullptr) return;
  const std::array<voxlock_leg*, 2> legs = relay->legs;
  capi::free_handle(relay);
  capi::detach(legs);
}

int32_t voxlock_relay_input(voxlock_relay* relay, const voxlock_datagram* datagrams, size_t count,
                            uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (relay == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::take_datagrams(relay->relay, datagrams, count, now_ns);
  });
}

int32_t voxlock_relay_poll(voxlock_relay* relay, voxlock_media_event* events, size_t cap,
                           size_t* count, uint8_t* arena, size_t arena_cap, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (relay == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::take_events(relay->relay, {events, cap, count, arena, arena_cap}, now_ns);
  });
}

uint64_t voxlock_relay_next_deadline(const voxlock_relay* relay) {
  return relay != nullptr ? relay->relay.next_deadline() : UINT64_MAX;
}

int32_t voxlock_relay_close(voxlock_relay* relay, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (relay == nullptr) return Status::ERR_INVALID_ARGUMENT;
    relay->relay.close(now_ns);
    return {};
  });
}

int32_t voxlock_relay_protection(const voxlock_relay* relay, voxlock_protection* protection) {
  return capi::guard([&] {
    if (relay == nullptr || protection == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::tell_protection(relay->relay.protection(), protection);
  });
}

int32_t voxlock_relay_get_stats(const voxlock_relay* relay, voxlock_relay_stats* stats) {
  return capi::guard([&] {
    if (relay == nullptr || stats == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(stats, capi::describe(relay->relay));
  });
}

}  // extern "C"
