package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"strings"
	"time"
	"unsafe"
)

// BridgeConfig is that of a bridge. Index of [2]: direction, Forward or Backward; of Cryptors: leg.
type BridgeConfig struct {
	ConcealMax time.Duration // a longer loss stays a gap, up to 200 ms; default 100, negative: conceal nothing
	Denoise    [2]int        // dB, 1 to 45; default 15 forward, none backward; negative: none
	Stages     [2][]Stage    // further ones, behind the denoiser
	// Cryptors: the peer's frames are sealed end to end. They are opened before they are decoded and sealed
	// after they were encoded. Set keys at any time.
	Cryptors [2]*FrameCryptor
}

// Bridge joins two legs: media of one is opened, decoded, processed, encoded and sealed for the other
// within the call that brings it.
type Bridge struct{ handle *handle }

// NewBridge joins two legs of this context, before or after they agreed on anything. Datagrams, events and
// timers of both go through the bridge from now on, offers and answers through the legs.
func (c *Context) NewBridge(trunk, room *Leg, config BridgeConfig) (*Bridge, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_bridge_config
	if err := config.fill(&in, &lent); err != nil {
		return nil, err
	}
	if c == nil || trunk == nil || room == nil {
		return nil, errorOf(ErrInvalidArgument)
	}
	var cryptors [2]*handle
	for i, cryptor := range config.Cryptors {
		if cryptor != nil {
			cryptors[i] = cryptor.handle
		}
	}
	leave, err := enterAll(c.handle, trunk.handle, room.handle, cryptors[0], cryptors[1])
	if err != nil {
		return nil, err
	}
	defer leave()
	for i, cryptor := range cryptors {
		if cryptor != nil {
			in.cryptor[i] = (*C.voxlock_frame_cryptor)(cryptor.pointer)
		}
	}
	var out *C.voxlock_bridge
	err = check(C.voxlock_bridge_new((*C.voxlock_context)(c.handle.pointer), (*C.voxlock_leg)(trunk.handle.pointer),
		(*C.voxlock_leg)(room.handle.pointer), &in, &out))
	if err != nil {
		return nil, err
	}
	b := adopt[Bridge](out, func(p *C.voxlock_bridge) { C.voxlock_bridge_free(p) })
	share(trunk.handle, room.handle, b.handle, cryptors[0], cryptors[1])
	return b, nil
}

func (c *BridgeConfig) fill(in *C.voxlock_bridge_config, lent *lender) error {
	if err := check(C.voxlock_bridge_config_init(in, C.sizeof_voxlock_bridge_config)); err != nil {
		return err
	}
	setDuration(&in.conceal_max_ms, c.ConcealMax)
	for direction := range 2 {
		if db := c.Denoise[direction]; db != 0 {
			in.denoise_db[direction] = C.uint32_t(max(db, 0))
		}
		stages, err := stagesOf(c.Stages[direction], lent)
		if err != nil {
			return err
		}
		in.stages[direction], in.stage_count[direction] = stages, C.uint32_t(len(c.Stages[direction]))
	}
	return nil
}

// Close gives the bridge back; its legs can be used alone or joined anew. It says nothing to the peers: see
// End.
func (b *Bridge) Close() error { return b.handle.close() }

func (b *Bridge) enter() (*C.voxlock_bridge, error) {
	if b == nil {
		return nil, ErrClosed
	}
	p, err := b.handle.enter()
	return (*C.voxlock_bridge)(p), err
}

// Input takes received datagrams of both legs. Each is sealed for the other side before the call returns.
func (b *Bridge) Input(datagrams []Datagram, now time.Duration) error {
	p, err := b.enter()
	if err != nil {
		return err
	}
	defer b.handle.leave()
	return input(unsafe.Pointer(p), pollBridge, datagrams, now)
}

// Poll runs timers and takes up to 64 events of both legs out, oldest first: events.List. It gives their
// number; go on until it is 0.
func (b *Bridge) Poll(events *Events, now time.Duration) (int, error) {
	p, err := b.enter()
	if err != nil {
		return 0, err
	}
	defer b.handle.leave()
	return events.take(unsafe.Pointer(p), pollBridge, now)
}

// NextDeadline tells when to poll though nothing happened; false: never.
func (b *Bridge) NextDeadline() (time.Duration, bool) {
	p, err := b.enter()
	if err != nil {
		return 0, false
	}
	defer b.handle.leave()
	return deadline(C.voxlock_bridge_next_deadline(p))
}

// End ends both media sessions with RTCP BYE: poll once more.
func (b *Bridge) End(now time.Duration) error {
	p, err := b.enter()
	if err != nil {
		return err
	}
	defer b.handle.leave()
	return check(C.voxlock_bridge_close(p, nanoseconds(now)))
}

