#include "voxlock/bridge.h"

#include <algorithm>
#include <array>

#include "capi/bridge_handle.h"
#include "capi/e2ee_handle.h"
#include "capi/joint.h"
#include "capi/stages.h"
#include "capi/structs.h"

VOXLOCK_LAYOUT(voxlock_bridge_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(conceal_max_ms),
               VOXLOCK_FIELD(denoise_db), VOXLOCK_FIELD(stage_count), VOXLOCK_FIELD(stages),
               VOXLOCK_FIELD(cryptor), VOXLOCK_FIELD(repair_ms))
VOXLOCK_LAYOUT(voxlock_protection, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(scope),
               VOXLOCK_FIELD(transport), VOXLOCK_FIELD(key_exchange), VOXLOCK_FIELD(suite_in),
               VOXLOCK_FIELD(suite_out), VOXLOCK_FIELD(signalling), VOXLOCK_FIELD(peer_verified),
               VOXLOCK_FIELD(content_opened), VOXLOCK_FIELD(stages), VOXLOCK_FIELD(hop_scope),
               VOXLOCK_FIELD(participant), VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(tap_count),
               VOXLOCK_FIELD(taps), VOXLOCK_FIELD(peer_fingerprint), VOXLOCK_FIELD(peer_name))
VOXLOCK_LAYOUT(voxlock_bridge_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(reserved),
               VOXLOCK_FIELD(packets_in), VOXLOCK_FIELD(packets_out), VOXLOCK_FIELD(lost),
               VOXLOCK_FIELD(concealed), VOXLOCK_FIELD(silences), VOXLOCK_FIELD(muted),
               VOXLOCK_FIELD(events_out), VOXLOCK_FIELD(bypassed), VOXLOCK_FIELD(latency_us),
               VOXLOCK_FIELD(plaintext_count), VOXLOCK_FIELD(plaintext_p50_ns),
               VOXLOCK_FIELD(plaintext_p99_ns), VOXLOCK_FIELD(plaintext_p999_ns),
               VOXLOCK_FIELD(plaintext_max_ns), VOXLOCK_FIELD(unopened), VOXLOCK_FIELD(unsealed),
               VOXLOCK_FIELD(waited), VOXLOCK_FIELD(recovered), VOXLOCK_FIELD(tapped))

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_bridge_config>::kLayout,
                                     LayoutOf<voxlock_protection>::kLayout,
                                     LayoutOf<voxlock_bridge_stats>::kLayout};
constexpr uint32_t kMaxHostStages = 14;  // of the chain's 16: a denoiser before, a resampler behind

voxlock_bridge_config bridge_defaults() {
  voxlock_bridge_config out{};
  out.conceal_max_ms = 100;
  out.denoise_db[VOXLOCK_FORWARD] = 15;
  return out;
}

struct Stages {
  StageConfigs configs;
  size_t count = 0;
};

Result<void> read_direction(const voxlock_bridge_config& in, size_t direction, Stages& out) {
  if (in.stage_count[direction] > kMaxHostStages) return Status::ERR_AUDIO_STAGE_COUNT;
  if (in.denoise_db[direction] > 45) return Status::ERR_INVALID_ARGUMENT;
  if (in.denoise_db[direction] != 0) {
    out.configs[0].kind = audio::StageKind::kDenoise;
    out.configs[0].denoise.attenuation_db = in.denoise_db[direction];
    out.count = 1;
  }
  StageConfigs host;
  voxlock_chain_config list{};
  list.stage_count = in.stage_count[direction];
  list.stages = in.stages[direction];
  VOXLOCK_TRY_VOID(read_stages(list, host));
  const auto is_host = [](const audio::StageConfig& stage) {
    return stage.kind == audio::StageKind::kHost;
  };
  if (!bridge::kHasTaps && std::any_of(host.begin(), host.end(), is_host))
    return Status::ERR_UNSUPPORTED;
  std::copy_n(host.begin(), list.stage_count,
              out.configs.begin() + static_cast<std::ptrdiff_t>(out.count));
  out.count += list.stage_count;
  return {};
}

