package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"net/netip"
	"time"
	"unsafe"
)

// NoPayloadType stands for a telephone-event that was not agreed.
const NoPayloadType = 255

// MediaInfo is what was agreed. It never holds keys.
type MediaInfo struct {
	Codec                        Codec
	RTPClock                     int // Hz; 48000 for Opus
	Channels                     int
	PTime                        time.Duration // of what we send
	PayloadTypeSend              uint8         // what the peer wants to get
	PayloadTypeRecv              uint8
	EventTypeSend, EventTypeRecv uint8 // telephone-event, or NoPayloadType
	Direction                    Direction
	IsSecure                     bool
	SuiteSend, SuiteRecv         Suite // 0 where not secure
	SSRCSend                     uint32
	RTCPMux                      bool
	Generation                   uint32 // grows with every applied agreement
	RemoteRTP, RemoteRTCP        netip.AddrPort
	KeyExchange                  KeyExchange
	IsConnected                  bool     // WebRTC: ICE has a path and consent; else true
	LocalFingerprint             [32]byte // DTLS: SHA-256 of our certificate
	RemoteFingerprint            [32]byte
}

// Media tells what was agreed; ErrWrongState: nothing yet.
func (l *Leg) Media() (MediaInfo, error) {
	p, err := l.enter()
	if err != nil {
		return MediaInfo{}, err
	}
	defer l.handle.leave()
	out := C.voxlock_leg_media_info{struct_size: C.sizeof_voxlock_leg_media_info}
	if err := check(C.voxlock_leg_media(p, &out)); err != nil {
		return MediaInfo{}, err
	}
	return MediaInfo{
		Codec: Codec(out.codec), RTPClock: int(out.rtp_clock_hz), Channels: int(out.channels),
		PTime:           time.Duration(out.ptime_ms) * time.Millisecond,
		PayloadTypeSend: uint8(out.payload_type_send), PayloadTypeRecv: uint8(out.payload_type_recv),
		EventTypeSend: uint8(out.event_type_send), EventTypeRecv: uint8(out.event_type_recv),
		Direction: Direction(out.direction), IsSecure: out.is_secure == 1, SuiteSend: Suite(out.suite_send),
		SuiteRecv: Suite(out.suite_recv), SSRCSend: uint32(out.ssrc_send), RTCPMux: out.rtcp_mux == 1,
		Generation: uint32(out.generation), RemoteRTP: addrPort(&out.remote_rtp),
		RemoteRTCP: addrPort(&out.remote_rtcp), KeyExchange: KeyExchange(out.key_exchange),
		IsConnected:       out.is_connected == 1,
		LocalFingerprint:  *(*[32]byte)(unsafe.Pointer(&out.local_fingerprint)),
		RemoteFingerprint: *(*[32]byte)(unsafe.Pointer(&out.remote_fingerprint)),
	}, nil
}

// Input takes received datagrams; events wait for Poll. ErrLegAttached: a bridge drives this leg.
func (l *Leg) Input(datagrams []Datagram, now time.Duration) error {
	p, err := l.enter()
	if err != nil {
		return err
	}
	defer l.handle.leave()
	return input(unsafe.Pointer(p), pollLeg, datagrams, now)
}

// Send seals one payload of up to 1400 bytes and queues it as EventTransmit. timestamp: ticks of the RTP
// clock from any start. ErrLegHeld: the direction does not let us; ErrLegQueueFull: poll first.
func (l *Leg) Send(frame Frame, now time.Duration) error {
	p, err := l.enter()
	if err != nil {
		return err
	}
	defer l.handle.leave()
	return check(C.voxlock_leg_send(p, C.uint32_t(frame.PayloadType), bytesOf(frame.Data), C.size_t(len(frame.Data)),
		C.uint32_t(frame.Timestamp), C.uint32_t(flag(frame.Marker)), nanoseconds(now)))
}

// Poll runs timers and takes up to 64 events out, oldest first: events.List. It gives their number; go on
// until it is 0.
func (l *Leg) Poll(events *Events, now time.Duration) (int, error) {
	p, err := l.enter()
	if err != nil {
		return 0, err
	}
	defer l.handle.leave()
	return events.take(unsafe.Pointer(p), pollLeg, now)
}

// NextDeadline tells when to poll though nothing happened; false: never.
func (l *Leg) NextDeadline() (time.Duration, bool) {
	p, err := l.enter()
	if err != nil {
		return 0, false
	}
	defer l.handle.leave()
	return deadline(C.voxlock_leg_next_deadline(p))
}

// End ends the media session with an RTCP BYE: poll once more.
func (l *Leg) End(now time.Duration) error {
	p, err := l.enter()
	if err != nil {
		return err
	}
	defer l.handle.leave()
	return check(C.voxlock_leg_close(p, nanoseconds(now)))
}

// LegStats are the counters of a leg (RFC 3550, section 6.4 and appendix A).
type LegStats struct {
	SSRCSend, SSRCRecv        uint32 // SSRCRecv: 0 before the first packet
	PacketsIn, BytesIn        uint64 // authenticated RTP, and its payload
	PacketsOut, BytesOut      uint64
	RTCPIn, RTCPOut           uint64
	LostIn                    uint64
	DuplicatesIn, ReorderedIn uint64
	JitterIn                  time.Duration
	RTT                       time.Duration // negative: not known yet
	PeerLost                  uint64        // what the peer's reports say about us
	PeerJitter                time.Duration
	PeerFractionLost          uint8 // of 256
	Rekeys                    int
	Followed                  uint64                        // times the peer's address changed by an authenticated packet
	Dropped                   [C.VOXLOCK_DROP_CAUSES]uint64 // index: Drop
}

// Stats reads the counters, also while a bridge drives the leg.
func (l *Leg) Stats() (LegStats, error) {
	p, err := l.enter()
	if err != nil {
		return LegStats{}, err
	}
	defer l.handle.leave()
	out := C.voxlock_leg_stats{struct_size: C.sizeof_voxlock_leg_stats}
	if err := check(C.voxlock_leg_get_stats(p, &out)); err != nil {
		return LegStats{}, err
	}
	stats := LegStats{
		SSRCSend: uint32(out.ssrc_send), SSRCRecv: uint32(out.ssrc_recv), PacketsIn: uint64(out.packets_in),
		BytesIn: uint64(out.bytes_in), PacketsOut: uint64(out.packets_out), BytesOut: uint64(out.bytes_out),
		RTCPIn: uint64(out.rtcp_in), RTCPOut: uint64(out.rtcp_out), LostIn: uint64(out.lost_in),
		DuplicatesIn: uint64(out.duplicates_in), ReorderedIn: uint64(out.reordered_in),
		JitterIn: microseconds(out.jitter_in_us), RTT: microseconds(out.rtt_us), PeerLost: uint64(out.peer_lost),
		PeerJitter: microseconds(out.peer_jitter_us), PeerFractionLost: uint8(out.peer_fraction_lost),
		Rekeys: int(out.rekeys), Followed: uint64(out.followed),
	}
	for i, n := range out.dropped {
		stats.Dropped[i] = uint64(n)
	}
	return stats, nil
}

// microseconds gives -1 for what is not known.
func microseconds(us C.uint64_t) time.Duration {
	if uint64(us) == never {
		return -1
	}
	return time.Duration(us) * time.Microsecond
}
