#include "voxlock/audio.h"

#include <array>

#include "audio/chain.h"
#include "audio/codec.h"
#include "audio/level.h"
#include "base/secure.h"
#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/stages.h"
#include "capi/structs.h"

VOXLOCK_LAYOUT(voxlock_codec_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(codec),
               VOXLOCK_FIELD(sample_rate), VOXLOCK_FIELD(opus_bitrate),
               VOXLOCK_FIELD(opus_complexity), VOXLOCK_FIELD(opus_packet_loss_perc),
               VOXLOCK_FIELD(opus_fec), VOXLOCK_FIELD(opus_dtx), VOXLOCK_FIELD(opus_vbr))
VOXLOCK_LAYOUT(voxlock_decoder_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(last_samples),
               VOXLOCK_FIELD(packets), VOXLOCK_FIELD(silent_packets),
               VOXLOCK_FIELD(malformed_packets), VOXLOCK_FIELD(concealed_frames),
               VOXLOCK_FIELD(fec_frames))
VOXLOCK_LAYOUT(voxlock_stage, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(kind),
               VOXLOCK_FIELD(gain_cdb), VOXLOCK_FIELD(attenuation_db), VOXLOCK_FIELD(frame_ms),
               VOXLOCK_FIELD(out_rate), VOXLOCK_FIELD(quality), VOXLOCK_FIELD(sample_rate),
               VOXLOCK_FIELD(frame_samples), VOXLOCK_FIELD(latency_samples), VOXLOCK_FIELD(process),
               VOXLOCK_FIELD(user))
VOXLOCK_LAYOUT(voxlock_chain_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(sample_rate),
               VOXLOCK_FIELD(block_samples), VOXLOCK_FIELD(stage_count), VOXLOCK_FIELD(stages))
VOXLOCK_LAYOUT(voxlock_stage_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(kind),
               VOXLOCK_FIELD(samples), VOXLOCK_FIELD(frames), VOXLOCK_FIELD(bypassed_frames),
               VOXLOCK_FIELD(latency_samples), VOXLOCK_FIELD(reserved))

using namespace voxlock;

struct voxlock_encoder : capi::Handle {
  voxlock_encoder(voxlock_context* ctx, audio::Encoder made)
      : Handle(ctx), encoder(std::move(made)) {}
  audio::Encoder encoder;
};

struct voxlock_decoder : capi::Handle {
  voxlock_decoder(voxlock_context* ctx, audio::Decoder made)
      : Handle(ctx), decoder(std::move(made)) {}
  audio::Decoder decoder;
};

