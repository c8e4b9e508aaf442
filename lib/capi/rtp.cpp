#include "voxlock/rtp.h"

#include <algorithm>
#include <cstring>

#include "capi/guard.h"
#include "capi/structs.h"
#include "rtp/demux.h"
#include "rtp/dtmf.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

VOXLOCK_LAYOUT(voxlock_rtp_header, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(payload_type),
               VOXLOCK_FIELD(marker), VOXLOCK_FIELD(sequence), VOXLOCK_FIELD(timestamp),
               VOXLOCK_FIELD(ssrc), VOXLOCK_FIELD(padding_len), VOXLOCK_FIELD(csrc_count),
               VOXLOCK_FIELD(extension_profile), VOXLOCK_FIELD(extension_offset),
               VOXLOCK_FIELD(extension_len), VOXLOCK_FIELD(payload_offset),
               VOXLOCK_FIELD(payload_len), VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_rtcp_block, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(ssrc),
               VOXLOCK_FIELD(fraction_lost), VOXLOCK_FIELD(cumulative_lost),
               VOXLOCK_FIELD(extended_highest), VOXLOCK_FIELD(jitter), VOXLOCK_FIELD(last_sr),
               VOXLOCK_FIELD(delay_since_sr))
VOXLOCK_LAYOUT(voxlock_rtcp_report, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(ssrc),
               VOXLOCK_FIELD(ntp), VOXLOCK_FIELD(is_sender), VOXLOCK_FIELD(rtp_timestamp),
               VOXLOCK_FIELD(packets), VOXLOCK_FIELD(octets), VOXLOCK_FIELD(block_count),
               VOXLOCK_FIELD(is_bye))
VOXLOCK_LAYOUT(voxlock_dtmf_event, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(code),
               VOXLOCK_FIELD(is_end), VOXLOCK_FIELD(volume), VOXLOCK_FIELD(duration),
               VOXLOCK_FIELD(digit))

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {
    LayoutOf<voxlock_rtp_header>::kLayout, LayoutOf<voxlock_rtcp_block>::kLayout,
    LayoutOf<voxlock_rtcp_report>::kLayout, LayoutOf<voxlock_dtmf_event>::kLayout};

// Takes a struct that the host must give.
template <typename T>
Result<T> need_struct(const T* in) {
  if (in == nullptr) return Status::ERR_INVALID_ARGUMENT;
  return read_struct(in, T{});
}

voxlock_rtp_header describe(const rtp::PacketView& packet, const uint8_t* base) {
  voxlock_rtp_header out{};
  out.payload_type = packet.payload_type;
  out.marker = packet.marker ? 1 : 0;
  out.sequence = packet.sequence;
  out.timestamp = packet.timestamp;
  out.ssrc = packet.ssrc;
  out.padding_len = packet.padding_len;
  out.csrc_count = static_cast<uint32_t>(packet.csrc_count());
  if (packet.has_extension) {
    out.extension_profile = packet.extension_profile;
    out.extension_offset = static_cast<uint32_t>(packet.len - packet.extension.size());
    out.extension_len = static_cast<uint32_t>(packet.extension.size());
  }
  out.payload_offset = static_cast<uint32_t>(packet.payload.data() - base);
  out.payload_len = static_cast<uint32_t>(packet.payload.size());
  return out;
}

Result<void> build_packet(const voxlock_rtp_header* header, ByteView payload,
                          bytes::Writer& writer) {
  VOXLOCK_TRY(const voxlock_rtp_header in, need_struct(header));
  if (in.payload_type > 127 || in.marker > 1 || in.sequence > 0xffff || in.padding_len > 255) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  rtp::PacketFields fields;
  fields.marker = in.marker != 0;
  fields.payload_type = static_cast<uint8_t>(in.payload_type);
  fields.sequence = static_cast<uint16_t>(in.sequence);
  fields.timestamp = in.timestamp;
  fields.ssrc = in.ssrc;
  fields.padding_len = static_cast<uint8_t>(in.padding_len);
  return rtp::write_packet(fields, payload, writer);
}

struct FirstReport {
  rtp::ReportView report;
  bool has_report = false;
  bool is_bye = false;
};

Result<FirstReport> first_report(ByteView datagram, bool is_reduced_size) {
  using Rule = rtp::RtcpCompound::Rule;
  VOXLOCK_TRY(
      rtp::RtcpCompound compound,
      rtp::RtcpCompound::parse(datagram, is_reduced_size ? Rule::kReducedSize : Rule::kStrict));
  FirstReport out;
  while (const auto packet = compound.next()) {
    out.is_bye = out.is_bye || packet->type == rtp::kRtcpBye;
    const bool is_report =
        packet->type == rtp::kRtcpSenderReport || packet->type == rtp::kRtcpReceiverReport;
    if (!is_report || out.has_report) continue;
    VOXLOCK_TRY(out.report, rtp::parse_report(*packet));
    out.has_report = true;
  }
  return out;
}

voxlock_rtcp_report describe(const FirstReport& first) {
  voxlock_rtcp_report out{};
  out.is_bye = first.is_bye ? 1 : 0;
  out.ssrc = first.report.ssrc;
  out.block_count = static_cast<uint32_t>(first.report.block_count());
  if (first.report.info) {
    out.is_sender = 1;
    out.ntp = first.report.info->ntp;
    out.rtp_timestamp = first.report.info->rtp_timestamp;
    out.packets = first.report.info->packets;
    out.octets = first.report.info->octets;
  }
  return out;
}

voxlock_rtcp_block describe(const rtp::ReportBlock& block) {
  return {sizeof(voxlock_rtcp_block), block.ssrc,   block.fraction_lost, block.cumulative_lost,
          block.extended_highest,     block.jitter, block.last_sr,       block.delay_since_sr};
}

