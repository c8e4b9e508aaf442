package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"time"
	"unsafe"
)

// RelayConfig is that of a relay.
type RelayConfig struct {
	BlockDigits   bool   // telephone events, which are in clear beside sealed audio, stay behind (RFC 4733)
	ForwardLevels bool   // the audio level of each packet passes (RFC 6464)
	LevelID       [2]int // which header extension of each leg that is, 1 to 14; 0: none
	NotSealed     bool   // the peers do not seal their frames: the report calls the call hop by hop
}

// Relay joins two legs of one codec and passes their payloads on unopened: for frames that are sealed end
// to end. It has no method that could reach audio.
type Relay struct{ handle *handle }

// NewRelay joins two legs of this context. ErrRelayCodec: they agreed on different codecs.
func (c *Context) NewRelay(trunk, room *Leg, config RelayConfig) (*Relay, error) {
	var in C.voxlock_relay_config
	if err := check(C.voxlock_relay_config_init(&in, C.sizeof_voxlock_relay_config)); err != nil {
		return nil, err
	}
	in.digits, in.levels, in.is_sealed = flag(config.BlockDigits), flag(config.ForwardLevels), flag(!config.NotSealed)
	for i, id := range config.LevelID {
		in.level_id[i] = C.uint32_t(id)
	}
	if c == nil || trunk == nil || room == nil {
		return nil, errorOf(ErrInvalidArgument)
	}
	leave, err := enterAll(c.handle, trunk.handle, room.handle)
	if err != nil {
		return nil, err
	}
	defer leave()
	var out *C.voxlock_relay
	err = check(C.voxlock_relay_new((*C.voxlock_context)(c.handle.pointer), (*C.voxlock_leg)(trunk.handle.pointer),
		(*C.voxlock_leg)(room.handle.pointer), &in, &out))
	if err != nil {
		return nil, err
	}
	r := adopt[Relay](out, func(p *C.voxlock_relay) { C.voxlock_relay_free(p) })
	share(trunk.handle, room.handle, r.handle)
	return r, nil
}

// Close gives the relay back; its legs can be used alone or joined anew.
func (r *Relay) Close() error { return r.handle.close() }

func (r *Relay) enter() (*C.voxlock_relay, error) {
	if r == nil {
		return nil, ErrClosed
	}
	p, err := r.handle.enter()
	return (*C.voxlock_relay)(p), err
}

// Input takes received datagrams of both legs.
func (r *Relay) Input(datagrams []Datagram, now time.Duration) error {
	p, err := r.enter()
	if err != nil {
		return err
	}
	defer r.handle.leave()
	return input(unsafe.Pointer(p), pollRelay, datagrams, now)
}

// Poll is that of a bridge.
func (r *Relay) Poll(events *Events, now time.Duration) (int, error) {
	p, err := r.enter()
	if err != nil {
		return 0, err
	}
	defer r.handle.leave()
	return events.take(unsafe.Pointer(p), pollRelay, now)
}

// NextDeadline tells when to poll though nothing happened; false: never.
func (r *Relay) NextDeadline() (time.Duration, bool) {
	p, err := r.enter()
	if err != nil {
		return 0, false
	}
	defer r.handle.leave()
	return deadline(C.voxlock_relay_next_deadline(p))
}

// End ends both media sessions with RTCP BYE: poll once more.
func (r *Relay) End(now time.Duration) error {
	p, err := r.enter()
	if err != nil {
		return err
	}
	defer r.handle.leave()
	return check(C.voxlock_relay_close(p, nanoseconds(now)))
}

// Protection tells that of the call; ScopeEndToEnd as far as NotSealed is true to its name.
func (r *Relay) Protection() (Protection, error) {
	p, err := r.enter()
	if err != nil {
		return Protection{}, err
	}
	defer r.handle.leave()
	out := C.voxlock_protection{struct_size: C.sizeof_voxlock_protection}
	if err := check(C.voxlock_relay_protection(p, &out)); err != nil {
		return Protection{}, err
	}
	return protectionOf(&out), nil
}

// RelayStats are the counters of one direction.
type RelayStats struct {
	PacketsIn, PacketsOut    uint64
	Lost, Reordered, TooLate uint64
	EventsOut, EventsBlocked uint64
	LevelsOut                uint64
}

// Stats reads the counters by direction. The error is nil while media passes, ErrWrongState before both
// legs have agreed, and ErrRelayCodec after a new offer parted them.
func (r *Relay) Stats() ([2]RelayStats, error) {
	var lanes [2]RelayStats
	p, err := r.enter()
	if err != nil {
		return lanes, err
	}
	defer r.handle.leave()
	out := C.voxlock_relay_stats{struct_size: C.sizeof_voxlock_relay_stats}
	if err := check(C.voxlock_relay_get_stats(p, &out)); err != nil {
		return lanes, err
	}
	for i := range lanes {
		lanes[i] = RelayStats{uint64(out.packets_in[i]), uint64(out.packets_out[i]), uint64(out.lost[i]),
			uint64(out.reordered[i]), uint64(out.too_late[i]), uint64(out.events_out[i]),
			uint64(out.events_blocked[i]), uint64(out.levels_out[i])}
	}
	return lanes, check(out.status)
}
