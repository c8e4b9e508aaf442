//go:build !race

package voxlock

const underRaceDetector = false
