package main

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"voxlock"
)

const (
	tokenLife     = 6 * time.Hour // of a call: joining again needs it
	waitingDigits = 32
	// A gap above this is a pause, and not packets that were lost.
	longestLoss = 50
)

type roomConfig struct {
	url, key, secret, name, identity, hear string
	patience                               time.Duration // how long the room may be out of reach
	isSealed                               bool
}

// A room is the call's participant in a room of a LiveKit server.
type room struct {
	roomConfig
	gone     func(reason string)
	info     func(digit byte) bool // sends a digit by INFO; false: it is to go as an event
	joined   *lksdk.Room
	track    *lksdk.LocalTrack
	sequence uint16
	keypad   *keypad
	pressed  chan byte
	ready    chan struct{} // closed when media may flow
	left     chan struct{}
	leaving  sync.Once
	mutex    sync.Mutex
	speaker  *webrtc.TrackRemote
	media    *media
	outage   *time.Timer
}

func newRoom(config roomConfig) *room {
	return &room{roomConfig: config, pressed: make(chan byte, waitingDigits), ready: make(chan struct{}), left: make(chan struct{})}
}

// token lets one participant of kind SIP into one room, and lets it tell how the call stands.
func (r *room) token(attributes map[string]string) (string, error) {
	grant := &auth.VideoGrant{RoomJoin: true, Room: r.name}
	grant.SetCanUpdateOwnMetadata(true)
	return auth.NewAccessToken(r.key, r.secret).SetVideoGrant(grant).SetIdentity(r.identity).
		SetKind(livekit.ParticipantInfo_SIP).SetAttributes(attributes).SetValidFor(tokenLife).ToJWT()
}

func (r *room) enter(ctx context.Context, attributes map[string]string) error {
	token, err := r.token(attributes)
	if err != nil {
		return err
	}
	callback := lksdk.NewRoomCallback()
	callback.OnTrackSubscribed = func(track *webrtc.TrackRemote, publication *lksdk.RemoteTrackPublication, from *lksdk.RemoteParticipant) {
		go r.hear(track, publication, from.Identity())
	}
	callback.OnDataPacket = func(data lksdk.DataPacket, _ lksdk.DataReceiveParams) {
		if digits, ok := data.(*livekit.SipDTMF); ok {
			r.dial(digits.GetDigit())
		}
	}
	callback.OnReconnecting = func() { r.watch(time.AfterFunc(r.patience, func() { r.lost("out of reach") })) }
	callback.OnReconnected = func() { r.watch(nil) }
	callback.OnDisconnectedWithReason = func(reason lksdk.DisconnectionReason) {
		r.lost(string(reason))
	}
	joined := lksdk.NewRoom(callback)
	joined.SetLogger(logger.GetDiscardLogger())
	if err := joined.JoinWithContextAndToken(ctx, r.url, token, lksdk.WithLogger(logger.GetDiscardLogger())); err != nil {
		return err
	}
	r.joined = joined
	return nil
}

// watch makes a timer the one of the present outage; nil: it is over.
func (r *room) watch(outage *time.Timer) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.outage != nil {
		r.outage.Stop()
	}
	r.outage = outage
}

// lost tells that the room is gone, unless that is how it should be.
func (r *room) lost(reason string) {
	select {
	case <-r.left:
	default:
		r.gone(reason)
	}
}

// publish lets the room hear the phone, and the phone the room.
func (r *room) publish(m *media) error {
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	if err != nil {
		return err
	}
	settings := &lksdk.TrackPublicationOptions{Name: "phone", Source: livekit.TrackSource_MICROPHONE}
	if r.isSealed {
		settings.Encryption = livekit.Encryption_GCM
	}
	r.mutex.Lock()
	r.track, r.media, r.keypad = track, m, newKeypad(m.put, r.info)
	r.mutex.Unlock()
	if _, err := r.joined.LocalParticipant.PublishTrack(track, settings); err != nil {
		return err
	}
	close(r.ready)
	go r.keypad.run(r.left)
	go r.sendDigits()
	return nil
}

// isEncrypted: the handshakes of both directions are through. A server may use one connection for both.
func (r *room) isEncrypted() bool {
	publisher, subscriber := r.joined.LocalParticipant.GetPublisherPeerConnection(), r.joined.LocalParticipant.GetSubscriberPeerConnection()
	return isEncrypted(publisher) && (subscriber == nil || isEncrypted(subscriber))
}

