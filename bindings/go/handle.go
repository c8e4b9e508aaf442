package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"runtime"
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

// adopt makes the object of a C pointer, which free gives back: when it is closed, or after a collection.
func adopt[T ~struct{ handle *handle }, P any](pointer P, free func(P)) *T {
	h := handleFor(pointer, free)
	object := &T{h}
	runtime.AddCleanup(object, cleanUp, h)
	return object
}

// handleFor: P is a pointer of C, whose type is incomplete and so can be no type argument itself.
func handleFor[P any](pointer P, free func(P)) *handle {
	return newHandle(*(*unsafe.Pointer)(unsafe.Pointer(&pointer)), func(p unsafe.Pointer) { free(*(*P)(unsafe.Pointer(&p))) })
}

// construct calls create with a context and adopts what it makes.
func construct[T ~struct{ handle *handle }, P any](c *Context, create func(*C.voxlock_context, *P) C.int32_t,
	free func(P)) (*T, error) {
	ctx, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer c.handle.leave()
	var out P
	if err := check(create(ctx, &out)); err != nil {
		return nil, err
	}
	return adopt[T](out, free), nil
}

// collect gives the rows 0, 1 ... that row reads, up to the one that is not there.
func collect[T any](row func(index C.size_t) (T, C.int32_t)) ([]T, error) {
	var list []T
	for {
		value, status := row(C.size_t(len(list)))
		switch Status(status) {
		case 0:
			list = append(list, value)
		case ErrNotFound:
			return list, nil
		default:
			return nil, check(status)
		}
	}
}

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
