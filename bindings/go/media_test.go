package voxlock

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAPayloadAndADigitCross(t *testing.T) {
	leg, peer := agreed(t, newContext(t), CodecPCMU, trunkAddress, callerAddress)
	media := made[MediaInfo](t)(peer.Media())
	if !media.IsSecure || media.SuiteSend != AEAD_AES_256_GCM || media.Codec != CodecPCMU || media.PTime != 20*ms {
		t.Errorf("%+v", media)
	}
	payload := bytes.Repeat([]byte{0x55}, 160)
	must(t, peer.Send(Frame{Data: payload, PayloadType: media.PayloadTypeSend, Marker: true}, ms))
	for i, isEnd := range []bool{false, true, true, true} {
		event := made[[]byte](t)(AppendDTMF(nil, DTMFEvent{Code: 5, Duration: 800, IsEnd: isEnd}))
		must(t, peer.Send(Frame{Data: event, PayloadType: media.EventTypeSend, Timestamp: 160, Marker: i == 0},
			time.Duration(21+i)*ms))
	}
	must(t, leg.Input(sent(t, peer, callerAddress, 30*ms), 30*ms))
	var events Events
	made[int](t)(leg.Poll(&events, 30*ms))
	var payloads, digits int
	for _, e := range events.List {
		if frame, ok := e.Frame(); ok && bytes.Equal(frame.Data, payload) && frame.Marker {
			payloads++
		}
		if e.Type == EventDigit && e.Digit == '5' && e.Duration == 100*ms {
			digits++
		}
		// Neither audio nor digits show in a log.
		if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, "85") || strings.Contains(text, "53") {
			t.Error(text)
		}
	}
	if payloads != 1 || digits != 1 {
		t.Errorf("%d payloads, %d digits", payloads, digits)
	}
	data, list := events.List[0].Data, events.List
	made[int](t)(leg.Poll(&events, 30*ms))
	if bytes.IndexByte(data, 0x55) >= 0 {
		t.Error("the next poll leaves audio behind")
	}
	for i := range events.rows {
		if i < len(list) && list[i].Digit != 0 || events.rows[i].digit != 0 {
			t.Error("the next poll leaves a digit behind")
		}
	}
	if stats := made[LegStats](t)(leg.Stats()); stats.PacketsIn != 5 {
		t.Errorf("%+v", stats)
	}
}

func TestAnOfferThatIsRefusedSaysWhatToAnswer(t *testing.T) {
	c := newContext(t)
	plain := made[*Leg](t)(c.NewLeg(LegConfig{Address: callerAddress, SRTP: SRTPOff}))
	leg := made[*Leg](t)(c.NewLeg(LegConfig{Address: trunkAddress}))
	sdp, verdict, err := leg.Answer(made[[]byte](t)(plain.Offer(0, 0)), 0)
	must(t, err)
	if len(sdp) != 0 || !verdict.Refused() || verdict.SIPStatus != 488 || verdict.Warning == "" {
		t.Errorf("%+v", verdict)
	}
	refused(t, verdict.Reason, ErrSDPSRTPRequired)
	if r := verdict.Refusal(); r.Status != 488 || r.Warning != verdict.Warning {
		t.Errorf("%+v", r)
	}
	_, err = leg.Media()
	refused(t, err, ErrWrongState)
}

func TestForgedAndOverlongPacketsAreCountedAndNothingElse(t *testing.T) {
	leg, peer := agreed(t, newContext(t), CodecPCMU, trunkAddress, callerAddress)
	must(t, peer.Send(Frame{Data: make([]byte, 160)}, 0))
	packets := sent(t, peer, callerAddress, 1)
	packets[0].Data[len(packets[0].Data)-1] ^= 1
	packets = append(packets[:1], Datagram{Data: make([]byte, 3000), Source: callerAddress})
	must(t, leg.Input(packets, 1))
	var events Events
	if n := made[int](t)(leg.Poll(&events, 1)); n != 0 {
		t.Error(events.List)
	}
	if stats := made[LegStats](t)(leg.Stats()); stats.Dropped != [16]uint64{DropAuth: 1} {
		t.Errorf("%+v", stats)
	}
}

// speak lets a caller say one packet, and gives what a bridge then transmits on leg 1.
func speak(t testing.TB, caller *Leg, payload []byte, index int, bridge *Bridge, events *Events) []Datagram {
	now := time.Duration(index) * 20 * ms
	must(t, caller.Send(Frame{Data: payload, Timestamp: uint32(index * 160), Marker: index == 0}, now))
	must(t, bridge.Input(sent(t, caller, callerAddress, now), now))
	var out []Datagram
	for made[int](t)(bridge.Poll(events, now)) != 0 {
		for _, e := range events.List {
			if e.Type == EventTransmit && e.Leg == 1 {
				out = append(out, Datagram{Data: append([]byte(nil), e.Data...), Source: roomAddress})
			}
		}
	}
	return out
}

