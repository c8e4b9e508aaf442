#include "audio/opus.h"

#include <opus/opus.h>

#include <array>
#include <string_view>

namespace voxlock::audio {
namespace {

// libopus keeps its states at the alignment of their largest member and never moves or frees them.
OpusEncoder* encoder_of(const Array<uint8_t>& state) {
  return reinterpret_cast<OpusEncoder*>(state.data());
}
OpusDecoder* decoder_of(const Array<uint8_t>& state) {
  return reinterpret_cast<OpusDecoder*>(state.data());
}

constexpr bool is_opus_duration(size_t samples, uint32_t sample_rate) {
  const size_t unit = sample_rate / 400;  // 2.5 ms
  constexpr std::array<size_t, 9> kUnits = {1, 2, 4, 8, 16, 24, 32, 40, 48};
  for (const size_t units : kUnits) {
    if (samples == units * unit) return true;
  }
  return false;
}

uint32_t rate_of(OpusEncoder* encoder) {
  opus_int32 rate = 0;
  (void)opus_encoder_ctl(encoder, OPUS_GET_SAMPLE_RATE(&rate));
  return static_cast<uint32_t>(rate);
}

// RFC 7587 3.1.1: the widest audio bandwidth that fits a sampling rate.
opus_int32 bandwidth_for(uint32_t playback_hz) {
  if (playback_hz == 0 || playback_hz >= 48000) return OPUS_BANDWIDTH_FULLBAND;
  if (playback_hz >= 24000) return OPUS_BANDWIDTH_SUPERWIDEBAND;
  if (playback_hz >= 16000) return OPUS_BANDWIDTH_WIDEBAND;
  if (playback_hz >= 12000) return OPUS_BANDWIDTH_MEDIUMBAND;
  return OPUS_BANDWIDTH_NARROWBAND;
}

opus_int32 length_of(ByteView payload) {
  return static_cast<opus_int32>(payload.size());
}

}  // namespace

// The frames of SILK and of the range coder are fixed, those of CELT grow with the samples.
// Measured with libopus 1.3.1 and 1.5.2 over all rates, durations, complexities and modes: the
// encoder takes most in 1.3.1, 13 to 41 KiB up to 20 ms and 77 KiB at 48 kHz and 120 ms; the
// decoder 7 to 20 KiB and 39 KiB in 1.3.1, but in 1.5.2, which conceals in another way, 31 to 36
// KiB and 58 KiB. 2.8 KiB and more are margin, of which 2 are for the frames above the library's;
// the test measures again with the version it runs with.
size_t opus_encode_stack(size_t samples) {
  return 40 * 1024 + 12 * samples;
}

size_t opus_decode_stack(size_t samples) {
  // The library in use counts, not the headers that were there at build time. To burn what was not
  // touched costs a call of the decoder a tenth of its time.
  static const bool is_shallow = std::string_view(opus_get_version_string()) == "libopus 1.3.1";
  return is_shallow ? 17 * 1024 + 512 + 7 * samples : 36 * 1024 + 5 * samples;
}

Result<void> check_opus_settings(const OpusSettings& settings) {
  const bool has_bitrate = settings.bitrate >= 6000 && settings.bitrate <= 128000;
  if ((settings.bitrate != 0 && !has_bitrate) || settings.complexity > 10 ||
      settings.packet_loss_perc > 100) {
    return Status::ERR_AUDIO_CODEC_SETTING;
  }
  return {};
}

OpusEncoderState::OpusEncoderState(std::pmr::memory_resource& memory, uint32_t sample_rate)
    : state_(memory, static_cast<size_t>(opus_encoder_get_size(1))) {
  // Fails only for rates and applications that check_codec has refused.
  (void)opus_encoder_init(encoder_of(state_), static_cast<opus_int32>(sample_rate), 1,
                          OPUS_APPLICATION_VOIP);
  (void)opus_encoder_ctl(encoder_of(state_), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
}

void OpusEncoderState::set(const OpusSettings& settings) {
  OpusEncoder* encoder = encoder_of(state_);
  const uint32_t bitrate =
      settings.bitrate != 0 ? settings.bitrate : speech_bitrate(rate_of(encoder));
  (void)opus_encoder_ctl(encoder, OPUS_SET_BITRATE(static_cast<opus_int32>(bitrate)));
  (void)opus_encoder_ctl(encoder,
                         OPUS_SET_COMPLEXITY(static_cast<opus_int32>(settings.complexity)));
  (void)opus_encoder_ctl(
      encoder, OPUS_SET_PACKET_LOSS_PERC(static_cast<opus_int32>(settings.packet_loss_perc)));
  (void)opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(settings.has_fec ? 1 : 0));
  (void)opus_encoder_ctl(encoder, OPUS_SET_DTX(settings.has_dtx ? 1 : 0));
  (void)opus_encoder_ctl(encoder, OPUS_SET_VBR(settings.has_vbr ? 1 : 0));
  (void)opus_encoder_ctl(encoder, OPUS_SET_MAX_BANDWIDTH(bandwidth_for(settings.max_playback_hz)));
}

Result<size_t> OpusEncoderState::encode(PcmView pcm, MutableBytes out) {
  OpusEncoder* encoder = encoder_of(state_);
  if (!is_opus_duration(pcm.size(), rate_of(encoder))) return Status::ERR_AUDIO_FRAME_SIZE;
  const opus_int32 length = opus_encode(encoder, pcm.data(), static_cast<int>(pcm.size()),
                                        out.data(), static_cast<opus_int32>(kMaxOpusPayload));
  if (length < 0) return Status::ERR_INTERNAL;
  return static_cast<size_t>(length);
}

OpusDecoderState::OpusDecoderState(std::pmr::memory_resource& memory, uint32_t sample_rate)
    : state_(memory, static_cast<size_t>(opus_decoder_get_size(1))) {
  (void)opus_decoder_init(decoder_of(state_), static_cast<opus_int32>(sample_rate), 1);
}

Result<size_t> OpusDecoderState::decode(ByteView payload, Pcm out) {
  const int samples = opus_decode(decoder_of(state_), payload.data(), length_of(payload),
                                  out.data(), static_cast<int>(out.size()), 0);
  if (samples == OPUS_BUFFER_TOO_SMALL) return Status::ERR_BUFFER_TOO_SMALL;
  if (samples < 0) return Status::ERR_AUDIO_PAYLOAD;
  return static_cast<size_t>(samples);
}

Result<bool> OpusDecoderState::conceal(Pcm out, ByteView next) {
  const bool is_fec = opus_has_fec(next);
  const int samples =
      opus_decode(decoder_of(state_), is_fec ? next.data() : nullptr, is_fec ? length_of(next) : 0,
                  out.data(), static_cast<int>(out.size()), is_fec ? 1 : 0);
  if (samples < 0) return Status::ERR_AUDIO_FRAME_SIZE;
  return is_fec;
}

Result<size_t> opus_samples(ByteView payload, uint32_t sample_rate) {
  if (payload.empty()) return Status::ERR_AUDIO_PAYLOAD;
  const int samples = opus_packet_get_nb_samples(payload.data(), length_of(payload),
                                                 static_cast<opus_int32>(sample_rate));
  if (samples <= 0) return Status::ERR_AUDIO_PAYLOAD;
  return static_cast<size_t>(samples);
}

bool opus_has_fec(ByteView payload) {
  constexpr uint8_t kCeltOnly = 0x80;  // RFC 6716 3.1: configurations 16..31
  if (payload.empty() || (payload[0] & kCeltOnly) != 0) return false;
  std::array<const unsigned char*, 48> frames;
  std::array<opus_int16, 48> lengths;
  const int count = opus_packet_parse(payload.data(), length_of(payload), nullptr, frames.data(),
                                      lengths.data(), nullptr);
  if (count <= 0 || lengths[0] == 0) return false;
  // RFC 6716 4.2.3: a VAD bit for every 20 ms of the frame, then the LBRR bit, all of even odds.
  const int duration = opus_packet_get_samples_per_frame(payload.data(), 48000);
  const int vad_bits = duration > 960 ? duration / 960 : 1;
  return ((frames[0][0] >> (7 - vad_bits)) & 1) != 0;
}

}  // namespace voxlock::audio
