//go:build !voxlock_static

package voxlock

// The shared library of an installed tree, found by pkg-config.

// #cgo pkg-config: voxlock
import "C"
