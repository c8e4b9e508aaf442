#include "voxlock/srtp.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "srtp/batch.h"
#include "srtp/diagnosis.h"
#include "srtp/session.h"

VOXLOCK_LAYOUT(voxlock_srtp_suite, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(suite),
               VOXLOCK_FIELD(name), VOXLOCK_FIELD(key_len), VOXLOCK_FIELD(salt_len),
               VOXLOCK_FIELD(rtp_tag_len), VOXLOCK_FIELD(rtcp_tag_len))
VOXLOCK_LAYOUT(voxlock_srtp_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(suite),
               VOXLOCK_FIELD(key), VOXLOCK_FIELD(key_len), VOXLOCK_FIELD(peer_key),
               VOXLOCK_FIELD(peer_key_len), VOXLOCK_FIELD(mki), VOXLOCK_FIELD(mki_len),
               VOXLOCK_FIELD(peer_mki), VOXLOCK_FIELD(peer_mki_len), VOXLOCK_FIELD(replay_window),
               VOXLOCK_FIELD(max_ssrcs), VOXLOCK_FIELD(rtp_lifetime), VOXLOCK_FIELD(rtcp_lifetime),
               VOXLOCK_FIELD(flags), VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_srtp_packet, VOXLOCK_FIELD(srtp), VOXLOCK_FIELD(data), VOXLOCK_FIELD(len),
               VOXLOCK_FIELD(out), VOXLOCK_FIELD(out_len), VOXLOCK_FIELD(status),
               VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_srtp_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(ssrcs),
               VOXLOCK_FIELD(rtp_opened), VOXLOCK_FIELD(rtcp_opened), VOXLOCK_FIELD(rtp_sealed),
               VOXLOCK_FIELD(rtcp_sealed), VOXLOCK_FIELD(auth_failed), VOXLOCK_FIELD(replayed),
               VOXLOCK_FIELD(too_old), VOXLOCK_FIELD(malformed), VOXLOCK_FIELD(mki_unknown),
               VOXLOCK_FIELD(ssrc_refused), VOXLOCK_FIELD(key_expired), VOXLOCK_FIELD(rtp_left),
               VOXLOCK_FIELD(rtcp_left), VOXLOCK_FIELD(fault), VOXLOCK_FIELD(fault_ssrc),
               VOXLOCK_FIELD(fault_rounds), VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(faults),
               VOXLOCK_FIELD(recovered))

struct voxlock_srtp : voxlock::capi::Handle {
  using Half = std::optional<voxlock::srtp::Session>;
  voxlock_srtp(voxlock_context* ctx, Half&& inbound, Half&& outbound)
      : Handle(ctx), in(std::move(inbound)), out(std::move(outbound)) {}

  Half in;
  Half out;
  voxlock::srtp::Diagnosis diagnosis;
};

