package voxlock

import (
	"bytes"
	"encoding/json"
	"testing"
)

func newCryptor(t testing.TB, config FrameCryptorConfig) *FrameCryptor {
	return made[*FrameCryptor](t)(newContext(t).NewFrameCryptor(config))
}

type liveKitFrame struct {
	Passphrase       string
	KeyMaterial      hexBytes `json:"key_material"`
	Key              hexBytes
	KeyIndex         uint64 `json:"key_index"`
	UnencryptedBytes int    `json:"unencrypted_bytes"`
	Plain, Frame     hexBytes
}

func openLiveKit(t *testing.T, rows []liveKitFrame) {
	for _, row := range rows {
		cryptor := newCryptor(t, FrameCryptorConfig{ClearLen: row.UnencryptedBytes})
		if row.KeyMaterial == nil {
			must(t, cryptor.SetKey(row.KeyIndex, KDFPBKDF2, []byte(row.Passphrase), Opens))
		} else {
			must(t, cryptor.SetKey(row.KeyIndex, KDFHKDF, row.KeyMaterial, Opens))
		}
		if plain := made[[]byte](t)(cryptor.Open(nil, row.Frame, nil)); !bytes.Equal(plain, row.Plain) {
			t.Errorf("%q opens to %x", row.Passphrase, plain)
		}
		must(t, cryptor.Close())
		direct := newCryptor(t, FrameCryptorConfig{ClearLen: row.UnencryptedBytes})
		must(t, direct.SetKey(row.KeyIndex, KDFNone, row.Key, Opens))
		if plain := made[[]byte](t)(direct.Open(nil, row.Frame, nil)); !bytes.Equal(plain, row.Plain) {
			t.Errorf("%x opens to %x", row.Key, plain)
		}
	}
	if len(rows) == 0 {
		t.Error("no frames")
	}
}

func TestLiveKitFramesOfTheirClientOpen(t *testing.T) {
	var file struct{ Frames []liveKitFrame }
	must(t, json.Unmarshal(vectors(t, "e2ee/livekit/from-client-sdk-js.json"), &file))
	openLiveKit(t, file.Frames)
}

func TestLiveKitPublicFramesOpen(t *testing.T) {
	var rows []liveKitFrame
	must(t, json.Unmarshal(vectors(t, "e2ee/livekit/audio-public.json"), &rows))
	openLiveKit(t, rows)
}

func TestRFC9605AppendixC(t *testing.T) {
	var file struct {
		SFrame []struct {
			CipherSuite int `json:"cipher_suite"`
			KID, CTR    uint64
			BaseKey     hexBytes `json:"base_key"`
			Metadata    hexBytes
			PT, CT      hexBytes
		}
	}
	must(t, json.Unmarshal(vectors(t, "e2ee/sframe-rfc9605/test-vectors.json"), &file))
	for _, row := range file.SFrame {
		suite := SFrameSuite(row.CipherSuite)
		sender := newCryptor(t, FrameCryptorConfig{Format: FormatSFrame, SFrameSuite: suite, FirstCounter: row.CTR})
		must(t, sender.SetKey(row.KID, KDFNone, row.BaseKey, Seals))
		if sealed := made[[]byte](t)(sender.Seal(nil, row.PT, row.Metadata)); !bytes.Equal(sealed, row.CT) {
			t.Errorf("%v seals to %x", suite, sealed)
		}
		receiver := newCryptor(t, FrameCryptorConfig{Format: FormatSFrame, SFrameSuite: suite})
		must(t, receiver.SetKey(row.KID, KDFNone, row.BaseKey, Opens))
		if plain := made[[]byte](t)(receiver.Open(nil, row.CT, row.Metadata)); !bytes.Equal(plain, row.PT) {
			t.Errorf("%v opens to %x", suite, plain)
		}
	}
	if len(file.SFrame) == 0 {
		t.Error("no vectors")
	}
}

func TestALiveKitFrameThereAndBack(t *testing.T) {
	cryptor := newCryptor(t, FrameCryptorConfig{})
	must(t, cryptor.SetKey(0, KDFHKDF, []byte("a shared passphrase"), Seals|Opens))
	frame := []byte("\x78 opus")
	sealed := made[[]byte](t)(cryptor.Seal(nil, frame, nil))
	if sealed[0] != 0x78 || !bytes.Equal(made[[]byte](t)(cryptor.Open(nil, sealed, nil)), frame) {
		t.Errorf("%x", sealed)
	}
	forged := append([]byte(nil), sealed...)
	forged[5] ^= 1
	_, err := cryptor.Open(nil, forged, nil)
	refused(t, err, ErrE2EEAuth)
	if empty := made[[]byte](t)(cryptor.Open(nil, nil, nil)); len(empty) != 0 {
		t.Error(empty)
	}
	must(t, cryptor.Ratchet(0))
	_, err = cryptor.Open(nil, sealed, nil)
	refused(t, err, ErrE2EEAuth)
	must(t, cryptor.RemoveKey(0, Seals|Opens))
	refused(t, cryptor.RemoveKey(0, Seals|Opens), ErrNotFound)
	_, err = cryptor.Open(nil, sealed, nil)
	refused(t, err, ErrE2EENoKey)
	stats := made[FrameCryptorStats](t)(cryptor.Stats())
	if stats.Sealed != 1 || stats.Opened != 1 || stats.AuthFailed != 2 || stats.NoKey != 1 {
		t.Errorf("%+v", stats)
	}
}
