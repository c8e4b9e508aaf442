package voxlock

/*
#include <stdlib.h>
#include <voxlock/voxlock.h>
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

// MaxSRTPBatch is how many packets an SRTPBatch takes.
const MaxSRTPBatch = batchSize

// SRTPBatch opens or seals RTP packets of many sessions in one call into C: Add them, Open or Seal, read
// each Result, Reset. The zero value is ready; one goroutine at a time may use it. What was opened stays
// in its memory until Reset.
type SRTPBatch struct {
	memory   *batchOwner
	sessions [batchSize]*SRTP
	held     [batchSize]*guard
	count    int
	used     int
	isDone   bool
}

// batchMemory has rows in memory of C, so that no call has to look whether they may point to packets, and
// packets in memory of Go that stays where it is: a Result may outlive the batch.
type batchMemory struct {
	rows   []C.voxlock_srtp_packet
	arena  []byte
	pinner runtime.Pinner
}

// batchOwner is what a batch and its copies hold: without it the memory goes back.
type batchOwner struct{ *batchMemory }

func newBatchMemory() *batchMemory {
	rows := C.calloc(batchSize, C.sizeof_voxlock_srtp_packet)
	out := &batchMemory{
		rows:  unsafe.Slice((*C.voxlock_srtp_packet)(rows), batchSize),
		arena: make([]byte, batchSize*(2*maxDatagram+sealOverhead)),
	}
	out.pinner.Pin(&out.arena[0])
	return out
}

func (m *batchMemory) free() {
	m.pinner.Unpin()
	C.free(unsafe.Pointer(&m.rows[0]))
}

// Add copies the next packet in. ErrLimit: the batch is full, or the packet is longer than 2048 bytes;
// ErrWrongState: Reset first; ErrClosed: there is no session.
func (b *SRTPBatch) Add(session *SRTP, packet []byte) error {
	switch {
	case session == nil:
		return ErrClosed
	case b.isDone:
		return ErrWrongState
	case b.count == batchSize || len(packet) > maxDatagram:
		return ErrLimit
	}
	if b.memory == nil {
		owner := &batchOwner{newBatchMemory()}
		runtime.AddCleanup(owner, (*batchMemory).free, owner.batchMemory)
		b.memory = owner
	}
	data, out := b.memory.arena[b.used:], b.memory.arena[b.used+len(packet):]
	copy(data, packet)
	b.memory.rows[b.count] = C.voxlock_srtp_packet{data: bytesOf(data), len: C.size_t(len(packet)), out: bytesOf(out),
		out_len: C.size_t(len(packet) + sealOverhead)}
	b.sessions[b.count] = session
	b.count++
	b.used += 2*len(packet) + sealOverhead
	return nil
}

// Len is how many packets were added.
func (b *SRTPBatch) Len() int { return b.count }

// Open opens all packets, as SRTP.Open one after the other would. An error is none of theirs: ErrClosed (a
// session is closed; nothing was done), ErrWrongState (Reset first).
func (b *SRTPBatch) Open(now time.Duration) error {
	return b.run(func(rows *C.voxlock_srtp_packet, count C.size_t) C.int32_t {
		return C.voxlock_srtp_open_batch(rows, count, nanoseconds(now))
	})
}

// Seal seals all packets, as SRTP.Seal one after the other would. Errors are those of Open.
func (b *SRTPBatch) Seal() error {
	return b.run(func(rows *C.voxlock_srtp_packet, count C.size_t) C.int32_t {
		return C.voxlock_srtp_seal_batch(rows, count)
	})
}

func (b *SRTPBatch) run(call func(rows *C.voxlock_srtp_packet, count C.size_t) C.int32_t) error {
	if b.isDone {
		return ErrWrongState
	}
	if b.count == 0 {
		return nil
	}
	held, err := b.enter()
	if err == nil {
		err = check(call(&b.memory.rows[0], C.size_t(b.count)))
		b.isDone = err == nil
	}
	for i := range held {
		b.held[i].mutex.Unlock()
		b.held[i] = nil
	}
	return err
}

// enter holds every session once and tells how many guards that took.
func (b *SRTPBatch) enter() (held int, err error) {
	joining.Lock()
	defer joining.Unlock()
	for i, session := range b.sessions[:b.count] {
		h := session.handle
		if h == nil {
			return held, ErrClosed
		}
		// Guards change only under joining. One that is taken may be so by a packet before this one.
		if g := h.guard.Load(); g.mutex.TryLock() {
			b.held[held] = g
			held++
		} else if !holds(b.held[:held], g) {
			g.mutex.Lock()
			b.held[held] = g
			held++
		}
		if h.pointer == nil {
			return held, ErrClosed
		}
		b.memory.rows[i].srtp = (*C.voxlock_srtp)(h.pointer)
	}
	return held, nil
}

// Result gives what became of a packet, by the order of Add: the plain or the sealed one, valid until
// Reset, or the error of SRTP.Open or SRTP.Seal. ErrNotFound: there is no such packet; ErrWrongState: it
// was neither opened nor sealed.
func (b *SRTPBatch) Result(i int) ([]byte, error) {
	switch {
	case i < 0 || i >= b.count:
		return nil, ErrNotFound
	case !b.isDone:
		return nil, ErrWrongState
	}
	row := &b.memory.rows[i]
	if row.status != 0 {
		return nil, errorOf(Status(row.status))
	}
	return unsafe.Slice((*byte)(row.out), int(row.out_len)), nil
}

// Reset wipes the packets and empties the batch.
func (b *SRTPBatch) Reset() {
	if b.count != 0 {
		clear(b.memory.arena[:b.used])
		clear(b.memory.rows[:b.count])
		clear(b.sessions[:b.count])
	}
	b.count, b.used, b.isDone = 0, 0, false
}
