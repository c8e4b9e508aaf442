package voxlock

// #include <voxlock/voxlock.h>
import "C"

import "time"

// PortConfig is that of a frame port; zero fields are defaults.
type PortConfig struct {
	Format         PortFormat    // default PortFrames
	Codec          Codec         // both ways; default Opus
	SampleRate     int           // L16: 8000, 16000 or 48000 Hz; default 16000
	PTime          time.Duration // of what comes out, 10 to 60 ms; default 20
	PayloadType    int           // default 111 for Opus, 96 for L16, 0 for PCMU, 8 for PCMA
	EventType      int           // of telephone-event (RFC 4733); default: none goes in or out
	HostProtects   bool          // the host says that it encrypts this hop
	Signalling     Signalling
	OpusBitrate    int
	OpusComplexity int
	NoOpusFEC      bool
	OpusDTX        bool
	QueueBytes     int // 4096 to 1048576; default 32768
}

// Frame is a payload: what a port takes and gives, up to MaxFrame bytes, or a leg alone. L16 is PCM in network byte order
// (RFC 3551, section 4.5.11).
type Frame struct {
	Data        []byte
	Timestamp   uint32 // of its first sample, ticks of the RTP clock from any start; a step is a pause
	Lost        int    // frames missing right before it, which are concealed
	PayloadType uint8
	Marker      bool // the first of a talk spurt
}

// NewPort makes a leg whose transport is the host's own: a WebRTC stack, an agent. It works in a bridge and
// nowhere else, and has no SDP: its offer/answer methods give ErrWrongState.
func (c *Context) NewPort(config PortConfig) (*Leg, error) {
	var in C.voxlock_port_config
	if err := check(C.voxlock_port_config_init(&in, C.sizeof_voxlock_port_config)); err != nil {
		return nil, err
	}
	in.format, in.host_protects, in.signalling = C.uint32_t(config.Format), flag(config.HostProtects), C.int32_t(config.Signalling)
	setNumber(&in.codec, int(config.Codec))
	setNumber(&in.sample_rate, config.SampleRate)
	setDuration(&in.ptime_ms, config.PTime)
	setNumber(&in.payload_type, config.PayloadType)
	setNumber(&in.event_type, config.EventType)
	setNumber(&in.opus_bitrate, config.OpusBitrate)
	setNumber(&in.opus_complexity, config.OpusComplexity)
	setNumber(&in.queue_bytes, config.QueueBytes)
	in.opus_fec, in.opus_dtx = flag(!config.NoOpusFEC), flag(config.OpusDTX)
	return construct[Leg](c, func(ctx *C.voxlock_context, out **C.voxlock_leg) C.int32_t {
		return C.voxlock_port_new(ctx, &in, out)
	}, freeLeg)
}

// Put takes frames from the host's peer of a port, oldest first. leg: 0 or 1. Each is processed, sealed for
// the other leg and queued before the call returns.
func (b *Bridge) Put(leg int, frames []Frame, now time.Duration) error {
	p, err := b.enter()
	if err != nil {
		return err
	}
	defer b.handle.leave()
	in := intakes.Get().(*intake)
	defer intakes.Put(in)
	defer in.reset()
	flush := func() error {
		status := C.voxlock_port_put(p, C.uint32_t(leg), &in.frames[0], C.size_t(in.count), nanoseconds(now))
		in.reset()
		return check(status)
	}
	for i := range frames {
		f := &frames[i]
		if len(f.Data) > MaxFrame || f.Lost < 0 {
			return errorOf(ErrInvalidArgument)
		}
		data, ok := in.put(f.Data)
		if !ok {
			if err := flush(); err != nil {
				return err
			}
			data, _ = in.put(f.Data)
		}
		in.frames[in.count] = C.voxlock_port_frame{data: data, len: C.size_t(len(f.Data)),
			timestamp: C.uint32_t(f.Timestamp), lost: C.uint32_t(f.Lost), payload_type: C.uint32_t(f.PayloadType),
			marker: C.uint32_t(flag(f.Marker))}
		in.count++
	}
	return flush()
}