// isEncrypted asks the WebRTC stack, which knows no state of DTLS but this one in which media flows, and compared
// the server's certificate with the fingerprint of its SDP by then.
func isEncrypted(connection *webrtc.PeerConnection) bool {
	if connection == nil {
		return false
	}
	transport := connection.SCTP().Transport()
	return transport.State() == webrtc.DTLSTransportStateConnected && len(transport.GetRemoteCertificate()) != 0
}

func (r *room) silenceTrailer() []byte { return r.joined.SifTrailer() }

// headers are those that the attributes of whom the phone hears, or of everybody in the room, stand for.
func (r *room) headers() []voxlock.Header {
	all := make(map[string]string)
	for _, other := range r.joined.GetRemoteParticipants() {
		if r.roomConfig.hear == "" || r.roomConfig.hear == other.Identity() {
			maps.Copy(all, other.Attributes())
		}
	}
	return headersOf(all)
}

// hearFrame sends what the phone says.
func (r *room) hearFrame(frame voxlock.Frame) {
	r.mutex.Lock()
	track := r.track
	r.mutex.Unlock()
	if track == nil {
		return
	}
	r.sequence++
	_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, Marker: frame.Marker, SequenceNumber: r.sequence,
		Timestamp: frame.Timestamp}, Payload: frame.Data}, nil)
}

// hearDigit tells the room of a key that the phone pressed; more than fit are left out.
func (r *room) hearDigit(digit byte) {
	select {
	case r.pressed <- digit:
	default:
	}
}

func (r *room) sendDigits() {
	for {
		select {
		case <-r.left:
			return
		case digit := <-r.pressed:
			code, ok := codeOf(digit)
			if !ok {
				continue
			}
			err := r.joined.LocalParticipant.PublishDataPacket(&livekit.SipDTMF{Code: uint32(code), Digit: string(digit)},
				lksdk.WithDataPublishReliable(true))
			if err != nil {
				fmt.Printf("room %s: a digit could not be sent: %v\n", r.name, err)
			}
		}
	}
}

// dial presses the keys that somebody in the room asks for.
func (r *room) dial(digits string) {
	select {
	case <-r.ready:
	case <-r.left:
		return
	}
	for i := range len(digits) {
		r.keypad.press(digits[i])
	}
}

// hear brings one track of the room to the phone. The phone hears one at a time.
func (r *room) hear(track *webrtc.TrackRemote, publication *lksdk.RemoteTrackPublication, from string) {
	if track.Kind() != webrtc.RTPCodecTypeAudio || r.roomConfig.hear != "" && r.roomConfig.hear != from {
		return
	}
	// What signalling says counts: nothing is guessed from the bytes, and nothing clear is heard in a sealed room.
	isSealed := publication.TrackInfo().GetEncryption() != livekit.Encryption_NONE
	if isSealed != r.isSealed {
		fmt.Printf("room %s: a track of %s is not heard: it is sealed: %t, the room: %t\n", r.name, from, isSealed, r.isSealed)
		return
	}
	select {
	case <-r.ready:
	case <-r.left:
		return
	}
	defer r.letGo(track)
	var order sequence
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		lost, ok := order.next(packet.SequenceNumber)
		if !ok || !r.claims(track) || len(packet.Payload) == 0 {
			continue
		}
		r.keypad.heard(packet.Timestamp)
		r.media.put(voxlock.Frame{Data: packet.Payload, Timestamp: packet.Timestamp, Lost: lost, PayloadType: opusType,
			Marker: packet.Marker})
	}
}

// claims makes a track the one that the phone hears, if there is none.
func (r *room) claims(track *webrtc.TrackRemote) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.speaker == nil {
		r.speaker = track
	}
	return r.speaker == track
}

func (r *room) letGo(track *webrtc.TrackRemote) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.speaker == track {
		r.speaker = nil
	}
}

// A sequence tells of the packets that are missing before one.
type sequence struct {
	last    uint16
	started bool
}

// next gives how many are lost; false: the packet comes too late, or again.
func (s *sequence) next(number uint16) (int, bool) {
	gap := number - s.last - 1
	first := !s.started
	if !first && gap >= 1<<15 {
		return 0, false
	}
	s.last, s.started = number, true
	if first || gap > longestLoss {
		return 0, true
	}
	return int(gap), true
}

func (r *room) setStatus(attributes map[string]string) {
	r.joined.LocalParticipant.SetAttributes(attributes)
}

// leave may be called when the room was never entered.
func (r *room) leave(attributes map[string]string) {
	r.leaving.Do(func() {
		close(r.left)
		r.watch(nil)
		if r.joined != nil {
			r.setStatus(attributes)
			r.joined.Disconnect()
		}
	})
}
