package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"voxlock"
)

func TestUserAndHostOfAURI(t *testing.T) {
	for _, row := range []struct{ uri, user, host string }{
		{"sip:+4930123@trunk.example.net", "+4930123", "trunk.example.net"},
		{"SIPS:alice@[2001:db8::1]:5061;transport=tcp", "alice", "[2001:db8::1]:5061"},
		{"sip:+49;phone-context=x:secret@example.net?h=1", "+49", "example.net"},
		{"sip:example.net", "", "example.net"},
		{"tel:+4930123", "", ""},
		{"", "", ""},
	} {
		if user, host := userOf(row.uri); user != row.user || host != row.host {
			t.Errorf("%s: %q at %q", row.uri, user, host)
		}
	}
}

func TestARoomIsEncryptedWhenTheHandshakeIsThrough(t *testing.T) {
	if isEncrypted(nil) {
		t.Error("no connection is encrypted")
	}
	var ends [2]*webrtc.PeerConnection
	for i := range ends {
		end, err := webrtc.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			t.Fatal(err)
		}
		defer end.Close()
		ends[i] = end
	}
	if isEncrypted(ends[0]) {
		t.Error("encrypted before a handshake")
	}
	connected := make(chan struct{})
	ends[0].OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	if _, err := ends[0].CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	tell := func(from, to *webrtc.PeerConnection, make func() (webrtc.SessionDescription, error)) {
		description, err := make()
		gathered := webrtc.GatheringCompletePromise(from)
		if err == nil {
			err = from.SetLocalDescription(description)
		}
		<-gathered
		if err == nil {
			err = to.SetRemoteDescription(*from.LocalDescription())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	tell(ends[0], ends[1], func() (webrtc.SessionDescription, error) { return ends[0].CreateOffer(nil) })
	tell(ends[1], ends[0], func() (webrtc.SessionDescription, error) { return ends[1].CreateAnswer(nil) })
	select {
	case <-connected:
	case <-time.After(20 * time.Second):
		t.Fatal("no handshake")
	}
	if !isEncrypted(ends[0]) {
		t.Error("not encrypted behind a handshake")
	}
	_ = ends[0].Close()
	if isEncrypted(ends[0]) {
		t.Error("encrypted when it is over")
	}
}

func TestHeadersBecomeAttributes(t *testing.T) {
	headers := []voxlock.Header{{Name: "X-Customer", Value: "17"}, {Name: "Authorization", Value: "secret"},
		{Name: "x-queue", Value: "sales"}, {Name: "X-Long", Value: strings.Repeat("x", maxHeaderBytes+1)}}
	in := invitationOf(voxlock.SIPSummary{CallID: "abc", FromURI: "sip:123@there", URI: "sip:456@here"}, headers)
	wanted := map[string]string{"sip.callID": "abc", "sip.callStatus": "ringing", "sip.phoneNumber": "123",
		"sip.trunkPhoneNumber": "456", "sip.hostname": "there", "sip.h.x-customer": "17", "sip.h.x-queue": "sales"}
	if got := in.attributes("ringing"); !maps.Equal(got, wanted) {
		t.Errorf("%v", got)
	}
}

func TestAttributesBecomeHeaders(t *testing.T) {
	attributes := map[string]string{"sip.h.x-agent": "seven", "sip.h.X-Queue": "sales", "sip.callID": "no", "x-plain": "no",
		"sip.h.via": "no", "sip.h.x-": "no", "sip.h.x-b\r\nVia": "no", "sip.h.x-c": "a\r\nVia: no", "sip.h.x-d:": "no",
		"sip.h.x-long": strings.Repeat("x", maxHeaderBytes+1), "sip.h.x-ä": "no"}
	wanted := []voxlock.Header{{Name: "X-Queue", Value: "sales"}, {Name: "X-agent", Value: "seven"}}
	if got := headersOf(attributes); !slices.Equal(got, wanted) {
		t.Errorf("%v", got)
	}
	many := map[string]string{}
	for i := range 3 * maxHeaders {
		many["sip.h.x-"+strings.Repeat("a", i%50+1)+strings.Repeat("b", i/50)] = "v"
	}
	if got := headersOf(many); len(got) != maxHeaders {
		t.Errorf("%d headers", len(got))
	}
}

func TestAStrangersHeadersAreBounded(t *testing.T) {
	var headers []voxlock.Header
	for i := range 3 * maxHeaders {
		headers = append(headers, voxlock.Header{Name: "X-" + strings.Repeat("a", i+1), Value: "v"})
	}
	if in := invitationOf(voxlock.SIPSummary{}, headers); len(in.headers) != maxHeaders {
		t.Errorf("%d headers", len(in.headers))
	}
}

func TestAKeyIsPressedAsRFC4733Says(t *testing.T) {
	var frames []voxlock.Frame
	k := newKeypad(func(f voxlock.Frame) {
		f.Data = bytes.Clone(f.Data)
		frames = append(frames, f)
	}, func(byte) bool { return false })
	k.heard(1000)
	k.send('#')
	if len(frames) != keyPackets+endPackets {
		t.Fatalf("%d frames", len(frames))
	}
	for i, frame := range frames {
		event, err := voxlock.ParseDTMF(frame.Data)
		isEnd, duration := i >= keyPackets, uint16(min(i+1, keyPackets)*ticksAPacket)
		if err != nil || event.Digit != '#' || event.IsEnd != isEnd || event.Duration != duration {
			t.Errorf("%d: %+v, %v", i, event, err)
		}
		// Section 2.5.1.2: one timestamp for the whole event, and the marker at its beginning.
		if frame.Timestamp != frames[0].Timestamp || frame.Marker != (i == 0) || frame.PayloadType != eventType {
			t.Errorf("%d: %+v", i, frame)
		}
	}
	if ahead := frames[0].Timestamp - 1000; ahead > clock {
		t.Errorf("%d ticks after the audio", ahead)
	}
}

func TestAKeyGoesByInfoWhereThePhoneTakesNoEvents(t *testing.T) {
	var keys []byte
	k := newKeypad(func(voxlock.Frame) { t.Error("an event") }, func(digit byte) bool {
		keys = append(keys, digit)
		return true
	})
	k.send('7')
	if string(keys) != "7" {
		t.Errorf("%q", keys)
	}
}

type farRoom struct{ keys []byte }

func (f *farRoom) hearFrame(voxlock.Frame) {}
func (f *farRoom) hearDigit(digit byte)    { f.keys = append(f.keys, digit) }
func (f *farRoom) silenceTrailer() []byte  { return nil }

func TestAKeyThatIsToldBothWaysIsPressedOnce(t *testing.T) {
	for _, row := range []struct {
		ways  []digitWay
		heard string
	}{{[]digitWay{byEvent, byInfo, byEvent, byInfo}, "02"}, {[]digitWay{byInfo, byEvent, byInfo}, "02"}, {[]digitWay{byInfo, byInfo}, "01"}} {
		var far farRoom
		m := media{far: &far}
		for i, way := range row.ways {
			m.hearDigit(byte('0'+i), way)
		}
		if string(far.keys) != row.heard || string(m.digits) != row.heard {
			t.Errorf("%v: %q", row.ways, far.keys)
		}
	}
}

func TestWhatIsNoKeyIsNotPressed(t *testing.T) {
	k := newKeypad(func(voxlock.Frame) {}, nil)
	for _, digit := range []byte("9x \x00é*") {
		k.press(digit)
	}
	for range 3 * waitingDigits {
		k.press('1')
	}
	if len(k.waiting) != waitingDigits || <-k.waiting != '9' || <-k.waiting != '*' {
		t.Error("wrong keys")
	}
}

func TestLossIsToldAndOldPacketsAreNot(t *testing.T) {
	var s sequence
	for _, row := range []struct {
		number uint16
		lost   int
		ok     bool
	}{{65534, 0, true}, {65535, 0, true}, {2, 2, true}, {2, 0, false}, {1, 0, false}, {3, 0, true}, {3000, 0, true}} {
		if lost, ok := s.next(row.number); lost != row.lost || ok != row.ok {
			t.Errorf("%d: %d lost, %t", row.number, lost, ok)
		}
	}
}

func TestWhomToDial(t *testing.T) {
	for uri, isGood := range map[string]bool{"": true, "sips:77@trunk.example.net": true, "sip:77@trunk.example.net": false,
		"sips:trunk.example.net": false, "77": false} {
		if _, err := parse([]string{"-cert", "a", "-key", "b", "-api-secret", "c", "-dial", uri}); (err == nil) != isGood {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, row := range []struct {
		arguments []string
		says      string
	}{
		{nil, "-cert and -key"},
		{[]string{"-cert", "a", "-key", "b"}, "-api-secret"},
		{[]string{"-cert", "a", "-key", "b", "-api-secret", "@/nonexistent"}, "nonexistent"},
		{[]string{"-cert", "a", "-key", "b", "-api-secret", "s", "more"}, "more"},
		{[]string{"-cert", "a", "-key", "b", "-api-secret", "s", "-e2ee", "@/dev/null"}, "is empty"},
	} {
		if _, err := parse(row.arguments); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%v: %v", row.arguments, err)
		}
	}
}
