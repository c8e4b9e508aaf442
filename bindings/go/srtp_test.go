package voxlock

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
)

var srtpKey = func() []byte {
	key := make([]byte, 30)
	for i := range key {
		key[i] = byte(i)
	}
	return key
}()

func rtpPacket(t testing.TB, sequence uint16) []byte {
	header := RTPHeader{Sequence: sequence, Timestamp: uint32(sequence) * 160, SSRC: 7}
	return made[[]byte](t)(AppendRTP(nil, header, make([]byte, 160)))
}

type srtpSet struct {
	Suite      string
	MasterKey  hexBytes `json:"master_key"`
	MasterSalt hexBytes `json:"master_salt"`
	MKI        hexBytes
	RTP        []struct {
		Plain, SRTP hexBytes
		ROC         uint32
	}
	RTCP []struct {
		Plain, SRTCP hexBytes
		Encrypted    bool
		Index        int
	}
}

func (s srtpSet) config(t *testing.T, isInbound, plainRTCP bool) SRTPConfig {
	for suite, name := range suiteNames {
		if name != s.Suite {
			continue
		}
		key := append(append([]byte(nil), s.MasterKey...), s.MasterSalt...)
		if isInbound {
			return SRTPConfig{Suite: suite, PeerKey: key, PeerMKI: s.MKI, PlainRTCP: plainRTCP}
		}
		return SRTPConfig{Suite: suite, Key: key, MKI: s.MKI, PlainRTCP: plainRTCP}
	}
	t.Fatalf("no suite %s", s.Suite)
	return SRTPConfig{}
}

func srtpSets(t *testing.T) []srtpSet {
	var all, ours []srtpSet
	must(t, json.Unmarshal(vectors(t, "srtp/packets-public.json"), &all))
	for _, set := range all {
		if !strings.Contains(set.Suite, "192") {
			ours = append(ours, set)
		}
	}
	return ours
}

func TestPublicPacketsOpenAndSeal(t *testing.T) {
	c, seen := newContext(t), 0
	for _, set := range srtpSets(t) {
		for _, row := range set.RTP {
			ssrc := binary.BigEndian.Uint32(row.Plain[8:])
			in := made[*SRTP](t)(c.NewSRTP(set.config(t, true, false)))
			out := made[*SRTP](t)(c.NewSRTP(set.config(t, false, false)))
			must(t, in.SetROC(Inbound, ssrc, row.ROC))
			must(t, out.SetROC(Outbound, ssrc, row.ROC))
			if plain := made[[]byte](t)(in.Open(nil, row.SRTP, 0)); !bytes.Equal(plain, row.Plain) {
				t.Errorf("%s opens to %x", set.Suite, plain)
			}
			if sealed := made[[]byte](t)(out.Seal(nil, row.Plain)); !bytes.Equal(sealed, row.SRTP) {
				t.Errorf("%s seals to %x", set.Suite, sealed)
			}
			if roc := made[uint32](t)(in.ROC(Inbound, ssrc)); roc != row.ROC {
				t.Errorf("%s: ROC %d", set.Suite, roc)
			}
			must(t, in.Close())
			must(t, out.Close())
			seen++
		}
	}
	if seen != 80 {
		t.Errorf("%d packets", seen)
	}
}

func TestPublicCompoundsOpenAndSeal(t *testing.T) {
	c, seen := newContext(t), 0
	for _, set := range srtpSets(t) {
		for _, row := range set.RTCP {
			in := made[*SRTP](t)(c.NewSRTP(set.config(t, true, !row.Encrypted)))
			if plain := made[[]byte](t)(in.OpenRTCP(nil, row.SRTCP, 0)); !bytes.Equal(plain, row.Plain) {
				t.Errorf("%s opens to %x", set.Suite, plain)
			}
			seen++
			if row.Index > 2 {
				continue
			}
			out := made[*SRTP](t)(c.NewSRTP(set.config(t, false, !row.Encrypted)))
			var sealed []byte
			for range row.Index {
				sealed = made[[]byte](t)(out.SealRTCP(sealed[:0], row.Plain))
			}
			if !bytes.Equal(sealed, row.SRTCP) {
				t.Errorf("%s seals to %x", set.Suite, sealed)
			}
		}
	}
	if seen != 80 {
		t.Errorf("%d compounds", seen)
	}
}

