//go:build voxlock_static

package voxlock

// The archive, and what it needs itself. The folder that voxlock.pc names has libvoxlock.a and no shared
// library beside it, or the linker takes that: bundle.sh makes such a folder.

// #cgo pkg-config: --static voxlock
import "C"