struct voxlock_chain : capi::Handle {
  voxlock_chain(voxlock_context* ctx, audio::Chain made) : Handle(ctx), chain(std::move(made)) {}
  audio::Chain chain;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {
    LayoutOf<voxlock_codec_config>::kLayout, LayoutOf<voxlock_decoder_stats>::kLayout,
    LayoutOf<voxlock_stage>::kLayout, LayoutOf<voxlock_chain_config>::kLayout,
    LayoutOf<voxlock_stage_stats>::kLayout};

voxlock_codec_config codec_defaults() {
  const audio::CodecConfig config;
  voxlock_codec_config out{};
  out.codec = static_cast<uint32_t>(config.codec);
  out.sample_rate = config.sample_rate;
  out.opus_bitrate = config.opus.bitrate;
  out.opus_complexity = config.opus.complexity;
  out.opus_packet_loss_perc = config.opus.packet_loss_perc;
  out.opus_fec = config.opus.has_fec ? 1 : 0;
  out.opus_dtx = config.opus.has_dtx ? 1 : 0;
  out.opus_vbr = config.opus.has_vbr ? 1 : 0;
  return out;
}

voxlock_stage stage_defaults(uint32_t kind) {
  const audio::StageConfig config;
  voxlock_stage out{};
  out.kind = kind;
  out.gain_cdb = config.gain.gain_cdb;
  out.attenuation_db = config.denoise.attenuation_db;
  out.frame_ms = config.denoise.frame_ms;
  out.out_rate = config.resample.out_rate;
  out.quality = config.resample.quality;
  return out;
}

voxlock_chain_config chain_defaults() {
  voxlock_chain_config out{};
  out.sample_rate = audio::ChainConfig().sample_rate;
  return out;
}

Result<audio::CodecConfig> read_codec(const voxlock_codec_config* in) {
  VOXLOCK_TRY(const voxlock_codec_config config, read_struct(in, codec_defaults()));
  if (config.opus_fec > 1 || config.opus_dtx > 1 || config.opus_vbr > 1) {
    return Status::ERR_AUDIO_CODEC_SETTING;
  }
  audio::CodecConfig out;
  out.codec = static_cast<audio::CodecId>(config.codec);
  out.sample_rate = config.sample_rate;
  out.opus = {config.opus_bitrate,
              config.opus_complexity,
              config.opus_packet_loss_perc,
              config.opus_fec == 1,
              config.opus_dtx == 1,
              config.opus_vbr == 1,
              0};
  return out;
}

audio::StageConfig to_stage(const voxlock_stage& in) {
  audio::StageConfig out;
  out.kind = static_cast<audio::StageKind>(in.kind);
  out.gain = {in.gain_cdb};
  out.denoise = {in.attenuation_db, in.frame_ms};
  out.resample = {in.out_rate, in.quality};
  out.host = {in.process, in.user, in.sample_rate, in.frame_samples, in.latency_samples};
  return out;
}

// The host's array has the element size that the host was compiled with.
}  // namespace

Result<void> read_stages(const voxlock_chain_config& config, StageConfigs& out) {
  if (config.stage_count > out.size()) return Status::ERR_AUDIO_STAGE_COUNT;
  if (config.stage_count != 0 && config.stages == nullptr) return Status::ERR_INVALID_ARGUMENT;
  const auto* raw = reinterpret_cast<const uint8_t*>(config.stages);
  for (uint32_t i = 0; i < config.stage_count; ++i) {
    const uint32_t stride = config.stages->struct_size;
    const auto* stage = reinterpret_cast<const voxlock_stage*>(raw + size_t{i} * stride);
    if (stride % alignof(voxlock_stage) != 0 || stage->struct_size != stride)
      return Status::ERR_STRUCT_SIZE;
    VOXLOCK_TRY(const voxlock_stage read, read_struct(stage, stage_defaults(0)));
    out[i] = to_stage(read);
  }
  return {};
}