func TestRFC3711_3_3ForgedAndReplayedPacketsChangeNothing(t *testing.T) {
	s := made[*SRTP](t)(newContext(t).NewSRTP(SRTPConfig{Key: srtpKey}))
	sealed := made[[]byte](t)(s.Seal(nil, rtpPacket(t, 1)))
	forged := append([]byte(nil), sealed...)
	forged[20] ^= 1
	kept := []byte("kept")
	out, err := s.Open(kept, forged, 0)
	refused(t, err, ErrSRTPAuth)
	if string(out) != "kept" {
		t.Errorf("%q", out)
	}
	plain := made[[]byte](t)(s.Open(kept, sealed, 0))
	if !bytes.Equal(plain, append([]byte("kept"), rtpPacket(t, 1)...)) {
		t.Errorf("%x", plain)
	}
	_, err = s.Open(nil, sealed, 0)
	refused(t, err, ErrSRTPReplayed)
	stats := made[SRTPStats](t)(s.Stats())
	if stats.RTPOpened != 1 || stats.AuthFailed != 1 || stats.Replayed != 1 {
		t.Errorf("%+v", stats)
	}
	_, err = s.Seal(nil, rtpPacket(t, 1))
	refused(t, err, ErrSRTPReplayed)
}

func TestAKeyOfTheWrongLengthIsRefused(t *testing.T) {
	_, err := newContext(t).NewSRTP(SRTPConfig{Key: srtpKey[1:]})
	refused(t, err, ErrInvalidArgument)
	_, err = newContext(t).NewSRTP(SRTPConfig{Suite: 99, Key: srtpKey})
	refused(t, err, ErrUnsupported)
	if info := made[SuiteInfo](t)(AEAD_AES_256_GCM.Info()); info.KeyLen != 32 || info.Name != "AEAD_AES_256_GCM" {
		t.Errorf("%+v", info)
	}
	_, err = Suite(99).Info()
	refused(t, err, ErrUnsupported)
}

func TestADroppedPacketAllocatesNothing(t *testing.T) {
	s := made[*SRTP](t)(newContext(t).NewSRTP(SRTPConfig{Key: srtpKey}))
	packet, out := rtpPacket(t, 1), make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() { _, _ = s.Open(out, packet, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRTPAndRTCPThereAndBack(t *testing.T) {
	header, payload, err := ParseRTP(rtpPacket(t, 9))
	must(t, err)
	if header.Sequence != 9 || header.SSRC != 7 || len(payload) != 160 {
		t.Errorf("%+v", header)
	}
	if kind := ClassifyDatagram(rtpPacket(t, 9)); kind != DatagramRTP {
		t.Error(kind)
	}
	_, _, err = ParseRTP(nil)
	refused(t, err, ErrTruncated)
	report := RTCPReport{SSRC: 5, IsSender: true, NTP: 1 << 40, Packets: 3, Octets: 480}
	data := made[[]byte](t)(WriteRTCP(report, &RTCPBlock{SSRC: 7, FractionLost: 2, CumulativeLost: -1}, "someone"))
	back := made[RTCPReport](t)(ParseRTCP(data, false))
	report.BlockCount = 1
	if back != report {
		t.Errorf("%+v", back)
	}
	if block := made[RTCPBlock](t)(ParseRTCPBlock(data, 0)); block.SSRC != 7 || block.CumulativeLost != -1 {
		t.Errorf("%+v", block)
	}
	_, err = ParseRTCPBlock(data, 1)
	refused(t, err, ErrNotFound)
	event := made[[]byte](t)(AppendDTMF(nil, DTMFEvent{Code: 11, IsEnd: true, Volume: 10, Duration: 800}))
	if got := made[DTMFEvent](t)(ParseDTMF(event)); got != (DTMFEvent{11, true, 10, 800, '#'}) {
		t.Errorf("%+v", got)
	}
}
