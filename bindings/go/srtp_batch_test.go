package voxlock

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
)

// sealedBy gives the packets first, first+1 ... that a peer sealed.
func sealedBy(t testing.TB, peer *SRTP, first uint16, count int) (list [][]byte) {
	for i := range count {
		sealed, err := peer.Seal(nil, rtpPacket(t, first+uint16(i)))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, sealed)
	}
	return list
}

func TestABatchGivesWhatOneCallAfterTheOtherGives(t *testing.T) {
	c := newContext(t)
	var batch SRTPBatch
	var inBatch, alone [8]*SRTP
	for i := range inBatch {
		config := SRTPConfig{Key: srtpKey}
		if i%2 == 1 {
			config = SRTPConfig{Suite: AEAD_AES_128_GCM, Key: srtpKey[:28]}
		}
		inBatch[i], alone[i] = made[*SRTP](t)(c.NewSRTP(config)), made[*SRTP](t)(c.NewSRTP(config))
	}
	type result struct {
		packet []byte
		err    error
	}
	var sealed, want []result
	for i := range MaxSRTPBatch {
		// Every fifth packet repeats a sequence number of its session, which is refused.
		plain := rtpPacket(t, uint16(i-i%5/4*8))
		must(t, batch.Add(inBatch[i%8], plain))
		packet, err := alone[i%8].Seal(nil, plain)
		want = append(want, result{packet, err})
	}
	compare := func() (list []result) {
		t.Helper()
		for i, w := range want {
			packet, err := batch.Result(i)
			if err != w.err || !bytes.Equal(packet, w.packet) {
				t.Errorf("%d: %v, not %v", i, err, w.err)
			}
			list = append(list, result{bytes.Clone(packet), err})
		}
		return list
	}
	must(t, batch.Seal())
	sealed = compare()
	batch.Reset()
	want = nil
	refusedOnes := 0
	for i, row := range sealed {
		if row.err != nil {
			refused(t, row.err, ErrSRTPReplayed)
			refusedOnes++
			row.packet = sealed[i-8].packet
		}
		if i%7 == 3 {
			row.packet[20] ^= 1
		}
		must(t, batch.Add(inBatch[i%8], row.packet))
		packet, err := alone[i%8].Open(nil, row.packet, 0)
		want = append(want, result{packet, err})
	}
	must(t, batch.Open(0))
	if compare(); refusedOnes != 11 {
		t.Errorf("%d were refused", refusedOnes)
	}
}

func TestABatchSaysWhatItCannotDo(t *testing.T) {
	s := made[*SRTP](t)(newContext(t).NewSRTP(SRTPConfig{Key: srtpKey}))
	var batch SRTPBatch
	must(t, batch.Open(0))
	must(t, batch.Seal())
	batch.Reset()
	refused(t, batch.Add(nil, rtpPacket(t, 1)), ErrClosed)
	refused(t, batch.Add(s, make([]byte, 2049)), ErrLimit)
	_, err := batch.Result(0)
	refused(t, err, ErrNotFound)
	must(t, batch.Add(s, nil))
	_, err = batch.Result(0)
	refused(t, err, ErrWrongState)
	must(t, batch.Seal())
	_, err = batch.Result(0)
	refused(t, err, ErrTruncated)
	refused(t, batch.Seal(), ErrWrongState)
	refused(t, batch.Open(0), ErrWrongState)
	refused(t, batch.Add(s, nil), ErrWrongState)
	batch.Reset()
	for i := range MaxSRTPBatch {
		must(t, batch.Add(s, rtpPacket(t, uint16(i))))
	}
	refused(t, batch.Add(s, nil), ErrLimit)
	if batch.Len() != MaxSRTPBatch {
		t.Error(batch.Len())
	}
	// A closed session: nothing is done, and the others are free to be used.
	other := made[*SRTP](t)(newContext(t).NewSRTP(SRTPConfig{Key: srtpKey}))
	batch.Reset()
	must(t, batch.Add(other, rtpPacket(t, 1)))
	must(t, batch.Add(s, rtpPacket(t, 1)))
	must(t, batch.Add(new(SRTP), rtpPacket(t, 1)))
	refused(t, batch.Seal(), ErrClosed)
	batch.Reset()
	must(t, batch.Add(other, rtpPacket(t, 1)))
	must(t, batch.Add(s, rtpPacket(t, 1)))
	must(t, s.Close())
	refused(t, batch.Seal(), ErrClosed)
	_ = made[[]byte](t)(other.Seal(nil, rtpPacket(t, 1)))
}

func TestABatchKeepsNothingAfterReset(t *testing.T) {
	s := made[*SRTP](t)(newContext(t).NewSRTP(SRTPConfig{Key: srtpKey}))
	var batch SRTPBatch
	must(t, batch.Add(s, rtpPacket(t, 1)))
	must(t, batch.Seal())
	memory := batch.memory
	batch.Reset()
	for _, b := range memory.arena {
		if b != 0 {
			t.Fatal("a packet is left")
		}
	}
	if memory.rows[0].data != nil || batch.sessions[0] != nil {
		t.Error("a row is left")
	}
}

func TestABatchAllocatesNothing(t *testing.T) {
	c := newContext(t)
	peer, s := made[*SRTP](t)(c.NewSRTP(SRTPConfig{Key: srtpKey})), made[*SRTP](t)(c.NewSRTP(SRTPConfig{Key: srtpKey}))
	packets := sealedBy(t, peer, 0, 50*8)
	var batch SRTPBatch
	must(t, batch.Add(s, packets[0]))
	at := 0
	if n := testing.AllocsPerRun(40, func() {
		batch.Reset()
		for range 8 {
			_ = batch.Add(s, packets[at])
			at++
		}
		_ = batch.Open(0)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if stats := made[SRTPStats](t)(s.Stats()); stats.RTPOpened != uint64(at) {
		t.Errorf("%d of %d", stats.RTPOpened, at)
	}
}

func TestBatchesShareSessionsBetweenGoroutines(t *testing.T) {
	c := newContext(t)
	var sessions [6]*SRTP
	for i := range sessions {
		sessions[i] = made[*SRTP](t)(c.NewSRTP(SRTPConfig{Key: srtpKey}))
	}
	var packets [200][]byte
	for i := range packets {
		packets[i] = rtpPacket(t, uint16(i))
	}
	var group sync.WaitGroup
	for worker := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			var batch SRTPBatch
			for round := range 50 {
				batch.Reset()
				for i := range sessions {
					// Each in an order of its own.
					if err := batch.Add(sessions[(i+worker)%6], packets[round*4+worker]); err != nil {
						t.Error(err)
					}
				}
				if err := batch.Seal(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	for _, s := range sessions {
		if stats := made[SRTPStats](t)(s.Stats()); stats.RTPSealed < 50 {
			t.Errorf("%+v", stats)
		}
	}
	runtime.KeepAlive(c)
}

func TestAResultOutlivesItsBatch(t *testing.T) {
	s := made[*SRTP](t)(newContext(t).NewSRTP(SRTPConfig{Key: srtpKey}))
	var results [][]byte
	for i := range 100 {
		var batch SRTPBatch
		must(t, batch.Add(s, rtpPacket(t, uint16(i))))
		must(t, batch.Seal())
		results = append(results, made[[]byte](t)(batch.Result(0)))
		if i%10 == 9 {
			runtime.GC()
		}
	}
	for i, sealed := range results {
		if want := rtpPacket(t, uint16(i))[:12]; !bytes.Equal(sealed[:12], want) {
			t.Errorf("%d: %x", i, sealed[:12])
		}
	}
}
