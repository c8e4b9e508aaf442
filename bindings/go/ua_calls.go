package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"fmt"
	"time"
)

// UAEvent is what happened to a call, or what the host is to do; fields that do not belong to its type are
// zero. Data and SDP are valid until the next Poll into the same UAEvents.
type UAEvent struct {
	Type       UAEventType
	Status     int // SIP status code
	Call       CallID
	Connection ConnID
	Cause      Cause
	Transport  UATransport
	Port       int // UAConnect
	RetryAfter time.Duration
	Data       []byte // bytes to send, a host name, or a whole SIP message for SIPMessage.Parse
	SDP        []byte
	Reason     string
	Warning    string
	Digit      byte          // UADigit: ASCII 0..9 * # A..D, 'F' for flash; SDP is the body it came in
	Duration   time.Duration // UADigit; 0: the peer does not tell it
}

// String shows neither messages, descriptions nor digits, which hold keys and may be part of a PIN.
func (e UAEvent) String() string {
	return fmt.Sprintf("%v of call %d, status %d", e.Type, e.Call, e.Status)
}

// GoString is String.
func (e UAEvent) GoString() string { return e.String() }

// UAEvents is a buffer that UA.Poll fills; the zero value is ready. It is overwritten by the next Poll: SDP
// holds keys.
type UAEvents struct {
	List  []UAEvent
	rows  []C.voxlock_ua_event
	arena []byte
	used  int
}

// Wipe overwrites what the buffer holds and empties it.
func (e *UAEvents) Wipe() {
	clear(e.arena[:e.used])
	clear(e.List)
	clear(e.rows) // digits
	e.used, e.List = 0, e.List[:0]
}

// Poll does what is due and takes events out, in order: events.List. It gives their number; go on until it
// is 0.
func (u *UA) Poll(events *UAEvents, now time.Duration) (int, error) {
	p, err := u.enter()
	if err != nil {
		return 0, err
	}
	defer u.handle.leave()
	if events.rows == nil {
		events.rows = make([]C.voxlock_ua_event, batchSize/2)
		events.arena = make([]byte, 65536)
	}
	events.Wipe()
	for {
		var count C.size_t
		size := C.size_t(len(events.arena))
		status := Status(C.voxlock_ua_poll(p, &events.rows[0], C.size_t(len(events.rows)), &count,
			bytesOf(events.arena), &size, nanoseconds(now)))
		if status == ErrBufferTooSmall && int(size) > len(events.arena) {
			events.arena = make([]byte, size)
			continue
		}
		if status != 0 {
			return 0, errorOf(status)
		}
		events.used = int(size)
		for i := range int(count) {
			events.List = append(events.List, events.read(&events.rows[i]))
		}
		return int(count), nil
	}
}

func (e *UAEvents) read(row *C.voxlock_ua_event) UAEvent {
	part := func(offset, size C.uint32_t) []byte {
		if size == 0 {
			return nil
		}
		return e.arena[offset : offset+size : offset+size]
	}
	return UAEvent{
		Type: UAEventType(row._type), Status: int(row.status), Call: CallID(row.call),
		Connection: ConnID(row.connection), Cause: Cause(row.cause), Transport: UATransport(row.transport),
		Port: int(row.port), RetryAfter: time.Duration(row.retry_after_s) * time.Second,
		Data: part(row.data_offset, row.data_len), SDP: part(row.sdp_offset, row.sdp_len),
		Reason:  string(part(row.reason_offset, row.reason_len)),
		Warning: string(part(row.warning_offset, row.warning_len)),
		Digit:   byte(row.digit), Duration: time.Duration(row.duration_ms) * time.Millisecond,
	}
}

// Ring sends a provisional response (101 to 199) to an incoming call; sdp may be nil.
func (u *UA) Ring(call CallID, status int, sdp []byte, now time.Duration) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	return check(C.voxlock_ua_ring(p, C.uint64_t(call), C.uint32_t(status), bytesOf(sdp), C.size_t(len(sdp)),
		nanoseconds(now)))
}

// Answer gives the description that the call waits for, in a 200 with further headers, or in an ACK, which takes
// none of them.
func (u *UA) Answer(call CallID, sdp []byte, now time.Duration, headers ...Header) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	lines := headerLines(headers)
	return check(C.voxlock_ua_answer_headers(p, C.uint64_t(call), bytesOf(sdp), C.size_t(len(sdp)), textOf(lines),
		C.size_t(len(lines)), nanoseconds(now)))
}

// Refusal is how an INVITE is refused; the zero value is 603.
type Refusal struct {
	Status     int    // 300 to 699
	Reason     string // default: the RFC's phrase
	WarnCode   int    // 300 to 399; 0: no Warning
	Warning    string
	RetryAfter time.Duration
}

