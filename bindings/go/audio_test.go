package voxlock

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

func words(t *testing.T, name string) []int16 {
	data := vectors(t, "codec/g711-stl/"+name)
	out := make([]int16, len(data)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return out
}

func TestG191BothLawsAreBitExactWithTheReference(t *testing.T) {
	c := newContext(t)
	for _, law := range []struct {
		codec                 Codec
		table, codes, decoded string
	}{{CodecPCMU, "ulaw_dec.s16le", "sweep-r.u", "sweep-r.reu"}, {CodecPCMA, "alaw_dec.s16le", "sweep-r.a", "sweep-r.rea"}} {
		encoder := made[*Encoder](t)(c.NewEncoder(CodecConfig{Codec: law.codec}))
		decoder := made[*Decoder](t)(c.NewDecoder(CodecConfig{Codec: law.codec}))
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		if !slices.Equal(made[[]int16](t)(decoder.Decode(nil, all)), words(t, law.table)) {
			t.Errorf("%v: the table differs", law.codec)
		}
		var codes []byte
		for piece := range slices.Chunk(words(t, "sweep.src"), 160) {
			codes = made[[]byte](t)(encoder.Encode(codes, piece))
		}
		var expected []byte
		for _, word := range words(t, law.codes) {
			expected = append(expected, byte(word))
		}
		if !bytes.Equal(codes, expected) {
			t.Errorf("%v: the codes differ", law.codec)
		}
		var decoded []int16
		for piece := range slices.Chunk(codes, 160) {
			decoded = made[[]int16](t)(decoder.Decode(decoded, piece))
		}
		if !slices.Equal(decoded, words(t, law.decoded)) {
			t.Errorf("%v: what is decoded differs", law.codec)
		}
	}
}

func TestALostPacketIsFilledIn(t *testing.T) {
	c := newContext(t)
	decoder := made[*Decoder](t)(c.NewDecoder(CodecConfig{}))
	payload := made[[]byte](t)(made[*Encoder](t)(c.NewEncoder(CodecConfig{})).Encode(nil, tone(160)))
	made[[]int16](t)(decoder.Decode(nil, payload))
	if level := AudioLevel(made[[]int16](t)(decoder.Conceal(nil, 160, nil))); level >= 30 {
		t.Error(level)
	}
	if n := len(made[[]int16](t)(decoder.Decode(nil, nil))); n != 160 {
		t.Errorf("an empty payload is %d samples", n)
	}
	_, err := decoder.Conceal(nil, -1, nil)
	refused(t, err, ErrAudioFrameSize)
	if stats := made[DecoderStats](t)(decoder.Stats()); stats.Concealed != 1 || stats.Packets != 2 || stats.Silent != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestOpusSettings(t *testing.T) {
	config := CodecConfig{Codec: CodecOpus, SampleRate: 16000, OpusBitrate: 20000, OpusCBR: true}
	encoder := made[*Encoder](t)(newContext(t).NewEncoder(config))
	for range 4 {
		if n := len(made[[]byte](t)(encoder.Encode(nil, tone(320)))); n != 50 {
			t.Error(n)
		}
	}
	config.OpusBitrate = 40000
	must(t, encoder.Configure(config))
	if n := len(made[[]byte](t)(encoder.Encode(nil, tone(320)))); n != 100 {
		t.Error(n)
	}
	_, err := encoder.Encode(nil, tone(321))
	refused(t, err, ErrAudioFrameSize)
	config.SampleRate = 8000
	refused(t, encoder.Configure(config), ErrWrongState)
	if CodecOpus.RTPClock(8000) != 48000 || Codec(9).RTPClock(8000) != 0 {
		t.Error("RTP clock")
	}
}

func TestAChainResamples(t *testing.T) {
	chain := made[*Chain](t)(newContext(t).NewChain(ChainConfig{Stages: []Stage{Gain(-6.0206), Denoise(12), Resample(16000)}}))
	if chain.OutRate() != 16000 || chain.Latency() == 0 {
		t.Error(chain.OutRate(), chain.Latency())
	}
	if out := made[[]int16](t)(chain.Process(nil, tone(160))); len(out) != 320 {
		t.Error(len(out))
	}
	for i, kind := range []StageKind{StageGain, StageDenoise, StageResample} {
		if s := made[StageStats](t)(chain.StageStats(i)); s.Kind != kind || s.Samples != 160 || s.Bypassed != 0 {
			t.Errorf("%+v", s)
		}
	}
	_, err := chain.StageStats(3)
	refused(t, err, ErrNotFound)
	_, err = chain.Process(nil, tone(161))
	refused(t, err, ErrAudioFrameSize)
	if out := made[[]int16](t)(chain.Process(nil, nil)); len(out) != 0 {
		t.Error(len(out))
	}
}

func TestAChainWorksInPlace(t *testing.T) {
	chain := made[*Chain](t)(newContext(t).NewChain(ChainConfig{Stages: []Stage{Gain(-60)}}))
	pcm := tone(80)
	out := made[[]int16](t)(chain.ProcessInPlace(pcm))
	if &out[0] != &pcm[0] || slices.Max(pcm) > 10 {
		t.Error(slices.Max(pcm))
	}
	_, err := newContext(t).NewChain(ChainConfig{Stages: []Stage{{Kind: StageHost, SampleRate: 8000, FrameSamples: 80}}})
	refused(t, err, ErrAudioProcessor)
	_, err = newContext(t).NewChain(ChainConfig{Stages: []Stage{Gain(31)}})
	refused(t, err, ErrAudioGain)
}
