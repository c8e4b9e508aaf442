package voxlock

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// calls is how many calls the growth tests make, and a part of it objects; VOXLOCK_GO_CALLS=1000000 takes
// minutes.
func calls() int {
	if n, err := strconv.Atoi(os.Getenv("VOXLOCK_GO_CALLS")); err == nil {
		return n
	}
	return 40000
}

// A kind of object: how one is made and what it is asked.
type kind struct {
	name string
	make func(c *Context) (io.Closer, error)
	use  func(o any) error
}

func asCloser[T io.Closer](value T, err error) (io.Closer, error) { return value, err }

func kinds() []kind {
	legs := func(c *Context) (*Leg, *Leg) {
		a, _ := c.NewLeg(LegConfig{Address: trunkAddress})
		b, _ := c.NewLeg(LegConfig{Address: callerAddress})
		return a, b
	}
	list := []kind{
		{"Context", func(*Context) (io.Closer, error) { return asCloser(NewContext(ContextConfig{})) },
			func(o any) error { return o.(*Context).SetWallTime(time.Now(), 0) }},
		{"SIPMessage", func(c *Context) (io.Closer, error) { return asCloser(c.NewSIPMessage(SIPConfig{})) },
			func(o any) error { _, err := o.(*SIPMessage).Parse(nil, SIPDatagram); return err }},
		{"SIPFramer", func(c *Context) (io.Closer, error) { return asCloser(c.NewSIPFramer(SIPConfig{})) },
			func(o any) error { _, err := o.(*SIPFramer).Write([]byte("x")); return err }},
		{"SDP", func(c *Context) (io.Closer, error) { return asCloser(c.NewSDP(0)) },
			func(o any) error { return o.(*SDP).Parse([]byte(offerText)) }},
		{"Negotiation", func(c *Context) (io.Closer, error) {
			return asCloser(c.NewNegotiation(NegotiationConfig{Address: trunkAddress}))
		}, func(o any) error { return o.(*Negotiation).Rollback() }},
		{"Identity", func(c *Context) (io.Closer, error) { return asCloser(c.NewIdentity(IdentityConfig{})) },
			func(o any) error { _, err := o.(*Identity).KeyPEM(); return err }},
		{"SRTP", func(c *Context) (io.Closer, error) { return asCloser(c.NewSRTP(SRTPConfig{Key: srtpKey})) },
			func(o any) error { _, err := o.(*SRTP).Open(nil, nil, 0); return err }},
		{"FrameCryptor", func(c *Context) (io.Closer, error) { return asCloser(c.NewFrameCryptor(FrameCryptorConfig{})) },
			func(o any) error { _, err := o.(*FrameCryptor).Open(nil, []byte("frame"), nil); return err }},
		{"Encoder", func(c *Context) (io.Closer, error) { return asCloser(c.NewEncoder(CodecConfig{})) },
			func(o any) error { _, err := o.(*Encoder).Encode(nil, tone(160)); return err }},
		{"Decoder", func(c *Context) (io.Closer, error) { return asCloser(c.NewDecoder(CodecConfig{})) },
			func(o any) error { _, err := o.(*Decoder).Decode(nil, make([]byte, 160)); return err }},
		{"Chain", func(c *Context) (io.Closer, error) {
			return asCloser(c.NewChain(ChainConfig{Stages: []Stage{Denoise(12)}}))
		},
			func(o any) error { _, err := o.(*Chain).Process(nil, tone(80)); return err }},
		{"Leg", func(c *Context) (io.Closer, error) { return asCloser(c.NewLeg(LegConfig{Address: trunkAddress})) },
			func(o any) error { return o.(*Leg).Input([]Datagram{{}}, 0) }},
		{"Port", func(c *Context) (io.Closer, error) { return asCloser(c.NewPort(PortConfig{})) },
			func(o any) error { _, err := o.(*Leg).Stats(); return err }},
		{"Bridge", func(c *Context) (io.Closer, error) {
			a, b := legs(c)
			return asCloser(c.NewBridge(a, b, BridgeConfig{}))
		}, func(o any) error { _, err := o.(*Bridge).Poll(&Events{}, 0); return err }},
		{"Relay", func(c *Context) (io.Closer, error) {
			a, b := legs(c)
			return asCloser(c.NewRelay(a, b, RelayConfig{}))
		}, func(o any) error { _, err := o.(*Relay).Poll(&Events{}, 0); return err }},
		{"UA", func(c *Context) (io.Closer, error) { return asCloser(c.NewUA(UAConfig{Host: "localhost"})) },
			func(o any) error { _, err := o.(*UA).Poll(&UAEvents{}, 0); return err }},
	}
	if !Has("taps") {
		return list
	}
	return append(list, kind{"Tap", func(c *Context) (io.Closer, error) {
		a, b := legs(c)
		if _, err := c.NewBridge(a, b, BridgeConfig{}); err != nil {
			return nil, err
		}
		return asCloser(c.NewTap(a, TapConfig{}))
	}, func(o any) error { return o.(*Tap).Revoke() }})
}

