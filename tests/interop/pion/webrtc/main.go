// A WebRTC peer (pion) for the interop test: commands on standard input, one word and its argument
// a line; what happened on standard output. Lines of a description are joined by '|'.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

var output sync.Mutex

func say(format string, arguments ...any) {
	output.Lock()
	defer output.Unlock()
	fmt.Printf(format+"\n", arguments...)
}

func check(err error) {
	if err != nil {
		say("error %v", err)
		os.Exit(1)
	}
}

func toLine(sdp string) string    { return strings.ReplaceAll(sdp, "\r\n", "|") }
func fromLine(line string) string { return strings.ReplaceAll(line, "|", "\r\n") }

// tell says a thing once for each of its values.
type teller struct {
	mutex sync.Mutex
	told  map[string]bool
}

func (t *teller) tell(line string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !t.told[line] {
		t.told[line] = true
		say("%s", line)
	}
}

func listenRTCP(read func() ([]rtcp.Packet, error), told *teller) {
	for {
		packets, err := read()
		if err != nil {
			return
		}
		for _, packet := range packets {
			// Blocks may stand in either kind of report.
			var blocks []rtcp.ReceptionReport
			switch report := packet.(type) {
			case *rtcp.SenderReport:
				told.tell("rtcp sr")
				blocks = report.Reports
			case *rtcp.ReceiverReport:
				blocks = report.Reports
			case *rtcp.TransportLayerNack:
				told.tell("rtcp nack")
			case *rtcp.TransportLayerCC:
				told.tell("rtcp twcc")
			}
			if len(blocks) > 0 {
				told.tell("rtcp rr")
			}
		}
	}
}

func newConnection() *webrtc.PeerConnection {
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	settings.SetICETimeouts(4*time.Second, 8*time.Second, 500*time.Millisecond)
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	check(media.RegisterDefaultCodecs())
	// What it does for video only by default, or not at all.
	media.RegisterFeedback(webrtc.RTCPFeedback{Type: "nack"}, webrtc.RTPCodecTypeAudio)
	for uri := range elements {
		check(media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeAudio))
	}
	check(webrtc.RegisterDefaultInterceptors(media, registry))
	check(webrtc.ConfigureTWCCHeaderExtensionSender(media, registry))
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(registry))
	connection, err := api.NewPeerConnection(webrtc.Configuration{})
	check(err)
	return connection
}

// Header extensions that are told of, with their values.
var elements = map[string]string{
	"urn:ietf:params:rtp-hdrext:ssrc-audio-level":                "level",
	"urn:ietf:params:rtp-hdrext:sdes:mid":                        "mid",
	"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time": "time",
}

func tellElements(packet *rtp.Packet, receiver *webrtc.RTPReceiver, told *teller) {
	for _, extension := range receiver.GetParameters().HeaderExtensions {
		name, value := elements[extension.URI], packet.GetExtension(uint8(extension.ID))
		if name == "mid" && value != nil {
			told.tell("element mid " + string(value))
		} else if name != "" && value != nil {
			told.tell("element " + name)
		}
	}
}

// speak sends an Opus frame every 20 ms: silence of 20 ms, and bytes that an Opus decoder passes over.
func speak(track *webrtc.TrackLocalStaticSample) {
	for range time.Tick(20 * time.Millisecond) {
		_ = track.WriteSample(media.Sample{Data: []byte{0xf8, 0xff, 0xfe, 'p', 'i', 'o', 'n'}, Duration: 20 * time.Millisecond})
	}
}

func hear(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver, told *teller) {
	for n := 0; ; n++ {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		tellElements(packet, receiver, told)
		if n%25 == 0 {
			say("heard %s", hex.EncodeToString(packet.Payload))
		}
	}
}

func main() {
	connection := newConnection()
	told := &teller{told: map[string]bool{}}
	track, err := webrtc.NewTrackLocalStaticSample(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "pion")
	check(err)
	sender, err := connection.AddTrack(track)
	check(err)
	go listenRTCP(func() ([]rtcp.Packet, error) { p, _, err := sender.ReadRTCP(); return p, err }, told)
	connection.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		go listenRTCP(func() ([]rtcp.Packet, error) { p, _, err := receiver.ReadRTCP(); return p, err }, told)
		hear(remote, receiver, told)
	})
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		say("state %s", state)
		if state == webrtc.PeerConnectionStateConnected {
			say("role %s", sender.Transport().ICETransport().Role())
		}
	})
	go speak(track)
	describe := func(options *webrtc.OfferOptions) {
		description, word := webrtc.SessionDescription{}, "answer"
		if options != nil {
			word = "offer"
			description, err = connection.CreateOffer(options)
		} else {
			description, err = connection.CreateAnswer(nil)
		}
		check(err)
		gathered := webrtc.GatheringCompletePromise(connection)
		check(connection.SetLocalDescription(description))
		<-gathered
		say("%s %s", word, toLine(connection.LocalDescription().SDP))
	}
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<16)
	for input.Scan() {
		word, rest, _ := strings.Cut(input.Text(), " ")
		switch word {
		case "offer":
			describe(&webrtc.OfferOptions{})
		case "restart":
			describe(&webrtc.OfferOptions{ICERestart: true})
		case "answer":
			check(connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: fromLine(rest)}))
			describe(nil)
		case "accept":
			check(connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: fromLine(rest)}))
		}
	}
}
