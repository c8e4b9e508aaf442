package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"net/netip"
	"time"
	"unsafe"
)

// NegotiationConfig says what the own side can and wants; zero fields are defaults. What stands below
// Fingerprint counts with KeysDTLS only.
type NegotiationConfig struct {
	Address          netip.AddrPort // own; required
	RTCPAddress      netip.AddrPort // SDES: default RTP port + 1
	KeyExchange      KeyExchange    // default KeysSDES
	SRTP             SRTPPolicy     // default SRTPRequired
	Suites           []Suite
	Codecs           []Codec
	PTime            time.Duration
	NoTelephoneEvent bool
	NoRTCPMux        bool
	NoOpusFEC        bool
	OpusDTX          bool

	Fingerprint       string // of the own certificate, "sha-256 AB:..."; required
	ICEUfrag, ICEPwd  string // default: made here
	Candidates        string // "candidate:...", one a line
	MID               string
	StreamID, TrackID string
	CNAME             string
	SSRC              uint32
	Extensions        Extensions
	DTLSRole          TLSRole // where the peer leaves it to us; default TLSServer
	WithoutICE        bool    // a peer without ICE is taken too (RFC 5763)
	FullICE           bool    // not ICE-lite
	MoreCandidates    bool    // trickle: end-of-candidates is not said
	RED               bool    // RFC 2198 around Opus
	NACK              bool
	TransportCC       bool
	ReducedSizeRTCP   bool
}

// Negotiation does offer and answer for one audio stream (RFC 3264) for hosts with an RTP path of their
// own. A leg negotiates by itself and needs none.
type Negotiation struct{ handle *handle }

// NewNegotiation makes one.
func (c *Context) NewNegotiation(config NegotiationConfig) (*Negotiation, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_negotiation_config
	if err := config.fill(&in, &lent); err != nil {
		return nil, err
	}
	return construct[Negotiation](c, func(ctx *C.voxlock_context, out **C.voxlock_negotiation) C.int32_t {
		return C.voxlock_negotiation_new(ctx, &in, out)
	}, func(p *C.voxlock_negotiation) { C.voxlock_negotiation_free(p) })
}

func (c *NegotiationConfig) fill(in *C.voxlock_negotiation_config, lent *lender) error {
	if err := check(C.voxlock_negotiation_config_init(in, C.sizeof_voxlock_negotiation_config)); err != nil {
		return err
	}
	if len(c.Suites) > len(in.suites) || len(c.Codecs) > len(in.codecs) {
		return errorOf(ErrInvalidArgument)
	}
	setList(in.suites[:], c.Suites)
	setList(in.codecs[:], c.Codecs)
	in.rtp_address, in.rtcp_address = addressOf(c.Address), addressOf(c.RTCPAddress)
	in.srtp_policy = C.int32_t(c.SRTP)
	if c.KeyExchange != KeysNone {
		in.key_exchange = C.int32_t(c.KeyExchange)
	}
	setDuration(&in.ptime_ms, c.PTime)
	in.telephone_event, in.rtcp_mux = flag(!c.NoTelephoneEvent), flag(!c.NoRTCPMux)
	in.opus_fec, in.opus_dtx = flag(!c.NoOpusFEC), flag(c.OpusDTX)
	in.fingerprint, in.candidates = lent.terminated(c.Fingerprint), lent.terminated(c.Candidates)
	in.ice_ufrag, in.ice_pwd = lent.terminated(c.ICEUfrag), lent.terminated(c.ICEPwd)
	in.mid, in.cname = lent.terminated(c.MID), lent.terminated(c.CNAME)
	in.stream_id, in.track_id = lent.terminated(c.StreamID), lent.terminated(c.TrackID)
	in.ssrc, in.extensions = C.uint32_t(c.SSRC), C.uint32_t(c.Extensions)
	if c.DTLSRole != 0 {
		in.dtls_role = C.int32_t(c.DTLSRole)
	}
	in.ice_required, in.ice_lite = flag(!c.WithoutICE), flag(!c.FullICE)
	in.end_of_candidates, in.red, in.nack = flag(!c.MoreCandidates), flag(c.RED), flag(c.NACK)
	in.transport_cc, in.rtcp_rsize = flag(c.TransportCC), flag(c.ReducedSizeRTCP)
	return nil
}

// Close gives the negotiation back, its keys wiped.
func (n *Negotiation) Close() error { return n.handle.close() }

func (n *Negotiation) enter() (*C.voxlock_negotiation, error) {
	p, err := n.handle.enter()
	return (*C.voxlock_negotiation)(p), err
}

// Answer answers an offer, all of it or not at all. A refused one is no error: sdp is empty.
func (n *Negotiation) Answer(offer []byte) (sdp []byte, verdict Verdict, err error) {
	p, err := n.enter()
	if err != nil {
		return nil, Verdict{}, err
	}
	defer n.handle.leave()
	told := newVerdict()
	sdp, err = taken(sdpRoom, func(out *C.uint8_t, size *C.size_t) C.int32_t {
		return C.voxlock_negotiation_answer(p, bytesOf(offer), C.size_t(len(offer)), out, size, &told)
	})
	if err != nil {
		return nil, Verdict{}, err
	}
	return sdp, verdictOf(&told), nil
}

