package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"net/netip"
	"strings"
	"time"
)

// UAConfig is that of a user agent; zero fields are defaults, and only Host is required.
type UAConfig struct {
	Host              string // name or address peers reach us at
	User              string // of Contact; default "voxlock"
	Product           string // User-Agent and Server; default "voxlock"
	NoProduct         bool
	Realm             string        // peers must authenticate in it
	PortTCP           int           // advertised; default 5060
	PortTLS           int           // advertised; default 5061
	Algorithms        Digest        // default both
	EndWithConnection bool          // calls end with their connection
	RetryAfter        time.Duration // of a 503; default 10 s
	NonceLifetime     time.Duration // default 300 s
	T1, T2, T4        time.Duration // RFC 3261
	MaxConnections    int           // default 64
	MaxCalls          int           // default 256
	MaxTransactions   int           // default 1024
	MaxMessage        int           // bytes, 2048 to 65535; default 16384
	MaxOutput         int           // bytes waiting for poll; default 256 KiB
	SessionExpires    time.Duration // RFC 4028; default 1800 s, negative: none
	MinSE             time.Duration // default 90 s
}

func (c *UAConfig) fill(in *C.voxlock_ua_config, lent *lender) error {
	if err := check(C.voxlock_ua_config_init(in, C.sizeof_voxlock_ua_config)); err != nil {
		return err
	}
	setText(&in.host, &in.host_len, c.Host, lent)
	setText(&in.user, &in.user_len, c.User, lent)
	setText(&in.product, &in.product_len, c.Product, lent)
	if c.NoProduct {
		in.product_len = 0
	}
	setText(&in.realm, &in.realm_len, c.Realm, lent)
	setNumber(&in.port_tcp, c.PortTCP)
	setNumber(&in.port_tls, c.PortTLS)
	setNumber(&in.algorithms, int(c.Algorithms))
	in.survive = C.uint32_t(flag(!c.EndWithConnection))
	setNumber(&in.retry_after_s, int(c.RetryAfter/time.Second))
	for _, row := range []struct {
		value time.Duration
		field *C.uint64_t
	}{{c.NonceLifetime, &in.nonce_lifetime_ns}, {c.T1, &in.t1_ns}, {c.T2, &in.t2_ns}, {c.T4, &in.t4_ns}} {
		if row.value != 0 {
			*row.field = nanoseconds(row.value)
		}
	}
	setNumber(&in.max_connections, c.MaxConnections)
	setNumber(&in.max_calls, c.MaxCalls)
	setNumber(&in.max_transactions, c.MaxTransactions)
	setNumber(&in.max_message, c.MaxMessage)
	setNumber(&in.max_output, c.MaxOutput)
	if c.SessionExpires != 0 {
		in.session_expires_s = C.uint32_t(max(c.SessionExpires, 0) / time.Second)
	}
	setNumber(&in.min_se_s, int(c.MinSE/time.Second))
	return nil
}

func setText(data **C.char, size *C.size_t, text string, lent *lender) {
	if text != "" {
		*data, *size = lent.text(text), C.size_t(len(text))
	}
}

// UA is a SIP user agent over TCP and TLS (RFC 3261): transactions, dialogs, digest, calls. The host owns
// the connections: it feeds their bytes and does what the events ask for.
type UA struct{ handle *handle }

// CallID names a call of a UA, or the request of Options.
type CallID uint64

// ConnID names a connection of a UA.
type ConnID uint64

// NewUA makes a user agent.
func (c *Context) NewUA(config UAConfig) (*UA, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_ua_config
	if err := config.fill(&in, &lent); err != nil {
		return nil, err
	}
	return construct[UA](c, func(ctx *C.voxlock_context, out **C.voxlock_ua) C.int32_t {
		return C.voxlock_ua_new(ctx, &in, out)
	}, func(p *C.voxlock_ua) { C.voxlock_ua_free(p) })
}

// Close gives the agent back without a word to any peer: hang up first.
func (u *UA) Close() error { return u.handle.close() }

func (u *UA) enter() (*C.voxlock_ua, error) {
	if u == nil {
		return nil, ErrClosed
	}
	p, err := u.handle.enter()
	return (*C.voxlock_ua)(p), err
}

