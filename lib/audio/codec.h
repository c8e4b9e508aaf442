// Speech codecs behind one encoder and one decoder type. A codec is a row of data plus, for Opus, a
// state in the host's memory. PCM is int16 mono at the codec's own PCM rate; the RTP clock is
// another number (RFC 7587 4.1: always 48000 for Opus) and is asked for by rtp_clock().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "audio/fade.h"
#include "audio/frame.h"
#include "audio/opus.h"
#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::audio {

enum class CodecId : uint32_t {
  kPcmu = 1,  // G.711 mu-law, RFC 3551 4.5.14, 8000 Hz only
  kPcma = 2,  // G.711 A-law, RFC 3551 4.5.14, 8000 Hz only
  kOpus = 3,  // RFC 6716 and 7587; runs at 8000, 16000 or 48000 Hz PCM without a resampler
  kL16 = 4,   // RFC 3551 4.5.11, network byte order
};

struct CodecConfig {
  CodecId codec = CodecId::kPcmu;
  uint32_t sample_rate = 8000;  // Hz of the PCM side
  OpusSettings opus;            // read only where codec is kOpus
};

constexpr bool is_g711(CodecId codec) {
  return codec == CodecId::kPcmu || codec == CodecId::kPcma;
}

// The encoding name of RFC 3551 and RFC 7587, "" for an unknown number.
const char* codec_name(CodecId codec);
// Hz of the RTP timestamp; 0 for an unknown codec.
uint32_t rtp_clock(CodecId codec, uint32_t sample_rate);
// RTP timestamp ticks that so many samples last.
uint64_t rtp_ticks(const CodecConfig& config, size_t samples);
// ERR_AUDIO_CODEC, ERR_AUDIO_RATE (the codec does not run at it), ERR_AUDIO_CODEC_SETTING.
Result<void> check_codec(const CodecConfig& config);
// True for a payload that tells silence: Opus DTX (at most two bytes) or an empty payload of any
// codec.
bool is_dtx(CodecId codec, ByteView payload);

class Encoder {
 public:
  // The statuses of check_codec. Throws std::bad_alloc.
  static Result<Encoder> create(std::pmr::memory_resource& memory, const CodecConfig& config);

  // Encodes one packet: 1 sample to 120 ms for G.711 and L16; 2.5, 5, 10, 20, 40, 60, 80, 100 or
  // 120 ms for Opus. Returns the payload's length; is_dtx() of it: need not be sent. out must have
  // room for max_payload(). ERR_AUDIO_FRAME_SIZE, ERR_BUFFER_TOO_SMALL; nothing changed on error.
  Result<size_t> encode(PcmView pcm, MutableBytes out);
  // The most bytes a payload of so many samples takes.
  [[nodiscard]] size_t max_payload(size_t samples) const;
  // Bytes of dead stack that encode() of so many samples leaves with audio in them, to be burnt
  // (secure::burn_stack) by the caller, on success and on error.
  [[nodiscard]] size_t stack_depth(size_t samples) const;

  // Changes bit rate, complexity, FEC, DTX and the loss hint between two packets. ERR_WRONG_STATE
  // where the codec is not Opus, ERR_AUDIO_CODEC_SETTING; nothing changed on error.
  Result<void> set(const OpusSettings& settings);

  [[nodiscard]] const CodecConfig& config() const { return config_; }

 private:
  explicit Encoder(const CodecConfig& config) : config_(config) {}

  CodecConfig config_;
  OpusEncoderState opus_;
};

struct DecoderStats {
  uint64_t packets = 0;            // decoded, silence included
  uint64_t silent_packets = 0;     // DTX or empty: not a loss
  uint64_t malformed_packets = 0;  // refused
  uint64_t concealed_frames = 0;   // calls of conceal(), FEC included
  uint64_t fec_frames = 0;         // concealed from the redundancy in the next packet
};

class Decoder {
 public:
  // The statuses of check_codec. Throws std::bad_alloc.
  static Result<Decoder> create(std::pmr::memory_resource& memory, const CodecConfig& config);

  // Decodes one packet of any legal duration and returns the samples written. An empty payload is
  // silence as long as the packet before it (20 ms at first); an Opus DTX packet is comfort noise.
  // ERR_AUDIO_PAYLOAD (malformed), ERR_BUFFER_TOO_SMALL (ask samples_in); nothing changed on error
  // but the count of malformed packets.
  Result<size_t> decode(ByteView payload, Pcm out);

  // The next packets are in the other law of G.711. What was heard before still serves to conceal
  // losses. ERR_WRONG_STATE where either codec is another one.
  Result<void> switch_law(CodecId codec);

  // Samples a payload decodes to. ERR_AUDIO_PAYLOAD.
  [[nodiscard]] Result<size_t> samples_in(ByteView payload) const;

  // Fills out where a packet was lost; out is as long as that packet: up to 120 ms, for Opus a
  // multiple of 2.5 ms, else ERR_AUDIO_FRAME_SIZE. next: the payload of the packet after the gap if
  // it is here already; Opus takes its redundant copy of the lost one, other codecs ignore it. next
  // is not consumed: decode() it afterwards. Returns out.size().
  Result<size_t> conceal(Pcm out, ByteView next = {});

  // As for the encoder: of decode() or conceal() to so many samples.
  [[nodiscard]] size_t stack_depth(size_t samples) const;

  // Samples of the last packet, 20 ms before the first: how much to conceal for one lost packet.
  [[nodiscard]] size_t last_samples() const { return last_samples_; }
  [[nodiscard]] const CodecConfig& config() const { return config_; }
  [[nodiscard]] const DecoderStats& stats() const { return stats_; }

 private:
  Decoder(std::pmr::memory_resource& memory, const CodecConfig& config);
  Result<size_t> decode_checked(ByteView payload, Pcm out);

  CodecConfig config_;
  OpusDecoderState opus_;
  Fade fade_;
  size_t last_samples_;
  DecoderStats stats_;
};

}  // namespace voxlock::audio
