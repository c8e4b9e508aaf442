package voxlock

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// An end of a signalling link of made-up connections: what one agent transmits the other gets.
type end struct {
	ua         *UA
	connection ConnID
	seen       []UAEventType
	call       CallID
	cause      Cause
	status     int
	events     UAEvents
}

func (e *end) step(t testing.TB, other *end, handle func(e *end, event UAEvent)) {
	t.Helper()
	for made[int](t)(e.ua.Poll(&e.events, 0)) != 0 {
		for _, event := range e.events.List {
			switch event.Type {
			case UAConnect:
				e.connection = event.Connection
				other.connection = made[ConnID](t)(other.ua.Accepted(event.Transport, netip.MustParseAddrPort("192.0.2.9:999"), 0))
				must(t, e.ua.Connected(event.Connection, 0))
			case UATransmit:
				if n := made[int](t)(other.ua.Input(other.connection, event.Data, 0)); n != len(event.Data) {
					t.Fatalf("%d of %d bytes", n, len(event.Data))
				}
			default:
				e.seen, e.call = append(e.seen, event.Type), event.Call
				e.cause, e.status = event.Cause, event.Status
				if handle != nil {
					handle(e, event)
				}
			}
		}
	}
}

func agents(t testing.TB) (*end, *end) {
	c := newContext(t)
	return &end{ua: made[*UA](t)(c.NewUA(UAConfig{Host: "a.example.net"}))},
		&end{ua: made[*UA](t)(c.NewUA(UAConfig{Host: "b.example.net"}))}
}

