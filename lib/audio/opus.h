// Opus (RFC 6716) by libopus, for speech: VoIP application, voice signal. The states lie in the
// host's memory, so they are wiped when they go back; libopus itself allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "audio/array.h"
#include "audio/frame.h"
#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::audio {

struct OpusSettings {
  uint32_t bitrate = 0;            // bit/s, 6000..128000; 0: speech_bitrate()
  uint32_t complexity = 1;         // 0..10; 1 costs half of 5, a quarter of 10
  uint32_t packet_loss_perc = 10;  // 0..100: expected loss; FEC bits are spent only above 0
  bool has_fec = true;             // in-band FEC: each packet repeats the one before, coarser
  bool has_dtx = false;            // send next to nothing in silence
  bool has_vbr = true;             // false: every packet of one size (RFC 6562: sizes leak speech)
  uint32_t max_playback_hz = 0;    // the far end plays no more than this; 0: all there is
};

// bit/s at which complexity 1 with FEC sounds as complexity 5 does with less: PESQ (P.862) of
// speech at 8 kHz says 4.25 for 28000 at 1 and 4.26 for 24000 at 5, with 5 % loss 4.12 and 4.11; of
// wideband (P.862.2) 4.17 for 48000 at 1 and 4.24 for 40000 at 5.
constexpr uint32_t speech_bitrate(uint32_t audio_hz) {
  return audio_hz <= 8000 ? 28000 : 48000;
}

// ERR_AUDIO_CODEC_SETTING outside the ranges above.
Result<void> check_opus_settings(const OpusSettings& settings);

// Our packets fit one datagram: RFC 6716 3.2.1's largest frame, whatever the duration.
inline constexpr size_t kMaxOpusPayload = 1275;

class OpusEncoderState {
 public:
  OpusEncoderState() = default;
  // settings and rate are checked by the caller. Throws std::bad_alloc.
  OpusEncoderState(std::pmr::memory_resource& memory, uint32_t sample_rate);
  void set(const OpusSettings& settings);
  // out holds at least kMaxOpusPayload bytes. ERR_AUDIO_FRAME_SIZE.
  Result<size_t> encode(PcmView pcm, MutableBytes out);

 private:
  Array<uint8_t> state_;
};

class OpusDecoderState {
 public:
  OpusDecoderState() = default;
  OpusDecoderState(std::pmr::memory_resource& memory, uint32_t sample_rate);
  // Neither is empty. Gives samples_in(payload). ERR_AUDIO_PAYLOAD, ERR_BUFFER_TOO_SMALL; nothing
  // has changed then.
  Result<size_t> decode(ByteView payload, Pcm out);
  // Packet loss concealment, or where next has it the redundant copy of the lost packet. out: a
  // multiple of 2.5 ms. Returns whether the copy was used.
  Result<bool> conceal(Pcm out, ByteView next);

 private:
  Array<uint8_t> state_;
};

// Bytes of stack that a call for so many samples may leave with traces of audio: libopus does not
// clean up, and the states above do not burn. Who calls them burns once, when all is done.
size_t opus_encode_stack(size_t samples);
size_t opus_decode_stack(size_t samples);

// Samples in a packet at a PCM rate. ERR_AUDIO_PAYLOAD where it is malformed.
Result<size_t> opus_samples(ByteView payload, uint32_t sample_rate);
// RFC 6716 4.2.4: true where the packet carries low bit-rate redundancy of the packet before it.
bool opus_has_fec(ByteView payload);

}  // namespace voxlock::audio
