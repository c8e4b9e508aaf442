package main

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"

	"voxlock"
)

const (
	pairTries   = 64
	batch       = 32
	maxDatagram = 2048
	longestWait = 20 * time.Millisecond
	opusType    = 111
	eventType   = 101
	maxDigits   = 1024 // of the report
	// The room's leg is the library's leg 1.
	trunkLeg, roomLeg = 0, 1
)

// A far side takes what the bridge makes for the room.
type farSide interface {
	hearFrame(voxlock.Frame)
	hearDigit(byte)
	silenceTrailer() []byte
}

// media is the bridge of one call, and the sockets of its trunk leg. Whoever brings something in follows
// the events that come of it, one at a time.
type media struct {
	leg, port *voxlock.Leg
	bridge    *voxlock.Bridge
	cryptor   *voxlock.FrameCryptor
	rtp, rtcp *net.UDPConn
	mutex     sync.Mutex
	events    voxlock.Events
	far       farSide
	silent    func()
	isEnded   atomic.Bool
	done      chan struct{}
	working   sync.WaitGroup
	latency   latency
	digits    []byte // that the phone pressed
	digitWay  digitWay
}

// A digitWay is how the digits of a phone come.
type digitWay int

const (
	notKnown digitWay = iota
	byEvent           // RFC 4733
	byInfo            // RFC 6086
)

// bindPair gives RTP on an even port and RTCP on the next (RFC 3550, section 11).
func bindPair(ip netip.Addr) (*net.UDPConn, *net.UDPConn, error) {
	for range pairTries {
		rtp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
		if err != nil {
			return nil, nil, err
		}
		port := addrPortOf(rtp.LocalAddr()).Port()
		if port%2 == 0 {
			rtcp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, port+1)))
			if err == nil {
				return rtp, rtcp, nil
			}
		}
		rtp.Close()
	}
	return nil, nil, errors.New("no pair of free UDP ports")
}

func addrPortOf(address net.Addr) netip.AddrPort {
	switch a := address.(type) {
	case *net.UDPAddr:
		return a.AddrPort()
	case *net.TCPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

func newMedia(library *voxlock.Context, ip netip.Addr, signalling voxlock.Signalling, silence time.Duration) (*media, error) {
	rtp, rtcp, err := bindPair(ip)
	if err != nil {
		return nil, err
	}
	m := &media{rtp: rtp, rtcp: rtcp, done: make(chan struct{})}
	m.leg, err = library.NewLeg(voxlock.LegConfig{Address: addrPortOf(rtp.LocalAddr()), Signalling: signalling,
		MediaTimeout: silence})
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// describe answers an offer, or makes one where there is none. Neither text nor error: refused.
func (m *media) describe(offer []byte) ([]byte, voxlock.Refusal, error) {
	now := voxlock.Monotonic()
	if len(offer) == 0 {
		sdp, err := m.leg.Offer(0, now)
		return sdp, voxlock.Refusal{}, err
	}
	sdp, verdict, err := m.leg.Answer(offer, now)
	if err != nil || verdict.Refused() {
		return nil, verdict.Refusal(), err
	}
	return sdp, voxlock.Refusal{}, nil
}

// join makes the bridge to a room. With a passphrase frames are sealed end to end: never without.
func (m *media) join(library *voxlock.Context, passphrase string, far farSide) error {
	var config voxlock.BridgeConfig
	var err error
	if passphrase != "" {
		m.cryptor, err = library.NewFrameCryptor(voxlock.FrameCryptorConfig{ServerTrailer: far.silenceTrailer()})
		if err != nil {
			return err
		}
		if err = m.cryptor.SetKey(0, voxlock.KDFPBKDF2, []byte(passphrase), voxlock.Seals|voxlock.Opens); err != nil {
			return err
		}
		config.Cryptors[roomLeg] = m.cryptor
	}
	m.port, err = library.NewPort(voxlock.PortConfig{PayloadType: opusType, EventType: eventType, HostProtects: true})
	if err != nil {
		return err
	}
	if m.bridge, err = library.NewBridge(m.leg, m.port, config); err != nil {
		return err
	}
	m.far = far
	m.working.Add(3)
	go m.read(m.rtp)
	go m.read(m.rtcp)
	go m.keepTime()
	return nil
}

// read hands datagrams of a socket over, as many at a time as are there.
func (m *media) read(socket *net.UDPConn) {
	defer m.working.Done()
	reader := ipv4.NewPacketConn(socket)
	messages, datagrams := make([]ipv4.Message, batch), make([]voxlock.Datagram, batch)
	for i := range messages {
		messages[i].Buffers = [][]byte{make([]byte, maxDatagram)}
	}
	for {
		n, err := reader.ReadBatch(messages, 0)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of what was sent before
		}
		begin := time.Now()
		for i, message := range messages[:n] {
			datagrams[i] = voxlock.Datagram{Data: message.Buffers[0][:message.N], Source: addrPortOf(message.Addr), Leg: trunkLeg}
		}
		m.follow(func(now time.Duration) { _ = m.bridge.Input(datagrams[:n], now) })
		m.latency.add(time.Since(begin), socket == m.rtp)
	}
}

// put takes a frame of the room.
func (m *media) put(frame voxlock.Frame) {
	frames := [1]voxlock.Frame{frame}
	m.follow(func(now time.Duration) { _ = m.bridge.Put(roomLeg, frames[:], now) })
}

// keepTime polls when it is time to.
func (m *media) keepTime() {
	defer m.working.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-m.done:
			return
		case <-timer.C:
		}
		m.follow(func(time.Duration) {})
		wait := longestWait
		if at, ok := m.bridge.NextDeadline(); ok {
			wait = min(wait, max(at-voxlock.Monotonic(), time.Millisecond))
		}
		timer.Reset(wait)
	}
}

