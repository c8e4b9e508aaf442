package main

import (
	"context"
	"fmt"
	"time"

	"voxlock"
)

// A call of the trunk and its place in a room. Its fields are the trunk's goroutine's but for what join,
// which runs beside it until it has posted its result, needs.
type call struct {
	trunk      *trunk
	id         voxlock.CallID
	security   security
	invitation invitation
	answer     []byte           // or the offer, where the INVITE had none; holds keys
	target     string           // of a call that goes out
	headers    []voxlock.Header // of the answer
	media      *media
	room       *room
	abandon    context.CancelFunc // of join
	context    context.Context
	left       chan struct{} // closed when join is through
	answered   time.Duration // 0: not yet
	isHungUp   bool
}

// newCall answers an INVITE as far as the trunk's leg goes; neither call nor error: the offer is refused.
func (t *trunk) newCall(event *voxlock.UAEvent, security security) (*call, voxlock.Refusal, error) {
	if _, err := t.message.Parse(event.Data, voxlock.SIPStream); err != nil {
		return nil, voxlock.Refusal{}, err
	}
	summary, err := t.message.Summary()
	if err != nil {
		return nil, voxlock.Refusal{}, err
	}
	headers, err := t.message.Headers("")
	if err != nil {
		return nil, voxlock.Refusal{}, err
	}
	m, err := newMedia(t.library, t.ip, signallingOf(security), t.silence)
	if err != nil {
		return nil, voxlock.Refusal{}, err
	}
	_ = m.leg.SetSignalling(signallingOf(security), security.peer)
	c := &call{trunk: t, id: event.Call, security: security, invitation: invitationOf(summary, headers), media: m,
		left: make(chan struct{})}
	var refusal voxlock.Refusal
	if c.answer, refusal, err = m.describe(event.SDP); err != nil || c.answer == nil {
		m.close()
		return nil, refusal, err
	}
	c.context, c.abandon = context.WithTimeout(context.Background(), t.patience)
	return c, refusal, nil
}

func signallingOf(s security) voxlock.Signalling {
	if s.isVerified {
		return voxlock.SignallingVerified
	}
	return voxlock.SignallingTLS
}

// join enters the room and joins both sides. It runs beside the trunk's goroutine.
func (c *call) join() {
	defer close(c.left)
	err := c.enter()
	c.trunk.post(func() { c.trunk.joined(c, err) })
}

func (c *call) enter() error {
	t := c.trunk
	c.room = newRoom(roomConfig{url: t.url, key: t.apiKey, secret: t.apiSecret, name: t.roomOf(c.invitation),
		identity: t.identityOf(c.invitation), hear: t.hear, patience: t.patience,
		isSealed: t.passphrase != ""})
	// Neither may wait for the trunk, which may be waiting for them to end.
	c.room.gone = func(reason string) { go t.post(func() { c.hangUp("the room is gone: " + reason) }) }
	c.room.info = c.sendInfo
	c.media.silent = func() { go t.post(func() { c.hangUp("no audio from the trunk") }) }
	status := "ringing"
	if c.target != "" {
		status = "dialing"
	}
	if err := c.room.enter(c.context, c.invitation.attributes(status)); err != nil {
		return err
	}
	if err := c.media.join(t.library, t.passphrase, c.room); err != nil {
		return err
	}
	c.headers = c.room.headers()
	return c.room.publish(c.media)
}

// live is called when the phone was answered.
func (c *call) live(now time.Duration) {
	c.answered = now
	fmt.Printf("call %d: live in room %s as %s\n", c.id, c.room.name, c.room.identity)
	go c.room.setStatus(c.invitation.attributes("active"))
}

// sendInfo sends a digit by INFO (RFC 6086) where the phone takes no telephone events; false: it takes them.
func (c *call) sendInfo(digit byte) bool {
	if c.media.takesEvents() {
		return false
	}
	c.trunk.post(func() {
		if c.trunk.calls[c.id] == c {
			_ = c.trunk.ua.SendDigit(c.id, digit, keyPackets*packetTime, voxlock.DTMFRelay, voxlock.Monotonic())
		}
	})
	return true
}

// hangUp ends the call from this side; finish follows.
func (c *call) hangUp(reason string) {
	if c.trunk.calls[c.id] != c || c.isHungUp {
		return
	}
	c.isHungUp = true
	fmt.Printf("call %d: hanging up: %s\n", c.id, reason)
	_ = c.trunk.ua.HangUp(c.id, voxlock.Monotonic())
}

// negotiate follows what the phone or its timers ask for in a running call (RFC 3264, RFC 4028).
func (c *call) negotiate(event *voxlock.UAEvent) {
	ua, now := c.trunk.ua, voxlock.Monotonic()
	switch event.Type {
	case voxlock.UAAnswered:
		c.agree(event)
	case voxlock.UAProgress:
		if event.Status == 180 {
			go c.room.setStatus(c.invitation.attributes("ringing"))
		}
	case voxlock.UAConfirmed, voxlock.UAUpdated:
		if len(event.SDP) == 0 {
			return
		}
		if verdict, err := c.media.leg.AcceptAnswer(event.SDP, now); err != nil || verdict.Refused() {
			c.hangUp("the answer does not fit our offer")
		}
	case voxlock.UAOffer:
		sdp, refusal, err := c.media.describe(event.SDP)
		if err != nil {
			refusal = voxlock.Refusal{Status: 491} // our own offer is out (RFC 3261, section 14.2)
		}
		if sdp == nil {
			_ = ua.Reject(event.Call, refusal, now)
			return
		}
		_ = ua.Answer(event.Call, sdp, now)
		clear(sdp)
	case voxlock.UADigit:
		if c.answered != 0 {
			c.media.hearInfo(event.Digit)
		}
	case voxlock.UADigitRefused:
		fmt.Printf("call %d: the trunk takes no digits: %d\n", c.id, event.Status)
	case voxlock.UARefused, voxlock.UAOfferGone:
		_ = c.media.leg.Rollback()
	case voxlock.UARefresh, voxlock.UARetry:
		if sdp, err := c.media.leg.Offer(0, now); err == nil {
			_ = ua.Offer(event.Call, sdp, now)
			clear(sdp)
		}
	}
}

// finish gives everything back after the last word of the phone.
func (c *call) finish(cause voxlock.Cause) {
	fmt.Printf("call %d: ended: %v\n", c.id, cause)
	c.abandon()
	<-c.left // it gives up at once
	c.media.end()
	c.trunk.summary.add(c, cause)
	if c.room != nil {
		c.room.leave(c.invitation.attributes("hangup"))
	}
	c.media.close()
}
