package voxlock

// #include <voxlock/voxlock.h>
import "C"

// FrameCryptorConfig is that of a frame cryptor; zero fields are defaults.
type FrameCryptorConfig struct {
	Format           FrameFormat // default FormatLiveKit
	RingSize         int         // keys that open at the same time, 1 to 256; default 16
	ClearLen         int         // LiveKit: clear bytes at the beginning, up to 64; default 1, negative: none
	RatchetWindow    int         // LiveKit: keys tried ahead, up to 16; they have to be prepared
	PBKDF2Iterations int         // LiveKit: default 100000
	Salt             []byte      // LiveKit: default "LKFrameEncryptionKey"
	ServerTrailer    []byte      // LiveKit: the room's sif_trailer; default: frames that the server makes are refused
	ServerCodec      Codec       // LiveKit: whose silence a server may send; default Opus
	SFrameSuite      SFrameSuite // default SFRAME_AES_128_GCM_SHA256_128
	FirstCounter     uint64      // SFrame: never one that was used with the same key
	MaxFrames        uint64      // sealed with one key; default 2^32
}

// FrameCryptor seals and opens single frames end to end, below the packets (RFC 9605, LiveKit). Who holds
// the keys is a participant. A frame that does not open is concealed, never decoded.
type FrameCryptor struct{ handle *handle }

// NewFrameCryptor makes a cryptor without keys.
func (c *Context) NewFrameCryptor(config FrameCryptorConfig) (*FrameCryptor, error) {
	var lent lender
	defer lent.giveBack()
	var in C.voxlock_frame_cryptor_config
	if err := check(C.voxlock_frame_cryptor_config_init(&in, C.sizeof_voxlock_frame_cryptor_config)); err != nil {
		return nil, err
	}
	config.fill(&in, &lent)
	return construct[FrameCryptor](c, func(ctx *C.voxlock_context, out **C.voxlock_frame_cryptor) C.int32_t {
		return C.voxlock_frame_cryptor_new(ctx, &in, out)
	}, func(p *C.voxlock_frame_cryptor) { C.voxlock_frame_cryptor_free(p) })
}

func (c *FrameCryptorConfig) fill(in *C.voxlock_frame_cryptor_config, lent *lender) {
	if c.Format != 0 {
		in.format = C.int32_t(c.Format)
	}
	setNumber(&in.ring_size, c.RingSize)
	if c.ClearLen != 0 {
		in.clear_len = C.uint32_t(max(c.ClearLen, 0))
	}
	in.ratchet_window = C.uint32_t(c.RatchetWindow)
	setNumber(&in.pbkdf2_iterations, c.PBKDF2Iterations)
	in.salt, in.salt_len = lent.bytes(c.Salt), C.size_t(len(c.Salt))
	in.server_trailer, in.server_trailer_len = lent.bytes(c.ServerTrailer), C.size_t(len(c.ServerTrailer))
	setNumber(&in.server_codec, int(c.ServerCodec))
	if c.SFrameSuite != 0 {
		in.sframe_suite = C.int32_t(c.SFrameSuite)
	}
	in.first_counter = C.uint64_t(c.FirstCounter)
	if c.MaxFrames != 0 {
		in.max_frames = C.uint64_t(c.MaxFrames)
	}
}

// Close gives the cryptor back; its keys are wiped when no bridge uses it any more.
func (f *FrameCryptor) Close() error { return f.handle.close() }

func (f *FrameCryptor) enter() (*C.voxlock_frame_cryptor, error) {
	if f == nil {
		return nil, ErrClosed
	}
	p, err := f.handle.enter()
	return (*C.voxlock_frame_cryptor)(p), err
}

// SetKey sets a key of 1 to 256 bytes of material, which is copied (RFC 9605, section 4.4). KDFPBKDF2 takes
// about 50 ms, for which a bridge that uses the cryptor waits.
func (f *FrameCryptor) SetKey(kid uint64, kdf KDF, material []byte, uses KeyUse) error {
	p, err := f.enter()
	if err != nil {
		return err
	}
	defer f.handle.leave()
	return check(C.voxlock_frame_cryptor_set_key(p, C.uint64_t(kid), C.int32_t(kdf), bytesOf(material),
		C.size_t(len(material)), C.uint32_t(uses)))
}

