package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"runtime"
	"unsafe"
)

// Stage is one step of a chain. Kind says which fields count; zero fields are defaults.
type Stage struct {
	Kind          StageKind
	Gain          float64        // StageGain: dB, -60 to 30
	AttenuationDB int            // StageDenoise: noise goes down by at most so much, 1 to 45; 0: 15
	FrameMS       int            // StageDenoise: 10 or 20, also its delay; 0: 10
	OutRate       int            // StageResample: Hz, 8000, 16000 or 48000; 0: 48000
	Quality       int            // StageResample: 1 to 10; 0: 3
	Process       unsafe.Pointer // StageHost: a voxlock_audio_process_fn. It is C: the library never calls Go
	User          unsafe.Pointer // StageHost: handed to it; memory of C
	SampleRate    int            // StageHost: Hz that it works at
	FrameSamples  int            // StageHost: of every call
	Latency       int            // StageHost: samples
}

// Gain makes audio louder or quieter by dB.
func Gain(db float64) Stage { return Stage{Kind: StageGain, Gain: db} }

// Denoise takes at most so many dB of noise away.
func Denoise(db int) Stage { return Stage{Kind: StageDenoise, AttenuationDB: db} }

// Resample changes the rate to 8000, 16000 or 48000 Hz.
func Resample(rate int) Stage { return Stage{Kind: StageResample, OutRate: rate} }

func (s Stage) fill(out *C.voxlock_stage) error {
	if err := check(C.voxlock_stage_init(out, C.sizeof_voxlock_stage, C.uint32_t(s.Kind))); err != nil {
		return err
	}
	out.gain_cdb = C.int32_t(s.Gain*100 + half(s.Gain))
	for _, row := range []struct {
		value int
		field *C.uint32_t
	}{{s.AttenuationDB, &out.attenuation_db}, {s.FrameMS, &out.frame_ms}, {s.OutRate, &out.out_rate},
		{s.Quality, &out.quality}, {s.SampleRate, &out.sample_rate}, {s.FrameSamples, &out.frame_samples},
		{s.Latency, &out.latency_samples}} {
		if row.value != 0 {
			*row.field = C.uint32_t(row.value)
		}
	}
	out.process, out.user = C.voxlock_audio_process_fn(s.Process), s.User
	return nil
}

func half(x float64) float64 {
	if x < 0 {
		return -0.5
	}
	return 0.5
}

// stagesOf gives the array that a config points to; it is lent until giveBack.
func stagesOf(stages []Stage, lent *lender) (*C.voxlock_stage, error) {
	if len(stages) == 0 {
		return nil, nil
	}
	rows := make([]C.voxlock_stage, len(stages))
	for i, stage := range stages {
		if err := stage.fill(&rows[i]); err != nil {
			return nil, err
		}
	}
	lent.pinner.Pin(&rows[0])
	return &rows[0], nil
}

// ChainConfig is that of a chain.
type ChainConfig struct {
	SampleRate   int // Hz of the input; 0: 8000
	BlockSamples int // every Process gives a multiple of so many; 0: 10 ms
	Stages       []Stage
}

// Chain runs mono PCM through stages. None of them can fail: one that cannot work passes audio and counts.
type Chain struct {
	handle  *handle
	rate    int
	outRate int
	latency int
}

// NewChain makes a chain.
func (c *Context) NewChain(config ChainConfig) (*Chain, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_chain_config
	if err := check(C.voxlock_chain_config_init(&in, C.sizeof_voxlock_chain_config)); err != nil {
		return nil, err
	}
	if config.SampleRate != 0 {
		in.sample_rate = C.uint32_t(config.SampleRate)
	}
	in.block_samples, in.stage_count = C.uint32_t(config.BlockSamples), C.uint32_t(len(config.Stages))
	stages, err := stagesOf(config.Stages, &lent)
	if err != nil {
		return nil, err
	}
	in.stages = stages
	ctx, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer c.handle.leave()
	var out *C.voxlock_chain
	if err := check(C.voxlock_chain_new(ctx, &in, &out)); err != nil {
		return nil, err
	}
	var outRate C.uint32_t
	latency := C.voxlock_chain_latency(out, &outRate)
	chain := &Chain{handleFor(out, func(p *C.voxlock_chain) { C.voxlock_chain_free(p) }), int(in.sample_rate), int(outRate), int(latency)}
	runtime.AddCleanup(chain, cleanUp, chain.handle)
	return chain, nil
}

// Close gives the chain back and overwrites the audio it held.
func (c *Chain) Close() error { return c.handle.close() }

// OutRate is that of the output in Hz.
func (c *Chain) OutRate() int { return c.outRate }

// Latency is the delay of the whole chain in samples at OutRate.
func (c *Chain) Latency() int { return c.latency }

// Process appends what comes out to dst. pcm: a multiple of BlockSamples; dst and pcm must not overlap.
func (c *Chain) Process(dst, pcm []int16) ([]int16, error) {
	p, err := c.handle.enter()
	if err != nil {
		return dst, err
	}
	defer c.handle.leave()
	if len(pcm) == 0 {
		return dst, nil
	}
	size := (len(pcm)*c.outRate + c.rate - 1) / c.rate
	whole, n := roomOf(dst, size), C.size_t(size)
	err = check(C.voxlock_chain_process((*C.voxlock_chain)(p), samplesOf(pcm), C.size_t(len(pcm)),
		samplesOf(whole[len(dst):]), &n))
	if err != nil {
		return dst, err
	}
	return whole[:len(dst)+int(n)], nil
}

// ProcessInPlace overwrites pcm with what comes out; the output rate must not be higher.
func (c *Chain) ProcessInPlace(pcm []int16) ([]int16, error) {
	p, err := c.handle.enter()
	if err != nil {
		return nil, err
	}
	defer c.handle.leave()
	if len(pcm) == 0 {
		return pcm, nil
	}
	n := C.size_t(len(pcm))
	err = check(C.voxlock_chain_process((*C.voxlock_chain)(p), samplesOf(pcm), C.size_t(len(pcm)), samplesOf(pcm), &n))
	if err != nil {
		return nil, err
	}
	return pcm[:n], nil
}

// StageStats are the counters of one stage.
type StageStats struct {
	Kind            StageKind
	Samples, Frames uint64
	Bypassed        uint64 // frames that passed unchanged because the stage failed
	Latency         int    // samples at its output rate
}

// StageStats reads the counters of the stage at index; ErrNotFound: there is none.
func (c *Chain) StageStats(index int) (StageStats, error) {
	p, err := c.handle.enter()
	if err != nil {
		return StageStats{}, err
	}
	defer c.handle.leave()
	out := C.voxlock_stage_stats{struct_size: C.sizeof_voxlock_stage_stats}
	if err := check(C.voxlock_chain_stage_stats((*C.voxlock_chain)(p), C.uint32_t(index), &out)); err != nil {
		return StageStats{}, err
	}
	return StageStats{StageKind(out.kind), uint64(out.samples), uint64(out.frames), uint64(out.bypassed_frames),
		int(out.latency_samples)}, nil
}

// AudioLevel is that of a frame in -dBov: 0 (full scale) to 127 (silence). RFC 6464, section 3
func AudioLevel(pcm []int16) int {
	return int(C.voxlock_audio_level(samplesOf(pcm), C.size_t(len(pcm))))
}
