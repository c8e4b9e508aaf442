package voxlock

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

var (
	trunkAddress    = netip.MustParseAddrPort("127.0.0.1:40000")
	callerAddress   = netip.MustParseAddrPort("127.0.0.1:40002")
	roomAddress     = netip.MustParseAddrPort("127.0.0.1:41000")
	listenerAddress = netip.MustParseAddrPort("127.0.0.1:41002")
)

// vectors gives the content of a file of public vectors; the test is skipped where it is not there.
func vectors(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectorFolder(), name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("the vectors %s are not there", name)
	}
	must(t, err)
	return data
}

func vectorFolder() string {
	if folder := os.Getenv("VOXLOCK_VECTORS"); folder != "" {
		return folder
	}
	return "../../../shared/vectors"
}

func tsv(t *testing.T, name string) [][]string {
	t.Helper()
	var rows [][]string
	for i, line := range strings.Split(string(vectors(t, name)), "\n") {
		if i > 0 && line != "" {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}

// hexBytes reads as hex in JSON.
type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	data, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	*h = data
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func made[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		must(t, err)
		return value
	}
}

func refused(t testing.TB, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Fatalf("got %v, not %v", err, wanted)
	}
}

func newContext(t testing.TB) *Context { return made[*Context](t)(NewContext(ContextConfig{})) }

// agree makes a leg and its peer agree: the peer offers.
func agree(t testing.TB, leg, peer *Leg) {
	t.Helper()
	offer := made[[]byte](t)(peer.Offer(0, 0))
	sdp, verdict, err := leg.Answer(offer, 0)
	must(t, err)
	if verdict.Refused() {
		t.Fatalf("refused: %+v", verdict)
	}
	if verdict := made[Verdict](t)(peer.AcceptAnswer(sdp, 0)); verdict.Refused() {
		t.Fatalf("refused: %+v", verdict)
	}
}

// agreed makes a leg and its peer after offer and answer.
func agreed(t testing.TB, c *Context, codec Codec, here, there netip.AddrPort) (*Leg, *Leg) {
	t.Helper()
	leg := made[*Leg](t)(c.NewLeg(LegConfig{Address: here, Codecs: []Codec{codec}}))
	peer := made[*Leg](t)(c.NewLeg(LegConfig{Address: there, Codecs: []Codec{codec}}))
	agree(t, leg, peer)
	return leg, peer
}

// sent takes what a leg wants to transmit, as datagrams from an address.
func sent(t testing.TB, leg *Leg, from netip.AddrPort, now time.Duration) []Datagram {
	t.Helper()
	var events Events
	var out []Datagram
	for made[int](t)(leg.Poll(&events, now)) != 0 {
		for _, e := range events.List {
			if e.Type == EventTransmit {
				out = append(out, Datagram{Data: append([]byte(nil), e.Data...), Source: from})
			}
		}
	}
	return out
}

// tone is a loud saw-tooth.
func tone(samples int) []int16 {
	pcm := make([]int16, samples)
	for i := range pcm {
		pcm[i] = int16((i*700)%20000 - 10000)
	}
	return pcm
}
