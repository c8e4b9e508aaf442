package voxlock

// #include <voxlock/voxlock.h>
import "C"

import "time"

// SuiteInfo is a row of the suite table; all lengths are bytes.
type SuiteInfo struct {
	Name       string // as in SDP
	KeyLen     int    // master key
	SaltLen    int    // master salt; a config's key is both, one behind the other
	RTPTagLen  int    // what sealing adds, without MKI
	RTCPTagLen int    // without the 4-byte index and MKI
}

// Info tells the row of a suite; ErrUnsupported: there is none.
func (v Suite) Info() (SuiteInfo, error) {
	out := C.voxlock_srtp_suite{struct_size: C.sizeof_voxlock_srtp_suite}
	if err := check(C.voxlock_srtp_suite_info(C.int32_t(v), &out)); err != nil {
		return SuiteInfo{}, err
	}
	return SuiteInfo{C.GoString(out.name), int(out.key_len), int(out.salt_len), int(out.rtp_tag_len),
		int(out.rtcp_tag_len)}, nil
}

// SRTPConfig is that of a session. Keys are master key and salt, one behind the other, and are copied.
type SRTPConfig struct {
	Suite        Suite  // 0: AES_CM_128_HMAC_SHA1_80
	Key          []byte // seals; nil: the session cannot
	PeerKey      []byte // opens; nil: Key does (RFC 3711, section 9.1)
	MKI          []byte // in sealed packets
	PeerMKI      []byte // to expect
	ReplayWindow int    // packets, 64 to 1024; 0: 128
	MaxSSRCs     int    // sources a direction, 1 to 1024; 0: 16
	RTPLifetime  uint64 // packets a direction; 0: 2^48
	RTCPLifetime uint64 // 0: 2^31
	PlainRTCP    bool   // SRTCP is authenticated but not encrypted
}

// SRTP seals and opens packets of one key pair (RFC 3711). A packet that fails its tag changes nothing but
// a counter.
type SRTP struct{ handle *handle }

// NewSRTP makes a session.
func (c *Context) NewSRTP(config SRTPConfig) (*SRTP, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_srtp_config
	if err := check(C.voxlock_srtp_config_init(&in, C.sizeof_voxlock_srtp_config)); err != nil {
		return nil, err
	}
	config.fill(&in, &lent)
	return construct[SRTP](c, func(ctx *C.voxlock_context, out **C.voxlock_srtp) C.int32_t {
		return C.voxlock_srtp_new(ctx, &in, out)
	}, func(p *C.voxlock_srtp) { C.voxlock_srtp_free(p) })
}

func (c SRTPConfig) fill(in *C.voxlock_srtp_config, lent *lender) {
	if c.Suite != 0 {
		in.suite = C.int32_t(c.Suite)
	}
	in.key, in.key_len = lent.bytes(c.Key), C.size_t(len(c.Key))
	in.peer_key, in.peer_key_len = lent.bytes(c.PeerKey), C.size_t(len(c.PeerKey))
	in.mki, in.mki_len = lent.bytes(c.MKI), C.size_t(len(c.MKI))
	in.peer_mki, in.peer_mki_len = lent.bytes(c.PeerMKI), C.size_t(len(c.PeerMKI))
	if c.ReplayWindow != 0 {
		in.replay_window = C.uint32_t(c.ReplayWindow)
	}
	if c.MaxSSRCs != 0 {
		in.max_ssrcs = C.uint32_t(c.MaxSSRCs)
	}
	if c.RTPLifetime != 0 {
		in.rtp_lifetime = C.uint64_t(c.RTPLifetime)
	}
	if c.RTCPLifetime != 0 {
		in.rtcp_lifetime = C.uint64_t(c.RTCPLifetime)
	}
	if c.PlainRTCP {
		in.flags = C.VOXLOCK_SRTP_PLAIN_RTCP
	}
}

// Close gives the session back and wipes its keys.
func (s *SRTP) Close() error { return s.handle.close() }

func (s *SRTP) enter() (*C.voxlock_srtp, error) {
	p, err := s.handle.enter()
	return (*C.voxlock_srtp)(p), err
}

// Open appends the plain packet to dst. dst and packet must not overlap. A packet to drop gives
// ErrSRTPAuth, ErrSRTPReplayed, ErrSRTPTooOld ...
func (s *SRTP) Open(dst, packet []byte, now time.Duration) ([]byte, error) {
	return s.open(dst, packet, now, false)
}

// OpenRTCP is Open for an SRTCP compound.
func (s *SRTP) OpenRTCP(dst, packet []byte, now time.Duration) ([]byte, error) {
	return s.open(dst, packet, now, true)
}

