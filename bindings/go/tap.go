package voxlock

// #include <stdlib.h>
// #include <voxlock/voxlock.h>
import "C"

import (
	"time"
	"unsafe"
)

// TapConfig is that of a tap.
type TapConfig struct {
	Name   string        // for Protection: up to 23 letters, digits, '-', '_' and '.'; "": "tap"
	Buffer time.Duration // audio that waits for Read, 120 ms to 2 s; 0: 240 ms. Older frames go first
}

// Tap gives a copy of what one peer of a bridge says, as it goes to the other.
type Tap struct{ handle *handle }

// NewTap makes a tap of a leg in a bridge. ErrOpaque: the leg is in a relay. ErrUnsupported: a build without
// taps.
func (c *Context) NewTap(leg *Leg, config TapConfig) (*Tap, error) {
	var in C.voxlock_tap_config
	if err := check(C.voxlock_tap_config_init(&in, C.sizeof_voxlock_tap_config)); err != nil {
		return nil, err
	}
	setDuration(&in.buffer_ms, config.Buffer)
	if config.Name != "" {
		in.name = C.CString(config.Name)
		defer C.free(unsafe.Pointer(in.name))
	}
	if c == nil || leg == nil {
		return nil, errorOf(ErrInvalidArgument)
	}
	leave, err := enterAll(leg.handle, c.handle)
	if err != nil {
		return nil, err
	}
	defer leave()
	var out *C.voxlock_tap
	err = check(C.voxlock_tap_new((*C.voxlock_context)(c.handle.pointer), (*C.voxlock_leg)(leg.handle.pointer), &in, &out))
	if err != nil {
		return nil, err
	}
	t := adopt[Tap](out, func(p *C.voxlock_tap) { C.voxlock_tap_free(p) })
	share(leg.handle, t.handle)
	return t, nil
}

// Close gives the tap back and wipes what waits.
func (t *Tap) Close() error { return t.handle.close() }

func (t *Tap) enter() (*C.voxlock_tap, error) {
	if t == nil {
		return nil, ErrClosed
	}
	p, err := t.handle.enter()
	return (*C.voxlock_tap)(p), err
}

// TapFrame says what the samples of one packet are.
type TapFrame struct {
	SampleRate int
	Position   uint64 // of the first one, counted in samples; pauses are gaps
	Lost       uint64 // frames that were not read in time, since the tap was made
}

// Read appends the samples of the oldest packet to dst: none where nothing waits. ErrTapRevoked: the tap was
// revoked, or its bridge was closed.
func (t *Tap) Read(dst []int16) ([]int16, TapFrame, error) {
	p, err := t.enter()
	if err != nil {
		return dst, TapFrame{}, err
	}
	defer t.handle.leave()
	whole, n := roomOf(dst, MaxPacketSamples), C.size_t(MaxPacketSamples)
	out := C.voxlock_tap_frame{struct_size: C.sizeof_voxlock_tap_frame}
	if err := check(C.voxlock_tap_read(p, samplesOf(whole[len(dst):]), &n, &out)); err != nil {
		return dst, TapFrame{}, err
	}
	return whole[:len(dst)+int(n)], TapFrame{int(out.sample_rate), uint64(out.position), uint64(out.lost)}, nil
}

// Revoke ends the tap for good: what waits is wiped, and nothing more comes.
func (t *Tap) Revoke() error {
	p, err := t.enter()
	if err != nil {
		return err
	}
	defer t.handle.leave()
	return check(C.voxlock_tap_revoke(p))
}

// RevokeTaps ends all taps of a bridge for good, and its host processors get no audio any more.
func (b *Bridge) RevokeTaps() error {
	p, err := b.enter()
	if err != nil {
		return err
	}
	defer b.handle.leave()
	return check(C.voxlock_bridge_revoke_taps(p))
}
