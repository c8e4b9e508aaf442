// Package voxlock takes the encrypted audio of a SIP trunk and gives it to a WebRTC room, sealed again:
// SIP over TLS, SDP, SRTP, speech processing and end-to-end encrypted frames for hosts in Go, over the C
// library of the same name.
//
// Objects are made from a [Context]. None of them has a socket, a goroutine, a timer or a clock: bytes go
// in, bytes and events come out, and now is a monotonic time of any epoch ([Monotonic] is one).
//
// Errors are values. What the library refuses is a [Status]: compare with errors.Is(err,
// voxlock.ErrSRTPReplayed). After an error nothing has changed. A refused offer is no error but a
// [Verdict].
//
// Closing works in any order and any number of times, and a forgotten object is closed by the garbage
// collector; each wipes its keys and audio. A closed object gives [ErrClosed].
//
// Objects may be used from any goroutine: calls of one object wait for each other. A bridge or relay, its
// legs and its frame cryptors count as one object.
//
// Slices that are handed in are borrowed for the call; nothing in C keeps a pointer into Go's memory.
// [Events] and [UAEvents] are buffers of the caller's: what they hold is valid until the next Poll into
// them, and is overwritten then where it was audio or keys.
package voxlock
