package voxlock

// #include <voxlock/voxlock.h>
import "C"

import "unsafe"

// ClassifyDatagram tells protocols apart that share one transport address (RFC 7983, RFC 5761).
func ClassifyDatagram(datagram []byte) DatagramKind {
	return DatagramKind(C.voxlock_rtp_classify(bytesOf(datagram), C.size_t(len(datagram))))
}

// RTPHeader is that of a plain RTP packet (RFC 3550, section 5.1).
type RTPHeader struct {
	PayloadType      uint8
	Marker           bool
	Sequence         uint16
	Timestamp        uint32
	SSRC             uint32
	PaddingLen       uint8  // bytes behind the payload, the count byte included
	ExtensionProfile uint16 // 0: no extension; parse only
}

// ParseRTP takes a plain RTP packet apart; the payload is part of packet.
func ParseRTP(packet []byte) (header RTPHeader, payload []byte, err error) {
	out := C.voxlock_rtp_header{struct_size: C.sizeof_voxlock_rtp_header}
	if err := check(C.voxlock_rtp_parse(bytesOf(packet), C.size_t(len(packet)), &out)); err != nil {
		return RTPHeader{}, nil, err
	}
	return RTPHeader{
		PayloadType: uint8(out.payload_type), Marker: out.marker == 1, Sequence: uint16(out.sequence),
		Timestamp: uint32(out.timestamp), SSRC: uint32(out.ssrc), PaddingLen: uint8(out.padding_len),
		ExtensionProfile: uint16(out.extension_profile),
	}, packet[out.payload_offset : out.payload_offset+out.payload_len], nil
}

// AppendRTP appends a packet without CSRCs and extension to dst; dst and payload must not overlap.
func AppendRTP(dst []byte, header RTPHeader, payload []byte) ([]byte, error) {
	in := C.voxlock_rtp_header{
		struct_size: C.sizeof_voxlock_rtp_header, payload_type: C.uint32_t(header.PayloadType),
		marker: C.uint32_t(flag(header.Marker)), sequence: C.uint32_t(header.Sequence),
		timestamp: C.uint32_t(header.Timestamp), ssrc: C.uint32_t(header.SSRC),
		padding_len: C.uint32_t(header.PaddingLen),
	}
	size := 12 + len(payload) + int(header.PaddingLen)
	whole, n := room(dst, size), C.size_t(size)
	err := check(C.voxlock_rtp_build(&in, bytesOf(payload), C.size_t(len(payload)), bytesOf(whole[len(dst):]), &n))
	if err != nil {
		return dst, err
	}
	return whole[:len(dst)+int(n)], nil
}

// RTPExtension finds a header extension element of a plain or sealed packet (RFC 8285, section 4).
func RTPExtension(packet []byte, id uint8) ([]byte, error) {
	var offset, n C.size_t
	err := check(C.voxlock_rtp_extension(bytesOf(packet), C.size_t(len(packet)), C.uint32_t(id), &offset, &n))
	if err != nil {
		return nil, err
	}
	return packet[offset : offset+n], nil
}

// RTCPBlock is what a receiver says about one source (RFC 3550, section 6.4).
type RTCPBlock struct {
	SSRC            uint32
	FractionLost    uint8 // since the last report, in 1/256
	CumulativeLost  int32
	ExtendedHighest uint32
	Jitter          uint32 // in units of the RTP clock
	LastSR          uint32
	DelaySinceSR    uint32 // in 1/65536 s
}

// RTCPReport is the first report of an RTCP compound.
type RTCPReport struct {
	SSRC         uint32
	IsSender     bool // SR; the next four are its own
	NTP          uint64
	RTPTimestamp uint32
	Packets      uint32
	Octets       uint32
	BlockCount   int // parse only
	IsBye        bool
}

// ParseRTCP checks a plain compound and reads its first report. isReducedSize: any packet may come first
// (RFC 5506).
func ParseRTCP(datagram []byte, isReducedSize bool) (RTCPReport, error) {
	out := C.voxlock_rtcp_report{struct_size: C.sizeof_voxlock_rtcp_report}
	err := check(C.voxlock_rtcp_parse(bytesOf(datagram), C.size_t(len(datagram)), flag(isReducedSize), &out))
	if err != nil {
		return RTCPReport{}, err
	}
	return RTCPReport{
		SSRC: uint32(out.ssrc), IsSender: out.is_sender == 1, NTP: uint64(out.ntp),
		RTPTimestamp: uint32(out.rtp_timestamp), Packets: uint32(out.packets), Octets: uint32(out.octets),
		BlockCount: int(out.block_count), IsBye: out.is_bye == 1,
	}, nil
}