namespace voxlock::capi {
namespace {

using srtp::Direction;
using srtp::Session;

constexpr StructLayout kLayouts[] = {
    LayoutOf<voxlock_srtp_suite>::kLayout, LayoutOf<voxlock_srtp_config>::kLayout,
    LayoutOf<voxlock_srtp_packet>::kLayout, LayoutOf<voxlock_srtp_stats>::kLayout};

voxlock_srtp_config srtp_defaults() {
  const srtp::SessionConfig defaults;
  voxlock_srtp_config config{};
  config.suite = static_cast<int32_t>(defaults.suite);
  config.replay_window = defaults.replay_window;
  config.max_ssrcs = defaults.max_ssrcs;
  config.rtp_lifetime = defaults.rtp_lifetime;
  config.rtcp_lifetime = defaults.rtcp_lifetime;
  return config;
}

Result<srtp::SessionConfig> common_config(const voxlock_srtp_config& config) {
  if (config.suite < 0 || config.suite > UINT8_MAX) return Status::ERR_UNSUPPORTED;
  if ((config.flags & ~VOXLOCK_SRTP_PLAIN_RTCP) != 0 || config.reserved != 0)
    return Status::ERR_INVALID_ARGUMENT;
  srtp::SessionConfig out;
  out.suite = static_cast<srtp::SuiteId>(config.suite);
  out.replay_window = config.replay_window;
  out.max_ssrcs = config.max_ssrcs;
  out.rtp_lifetime = config.rtp_lifetime;
  out.rtcp_lifetime = config.rtcp_lifetime;
  out.is_rtcp_plain = (config.flags & VOXLOCK_SRTP_PLAIN_RTCP) != 0;
  return out;
}

Result<void> make_srtp(voxlock_context* ctx, const voxlock_srtp_config* in, voxlock_srtp** out) {
  VOXLOCK_TRY(const voxlock_srtp_config config, read_struct(in, srtp_defaults()));
  VOXLOCK_TRY(srtp::SessionConfig half, common_config(config));
  VOXLOCK_TRY(const ByteView key, input(config.key, config.key_len));
  VOXLOCK_TRY(const ByteView peer_key, input(config.peer_key, config.peer_key_len));
  VOXLOCK_TRY(const ByteView mki, input(config.mki, config.mki_len));
  VOXLOCK_TRY(const ByteView peer_mki, input(config.peer_mki, config.peer_mki_len));
  const bool has_peer_key = config.peer_key != nullptr;
  if (config.key == nullptr && !has_peer_key) return Status::ERR_INVALID_ARGUMENT;
  voxlock_srtp::Half inbound;
  voxlock_srtp::Half outbound;
  half.direction = Direction::kInbound;
  half.key_and_salt = has_peer_key ? peer_key : key;
  half.mki = has_peer_key || config.peer_mki != nullptr ? peer_mki : mki;
  VOXLOCK_TRY(Session opener, Session::create(ctx->context, half));
  inbound.emplace(std::move(opener));
  if (config.key != nullptr) {
    half.direction = Direction::kOutbound;
    half.key_and_salt = key;
    half.mki = mki;
    VOXLOCK_TRY(Session sealer, Session::create(ctx->context, half));
    outbound.emplace(std::move(sealer));
  }
  *out = make_handle<voxlock_srtp>(ctx, std::move(inbound), std::move(outbound)).release();
  return {};
}

// After open_rtp: where the source's counter alone was wrong it is made right.
Result<size_t> explain(voxlock_srtp& srtp, ByteView packet, MutableBytes out, uint64_t now_ns,
                       const Result<size_t>& opened) {
  if (opened) {
    srtp.diagnosis.on_success(bytes::Reader(packet.subspan(8)).u32());
    return opened;
  }
  const Session* own = srtp.out ? &*srtp.out : nullptr;
  const auto found = srtp.diagnosis.on_failure(packet, opened.error(), {*srtp.in, own}, now_ns);
  if (!found || found->fault != srtp::Fault::kRocAhead) return opened;
  const auto ahead = srtp.in->open_rtp_at(packet, out, found->roc);
  if (ahead) {
    srtp.diagnosis.on_success(found->ssrc);
    srtp.diagnosis.on_recovered();
  }
  return ahead;
}

// The room for a packet's result.
Result<MutableBytes> room_for(const voxlock_srtp::Half& half, ByteView packet, uint8_t* out,
                              size_t* len) {
  VOXLOCK_TRY(const MutableBytes room, output(out, len));
  if (packet.data() == nullptr || overlaps(packet, room)) return Status::ERR_INVALID_ARGUMENT;
  if (!half.has_value()) return Status::ERR_WRONG_STATE;
  return room;
}

// extra: the bytes that sealing adds.
Result<void> tell(const Result<size_t>& done, ByteView packet, size_t extra, size_t* len) {
  if (done.error() == Status::ERR_BUFFER_TOO_SMALL) *len = packet.size() + extra;
  if (!done) return done.error();
  *len = *done;
  return {};
}

// One call of open or seal.
template <typename Run>
int32_t transform(const voxlock_srtp::Half& half, Run run, size_t extra, ByteView packet,
                  uint8_t* out, size_t* len) {
  return guard([&]() -> Result<void> {
    VOXLOCK_TRY(const MutableBytes room, room_for(half, packet, out, len));
    return tell(run(packet, room), packet, extra, len);
  });
}

// So many packets are looked at before they are done, so that their sessions can be fetched.
constexpr size_t kBatchWindow = 32;

// Batches of one direction: step does the first of some items, settle takes what came of one.
template <typename Settle>
int32_t run_batch(voxlock_srtp_packet* packets, size_t count,
                  voxlock_srtp::Half voxlock_srtp::*half,
                  size_t (*step)(std::span<srtp::BatchItem>), Settle settle) {
  return guard([&]() -> Result<void> {
    if (packets == nullptr && count != 0) return Status::ERR_INVALID_ARGUMENT;
    const std::span<voxlock_srtp_packet> all(packets, count);
    const bool is_valid =
        std::all_of(all.begin(), all.end(),
                    [](const voxlock_srtp_packet& packet) { return packet.reserved == 0; });
    if (!is_valid) return Status::ERR_INVALID_ARGUMENT;
    std::array<srtp::BatchItem, kBatchWindow> items;
    std::array<voxlock_srtp_packet*, kBatchWindow> whose;
    size_t waiting = 0;
    const auto go = [&] {
      for (size_t done = 0; done < waiting;) {
        const size_t n = step(std::span(items).subspan(done, waiting - done));
        for (size_t i = done; i < done + n; ++i)
          whose[i]->status = status_of(settle(*whose[i], items[i]));
        done += n;
      }
      waiting = 0;
    };
    for (voxlock_srtp_packet& packet : all) {
      if (packet.srtp == nullptr) {
        packet.status = VOXLOCK_ERR_INVALID_ARGUMENT;
        continue;
      }
      voxlock_srtp::Half& session = packet.srtp->*half;
      const ByteView data(packet.data, packet.len);
      const auto room = room_for(session, data, packet.out, &packet.out_len);
      if (!room) {
        packet.status = status_of(room.error());
        continue;
      }
      items[waiting] = {&*session, data, *room};
      whose[waiting++] = &packet;
      if (waiting == items.size()) go();
    }
    go();
    return {};
  });
}

voxlock_srtp_stats describe(const voxlock_srtp& srtp) {
  const srtp::SessionStats in = srtp.in ? srtp.in->stats() : srtp::SessionStats{};
  const srtp::SessionStats out = srtp.out ? srtp.out->stats() : in;
  voxlock_srtp_stats stats{};
  stats.ssrcs = in.ssrcs;
  stats.rtp_opened = in.rtp_packets;
  stats.rtcp_opened = in.rtcp_packets;
  stats.rtp_sealed = srtp.out ? out.rtp_packets : 0;
  stats.rtcp_sealed = srtp.out ? out.rtcp_packets : 0;
  stats.auth_failed = in.auth_failed;
  stats.replayed = in.replayed;
  stats.too_old = in.too_old;
  stats.malformed = in.malformed;
  stats.mki_unknown = in.mki_unknown;
  stats.ssrc_refused = in.ssrc_refused;
  stats.key_expired = in.key_expired;
  stats.rtp_left = std::min(in.rtp_left, out.rtp_left);
  stats.rtcp_left = std::min(in.rtcp_left, out.rtcp_left);
  const srtp::DiagnosisStats& diagnosis = srtp.diagnosis.stats();
  stats.fault = static_cast<int32_t>(diagnosis.last.fault);
  stats.fault_ssrc = diagnosis.last.ssrc;
  stats.fault_rounds = diagnosis.last.rounds;
  stats.faults = diagnosis.told;
  stats.recovered = diagnosis.recovered;
  return stats;
}

template <typename Srtp>
auto half_of(Srtp* srtp, int32_t direction) -> Result<decltype(&*srtp->in)> {
  if (srtp == nullptr ||
      (direction != VOXLOCK_SRTP_INBOUND && direction != VOXLOCK_SRTP_OUTBOUND)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  auto& half = direction == VOXLOCK_SRTP_INBOUND ? srtp->in : srtp->out;
  if (!half) return Status::ERR_WRONG_STATE;
  return &*half;
}

}  // namespace

LayoutTable srtp_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_srtp_suite_info(int32_t suite, voxlock_srtp_suite* out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    const bool is_id = suite >= 0 && suite <= UINT8_MAX;
    const srtp::Suite* row = is_id ? srtp::find_suite(static_cast<srtp::SuiteId>(suite)) : nullptr;
    if (row == nullptr) return Status::ERR_UNSUPPORTED;
    const voxlock_srtp_suite value{sizeof(voxlock_srtp_suite),
                                   suite,
                                   row->name.data(),
                                   static_cast<uint32_t>(row->key_len),
                                   static_cast<uint32_t>(row->salt_len),
                                   static_cast<uint32_t>(row->rtp_tag_len),
                                   static_cast<uint32_t>(row->rtcp_tag_len)};
    return capi::write_struct(out, value);
  });
}

