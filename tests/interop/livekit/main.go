// A second participant of a LiveKit room, made with LiveKit's own SDK. It publishes the Opus frames
// of one Ogg file as a track and records another participant's track into a second Ogg file. What
// happens is printed as lines of JSON, for the test or the demo that started it.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
)

const frameDuration = 20 * time.Millisecond

// A frame of Opus with nothing to hear in it (RFC 6716, section 3.1: CELT, full band, 20 ms).
var silence = []byte{0xf8, 0xff, 0xfe}

type options struct {
	url, key, secret, room, identity string
	track, publish, record, from     string
	duration                         time.Duration
	passphrase, report, until        string
	digits, attribute                string
	replies                          bool
}

func parse() options {
	var o options
	flag.StringVar(&o.url, "url", "ws://127.0.0.1:7880", "the server")
	flag.StringVar(&o.key, "key", "devkey", "API key")
	flag.StringVar(&o.secret, "secret", "secret", "API secret")
	flag.StringVar(&o.room, "room", "voxlock", "room to join")
	flag.StringVar(&o.identity, "identity", "agent", "our identity")
	flag.StringVar(&o.track, "track", "voice", "name of the track that is published")
	flag.StringVar(&o.publish, "publish", "", "Ogg/Opus file of 20 ms frames to publish")
	flag.StringVar(&o.record, "record", "", "Ogg/Opus file to write what is heard to")
	flag.StringVar(&o.from, "from", "", "identity to record (anyone where empty)")
	flag.DurationVar(&o.duration, "duration", 15*time.Second, "leave after this time")
	flag.StringVar(&o.passphrase, "passphrase", "", "shared passphrase of end-to-end encryption")
	flag.StringVar(&o.attribute, "attribute", "", "an attribute of ours, as name=value")
	flag.StringVar(&o.report, "report", "", "file for the summary, as JSON")
	flag.StringVar(&o.digits, "digits", "", "keys to press for the room once somebody is heard")
	flag.BoolVar(&o.replies, "reply", false, "be silent until somebody is heard")
	flag.StringVar(&o.until, "until", "", "leave after this identity has left")
	flag.Parse()
	return o
}

var output sync.Mutex

func report(event string, fields map[string]any) {
	if fields == nil {
		fields = map[string]any{}
	}
	fields["event"] = event
	line, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(line))
}

// frames reads the Opus packets of an Ogg file with one packet to a page (opusenc --max-delay 20),
// without its two header pages.
func frames(path string) ([][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader, _, err := oggreader.NewWith(file)
	if err != nil {
		return nil, err
	}
	var list [][]byte
	for {
		packet, _, err := reader.ParseNextPage()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(packet, []byte("OpusTags")) {
			list = append(list, packet)
		}
	}
}

type participant struct {
	options
	e2eeKey  []byte
	joined   *lksdk.Room
	received atomic.Int64
	lost     atomic.Int64 // that never came
	late     atomic.Int64 // that came behind later ones
	failed   atomic.Int64
	writer   *oggwriter.OggWriter
	mutex    sync.Mutex
	over     sync.Once
	gone     chan struct{} // closed once the identity of -until has left
	first    sync.Once
	hearing  chan struct{}  // closed once somebody is heard
	silences atomic.Int64   // frames that the server made
	pressed  []byte         // keys that somebody else pressed
	seen     map[string]any // who joined, as the room tells it
}

func (p *participant) seal(frame []byte) ([]byte, error) {
	if p.e2eeKey == nil {
		return frame, nil
	}
	return lksdk.EncryptGCMAudioSample(frame, p.e2eeKey, 0)
}

func (p *participant) open(frame []byte) ([]byte, error) {
	if p.e2eeKey == nil {
		return frame, nil
	}
	return lksdk.DecryptGCMAudioSample(frame, p.e2eeKey, p.joined.SifTrailer())
}

func (p *participant) hear(track *webrtc.TrackRemote, from string) {
	if p.from != "" && p.from != from {
		return
	}
	report("hears", map[string]any{"from": from, "codec": track.Codec().MimeType, "ssrc": track.SSRC()})
	p.first.Do(func() { close(p.hearing) })
	var last uint16
	started := false
	missing := map[uint16]bool{}
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			report("track ended", map[string]any{"from": from})
			return
		}
		if missing[packet.SequenceNumber] {
			delete(missing, packet.SequenceNumber)
			p.lost.Add(-1)
			p.late.Add(1)
		}
		if gap := packet.SequenceNumber - last - 1; !started || gap < 1000 {
			for next := last + 1; started && next != packet.SequenceNumber; next++ {
				missing[next] = true
				p.lost.Add(1)
			}
			last, started = packet.SequenceNumber, true
		}
		if len(packet.Payload) == 0 {
			continue
		}
		p.received.Add(1)
		p.keep(packet)
	}
}

