package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"net/netip"
	"strings"
	"time"
)

// LegConfig is that of a leg; zero fields are defaults, and only Address is required.
type LegConfig struct {
	Address          netip.AddrPort // own, as it stands in the SDP
	RTCPAddress      netip.AddrPort // none: RTP port + 1 unless multiplexed
	SRTP             SRTPPolicy     // default SRTPRequired
	Suites           []Suite        // preferred first
	Codecs           []Codec        // preferred first; default Opus, PCMU, PCMA
	PTime            time.Duration  // 10 to 60 ms in steps of 10; default 20
	NoTelephoneEvent bool           // no RFC 4733 digits
	NoRTCPMux        bool           // no RFC 5761
	NotSymmetric     bool           // send to where the SDP says only
	Signalling       Signalling     // how the SDP reaches the peer; default unknown
	OpusBitrate      int            // bit/s, 6000 to 128000; default 28000 for PCM at 8 kHz, else 48000
	OpusComplexity   int            // 1 to 10; default 1
	NoOpusFEC        bool
	OpusDTX          bool
	RekeyOverlap     time.Duration // old receive keys live on so long; default 5 s, negative: not
	MediaTimeout     time.Duration // EventTimeout after so long without a packet; default 30 s, negative: never
	QueueBytes       int           // 4096 to 1048576; default 8192
	CNAME            string        // RTCP; default 16 random letters
	KeyExchange      KeyExchange   // default KeysSDES. KeysDTLS: a WebRTC leg (ICE-lite, DTLS-SRTP)
	DTLSClient       bool          // where the peer leaves it to us
	Identity         *Identity     // DTLS; default: one is made for this leg
	FurtherAddresses []netip.AddrPort
	Consent          time.Duration // DTLS: EventDisconnected after so long without a check; default 30 s
}

func (c *LegConfig) fill(in *C.voxlock_leg_config, lent *lender) error {
	if err := check(C.voxlock_leg_config_init(in, C.sizeof_voxlock_leg_config)); err != nil {
		return err
	}
	if len(c.Suites) > len(in.suites) || len(c.Codecs) > len(in.codecs) {
		return errorOf(ErrInvalidArgument)
	}
	setList(in.suites[:], c.Suites)
	setList(in.codecs[:], c.Codecs)
	in.srtp_policy, in.signalling = C.int32_t(c.SRTP), C.int32_t(c.Signalling)
	in.rtp_address, in.rtcp_address = addressOf(c.Address), addressOf(c.RTCPAddress)
	in.telephone_event, in.rtcp_mux = flag(!c.NoTelephoneEvent), flag(!c.NoRTCPMux)
	in.symmetric, in.dtls_client = flag(!c.NotSymmetric), flag(c.DTLSClient)
	in.opus_fec, in.opus_dtx = flag(!c.NoOpusFEC), flag(c.OpusDTX)
	if c.KeyExchange != KeysNone {
		in.key_exchange = C.int32_t(c.KeyExchange)
	}
	setDuration(&in.ptime_ms, c.PTime)
	setDuration(&in.rekey_overlap_ms, c.RekeyOverlap)
	setDuration(&in.media_timeout_ms, c.MediaTimeout)
	setDuration(&in.consent_ms, c.Consent)
	setNumber(&in.opus_bitrate, c.OpusBitrate)
	setNumber(&in.opus_complexity, c.OpusComplexity)
	setNumber(&in.queue_bytes, c.QueueBytes)
	in.cname = lent.terminated(c.CNAME)
	if n := len(c.FurtherAddresses); n > 0 {
		rows := make([]C.voxlock_address, n)
		for i, a := range c.FurtherAddresses {
			rows[i] = addressOf(a)
		}
		lent.pinner.Pin(&rows[0])
		in.further_addresses, in.further_address_count = &rows[0], C.size_t(n)
	}
	return nil
}

func setList[T ~uint32](out []C.uint32_t, list []T) {
	if len(list) == 0 {
		return
	}
	clear(out)
	for i, v := range list {
		out[i] = C.uint32_t(v)
	}
}

func setNumber(out *C.uint32_t, value int) {
	if value != 0 {
		*out = C.uint32_t(value)
	}
}

// setDuration leaves the default for 0 and writes 0 for what is negative.
func setDuration(out *C.uint32_t, d time.Duration) {
	if d != 0 {
		*out = milliseconds(max(d, 0))
	}
}

// Leg is one negotiated media session with one peer (RFC 3264, RFC 3711, RFC 8445, RFC 5763). It works
// alone, or is joined with a second one by a Bridge or Relay. The host sends what EventTransmit says.
type Leg struct{ handle *handle }

// NewLeg makes a leg.
func (c *Context) NewLeg(config LegConfig) (*Leg, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_leg_config
	if err := config.fill(&in, &lent); err != nil {
		return nil, err
	}
	var identity *handle
	if config.Identity != nil {
		identity = config.Identity.handle
	}
	if c == nil {
		return nil, ErrClosed
	}
	leave, err := enterAll(c.handle, identity)
	if err != nil {
		return nil, err
	}
	defer leave()
	if identity != nil {
		in.identity = (*C.voxlock_identity)(identity.pointer)
	}
	var out *C.voxlock_leg
	if err := check(C.voxlock_leg_new((*C.voxlock_context)(c.handle.pointer), &in, &out)); err != nil {
		return nil, err
	}
	return adopt[Leg](out, freeLeg), nil
}