int32_t voxlock_srtp_config_init(voxlock_srtp_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::srtp_defaults()); });
}

int32_t voxlock_srtp_new(voxlock_context* ctx, const voxlock_srtp_config* config,
                         voxlock_srtp** out) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_srtp(ctx, config, out);
  });
}

void voxlock_srtp_free(voxlock_srtp* srtp) {
  capi::free_handle(srtp);
}

int32_t voxlock_srtp_open(voxlock_srtp* srtp, const uint8_t* packet, size_t packet_len,
                          uint8_t* out, size_t* len, uint64_t now_ns) {
  if (srtp == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  const auto run = [&](ByteView in, MutableBytes room) {
    return capi::explain(*srtp, in, room, now_ns, srtp->in->open_rtp(in, room));
  };
  return capi::transform(srtp->in, run, 0, {packet, packet_len}, out, len);
}

int32_t voxlock_srtp_open_rtcp(voxlock_srtp* srtp, const uint8_t* packet, size_t packet_len,
                               uint8_t* out, size_t* len, uint64_t /*now_ns*/) {
  if (srtp == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  const auto run = [&](ByteView in, MutableBytes room) { return srtp->in->open_rtcp(in, room); };
  return capi::transform(srtp->in, run, 0, {packet, packet_len}, out, len);
}

int32_t voxlock_srtp_seal(voxlock_srtp* srtp, const uint8_t* packet, size_t packet_len,
                          uint8_t* out, size_t* len) {
  if (srtp == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  const size_t extra = srtp->out ? srtp->out->rtp_overhead() : 0;
  const auto run = [&](ByteView in, MutableBytes room) { return srtp->out->seal_rtp(in, room); };
  return capi::transform(srtp->out, run, extra, {packet, packet_len}, out, len);
}

int32_t voxlock_srtp_seal_rtcp(voxlock_srtp* srtp, const uint8_t* packet, size_t packet_len,
                               uint8_t* out, size_t* len) {
  if (srtp == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  const size_t extra = srtp->out ? srtp->out->rtcp_overhead() : 0;
  const auto run = [&](ByteView in, MutableBytes room) { return srtp->out->seal_rtcp(in, room); };
  return capi::transform(srtp->out, run, extra, {packet, packet_len}, out, len);
}

int32_t voxlock_srtp_open_batch(voxlock_srtp_packet* packets, size_t count, uint64_t now_ns) {
  const auto settle = [&](voxlock_srtp_packet& packet, const srtp::BatchItem& item) {
    const auto opened = capi::explain(*packet.srtp, item.packet, item.out, now_ns, item.result());
    return capi::tell(opened, item.packet, 0, &packet.out_len);
  };
  return capi::run_batch(packets, count, &voxlock_srtp::in, srtp::Batch::open_rtp, settle);
}

int32_t voxlock_srtp_seal_batch(voxlock_srtp_packet* packets, size_t count) {
  const auto settle = [&](voxlock_srtp_packet& packet, const srtp::BatchItem& item) {
    return capi::tell(item.result(), item.packet, item.session->rtp_overhead(), &packet.out_len);
  };
  return capi::run_batch(packets, count, &voxlock_srtp::out, srtp::Batch::seal_rtp, settle);
}

int32_t voxlock_srtp_set_roc(voxlock_srtp* srtp, int32_t direction, uint32_t ssrc, uint32_t roc) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(srtp::Session* const half, capi::half_of(srtp, direction));
    return half->set_roc(ssrc, roc);
  });
}

int32_t voxlock_srtp_get_roc(const voxlock_srtp* srtp, int32_t direction, uint32_t ssrc,
                             uint32_t* roc) {
  return capi::guard([&]() -> Result<void> {
    if (roc == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const srtp::Session* const half, capi::half_of(srtp, direction));
    VOXLOCK_TRY(*roc, half->roc(ssrc));
    return {};
  });
}

const char* voxlock_srtp_fault_text(int32_t fault) {
  constexpr const char* kTexts[] = {
      "nothing is known to be wrong",
      "no key that is known here made the tags",
      "the sender's rollover counter was ahead and has been followed",
      "the sender has reset its rollover counter",
      "the source begins again under the same key",
      "the sender seals with a key from before the last rekey",
      "the sender seals with the key of another fork",
      "our own packets come back",
      "the sender's tag has another length than was agreed",
      "the packets have an MKI and none was agreed",
      "the packets lack the MKI that was agreed",
      "the packets are plain RTP",
  };
  if (fault < 0 || static_cast<size_t>(fault) >= std::size(kTexts)) return "unknown fault";
  return kTexts[fault];
}

int32_t voxlock_srtp_get_stats(const voxlock_srtp* srtp, voxlock_srtp_stats* out) {
  return capi::guard([&]() -> Result<void> {
    if (srtp == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(out, capi::describe(*srtp));
  });
}

}  // extern "C"
