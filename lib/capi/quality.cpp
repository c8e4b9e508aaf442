#include "voxlock/quality.h"

#include "capi/checks.h"
#include "capi/guard.h"
#include "capi/leg_handle.h"
#include "capi/structs.h"

VOXLOCK_LAYOUT(voxlock_quality, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(is_known),
               VOXLOCK_FIELD(ssrc), VOXLOCK_FIELD(gmin), VOXLOCK_FIELD(loss_rate),
               VOXLOCK_FIELD(discard_rate), VOXLOCK_FIELD(burst_density),
               VOXLOCK_FIELD(gap_density), VOXLOCK_FIELD(burst_ms), VOXLOCK_FIELD(gap_ms),
               VOXLOCK_FIELD(round_trip_ms), VOXLOCK_FIELD(end_system_ms),
               VOXLOCK_FIELD(signal_dbm0), VOXLOCK_FIELD(noise_dbm0), VOXLOCK_FIELD(rerl_db),
               VOXLOCK_FIELD(r_factor), VOXLOCK_FIELD(external_r_factor), VOXLOCK_FIELD(mos_lq),
               VOXLOCK_FIELD(mos_cq), VOXLOCK_FIELD(concealment), VOXLOCK_FIELD(jitter_buffer),
               VOXLOCK_FIELD(jitter_buffer_rate), VOXLOCK_FIELD(buffer_nominal_ms),
               VOXLOCK_FIELD(buffer_maximum_ms), VOXLOCK_FIELD(buffer_absolute_ms),
               VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(packets), VOXLOCK_FIELD(lost),
               VOXLOCK_FIELD(discarded), VOXLOCK_FIELD(bursts))
VOXLOCK_LAYOUT(voxlock_terminal, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(concealment),
               VOXLOCK_FIELD(jitter_buffer), VOXLOCK_FIELD(jitter_buffer_rate),
               VOXLOCK_FIELD(buffer_nominal_ms), VOXLOCK_FIELD(buffer_maximum_ms),
               VOXLOCK_FIELD(buffer_absolute_ms), VOXLOCK_FIELD(delay_ms),
               VOXLOCK_FIELD(signal_dbm0), VOXLOCK_FIELD(noise_dbm0), VOXLOCK_FIELD(rerl_db),
               VOXLOCK_FIELD(reserved))

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_quality>::kLayout,
                                     LayoutOf<voxlock_terminal>::kLayout};
static_assert(VOXLOCK_QUALITY_UNKNOWN == rtp::kXrUnknown);
static_assert(VOXLOCK_CONCEALMENT_STANDARD == static_cast<int>(rtp::Concealment::kStandard));
static_assert(VOXLOCK_JITTER_BUFFER_ADAPTIVE == static_cast<int>(rtp::JitterBuffer::kAdaptive));

voxlock_quality to_quality(const rtp::VoipMetrics& in) {
  voxlock_quality out{};
  out.is_known = 1;
  out.ssrc = in.ssrc;
  out.gmin = in.gmin;
  out.loss_rate = in.loss_rate;
  out.discard_rate = in.discard_rate;
  out.burst_density = in.burst_density;
  out.gap_density = in.gap_density;
  out.burst_ms = in.burst_ms;
  out.gap_ms = in.gap_ms;
  out.round_trip_ms = in.round_trip_ms;
  out.end_system_ms = in.end_system_ms;
  out.signal_dbm0 = in.signal_dbm0;
  out.noise_dbm0 = in.noise_dbm0;
  out.rerl_db = in.rerl_db;
  out.r_factor = in.r_factor;
  out.external_r_factor = in.external_r_factor;
  out.mos_lq = in.mos_lq;
  out.mos_cq = in.mos_cq;
  out.concealment = static_cast<int32_t>(in.concealment);
  out.jitter_buffer = static_cast<int32_t>(in.jitter_buffer);
  out.jitter_buffer_rate = in.jitter_buffer_rate;
  out.buffer_nominal_ms = in.buffer_nominal_ms;
  out.buffer_maximum_ms = in.buffer_maximum_ms;
  out.buffer_absolute_ms = in.buffer_absolute_ms;
  return out;
}