Result<void> make_bridge(voxlock_context* ctx, std::array<voxlock_leg*, 2> legs,
                         const voxlock_bridge_config* in, voxlock_bridge** out) {
  VOXLOCK_TRY(const voxlock_bridge_config config, read_struct(in, bridge_defaults()));
  if (config.conceal_max_ms > 200) return Status::ERR_INVALID_ARGUMENT;
  std::array<Stages, 2> stages;
  for (size_t i = 0; i < 2; ++i) VOXLOCK_TRY_VOID(read_direction(config, i, stages[i]));
  // What a relay carries is sealed: no stage gets there.
  if (legs[0]->is_opaque || legs[1]->is_opaque) return Status::ERR_OPAQUE;
  if (legs[0]->is_attached || legs[1]->is_attached) return Status::ERR_LEG_ATTACHED;
  bridge::BridgeConfig inner;
  inner.random = &ctx->random;
  inner.conceal_max_ms = config.conceal_max_ms;
  for (size_t i = 0; i < 2; ++i) {
    if (config.repair_ms[i] > 200) return Status::ERR_INVALID_ARGUMENT;
    inner.repair_ms[i] = config.repair_ms[i];
  }
  for (size_t i = 0; i < 2; ++i)
    inner.stages[i] = std::span(stages[i].configs).first(stages[i].count);
  for (size_t i = 0; i < 2; ++i) {
    if (config.cryptor[i] != nullptr) inner.cryptors[i] = config.cryptor[i]->cryptor.get();
  }
  VOXLOCK_TRY_VOID(bridge::Bridge::check_stages(ctx->memory, inner));
  auto handle = make_handle<voxlock_bridge>(ctx, legs[0], legs[1], inner);
  for (size_t i = 0; i < 2; ++i) {
    if (handle->bridge.lane_status(i) != Status::OK) return handle->bridge.lane_status(i);
    if (config.repair_ms[i] != 0 && !handle->bridge.hold(i).is_used()) return Status::ERR_ENTROPY;
  }
  attach(legs, false);
  for (voxlock_leg* leg : legs) leg->bridge = handle.get();
  for (size_t i = 0; i < 2; ++i) {
    handle->cryptors[i] = config.cryptor[i];
    if (config.cryptor[i] != nullptr)
      config.cryptor[i]->references.fetch_add(1, std::memory_order_relaxed);
  }
  *out = handle.release();
  return {};
}

voxlock_protection protection_of(const bridge::Protection& in) {
  voxlock_protection out{};
  out.scope = static_cast<int32_t>(in.scope);
  out.participant = in.is_participant ? 1 : 0;
  for (size_t i = 0; i < 2; ++i) {
    const bridge::Hop& hop = in.hops[i];
    out.transport[i] = static_cast<int32_t>(hop.transport);
    out.key_exchange[i] = static_cast<int32_t>(hop.key_exchange);
    out.suite_in[i] = hop.suite_in;
    out.suite_out[i] = hop.suite_out;
    out.signalling[i] = static_cast<int32_t>(hop.signalling);
    out.peer_verified[i] = hop.signalling == leg::Signalling::kVerified ? 1 : 0;
    out.content_opened[i] = in.is_opened[i] ? 1 : 0;
    out.hop_scope[i] = static_cast<int32_t>(hop.scope);
    static_assert(VOXLOCK_PEER_TEXT == leg::kMaxPeerName + 1);
    std::copy(hop.peer_name.begin(), hop.peer_name.end(), std::begin(out.peer_name[i]));
    std::copy(hop.peer_sha256.begin(), hop.peer_sha256.end(), std::begin(out.peer_fingerprint[i]));
    out.tap_count[i] = in.tap_count[i];
    static_assert(VOXLOCK_TAPS_TEXT == bridge::kTapText);
    std::copy(in.taps[i].begin(), in.taps[i].end(), std::begin(out.taps[i]));
    static_assert(VOXLOCK_STAGES_TEXT == bridge::kStageText);
    std::copy(in.stages[i].begin(), in.stages[i].end(), std::begin(out.stages[i]));
  }
  return out;
}

