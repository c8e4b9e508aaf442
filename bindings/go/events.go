package voxlock

/*
#include <stdlib.h>
#include <voxlock/voxlock.h>
*/
import "C"

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"
	"unsafe"
)

const (
	batchSize   = 64
	maxDatagram = 2048 // no packet of ours is longer
)

// Datagram is a received one. Data is borrowed for the call; one above 2048 bytes is left out.
type Datagram struct {
	Data   []byte
	Source netip.AddrPort
	Leg    int // bridge: 0 or 1, the leg whose socket got it; a leg alone: 0
	Local  int // WebRTC: which of the leg's own addresses it came to
}

// Event is what happened on a leg, or what the host is to do. Fields that do not belong to its type are
// zero. Data is valid until the next Poll into the same Events.
type Event struct {
	Type        EventType
	Leg         int            // bridge: 0 or 1
	Data        []byte         // EventTransmit: send it to Address. EventPayload: the payload
	Address     netip.AddrPort // not valid in what a port of RTP transmits: it goes to the host's peer
	Local       int            // EventTransmit, EventConnected: the own address to send from
	IsRTCP      bool           // EventTransmit: from the RTCP socket, unless RTCP is multiplexed
	Marker      bool
	PayloadType uint8
	Digit       byte // EventDigit: ASCII 0..9 * # A..D, 'F' for flash; once for each press
	SSRC        uint32
	Timestamp   uint32 // ticks of the RTP clock
	Lost        int    // EventPayload: packets missing right before this one
	Sequence    uint64 // EventPayload: extended beyond 16 bits
	Duration    time.Duration
	Err         error // EventFailed: why; nil: the peer closed
	Fault       Fault // EventFault: why packets of SSRC do not open; Lost: rounds; Marker: they do again
}

// String names the type and the length: what was said or dialled is not for logs.
func (e Event) String() string {
	return fmt.Sprintf("%v of leg %d, %d bytes", e.Type, e.Leg, len(e.Data))
}

// GoString is String.
func (e Event) GoString() string { return e.String() }

// Frame gives what a port, or a leg alone, received; false for other events.
func (e *Event) Frame() (Frame, bool) {
	if e.Type != EventPayload {
		return Frame{}, false
	}
	return Frame{Data: e.Data, Timestamp: e.Timestamp, Lost: e.Lost, PayloadType: e.PayloadType, Marker: e.Marker}, true
}

// Events is a buffer that Poll fills; the zero value is ready. One serves any number of legs and bridges,
// one after the other. Audio in it is overwritten by the next Poll, and by Wipe.
type Events struct {
	List []Event

	rows   []C.voxlock_media_event
	arena  []byte
	filled int // rows
	used   int // bytes of arena
}

// Wipe overwrites what the buffer holds and empties it.
func (e *Events) Wipe() {
	clear(e.arena[:e.used])
	clear(e.rows[:e.filled]) // digits
	clear(e.List)
	e.filled, e.used, e.List = 0, 0, e.List[:0]
}

type pollKind int

const (
	pollLeg pollKind = iota
	pollBridge
	pollRelay
)

// take polls the object of a handle that is entered.
func (e *Events) take(object unsafe.Pointer, kind pollKind, now time.Duration) (int, error) {
	if e.rows == nil {
		e.rows = make([]C.voxlock_media_event, batchSize)
		e.arena = make([]byte, batchSize*maxDatagram/2)
		e.List = make([]Event, 0, batchSize)
	}
	e.Wipe()
	var count C.size_t
	var status C.int32_t
	rows, arena, size := &e.rows[0], bytesOf(e.arena), C.size_t(len(e.arena))
	switch kind {
	case pollLeg:
		status = C.voxlock_leg_poll((*C.voxlock_leg)(object), rows, batchSize, &count, arena, size, nanoseconds(now))
	case pollBridge:
		status = C.voxlock_bridge_poll((*C.voxlock_bridge)(object), rows, batchSize, &count, arena, size, nanoseconds(now))
	case pollRelay:
		status = C.voxlock_relay_poll((*C.voxlock_relay)(object), rows, batchSize, &count, arena, size, nanoseconds(now))
	}
	if status != 0 {
		return 0, check(status)
	}
	e.filled = int(count)
	e.List = e.List[:count]
	for i := range e.List {
		e.read(&e.rows[i], &e.List[i])
	}
	return int(count), nil
}

