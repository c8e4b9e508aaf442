package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"voxlock"
)

const (
	farewell  = 3 * time.Second // how long hanging up may take
	lastWords = time.Second     // and what follows: a BYE waits for the ACK of the call (RFC 3261, section 15)
)

// A trunk is the SIP side: one goroutine (run) owns the user agent and the tables, the others post to it.
type trunk struct {
	options
	library     *voxlock.Context
	ua          *voxlock.UA
	message     *voxlock.SIPMessage
	tls         *tls.Config
	listener    net.Listener
	ip          netip.Addr
	todo        chan func()
	over        chan struct{} // closed when run returns
	events      voxlock.UAEvents
	connections map[voxlock.ConnID]*connection
	calls       map[voxlock.CallID]*call
	started     int
	isStopping  bool
	summary     summary
}

func newTrunk(o options, library *voxlock.Context, config *tls.Config, listener net.Listener) (*trunk, error) {
	address := listener.Addr().(*net.TCPAddr).AddrPort()
	if address.Addr().IsUnspecified() {
		return nil, errors.New("-listen wants one address: it stands in the descriptions")
	}
	ua, err := library.NewUA(voxlock.UAConfig{Host: address.Addr().Unmap().String(), PortTLS: int(address.Port()), Product: "livekit-bridge"})
	if err != nil {
		return nil, err
	}
	message, err := library.NewSIPMessage(voxlock.SIPConfig{})
	if err != nil {
		return nil, err
	}
	return &trunk{options: o, library: library, ua: ua, message: message, tls: config, listener: listener,
		ip: address.Addr().Unmap(), todo: make(chan func()), over: make(chan struct{}),
		connections: make(map[voxlock.ConnID]*connection), calls: make(map[voxlock.CallID]*call)}, nil
}

// post has something done by run; false: it has returned.
func (t *trunk) post(f func()) bool {
	select {
	case t.todo <- f:
		return true
	case <-t.over:
		return false
	}
}

func (t *trunk) run(stop <-chan struct{}) error {
	defer t.ua.Close()
	defer close(t.over)
	go t.accept()
	if t.dial != "" {
		if err := t.dialOut(t.dial); err != nil {
			return err
		}
	}
	timer, clock := time.NewTimer(0), time.NewTicker(time.Minute)
	defer timer.Stop()
	defer clock.Stop()
	var deadline, silence <-chan time.Time
	for {
		select {
		case f := <-t.todo:
			f()
		case <-timer.C:
		case <-clock.C:
			_ = t.library.SetWallTime(time.Now(), voxlock.Monotonic())
		case <-stop:
			stop = nil
			t.stop()
			deadline = time.After(farewell)
		case <-deadline:
			return errors.New("a call did not end")
		case <-silence:
			t.closeConnections()
			return nil
		}
		if err := t.drain(); err != nil {
			return err
		}
		if t.isThrough() {
			if stats, err := t.ua.Stats(); err != nil || stats.Transactions == 0 {
				t.closeConnections()
				return err
			}
			if silence == nil {
				silence, deadline = time.After(lastWords), nil
			}
		}
		if at, ok := t.ua.NextDeadline(); ok {
			timer.Reset(max(at-voxlock.Monotonic(), 0))
		}
	}
}

// isThrough tells that no call is left, and none will come.
func (t *trunk) isThrough() bool {
	return len(t.calls) == 0 && (t.isStopping || t.options.calls > 0 && t.started >= t.options.calls)
}

// stop hangs up: Ctrl-C.
func (t *trunk) stop() {
	t.isStopping = true
	_ = t.listener.Close()
	for id, c := range t.calls {
		if id == notInvited {
			c.abandon()
		}
		_ = t.ua.HangUp(id, voxlock.Monotonic())
	}
}

func (t *trunk) closeConnections() {
	for _, c := range t.connections {
		c.end()
	}
	for _, c := range t.connections {
		<-c.sent
	}
}

