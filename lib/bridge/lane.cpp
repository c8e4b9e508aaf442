#include "bridge/lane.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "audio/level.h"

namespace voxlock::bridge {
namespace {

constexpr uint32_t kOpusRate = 48000;
constexpr uint8_t kComfortNoise = 13;
// A timestamp that leaps further than this in one packet is a new timeline, not a pause.
constexpr int64_t kMaxLeapSeconds = 60;

struct Rates {
  uint32_t in;
  uint32_t out;
};

// Opus runs at the other side's rate, so that a G.711 call needs no resampler.
Rates rates_of(const leg::Agreement& from, const leg::Agreement& to) {
  const bool is_opus_in = from.codec == leg::Codec::kOpus;
  const bool is_opus_out = to.codec == leg::Codec::kOpus;
  if (is_opus_in && is_opus_out) return {kOpusRate, kOpusRate};
  if (is_opus_in) return {to.sample_rate, to.sample_rate};
  if (is_opus_out) return {from.sample_rate, from.sample_rate};
  return {from.sample_rate, to.sample_rate};
}

// Our settings within what the peer wants to get (RFC 7587 6.1).
audio::CodecConfig codec_config(const leg::Agreement& agreed, uint32_t rate,
                                const leg::LegConfig& config) {
  constexpr uint32_t kLeastBitrate = 6000;
  audio::CodecConfig out;
  out.codec = static_cast<audio::CodecId>(agreed.codec);
  out.sample_rate = rate;
  out.opus.bitrate = config.opus_bitrate;
  if (agreed.max_opus_bitrate != 0) {
    if (out.opus.bitrate == 0) out.opus.bitrate = audio::speech_bitrate(rate);
    out.opus.bitrate = std::min(out.opus.bitrate, std::max(agreed.max_opus_bitrate, kLeastBitrate));
  }
  out.opus.complexity = config.opus_complexity;
  out.opus.has_fec = config.has_opus_fec && agreed.wants_opus_fec;
  out.opus.has_dtx = config.has_opus_dtx && agreed.wants_opus_dtx;
  out.opus.has_vbr = !agreed.wants_opus_cbr;
  out.opus.max_playback_hz = agreed.max_playback_hz;
  return out;
}

// The configured stages, and a resampler behind them where the two codecs have different rates.
Result<audio::Chain> make_chain(std::pmr::memory_resource& memory, const Lane::Config& config,
                                Rates rates) {
  if (config.stages.size() >= audio::kMaxStages) return Status::ERR_AUDIO_STAGE_COUNT;
  audio::ChainConfig chain;
  chain.sample_rate = rates.in;
  chain.block_samples = rates.in / 1000 * config.to.ptime_ms;
  chain.stages = config.stages;
  VOXLOCK_TRY(audio::Chain plain, audio::Chain::create(memory, chain));
  if (plain.output_rate() == rates.out) return plain;
  std::array<audio::StageConfig, audio::kMaxStages> stages;
  std::copy(config.stages.begin(), config.stages.end(), stages.begin());
  audio::StageConfig& last = stages[config.stages.size()];
  last.kind = audio::StageKind::kResample;
  last.resample.out_rate = rates.out;
  chain.stages = std::span<const audio::StageConfig>(stages).first(config.stages.size() + 1);
  return audio::Chain::create(memory, chain);
}

// RFC 6464 3: the voice bit is an estimate of loudness alone, for who listens for the loudest.
rtp::AudioLevel level_of(audio::PcmView pcm) {
  constexpr uint8_t kQuietestVoice = 50;
  const uint8_t level = audio::level_minus_dbov(pcm);
  return {level <= kQuietestVoice, level};
}

}  // namespace

Result<Lane> Lane::create(std::pmr::memory_resource& memory, const Config& config) {
  const Rates rates = rates_of(config.from, config.to);
  VOXLOCK_TRY(
      audio::Decoder decoder,
      audio::Decoder::create(memory, codec_config(config.from, rates.in, config.to_config)));
  VOXLOCK_TRY(audio::Encoder encoder,
              audio::Encoder::create(memory, codec_config(config.to, rates.out, config.to_config)));
  VOXLOCK_TRY(audio::Chain chain, make_chain(memory, config, rates));
  const size_t out_frame = rates.out / 1000 * config.to.ptime_ms;
  const size_t longest = encoder.max_payload(out_frame) + config.seal_overhead;
  if (longest > leg::kMaxPacketLen - leg::kMaxHeaderLen) return Status::ERR_LIMIT;
  return Lane(memory, config, {std::move(decoder), std::move(encoder), std::move(chain)});
}

Lane::Lane(std::pmr::memory_resource& memory, const Config& config, Parts parts)
    : decoder_(std::move(parts.decoder)),
      encoder_(std::move(parts.encoder)),
      chain_(std::move(parts.chain)),
      frame_(size_t{chain_.input_rate()} / 1000 * config.to.ptime_ms),
      in_rate_(chain_.input_rate()),
      in_clock_(config.from.rtp_clock_hz),
      out_clock_(config.to.rtp_clock_hz),
      codec_in_(decoder_.config().codec),
      twin_type_(config.from.twin_type_recv),
      payload_type_(config.to.payload_type_send),
      event_type_(config.to.event_type_send),
      conceal_max_ticks_(uint64_t{config.conceal_max_ms} * in_clock_ / 1000),
      translator_(config.from.event_clock_recv_hz, config.to.event_clock_send_hz),
      event_in_clock_(config.from.event_clock_recv_hz),
      seal_overhead_(config.seal_overhead) {
  held_ = audio::Array<int16_t>(memory, frame_);
}

void Lane::take(leg::Received& received, Airlock& airlock, const Ends& ends) {
  received.is_new_source = received.is_new_source || is_source_pending_;
  const bool is_late = has_any_ && !received.is_new_source && received.index <= last_index_;
  if (is_late) return ends.from.discard(received.index);
  if (received.kind == leg::Received::Kind::kPadding) {
    ++padding_;
    is_source_pending_ = received.is_new_source;
    return;
  }
  if (ends.opener != nullptr && !open(received, airlock, ends)) {
    is_source_pending_ = received.is_new_source;
    return;
  }
  is_source_pending_ = false;
  const Path path{airlock, ends.to, ends.sealer, ends.taps, ends.from.now_ns()};
  advance(received, path);
  if (received.kind == leg::Received::Kind::kEvent) return take_event(received, path);
  take_audio(received, path, ends.from);
}

// A frame that does not open is one that was lost: its index stays unseen, so the next good one
// conceals it within the same bound, and a long row of them is silence. The decoder never gets
// ciphertext, which it would take for loud noise. Events are not sealed, nor is comfort noise.
bool Lane::open(leg::Received& received, Airlock& airlock, const Ends& ends) {
  if (received.kind != leg::Received::Kind::kAudio) return true;
  if (received.packet.payload_type == kComfortNoise) return true;
  const MutableBytes room = airlock.opened(received.packet.payload.size());
  const auto len = ends.opener->open(received.packet.payload, {}, room);
  if (!len) {
    ++stats_.unopened;
    return false;
  }
  received.packet.payload = ByteView(room).first(*len);
  // Earlier frames that came along are sealed as well: they do without.
  received.redundant = {};
  return true;
}

void Lane::go_on_from(const Lane& before) {
  // One packet of room: nothing of the new lane may carry a timestamp that was used.
  const uint64_t position = before.next_position_ + before.ticks_of(before.frame_);
  next_position_ = head_position_ = position * in_clock_ / before.in_clock_;
  last_ns_ = before.last_ns_;
  stats_ = before.stats_;
}

// A new source, or the first: its timestamp stands where the old timeline would be now.
void Lane::restart(uint32_t timestamp, uint64_t now_ns) {
  if (last_ns_ != 0 && now_ns > last_ns_) {
    const uint64_t passed = (now_ns - last_ns_) / 1000 * in_clock_ / 1'000'000;
    const uint64_t last_frame = ticks_of(decoder_.last_samples());
    if (passed > last_frame) next_position_ += passed - last_frame;
  }
  next_timestamp_ = timestamp;
  has_any_ = true;
  is_spurt_begin_ = true;
  has_event_ = false;
}

void Lane::advance(const leg::Received& received, const Path& path) {
  const bool is_audio = received.kind == leg::Received::Kind::kAudio;
  if (!has_any_ || received.is_new_source) {
    const uint64_t before = next_position_;
    restart(received.packet.timestamp, path.now_ns);
    if (next_position_ != before) jump(next_position_, path);
  } else {
    const uint64_t between = received.index - last_index_ - 1;
    const uint64_t missing = between - std::min(between, padding_);
    const auto ahead = static_cast<int32_t>(received.packet.timestamp - next_timestamp_);
    // Event packets repeat the timestamp of their beginning: they say nothing about the gap.
    if (is_audio && ahead > 0 && missing != 0) meet_gap(missing, received, path);
    stats_.lost += missing;
  }
  last_index_ = received.index;
  padding_ = 0;
  if (!is_audio) return;
  const int64_t ahead = static_cast<int32_t>(received.packet.timestamp - next_timestamp_);
  if (ahead > 0 && ahead < kMaxLeapSeconds * in_clock_) {
    ++stats_.silences;
    jump(next_position_ + static_cast<uint64_t>(ahead), path);
  }
  next_timestamp_ = received.packet.timestamp;
}

// Packets are missing: frames that came along with this one (RFC 2198) stand in their places, what
// is left is concealed.
void Lane::meet_gap(uint64_t missing, const leg::Received& received, const Path& path) {
  const auto frames = received.redundant.view();
  const auto is_new = [&](const leg::Redundant::Frame& frame) {
    return static_cast<int32_t>(frame.timestamp - next_timestamp_) >= 0;
  };
  auto left = static_cast<uint64_t>(std::count_if(frames.begin(), frames.end(), is_new));
  for (const leg::Redundant::Frame& frame : frames) {
    if (!is_new(frame) || missing == 0) continue;
    if (missing > left && frame.timestamp != next_timestamp_) {
      conceal(missing - left, frame.data, path);
      missing = left;
    }
    --left;
    if (recover(frame, path)) --missing;
  }
  if (missing != 0 && received.packet.timestamp != next_timestamp_)
    conceal(missing, received.packet.payload, path);
}

bool Lane::recover(const leg::Redundant::Frame& frame, const Path& path) {
  const auto samples = decoder_.samples_in(frame.data);
  if (!samples) return false;
  const audio::Pcm pcm = path.airlock.decoded(*samples);
  path.airlock.stack(decoder_.stack_depth(*samples));
  const auto decoded = decoder_.decode(frame.data, pcm);
  if (!decoded) return false;
  const uint32_t ahead = frame.timestamp - next_timestamp_;
  // A pause between two frames stays one.
  if (ahead != 0) jump(next_position_ + ahead, path);
  if (is_muted(frame.timestamp)) secure::wipe(pcm);
  ++stats_.recovered;
  const uint64_t ticks = ticks_of(*decoded);
  next_timestamp_ = frame.timestamp + static_cast<uint32_t>(ticks);
  next_position_ += ticks;
  push(pcm.first(*decoded), path);
  return true;
}

// A short gap is filled, the last piece from the redundancy of the packet
// behind it; a long one stays a gap of the timestamps.
void Lane::conceal(uint64_t missing, ByteView next, const Path& path) {
  const size_t lost_samples = decoder_.last_samples();
  const uint64_t step = ticks_of(lost_samples);
  if (step == 0 || missing * step > conceal_max_ticks_) return;
  path.airlock.stack(decoder_.stack_depth(lost_samples));
  for (uint64_t i = missing; i > 0; --i) {
    const audio::Pcm pcm = path.airlock.decoded(lost_samples);
    const auto made = decoder_.conceal(pcm, i == 1 ? next : ByteView());
    if (!made) return;
    ++stats_.concealed;
    next_timestamp_ += static_cast<uint32_t>(step);
    next_position_ += step;
    push(pcm.first(*made), path);
  }
}

// Time passes without audio: what waits goes out, filled up with silence.
void Lane::jump(uint64_t position, const Path& path) {
  if (held_samples_ != 0) {
    std::fill(held_.span().begin() + static_cast<std::ptrdiff_t>(held_samples_), held_.span().end(),
              int16_t{0});
    held_samples_ = 0;
    emit(held_.span(), path);
    secure::wipe(held_.span());
  }
  // The filled-up frame may reach beyond the pause; timestamps never go back.
  head_position_ = std::max(head_position_, position);
  next_position_ = position;
  is_spurt_begin_ = true;
}

bool Lane::is_muted(uint32_t timestamp) const {
  return has_event_ && static_cast<int32_t>(timestamp - event_begin_) >= 0 &&
         static_cast<int32_t>(event_end_ - timestamp) > 0;
}

// RFC 3264 5.1: a peer that answered with both may change between any two packets.
void Lane::follow_law(uint8_t payload_type) {
  if (twin_type_ == leg::kNoPayloadType) return;
  const bool is_pcmu = (payload_type == twin_type_) != (codec_in_ == audio::CodecId::kPcmu);
  // Refused where the codec is not G.711, which has no twin.
  (void)decoder_.switch_law(is_pcmu ? audio::CodecId::kPcmu : audio::CodecId::kPcma);
}

void Lane::take_audio(const leg::Received& received, const Path& path, leg::Leg& from) {
  // RFC 3389: comfort noise tells silence; the pause shows in the next timestamp.
  if (received.packet.payload_type == kComfortNoise) return;
  follow_law(received.packet.payload_type);
  const auto samples = decoder_.samples_in(received.packet.payload);
  if (!samples) return from.count_drop(leg::Drop::kCodec);
  const audio::Pcm pcm = path.airlock.decoded(*samples);
  path.airlock.stack(decoder_.stack_depth(*samples));
  const auto decoded = decoder_.decode(received.packet.payload, pcm);
  if (!decoded) return from.count_drop(leg::Drop::kCodec);
  ++stats_.packets_in;
  if (is_muted(received.packet.timestamp)) {
    secure::wipe(pcm);
    ++stats_.muted;
  }
  const uint64_t ticks = ticks_of(*decoded);
  next_timestamp_ += static_cast<uint32_t>(ticks);
  next_position_ += ticks;
  last_ns_ = path.now_ns;
  push(pcm.first(*decoded), path);
}

// RFC 4733: passed on with the clock of the other side; a digit never goes out as sound as well.
void Lane::take_event(const leg::Received& received, const Path& path) {
  const auto event = rtp::parse_event(received.packet.payload);
  if (!event) return;
  const uint32_t timestamp = received.packet.timestamp;
  // Until the end is seen the tone may go on: two update intervals more.
  const uint32_t more = event->is_end ? 0 : event_in_clock_ / 10;
  has_event_ = true;
  event_begin_ = timestamp;
  event_end_ = timestamp + event->duration + more;
  if (event_type_ == leg::kNoPayloadType) return;
  const auto ahead = static_cast<int32_t>(timestamp - next_timestamp_);
  const auto position = static_cast<uint64_t>(static_cast<int64_t>(next_position_) + ahead);
  const auto translated = translator_.translate(*event, timestamp, out_timestamp(position));
  const leg::Outgoing fields{event_type_, translated.is_first, translated.timestamp};
  const size_t header_len = path.to.header_len(fields);
  const MutableBytes packet = path.airlock.packet(header_len + rtp::kEventLen);
  bytes::Writer writer(packet.subspan(header_len));
  rtp::write_event(translated.event, writer);
  if (path.to.send(packet, fields, path.now_ns)) ++stats_.events_out;
}

void Lane::push(audio::Pcm pcm, const Path& path) {
  while (!pcm.empty()) {
    if (held_samples_ == 0 && pcm.size() >= frame_) {
      emit(pcm.first(frame_), path);
      pcm = pcm.subspan(frame_);
      continue;
    }
    const size_t n = std::min(pcm.size(), frame_ - held_samples_);
    std::memcpy(held_.data() + held_samples_, pcm.data(), n * sizeof(int16_t));
    held_samples_ += n;
    pcm = pcm.subspan(n);
    if (held_samples_ < frame_) continue;
    held_samples_ = 0;
    emit(held_.span(), path);
    secure::wipe(held_.span());
  }
}

size_t Lane::encode(audio::Pcm pcm, MutableBytes payload, const Path& path) {
  const bool is_sealed = path.sealer != nullptr;
  const MutableBytes room =
      is_sealed ? path.airlock.encoded(encoder_.max_payload(pcm.size())) : payload;
  const auto len = encoder_.encode(pcm, room);
  if (!len) return 0;
  if (audio::is_dtx(encoder_.config().codec, room.first(*len))) {
    is_spurt_begin_ = true;
    return 0;
  }
  if (!is_sealed) return *len;
  const auto sealed = path.sealer->seal(room.first(*len), {}, payload);
  if (sealed) return *sealed;
  ++stats_.unsealed;
  return 0;
}

void Lane::tap(audio::PcmView pcm, uint64_t position, const Path& path) {
  for (Tap* tap : path.taps) {
    if (tap == nullptr) continue;
    tap->hear(pcm, chain_.output_rate(), position * chain_.output_rate() / in_clock_);
    ++stats_.tapped;
  }
}

void Lane::emit(audio::Pcm frame, const Path& path) {
  const uint64_t position = head_position_;
  const uint32_t timestamp = out_timestamp(position);
  head_position_ += ticks_of(frame.size());
  const bool is_same_rate = chain_.output_rate() == in_rate_;
  const size_t frame_out = chain_.output_samples(frame.size());
  const audio::Pcm out = is_same_rate ? frame : path.airlock.processed(frame_out);
  path.airlock.stack(std::max(chain_.stack_depth(), encoder_.stack_depth(frame_out)));
  const auto processed = chain_.process(frame, out);
  if (!processed || !path.to.may_send()) return;
  if constexpr (kHasTaps) tap(out.first(*processed), position, path);
  leg::Outgoing fields{payload_type_, is_spurt_begin_, timestamp};
  // Who opens sealed frames expects one in a packet.
  fields.is_repeatable = path.sealer == nullptr;
  // How loud sealed frames are is their peers' affair.
  if (path.sealer == nullptr && path.to.tells_level())
    fields.level = level_of(out.first(*processed));
  const size_t header_len = path.to.header_len(fields);
  const MutableBytes packet =
      path.airlock.packet(header_len + encoder_.max_payload(*processed) + seal_overhead_);
  const size_t len = encode(out.first(*processed), packet.subspan(header_len), path);
  if (len == 0) return;
  // A pause may have begun in there; the header is as long.
  fields.marker = is_spurt_begin_;
  if (!path.to.send(packet.first(header_len + len), fields, path.now_ns)) return;
  is_spurt_begin_ = false;
  ++stats_.packets_out;
}

}  // namespace voxlock::bridge