func (e *Events) read(row *C.voxlock_media_event, out *Event) {
	*out = Event{
		Type: EventType(row._type), Leg: int(row.leg), Address: addrPort(&row.address), Local: int(row.local),
		IsRTCP: row.is_rtcp != 0, Marker: row.marker != 0, PayloadType: uint8(row.payload_type),
		Digit: byte(row.digit), SSRC: uint32(row.ssrc), Timestamp: uint32(row.timestamp), Lost: int(row.lost),
		Sequence: uint64(row.sequence), Duration: time.Duration(row.duration_ms) * time.Millisecond,
	}
	if row.len != 0 {
		from, to := int(row.offset), int(row.offset+row.len)
		out.Data = e.arena[from:to:to]
		e.used = max(e.used, to)
	}
	if out.Type == EventFailed {
		out.Err = errorOf(-Status(row.value))
	}
	if out.Type == EventFault {
		out.Fault = Fault(row.value)
	}
}

// An intake is memory of C that datagrams and frames lie in for a call: rows point to the bytes, which
// memory of Go must not do unless it is pinned, and pinning costs more than the copy.
type intake struct {
	datagrams []C.voxlock_datagram
	frames    []C.voxlock_port_frame
	arena     []byte
	count     int
	used      int
}

var intakes = sync.Pool{New: func() any {
	const rows = batchSize * max(C.sizeof_voxlock_datagram, C.sizeof_voxlock_port_frame)
	memory := C.calloc(1, rows+batchSize*maxDatagram)
	in := &intake{
		datagrams: unsafe.Slice((*C.voxlock_datagram)(memory), batchSize),
		frames:    unsafe.Slice((*C.voxlock_port_frame)(memory), batchSize),
		arena:     unsafe.Slice((*byte)(unsafe.Add(memory, rows)), batchSize*maxDatagram),
	}
	runtime.AddCleanup(in, func(memory unsafe.Pointer) { C.free(memory) }, memory)
	return in
}}

// put copies bytes in; false: hand over what is there first.
func (in *intake) put(data []byte) (*C.uint8_t, bool) {
	if in.count == batchSize || len(in.arena)-in.used < len(data) {
		return nil, false
	}
	at := in.arena[in.used:]
	copy(at, data)
	in.used += len(data)
	return bytesOf(at), true
}

// reset wipes: it may have been audio.
func (in *intake) reset() {
	clear(in.arena[:in.used])
	in.count, in.used = 0, 0
}

// input hands datagrams to a leg, bridge or relay that is entered, up to 64 in one call.
func input(object unsafe.Pointer, kind pollKind, datagrams []Datagram, now time.Duration) error {
	if len(datagrams) == 0 {
		return nil
	}
	in := intakes.Get().(*intake)
	defer intakes.Put(in)
	defer in.reset()
	for i := range datagrams {
		d := &datagrams[i]
		if len(d.Data) > maxDatagram {
			continue
		}
		data, ok := in.put(d.Data)
		if !ok {
			if err := in.flush(object, kind, now); err != nil {
				return err
			}
			data, _ = in.put(d.Data)
		}
		in.datagrams[in.count] = C.voxlock_datagram{data: data, len: C.size_t(len(d.Data)),
			source: addressOf(d.Source), leg: C.uint32_t(d.Leg), local: C.uint32_t(d.Local)}
		in.count++
	}
	return in.flush(object, kind, now)
}

func (in *intake) flush(object unsafe.Pointer, kind pollKind, now time.Duration) error {
	rows, count := &in.datagrams[0], C.size_t(in.count)
	var status C.int32_t
	switch kind {
	case pollLeg:
		status = C.voxlock_leg_input((*C.voxlock_leg)(object), rows, count, nanoseconds(now))
	case pollBridge:
		status = C.voxlock_bridge_input((*C.voxlock_bridge)(object), rows, count, nanoseconds(now))
	case pollRelay:
		status = C.voxlock_relay_input((*C.voxlock_relay)(object), rows, count, nanoseconds(now))
	}
	in.reset()
	return check(status)
}
