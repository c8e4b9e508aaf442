package voxlock

/*
#include <stdlib.h>
#include <voxlock/voxlock.h>
*/
import "C"

import (
	"net/netip"
	"runtime"
	"time"
	"unsafe"
)

var epoch = time.Now()

// Monotonic is the time that every now of a program may be: it never steps back.
func Monotonic() time.Duration { return time.Since(epoch) }

// never is what C calls UINT64_MAX.
const never = ^uint64(0)

func nanoseconds(now time.Duration) C.uint64_t { return C.uint64_t(max(now, 0)) }

// deadline is what a next_deadline function told; false: never.
func deadline(at C.uint64_t) (time.Duration, bool) {
	if uint64(at) == never {
		return 0, false
	}
	return time.Duration(at), true
}

func milliseconds(d time.Duration) C.uint32_t { return C.uint32_t(d / time.Millisecond) }

// A lender makes Go's memory fit for a pointer inside a C struct until giveBack.
type lender struct {
	pinner runtime.Pinner
	copies []unsafe.Pointer
}

func (l *lender) bytes(data []byte) *C.uint8_t {
	if len(data) == 0 {
		return nil
	}
	l.pinner.Pin(&data[0])
	return bytesOf(data)
}

func (l *lender) text(s string) *C.char {
	if s == "" {
		return nil
	}
	l.pinner.Pin(unsafe.StringData(s))
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s)))
}

// terminated is a copy with a NUL behind it; "" gives NULL.
func (l *lender) terminated(s string) *C.char {
	if s == "" {
		return nil
	}
	copied := C.CString(s)
	l.copies = append(l.copies, unsafe.Pointer(copied))
	return copied
}

func (l *lender) giveBack() {
	l.pinner.Unpin()
	for _, copied := range l.copies {
		C.free(copied)
	}
	l.copies = nil
}

func bytesOf(data []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(data))) }

func samplesOf(pcm []int16) *C.int16_t { return (*C.int16_t)(unsafe.Pointer(unsafe.SliceData(pcm))) }

func textOf(s string) *C.char { return (*C.char)(unsafe.Pointer(unsafe.StringData(s))) }

// taken calls a function that writes into a buffer, once more where the first was too small.
func taken(capacity int, write func(out *C.uint8_t, n *C.size_t) C.int32_t) ([]byte, error) {
	for {
		out := make([]byte, capacity)
		n := C.size_t(capacity)
		switch status := Status(write(bytesOf(out), &n)); {
		case status == 0:
			return out[:n], nil
		case status != ErrBufferTooSmall || int(n) <= capacity:
			return nil, errorOf(status)
		}
		capacity = int(n)
	}
}

// room gives dst with space for n more bytes behind it.
func room(dst []byte, n int) []byte {
	if cap(dst)-len(dst) < n {
		larger := make([]byte, len(dst), len(dst)+n)
		copy(larger, dst)
		dst = larger
	}
	return dst[:len(dst)+n]
}

func addressOf(a netip.AddrPort) (out C.voxlock_address) {
	ip := a.Addr().Unmap()
	switch {
	case ip.Is4():
		four := ip.As4()
		copy(unsafe.Slice((*byte)(&out.ip[0]), 16), four[:])
		out.family = 4
	case ip.Is6():
		sixteen := ip.As16()
		copy(unsafe.Slice((*byte)(&out.ip[0]), 16), sixteen[:])
		out.family = 6
	default:
		return out
	}
	out.port = C.uint16_t(a.Port())
	return out
}

func addrPort(a *C.voxlock_address) netip.AddrPort {
	ip := (*[16]byte)(unsafe.Pointer(&a.ip))
	switch a.family {
	case 4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[:4])), uint16(a.port))
	case 6:
		return netip.AddrPortFrom(netip.AddrFrom16(*ip), uint16(a.port))
	}
	return netip.AddrPort{}
}

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}

func pointerOf(data []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(data)) }