func TestABridgeCarriesAudioAndTellsItsProtection(t *testing.T) {
	c := newContext(t)
	trunk, caller := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	room, listener := agreed(t, c, CodecOpus, roomAddress, listenerAddress)
	bridge := made[*Bridge](t)(c.NewBridge(trunk, room, BridgeConfig{}))
	payload := made[[]byte](t)(made[*Encoder](t)(c.NewEncoder(CodecConfig{})).Encode(nil, tone(160)))
	var events Events
	heard := 0
	for i := range 100 {
		must(t, listener.Input(speak(t, caller, payload, i, bridge, &events), time.Duration(i)*20*ms))
		made[int](t)(listener.Poll(&events, time.Duration(i)*20*ms))
		for _, e := range events.List {
			if e.Type == EventPayload {
				heard++
			}
		}
	}
	lanes := made[[2]LaneStats](t)(bridge.Stats())
	if heard != 100 || lanes[Forward].PacketsIn != 100 || lanes[Forward].PacketsOut != 100 || lanes[Backward].PacketsIn != 0 {
		t.Errorf("%d heard, %+v", heard, lanes)
	}
	must(t, trunk.SetSignalling(SignallingVerified, "sip.example.net"))
	refused(t, trunk.SetSignalling(SignallingTLS, "sip.example.net"), ErrInvalidArgument)
	refused(t, trunk.SetSignalling(SignallingVerified, "a\x00b"), ErrInvalidArgument)
	made[int](t)(bridge.Poll(&events, 2*time.Second))
	if !slices.ContainsFunc(events.List, func(e Event) bool { return e.Type == EventProtection }) {
		t.Error("the name was no change")
	}
	p := made[Protection](t)(bridge.Protection())
	if hop := p.Hops[0]; !hop.PeerVerified || hop.PeerName != "sip.example.net" || p.Hops[1].PeerName != "" {
		t.Errorf("%+v", p.Hops)
	}
	if p.Scope != ScopeHopByHop || !strings.Contains(p.Stages[Forward], "denoise") || p.Hops[0].KeyExchange != KeysSDES {
		t.Errorf("%+v", p)
	}
	refused(t, trunk.Input([]Datagram{{Source: callerAddress}}, 0), ErrLegAttached)
	if _, ok := bridge.NextDeadline(); !ok {
		t.Error("no deadline")
	}
	must(t, bridge.Close())
	must(t, trunk.Input([]Datagram{{Source: callerAddress}}, 0))
}

func TestATapHearsAPeerUntilItIsRevoked(t *testing.T) {
	if !Has("taps") {
		t.Skip("a library without taps")
	}
	c := newContext(t)
	trunk, caller := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	room, _ := agreed(t, c, CodecPCMU, roomAddress, listenerAddress)
	_, err := c.NewTap(trunk, TapConfig{})
	refused(t, err, ErrWrongState)
	bridge := made[*Bridge](t)(c.NewBridge(trunk, room, BridgeConfig{Denoise: [2]int{-1, -1}}))
	tap := made[*Tap](t)(c.NewTap(trunk, TapConfig{Name: "agent", Buffer: 2 * time.Second}))
	other := made[*Tap](t)(c.NewTap(trunk, TapConfig{}))
	if p := made[Protection](t)(bridge.Protection()); strings.Join(p.Taps[Forward], " ") != "agent tap" || p.Taps[Backward] != nil {
		t.Errorf("%+v", p)
	}
	payload := made[[]byte](t)(made[*Encoder](t)(c.NewEncoder(CodecConfig{})).Encode(nil, tone(160)))
	spoken := made[[]int16](t)(made[*Decoder](t)(c.NewDecoder(CodecConfig{})).Decode(nil, payload))
	var events Events
	speak(t, caller, payload, 0, bridge, &events)
	heard, frame, err := tap.Read(nil)
	if err != nil || !slices.Equal(heard, spoken) || frame != (TapFrame{SampleRate: 8000}) {
		t.Errorf("%d samples, %+v, %v", len(heard), frame, err)
	}
	if heard, _, err = tap.Read(nil); err != nil || len(heard) != 0 {
		t.Errorf("%d samples, %v", len(heard), err)
	}
	must(t, tap.Revoke())
	_, _, err = tap.Read(nil)
	refused(t, err, ErrTapRevoked)
	if heard, _, err = other.Read(nil); err != nil || len(heard) != 160 {
		t.Errorf("%d samples, %v", len(heard), err)
	}
	must(t, bridge.RevokeTaps())
	_, _, err = other.Read(nil)
	refused(t, err, ErrTapRevoked)
	_, err = c.NewTap(room, TapConfig{})
	refused(t, err, ErrTapRevoked)
	if lanes := made[[2]LaneStats](t)(bridge.Stats()); lanes[Forward].Tapped != 2 {
		t.Errorf("%+v", lanes)
	}
	must(t, tap.Close())
}

