package voxlock

import (
	"bytes"
	"testing"
	"time"
)

var checkpointKey = bytes.Repeat([]byte{7}, 32)

// say seals a payload and gives how many of them the peer heard.
func say(t *testing.T, leg, peer *Leg, now time.Duration) (int, error) {
	if err := leg.Send(Frame{Data: make([]byte, 160), Timestamp: uint32(now / ms * 8)}, now); err != nil {
		return 0, err
	}
	must(t, peer.Input(sent(t, leg, trunkAddress, now), now))
	heard, events := 0, Events{}
	made[int](t)(peer.Poll(&events, now))
	for _, e := range events.List {
		if e.Type == EventPayload {
			heard++
		}
	}
	return heard, nil
}

func TestALegGoesOnInAnotherContext(t *testing.T) {
	leg, peer := agreed(t, newContext(t), CodecPCMU, trunkAddress, callerAddress)
	if n := made[int](t)(say(t, leg, peer, 20*ms)); n != 1 {
		t.Fatalf("%d heard", n)
	}
	config := Checkpoint{Key: checkpointKey, Epoch: 1}
	blob, number, err := leg.Export(config, 20*ms)
	must(t, err)
	must(t, leg.Stored(number))
	must(t, leg.Close())
	other := newContext(t)
	for _, row := range []struct {
		blob   []byte
		config Checkpoint
		wanted error
	}{
		{blob, Checkpoint{Key: make([]byte, 32)}, ErrCheckpointAuth},
		{blob, Checkpoint{Key: checkpointKey, Epoch: 2}, ErrCheckpointEpoch},
		{blob, Checkpoint{Key: checkpointKey[:16]}, ErrInvalidArgument},
		{[]byte("nothing"), config, ErrCheckpointFormat},
	} {
		_, err := other.ImportLeg(row.blob, row.config, 40*ms)
		refused(t, err, row.wanted)
	}
	leg = made[*Leg](t)(other.ImportLeg(blob, config, 40*ms))
	_, err = say(t, leg, peer, 40*ms)
	refused(t, err, ErrLegCheckpoint)
	_, number, err = leg.Export(Checkpoint{Key: checkpointKey, Epoch: 2}, 40*ms)
	must(t, err)
	refused(t, leg.Stored(number+1), ErrNotFound)
	must(t, leg.Stored(number))
	if n := made[int](t)(say(t, leg, peer, 60*ms)); n != 1 {
		t.Errorf("%d heard", n)
	}
	_, err = other.ImportLeg(blob, config, 60*ms)
	refused(t, err, ErrCheckpointUsed)
}

func TestALegThatIsNotStoredFallsSilent(t *testing.T) {
	leg, peer := agreed(t, newContext(t), CodecPCMU, trunkAddress, callerAddress)
	_, number, err := leg.Export(Checkpoint{Key: checkpointKey, Allowance: 50}, 0)
	must(t, err)
	must(t, leg.Stored(number))
	for i := range 60 {
		if _, err = say(t, leg, peer, time.Duration(i)*20*ms); err != nil {
			break
		}
	}
	refused(t, err, ErrLegCheckpoint)
	must(t, leg.Stored(0))
	made[int](t)(say(t, leg, peer, 2000*ms))
	port := made[*Leg](t)(newContext(t).NewPort(PortConfig{}))
	_, _, err = port.Export(Checkpoint{Key: checkpointKey}, 0)
	refused(t, err, ErrUnsupported)
	must(t, port.Close())
	_, _, err = port.Export(Checkpoint{Key: checkpointKey}, 0)
	refused(t, err, ErrClosed)
}

func TestACallGoesOnInAnotherAgent(t *testing.T) {
	a, b := agents(t)
	a.call = made[CallID](t)(a.ua.Invite(InviteConfig{To: "sips:bob@b.example.net", SDP: []byte("v=0 offer")}, 0))
	_, err := a.ua.Export(a.call, Checkpoint{Key: checkpointKey})
	refused(t, err, ErrWrongState)
	for range 6 {
		a.step(t, b, nil)
		b.step(t, a, func(e *end, event UAEvent) {
			if event.Type == UAIncoming {
				must(t, e.ua.Answer(event.Call, []byte("v=0 answer"), 0))
			}
		})
	}
	blob := made[[]byte](t)(b.ua.Export(b.call, Checkpoint{Key: checkpointKey}))
	next := &end{ua: made[*UA](t)(newContext(t).NewUA(UAConfig{Host: "b.example.net"}))}
	next.call = made[CallID](t)(next.ua.Import(blob, Checkpoint{Key: checkpointKey}, 0))
	_, err = next.ua.Import(blob, Checkpoint{Key: checkpointKey}, 0)
	refused(t, err, ErrCheckpointUsed)
	must(t, next.ua.HangUp(next.call, 0))
	for range 4 {
		next.step(t, a, nil)
		a.step(t, next, nil)
	}
	if a.cause != CauseRemote {
		t.Error(a.seen, a.cause)
	}
	_, err = b.ua.Export(77, Checkpoint{Key: checkpointKey})
	refused(t, err, ErrUANoCall)
}
