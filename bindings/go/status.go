package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"fmt"
	"os"
)

// Status is why the library refused something. It is an error, and errors.Is compares it.
type Status int32

// Error gives the text of the header and the name of the status.
func (s Status) Error() string {
	row, ok := statusRows[s]
	if !ok {
		return fmt.Sprintf("voxlock: unknown status %d", int32(s))
	}
	return "voxlock: " + row.text + " (" + row.name + ")"
}

// Name gives the name as in the C headers: "VOXLOCK_ERR_SRTP_REPLAYED".
func (s Status) Name() string {
	if s == 0 {
		return "VOXLOCK_OK"
	}
	if row, ok := statusRows[s]; ok {
		return row.name
	}
	return "VOXLOCK_UNKNOWN"
}

// ErrClosed is given by every method of an object that was closed. It is os.ErrClosed and ErrWrongState
// as well.
var ErrClosed error = closedError{}

type closedError struct{}

func (closedError) Error() string { return "voxlock: the object is closed" }

func (closedError) Is(target error) bool { return target == os.ErrClosed || target == ErrWrongState }

// Errors as interface values, made once: a dropped packet must not cost an allocation.
var statusErrors = func() map[Status]error {
	out := make(map[Status]error, len(statusRows))
	for status := range statusRows {
		out[status] = status
	}
	return out
}()

func errorOf(status Status) error {
	if status == 0 {
		return nil
	}
	if err, ok := statusErrors[status]; ok {
		return err
	}
	return status
}

func check(status C.int32_t) error { return errorOf(Status(status)) }

func nameOf[T ~int | ~int32 | ~uint32](names map[T]string, value T) string {
	if name, ok := names[value]; ok {
		return name
	}
	return fmt.Sprint(int64(value))
}
