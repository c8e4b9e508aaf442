package voxlock

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const callPackets = 100

var callRoomSide = netip.MustParseAddrPort("192.0.2.2:40002")

// A caller is one of the three hosts of the call of tests/conformance/call.c; the room has no agent.
type caller struct {
	name       string
	context    *Context
	ua         *UA
	leg        *Leg
	address    netip.AddrPort
	connection ConnID
	call       CallID
}

func newCaller(t *testing.T, name string, seed, last byte, codec Codec) *caller {
	c := made[*Context](t)(NewContext(ContextConfig{Seed: bytes.Repeat([]byte{seed}, 32)}))
	must(t, c.SetWallTime(time.Unix(1767225600, 0), 0))
	self := &caller{name: name, context: c, address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, last}), 40000)}
	if codec == CodecPCMU {
		self.ua = made[*UA](t)(c.NewUA(UAConfig{Host: name + ".example.net"}))
	}
	self.leg = made[*Leg](t)(c.NewLeg(LegConfig{Address: self.address, Codecs: []Codec{codec}}))
	return self
}

func (c *caller) answer(t *testing.T, offer []byte, now time.Duration) {
	sdp, _, err := c.leg.Answer(offer, now)
	must(t, err)
	must(t, c.ua.Answer(c.call, sdp, now))
}

func (c *caller) handle(t *testing.T, other *caller, e UAEvent, now time.Duration) {
	switch e.Type {
	case UAConnect:
		c.connection = e.Connection
		other.connection = made[ConnID](t)(other.ua.Accepted(e.Transport, netip.MustParseAddrPort("192.0.2.1:40000"), now))
		must(t, c.ua.Connected(e.Connection, now))
	case UATransmit:
		if n := made[int](t)(other.ua.Input(other.connection, e.Data, now)); n != len(e.Data) {
			t.Fatalf("%d of %d bytes", n, len(e.Data))
		}
	case UAIncoming:
		c.call = e.Call
		must(t, c.ua.Ring(e.Call, 180, nil, now))
		c.answer(t, e.SDP, now)
	case UAOffer:
		c.answer(t, e.SDP, now)
	case UAAnswered, UAUpdated:
		made[Verdict](t)(c.leg.AcceptAnswer(e.SDP, now))
	}
}

// A scene is the whole call, and what came out of it.
type scene struct {
	out                  strings.Builder
	phone, gateway, room *caller
	outward              *Leg
	bridge               *Bridge
	encoder              *Encoder
	events               Events
	signals              UAEvents
}

func (s *scene) line(format string, values ...any) { fmt.Fprintf(&s.out, format+"\n", values...) }

func hexOr(data []byte) string {
	if len(data) == 0 {
		return "-"
	}
	return hex.EncodeToString(data)
}

func newScene(t *testing.T) *scene {
	s := &scene{phone: newCaller(t, "phone", 1, 1, CodecPCMU), gateway: newCaller(t, "gateway", 2, 2, CodecPCMU),
		room: newCaller(t, "room", 3, 3, CodecOpus)}
	s.outward = made[*Leg](t)(s.gateway.context.NewLeg(LegConfig{Address: callRoomSide, Codecs: []Codec{CodecOpus}}))
	s.bridge = made[*Bridge](t)(s.gateway.context.NewBridge(s.gateway.leg, s.outward, BridgeConfig{}))
	s.encoder = made[*Encoder](t)(s.room.context.NewEncoder(CodecConfig{Codec: CodecOpus, SampleRate: 16000}))
	agree(t, s.room.leg, s.outward)
	offer := made[[]byte](t)(s.phone.leg.Offer(0, 0))
	s.phone.call = made[CallID](t)(s.phone.ua.Invite(InviteConfig{To: "sips:room@gateway.example.net", SDP: offer}, 0))
	s.signal(t, 0)
	return s
}

func (s *scene) signal(t *testing.T, now time.Duration) {
	for i := range 12 {
		one, other := s.phone, s.gateway
		if i%2 == 1 {
			one, other = other, one
		}
		for made[int](t)(one.ua.Poll(&s.signals, now)) != 0 {
			for _, e := range s.signals.List {
				s.line("%s sip %d %d %d %s %s", one.name, e.Type, e.Status, e.Cause, hexOr(e.Data), hexOr(e.SDP))
				one.handle(t, other, e, now)
			}
		}
	}
}

func (s *scene) show(who string, e *Event) {
	rest := ""
	switch e.Type {
	case EventTransmit:
		rest = fmt.Sprintf(" %v %d %s", e.Address, flag(e.IsRTCP), hexOr(e.Data))
	case EventPayload:
		rest = fmt.Sprintf(" %d %d %d %d %d %d %s", e.PayloadType, e.Sequence, e.Timestamp, e.SSRC, flag(e.Marker), e.Lost,
			hexOr(e.Data))
	case EventDigit:
		rest = fmt.Sprintf(" %c %d", e.Digit, e.Duration.Milliseconds())
	case EventBYE, EventSSRC:
		rest = fmt.Sprintf(" %d", e.SSRC)
	}
	s.line("%s %d %d%s", who, e.Type, e.Leg, rest)
}