Result<void> build_compound(const voxlock_rtcp_report* report, const voxlock_rtcp_block* block,
                            const char* cname, bytes::Writer& writer) {
  VOXLOCK_TRY(const voxlock_rtcp_report in, need_struct(report));
  VOXLOCK_TRY(const voxlock_rtcp_block about, read_struct(block, voxlock_rtcp_block{}));
  if (cname == nullptr || in.is_sender > 1 || in.is_bye > 1 || about.fraction_lost > 255) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  const size_t cname_len = strnlen(cname, 256);
  if (cname_len > 255) return Status::ERR_INVALID_ARGUMENT;
  const rtp::ReportBlock one{about.ssrc,
                             static_cast<uint8_t>(about.fraction_lost),
                             about.cumulative_lost,
                             about.extended_highest,
                             about.jitter,
                             about.last_sr,
                             about.delay_since_sr};
  const std::span<const rtp::ReportBlock> blocks(&one, block != nullptr ? 1 : 0);
  if (in.is_sender != 0) {
    const rtp::SenderInfo info{in.ntp, in.rtp_timestamp, in.packets, in.octets};
    VOXLOCK_TRY_VOID(rtp::write_sender_report(in.ssrc, info, blocks, writer));
  } else {
    VOXLOCK_TRY_VOID(rtp::write_receiver_report(in.ssrc, blocks, writer));
  }
  VOXLOCK_TRY_VOID(rtp::write_sdes_cname(in.ssrc, {cname, cname_len}, writer));
  if (in.is_bye != 0) return rtp::write_bye({&in.ssrc, 1}, {}, writer);
  return {};
}

}  // namespace

LayoutTable rtp_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_rtp_classify(const uint8_t* datagram, size_t len) {
  if (datagram == nullptr) return VOXLOCK_DATAGRAM_UNKNOWN;
  return static_cast<int32_t>(rtp::classify({datagram, len}));
}

int32_t voxlock_rtp_parse(const uint8_t* packet, size_t len, voxlock_rtp_header* header) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const ByteView input, capi::input(packet, len));
    if (header == nullptr || len > UINT32_MAX) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const rtp::PacketView view, rtp::parse_packet(input));
    return capi::write_struct(header, capi::describe(view, packet));
  });
}

int32_t voxlock_rtp_build(const voxlock_rtp_header* header, const uint8_t* payload,
                          size_t payload_len, uint8_t* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const ByteView input, capi::input(payload, payload_len));
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    bytes::Writer writer(room);
    VOXLOCK_TRY_VOID(capi::build_packet(header, input, writer));
    return capi::finish_output(writer, len);
  });
}

int32_t voxlock_rtp_extension(const uint8_t* packet, size_t len, uint32_t id, size_t* offset,
                              size_t* element_len) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const ByteView input, capi::input(packet, len));
    if (id == 0 || id > 255 || offset == nullptr || element_len == nullptr)
      return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const rtp::HeaderView header, rtp::parse_header(input));
    const auto element = header.extensions().find(static_cast<uint8_t>(id));
    if (!element) return Status::ERR_NOT_FOUND;
    *offset = static_cast<size_t>(element->data.data() - packet);
    *element_len = element->data.size();
    return {};
  });
}

int32_t voxlock_rtcp_parse(const uint8_t* datagram, size_t len, int32_t is_reduced_size,
                           voxlock_rtcp_report* report) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const ByteView input, capi::input(datagram, len));
    if (report == nullptr || is_reduced_size < 0 || is_reduced_size > 1)
      return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const capi::FirstReport first, capi::first_report(input, is_reduced_size != 0));
    return capi::write_struct(report, capi::describe(first));
  });
}

int32_t voxlock_rtcp_get_block(const uint8_t* datagram, size_t len, uint32_t index,
                               voxlock_rtcp_block* block) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const ByteView input, capi::input(datagram, len));
    if (block == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const capi::FirstReport first, capi::first_report(input, true));
    if (index >= first.report.block_count()) return Status::ERR_NOT_FOUND;
    return capi::write_struct(block, capi::describe(first.report.block(index)));
  });
}

int32_t voxlock_rtcp_build(const voxlock_rtcp_report* report, const voxlock_rtcp_block* block,
                           const char* cname, uint8_t* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    bytes::Writer writer(room);
    VOXLOCK_TRY_VOID(capi::build_compound(report, block, cname, writer));
    return capi::finish_output(writer, len);
  });
}

int32_t voxlock_dtmf_parse(const uint8_t* payload, size_t len, voxlock_dtmf_event* event) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const ByteView input, capi::input(payload, len));
    if (event == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const rtp::TelephoneEvent in, rtp::parse_event(input));
    const voxlock_dtmf_event out{sizeof(voxlock_dtmf_event),
                                 in.code,
                                 in.is_end ? 1u : 0u,
                                 in.volume,
                                 in.duration,
                                 static_cast<uint32_t>(rtp::digit_of(in.code))};
    return capi::write_struct(event, out);
  });
}

int32_t voxlock_dtmf_build(const voxlock_dtmf_event* event, uint8_t* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const voxlock_dtmf_event in, capi::need_struct(event));
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    if (in.code > 255 || in.is_end > 1 || in.volume > 63 || in.duration > 0xffff) {
      return Status::ERR_INVALID_ARGUMENT;
    }
    bytes::Writer writer(room);
    rtp::write_event({static_cast<uint8_t>(in.code), in.is_end != 0,
                      static_cast<uint8_t>(in.volume), static_cast<uint16_t>(in.duration)},
                     writer);
    return capi::finish_output(writer, len);
  });
}

}  // extern "C"