// Accepted tells of a connection that the host accepted, for TLS after its handshake, and gives its id.
// ErrLimit: close it.
func (u *UA) Accepted(transport UATransport, peer netip.AddrPort, now time.Duration) (ConnID, error) {
	p, err := u.enter()
	if err != nil {
		return 0, err
	}
	defer u.handle.leave()
	host := ""
	if peer.IsValid() {
		host = peer.Addr().Unmap().WithZone("").String()
	}
	var id C.uint64_t
	err = check(C.voxlock_ua_accept(p, C.uint32_t(transport), textOf(host), C.size_t(len(host)),
		C.uint32_t(peer.Port()), &id, nanoseconds(now)))
	return ConnID(id), err
}

// Connected tells that the connection of a UAConnect event is open.
func (u *UA) Connected(connection ConnID, now time.Duration) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	return check(C.voxlock_ua_connected(p, C.uint64_t(connection), nanoseconds(now)))
}

// Disconnected tells that a connection ended, or could not be opened.
func (u *UA) Disconnected(connection ConnID, now time.Duration) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	return check(C.voxlock_ua_closed(p, C.uint64_t(connection), nanoseconds(now)))
}

// Input takes bytes that arrived, and tells how many: where fewer than all, poll and hand in the rest.
func (u *UA) Input(connection ConnID, data []byte, now time.Duration) (int, error) {
	p, err := u.enter()
	if err != nil {
		return 0, err
	}
	defer u.handle.leave()
	var took C.size_t
	err = check(C.voxlock_ua_input(p, C.uint64_t(connection), bytesOf(data), C.size_t(len(data)), &took, nanoseconds(now)))
	return int(took), err
}

// NextDeadline tells when to poll though nothing happened; false: never.
func (u *UA) NextDeadline() (time.Duration, bool) {
	p, err := u.enter()
	if err != nil {
		return 0, false
	}
	defer u.handle.leave()
	return deadline(C.voxlock_ua_next_deadline(p))
}

// InviteConfig is a request that starts a call or asks for abilities.
type InviteConfig struct {
	To          string      // sip: or sips: URI; sips needs TLS
	SDP         []byte      // the offer; none: the peer is asked for one
	Transport   UATransport // of a new connection where the URI names none; default OverTLS
	Connection  ConnID      // an open one to use; 0: one to the route's or URI's host
	From        string      // URI; default sip:user@host
	DisplayName string      // without quotes
	Route       string      // URI of an outbound proxy
	Headers     []Header    // further ones
}

func (c *InviteConfig) fill(in *C.voxlock_ua_invite_config, lent *lender) error {
	if err := check(C.voxlock_ua_invite_config_init(in, C.sizeof_voxlock_ua_invite_config)); err != nil {
		return err
	}
	setNumber(&in.transport, int(c.Transport))
	in.connection = C.uint64_t(c.Connection)
	setText(&in.to, &in.to_len, c.To, lent)
	setText(&in.from, &in.from_len, c.From, lent)
	setText(&in.display_name, &in.display_name_len, c.DisplayName, lent)
	setText(&in.route, &in.route_len, c.Route, lent)
	in.sdp, in.sdp_len = lent.bytes(c.SDP), C.size_t(len(c.SDP))
	setText(&in.headers, &in.headers_len, headerLines(c.Headers), lent)
	return nil
}

// headerLines are headers as they stand in a message.
func headerLines(headers []Header) string {
	var lines strings.Builder
	for _, h := range headers {
		lines.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	return lines.String()
}

// Invite starts a call. ErrUADrain, here and below: poll first.
func (u *UA) Invite(config InviteConfig, now time.Duration) (CallID, error) {
	return u.request(config, now, false)
}

// Options asks for abilities outside of calls; the id comes back in UAResult (RFC 3261, section 11).
func (u *UA) Options(config InviteConfig, now time.Duration) (CallID, error) {
	return u.request(config, now, true)
}

func (u *UA) request(config InviteConfig, now time.Duration, isOptions bool) (CallID, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_ua_invite_config
	if err := config.fill(&in, &lent); err != nil {
		return 0, err
	}
	p, err := u.enter()
	if err != nil {
		return 0, err
	}
	defer u.handle.leave()
	var id C.uint64_t
	if isOptions {
		err = check(C.voxlock_ua_options(p, &in, &id, nanoseconds(now)))
	} else {
		err = check(C.voxlock_ua_invite(p, &in, &id, nanoseconds(now)))
	}
	return CallID(id), err
}