voxlock_quality heard(const leg::Leg& leg) {
  const auto& receive = leg.receive_statistics();
  if (!receive || !receive->is_valid()) return {};
  const rtp::LossPattern::Sums sums = leg.quality().sums();
  voxlock_quality out = to_quality(leg.voip_metrics());
  out.packets = sums.packets;
  out.lost = sums.lost;
  out.discarded = sums.discarded;
  out.bursts = sums.bursts;
  return out;
}

voxlock_quality told(const leg::Leg& leg) {
  const auto& remote = leg.quality().remote();
  return remote ? to_quality(*remote) : voxlock_quality{};
}

voxlock_terminal terminal_defaults() {
  voxlock_terminal out{};
  out.signal_dbm0 = out.noise_dbm0 = VOXLOCK_QUALITY_UNKNOWN;
  out.rerl_db = VOXLOCK_QUALITY_UNKNOWN;
  return out;
}

bool is_level(int32_t dbm0) {
  return dbm0 >= INT8_MIN && dbm0 <= INT8_MAX;
}

Result<leg::Terminal> to_terminal(const voxlock_terminal& in) {
  const bool is_good =
      is_within(static_cast<uint32_t>(in.concealment), 0, VOXLOCK_CONCEALMENT_STANDARD) &&
      is_within(static_cast<uint32_t>(in.jitter_buffer), 0, VOXLOCK_JITTER_BUFFER_ADAPTIVE) &&
      in.jitter_buffer != static_cast<int32_t>(rtp::JitterBuffer::kReserved) &&
      in.jitter_buffer_rate <= 15 && in.buffer_nominal_ms <= UINT16_MAX &&
      in.buffer_maximum_ms <= UINT16_MAX && in.buffer_absolute_ms <= UINT16_MAX &&
      in.delay_ms <= UINT16_MAX && is_level(in.signal_dbm0) && is_level(in.noise_dbm0) &&
      in.rerl_db <= VOXLOCK_QUALITY_UNKNOWN && in.reserved == 0;
  if (!is_good) return Status::ERR_INVALID_ARGUMENT;
  leg::Terminal out;
  out.concealment = static_cast<rtp::Concealment>(in.concealment);
  out.jitter_buffer = static_cast<rtp::JitterBuffer>(in.jitter_buffer);
  out.jitter_buffer_rate = static_cast<uint8_t>(in.jitter_buffer_rate);
  out.buffer_nominal_ms = static_cast<uint16_t>(in.buffer_nominal_ms);
  out.buffer_maximum_ms = static_cast<uint16_t>(in.buffer_maximum_ms);
  out.buffer_absolute_ms = static_cast<uint16_t>(in.buffer_absolute_ms);
  out.delay_ms = static_cast<uint16_t>(in.delay_ms);
  out.signal_dbm0 = static_cast<int16_t>(in.signal_dbm0);
  out.noise_dbm0 = static_cast<int16_t>(in.noise_dbm0);
  out.rerl_db = static_cast<uint8_t>(in.rerl_db);
  return out;
}

}  // namespace

LayoutTable quality_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_leg_get_quality(const voxlock_leg* leg, uint32_t side, voxlock_quality* quality) {
  return capi::guard([&] {
    if (leg == nullptr || side > VOXLOCK_QUALITY_TOLD) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(
        quality, side == VOXLOCK_QUALITY_HEARD ? capi::heard(*leg->leg) : capi::told(*leg->leg));
  });
}

int32_t voxlock_terminal_init(voxlock_terminal* terminal, size_t size) {
  return capi::guard([&] { return capi::init_struct(terminal, size, capi::terminal_defaults()); });
}

int32_t voxlock_leg_set_terminal(voxlock_leg* leg, const voxlock_terminal* terminal) {
  return capi::guard([&]() -> Result<void> {
    if (leg == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const voxlock_terminal config,
                capi::read_struct(terminal, capi::terminal_defaults()));
    VOXLOCK_TRY(const leg::Terminal made, capi::to_terminal(config));
    if (leg->is_attached && !leg->is_opaque) return Status::ERR_LEG_ATTACHED;
    leg->leg->set_terminal(made);
    return {};
  });
}

}  // extern "C"
