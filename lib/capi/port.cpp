#include "voxlock/port.h"

#include "capi/bridge_handle.h"
#include "capi/checks.h"
#include "capi/guard.h"
#include "capi/structs.h"

VOXLOCK_LAYOUT(voxlock_port_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(format),
               VOXLOCK_FIELD(codec), VOXLOCK_FIELD(sample_rate), VOXLOCK_FIELD(ptime_ms),
               VOXLOCK_FIELD(payload_type), VOXLOCK_FIELD(event_type), VOXLOCK_FIELD(host_protects),
               VOXLOCK_FIELD(signalling), VOXLOCK_FIELD(opus_bitrate),
               VOXLOCK_FIELD(opus_complexity), VOXLOCK_FIELD(opus_fec), VOXLOCK_FIELD(opus_dtx),
               VOXLOCK_FIELD(queue_bytes))
VOXLOCK_LAYOUT(voxlock_port_frame, VOXLOCK_FIELD(data), VOXLOCK_FIELD(len),
               VOXLOCK_FIELD(timestamp), VOXLOCK_FIELD(lost), VOXLOCK_FIELD(payload_type),
               VOXLOCK_FIELD(marker))

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_port_config>::kLayout,
                                     LayoutOf<voxlock_port_frame>::kLayout};
static_assert(VOXLOCK_MAX_FRAME == leg::kMaxPacketLen - rtp::kFixedHeaderLen);

struct CodecRow {
  uint32_t sample_rate;  // what 0 stands for
  uint8_t payload_type;
};
// By VOXLOCK_CODEC_*.
constexpr CodecRow kCodecs[] = {{}, {8000, 0}, {8000, 8}, {48000, 111}, {16000, 96}};

voxlock_port_config port_defaults() {
  const leg::LegConfig leg;
  voxlock_port_config out{};
  out.codec = VOXLOCK_CODEC_OPUS;
  out.ptime_ms = leg.ptime_ms;
  out.payload_type = out.event_type = VOXLOCK_PORT_TYPE_DEFAULT;
  out.opus_bitrate = leg.opus_bitrate;
  out.opus_complexity = leg.opus_complexity;
  out.opus_fec = 1;
  out.queue_bytes = 32768;
  return out;
}

// RFC 5761, section 4: with a marker 64 to 95 would be packets of RTCP.
bool is_type(uint32_t type, uint32_t format) {
  if (format == VOXLOCK_PORT_RTP && is_within(type, 64, 95)) return false;
  return type <= 127 || type == VOXLOCK_PORT_TYPE_DEFAULT;
}

bool is_valid(const voxlock_port_config& in) {
  return in.format <= VOXLOCK_PORT_RTP && is_within(in.codec, 1, std::size(kCodecs) - 1) &&
         is_within(in.ptime_ms, 10, 60) && in.ptime_ms % 10 == 0 &&
         is_type(in.payload_type, in.format) && is_type(in.event_type, in.format) &&
         is_flag(in.host_protects) && is_within(static_cast<uint32_t>(in.signalling), 0, 3) &&
         is_opus_bitrate(in.opus_bitrate) && in.opus_complexity <= 10 && is_flag(in.opus_fec) &&
         is_flag(in.opus_dtx) && is_within(in.queue_bytes, 4096, 1048576);
}

leg::LegConfig leg_config(const voxlock_port_config& in) {
  leg::LegConfig out;
  out.ptime_ms = in.ptime_ms;
  out.signalling = static_cast<leg::Signalling>(in.signalling);
  out.opus_bitrate = in.opus_bitrate;
  out.opus_complexity = in.opus_complexity;
  out.has_opus_fec = in.opus_fec != 0;
  out.has_opus_dtx = in.opus_dtx != 0;
  out.queue_bytes = in.queue_bytes;
  return out;
}