// HopProtection is that of one leg.
type HopProtection struct {
	Transport         HopTransport
	KeyExchange       KeyExchange
	SuiteIn, SuiteOut Suite // 0: none
	Signalling        Signalling
	PeerVerified      bool     // the keys, or the fingerprint that was proved, came over verified TLS
	Scope             Scope    // ScopeEndToEnd: frames are sealed as well, through that peer
	PeerFingerprint   [32]byte // with DTLS: SHA-256 of the certificate that the peer proved
	PeerName          string   // whom the signalling reached, as told by Leg.SetSignalling
}

// Protection is that of the call as it is now.
type Protection struct {
	Scope         Scope
	Hops          [2]HopProtection // by leg
	ContentOpened [2]bool          // by direction
	Stages        [2]string        // by direction: "decode,denoise,encode"
	Taps          [2][]string      // by direction: who gets a copy of the audio
	Participant   bool             // this end holds keys of sealed frames: whoever shares them should be told
}

// Protection tells it; follow EventProtection.
func (b *Bridge) Protection() (Protection, error) {
	p, err := b.enter()
	if err != nil {
		return Protection{}, err
	}
	defer b.handle.leave()
	out := C.voxlock_protection{struct_size: C.sizeof_voxlock_protection}
	if err := check(C.voxlock_bridge_protection(p, &out)); err != nil {
		return Protection{}, err
	}
	return protectionOf(&out), nil
}

func protectionOf(out *C.voxlock_protection) Protection {
	told := Protection{Scope: Scope(out.scope), Participant: out.participant == 1}
	for i := range 2 {
		told.Hops[i] = HopProtection{
			Transport: HopTransport(out.transport[i]), KeyExchange: KeyExchange(out.key_exchange[i]),
			SuiteIn: Suite(out.suite_in[i]), SuiteOut: Suite(out.suite_out[i]),
			Signalling: Signalling(out.signalling[i]), PeerVerified: out.peer_verified[i] == 1,
			Scope: Scope(out.hop_scope[i]), PeerFingerprint: *(*[32]byte)(unsafe.Pointer(&out.peer_fingerprint[i])),
			PeerName: C.GoString(&out.peer_name[i][0]),
		}
		told.ContentOpened[i] = out.content_opened[i] == 1
		told.Stages[i] = C.GoString(&out.stages[i][0])
		if names := C.GoString(&out.taps[i][0]); names != "" {
			told.Taps[i] = strings.Split(names, ",")
		}
	}
	return told
}

// LaneStats are the counters of one direction; numbers of packets where nothing else is said.
type LaneStats struct {
	PacketsIn, PacketsOut uint64
	Lost, Concealed       uint64
	Silences              uint64
	Muted                 uint64 // audio of a digit that goes out as an event
	EventsOut             uint64
	Bypassed              uint64 // frames a stage passed unchanged because it failed
	Unopened              uint64 // sealed frames that did not open, concealed as lost
	Unsealed              uint64 // not sent because there was no key
	Tapped                uint64 // frames of audio that taps were given
	Latency               time.Duration
	PlaintextCount        uint64
	PlaintextP50          time.Duration // how long plaintext existed per packet; negative: unknown
	PlaintextP99          time.Duration
	PlaintextP999         time.Duration
	PlaintextMax          time.Duration
}

// Stats reads the counters by direction; those of the legs by Leg.Stats.
func (b *Bridge) Stats() ([2]LaneStats, error) {
	var lanes [2]LaneStats
	p, err := b.enter()
	if err != nil {
		return lanes, err
	}
	defer b.handle.leave()
	out := C.voxlock_bridge_stats{struct_size: C.sizeof_voxlock_bridge_stats}
	if err := check(C.voxlock_bridge_get_stats(p, &out)); err != nil {
		return lanes, err
	}
	for i := range lanes {
		lanes[i] = LaneStats{
			PacketsIn: uint64(out.packets_in[i]), PacketsOut: uint64(out.packets_out[i]), Lost: uint64(out.lost[i]),
			Concealed: uint64(out.concealed[i]), Silences: uint64(out.silences[i]), Muted: uint64(out.muted[i]),
			EventsOut: uint64(out.events_out[i]), Bypassed: uint64(out.bypassed[i]), Unopened: uint64(out.unopened[i]),
			Unsealed: uint64(out.unsealed[i]), Tapped: uint64(out.tapped[i]), Latency: microseconds(out.latency_us[i]),
			PlaintextCount: uint64(out.plaintext_count[i]), PlaintextP50: time.Duration(out.plaintext_p50_ns[i]),
			PlaintextP99: time.Duration(out.plaintext_p99_ns[i]), PlaintextP999: time.Duration(out.plaintext_p999_ns[i]),
			PlaintextMax: time.Duration(out.plaintext_max_ns[i]),
		}
	}
	return lanes, nil
}
