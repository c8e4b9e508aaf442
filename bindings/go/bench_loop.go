//go:build voxlock_bench

package voxlock

/*
#include <stdlib.h>
#include <time.h>
#include "../python/bench/bridge_loop.c"

static uint64_t thread_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static void nothing(void) {}
*/
import "C"

import (
	"time"
	"unsafe"
)

// A cLoop is what a host in C does with a batch, on a bridge that Go made.
type cLoop struct {
	slots []byte
	lens  []C.size_t
}

func newCLoop() *cLoop {
	memory := C.malloc(batchSize * maxDatagram)
	return &cLoop{unsafe.Slice((*byte)(memory), batchSize*maxDatagram), make([]C.size_t, batchSize)}
}

func (l *cLoop) close() { C.free(unsafe.Pointer(&l.slots[0])) }

// run gives the bytes to be sent and the processor time of this thread; 0 bytes: an error.
func (l *cLoop) run(b *Bridge, packets []Datagram, now time.Duration) (int, time.Duration) {
	for i, packet := range packets {
		l.lens[i] = C.size_t(copy(l.slots[i*maxDatagram:(i+1)*maxDatagram], packet.Data))
	}
	source := addressOf(packets[0].Source)
	p, err := b.enter()
	if err != nil {
		return 0, 0
	}
	defer b.handle.leave()
	begin := threadTime()
	total := C.bridge_loop(p, bytesOf(l.slots), maxDatagram, &l.lens[0], C.size_t(len(packets)), &source, nanoseconds(now))
	return int(total), threadTime() - begin
}

// threadTime is the processor time of this thread: lock it first.
func threadTime() time.Duration { return time.Duration(C.thread_ns()) }

// emptyCall is what crossing into C costs by itself.
func emptyCall() { C.nothing() }
