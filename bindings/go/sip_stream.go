package voxlock

// #include <voxlock/voxlock.h>
import "C"

import "unsafe"

// SIPFramer cuts the byte stream of one TCP or TLS connection into messages (RFC 3261, section 18.3).
type SIPFramer struct{ handle *handle }

// NewSIPFramer makes a framer.
func (c *Context) NewSIPFramer(config SIPConfig) (*SIPFramer, error) {
	var in C.voxlock_sip_config
	if err := config.fill(&in); err != nil {
		return nil, err
	}
	return construct[SIPFramer](c, func(ctx *C.voxlock_context, out **C.voxlock_sip_framer) C.int32_t {
		return C.voxlock_sip_framer_new(ctx, &in, out)
	}, func(p *C.voxlock_sip_framer) { C.voxlock_sip_framer_free(p) })
}

// Close gives the framer back.
func (f *SIPFramer) Close() error { return f.handle.close() }

// Write takes received bytes, as many as there is room for: where fewer than all, call Next until
// FrameNone and write the rest.
func (f *SIPFramer) Write(data []byte) (int, error) {
	p, err := f.handle.enter()
	if err != nil {
		return 0, err
	}
	defer f.handle.leave()
	var took C.size_t
	err = check(C.voxlock_sip_framer_feed((*C.voxlock_sip_framer)(p), bytesOf(data), C.size_t(len(data)), &took))
	return int(took), err
}

// Next takes the next frame: FrameNone, a whole message, or a ping to be answered with CR LF. An error is
// for good, as the boundaries are lost: close the connection.
func (f *SIPFramer) Next() (SIPFrame, []byte, error) {
	p, err := f.handle.enter()
	if err != nil {
		return FrameNone, nil, err
	}
	defer f.handle.leave()
	var kind C.int32_t
	var out C.voxlock_sip_text
	err = check(C.voxlock_sip_framer_next((*C.voxlock_sip_framer)(p), &kind, &out))
	return SIPFrame(kind), goBytes(out), err
}

// SIPStart is a start line: a request where StatusCode is 0.
type SIPStart struct {
	Method, URI string
	StatusCode  int
	Reason      string // "": the usual phrase
}

// WriteSIP writes a message. Content-Length is added; a body needs a Content-Type among the headers. What
// would break the message is refused with ErrSIPUnsafeValue.
func WriteSIP(start SIPStart, headers []Header, body []byte) ([]byte, error) {
	var lent lender
	defer lent.giveBack()
	text := func(s string) C.voxlock_sip_text { return C.voxlock_sip_text{lent.text(s), C.size_t(len(s))} }
	line := C.voxlock_sip_start{struct_size: C.sizeof_voxlock_sip_start, status_code: C.int32_t(start.StatusCode),
		method: text(start.Method), uri: text(start.URI), reason: text(start.Reason)}
	rows := make([]C.voxlock_sip_header, len(headers))
	for i, h := range headers {
		rows[i] = C.voxlock_sip_header{name: text(h.Name), value: text(h.Value)}
	}
	return taken(1024, func(out *C.uint8_t, n *C.size_t) C.int32_t {
		return C.voxlock_sip_write(&line, unsafe.SliceData(rows), C.size_t(len(rows)), bytesOf(body),
			C.size_t(len(body)), out, n)
	})
}

// SIPURI is an address or URI taken apart (RFC 3261, sections 19.1 and 20.10; RFC 3966).
type SIPURI struct {
	Scheme      SIPScheme
	URI         string // without display name, brackets and header parameters
	User        string // still escaped; the number of a tel URI
	Password    string
	Host        string // an IPv6 address keeps its brackets
	Port        int    // -1: none is written
	Params      string // with the leading ';'
	Headers     string // without the '?'
	DisplayName string // without quotes
	FieldParams string // behind the URI: ";tag=..."
}

// ParseSIPURI takes a URI, or the value of From, To, Contact, Route ... apart.
func ParseSIPURI(text string) (SIPURI, error) {
	// Texts of the result point into the input: C gets a pinned one.
	var lent lender
	defer lent.giveBack()
	out := C.voxlock_sip_uri{struct_size: C.sizeof_voxlock_sip_uri}
	if err := check(C.voxlock_sip_uri_parse(lent.text(text), C.size_t(len(text)), &out)); err != nil {
		return SIPURI{}, err
	}
	return SIPURI{
		Scheme: SIPScheme(out.scheme), URI: goText(out.uri), User: goText(out.user), Password: goText(out.password),
		Host: goText(out.host), Port: int(out.port), Params: goText(out.params), Headers: goText(out.headers),
		DisplayName: goText(out.display_name), FieldParams: goText(out.field_params),
	}, nil
}

// SIPURIsEqual compares two URIs by RFC 3261, section 19.1.4.
func SIPURIsEqual(a, b string) (bool, error) {
	var out C.int32_t
	err := check(C.voxlock_sip_uri_equal(textOf(a), C.size_t(len(a)), textOf(b), C.size_t(len(b)), &out))
	return out == 1, err
}
