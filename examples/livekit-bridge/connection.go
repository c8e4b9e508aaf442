package main

import (
	"context"
	"crypto/tls"
	"time"

	"voxlock"
)

const (
	handshakeTime = 10 * time.Second
	sendTime      = 10 * time.Second
	waitingSends  = 64 // messages; a peer that reads none of so many is cut off
)

// security is what the handshake of a connection came to.
type security struct {
	version, cipher string
	handshake       time.Duration
	isVerified      bool   // the peer proved its name, or a certificate of our authorities
	peer            string // that name, or the subject of the certificate
}

// A connection of the trunk. Its goroutines read and write; the trunk's owns the rest.
type connection struct {
	conn     *tls.Conn
	security security
	waiting  chan []byte
	isEnded  bool
	sent     chan struct{} // closed when nothing more is sent
}

// serve reads a connection until it ends. id: of one that the user agent asked for; 0: it was accepted.
func (t *trunk) serve(conn *tls.Conn, id voxlock.ConnID) {
	defer conn.Close()
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	err := conn.HandshakeContext(ctx)
	cancel()
	if err != nil {
		return
	}
	state := conn.ConnectionState()
	c := &connection{conn: conn, waiting: make(chan []byte, waitingSends), sent: make(chan struct{}),
		security: security{tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite), time.Since(begin),
			len(state.VerifiedChains) != 0, ""}}
	if c.security.isVerified {
		c.security.peer = state.PeerCertificates[0].Subject.String()
		if id != 0 {
			c.security.peer = state.ServerName
		}
	}
	if id, err = t.open(c, id); err != nil {
		return
	}
	go c.write()
	buffer := make([]byte, 16384)
	for {
		n, err := conn.Read(buffer)
		if n > 0 && !t.feed(id, buffer[:n]) || err != nil {
			break
		}
	}
	t.post(func() {
		c.end()
		delete(t.connections, id)
		_ = t.ua.Disconnected(id, voxlock.Monotonic())
	})
}

// open tells the user agent of a connection.
func (t *trunk) open(c *connection, id voxlock.ConnID) (voxlock.ConnID, error) {
	done := make(chan error, 1)
	posted := t.post(func() {
		var err error
		if now := voxlock.Monotonic(); id == 0 {
			id, err = t.ua.Accepted(voxlock.OverTLS, addrPortOf(c.conn.RemoteAddr()), now)
		} else {
			err = t.ua.Connected(id, now)
		}
		if err == nil {
			t.connections[id] = c
		}
		done <- err
	})
	if !posted {
		return 0, voxlock.ErrClosed
	}
	err := <-done
	return id, err
}

// feed hands bytes to the user agent; false: the connection is of no use any more.
func (t *trunk) feed(id voxlock.ConnID, data []byte) bool {
	done := make(chan bool, 1)
	posted := t.post(func() {
		for len(data) > 0 {
			n, err := t.ua.Input(id, data, voxlock.Monotonic())
			if err != nil && n == 0 {
				done <- false
				return
			}
			data = data[n:]
			if t.drain() != nil {
				done <- false
				return
			}
		}
		done <- true
	})
	return posted && <-done
}

// send queues a message, which is copied.
func (c *connection) send(data []byte) {
	if c.isEnded {
		return
	}
	select {
	case c.waiting <- append([]byte(nil), data...):
	default:
		c.conn.Close()
	}
}

// end closes the connection when what waits was sent.
func (c *connection) end() {
	if !c.isEnded {
		c.isEnded = true
		close(c.waiting)
	}
}

func (c *connection) write() {
	defer close(c.sent)
	defer c.conn.Close()
	for data := range c.waiting {
		_ = c.conn.SetWriteDeadline(time.Now().Add(sendTime))
		_, err := c.conn.Write(data)
		clear(data) // descriptions hold keys
		if err != nil {
			return
		}
	}
}