// drain does what the user agent asks for until there is nothing.
func (t *trunk) drain() error {
	for {
		n, err := t.ua.Poll(&t.events, voxlock.Monotonic())
		if err != nil || n == 0 {
			return err
		}
		for i := range t.events.List {
			t.follow(&t.events.List[i])
		}
	}
}

func (t *trunk) follow(event *voxlock.UAEvent) {
	switch event.Type {
	case voxlock.UATransmit:
		if c := t.connections[event.Connection]; c != nil {
			c.send(event.Data)
		}
	case voxlock.UAConnect:
		go t.connect(event.Connection, string(event.Data), event.Port)
	case voxlock.UAClose:
		if c := t.connections[event.Connection]; c != nil {
			c.end()
		}
	case voxlock.UAIncoming:
		t.incoming(event)
	case voxlock.UAEnded:
		if c := t.calls[event.Call]; c != nil {
			delete(t.calls, event.Call)
			c.finish(event.Cause)
		}
	default:
		if c := t.calls[event.Call]; c != nil {
			c.negotiate(event)
		}
	}
}

func (t *trunk) incoming(event *voxlock.UAEvent) {
	refuse := func(refusal voxlock.Refusal) { _ = t.ua.Reject(event.Call, refusal, voxlock.Monotonic()) }
	if t.isStopping || t.options.calls > 0 && t.started >= t.options.calls {
		refuse(voxlock.Refusal{Status: 503})
		return
	}
	security := security{}
	if c := t.connections[event.Connection]; c != nil {
		security = c.security
	}
	c, refusal, err := t.newCall(event, security)
	switch {
	case err != nil:
		fmt.Printf("call %d: %v\n", event.Call, err)
		refuse(voxlock.Refusal{Status: 500})
		return
	case c == nil:
		fmt.Printf("call %d: its offer is refused with %d %s\n", event.Call, refusal.Status, refusal.Warning)
		refuse(refusal)
		return
	}
	t.started++
	t.calls[event.Call] = c
	_ = t.ua.Ring(event.Call, 180, nil, voxlock.Monotonic())
	fmt.Printf("call %d: ringing\n", event.Call)
	go c.join()
}

// joined is what join came to.
func (t *trunk) joined(c *call, err error) {
	if c.target != "" {
		t.dialled(c, err)
		return
	}
	now := voxlock.Monotonic()
	if t.calls[c.id] != c {
		return // the caller gave up while the room was joined
	}
	if err == nil {
		err = t.ua.Answer(c.id, c.answer, now, c.headers...)
	} else {
		fmt.Printf("call %d: the room does not answer: %v\n", c.id, err)
		_ = t.ua.Reject(c.id, voxlock.Refusal{Status: 503}, now)
		return
	}
	clear(c.answer)
	if err != nil {
		c.hangUp(err.Error())
		return
	}
	c.live(now)
}

// roomOf and identityOf put numbers into what the options say.
func (t *trunk) roomOf(in invitation) string {
	return strings.ReplaceAll(t.options.room, "*", in.called)
}

func (t *trunk) identityOf(in invitation) string {
	return strings.ReplaceAll(t.options.identity, "*", in.caller)
}

// accept takes connections until the listener is closed.
func (t *trunk) accept() {
	for {
		conn, err := t.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // out of descriptors: some call will end
			continue
		}
		go t.serve(tls.Server(conn, t.tls), 0)
	}
}

// connect opens a connection that the user agent wants; the peer must prove the name.
func (t *trunk) connect(id voxlock.ConnID, host string, port int) {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	defer cancel()
	config := t.tls.Clone()
	config.ServerName = host
	dialer := tls.Dialer{Config: config}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		t.post(func() { _ = t.ua.Disconnected(id, voxlock.Monotonic()) })
		return
	}
	t.serve(conn.(*tls.Conn), id)
}