func TestClosedTwiceAndUsedAfterClose(t *testing.T) {
	c := newContext(t)
	for _, kind := range kinds() {
		o := made[io.Closer](t)(kind.make(c))
		if err := kind.use(o); errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v before it was closed", kind.name, err)
		}
		must(t, o.Close())
		must(t, o.Close())
		if err := kind.use(o); !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", kind.name, err)
		}
	}
}

func TestAClosedContextMakesNothing(t *testing.T) {
	c := newContext(t)
	must(t, c.Close())
	var none *Context
	for _, kind := range kinds()[1:] {
		// Two legs that could not be made are an argument that is wrong.
		if _, err := kind.make(c); !errors.Is(err, ErrClosed) && !errors.Is(err, ErrInvalidArgument) {
			t.Errorf("%s: %v", kind.name, err)
		}
	}
	_, err := none.NewLeg(LegConfig{Address: trunkAddress})
	refused(t, err, ErrClosed)
}

func TestClosedPartsMakeNoWhole(t *testing.T) {
	c := newContext(t)
	for closed := range 3 {
		leg, peer := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
		cryptor := newCryptor(t, FrameCryptorConfig{})
		must(t, []io.Closer{leg, peer, cryptor}[closed].Close())
		_, err := c.NewBridge(leg, peer, BridgeConfig{Cryptors: [2]*FrameCryptor{cryptor}})
		refused(t, err, ErrClosed)
	}
	leg, peer := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	_, err := c.NewBridge(leg, leg, BridgeConfig{})
	refused(t, err, ErrInvalidArgument)
	_, err = c.NewRelay(nil, peer, RelayConfig{})
	refused(t, err, ErrInvalidArgument)
	// What failed has let go of all of them.
	made[*Bridge](t)(c.NewBridge(leg, peer, BridgeConfig{}))
}

func TestAnyOrderOfClosingAndForgetting(t *testing.T) {
	for seed := range uint64(15) {
		order := rand.New(rand.NewPCG(seed, 1))
		c := newContext(t)
		var objects []io.Closer
		for _, kind := range kinds() {
			objects = append(objects, made[io.Closer](t)(kind.make(c)))
		}
		leg, peer := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
		room, listener := agreed(t, c, CodecPCMU, roomAddress, listenerAddress)
		cryptor := newCryptor(t, FrameCryptorConfig{})
		bridge := made[*Bridge](t)(c.NewBridge(leg, room, BridgeConfig{Cryptors: [2]*FrameCryptor{1: cryptor}}))
		objects = append(objects, c, leg, peer, room, listener, cryptor, bridge)
		order.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
		for i, o := range objects {
			if order.IntN(2) == 0 {
				must(t, o.Close())
			}
			objects[i] = nil
			if order.IntN(8) == 0 {
				runtime.GC()
			}
		}
	}
	runtime.GC()
}

func TestAForgottenObjectIsClosed(t *testing.T) {
	for _, kind := range kinds() {
		o := made[io.Closer](t)(kind.make(newContext(t)))
		h := handleOf(o)
		o = nil
		_ = o
		// A cleanup runs some time after a collection; that is all the language says.
		for range 1000 {
			runtime.GC()
			if _, err := h.enter(); err != nil {
				h = nil
				break
			}
			h.leave()
			time.Sleep(time.Millisecond)
		}
		if h != nil {
			t.Errorf("%s is still open", kind.name)
		}
	}
}

func handleOf(o any) *handle {
	switch o := o.(type) {
	case *Context:
		return o.handle
	case *SIPMessage:
		return o.handle
	case *SIPFramer:
		return o.handle
	case *SDP:
		return o.handle
	case *Negotiation:
		return o.handle
	case *Identity:
		return o.handle
	case *SRTP:
		return o.handle
	case *FrameCryptor:
		return o.handle
	case *Encoder:
		return o.handle
	case *Decoder:
		return o.handle
	case *Chain:
		return o.handle
	case *Leg:
		return o.handle
	case *Bridge:
		return o.handle
	case *Relay:
		return o.handle
	case *Tap:
		return o.handle
	default:
		return o.(*UA).handle
	}
}