// ParseRTCPBlock reads one block of the compound's first report.
func ParseRTCPBlock(datagram []byte, index int) (RTCPBlock, error) {
	out := C.voxlock_rtcp_block{struct_size: C.sizeof_voxlock_rtcp_block}
	err := check(C.voxlock_rtcp_get_block(bytesOf(datagram), C.size_t(len(datagram)), C.uint32_t(index), &out))
	if err != nil {
		return RTCPBlock{}, err
	}
	return RTCPBlock{uint32(out.ssrc), uint8(out.fraction_lost), int32(out.cumulative_lost),
		uint32(out.extended_highest), uint32(out.jitter), uint32(out.last_sr), uint32(out.delay_since_sr)}, nil
}

// WriteRTCP builds a compound: SR or RR with at most one block, SDES with the CNAME, BYE where IsBye.
func WriteRTCP(report RTCPReport, block *RTCPBlock, cname string) ([]byte, error) {
	in := C.voxlock_rtcp_report{
		struct_size: C.sizeof_voxlock_rtcp_report, ssrc: C.uint32_t(report.SSRC), ntp: C.uint64_t(report.NTP),
		is_sender: C.uint32_t(flag(report.IsSender)), rtp_timestamp: C.uint32_t(report.RTPTimestamp),
		packets: C.uint32_t(report.Packets), octets: C.uint32_t(report.Octets), is_bye: C.uint32_t(flag(report.IsBye)),
	}
	var row *C.voxlock_rtcp_block
	if block != nil {
		row = &C.voxlock_rtcp_block{
			struct_size: C.sizeof_voxlock_rtcp_block, ssrc: C.uint32_t(block.SSRC),
			fraction_lost: C.uint32_t(block.FractionLost), cumulative_lost: C.int32_t(block.CumulativeLost),
			extended_highest: C.uint32_t(block.ExtendedHighest), jitter: C.uint32_t(block.Jitter),
			last_sr: C.uint32_t(block.LastSR), delay_since_sr: C.uint32_t(block.DelaySinceSR),
		}
	}
	// C.CString rather than lender: an empty name is not NULL here.
	name := append([]byte(cname), 0)
	return taken(512, func(out *C.uint8_t, n *C.size_t) C.int32_t {
		return C.voxlock_rtcp_build(&in, row, (*C.char)(unsafe.Pointer(&name[0])), out, n)
	})
}

// DTMFEvent is a telephone event (RFC 4733, section 2.3).
type DTMFEvent struct {
	Code     uint8 // 0..9, 10 '*', 11 '#', 12..15 'A'..'D'
	IsEnd    bool
	Volume   uint8  // power in -dBm0, 0..63
	Duration uint16 // in units of the RTP clock
	Digit    byte   // ASCII, 0 for no digit; parse only
}

// ParseDTMF reads the payload of a telephone-event packet.
func ParseDTMF(payload []byte) (DTMFEvent, error) {
	out := C.voxlock_dtmf_event{struct_size: C.sizeof_voxlock_dtmf_event}
	if err := check(C.voxlock_dtmf_parse(bytesOf(payload), C.size_t(len(payload)), &out)); err != nil {
		return DTMFEvent{}, err
	}
	return DTMFEvent{uint8(out.code), out.is_end == 1, uint8(out.volume), uint16(out.duration), byte(out.digit)}, nil
}

// AppendDTMF appends the payload of a telephone-event packet, 4 bytes, to dst.
func AppendDTMF(dst []byte, event DTMFEvent) ([]byte, error) {
	in := C.voxlock_dtmf_event{
		struct_size: C.sizeof_voxlock_dtmf_event, code: C.uint32_t(event.Code),
		is_end: C.uint32_t(flag(event.IsEnd)), volume: C.uint32_t(event.Volume), duration: C.uint32_t(event.Duration),
	}
	whole, n := room(dst, 4), C.size_t(4)
	if err := check(C.voxlock_dtmf_build(&in, bytesOf(whole[len(dst):]), &n)); err != nil {
		return dst, err
	}
	return whole[:len(dst)+int(n)], nil
}