// Offer makes an offer; what was agreed goes on until its answer.
func (n *Negotiation) Offer(flags OfferFlags) ([]byte, error) {
	p, err := n.enter()
	if err != nil {
		return nil, err
	}
	defer n.handle.leave()
	return taken(sdpRoom, func(out *C.uint8_t, size *C.size_t) C.int32_t {
		return C.voxlock_negotiation_offer(p, C.uint32_t(flags), out, size)
	})
}

// AcceptAnswer takes the answer to the own offer. A refused one withdraws the offer.
func (n *Negotiation) AcceptAnswer(answer []byte) (Verdict, error) {
	p, err := n.enter()
	if err != nil {
		return Verdict{}, err
	}
	defer n.handle.leave()
	told := newVerdict()
	err = check(C.voxlock_negotiation_accept_answer(p, bytesOf(answer), C.size_t(len(answer)), &told))
	if err != nil {
		return Verdict{}, err
	}
	return verdictOf(&told), nil
}

// Rollback withdraws the own offer, if one is out.
func (n *Negotiation) Rollback() error {
	p, err := n.enter()
	if err != nil {
		return err
	}
	defer n.handle.leave()
	return check(C.voxlock_negotiation_rollback(p))
}

// Negotiated is what was agreed. LocalKey and RemoteKey are secrets.
type Negotiated struct {
	KeyExchange                      KeyExchange
	Codec                            Codec
	RTPClock, Channels               int
	PTime                            time.Duration // of what we send
	Direction                        Direction
	PayloadTypeSend, PayloadTypeRecv uint8
	EventTypeSend, EventTypeRecv     uint8 // telephone-event, or NoPayloadType
	RemoteHold                       bool
	RTCPMux                          bool
	RemoteRTP, RemoteRTCP            netip.AddrPort
	Suite                            Suite
	LocalKey, RemoteKey              []byte // master key, then master salt
	RemoteMKI                        []byte
	RemoteLifetime                   uint64  // packets, 0: not stated
	DTLSRole                         TLSRole // 0: no DTLS
	ICE                              bool
	SSRCs                            []uint32 // sources the peer names: hints, packets decide
}

// String shows no keys.
func (n Negotiated) String() string { return n.Codec.String() + ", " + n.Suite.String() }

// GoString is String.
func (n Negotiated) GoString() string { return n.String() }

// Agreed tells what was agreed; ErrWrongState: nothing yet.
func (n *Negotiation) Agreed() (Negotiated, error) {
	p, err := n.enter()
	if err != nil {
		return Negotiated{}, err
	}
	defer n.handle.leave()
	out := C.voxlock_negotiated{struct_size: C.sizeof_voxlock_negotiated}
	defer wipe(unsafe.Pointer(&out), unsafe.Sizeof(out))
	if err := check(C.voxlock_negotiation_get(p, &out)); err != nil {
		return Negotiated{}, err
	}
	told := Negotiated{
		KeyExchange: KeyExchange(out.key_exchange), Codec: Codec(out.codec), RTPClock: int(out.rtp_clock_hz),
		Channels: int(out.channels), PTime: time.Duration(out.ptime_ms) * time.Millisecond,
		Direction: Direction(out.direction), PayloadTypeSend: uint8(out.payload_type_send),
		PayloadTypeRecv: uint8(out.payload_type_recv), EventTypeSend: uint8(out.event_type_send),
		EventTypeRecv: uint8(out.event_type_recv), RemoteHold: out.remote_hold == 1, RTCPMux: out.rtcp_mux == 1,
		RemoteRTP: addrPort(&out.remote_rtp), RemoteRTCP: addrPort(&out.remote_rtcp), Suite: Suite(out.suite),
		LocalKey:       C.GoBytes(unsafe.Pointer(&out.local_key[0]), C.int(out.key_len)),
		RemoteKey:      C.GoBytes(unsafe.Pointer(&out.remote_key[0]), C.int(out.key_len)),
		RemoteMKI:      C.GoBytes(unsafe.Pointer(&out.remote_mki[0]), C.int(out.remote_mki_len)),
		RemoteLifetime: uint64(out.remote_lifetime), DTLSRole: TLSRole(out.dtls_role), ICE: out.ice == 1,
	}
	for _, ssrc := range out.ssrcs[:min(int(out.ssrc_count), len(out.ssrcs))] {
		told.SSRCs = append(told.SSRCs, uint32(ssrc))
	}
	return told, nil
}

// Text gives a text of a WebRTC agreement; what the peer did not say is empty. The passwords are secrets.
func (n *Negotiation) Text(part NegotiatedText) (string, error) {
	p, err := n.enter()
	if err != nil {
		return "", err
	}
	defer n.handle.leave()
	text, err := taken(512, func(out *C.uint8_t, size *C.size_t) C.int32_t {
		return C.voxlock_negotiation_text(p, C.int32_t(part), out, size)
	})
	return string(text), err
}
