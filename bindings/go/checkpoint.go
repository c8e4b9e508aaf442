package voxlock

// #include <voxlock/voxlock.h>
import "C"

import "time"

// Checkpoint is how live legs and calls are stored so that another process can go on with them when this one is
// gone (voxlock/checkpoint.h, docs/scaling.md): export again and again, store what comes out, and say so with
// Leg.Stored. Neither process seals an index of the other.
type Checkpoint struct {
	Key       []byte // of the host, 32 bytes; whoever has it and a checkpoint can decrypt what was recorded
	Epoch     uint64 // export: that of this process; import: the least that is taken
	Allowance int    // export of a leg: packets it may send before the next one is stored, 50 to 2000; 0: 500
}

func (c *Checkpoint) fill(in *C.voxlock_checkpoint_config, lent *lender) error {
	if err := check(C.voxlock_checkpoint_config_init(in, C.sizeof_voxlock_checkpoint_config)); err != nil {
		return err
	}
	in.key, in.key_len = lent.bytes(c.Key), C.size_t(len(c.Key))
	in.epoch = C.uint64_t(c.Epoch)
	setNumber(&in.allowance, c.Allowance)
	return nil
}

// Export gives a checkpoint of the leg, also while a bridge drives it, and its number for Stored. From the first one
// on the leg sends what the last stored one allows, then ErrLegCheckpoint. ErrUnsupported: keys by DTLS, or a port.
func (l *Leg) Export(config Checkpoint, now time.Duration) (blob []byte, number uint64, err error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_checkpoint_config
	if err := config.fill(&in, &lent); err != nil {
		return nil, 0, err
	}
	p, err := l.enter()
	if err != nil {
		return nil, 0, err
	}
	defer l.handle.leave()
	var told C.uint64_t
	blob, err = taken(checkpointRoom, func(out *C.uint8_t, n *C.size_t) C.int32_t {
		return C.voxlock_leg_export(p, &in, out, n, &told, nanoseconds(now))
	})
	return blob, uint64(told), err
}

// The first guess at the length of a checkpoint.
const checkpointRoom = 16384

// Stored tells that the checkpoint of this number is the one that an importer would find; 0: it would find none any
// more. Call it only after the store has taken it and nobody else has taken the call over.
func (l *Leg) Stored(number uint64) error {
	p, err := l.enter()
	if err != nil {
		return err
	}
	defer l.handle.leave()
	return check(C.voxlock_leg_stored(p, C.uint64_t(number)))
}

// ImportLeg makes the leg that goes on, with the same addresses. It sends nothing before Stored. ErrCheckpointAuth,
// ErrCheckpointEpoch, ErrCheckpointUsed ...: why the bytes are not taken.
func (c *Context) ImportLeg(blob []byte, config Checkpoint, now time.Duration) (*Leg, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_checkpoint_config
	if err := config.fill(&in, &lent); err != nil {
		return nil, err
	}
	return construct[Leg](c, func(ctx *C.voxlock_context, out **C.voxlock_leg) C.int32_t {
		return C.voxlock_leg_import(ctx, &in, bytesOf(blob), C.size_t(len(blob)), out, nanoseconds(now))
	}, freeLeg)
}

// Export gives a checkpoint of a call: its dialog and session timer.
func (u *UA) Export(call CallID, config Checkpoint) ([]byte, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_checkpoint_config
	if err := config.fill(&in, &lent); err != nil {
		return nil, err
	}
	p, err := u.enter()
	if err != nil {
		return nil, err
	}
	defer u.handle.leave()
	return taken(checkpointRoom, func(out *C.uint8_t, n *C.size_t) C.int32_t {
		return C.voxlock_ua_export(p, C.uint64_t(call), &in, out, n)
	})
}

// Import takes a call in and gives its id here. Its next request opens a connection to the peer.
func (u *UA) Import(blob []byte, config Checkpoint, now time.Duration) (CallID, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_checkpoint_config
	if err := config.fill(&in, &lent); err != nil {
		return 0, err
	}
	p, err := u.enter()
	if err != nil {
		return 0, err
	}
	defer u.handle.leave()
	var call C.uint64_t
	err = check(C.voxlock_ua_import(p, &in, bytesOf(blob), C.size_t(len(blob)), &call, nanoseconds(now)))
	return CallID(call), err
}