func TestManyGoroutinesOnOneBridge(t *testing.T) {
	c := newContext(t)
	trunk, caller := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	room, _ := agreed(t, c, CodecPCMU, roomAddress, listenerAddress)
	bridge := made[*Bridge](t)(c.NewBridge(trunk, room, BridgeConfig{}))
	var all sync.WaitGroup
	work := func(f func(i int) error) {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 300 {
				if err := f(i); err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrLegAttached) &&
					!errors.Is(err, ErrLegQueueFull) {
					t.Error(err)
					return
				}
			}
		}()
	}
	var events, own Events
	work(func(int) error { return bridge.Input([]Datagram{{Data: make([]byte, 40), Source: callerAddress}}, 0) })
	work(func(int) error { _, err := bridge.Poll(&events, 0); return err })
	work(func(int) error { _, err := trunk.Stats(); return err })
	work(func(int) error { _, err := room.Offer(0, 0); _ = room.Rollback(); return err })
	work(func(int) error { _, err := caller.Poll(&own, 0); return err })
	work(func(int) error { _, err := c.NewBridge(room, trunk, BridgeConfig{}); return err })
	work(func(i int) error {
		if i == 250 {
			return bridge.Close()
		}
		_, err := bridge.Protection()
		return err
	})
	all.Wait()
}

func TestObjectsOutliveTheirContext(t *testing.T) {
	c := newContext(t)
	leg, peer := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	must(t, c.Close())
	must(t, peer.Send(Frame{Data: make([]byte, 160)}, 0))
	must(t, leg.Input(sent(t, peer, callerAddress, 0), 0))
	if made[LegStats](t)(leg.Stats()).PacketsIn != 1 {
		t.Error("nothing came")
	}
}

// resident is how many bytes of this process lie in RAM.
func resident(t *testing.T) int {
	fields := strings.Fields(string(made[[]byte](t)(os.ReadFile("/proc/self/statm"))))
	return made[int](t)(strconv.Atoi(fields[1])) * os.Getpagesize()
}

// grow calls a function often and looks at the memory. What an allocator keeps for itself is allowed, and a
// leak grows each time.
func grow(t *testing.T, name string, calls, collectEvery int, call func()) {
	if underRaceDetector {
		t.Skip("the race detector's own memory grows")
	}
	run := func(calls int) {
		for i := range calls {
			call()
			if i%collectEvery == 0 {
				runtime.GC()
			}
		}
		runtime.GC()
	}
	run(calls/2 + 3*collectEvery)
	growth := 0
	for range 3 {
		before := resident(t)
		run(calls)
		if growth = resident(t) - before; growth <= 8<<20 {
			return
		}
	}
	t.Errorf("%s: %d bytes more after %d calls, and before that as well", name, growth, calls)
}

func TestSmallCallsLeaveNothingBehind(t *testing.T) {
	c := newContext(t)
	leg, peer := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	session := made[*SRTP](t)(c.NewSRTP(SRTPConfig{Key: srtpKey}))
	payload, out := make([]byte, 160), make([]byte, 0, 512)
	var events, own Events
	grow(t, "small calls", calls(), 1000, func() {
		must(t, peer.Send(Frame{Data: payload}, 0))
		made[int](t)(peer.Poll(&own, 0))
		for i := range own.List {
			must(t, leg.Input([]Datagram{{Data: own.List[i].Data, Source: callerAddress}}, 0))
		}
		made[int](t)(leg.Poll(&events, 0))
		_, _ = session.Open(out, payload, 0)
	})
}

func TestObjectsMadeAndClosedLeaveNothingBehind(t *testing.T) {
	c := newContext(t)
	for _, kind := range kinds() {
		// A key costs milliseconds.
		n := calls() / map[bool]int{true: 4000, false: 400}[kind.name == "Identity"]
		grow(t, kind.name, n, 100, func() { must(t, made[io.Closer](t)(kind.make(c)).Close()) })
	}
}

// The collector does not see what an object costs in C, so that forgotten ones wait for it: closing is
// better.
func TestObjectsMadeAndForgottenLeaveNothingBehind(t *testing.T) {
	c := newContext(t)
	for _, kind := range kinds() {
		n := calls() / map[bool]int{true: 4000, false: 1000}[kind.name == "Identity"]
		grow(t, kind.name, n, 10, func() { made[io.Closer](t)(kind.make(c)) })
	}
}