namespace {

template <typename T>
Result<std::span<T>> pcm_span(T* pcm, size_t samples) {
  if (pcm == nullptr && samples != 0) return Status::ERR_INVALID_ARGUMENT;
  return std::span<T>(pcm, samples);
}

// (buffer, *samples = capacity): a NULL buffer asks for the room needed.
Result<audio::Pcm> pcm_output(int16_t* pcm, const size_t* samples) {
  if (samples == nullptr) return Status::ERR_INVALID_ARGUMENT;
  return audio::Pcm(pcm, pcm != nullptr ? *samples : 0);
}

// Gives a handle to the host.
template <typename Handle, typename Made>
void hand_out(voxlock_context* ctx, Made made, Handle** out) {
  *out = make_handle<Handle>(ctx, std::move(made)).release();
}

Result<void> encode(audio::Encoder& encoder, audio::PcmView pcm, MutableBytes payload,
                    size_t* len) {
  const secure::StackBurn burn(encoder.stack_depth(pcm.size()));
  const auto written = encoder.encode(pcm, payload);
  if (written.error() == Status::ERR_BUFFER_TOO_SMALL) *len = encoder.max_payload(pcm.size());
  if (!written) return written.error();
  *len = *written;
  return {};
}

Result<void> decode(audio::Decoder& decoder, ByteView payload, audio::Pcm pcm, size_t* samples) {
  const secure::StackBurn burn(decoder.stack_depth(decoder.samples_in(payload).value_or(0)));
  const auto written = decoder.decode(payload, pcm);
  if (written.error() == Status::ERR_BUFFER_TOO_SMALL)
    *samples = decoder.samples_in(payload).value_or(0);
  if (!written) return written.error();
  *samples = *written;
  return {};
}

Result<void> process(audio::Chain& chain, audio::PcmView in, audio::Pcm out, size_t* out_samples) {
  const secure::StackBurn burn(chain.stack_depth());
  const auto written = chain.process(in, out);
  if (written.error() == Status::ERR_BUFFER_TOO_SMALL)
    *out_samples = chain.output_samples(in.size());
  if (!written) return written.error();
  *out_samples = *written;
  return {};
}

Result<void> make_chain(voxlock_context* ctx, const voxlock_chain_config* in, voxlock_chain** out) {
  VOXLOCK_TRY(const voxlock_chain_config config, read_struct(in, chain_defaults()));
  StageConfigs stages;
  VOXLOCK_TRY_VOID(read_stages(config, stages));
  const audio::ChainConfig inner{config.sample_rate, config.block_samples,
                                 std::span(stages).first(config.stage_count)};
  VOXLOCK_TRY(audio::Chain chain, audio::Chain::create(ctx->memory, inner));
  hand_out(ctx, std::move(chain), out);
  return {};
}

Result<void> configure(audio::Encoder& encoder, const voxlock_codec_config* in) {
  VOXLOCK_TRY(const audio::CodecConfig config, read_codec(in));
  if (config.codec != encoder.config().codec ||
      config.sample_rate != encoder.config().sample_rate) {
    return Status::ERR_WRONG_STATE;
  }
  return encoder.set(config.opus);
}

voxlock_decoder_stats stats_of(const audio::Decoder& decoder) {
  const audio::DecoderStats& stats = decoder.stats();
  return {0,
          static_cast<uint32_t>(decoder.last_samples()),
          stats.packets,
          stats.silent_packets,
          stats.malformed_packets,
          stats.concealed_frames,
          stats.fec_frames};
}

voxlock_stage_stats stats_of(const audio::Chain& chain, uint32_t index) {
  const audio::StageStats& stats = chain.stage_stats(index);
  return {0,
          static_cast<uint32_t>(chain.stage_kind(index)),
          stats.samples,
          stats.frames,
          stats.bypassed_frames,
          stats.latency_samples,
          0};
}

}  // namespace

LayoutTable audio_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_codec_config_init(voxlock_codec_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::codec_defaults()); });
}

uint32_t voxlock_codec_rtp_clock(uint32_t codec, uint32_t sample_rate) {
  return audio::rtp_clock(static_cast<audio::CodecId>(codec), sample_rate);
}

int32_t voxlock_encoder_new(voxlock_context* ctx, const voxlock_codec_config* config,
                            voxlock_encoder** out) {
  return capi::guard([&]() -> Result<void> {
    if (out != nullptr) *out = nullptr;
    if (ctx == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const audio::CodecConfig read, capi::read_codec(config));
    VOXLOCK_TRY(audio::Encoder encoder, audio::Encoder::create(ctx->memory, read));
    capi::hand_out(ctx, std::move(encoder), out);
    return {};
  });
}

void voxlock_encoder_free(voxlock_encoder* encoder) {
  capi::free_handle(encoder);
}

int32_t voxlock_encoder_encode(voxlock_encoder* encoder, const int16_t* pcm, size_t samples,
                               uint8_t* payload, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (encoder == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const audio::PcmView in, capi::pcm_span(pcm, samples));
    VOXLOCK_TRY(const MutableBytes out, capi::output(payload, len));
    return capi::encode(encoder->encoder, in, out, len);
  });
}