// RemoveKey removes and wipes a key; ErrNotFound.
func (f *FrameCryptor) RemoveKey(kid uint64, uses KeyUse) error {
	p, err := f.enter()
	if err != nil {
		return err
	}
	defer f.handle.leave()
	return check(C.voxlock_frame_cryptor_remove_key(p, C.uint64_t(kid), C.uint32_t(uses)))
}

// Ratchet goes on to the next key that derives from a present one (LiveKit).
func (f *FrameCryptor) Ratchet(kid uint64) error {
	p, err := f.enter()
	if err != nil {
		return err
	}
	defer f.handle.leave()
	return check(C.voxlock_frame_cryptor_ratchet(p, C.uint64_t(kid)))
}

// Prepare derives keys that ratcheting senders may use next, at most so many, and tells how many are still
// missing (LiveKit).
func (f *FrameCryptor) Prepare(most int) (int, error) {
	p, err := f.enter()
	if err != nil {
		return 0, err
	}
	defer f.handle.leave()
	var left C.size_t
	err = check(C.voxlock_frame_cryptor_prepare(p, C.size_t(max(most, 0)), &left))
	return int(left), err
}

// Seal appends the sealed frame to dst. metadata: authenticated and not sent, SFrame only.
func (f *FrameCryptor) Seal(dst, frame, metadata []byte) ([]byte, error) {
	p, err := f.enter()
	if err != nil {
		return dst, err
	}
	defer f.handle.leave()
	size := len(frame) + E2EEMaxOverhead
	whole, n := room(dst, size), C.size_t(size)
	err = check(C.voxlock_frame_cryptor_seal(p, present(frame), C.size_t(len(frame)), bytesOf(metadata),
		C.size_t(len(metadata)), bytesOf(whole[len(dst):]), &n))
	if err != nil {
		return dst, err
	}
	return whole[:len(dst)+int(n)], nil
}

// Open appends the opened frame to dst; on an error nothing but a counter has changed.
func (f *FrameCryptor) Open(dst, frame, metadata []byte) ([]byte, error) {
	p, err := f.enter()
	if err != nil {
		return dst, err
	}
	defer f.handle.leave()
	// One byte more, so that there is an address where the frame is empty.
	whole, n := room(dst, len(frame)+1), C.size_t(len(frame))
	err = check(C.voxlock_frame_cryptor_open(p, present(frame), C.size_t(len(frame)), bytesOf(metadata),
		C.size_t(len(metadata)), bytesOf(whole[len(dst):]), &n))
	if err != nil {
		return dst, err
	}
	return whole[:len(dst)+int(n)], nil
}

var nothing = [1]byte{}

// present gives an address for an empty slice as well.
func present(data []byte) *C.uint8_t {
	if len(data) == 0 {
		return bytesOf(nothing[:])
	}
	return bytesOf(data)
}

// FrameCryptorStats are numbers of frames where nothing else is said.
type FrameCryptorStats struct {
	OpeningKeys                                                      int // keys in the ring
	Sealed, Opened, Empty, ServerFrames                              uint64
	AuthFailed, NoKey, Malformed, ServerRefused, Replayed, Exhausted uint64 // refused
	Ratcheted                                                        uint64 // keys gone on
	NextCounter                                                      uint64 // SFrame: of the next sealed frame
}

// Stats reads the counters.
func (f *FrameCryptor) Stats() (FrameCryptorStats, error) {
	p, err := f.enter()
	if err != nil {
		return FrameCryptorStats{}, err
	}
	defer f.handle.leave()
	out := C.voxlock_frame_cryptor_stats{struct_size: C.sizeof_voxlock_frame_cryptor_stats}
	if err := check(C.voxlock_frame_cryptor_get_stats(p, &out)); err != nil {
		return FrameCryptorStats{}, err
	}
	return FrameCryptorStats{
		OpeningKeys: int(out.opening_keys), Sealed: uint64(out.sealed), Opened: uint64(out.opened),
		Empty: uint64(out.empty), ServerFrames: uint64(out.server_frames), AuthFailed: uint64(out.auth_failed),
		NoKey: uint64(out.no_key), Malformed: uint64(out.malformed), ServerRefused: uint64(out.server_refused),
		Replayed: uint64(out.replayed), Exhausted: uint64(out.exhausted), Ratcheted: uint64(out.ratcheted),
		NextCounter: uint64(out.next_counter),
	}, nil
}