func TestARelayPassesSealedFramesOnUnopened(t *testing.T) {
	c := newContext(t)
	trunk, caller := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	room, listener := agreed(t, c, CodecPCMU, roomAddress, listenerAddress)
	relay := made[*Relay](t)(c.NewRelay(trunk, room, RelayConfig{}))
	frame := bytes.Repeat([]byte("sealed"), 20)
	must(t, caller.Send(Frame{Data: frame}, 1))
	must(t, relay.Input(sent(t, caller, callerAddress, 1), 1))
	var events Events
	made[int](t)(relay.Poll(&events, 1))
	var out []Datagram
	for _, e := range events.List {
		if e.Type == EventTransmit {
			out = append(out, Datagram{Data: append([]byte(nil), e.Data...), Source: roomAddress})
		}
	}
	must(t, listener.Input(out, 1))
	made[int](t)(listener.Poll(&events, 1))
	if len(events.List) == 0 || !bytes.Equal(events.List[0].Data, frame) {
		t.Error(events.List)
	}
	p := made[Protection](t)(relay.Protection())
	if p.Scope != ScopeEndToEnd || p.ContentOpened != [2]bool{} {
		t.Errorf("%+v", p)
	}
	if lanes := made[[2]RelayStats](t)(relay.Stats()); lanes[Forward].PacketsOut != 1 {
		t.Errorf("%+v", lanes)
	}
	_, err := c.NewBridge(trunk, room, BridgeConfig{})
	refused(t, err, ErrOpaque)
	_, err = c.NewTap(trunk, TapConfig{})
	if Has("taps") {
		refused(t, err, ErrOpaque)
	} else {
		refused(t, err, ErrUnsupported)
	}
	must(t, relay.End(2))
}

func TestABridgeOpensAndSealsFramesOfARoom(t *testing.T) {
	c := newContext(t)
	trunk, caller := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	room, listener := agreed(t, c, CodecPCMU, roomAddress, listenerAddress)
	ours, theirs := newCryptor(t, FrameCryptorConfig{}), newCryptor(t, FrameCryptorConfig{})
	for _, cryptor := range []*FrameCryptor{ours, theirs} {
		must(t, cryptor.SetKey(0, KDFHKDF, []byte("shared by the room"), Seals|Opens))
	}
	bridge := made[*Bridge](t)(c.NewBridge(trunk, room, BridgeConfig{Denoise: [2]int{-1, -1}, Cryptors: [2]*FrameCryptor{1: ours}}))
	if p := made[Protection](t)(bridge.Protection()); !p.Participant || p.Hops[1].Scope != ScopeEndToEnd {
		t.Errorf("%+v", p)
	}
	var events Events
	must(t, listener.Input(speak(t, caller, make([]byte, 160), 0, bridge, &events), 1))
	made[int](t)(listener.Poll(&events, 1))
	frame, ok := events.List[0].Frame()
	if !ok || len(made[[]byte](t)(theirs.Open(nil, frame.Data, nil))) != 160 {
		t.Error(events.List)
	}
	if made[FrameCryptorStats](t)(ours.Stats()).Sealed != 1 {
		t.Error("our cryptor sealed nothing")
	}
}