// take shows what a leg or bridge has and gives its datagrams by leg.
func (s *scene) take(t *testing.T, who string, poll func(*Events, time.Duration) (int, error), now time.Duration,
	sources ...netip.AddrPort) [2][]Datagram {
	var out [2][]Datagram
	for made[int](t)(poll(&s.events, now)) != 0 {
		for i := range s.events.List {
			e := &s.events.List[i]
			s.show(who, e)
			if e.Type == EventTransmit {
				out[e.Leg] = append(out[e.Leg], Datagram{Data: bytes.Clone(e.Data), Source: sources[e.Leg]})
			}
		}
	}
	return out
}

func (s *scene) carry(t *testing.T, packet int, now time.Duration) {
	coming := s.take(t, "phone", s.phone.leg.Poll, now, s.phone.address)[0]
	switch packet {
	case 40:
		coming = nil
	case 30:
		forged := bytes.Clone(coming[0].Data)
		forged[len(forged)-1] ^= 1
		coming = []Datagram{{Data: forged, Source: coming[0].Source}, coming[0]}
	}
	for _, d := range s.take(t, "room", s.room.leg.Poll, now, s.room.address)[0] {
		d.Leg = 1
		coming = append(coming, d)
	}
	must(t, s.bridge.Input(coming, now))
	out := s.take(t, "bridge", s.bridge.Poll, now, s.gateway.address, callRoomSide)
	must(t, s.phone.leg.Input(out[0], now))
	must(t, s.room.leg.Input(out[1], now))
}

func (s *scene) speak(t *testing.T, packet int, now time.Duration) {
	media := made[MediaInfo](t)(s.phone.leg.Media())
	payload := make([]byte, 160)
	for i := range payload {
		payload[i] = byte(packet*31 + i*7)
	}
	must(t, s.phone.leg.Send(Frame{Data: payload, PayloadType: media.PayloadTypeSend, Timestamp: uint32(packet * 160),
		Marker: packet == 0}, now))
	if packet == 50 {
		must(t, s.phone.leg.Send(Frame{Data: []byte{5, 0x8a, 3, 0x20}, PayloadType: media.EventTypeSend,
			Timestamp: uint32(packet * 160), Marker: true}, now))
	}
	media = made[MediaInfo](t)(s.room.leg.Media())
	must(t, s.room.leg.Send(Frame{Data: made[[]byte](t)(s.encoder.Encode(nil, tone(320))), PayloadType: media.PayloadTypeSend,
		Timestamp: uint32(packet * 960), Marker: packet == 0}, now))
}

func (s *scene) run(t *testing.T) {
	for packet := range callPackets {
		now := time.Duration(packet) * 20 * ms
		if packet == 60 {
			offer := made[[]byte](t)(s.phone.leg.Offer(OfferRekey, now))
			must(t, s.phone.ua.Offer(s.phone.call, offer, now))
			s.signal(t, now)
		}
		s.speak(t, packet, now)
		s.carry(t, packet, now)
	}
	now := callPackets * 20 * ms
	must(t, s.phone.ua.HangUp(s.phone.call, now))
	s.signal(t, now)
	must(t, s.bridge.End(now))
	s.carry(t, callPackets, now)
	for _, lane := range made[[2]LaneStats](t)(s.bridge.Stats()) {
		s.line("lane %d %d %d %d", lane.PacketsIn, lane.PacketsOut, lane.Lost, lane.Concealed)
	}
	trunk := made[LegStats](t)(s.gateway.leg.Stats())
	s.line("trunk %d %d %d", trunk.PacketsIn, trunk.Dropped[DropAuth], trunk.Rekeys)
}

// VOXLOCK_CALL is the program that makes the call in C.
func TestEveryByteOfACallIsThatOfTheCallInC(t *testing.T) {
	program := os.Getenv("VOXLOCK_CALL")
	if program == "" {
		t.Skip("VOXLOCK_CALL is not set")
	}
	inC := made[[]byte](t)(exec.Command(program).Output())
	s := newScene(t)
	s.run(t)
	ours, theirs := strings.Split(s.out.String(), "\n"), strings.Split(string(inC), "\n")
	for i := range min(len(ours), len(theirs)) {
		if ours[i] != theirs[i] {
			t.Fatalf("line %d is %.200s, in C %.200s", i, ours[i], theirs[i])
		}
	}
	if digest := sha256.Sum256([]byte(s.out.String())); digest != sha256.Sum256(inC) {
		t.Fatalf("%d lines, in C %d", len(ours), len(theirs))
	} else {
		t.Logf("%d lines, SHA-256 %x", len(ours)-1, digest)
	}
}