// follow does something with the bridge and then what the events ask for.
func (m *media) follow(what func(now time.Duration)) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	now := voxlock.Monotonic()
	what(now)
	for {
		n, err := m.bridge.Poll(&m.events, now)
		if err != nil || n == 0 {
			m.events.Wipe()
			return
		}
		for i := range m.events.List {
			m.handle(&m.events.List[i])
		}
	}
}

func (m *media) handle(event *voxlock.Event) {
	switch {
	case event.Type == voxlock.EventTransmit && event.Leg == trunkLeg:
		socket := m.rtp
		if event.IsRTCP {
			if agreed, err := m.leg.Media(); err == nil && !agreed.RTCPMux {
				socket = m.rtcp
			}
		}
		_, _ = socket.WriteToUDPAddrPort(event.Data, event.Address)
	case event.Type == voxlock.EventPayload && event.Leg == roomLeg:
		// The room is told of digits by data packets.
		if frame, _ := event.Frame(); frame.PayloadType == opusType {
			m.far.hearFrame(frame)
		}
	case event.Type == voxlock.EventDigit && event.Leg == trunkLeg:
		m.hearDigit(event.Digit, byEvent)
	case event.Type == voxlock.EventTimeout && event.Leg == trunkLeg:
		// Who holds need not send (RFC 3264, section 8.4).
		if agreed, err := m.leg.Media(); err == nil && agreed.Direction == voxlock.SendRecv {
			m.silent()
		}
	}
}

// hearDigit tells the room of a key. Who tells each of them both ways pressed it once: the way of the first counts.
func (m *media) hearDigit(digit byte, way digitWay) {
	if m.digitWay == notKnown {
		m.digitWay = way
	}
	if m.digitWay != way {
		return
	}
	if len(m.digits) < maxDigits {
		m.digits = append(m.digits, digit)
	}
	m.far.hearDigit(digit)
}

// hearInfo takes a digit that came beside the media.
func (m *media) hearInfo(digit byte) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.hearDigit(digit, byInfo)
}

// takesEvents tells whether the phone takes telephone events.
func (m *media) takesEvents() bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	agreed, err := m.leg.Media()
	return err == nil && agreed.EventTypeSend != voxlock.NoPayloadType
}

// end says goodbye by RTCP and stops.
func (m *media) end() {
	if m.bridge != nil && m.isEnded.CompareAndSwap(false, true) {
		m.follow(func(now time.Duration) { _ = m.bridge.End(now) })
	}
}

func (m *media) close() {
	close(m.done)
	m.rtp.Close()
	m.rtcp.Close()
	m.working.Wait()
	if m.bridge != nil {
		m.bridge.Close()
	}
	if m.port != nil {
		m.port.Close()
	}
	if m.cryptor != nil {
		m.cryptor.Close()
	}
	if m.leg != nil {
		m.leg.Close()
	}
}