void add_plaintext(const bridge::Bridge& bridge, size_t i, voxlock_bridge_stats& out) {
  const bridge::Histogram& lifetimes = bridge.lifetimes(i);
  const auto to_ns = [&](uint64_t cycles) {
    return bridge.scale().is_known() ? bridge.scale().to_ns(cycles) : UINT64_MAX;
  };
  out.plaintext_count[i] = lifetimes.count();
  out.plaintext_p50_ns[i] = to_ns(lifetimes.quantile(500));
  out.plaintext_p99_ns[i] = to_ns(lifetimes.quantile(990));
  out.plaintext_p999_ns[i] = to_ns(lifetimes.quantile(999));
  out.plaintext_max_ns[i] = to_ns(lifetimes.max());
}

voxlock_bridge_stats stats_of(const bridge::Bridge& bridge) {
  voxlock_bridge_stats out{};
  for (size_t i = 0; i < 2; ++i) {
    add_plaintext(bridge, i, out);
    out.waited[i] = bridge.hold(i).waited();
    const auto& lane = bridge.lane(i);
    if (!lane) continue;
    const bridge::LaneStats& stats = lane->stats();
    out.packets_in[i] = stats.packets_in;
    out.packets_out[i] = stats.packets_out;
    out.lost[i] = stats.lost;
    out.concealed[i] = stats.concealed;
    out.recovered[i] = stats.recovered;
    out.silences[i] = stats.silences;
    out.muted[i] = stats.muted;
    out.events_out[i] = stats.events_out;
    out.unopened[i] = stats.unopened;
    out.unsealed[i] = stats.unsealed;
    out.tapped[i] = stats.tapped;
    out.latency_us[i] = lane->chain().latency_ns() / 1000;
    for (size_t k = 0; k < lane->chain().stage_count(); ++k) {
      out.bypassed[i] += lane->chain().stage_stats(k).bypassed_frames;
    }
  }
  return out;
}

}  // namespace

Status tell_protection(const bridge::Protection& in, voxlock_protection* out) {
  return write_struct(out, protection_of(in));
}

LayoutTable bridge_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_bridge_config_init(voxlock_bridge_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::bridge_defaults()); });
}

int32_t voxlock_bridge_new(voxlock_context* ctx, voxlock_leg* trunk, voxlock_leg* room,
                           const voxlock_bridge_config* config, voxlock_bridge** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || trunk == nullptr || room == nullptr || trunk == room)
      return Status::ERR_INVALID_ARGUMENT;
    return capi::make_bridge(ctx, {trunk, room}, config, out);
  });
}

void voxlock_bridge_free(voxlock_bridge* bridge) {
  if (bridge == nullptr) return;
  const std::array<voxlock_leg*, 2> legs = bridge->legs;
  const std::array<voxlock_frame_cryptor*, 2> cryptors = bridge->cryptors;
  capi::free_handle(bridge);
  for (voxlock_frame_cryptor* cryptor : cryptors) capi::release_cryptor(cryptor);
  capi::detach(legs);
}

int32_t voxlock_bridge_input(voxlock_bridge* bridge, const voxlock_datagram* datagrams,
                             size_t count, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (bridge == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::take_datagrams(bridge->bridge, datagrams, count, now_ns);
  });
}

int32_t voxlock_bridge_poll(voxlock_bridge* bridge, voxlock_media_event* events, size_t cap,
                            size_t* count, uint8_t* arena, size_t arena_cap, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (bridge == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::take_events(bridge->bridge, {events, cap, count, arena, arena_cap}, now_ns);
  });
}

uint64_t voxlock_bridge_next_deadline(const voxlock_bridge* bridge) {
  return bridge != nullptr ? bridge->bridge.next_deadline() : UINT64_MAX;
}

int32_t voxlock_bridge_close(voxlock_bridge* bridge, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (bridge == nullptr) return Status::ERR_INVALID_ARGUMENT;
    bridge->bridge.close(now_ns);
    return {};
  });
}

int32_t voxlock_bridge_protection(const voxlock_bridge* bridge, voxlock_protection* protection) {
  return capi::guard([&] {
    if (bridge == nullptr || protection == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::tell_protection(bridge->bridge.protection(), protection);
  });
}

int32_t voxlock_bridge_get_stats(const voxlock_bridge* bridge, voxlock_bridge_stats* stats) {
  return capi::guard([&] {
    if (bridge == nullptr || stats == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(stats, capi::stats_of(bridge->bridge));
  });
}

}  // extern "C"
