package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"net/netip"
	"strings"
	"unsafe"
)

// SDP reads session descriptions (RFC 8866).
type SDP struct{ handle *handle }

// NewSDP makes an empty description. maxText: largest text taken, 256 to 65536 bytes; 0: 16384.
func (c *Context) NewSDP(maxText int) (*SDP, error) {
	if maxText == 0 {
		maxText = 16384
	}
	return construct[SDP](c, func(ctx *C.voxlock_context, out **C.voxlock_sdp) C.int32_t {
		return C.voxlock_sdp_new(ctx, C.size_t(max(maxText, 0)), out)
	}, func(p *C.voxlock_sdp) { C.voxlock_sdp_free(p) })
}

// Close gives the description back, its text wiped.
func (s *SDP) Close() error { return s.handle.close() }

func (s *SDP) enter() (*C.voxlock_sdp, error) {
	p, err := s.handle.enter()
	return (*C.voxlock_sdp)(p), err
}

// Parse copies a text; on an error the former one is still there.
func (s *SDP) Parse(text []byte) error {
	p, err := s.enter()
	if err != nil {
		return err
	}
	defer s.handle.leave()
	return check(C.voxlock_sdp_parse(p, bytesOf(text), C.size_t(len(text))))
}

// SDPSummary is the session level of a description.
type SDPSummary struct {
	MediaCount                                        int
	Username, SessionID, Version, OriginAddress, Name string
}

// Summary tells about the session level; ErrWrongState: nothing was parsed.
func (s *SDP) Summary() (SDPSummary, error) {
	p, err := s.enter()
	if err != nil {
		return SDPSummary{}, err
	}
	defer s.handle.leave()
	out := C.voxlock_sdp_summary{struct_size: C.sizeof_voxlock_sdp_summary}
	if err := check(C.voxlock_sdp_get_summary(p, &out)); err != nil {
		return SDPSummary{}, err
	}
	return SDPSummary{int(out.media_count), goText(out.username), goText(out.session_id), goText(out.version),
		goText(out.origin_address), goText(out.name)}, nil
}

// SDPMedia is a media section.
type SDPMedia struct {
	Type       string // "audio"
	Protocol   string // "RTP/SAVP"
	Formats    []string
	Direction  Direction // as its author sees it
	Connection string    // address of the c= line that counts
	Address    netip.AddrPort
	Port       int
	Attributes int // number of a= lines
}

// Media gives the sections in order.
func (s *SDP) Media() ([]SDPMedia, error) {
	p, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer s.handle.leave()
	return collect(func(index C.size_t) (SDPMedia, C.int32_t) {
		out := C.voxlock_sdp_media{struct_size: C.sizeof_voxlock_sdp_media}
		status := C.voxlock_sdp_get_media(p, index, &out)
		return SDPMedia{goText(out._type), goText(out.proto), strings.Fields(goText(out.formats)),
			Direction(out.direction), goText(out.connection), addrPort(&out.address), int(out.port),
			int(out.attribute_count)}, status
	})
}

// Attributes gives a= lines of a section, or of the session where media is -1: those of a name, or all
// where it is "".
func (s *SDP) Attributes(media int, name string) ([]Header, error) {
	p, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer s.handle.leave()
	var lent lender
	defer lent.giveBack()
	wanted := lent.terminated(name)
	return collect(func(index C.size_t) (Header, C.int32_t) {
		var out C.voxlock_sip_header
		status := C.voxlock_sdp_attribute(p, C.int32_t(media), wanted, index, &out)
		return Header{goText(out.name), goText(out.value)}, status
	})
}

// Crypto is an a=crypto line (RFC 4568, section 9.2). Key is a secret; printing the value does not show it.
type Crypto struct {
	Tag       uint32
	Suite     Suite  // 0: not one of ours
	Usability error  // parse: nil, or why a leg skips the line
	Key       []byte // master key, then master salt
	Lifetime  uint64 // packets, 0: not stated
	MKI       []byte
}

// String shows no key.
func (c Crypto) String() string { return c.Suite.String() + " with a key" }

// GoString is String.
func (c Crypto) GoString() string { return c.String() }

// ParseCrypto reads what stands behind "a=crypto:".
func ParseCrypto(value string) (Crypto, error) {
	out := C.voxlock_sdp_crypto{struct_size: C.sizeof_voxlock_sdp_crypto}
	defer wipe(unsafe.Pointer(&out), unsafe.Sizeof(out))
	if err := check(C.voxlock_sdp_crypto_parse(textOf(value), C.size_t(len(value)), &out)); err != nil {
		return Crypto{}, err
	}
	return Crypto{
		Tag: uint32(out.tag), Suite: Suite(out.suite), Usability: check(out.usability), Lifetime: uint64(out.lifetime),
		Key: C.GoBytes(unsafe.Pointer(&out.key[0]), C.int(out.key_len)),
		MKI: C.GoBytes(unsafe.Pointer(&out.mki[0]), C.int(out.mki_len)),
	}, nil
}

// Write gives the value of the line.
func (c Crypto) Write() (string, error) {
	in := C.voxlock_sdp_crypto{struct_size: C.sizeof_voxlock_sdp_crypto, tag: C.uint32_t(c.Tag),
		suite: C.uint32_t(c.Suite), key_len: C.uint32_t(len(c.Key)), mki_len: C.uint32_t(len(c.MKI)),
		lifetime: C.uint64_t(c.Lifetime)}
	defer wipe(unsafe.Pointer(&in), unsafe.Sizeof(in))
	if len(c.Key) > len(in.key) || len(c.MKI) > len(in.mki) {
		return "", errorOf(ErrSDPKey)
	}
	copy(unsafe.Slice((*byte)(&in.key[0]), len(in.key)), c.Key)
	copy(unsafe.Slice((*byte)(&in.mki[0]), len(in.mki)), c.MKI)
	text, err := taken(512, func(out *C.uint8_t, n *C.size_t) C.int32_t { return C.voxlock_sdp_crypto_write(&in, out, n) })
	return string(text), err
}

func wipe(p unsafe.Pointer, n uintptr) { clear(unsafe.Slice((*byte)(p), n)) }
