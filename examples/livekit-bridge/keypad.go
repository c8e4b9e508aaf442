package main

import (
	"strings"
	"sync"
	"time"

	"voxlock"
)

// RFC 4733: a key is pressed for 100 ms, told every 20, its end three times, and 60 ms of pause follow.
const (
	keyPackets   = 5
	endPackets   = 3
	packetTime   = 20 * time.Millisecond
	pauseBetween = 60 * time.Millisecond
	clock        = 48000
	ticksAPacket = clock / 50
	keyVolume    = 10 // -dBm0
	keys         = "0123456789*#ABCD"
)

// codeOf gives the event of a key (RFC 4733, section 3.2).
func codeOf(digit byte) (int, bool) {
	code := strings.IndexByte(keys, digit)
	return code, code >= 0
}

// A keypad presses keys on the room's side of a bridge.
type keypad struct {
	put     func(voxlock.Frame)
	info    func(digit byte) bool // false: the phone takes telephone events
	waiting chan byte
	mutex   sync.Mutex
	stamp   uint32 // of the frame that came last
	at      time.Time
}

func newKeypad(put func(voxlock.Frame), info func(digit byte) bool) *keypad {
	return &keypad{put: put, info: info, waiting: make(chan byte, waitingDigits), at: time.Now()}
}

// press queues a key; what is none, and more than fit, is left out.
func (k *keypad) press(digit byte) {
	if _, ok := codeOf(digit); !ok {
		return
	}
	select {
	case k.waiting <- digit:
	default:
	}
}

// heard tells of a frame: keys are on the clock of the audio around them.
func (k *keypad) heard(timestamp uint32) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.stamp, k.at = timestamp, time.Now()
}

func (k *keypad) now() uint32 {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.stamp + uint32(time.Since(k.at)*clock/time.Second)
}

func (k *keypad) run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case digit := <-k.waiting:
			k.send(digit)
		}
	}
}

func (k *keypad) send(digit byte) {
	if k.info(digit) {
		time.Sleep(keyPackets*packetTime + pauseBetween)
		return
	}
	code, _ := codeOf(digit)
	begin := k.now()
	var payload []byte
	for i := range keyPackets + endPackets {
		ticks := min(i+1, keyPackets) * ticksAPacket
		payload, _ = voxlock.AppendDTMF(payload[:0], voxlock.DTMFEvent{Code: uint8(code), Volume: keyVolume,
			Duration: uint16(ticks), IsEnd: i >= keyPackets})
		k.put(voxlock.Frame{Data: payload, Timestamp: begin, PayloadType: eventType, Marker: i == 0})
		if i < keyPackets {
			time.Sleep(packetTime)
		}
	}
	time.Sleep(pauseBetween)
}