Result<leg::PortPlan> read_plan(const voxlock_port_config& in) {
  if (!is_valid(in)) return Status::ERR_INVALID_ARGUMENT;
  const CodecRow& row = kCodecs[in.codec];
  const uint32_t rate = in.sample_rate != 0 ? in.sample_rate : row.sample_rate;
  const bool is_linear = in.codec == VOXLOCK_CODEC_L16;
  if (is_linear ? rate != 8000 && rate != 16000 && rate != 48000 : rate != row.sample_rate)
    return Status::ERR_AUDIO_RATE;
  leg::PortPlan out;
  out.is_framed = in.format == VOXLOCK_PORT_FRAMES;
  out.is_protected = in.host_protects != 0;
  leg::Agreement& agreed = out.agreement;
  agreed.codec = static_cast<leg::Codec>(in.codec);
  agreed.sample_rate = agreed.rtp_clock_hz = rate;
  agreed.payload_type_send = agreed.payload_type_recv = in.payload_type != VOXLOCK_PORT_TYPE_DEFAULT
                                                            ? static_cast<uint8_t>(in.payload_type)
                                                            : row.payload_type;
  static_assert(VOXLOCK_PORT_TYPE_DEFAULT == leg::kNoPayloadType);
  agreed.event_type_send = agreed.event_type_recv = static_cast<uint8_t>(in.event_type);
  if (agreed.event_type_send == agreed.payload_type_send) return Status::ERR_INVALID_ARGUMENT;
  agreed.event_clock_send_hz = agreed.event_clock_recv_hz = rate;
  agreed.ptime_ms = in.ptime_ms;
  agreed.wants_opus_fec = in.opus_fec != 0;
  agreed.wants_opus_dtx = in.opus_dtx != 0;
  agreed.is_rtcp_mux = true;
  return out;
}

Result<void> make_port(voxlock_context* ctx, const voxlock_port_config* in, voxlock_leg** out) {
  VOXLOCK_TRY(const voxlock_port_config config, read_struct(in, port_defaults()));
  VOXLOCK_TRY(leg::PortPlan plan, read_plan(config));
  auto handle = make_handle<voxlock_leg>(ctx);
  VOXLOCK_TRY_VOID(seed_from(*ctx, handle->random));
  VOXLOCK_TRY(handle->leg, leg::Leg::create_port(ctx->context, handle->random, leg_config(config),
                                                 std::move(plan)));
  *out = handle.release();
  return {};
}

bool is_valid(const voxlock_port_frame& frame) {
  return (frame.data != nullptr || frame.len == 0) && frame.len <= VOXLOCK_MAX_FRAME &&
         frame.payload_type <= 127 && frame.marker <= 1;
}

Result<void> put_frames(voxlock_bridge& handle, uint32_t leg,
                        std::span<const voxlock_port_frame> frames, uint64_t now_ns) {
  for (const voxlock_port_frame& frame : frames) {
    if (!is_valid(frame)) return Status::ERR_INVALID_ARGUMENT;
  }
  const leg::HostTransport* const host = handle.bridge.leg(leg).host();
  if (host == nullptr || !host->is_framed()) return Status::ERR_WRONG_STATE;
  handle.bridge.refresh();
  for (const voxlock_port_frame& frame : frames) {
    handle.bridge.put({{frame.data, frame.len},
                       frame.timestamp,
                       frame.lost,
                       static_cast<uint8_t>(frame.payload_type),
                       frame.marker != 0},
                      leg, now_ns);
  }
  return {};
}

}  // namespace

LayoutTable port_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_port_config_init(voxlock_port_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::port_defaults()); });
}

int32_t voxlock_port_new(voxlock_context* ctx, const voxlock_port_config* config,
                         voxlock_leg** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_port(ctx, config, out);
  });
}

int32_t voxlock_port_put(voxlock_bridge* bridge, uint32_t leg, const voxlock_port_frame* frames,
                         size_t count, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (bridge == nullptr || leg > 1 || (frames == nullptr && count != 0))
      return Status::ERR_INVALID_ARGUMENT;
    return capi::put_frames(*bridge, leg, {frames, count}, now_ns);
  });
}

}  // extern "C"
