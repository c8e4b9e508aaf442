package voxlock

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// A guard lets one goroutine at a time into the objects that have it. The library wants that of each
// object, and of a bridge and its legs together.
type guard struct{ mutex sync.Mutex }

// A handle is what stays of a C object when the Go object is gone: the cleanup closes it.
type handle struct {
	guard   atomic.Pointer[guard] // changed only while it is held
	pointer unsafe.Pointer        // read and written while guard is held; nil: closed
	free    func(unsafe.Pointer)
}

func newHandle(pointer unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	h := &handle{pointer: pointer, free: free}
	h.guard.Store(new(guard))
	return h
}

// hold takes the guard, whichever it is by the time it is free.
func (h *handle) hold() *guard {
	for {
		g := h.guard.Load()
		g.mutex.Lock()
		if h.guard.Load() == g {
			return g
		}
		g.mutex.Unlock()
	}
}

// enter gives the C object; leave must follow unless there is an error.
func (h *handle) enter() (unsafe.Pointer, error) {
	if h == nil {
		return nil, ErrClosed
	}
	g := h.hold()
	if h.pointer == nil {
		g.mutex.Unlock()
		return nil, ErrClosed
	}
	return h.pointer, nil
}

func (h *handle) leave() { h.guard.Load().mutex.Unlock() }

// close may be called at any time and any number of times, by the cleanup as well.
func (h *handle) close() error {
	if h == nil {
		return nil
	}
	g := h.hold()
	defer g.mutex.Unlock()
	if h.pointer != nil {
		h.free(h.pointer)
		h.pointer = nil
	}
	return nil
}

func cleanUp(h *handle) { _ = h.close() }

// Whoever takes more than one guard takes this first, and nobody waits while holding some.
var joining sync.Mutex

// enterAll enters several objects at once; nil ones are left out. The function leaves them all.
func enterAll(handles ...*handle) (func(), error) {
	joining.Lock()
	defer joining.Unlock()
	var held []*guard
	leave := func() {
		for _, g := range held {
			g.mutex.Unlock()
		}
	}
	for _, h := range handles {
		if h == nil {
			continue
		}
		if !holds(held, h.guard.Load()) {
			held = append(held, h.hold())
		}
		if h.pointer == nil {
			leave()
			return nil, ErrClosed
		}
	}
	return leave, nil
}

// Guards change only under joining, so one that is held here stays the object's.
func holds(held []*guard, wanted *guard) bool {
	for _, g := range held {
		if g == wanted {
			return true
		}
	}
	return false
}

// share gives objects that are entered the guard of the first.
func share(first *handle, others ...*handle) {
	for _, h := range others {
		if h != nil {
			h.guard.Store(first.guard.Load())
		}
	}
}
