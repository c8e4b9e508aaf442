#include "bridge/relay_lane.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace voxlock::bridge {
namespace {

constexpr uint8_t kComfortNoise = 13;
// Late packets are passed on within so many numbers; one bit each in left_out_.
constexpr uint64_t kMaxLate = 63;

uint64_t low_bits(uint64_t n) {
  return (uint64_t{1} << n) - 1;
}

}  // namespace

// The first source or another one: number and timestamp go on where the old stream would be now.
void RelayLane::begin(const leg::Received& received, const Path& path) {
  const uint32_t clock_hz = path.to.agreement()->rtp_clock_hz;
  const uint64_t now = path.from.now_ns();
  uint32_t next_timestamp = 0;
  if (has_any_) {
    const uint64_t passed = now > last_ns_ ? (now - last_ns_) / 1000 * clock_hz / 1'000'000 : 0;
    const uint64_t one_packet = uint64_t{clock_hz} / 1000 * path.to.agreement()->ptime_ms;
    next_timestamp = last_timestamp_ + static_cast<uint32_t>(std::max(passed, one_packet));
  }
  has_any_ = true;
  first_ = received.index;
  highest_ = received.index - 1;
  shift_ = received.index - next_;
  left_out_ = 0;
  timestamp_shift_ = received.packet.timestamp - next_timestamp;
}

std::optional<int32_t> RelayLane::place(const leg::Received& received) {
  if (received.index > highest_) {
    const uint64_t step = received.index - highest_;
    stats_.lost += step - 1;
    left_out_ = step > kMaxLate ? 0 : left_out_ << step;
    highest_ = received.index;
    return static_cast<int32_t>(received.index - shift_ - next_);
  }
  const uint64_t age = highest_ - received.index;
  if (age > kMaxLate || received.index < first_) return std::nullopt;
  // Those left out behind it had not moved the numbers yet.
  const auto moved = static_cast<uint64_t>(std::popcount(left_out_ & low_bits(age)));
  ++stats_.reordered;
  return static_cast<int32_t>(received.index - (shift_ - moved) - next_);
}

void RelayLane::leave_out(const leg::Received& received) {
  if (received.index != highest_) return;
  ++shift_;
  left_out_ |= 1;
}

// Frames of lost packets that came along (RFC 2198) go out in packets of their own, in the places
// of the lost ones.
void RelayLane::take(const leg::Received& received, const Path& path) {
  const auto frames = received.redundant.view();
  const size_t n = std::min<uint64_t>(frames.size(), received.lost);
  for (size_t i = n; i > 0 && has_any_ && !received.is_new_source; --i) {
    leg::Received earlier = received;
    earlier.kind = leg::Received::Kind::kAudio;
    earlier.index = received.index - i;
    earlier.packet.timestamp = frames[frames.size() - i].timestamp;
    earlier.packet.payload = frames[frames.size() - i].data;
    earlier.packet.payload_type = path.from.agreement()->payload_type_recv;
    earlier.packet.marker = false;
    // The level in the header is not theirs.
    earlier.packet.has_extension = false;
    ++stats_.recovered;
    take_one(earlier, path);
  }
  take_one(received, path);
}

void RelayLane::take_one(const leg::Received& received, const Path& path) {
  if (!has_any_ || received.is_new_source) begin(received, path);
  const bool is_event = received.kind == leg::Received::Kind::kEvent;
  const auto ahead = place(received);
  if (!ahead) {
    ++stats_.too_late;
    return path.from.count_drop(leg::Drop::kLate);
  }
  if (received.kind == leg::Received::Kind::kPadding) return leave_out(received);
  stats_.packets_in += is_event ? 0 : 1;
  if (!is_event && received.packet.payload_type == path.from.agreement()->twin_type_recv) {
    // The other side agreed on one law only, and nothing is decoded here.
    path.from.count_drop(leg::Drop::kPayloadType);
    return leave_out(received);
  }
  const bool is_blocked = is_event && (path.config.digits == DigitPolicy::kBlock ||
                                       path.to.agreement()->event_type_send == leg::kNoPayloadType);
  stats_.events_blocked += is_blocked ? 1 : 0;
  if (is_blocked || !path.to.may_send()) return leave_out(received);
  if (is_event) return send_event(received, *ahead, path);
  send_audio(received, *ahead, path);
}

void RelayLane::send_audio(const leg::Received& received, int32_t ahead, const Path& path) {
  const bool is_noise = received.packet.payload_type == kComfortNoise;
  leg::Outgoing fields;
  fields.payload_type = is_noise ? kComfortNoise : path.to.agreement()->payload_type_send;
  fields.marker = received.packet.marker;
  fields.timestamp = received.packet.timestamp - timestamp_shift_;
  fields.ahead = ahead;
  if (!send(received.packet.payload, fields, received, path)) return;
  ++stats_.packets_out;
  if (ahead < 0) return;
  last_timestamp_ = fields.timestamp;
  last_ns_ = path.from.now_ns();
}

void RelayLane::send_event(const leg::Received& received, int32_t ahead, const Path& path) {
  leg::Outgoing fields;
  fields.payload_type = path.to.agreement()->event_type_send;
  fields.marker = received.packet.marker;
  fields.timestamp = received.packet.timestamp - timestamp_shift_;
  fields.ahead = ahead;
  const uint32_t clock_in = path.from.agreement()->event_clock_recv_hz;
  const uint32_t clock_out = path.to.agreement()->event_clock_send_hz;
  if (clock_in == clock_out) {
    if (send(received.packet.payload, fields, received, path)) ++stats_.events_out;
    return;
  }
  const auto event = rtp::parse_event(received.packet.payload);
  if (!event) return leave_out(received);
  if (!translator_ || clock_in != event_clock_in_ || clock_out != event_clock_out_) {
    translator_.emplace(clock_in, clock_out);
    event_clock_in_ = clock_in;
    event_clock_out_ = clock_out;
  }
  const auto translated =
      translator_->translate(*event, received.packet.timestamp, last_timestamp_);
  std::array<uint8_t, rtp::kEventLen> payload{};
  bytes::Writer writer(payload);
  rtp::write_event(translated.event, writer);
  fields.timestamp = translated.timestamp;
  fields.marker = translated.is_first;
  if (send(payload, fields, received, path)) ++stats_.events_out;
}

bool RelayLane::send(ByteView payload, leg::Outgoing fields, const leg::Received& received,
                     const Path& path) {
  std::array<rtp::ExtensionElement, 1> level;
  const bool may_tell = path.config.levels == LevelPolicy::kForward && path.level_id_in != 0 &&
                        path.level_id_out != 0 && received.packet.has_extension;
  const auto found = may_tell ? received.packet.extensions().find(path.level_id_in) : std::nullopt;
  if (found && found->data.size() == 1) {
    level[0] = {path.level_id_out, found->data};
    fields.extensions = level;
  }
  const size_t header_len = path.to.header_len(fields);
  if (payload.size() > path.packet.size() - header_len) {
    path.from.count_drop(leg::Drop::kMalformed);
    return false;
  }
  const MutableBytes packet = path.packet.first(header_len + payload.size());
  if (!payload.empty()) std::memcpy(packet.data() + header_len, payload.data(), payload.size());
  if (!path.to.send(packet, fields, path.from.now_ns())) return false;
  if (fields.ahead >= 0) next_ += static_cast<uint64_t>(fields.ahead) + 1;
  if (!fields.extensions.empty()) ++stats_.levels_out;
  return true;
}

}  // namespace voxlock::bridge
