//go:build voxlock_bench

package voxlock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

// packetsOf gives the caller's next packets, each of which a bridge takes once.
func packetsOf(t *testing.T, caller *Leg, events *Events, payload []byte, from, count int) []Datagram {
	var out []Datagram
	for i := from; i < from+count; i++ {
		now := time.Duration(i) * 20 * ms
		must(t, caller.Send(Frame{Data: payload, Timestamp: uint32(i * 160)}, now))
		made[int](t)(caller.Poll(events, now))
		for _, e := range events.List {
			// RTP, and no report (RFC 5761, section 4).
			if e.Type == EventTransmit && len(e.Data) > 160 && e.Data[1] < 200 {
				out = append(out, Datagram{Data: bytes.Clone(e.Data), Source: callerAddress})
			}
		}
	}
	return out
}

func runGo(t *testing.T, bridge *Bridge, packets []Datagram, events *Events, now time.Duration) (int, time.Duration) {
	total := 0
	begin := threadTime()
	must(t, bridge.Input(packets, now))
	for made[int](t)(bridge.Poll(events, now)) != 0 {
		for i := range events.List {
			if events.List[i].Type == EventTransmit {
				total += len(events.List[i].Data)
			}
		}
	}
	return total, threadTime() - begin
}

// measureBridge gives nanoseconds a packet from Go and from C, by turns on the same bridge.
func measureBridge(t *testing.T, to Codec, denoise, size, rounds int) (float64, float64) {
	c := newContext(t)
	leg := func(address netip.AddrPort, codec Codec) *Leg {
		return made[*Leg](t)(c.NewLeg(LegConfig{Address: address, Codecs: []Codec{codec}, QueueBytes: 1 << 20}))
	}
	trunk, caller := leg(trunkAddress, CodecPCMU), leg(callerAddress, CodecPCMU)
	room, listener := leg(roomAddress, to), leg(listenerAddress, to)
	agree(t, trunk, caller)
	agree(t, room, listener)
	bridge := made[*Bridge](t)(c.NewBridge(trunk, room, BridgeConfig{Denoise: [2]int{denoise, -1}}))
	payload := made[[]byte](t)(made[*Encoder](t)(c.NewEncoder(CodecConfig{})).Encode(nil, tone(160)))
	loop := newCLoop()
	defer loop.close()
	// No packet allocates (TestNoPacketAllocates), so what is collected here is what this test leaves behind: between the
	// turns, and not in them.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var events, own Events
	var samples [2][]float64
	for turn := range 2 * (rounds + 2) {
		if turn%64 == 0 {
			runtime.GC()
		}
		packets, now := packetsOf(t, caller, &own, payload, turn*size, size), time.Duration((turn+1)*size)*20*ms
		if len(packets) != size {
			t.Fatalf("%d packets of %d", len(packets), size)
		}
		var total int
		var spent time.Duration
		if turn%2 == 0 {
			total, spent = runGo(t, bridge, packets, &events, now)
		} else {
			total, spent = loop.run(bridge, packets, now)
		}
		if total <= 20*size {
			t.Fatalf("%d bytes of %d packets", total, size)
		}
		// The first turns make lanes and fill caches.
		if turn >= 4 {
			samples[turn%2] = append(samples[turn%2], float64(spent)/float64(size))
		}
	}
	return median(samples[0]), median(samples[1])
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// TestBridgeBesideC prints rows as voxlock_bench does. It is a test so that its helpers are those of the others.
func TestBridgeBesideC(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var rows []benchRow
	row := func(name string, value float64, unit string, goal ...float64) {
		r, said := benchRow{Name: name, Value: value, Unit: unit, Holds: true}, ""
		if len(goal) != 0 {
			r.Goal, r.Holds = &goal[0], value <= goal[0]
			said = fmt.Sprintf(" at most %v", goal[0])
		}
		fmt.Printf("%-86s %10.4g %-10s%s\n", name, value, unit, said)
		rows = append(rows, r)
	}
	const calls = 100000
	begin := threadTime()
	for range calls {
		emptyCall()
	}
	row("go: an empty call into C", float64(threadTime()-begin)/calls, "ns")
	for _, c := range []struct {
		title                 string
		to                    Codec
		denoise, size, rounds int
		goal                  []float64
	}{
		// What a batch costs beside the same from C.
		{"PCMU to Opus with denoiser, 64 a call", CodecOpus, 15, 64, 30, []float64{1.1}},
		{"PCMU to PCMA, 64 a call", CodecPCMA, -1, 64, 150, []float64{1.1}},
		{"PCMU to PCMA, one a call", CodecPCMA, -1, 1, 4000, nil},
	} {
		goNS, cNS := measureBridge(t, c.to, c.denoise, c.size, c.rounds)
		row("go: bridge, "+c.title, goNS/cNS, "x of C", c.goal...)
		row("go: bridge, "+c.title+", what Go adds", goNS-cNS, "ns")
		row("go: bridge, "+c.title+", from Go", 1e9/goNS, "packets/s")
		row("go: bridge, "+c.title+", from C", 1e9/cNS, "packets/s")
	}
	if path := os.Getenv("VOXLOCK_BENCH_JSON"); path != "" {
		must(t, appendRows(path, rows))
	}
}

// A benchRow is one of those that voxlock_bench writes.
type benchRow struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Unit  string   `json:"unit"`
	Goal  *float64 `json:"goal"`
	Holds bool     `json:"holds"`
}

// appendRows puts rows behind those that a file of JSON has, if it is there.
func appendRows(path string, rows []benchRow) error {
	all := []any{}
	if text, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(text, &all); err != nil {
			return err
		}
	}
	for _, r := range rows {
		all = append(all, r)
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
