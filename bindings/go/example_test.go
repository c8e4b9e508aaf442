package voxlock_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"time"

	"voxlock"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

var (
	here  = netip.MustParseAddrPort("192.0.2.1:40000")
	there = netip.MustParseAddrPort("192.0.2.9:40000")
)

func Example() {
	context := must(voxlock.NewContext(voxlock.ContextConfig{}))
	defer context.Close()
	srtp := must(context.NewSRTP(voxlock.SRTPConfig{Suite: voxlock.AEAD_AES_128_GCM, Key: make([]byte, 28)}))
	defer srtp.Close()

	packet := must(voxlock.AppendRTP(nil, voxlock.RTPHeader{Sequence: 1, SSRC: 7}, make([]byte, 160)))
	sealed := must(srtp.Seal(nil, packet))
	plain := must(srtp.Open(nil, sealed, voxlock.Monotonic()))
	fmt.Println(len(sealed), bytes.Equal(plain, packet))

	_, err := srtp.Open(nil, sealed, voxlock.Monotonic())
	fmt.Println(errors.Is(err, voxlock.ErrSRTPReplayed), err)
	// Output:
	// 188 true
	// true voxlock: a packet with this index was processed before (VOXLOCK_ERR_SRTP_REPLAYED)
}

func ExampleContext_NewSIPMessage() {
	context := must(voxlock.NewContext(voxlock.ContextConfig{}))
	message := must(context.NewSIPMessage(voxlock.SIPConfig{}))
	text := must(voxlock.WriteSIP(voxlock.SIPStart{Method: "OPTIONS", URI: "sip:bob@example.net"}, []voxlock.Header{
		{Name: "Via", Value: "SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK1"}, {Name: "From", Value: `"Al" <sip:al@example.org>;tag=1`},
		{Name: "To", Value: "<sip:bob@example.net>"}, {Name: "Call-ID", Value: "x"}, {Name: "CSeq", Value: "7 OPTIONS"},
		{Name: "Max-Forwards", Value: "70"}}, nil))
	must(message.Parse(text, voxlock.SIPDatagram))
	summary := must(message.Summary())
	fmt.Println(summary.Method, summary.FromName, summary.FromURI, summary.CSeq)

	_, err := message.Parse([]byte("HELLO sip:x SIP/3.0\r\n\r\n"), voxlock.SIPDatagram)
	fmt.Println(err, voxlock.ResponseCode(err))
	// Output:
	// OPTIONS Al sip:al@example.org 7
	// voxlock: the SIP version is not 2.0 (VOXLOCK_ERR_SIP_VERSION) 505
}

func ExampleChain_Process() {
	context := must(voxlock.NewContext(voxlock.ContextConfig{}))
	chain := must(context.NewChain(voxlock.ChainConfig{Stages: []voxlock.Stage{
		voxlock.Denoise(15), voxlock.Gain(3), voxlock.Resample(48000)}}))
	defer chain.Close()
	pcm := must(chain.Process(nil, make([]int16, 160)))
	fmt.Println(len(pcm), chain.OutRate())
	// Output: 960 48000
}

func ExampleFrameCryptor() {
	context := must(voxlock.NewContext(voxlock.ContextConfig{}))
	cryptor := must(context.NewFrameCryptor(voxlock.FrameCryptorConfig{}))
	if err := cryptor.SetKey(0, voxlock.KDFPBKDF2, []byte("the room's passphrase"), voxlock.Seals|voxlock.Opens); err != nil {
		log.Fatal(err)
	}
	sealed := must(cryptor.Seal(nil, []byte("an Opus frame"), nil))
	fmt.Printf("%s\n", must(cryptor.Open(nil, sealed, nil)))
	sealed[5] ^= 1
	_, err := cryptor.Open(nil, sealed, nil)
	fmt.Println(errors.Is(err, voxlock.ErrE2EEAuth))
	// Output:
	// an Opus frame
	// true
}

// A trunk leg and a frame port in a bridge: what the caller says comes out as Opus frames.
func ExampleContext_NewBridge() {
	context := must(voxlock.NewContext(voxlock.ContextConfig{}))
	trunk := must(context.NewLeg(voxlock.LegConfig{Address: here, Codecs: []voxlock.Codec{voxlock.CodecPCMU}}))
	caller := must(context.NewLeg(voxlock.LegConfig{Address: there, Codecs: []voxlock.Codec{voxlock.CodecPCMU}}))
	answer, verdict, err := trunk.Answer(must(caller.Offer(0, 0)), 0)
	if err != nil || verdict.Refused() {
		log.Fatal(verdict, err)
	}
	must(caller.AcceptAnswer(answer, 0))

	port := must(context.NewPort(voxlock.PortConfig{Codec: voxlock.CodecOpus, HostProtects: true}))
	bridge := must(context.NewBridge(trunk, port, voxlock.BridgeConfig{Denoise: [2]int{voxlock.Forward: 18}}))
	defer bridge.Close()

	var events voxlock.Events // of the caller and of the bridge, one after the other
	frames := 0
	for i := range 50 {
		now := time.Duration(i) * 20 * time.Millisecond
		if err := caller.Send(voxlock.Frame{Data: make([]byte, 160), Timestamp: uint32(160 * i)}, now); err != nil {
			log.Fatal(err)
		}
		var datagrams []voxlock.Datagram
		must(caller.Poll(&events, now))
		for _, e := range events.List {
			if e.Type == voxlock.EventTransmit {
				datagrams = append(datagrams, voxlock.Datagram{Data: e.Data, Source: there})
			}
		}
		if err := bridge.Input(datagrams, now); err != nil {
			log.Fatal(err)
		}
		for must(bridge.Poll(&events, now)) != 0 { // one cgo call for many events
			for _, e := range events.List {
				if _, ok := e.Frame(); ok {
					frames++ // a host gives it to its WebRTC track
				}
			}
		}
	}
	protection := must(bridge.Protection())
	fmt.Println(frames, protection.Stages[voxlock.Forward], protection.Hops[0].SuiteIn)
	// Output: 50 decode,denoise,encode AEAD_AES_256_GCM
}