func TestAPortGivesAndTakesPCM(t *testing.T) {
	c := newContext(t)
	trunk, caller := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	port := made[*Leg](t)(c.NewPort(PortConfig{Codec: CodecL16, SampleRate: 16000}))
	bridge := made[*Bridge](t)(c.NewBridge(trunk, port, BridgeConfig{Denoise: [2]int{-1, -1}}))
	if p := made[Protection](t)(bridge.Protection()); p.Hops[1].Transport != TransportHost || p.Scope != ScopeNone {
		t.Errorf("%+v", p)
	}
	var events Events
	for i := range 5 {
		now := time.Duration(i) * 20 * ms
		must(t, caller.Send(Frame{Data: make([]byte, 160), Timestamp: uint32(i * 160)}, now))
		must(t, bridge.Input(sent(t, caller, callerAddress, now), now))
		must(t, bridge.Put(1, []Frame{{Data: make([]byte, 640), Timestamp: uint32(i * 320), PayloadType: 96}}, now))
		made[int](t)(bridge.Poll(&events, now))
		var frames, packets int
		for _, e := range events.List {
			if f, ok := e.Frame(); ok && e.Leg == 1 && len(f.Data) == 640 && f.PayloadType == 96 {
				frames++
			}
			if e.Type == EventTransmit && e.Leg == 0 && len(e.Data) > 160 {
				packets++
			}
		}
		if frames != 1 || packets != 1 {
			t.Errorf("%d frames, %d packets", frames, packets)
		}
	}
	if made[LegStats](t)(port.Stats()).PacketsIn != 5 {
		t.Error("the port took less than five frames")
	}
	refused(t, bridge.Put(0, []Frame{{Data: make([]byte, 640), PayloadType: 96}}, 0), ErrWrongState)
	refused(t, bridge.Put(1, []Frame{{Data: make([]byte, 3000)}}, 0), ErrInvalidArgument)
	refused(t, bridge.Put(2, []Frame{{}}, 0), ErrInvalidArgument)
	_, err := port.Offer(0, 0)
	refused(t, err, ErrWrongState)
}

func TestManyDatagramsAndEventsGoInBatches(t *testing.T) {
	c := newContext(t)
	leg := made[*Leg](t)(c.NewLeg(LegConfig{Address: trunkAddress, Codecs: []Codec{CodecPCMU}, QueueBytes: 1 << 20}))
	peer := made[*Leg](t)(c.NewLeg(LegConfig{Address: callerAddress, Codecs: []Codec{CodecPCMU}, QueueBytes: 1 << 20}))
	agree(t, leg, peer)
	const packets = 500
	for i := range packets {
		must(t, peer.Send(Frame{Data: bytes.Repeat([]byte{byte(i)}, 1000), Timestamp: uint32(i * 160)}, 1))
	}
	must(t, leg.Input(sent(t, peer, callerAddress, 1), 1))
	var events Events
	next := 0
	for made[int](t)(leg.Poll(&events, 1)) != 0 {
		for _, e := range events.List {
			if e.Type == EventPayload && len(e.Data) == 1000 && e.Data[0] == byte(next) && e.Data[999] == byte(next) {
				next++
			}
		}
	}
	if next != packets {
		t.Errorf("%d of %d in order", next, packets)
	}
}

func TestNoPacketAllocates(t *testing.T) {
	if underRaceDetector {
		t.Skip("a sync.Pool drops at random there what it is given")
	}
	c := newContext(t)
	trunk, caller := agreed(t, c, CodecPCMU, trunkAddress, callerAddress)
	room, _ := agreed(t, c, CodecPCMU, roomAddress, listenerAddress)
	bridge := made[*Bridge](t)(c.NewBridge(trunk, room, BridgeConfig{Denoise: [2]int{-1, -1}}))
	var events Events
	speak(t, caller, make([]byte, 160), 0, bridge, &events)
	var packets []Datagram
	for i := 1; i < 52; i++ {
		must(t, caller.Send(Frame{Data: make([]byte, 160), Timestamp: uint32(i * 160)}, 0))
		packets = append(packets, sent(t, caller, callerAddress, 0)[0])
	}
	i := 0
	allocations := testing.AllocsPerRun(50, func() {
		must(t, bridge.Input(packets[i:i+1], 0))
		for made[int](t)(bridge.Poll(&events, 0)) != 0 {
		}
		i++
	})
	// The pool of intakes may be emptied by the garbage collector once.
	if allocations >= 1 {
		t.Errorf("%v allocations a packet", allocations)
	}
}

func TestAWebRTCLegOffersDTLS(t *testing.T) {
	c := newContext(t)
	identity := made[*Identity](t)(c.NewIdentity(IdentityConfig{CommonName: "leg"}))
	leg := made[*Leg](t)(c.NewLeg(LegConfig{Address: trunkAddress, KeyExchange: KeysDTLS, Identity: identity,
		FurtherAddresses: []netip.AddrPort{roomAddress}}))
	must(t, identity.Close())
	offer := string(made[[]byte](t)(leg.Offer(0, 0)))
	if !strings.Contains(offer, "UDP/TLS/RTP/SAVPF") || !strings.Contains(offer, "a=fingerprint:sha-256 ") ||
		strings.Count(offer, "a=candidate:") != 2 {
		t.Error(offer)
	}
}