int32_t voxlock_encoder_configure(voxlock_encoder* encoder, const voxlock_codec_config* config) {
  return capi::guard([&]() -> Result<void> {
    if (encoder == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::configure(encoder->encoder, config);
  });
}

int32_t voxlock_decoder_new(voxlock_context* ctx, const voxlock_codec_config* config,
                            voxlock_decoder** out) {
  return capi::guard([&]() -> Result<void> {
    if (out != nullptr) *out = nullptr;
    if (ctx == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const audio::CodecConfig read, capi::read_codec(config));
    VOXLOCK_TRY(audio::Decoder decoder, audio::Decoder::create(ctx->memory, read));
    capi::hand_out(ctx, std::move(decoder), out);
    return {};
  });
}

void voxlock_decoder_free(voxlock_decoder* decoder) {
  capi::free_handle(decoder);
}

int32_t voxlock_decoder_decode(voxlock_decoder* decoder, const uint8_t* payload, size_t len,
                               int16_t* pcm, size_t* samples) {
  return capi::guard([&]() -> Result<void> {
    if (decoder == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView in, capi::input(payload, len));
    VOXLOCK_TRY(const audio::Pcm out, capi::pcm_output(pcm, samples));
    return capi::decode(decoder->decoder, in, out, samples);
  });
}

int32_t voxlock_decoder_conceal(voxlock_decoder* decoder, const uint8_t* next, size_t next_len,
                                int16_t* pcm, size_t samples) {
  return capi::guard([&]() -> Result<void> {
    if (decoder == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView in, capi::input(next, next_len));
    VOXLOCK_TRY(const audio::Pcm out, capi::pcm_span(pcm, samples));
    const secure::StackBurn burn(decoder->decoder.stack_depth(samples));
    return decoder->decoder.conceal(out, in).error();
  });
}

int32_t voxlock_decoder_get_stats(const voxlock_decoder* decoder, voxlock_decoder_stats* stats) {
  return capi::guard([&] {
    if (decoder == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(stats, capi::stats_of(decoder->decoder));
  });
}

int32_t voxlock_stage_init(voxlock_stage* stage, size_t size, uint32_t kind) {
  return capi::guard([&] { return capi::init_struct(stage, size, capi::stage_defaults(kind)); });
}

int32_t voxlock_chain_config_init(voxlock_chain_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::chain_defaults()); });
}

int32_t voxlock_chain_new(voxlock_context* ctx, const voxlock_chain_config* config,
                          voxlock_chain** out) {
  return capi::guard([&]() -> Result<void> {
    if (out != nullptr) *out = nullptr;
    if (ctx == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_chain(ctx, config, out);
  });
}

void voxlock_chain_free(voxlock_chain* chain) {
  capi::free_handle(chain);
}

int32_t voxlock_chain_process(voxlock_chain* chain, const int16_t* in, size_t in_samples,
                              int16_t* out, size_t* out_samples) {
  return capi::guard([&]() -> Result<void> {
    if (chain == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const audio::PcmView input, capi::pcm_span(in, in_samples));
    VOXLOCK_TRY(const audio::Pcm output, capi::pcm_output(out, out_samples));
    return capi::process(chain->chain, input, output, out_samples);
  });
}

uint32_t voxlock_chain_latency(const voxlock_chain* chain, uint32_t* out_rate) {
  if (out_rate != nullptr) *out_rate = chain != nullptr ? chain->chain.output_rate() : 0;
  return chain != nullptr ? chain->chain.latency_samples() : 0;
}

int32_t voxlock_chain_stage_stats(const voxlock_chain* chain, uint32_t index,
                                  voxlock_stage_stats* stats) {
  return capi::guard([&] {
    if (chain == nullptr || stats == nullptr) return Status::ERR_INVALID_ARGUMENT;
    if (index >= chain->chain.stage_count()) return Status::ERR_NOT_FOUND;
    return capi::write_struct(stats, capi::stats_of(chain->chain, index));
  });
}

uint32_t voxlock_audio_level(const int16_t* pcm, size_t samples) {
  return audio::level_minus_dbov({pcm, pcm != nullptr ? samples : 0});
}

void voxlock_audio_wipe(int16_t* pcm, size_t samples) {
  if (pcm != nullptr) secure::wipe(audio::Pcm(pcm, samples));
}

}  // extern "C"