func TestACallFromInviteToBye(t *testing.T) {
	a, b := agents(t)
	message := newMessage(t)
	answers := func(e *end, event UAEvent) {
		if event.Type != UAIncoming {
			return
		}
		if string(event.SDP) != "v=0 offer" {
			t.Errorf("%q", event.SDP)
		}
		made[int](t)(message.Parse(event.Data, SIPStream))
		if h := made[[]Header](t)(message.Headers("X-Reason")); len(h) != 1 || h[0].Value != "test" {
			t.Errorf("%+v", h)
		}
		if text := fmt.Sprintf("%v %+v", event, event); strings.Contains(text, "offer") || strings.Contains(text, "118") {
			t.Error(text)
		}
		must(t, e.ua.Ring(event.Call, 180, nil, 0))
		refused(t, e.ua.Answer(event.Call, []byte("v=0 answer"), 0, Header{"Via", "x"}), ErrUAHeader)
		must(t, e.ua.Answer(event.Call, []byte("v=0 answer"), 0, Header{"X-Room", "blue"}))
	}
	answered := func(_ *end, event UAEvent) {
		if event.Type == UAAnswered {
			made[int](t)(message.Parse(event.Data, SIPStream))
			if h := made[[]Header](t)(message.Headers("X-Room")); len(h) != 1 || h[0].Value != "blue" {
				t.Errorf("%+v", h)
			}
		}
	}
	a.call = made[CallID](t)(a.ua.Invite(InviteConfig{To: "sips:bob@b.example.net", SDP: []byte("v=0 offer"),
		Headers: []Header{{"X-Reason", "test"}}}, 0))
	for range 6 {
		a.step(t, b, answered)
		b.step(t, a, answers)
	}
	must(t, a.ua.SendDigit(a.call, '#', 160*time.Millisecond, DTMFRelay, 0))
	must(t, b.ua.SendDigit(b.call, '#', 0, DTMFPlain, 0))
	refused(t, a.ua.SendDigit(a.call, 'x', 0, DTMFRelay, 0), ErrInvalidArgument)
	told := map[*end]time.Duration{a: 0, b: 160 * time.Millisecond}
	digit := func(e *end, event UAEvent) {
		if event.Type != UADigit || event.Digit != '#' || event.Duration != told[e] || !strings.Contains(string(event.SDP), "#") {
			t.Errorf("%v %d %v", event, event.Digit, event.Duration)
		}
		if text := fmt.Sprintf("%v %+v %#v", event, event, event); strings.Contains(text, "35") || strings.Contains(text, "#") {
			t.Error(text)
		}
	}
	for range 2 {
		a.step(t, b, digit)
		b.step(t, a, digit)
	}
	must(t, b.ua.HangUp(b.call, 0))
	for range 4 {
		b.step(t, a, nil)
		a.step(t, b, nil)
	}
	if !slices.Equal(a.seen, []UAEventType{UAProgress, UAAnswered, UADigit, UAEnded}) || a.cause != CauseRemote {
		t.Error(a.seen, a.cause)
	}
	if !slices.Equal(b.seen, []UAEventType{UAIncoming, UAConfirmed, UADigit, UAEnded}) || b.cause != CauseLocal {
		t.Error(b.seen, b.cause)
	}
	refused(t, a.ua.HangUp(a.call, 0), ErrUANoCall)
	if stats := made[UAStats](t)(a.ua.Stats()); stats.Calls != 0 || stats.ResponsesIn == 0 || stats.Malformed != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestAWipedBufferHoldsNoDigit(t *testing.T) {
	list := []UAEvent{{Type: UADigit, Digit: '5'}}
	events := UAEvents{List: list}
	events.Wipe()
	if list[0].Digit != 0 || len(events.List) != 0 {
		t.Error(list[0].Digit)
	}
}

func TestACallThatIsRejected(t *testing.T) {
	a, b := agents(t)
	made[CallID](t)(a.ua.Invite(InviteConfig{To: "sips:bob@b.example.net", SDP: []byte("v=0 offer")}, 0))
	for range 4 {
		a.step(t, b, nil)
		b.step(t, a, func(e *end, event UAEvent) {
			if event.Type == UAIncoming {
				must(t, e.ua.Reject(event.Call, Refusal{Status: 488, WarnCode: 305, Warning: "no"}, 0))
			}
		})
	}
	if a.cause != CauseRejected || a.status != 488 {
		t.Error(a.seen, a.cause, a.status)
	}
}

func TestAnAgentWantsItsPeerToAuthenticate(t *testing.T) {
	a, b := agents(t)
	b.ua = made[*UA](t)(newContext(t).NewUA(UAConfig{Host: "b.example.net", Realm: "b"}))
	must(t, b.ua.SetAccount("alice", "secret"))
	must(t, a.ua.SetCredentials("b", "", "alice", "secret"))
	made[CallID](t)(a.ua.Invite(InviteConfig{To: "sips:bob@b.example.net", SDP: []byte("v=0 offer")}, 0))
	for range 6 {
		a.step(t, b, nil)
		b.step(t, a, nil)
	}
	if stats := made[UAStats](t)(b.ua.Stats()); stats.Challenges != 1 || stats.AuthFailures != 0 || stats.Calls != 1 {
		t.Errorf("%+v", stats)
	}
	refused(t, a.ua.SetCredentials("nowhere", "", "", ""), ErrNotFound)
}

func TestWhatAnAgentRefuses(t *testing.T) {
	_, err := newContext(t).NewUA(UAConfig{})
	refused(t, err, ErrInvalidArgument)
	a, _ := agents(t)
	_, err = a.ua.Invite(InviteConfig{To: "tel:123"}, 0)
	refused(t, err, ErrUAURI)
	_, err = a.ua.Invite(InviteConfig{To: "sip:b@c", Headers: []Header{{"Via", "x"}}}, 0)
	refused(t, err, ErrUAHeader)
	refused(t, a.ua.Disconnected(77, 0), ErrUANoConnection)
	if _, ok := a.ua.NextDeadline(); ok {
		t.Error("an idle agent has a deadline")
	}
	made[CallID](t)(a.ua.Options(InviteConfig{To: "sip:b@c", Transport: OverTCP}, 0))
	if at, ok := a.ua.NextDeadline(); !ok || at > time.Minute {
		t.Error(at, ok)
	}
}
