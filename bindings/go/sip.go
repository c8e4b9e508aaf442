package voxlock

// #include <voxlock/voxlock.h>
import "C"

import "unsafe"

// SIPConfig is that of a message or framer; the zero value is the default.
type SIPConfig struct {
	MaxMessage int  // bytes, 256 to 1048576; 0: 65536
	IsClient   bool // framer: at the end that opened the connection, which receives pongs (RFC 5626)
}

func (c SIPConfig) fill(out *C.voxlock_sip_config) error {
	if err := check(C.voxlock_sip_config_init(out, C.sizeof_voxlock_sip_config)); err != nil {
		return err
	}
	if c.MaxMessage != 0 {
		out.max_message = C.uint32_t(c.MaxMessage)
	}
	out.is_client = flag(c.IsClient)
	return nil
}

// SIPMessage parses one message after the other and shows the last (RFC 3261, section 7).
type SIPMessage struct{ handle *handle }

// NewSIPMessage makes an empty message.
func (c *Context) NewSIPMessage(config SIPConfig) (*SIPMessage, error) {
	var in C.voxlock_sip_config
	if err := config.fill(&in); err != nil {
		return nil, err
	}
	return construct[SIPMessage](c, func(ctx *C.voxlock_context, out **C.voxlock_sip_message) C.int32_t {
		return C.voxlock_sip_message_new(ctx, &in, out)
	}, func(p *C.voxlock_sip_message) { C.voxlock_sip_message_free(p) })
}

// Close gives the message back.
func (m *SIPMessage) Close() error { return m.handle.close() }

func (m *SIPMessage) enter() (*C.voxlock_sip_message, error) {
	p, err := m.handle.enter()
	return (*C.voxlock_sip_message)(p), err
}

// Parse copies the message at the start of data and gives the bytes that it takes up. On a refusal the
// message shows what could be read, for an answer with ResponseCode; ErrTruncated: a stream needs more.
func (m *SIPMessage) Parse(data []byte, transport SIPTransport) (int, error) {
	p, err := m.enter()
	if err != nil {
		return 0, err
	}
	defer m.handle.leave()
	var consumed C.size_t
	err = check(C.voxlock_sip_message_parse(p, bytesOf(data), C.size_t(len(data)), C.int32_t(transport), &consumed))
	return int(consumed), err
}

// SIPSummary is what nearly every reader of a message wants; missing parts are empty.
type SIPSummary struct {
	StatusCode   int    // of a response; 0 in a request
	Method       string // of a response: that of CSeq
	URI          string // Request-URI
	Reason       string
	FromURI      string
	FromName     string // without quotes, its escapes kept
	FromTag      string
	ToURI        string
	ToName       string
	ToTag        string
	CallID       string
	ContactURI   string // of the first Contact
	ViaBranch    string // of the topmost Via
	ContentType  string
	Body         []byte
	CSeq         uint32
	MaxForwards  int // -1: missing
	HeaderCount  int
	IsAnswerable bool // a request with what a response needs, even after a failed parse
}

// Summary tells about the message parsed last.
func (m *SIPMessage) Summary() (SIPSummary, error) {
	p, err := m.enter()
	if err != nil {
		return SIPSummary{}, err
	}
	defer m.handle.leave()
	out := C.voxlock_sip_summary{struct_size: C.sizeof_voxlock_sip_summary}
	if err := check(C.voxlock_sip_message_summary(p, &out)); err != nil {
		return SIPSummary{}, err
	}
	return SIPSummary{
		StatusCode: int(out.status_code), Method: goText(out.method), URI: goText(out.uri),
		Reason: goText(out.reason), FromURI: goText(out.from_uri), FromName: goText(out.from_name),
		FromTag: goText(out.from_tag), ToURI: goText(out.to_uri), ToName: goText(out.to_name),
		ToTag: goText(out.to_tag), CallID: goText(out.call_id), ContactURI: goText(out.contact_uri),
		ViaBranch: goText(out.via_branch), ContentType: goText(out.content_type), Body: goBytes(out.body),
		CSeq: uint32(out.cseq), MaxForwards: int(out.max_forwards), HeaderCount: int(out.header_count),
		IsAnswerable: out.is_answerable == 1,
	}, nil
}

// Header is a header field of a message, or an attribute of a description.
type Header struct{ Name, Value string }

// Headers gives fields whole: those of a name (full or compact, any case), or all where it is "".
func (m *SIPMessage) Headers(name string) ([]Header, error) {
	p, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer m.handle.leave()
	var lent lender
	defer lent.giveBack()
	wanted := lent.terminated(name)
	return collect(func(index C.size_t) (Header, C.int32_t) {
		var out C.voxlock_sip_header
		status := C.voxlock_sip_message_header(p, wanted, index, &out)
		return Header{goText(out.name), goText(out.value)}, status
	})
}

// Values gives the values of a header field; list fields are cut at their commas (RFC 3261, section 7.3.1).
func (m *SIPMessage) Values(name string) ([]string, error) {
	p, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer m.handle.leave()
	var lent lender
	defer lent.giveBack()
	wanted := lent.terminated(name)
	return collect(func(index C.size_t) (string, C.int32_t) {
		var out C.voxlock_sip_text
		status := C.voxlock_sip_message_value(p, wanted, index, &out)
		return goText(out), status
	})
}

// Body gives the first body part of a media type, looking into multipart bodies; ErrNotFound: none.
func (m *SIPMessage) Body(mediaType string) ([]byte, error) {
	p, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer m.handle.leave()
	var lent lender
	defer lent.giveBack()
	var out C.voxlock_sip_text
	if err := check(C.voxlock_sip_message_body(p, lent.terminated(mediaType), &out)); err != nil {
		return nil, err
	}
	return goBytes(out), nil
}

// ResponseCode tells how to answer a request that was refused: 400, 414 ... 513; 0: not at all.
func ResponseCode(err error) int {
	status, ok := err.(Status)
	if !ok {
		return 0
	}
	return int(C.voxlock_sip_response_code(C.int32_t(status)))
}

func goText(t C.voxlock_sip_text) string { return C.GoStringN(t.data, C.int(t.len)) }

func goBytes(t C.voxlock_sip_text) []byte {
	if t.len == 0 {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(t.data), C.int(t.len))
}