func (p *participant) keep(packet *rtp.Packet) {
	payload, err := p.open(packet.Payload)
	if err != nil {
		p.failed.Add(1)
		return
	}
	if payload == nil {
		p.silences.Add(1)
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.writer == nil {
		return
	}
	opened := packet.Clone()
	opened.Payload = payload
	if err := p.writer.WriteRTP(opened); err != nil {
		report("error", map[string]any{"what": err.Error()})
	}
}

func (p *participant) speak(done <-chan struct{}) error {
	list, err := frames(p.publish)
	if err != nil {
		return fmt.Errorf("%s: %w", p.publish, err)
	}
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	if err != nil {
		return err
	}
	settings := &lksdk.TrackPublicationOptions{Name: p.track, Source: livekit.TrackSource_MICROPHONE}
	if p.e2eeKey != nil {
		settings.Encryption = livekit.Encryption_GCM
	}
	if _, err := p.joined.LocalParticipant.PublishTrack(track, settings); err != nil {
		return err
	}
	report("published", map[string]any{"track": p.track, "frames": len(list)})
	ticker := time.NewTicker(frameDuration)
	defer ticker.Stop()
	for next := 0; ; {
		select {
		case <-done:
			return nil
		case <-ticker.C:
		}
		frame := silence
		if p.speaks() {
			frame = list[next%len(list)]
			next++
		}
		frame, err := p.seal(frame)
		if err != nil {
			return err
		}
		if err := track.WriteSample(media.Sample{Data: frame, Duration: frameDuration}, nil); err != nil {
			return err
		}
	}
}

// speaks tells whether it is time to: what is said before somebody listens is not heard.
func (p *participant) speaks() bool {
	if !p.replies {
		return true
	}
	select {
	case <-p.hearing:
		return true
	default:
		return false
	}
}

// dial sends keys as LiveKit's SIP service and its agents do.
func (p *participant) dial() {
	<-p.hearing
	for _, digit := range p.digits {
		time.Sleep(400 * time.Millisecond)
		packet := &livekit.SipDTMF{Code: uint32(strings.IndexRune("0123456789*#ABCD", digit)), Digit: string(digit)}
		if err := p.joined.LocalParticipant.PublishDataPacket(packet, lksdk.WithDataPublishReliable(true)); err != nil {
			report("error", map[string]any{"what": err.Error()})
		}
	}
}

func (p *participant) see(other *lksdk.RemoteParticipant) {
	told := map[string]any{"kind": livekit.ParticipantInfo_Kind(other.Kind()).String(), "attributes": other.Attributes()}
	p.mutex.Lock()
	p.seen[other.Identity()] = told
	p.mutex.Unlock()
	report("joined", map[string]any{"identity": other.Identity(), "kind": told["kind"], "attributes": told["attributes"]})
}

func (p *participant) take(data lksdk.DataPacket, from string) {
	digit, ok := data.(*livekit.SipDTMF)
	if !ok {
		return
	}
	report("digit", map[string]any{"from": from, "digit": digit.GetDigit(), "code": digit.GetCode()})
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.pressed = append(p.pressed, digit.GetDigit()...)
}

func (p *participant) join() error {
	callback := lksdk.NewRoomCallback()
	callback.OnTrackSubscribed = func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, from *lksdk.RemoteParticipant) {
		go p.hear(track, from.Identity())
	}
	callback.OnParticipantConnected = func(other *lksdk.RemoteParticipant) {
		p.see(other)
	}
	callback.OnAttributesChanged = func(changed map[string]string, other lksdk.Participant) {
		report("attributes", map[string]any{"identity": other.Identity(), "changed": changed})
	}
	callback.OnDataPacket = func(data lksdk.DataPacket, from lksdk.DataReceiveParams) { p.take(data, from.SenderIdentity) }
	callback.OnParticipantDisconnected = func(other *lksdk.RemoteParticipant) {
		report("left", map[string]any{"identity": other.Identity()})
		if p.until != "" && other.Identity() == p.until {
			p.over.Do(func() { close(p.gone) })
		}
	}
	attributes := map[string]string{}
	if name, value, ok := strings.Cut(p.attribute, "="); ok {
		attributes[name] = value
	}
	room, err := lksdk.ConnectToRoom(p.url, lksdk.ConnectInfo{APIKey: p.key, APISecret: p.secret, RoomName: p.room,
		ParticipantIdentity: p.identity, ParticipantAttributes: attributes,
	}, callback, lksdk.WithLogger(logger.GetDiscardLogger()))
	if err != nil {
		return err
	}
	p.joined = room
	report("connected", map[string]any{"room": p.room, "identity": p.identity})
	return nil
}

func run() error {
	p := &participant{options: parse(), gone: make(chan struct{}), hearing: make(chan struct{}),
		seen: make(map[string]any)}
	lksdk.SetLogger(logger.GetDiscardLogger())
	if p.passphrase != "" {
		key, err := lksdk.DeriveKeyFromString(p.passphrase)
		if err != nil {
			return err
		}
		p.e2eeKey = key
	}
	if p.record != "" {
		writer, err := oggwriter.New(p.record, 48000, 1)
		if err != nil {
			return err
		}
		p.writer = writer
	}
	if err := p.join(); err != nil {
		return err
	}
	if p.digits != "" {
		go p.dial()
	}
	done := make(chan struct{})
	failure := make(chan error, 1)
	if p.publish != "" {
		go func() {
			if err := p.speak(done); err != nil {
				failure <- err
			}
		}()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var err error
	select {
	case <-signals:
	case <-p.gone:
	case <-time.After(p.duration):
	case err = <-failure:
	}
	close(done)
	p.joined.Disconnect()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.writer != nil {
		err = errors.Join(err, p.writer.Close())
		p.writer = nil
	}
	summary := map[string]any{"packets": p.received.Load(), "lost": p.lost.Load(), "late": p.late.Load(), "failed": p.failed.Load(),
		"silences": p.silences.Load(), "sealed": p.e2eeKey != nil, "digits": string(p.pressed), "dialled": p.digits,
		"seen": p.seen}
	report("summary", summary)
	if p.options.report != "" {
		text, failed := json.Marshal(summary)
		err = errors.Join(err, failed, os.WriteFile(p.options.report, text, 0o644))
	}
	return err
}

func main() {
	if err := run(); err != nil {
		report("error", map[string]any{"what": err.Error()})
		os.Exit(1)
	}
}
