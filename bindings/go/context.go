package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"fmt"
	"slices"
	"time"
)

// Version of the library that is linked, for example "0.1.0".
func Version() string { return C.GoString(C.voxlock_version_string()) }

// Has tells whether the library and those it runs on have a feature, for example "tls.1.3".
func Has(feature string) bool {
	var lent lender
	defer lent.giveBack()
	return C.voxlock_has(lent.terminated(feature)) == 1
}

// ContextConfig is what a context is made of; its zero value is the default.
type ContextConfig struct {
	// Seed makes a run reproducible bit for bit, and its keys not secret: for tests only. 16 to 64 bytes;
	// empty: entropy of the operating system.
	Seed []byte
	// Memory tells where objects lie, with their keys and audio.
	Memory Memory
}

// MemoryInfo is what the arenas of a context hold; bytes.
type MemoryInfo struct {
	IsLocked bool   // all of them
	Reserved uint64 // mapped
	Locked   uint64 // of these: never written to swap
	Used     uint64 // of these: in live objects
}

// Context is what every other object is made from: entropy and wall time. Objects keep what they need of
// it, so that it may be closed before them.
type Context struct{ handle *handle }

// NewContext makes a context. Its wall time is set to time.Now unless there is a seed.
func NewContext(config ContextConfig) (*Context, error) {
	if layoutError != nil {
		return nil, layoutError
	}
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_context_config
	if err := check(C.voxlock_context_config_init(&in, C.sizeof_voxlock_context_config)); err != nil {
		return nil, err
	}
	in.memory = C.uint32_t(config.Memory)
	in.seed, in.seed_len = lent.bytes(config.Seed), C.size_t(len(config.Seed))
	if len(config.Seed) == 0 {
		in.wall_time_ns = C.uint64_t(time.Now().UnixNano())
	}
	var out *C.voxlock_context
	if err := check(C.voxlock_context_new(&in, &out)); err != nil {
		return nil, err
	}
	return adopt[Context](out, func(p *C.voxlock_context) { C.voxlock_context_free(p) }), nil
}

// Close gives the context back; objects made from it go on working.
func (c *Context) Close() error { return c.handle.close() }

// SetWallTime tells the date for certificates, SIP Date and RTCP. Call it every few minutes.
func (c *Context) SetWallTime(wall time.Time, now time.Duration) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	defer c.handle.leave()
	return check(C.voxlock_context_set_wall_time(p, C.uint64_t(max(wall.UnixNano(), 0)), nanoseconds(now)))
}

// Memory tells what the arenas hold, and whether they are locked.
func (c *Context) Memory() (MemoryInfo, error) {
	p, err := c.enter()
	if err != nil {
		return MemoryInfo{}, err
	}
	defer c.handle.leave()
	out := C.voxlock_memory_info{struct_size: C.sizeof_voxlock_memory_info}
	if err := check(C.voxlock_context_memory(p, &out)); err != nil {
		return MemoryInfo{}, err
	}
	return MemoryInfo{out.is_locked == 1, uint64(out.reserved_bytes), uint64(out.locked_bytes),
		uint64(out.used_bytes)}, nil
}

func (c *Context) enter() (*C.voxlock_context, error) {
	if c == nil {
		return nil, ErrClosed
	}
	p, err := c.handle.enter()
	return (*C.voxlock_context)(p), err
}

type field struct {
	name   string
	offset uintptr
}

// A layout is that of a struct as the headers have it that this package was compiled with.
type layout struct {
	name   string
	size   uintptr
	grows  bool // it begins with struct_size, so that a newer library may have a longer one
	fields []field
}

var layoutError error

var layouts = slices.Concat(mediaLayouts, signallingLayouts)

func init() { layoutError = checkLayouts(layouts) }

// checkLayouts compares with the library that is linked, which need not be the one of the headers.
func checkLayouts(rows []layout) error {
	var lent lender
	defer lent.giveBack()
	for _, row := range rows {
		name := lent.terminated(row.name)
		size := uintptr(C.voxlock_sizeof(name))
		if size < row.size || size > row.size && !row.grows {
			return fmt.Errorf("voxlock: %s has %d bytes in the library and %d in its headers", row.name, size, row.size)
		}
		for _, field := range row.fields {
			if at := uintptr(C.voxlock_offsetof(name, lent.terminated(field.name))); at != field.offset {
				return fmt.Errorf("voxlock: %s.%s lies at %d in the library and at %d in its headers", row.name,
					field.name, at, field.offset)
			}
		}
	}
	return nil
}
