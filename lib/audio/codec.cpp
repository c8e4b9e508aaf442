#include "audio/codec.h"

#include <algorithm>

#include "audio/g711.h"
#include "base/secure.h"

namespace voxlock::audio {
namespace {

struct CodecRow {
  CodecId id;
  const char* name;
  // Codecs that turn each sample into so many octets; 0: a codec with a state.
  size_t octets_per_sample;
  void (*encode)(const int16_t* pcm, uint8_t* out, size_t count);
  void (*decode)(const uint8_t* in, int16_t* pcm, size_t count);
  uint32_t only_rate;  // 0: any of ours
  uint32_t rtp_clock;  // 0: the PCM rate
};

constexpr CodecRow kCodecs[] = {
    {CodecId::kPcmu, "PCMU", 1, ulaw_encode, ulaw_decode, 8000, 8000},
    {CodecId::kPcma, "PCMA", 1, alaw_encode, alaw_decode, 8000, 8000},
    {CodecId::kOpus, "opus", 0, nullptr, nullptr, 0, 48000},
    {CodecId::kL16, "L16", 2, l16_encode, l16_decode, 0, 0},
};

const CodecRow* find_codec(CodecId id) {
  const auto* row = std::find_if(std::begin(kCodecs), std::end(kCodecs),
                                 [id](const CodecRow& r) { return r.id == id; });
  return row != std::end(kCodecs) ? row : nullptr;
}

// The row of a codec that check_codec has accepted.
const CodecRow& row_of(const CodecConfig& config) {
  return *find_codec(config.codec);
}

// No call reaches further than the longest packet: what is longer is refused.
size_t packet_samples(const CodecConfig& config, size_t samples) {
  return std::min<size_t>(samples, max_packet_samples(config.sample_rate));
}

}  // namespace

const char* codec_name(CodecId codec) {
  const CodecRow* row = find_codec(codec);
  return row != nullptr ? row->name : "";
}

uint32_t rtp_clock(CodecId codec, uint32_t sample_rate) {
  const CodecRow* row = find_codec(codec);
  if (row == nullptr) return 0;
  return row->rtp_clock != 0 ? row->rtp_clock : sample_rate;
}

uint64_t rtp_ticks(const CodecConfig& config, size_t samples) {
  return uint64_t{samples} * rtp_clock(config.codec, config.sample_rate) / config.sample_rate;
}

Result<void> check_codec(const CodecConfig& config) {
  const CodecRow* row = find_codec(config.codec);
  if (row == nullptr) return Status::ERR_AUDIO_CODEC;
  if (!is_rate(config.sample_rate)) return Status::ERR_AUDIO_RATE;
  if (row->only_rate != 0 && row->only_rate != config.sample_rate) return Status::ERR_AUDIO_RATE;
  if (config.codec == CodecId::kOpus) return check_opus_settings(config.opus);
  return {};
}

bool is_dtx(CodecId codec, ByteView payload) {
  // RFC 6716 2.1.9: a frame of at most one byte after the TOC byte is discontinuous transmission.
  return payload.size() <= (codec == CodecId::kOpus ? 2u : 0u);
}

Result<Encoder> Encoder::create(std::pmr::memory_resource& memory, const CodecConfig& config) {
  VOXLOCK_TRY_VOID(check_codec(config));
  Encoder encoder(config);
  if (config.codec == CodecId::kOpus) {
    encoder.opus_ = OpusEncoderState(memory, config.sample_rate);
    encoder.opus_.set(config.opus);
  }
  return encoder;
}

size_t Encoder::max_payload(size_t samples) const {
  const CodecRow& row = row_of(config_);
  return row.octets_per_sample != 0 ? samples * row.octets_per_sample : kMaxOpusPayload;
}

size_t Encoder::stack_depth(size_t samples) const {
  if (config_.codec != CodecId::kOpus) return secure::kShallowStack;
  return opus_encode_stack(packet_samples(config_, samples));
}

Result<size_t> Encoder::encode(PcmView pcm, MutableBytes out) {
  if (pcm.empty() || pcm.size() > max_packet_samples(config_.sample_rate))
    return Status::ERR_AUDIO_FRAME_SIZE;
  const size_t len = max_payload(pcm.size());
  if (out.size() < len) return Status::ERR_BUFFER_TOO_SMALL;
  const CodecRow& row = row_of(config_);
  if (row.octets_per_sample == 0) return opus_.encode(pcm, out);
  row.encode(pcm.data(), out.data(), pcm.size());
  return len;
}

Result<void> Encoder::set(const OpusSettings& settings) {
  if (config_.codec != CodecId::kOpus) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY_VOID(check_opus_settings(settings));
  config_.opus = settings;
  opus_.set(settings);
  return {};
}

Decoder::Decoder(std::pmr::memory_resource& memory, const CodecConfig& config)
    : config_(config), fade_(memory, config.sample_rate), last_samples_(config.sample_rate / 50) {
  if (config.codec == CodecId::kOpus) opus_ = OpusDecoderState(memory, config.sample_rate);
}

Result<Decoder> Decoder::create(std::pmr::memory_resource& memory, const CodecConfig& config) {
  VOXLOCK_TRY_VOID(check_codec(config));
  return Decoder(memory, config);
}

Result<void> Decoder::switch_law(CodecId codec) {
  if (!is_g711(codec) || !is_g711(config_.codec)) return Status::ERR_WRONG_STATE;
  config_.codec = codec;
  return {};
}

Result<size_t> Decoder::samples_in(ByteView payload) const {
  if (payload.empty()) return last_samples_;
  const CodecRow& row = row_of(config_);
  if (row.octets_per_sample == 0) return opus_samples(payload, config_.sample_rate);
  const size_t samples = payload.size() / row.octets_per_sample;
  if (payload.size() % row.octets_per_sample != 0 ||
      samples > max_packet_samples(config_.sample_rate)) {
    return Status::ERR_AUDIO_PAYLOAD;
  }
  return samples;
}

size_t Decoder::stack_depth(size_t samples) const {
  if (config_.codec != CodecId::kOpus) return secure::kShallowStack;
  return opus_decode_stack(packet_samples(config_, samples));
}

Result<size_t> Decoder::decode(ByteView payload, Pcm out) {
  const auto samples = decode_checked(payload, out);
  if (!samples) {
    if (samples.error() == Status::ERR_AUDIO_PAYLOAD) ++stats_.malformed_packets;
    return samples;
  }
  ++stats_.packets;
  if (is_dtx(config_.codec, payload)) ++stats_.silent_packets;
  last_samples_ = *samples;
  return samples;
}

Result<size_t> Decoder::decode_checked(ByteView payload, Pcm out) {
  const CodecRow& row = row_of(config_);
  if (row.octets_per_sample == 0 && !payload.empty() && !out.empty()) {
    // libopus counts the samples itself, before it changes anything.
    VOXLOCK_TRY(const size_t decoded, opus_.decode(payload, out));
    fade_.accept(out.first(decoded));
    return decoded;
  }
  VOXLOCK_TRY(const size_t samples, samples_in(payload));
  if (out.size() < samples) return Status::ERR_BUFFER_TOO_SMALL;
  const Pcm pcm = out.first(samples);
  if (payload.empty()) {
    fade_.silence(pcm);
    return samples;
  }
  row.decode(payload.data(), pcm.data(), samples);
  fade_.accept(pcm);
  return samples;
}

Result<size_t> Decoder::conceal(Pcm out, ByteView next) {
  if (out.empty() || out.size() > max_packet_samples(config_.sample_rate))
    return Status::ERR_AUDIO_FRAME_SIZE;
  if (config_.codec != CodecId::kOpus) {
    fade_.conceal(out);
  } else {
    if (out.size() % (config_.sample_rate / 400) != 0) return Status::ERR_AUDIO_FRAME_SIZE;
    VOXLOCK_TRY(const bool is_fec, opus_.conceal(out, next));
    if (is_fec) ++stats_.fec_frames;
    fade_.accept(out);
  }
  ++stats_.concealed_frames;
  return out.size();
}

}  // namespace voxlock::audio
