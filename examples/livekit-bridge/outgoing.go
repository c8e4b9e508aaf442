package main

import (
	"context"
	"fmt"
	"time"

	"voxlock"
)

// A call that goes out has no id before its room was joined; the trunk knows it by this one until then.
const notInvited voxlock.CallID = 0

// dialOut joins the room, in which the call shows as dialing, and calls the number then.
func (t *trunk) dialOut(uri string) error {
	m, err := newMedia(t.library, t.ip, voxlock.SignallingVerified, t.silence)
	if err != nil {
		return err
	}
	number, host := userOf(uri)
	c := &call{trunk: t, id: notInvited, target: uri, media: m, left: make(chan struct{}),
		invitation: invitation{caller: number, called: number, host: host}}
	c.context, c.abandon = context.WithTimeout(context.Background(), t.patience)
	t.started++
	t.calls[notInvited] = c
	go c.join()
	return nil
}

// invite is called when the room was joined. The attributes of who is there go along as headers.
func (c *call) invite(now time.Duration) error {
	offer, err := c.media.leg.Offer(0, now)
	if err != nil {
		return err
	}
	defer clear(offer)
	c.id, err = c.trunk.ua.Invite(voxlock.InviteConfig{To: c.target, SDP: offer, Headers: c.headers}, now)
	return err
}

// dialled is what join came to.
func (t *trunk) dialled(c *call, err error) {
	delete(t.calls, notInvited)
	if err == nil && t.isStopping {
		err = context.Canceled
	}
	if err == nil {
		err = c.invite(voxlock.Monotonic())
	}
	if err != nil {
		fmt.Printf("%s is not called: %v\n", c.target, err)
		c.finish(voxlock.CauseLocal)
		return
	}
	t.calls[c.id] = c
	fmt.Printf("call %d: calling %s\n", c.id, c.target)
}

// agree follows the number's answer.
func (c *call) agree(event *voxlock.UAEvent) {
	now := voxlock.Monotonic()
	if verdict, err := c.media.leg.AcceptAnswer(event.SDP, now); err != nil || verdict.Refused() {
		c.hangUp("the answer does not fit our offer")
		return
	}
	if connection := c.trunk.connections[event.Connection]; connection != nil {
		c.security = connection.security
		_ = c.media.leg.SetSignalling(signallingOf(c.security), c.security.peer)
	}
	if _, err := c.trunk.message.Parse(event.Data, voxlock.SIPStream); err == nil {
		if summary, err := c.trunk.message.Summary(); err == nil {
			c.invitation.callID = summary.CallID
		}
	}
	c.live(now)
}