func freeLeg(p *C.voxlock_leg) { C.voxlock_leg_free(p) }

// Close gives the leg back and wipes its keys; a bridge made from it goes on. It says nothing to the peer:
// see End.
func (l *Leg) Close() error { return l.handle.close() }

func (l *Leg) enter() (*C.voxlock_leg, error) {
	if l == nil {
		return nil, ErrClosed
	}
	p, err := l.handle.enter()
	return (*C.voxlock_leg)(p), err
}

// Verdict is what an offer/answer step did to the running media.
type Verdict struct {
	Kind      VerdictKind
	Reason    error   // Refused: why
	SIPStatus int     // Refused: for example 488
	WarnCode  int     // of a Warning header, 0: none
	Warning   string  // its text
	Changes   Changes // all that changed
}

// Refused tells that nothing changed; answer with SIPStatus and Warning.
func (v Verdict) Refused() bool { return v.Kind == Refused }

func verdictOf(out *C.voxlock_verdict) Verdict {
	v := Verdict{Kind: VerdictKind(out.kind), Reason: check(out.reason), SIPStatus: int(out.sip_status),
		WarnCode: int(out.warn_code), Changes: Changes(out.changes)}
	if out.warning != nil {
		v.Warning = C.GoString(out.warning)
	}
	return v
}

func newVerdict() C.voxlock_verdict {
	return C.voxlock_verdict{struct_size: C.sizeof_voxlock_verdict}
}

// The first guess at the length of a description; a longer one is asked for again.
const sdpRoom = 2048

// Answer answers an offer of the peer, first or later. A refused one is no error: sdp is empty.
func (l *Leg) Answer(offer []byte, now time.Duration) (sdp []byte, verdict Verdict, err error) {
	p, err := l.enter()
	if err != nil {
		return nil, Verdict{}, err
	}
	defer l.handle.leave()
	told := newVerdict()
	sdp, err = taken(sdpRoom, func(out *C.uint8_t, n *C.size_t) C.int32_t {
		return C.voxlock_leg_answer(p, bytesOf(offer), C.size_t(len(offer)), out, n, &told, nanoseconds(now))
	})
	if err != nil {
		return nil, Verdict{}, err
	}
	return sdp, verdictOf(&told), nil
}

// Offer makes an offer; media goes on as agreed until AcceptAnswer.
func (l *Leg) Offer(flags OfferFlags, now time.Duration) ([]byte, error) {
	p, err := l.enter()
	if err != nil {
		return nil, err
	}
	defer l.handle.leave()
	return taken(sdpRoom, func(out *C.uint8_t, n *C.size_t) C.int32_t {
		return C.voxlock_leg_offer(p, C.uint32_t(flags), out, n, nanoseconds(now))
	})
}

// AcceptAnswer takes the answer to the own offer. A refused one withdraws the offer.
func (l *Leg) AcceptAnswer(answer []byte, now time.Duration) (Verdict, error) {
	p, err := l.enter()
	if err != nil {
		return Verdict{}, err
	}
	defer l.handle.leave()
	told := newVerdict()
	err = check(C.voxlock_leg_accept_answer(p, bytesOf(answer), C.size_t(len(answer)), &told, nanoseconds(now)))
	if err != nil {
		return Verdict{}, err
	}
	return verdictOf(&told), nil
}

// AcceptFork takes the answer of another branch to the offer that was answered last. The branches before
// it are heard until the overlap of keys is over (RFC 3261, section 13.2.2.4).
func (l *Leg) AcceptFork(answer []byte, now time.Duration) (Verdict, error) {
	p, err := l.enter()
	if err != nil {
		return Verdict{}, err
	}
	defer l.handle.leave()
	told := newVerdict()
	err = check(C.voxlock_leg_accept_fork(p, bytesOf(answer), C.size_t(len(answer)), &told, nanoseconds(now)))
	if err != nil {
		return Verdict{}, err
	}
	return verdictOf(&told), nil
}

// SetSignalling tells how the signalling reaches the peer from now on, and whom TLS verified: only with
// SignallingVerified, "" for no name. Protection passes it on, and EventProtection tells it.
func (l *Leg) SetSignalling(signalling Signalling, peerName string) error {
	p, err := l.enter()
	if err != nil {
		return err
	}
	defer l.handle.leave()
	if strings.IndexByte(peerName, 0) >= 0 {
		return errorOf(ErrInvalidArgument)
	}
	var lent lender
	defer lent.giveBack()
	return check(C.voxlock_leg_set_signalling(p, C.int32_t(signalling), lent.terminated(peerName)))
}

// Rollback withdraws the own offer, if one is out.
func (l *Leg) Rollback() error {
	p, err := l.enter()
	if err != nil {
		return err
	}
	defer l.handle.leave()
	return check(C.voxlock_leg_rollback(p))
}
