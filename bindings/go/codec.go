package voxlock

// #include <voxlock/voxlock.h>
import "C"

// CodecConfig is that of an encoder or decoder; zero fields are defaults. What begins with Opus counts for
// encoders of Opus only.
type CodecConfig struct {
	Codec                 Codec // 0: PCMU
	SampleRate            int   // Hz of the PCM: 8000, 16000 or 48000; 0: 8000
	OpusBitrate           int   // bit/s, 6000 to 128000; 0: 28000 for PCM at 8 kHz, else 48000
	OpusComplexity        int   // 1 to 10; 0: 1
	OpusPacketLossPercent int   // 1 to 100, the loss to prepare for; 0: 10
	NoOpusFEC             bool
	OpusDTX               bool
	OpusCBR               bool // packets of equal size: sizes tell about the words spoken (RFC 6562)
}

func (c CodecConfig) fill(in *C.voxlock_codec_config) error {
	if err := check(C.voxlock_codec_config_init(in, C.sizeof_voxlock_codec_config)); err != nil {
		return err
	}
	for _, row := range []struct {
		value int
		field *C.uint32_t
	}{{int(c.Codec), &in.codec}, {c.SampleRate, &in.sample_rate}, {c.OpusBitrate, &in.opus_bitrate},
		{c.OpusComplexity, &in.opus_complexity}, {c.OpusPacketLossPercent, &in.opus_packet_loss_perc}} {
		if row.value != 0 {
			*row.field = C.uint32_t(row.value)
		}
	}
	in.opus_fec, in.opus_dtx = C.uint32_t(flag(!c.NoOpusFEC)), C.uint32_t(flag(c.OpusDTX))
	in.opus_vbr = C.uint32_t(flag(!c.OpusCBR))
	return nil
}

// RTPClock gives the RTP clock rate in Hz of a codec run at a sample rate; 0: no such codec.
func (v Codec) RTPClock(sampleRate int) int {
	return int(C.voxlock_codec_rtp_clock(C.uint32_t(v), C.uint32_t(sampleRate)))
}

// Encoder makes payloads of PCM: mono samples in host byte order.
type Encoder struct{ handle *handle }

// NewEncoder makes an encoder.
func (c *Context) NewEncoder(config CodecConfig) (*Encoder, error) {
	var in C.voxlock_codec_config
	if err := config.fill(&in); err != nil {
		return nil, err
	}
	return construct[Encoder](c, func(ctx *C.voxlock_context, out **C.voxlock_encoder) C.int32_t {
		return C.voxlock_encoder_new(ctx, &in, out)
	}, func(p *C.voxlock_encoder) { C.voxlock_encoder_free(p) })
}

// Close gives the encoder back and overwrites its state.
func (e *Encoder) Close() error { return e.handle.close() }

// Encode appends the payload of one packet to dst. pcm: 1 sample to 120 ms, for Opus 2.5, 5, 10, 20, 40,
// 60, 80, 100 or 120 ms.
func (e *Encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	p, err := e.handle.enter()
	if err != nil {
		return dst, err
	}
	defer e.handle.leave()
	size := max(MaxOpusPayload, 2*len(pcm))
	whole, n := room(dst, size), C.size_t(size)
	err = check(C.voxlock_encoder_encode((*C.voxlock_encoder)(p), samplesOf(pcm), C.size_t(len(pcm)),
		bytesOf(whole[len(dst):]), &n))
	if err != nil {
		return dst, err
	}
	return whole[:len(dst)+int(n)], nil
}

// Configure changes the Opus settings between two packets; codec and rate must be the encoder's.
func (e *Encoder) Configure(config CodecConfig) error {
	var in C.voxlock_codec_config
	if err := config.fill(&in); err != nil {
		return err
	}
	p, err := e.handle.enter()
	if err != nil {
		return err
	}
	defer e.handle.leave()
	return check(C.voxlock_encoder_configure((*C.voxlock_encoder)(p), &in))
}

// Decoder makes PCM of payloads.
type Decoder struct{ handle *handle }

// NewDecoder makes a decoder.
func (c *Context) NewDecoder(config CodecConfig) (*Decoder, error) {
	var in C.voxlock_codec_config
	if err := config.fill(&in); err != nil {
		return nil, err
	}
	return construct[Decoder](c, func(ctx *C.voxlock_context, out **C.voxlock_decoder) C.int32_t {
		return C.voxlock_decoder_new(ctx, &in, out)
	}, func(p *C.voxlock_decoder) { C.voxlock_decoder_free(p) })
}

// Close gives the decoder back and overwrites its state.
func (d *Decoder) Close() error { return d.handle.close() }

// Decode appends the samples of one packet to dst. An empty payload is silence. ErrAudioPayload: treat it
// as lost.
func (d *Decoder) Decode(dst []int16, payload []byte) ([]int16, error) {
	p, err := d.handle.enter()
	if err != nil {
		return dst, err
	}
	defer d.handle.leave()
	whole, n := roomOf(dst, MaxPacketSamples), C.size_t(MaxPacketSamples)
	from := bytesOf(payload)
	if len(payload) == 0 {
		from = bytesOf([]byte{0})
	}
	err = check(C.voxlock_decoder_decode((*C.voxlock_decoder)(p), from, C.size_t(len(payload)),
		samplesOf(whole[len(dst):]), &n))
	if err != nil {
		return dst, err
	}
	return whole[:len(dst)+int(n)], nil
}

// Conceal appends samples in place of a lost packet to dst. next: the payload after the gap where it is
// here already; decode it afterwards.
func (d *Decoder) Conceal(dst []int16, samples int, next []byte) ([]int16, error) {
	p, err := d.handle.enter()
	if err != nil {
		return dst, err
	}
	defer d.handle.leave()
	if samples < 1 || samples > MaxPacketSamples {
		return dst, errorOf(ErrAudioFrameSize)
	}
	whole := roomOf(dst, samples)
	err = check(C.voxlock_decoder_conceal((*C.voxlock_decoder)(p), bytesOf(next), C.size_t(len(next)),
		samplesOf(whole[len(dst):]), C.size_t(samples)))
	if err != nil {
		return dst, err
	}
	return whole, nil
}

// DecoderStats are the counters of a decoder.
type DecoderStats struct {
	LastSamples int // of the last packet
	Packets     uint64
	Silent      uint64 // DTX or empty
	Malformed   uint64
	Concealed   uint64 // frames
	FEC         uint64 // of these, those that the next packet's copy gave
}

// Stats reads the counters.
func (d *Decoder) Stats() (DecoderStats, error) {
	p, err := d.handle.enter()
	if err != nil {
		return DecoderStats{}, err
	}
	defer d.handle.leave()
	out := C.voxlock_decoder_stats{struct_size: C.sizeof_voxlock_decoder_stats}
	if err := check(C.voxlock_decoder_get_stats((*C.voxlock_decoder)(p), &out)); err != nil {
		return DecoderStats{}, err
	}
	return DecoderStats{int(out.last_samples), uint64(out.packets), uint64(out.silent_packets),
		uint64(out.malformed_packets), uint64(out.concealed_frames), uint64(out.fec_frames)}, nil
}

func roomOf(dst []int16, n int) []int16 {
	if cap(dst)-len(dst) < n {
		larger := make([]int16, len(dst), len(dst)+n)
		copy(larger, dst)
		dst = larger
	}
	return dst[:len(dst)+n]
}