// Refusal gives how to refuse the offer that this verdict is about.
func (v Verdict) Refusal() Refusal {
	return Refusal{Status: v.SIPStatus, WarnCode: v.WarnCode, Warning: v.Warning}
}

// Reject refuses the INVITE or re-INVITE that waits.
func (u *UA) Reject(call CallID, refusal Refusal, now time.Duration) error {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_ua_refusal
	if err := check(C.voxlock_ua_refusal_init(&in, C.sizeof_voxlock_ua_refusal)); err != nil {
		return err
	}
	setNumber(&in.status, refusal.Status)
	setText(&in.reason, &in.reason_len, refusal.Reason, &lent)
	setText(&in.warning, &in.warning_len, refusal.Warning, &lent)
	in.warn_code, in.retry_after_s = C.uint32_t(refusal.WarnCode), C.uint32_t(refusal.RetryAfter/time.Second)
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	return check(C.voxlock_ua_reject(p, C.uint64_t(call), &in, nanoseconds(now)))
}

// Offer sends a re-INVITE with a new offer; none asks the peer for one. ErrUAPending: an exchange is under
// way (RFC 3261, section 14).
func (u *UA) Offer(call CallID, sdp []byte, now time.Duration) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	return check(C.voxlock_ua_offer(p, C.uint64_t(call), bytesOf(sdp), C.size_t(len(sdp)), nanoseconds(now)))
}

// SendDigit sends a digit by INFO (RFC 6086), for peers that take no telephone events (RFC 4733): 0..9 * # A..D. The
// duration, up to a minute, is told by DTMFRelay alone. UADigitRefused tells where the peer does not want it.
func (u *UA) SendDigit(call CallID, digit byte, duration time.Duration, form DigitForm, now time.Duration) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	return check(C.voxlock_ua_send_digit(p, C.uint64_t(call), C.uint32_t(digit),
		C.uint32_t(max(duration, 0)/time.Millisecond), C.uint32_t(form), nanoseconds(now)))
}

// HangUp ends a call in any state: CANCEL, BYE, or 603. UAEnded tells when it is over.
func (u *UA) HangUp(call CallID, now time.Duration) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	return check(C.voxlock_ua_hangup(p, C.uint64_t(call), nanoseconds(now)))
}

// SetCredentials is what requests answer a challenge of a realm with, bound to the next hop's host name
// unless peer is "". A user of "" removes. RFC 3261, section 22
func (u *UA) SetCredentials(realm, peer, user, password string) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	in := terminatedAll(realm, peer, user, password)
	defer in.giveBack()
	return check(C.voxlock_ua_set_credentials(p, in.at(0), in.at(1), in.at(2), in.at(3)))
}

// SetAccount adds a user of the config's realm; a password of "" removes.
func (u *UA) SetAccount(user, password string) error {
	p, err := u.enter()
	if err != nil {
		return err
	}
	defer u.handle.leave()
	in := terminatedAll(user, password)
	defer in.giveBack()
	return check(C.voxlock_ua_set_account(p, in.at(0), in.at(1)))
}

// terminatedAll copies texts with a NUL behind each, wiped when they are given back: one is a password.
func terminatedAll(texts ...string) *terminatedTexts {
	size := 0
	for _, text := range texts {
		size += len(text) + 1
	}
	// One allocation: no copy stays behind.
	t := &terminatedTexts{all: make([]byte, 0, size)}
	for _, text := range texts {
		t.starts = append(t.starts, len(t.all))
		t.all = append(append(t.all, text...), 0)
	}
	return t
}

type terminatedTexts struct {
	all    []byte
	starts []int
}

func (t *terminatedTexts) at(i int) *C.char { return (*C.char)(pointerOf(t.all[t.starts[i]:])) }

func (t *terminatedTexts) giveBack() { clear(t.all[:cap(t.all)]) }

// UAStats are counters; the first three are present numbers.
type UAStats struct {
	Connections, Calls, Transactions     int
	RequestsIn, ResponsesIn              uint64
	Malformed, Unmatched, RefusedByLimit uint64
	Challenges, AuthFailures             uint64
}

// Stats reads the counters.
func (u *UA) Stats() (UAStats, error) {
	p, err := u.enter()
	if err != nil {
		return UAStats{}, err
	}
	defer u.handle.leave()
	out := C.voxlock_ua_stats{struct_size: C.sizeof_voxlock_ua_stats}
	if err := check(C.voxlock_ua_get_stats(p, &out)); err != nil {
		return UAStats{}, err
	}
	return UAStats{int(out.connections), int(out.calls), int(out.transactions), uint64(out.requests_in),
		uint64(out.responses_in), uint64(out.malformed), uint64(out.unmatched), uint64(out.refused_by_limit),
		uint64(out.challenges), uint64(out.auth_failures)}, nil
}
