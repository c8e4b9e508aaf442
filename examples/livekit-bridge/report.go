package main

import (
	"encoding/json"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"voxlock"
)

// latency keeps the last times between a read and the moment when all that came of it was handed on.
type latency struct {
	mutex sync.Mutex
	kept  [4096]time.Duration
	count int
}

func (l *latency) add(d time.Duration, counts bool) {
	if !counts {
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.kept[l.count%len(l.kept)] = d
	l.count++
}

func (l *latency) percentile(part float64) time.Duration {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	sorted := slices.Clone(l.kept[:min(l.count, len(l.kept))])
	if len(sorted) == 0 {
		return 0
	}
	slices.Sort(sorted)
	return sorted[int(part*float64(len(sorted)-1))]
}

type fields = map[string]any

// A summary is what the report says: sums over all calls, and the hops of the last.
type summary struct {
	calls, unanswered         int
	ended                     string
	hops                      []fields
	digits                    string
	in, out, lost             uint64
	authFailures, unopened    uint64
	sealed, opened            uint64
	plaintext, p99, p999, top time.Duration
	latency                   [2]time.Duration
	talked                    time.Duration
	stages                    [2]string
	isParticipant             bool
}

func (s *summary) add(c *call, cause voxlock.Cause) {
	s.ended = endOf(cause)
	if c.answered == 0 || c.media.bridge == nil {
		s.unanswered++
		return
	}
	s.calls++
	s.talked += voxlock.Monotonic() - c.answered
	protection, err := c.media.bridge.Protection()
	if err != nil {
		return
	}
	s.stages, s.isParticipant = protection.Stages, protection.Participant
	s.hops = []fields{c.hop(trunkLeg, protection), c.hop(roomLeg, protection)}
	s.hops[trunkLeg]["tls_version"], s.hops[trunkLeg]["tls_cipher"] = c.security.version, c.security.cipher
	s.hops[trunkLeg]["handshake_ms"] = float64(c.security.handshake) / 1e6
	s.digits += string(c.media.digits)
	s.latency = [2]time.Duration{c.media.latency.percentile(0.5), c.media.latency.percentile(0.99)}
	s.count(c.media)
}

func (s *summary) count(m *media) {
	if lanes, err := m.bridge.Stats(); err == nil {
		for _, lane := range lanes {
			s.in, s.out, s.lost = s.in+lane.PacketsIn, s.out+lane.PacketsOut, s.lost+lane.Lost
			s.unopened += lane.Unopened
			s.plaintext, s.p99 = max(s.plaintext, lane.PlaintextP50), max(s.p99, lane.PlaintextP99)
			s.p999, s.top = max(s.p999, lane.PlaintextP999), max(s.top, lane.PlaintextMax)
		}
	}
	if stats, err := m.leg.Stats(); err == nil {
		s.authFailures += stats.Dropped[voxlock.DropAuth]
	}
	if m.cryptor != nil {
		if stats, err := m.cryptor.Stats(); err == nil {
			s.sealed, s.opened = s.sealed+stats.Sealed, s.opened+stats.Opened
		}
	}
}

// endOf: "bye" is a call that its peer ended as it should.
func endOf(cause voxlock.Cause) string {
	if cause == voxlock.CauseRemote {
		return "bye"
	}
	return cause.String()
}

func (c *call) hop(leg int, protection voxlock.Protection) fields {
	hop, which := protection.Hops[leg], c.media.leg
	out := fields{"name": "trunk", "protocol": "SRTP", "key_exchange": "SDES", "suite": hop.SuiteIn.String(),
		"encrypted": hop.Transport == voxlock.TransportSRTP, "peer_verified": hop.PeerVerified, "peer": hop.PeerName,
		"scope": protection.Scope.String(), "hop_scope": hop.Scope.String()}
	if leg == roomLeg {
		which = c.media.port
		out["name"], out["key_exchange"], out["suite"] = "room", "DTLS", "of the WebRTC stack"
		out["encrypted"] = c.room.isEncrypted()
		out["tls_version"], out["tls_cipher"], out["handshake_ms"] = "WebSocket", "", 0.0
	}
	stats, err := which.Stats()
	if err != nil {
		return out
	}
	codec := "opus"
	if leg == trunkLeg {
		if agreed, err := which.Media(); err == nil {
			codec = agreed.Codec.String()
		}
	}
	out["in"] = fields{"codec": codec, "packets": stats.PacketsIn, "lost": stats.LostIn}
	out["out"] = fields{"codec": codec, "packets": stats.PacketsOut, "lost": stats.PeerLost}
	return out
}

func (s *summary) write(path string) error {
	if path == "" {
		return nil
	}
	var usage syscall.Rusage
	cpu := 0.0
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err == nil && s.talked > 0 {
		cpu = float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e3 / s.talked.Seconds()
	}
	us := func(d time.Duration) float64 { return float64(d) / 1e3 }
	text, err := json.MarshalIndent(fields{
		"calls": s.calls, "unanswered": s.unanswered, "ended": s.ended, "hops": s.hops, "digits": s.digits,
		"stages":        fields{"forward": s.stages[voxlock.Forward], "backward": s.stages[voxlock.Backward]},
		"packets":       fields{"in": s.in, "out": s.out, "lost": s.lost},
		"frames":        fields{"sealed": s.sealed, "opened": s.opened, "unopened": s.unopened},
		"participant":   s.isParticipant,
		"auth_failures": s.authFailures,
		"latency_us":    fields{"p50": us(s.latency[0]), "p99": us(s.latency[1])},
		"plaintext_us":  fields{"p50": us(s.plaintext), "p99": us(s.p99), "p999": us(s.p999), "max": us(s.top)},
		"call_seconds":  s.talked.Seconds(), "cpu_us_per_call_second": cpu,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