func (s *SRTP) open(dst, packet []byte, now time.Duration, isRTCP bool) ([]byte, error) {
	p, err := s.enter()
	if err != nil {
		return dst, err
	}
	defer s.handle.leave()
	whole := room(dst, len(packet))
	n := C.size_t(len(packet))
	to := bytesOf(whole[len(dst):])
	var status C.int32_t
	if isRTCP {
		status = C.voxlock_srtp_open_rtcp(p, bytesOf(packet), C.size_t(len(packet)), to, &n, nanoseconds(now))
	} else {
		status = C.voxlock_srtp_open(p, bytesOf(packet), C.size_t(len(packet)), to, &n, nanoseconds(now))
	}
	if status != 0 {
		return dst, check(status)
	}
	return whole[:len(dst)+int(n)], nil
}

// The most that sealing adds: a tag of 16 bytes, an SRTCP index of 4, an MKI of 128.
const sealOverhead = 148

// Seal appends the sealed packet to dst. dst and packet must not overlap.
func (s *SRTP) Seal(dst, packet []byte) ([]byte, error) { return s.seal(dst, packet, false) }

// SealRTCP is Seal for an RTCP compound.
func (s *SRTP) SealRTCP(dst, packet []byte) ([]byte, error) { return s.seal(dst, packet, true) }

func (s *SRTP) seal(dst, packet []byte, isRTCP bool) ([]byte, error) {
	p, err := s.enter()
	if err != nil {
		return dst, err
	}
	defer s.handle.leave()
	whole := room(dst, len(packet)+sealOverhead)
	n := C.size_t(len(packet) + sealOverhead)
	to := bytesOf(whole[len(dst):])
	var status C.int32_t
	if isRTCP {
		status = C.voxlock_srtp_seal_rtcp(p, bytesOf(packet), C.size_t(len(packet)), to, &n)
	} else {
		status = C.voxlock_srtp_seal(p, bytesOf(packet), C.size_t(len(packet)), to, &n)
	}
	if status != 0 {
		return dst, check(status)
	}
	return whole[:len(dst)+int(n)], nil
}

// SetROC sets the rollover counter of a source before its first packet.
func (s *SRTP) SetROC(direction SRTPDirection, ssrc, roc uint32) error {
	p, err := s.enter()
	if err != nil {
		return err
	}
	defer s.handle.leave()
	return check(C.voxlock_srtp_set_roc(p, C.int32_t(direction), C.uint32_t(ssrc), C.uint32_t(roc)))
}

// ROC tells the rollover counter of a source.
func (s *SRTP) ROC(direction SRTPDirection, ssrc uint32) (uint32, error) {
	p, err := s.enter()
	if err != nil {
		return 0, err
	}
	defer s.handle.leave()
	var roc C.uint32_t
	err = check(C.voxlock_srtp_get_roc(p, C.int32_t(direction), C.uint32_t(ssrc), &roc))
	return uint32(roc), err
}

// SRTPStats are numbers of packets since the session was made.
type SRTPStats struct {
	SSRCs                                                                 int // inbound sources
	RTPOpened, RTCPOpened, RTPSealed, RTCPSealed                          uint64
	AuthFailed, Replayed, TooOld, Malformed, MKIUnknown, Refused, Expired uint64 // inbound, dropped
	RTPLeft, RTCPLeft                                                     uint64 // until a key expires
	Fault                                                                 Fault  // why a source does not open
	FaultSSRC                                                             uint32 // that source
	FaultRounds                                                           int    // by which its counter differs
	Faults, Recovered                                                     uint64
}

// Stats reads the counters.
func (s *SRTP) Stats() (SRTPStats, error) {
	p, err := s.enter()
	if err != nil {
		return SRTPStats{}, err
	}
	defer s.handle.leave()
	out := C.voxlock_srtp_stats{struct_size: C.sizeof_voxlock_srtp_stats}
	if err := check(C.voxlock_srtp_get_stats(p, &out)); err != nil {
		return SRTPStats{}, err
	}
	return SRTPStats{
		SSRCs: int(out.ssrcs), RTPOpened: uint64(out.rtp_opened), RTCPOpened: uint64(out.rtcp_opened),
		RTPSealed: uint64(out.rtp_sealed), RTCPSealed: uint64(out.rtcp_sealed), AuthFailed: uint64(out.auth_failed),
		Replayed: uint64(out.replayed), TooOld: uint64(out.too_old), Malformed: uint64(out.malformed),
		MKIUnknown: uint64(out.mki_unknown), Refused: uint64(out.ssrc_refused), Expired: uint64(out.key_expired),
		RTPLeft: uint64(out.rtp_left), RTCPLeft: uint64(out.rtcp_left), Fault: Fault(out.fault),
		FaultSSRC: uint32(out.fault_ssrc), FaultRounds: int(out.fault_rounds), Faults: uint64(out.faults),
		Recovered: uint64(out.recovered),
	}, nil
}
