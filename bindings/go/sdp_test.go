package voxlock

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const offerText = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
	"m=audio 4000 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" +
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4\r\n"

func TestRFC8866ADescriptionIsRead(t *testing.T) {
	s := made[*SDP](t)(newContext(t).NewSDP(0))
	_, err := s.Summary()
	refused(t, err, ErrWrongState)
	must(t, s.Parse([]byte(offerText)))
	media := made[[]SDPMedia](t)(s.Media())
	if len(media) != 1 || media[0].Type != "audio" || media[0].Protocol != "RTP/SAVP" ||
		!slices.Equal(media[0].Formats, []string{"0", "101"}) || media[0].Address.String() != "192.0.2.1:4000" {
		t.Errorf("%+v", media)
	}
	attributes := made[[]Header](t)(s.Attributes(0, ""))
	if len(attributes) != 2 || attributes[0].Name != "rtpmap" || attributes[1].Name != "crypto" {
		t.Errorf("%+v", attributes)
	}
	refused(t, s.Parse([]byte("v=1\r\n")), ErrSDPVersion)
	if summary := made[SDPSummary](t)(s.Summary()); summary.MediaCount != 1 || summary.OriginAddress != "192.0.2.1" {
		t.Errorf("%+v", summary)
	}
	_, err = s.Attributes(-2, "")
	refused(t, err, ErrInvalidArgument)
}

func TestRFC4568ACryptoLineThereAndBack(t *testing.T) {
	s := made[*SDP](t)(newContext(t).NewSDP(0))
	must(t, s.Parse([]byte(offerText)))
	value := made[[]Header](t)(s.Attributes(0, "crypto"))[0].Value
	crypto := made[Crypto](t)(ParseCrypto(value))
	if crypto.Tag != 1 || crypto.Suite != AES_CM_128_HMAC_SHA1_80 || len(crypto.Key) != 30 || crypto.Lifetime != 1<<20 ||
		!bytes.Equal(crypto.MKI, []byte{0, 0, 0, 1}) || crypto.Usability != nil {
		t.Error("the line is read wrongly")
	}
	again := made[Crypto](t)(ParseCrypto(made[string](t)(crypto.Write())))
	if !bytes.Equal(again.Key, crypto.Key) || again.Lifetime != crypto.Lifetime {
		t.Error("the line is written wrongly")
	}
	if text := fmt.Sprintf("%v %+v %#v", crypto, crypto, crypto); strings.Contains(text, "d0Rm") || strings.Contains(text, "119") {
		t.Error("a key shows")
	}
	_, err := ParseCrypto("1 AES_CM_128_HMAC_SHA1_80 inline:short")
	refused(t, err, ErrSDPKey)
	crypto.Key = make([]byte, 100)
	_, err = crypto.Write()
	refused(t, err, ErrSDPKey)
}

func TestRFC3264OfferAndAnswerWithoutALeg(t *testing.T) {
	c := newContext(t)
	ours := made[*Negotiation](t)(c.NewNegotiation(NegotiationConfig{Address: trunkAddress, Codecs: []Codec{CodecPCMA, CodecPCMU}}))
	theirs := made[*Negotiation](t)(c.NewNegotiation(NegotiationConfig{Address: callerAddress, Codecs: []Codec{CodecPCMU}}))
	_, err := ours.Agreed()
	refused(t, err, ErrWrongState)
	answer, verdict, err := theirs.Answer(made[[]byte](t)(ours.Offer(0)))
	must(t, err)
	if verdict.Refused() || made[Verdict](t)(ours.AcceptAnswer(answer)).Refused() {
		t.Error("refused")
	}
	a, b := made[Negotiated](t)(ours.Agreed()), made[Negotiated](t)(theirs.Agreed())
	if a.Codec != CodecPCMU || !bytes.Equal(a.LocalKey, b.RemoteKey) || !bytes.Equal(b.LocalKey, a.RemoteKey) ||
		len(a.LocalKey) != 44 || a.RemoteRTP != callerAddress {
		t.Errorf("%v %v", a, b)
	}
	made[[]byte](t)(ours.Offer(OfferRekey))
	_, err = ours.Offer(0)
	refused(t, err, ErrWrongState)
	must(t, ours.Rollback())
	must(t, ours.Rollback())
}

func TestRFC8829AWebRTCAgreementWithoutALeg(t *testing.T) {
	c := newContext(t)
	config := NegotiationConfig{Address: trunkAddress, KeyExchange: KeysDTLS, FullICE: true,
		Fingerprint: "sha-256 " + strings.Repeat("AB:", 31) + "AB", Codecs: []Codec{CodecOpus}}
	ours := made[*Negotiation](t)(c.NewNegotiation(config))
	config.Address, config.FullICE = callerAddress, false
	theirs := made[*Negotiation](t)(c.NewNegotiation(config))
	answer, _, err := theirs.Answer(made[[]byte](t)(ours.Offer(0)))
	must(t, err)
	made[Verdict](t)(ours.AcceptAnswer(answer))
	if a := made[string](t)(ours.Text(TextLocalUfrag)); a == "" || a != made[string](t)(theirs.Text(TextRemoteUfrag)) {
		t.Errorf("ufrag %q", a)
	}
	if n := made[Negotiated](t)(ours.Agreed()); n.KeyExchange != KeysDTLS || !n.ICE || n.DTLSRole == 0 || len(n.LocalKey) != 0 {
		t.Errorf("%+v", n)
	}
}
