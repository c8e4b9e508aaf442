/* Frame cryptors: seal and open single media frames end to end, below the packets. Two formats:
 * LiveKit's, for rooms that have end-to-end encryption on, and SFrame.
 *
 * A frame cryptor works on the payload of one stream and knows nothing of packets: seal what an
 * encoder gives before it goes into RTP, open what comes out of RTP before a decoder sees it. Who
 * holds the keys is a participant: a gateway that opens frames ends the end-to-end encryption, and
 * has to tell the others in the room. Which frames are sealed comes from signalling; never guess it
 * from the bytes. When open() refuses a frame, play silence or conceal: the first byte of a LiveKit
 * frame is clear, so a decoder would take the ciphertext for loud noise.
 * @see RFC 9605 */
#ifndef VOXLOCK_E2EE_H
#define VOXLOCK_E2EE_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Formats. */
#define VOXLOCK_E2EE_LIVEKIT 1
#define VOXLOCK_E2EE_SFRAME 2

/* Suites of SFrame, as registered with IANA. 6 to 8 are newer than the RFC.
 * @see RFC 9605, section 4.5 */
#define VOXLOCK_SFRAME_AES_128_CTR_HMAC_SHA256_80 1
#define VOXLOCK_SFRAME_AES_128_CTR_HMAC_SHA256_64 2
#define VOXLOCK_SFRAME_AES_128_CTR_HMAC_SHA256_32 3
#define VOXLOCK_SFRAME_AES_128_GCM_SHA256_128 4
#define VOXLOCK_SFRAME_AES_256_GCM_SHA512_128 5
#define VOXLOCK_SFRAME_AES_256_CTR_HMAC_SHA512_80 6
#define VOXLOCK_SFRAME_AES_256_CTR_HMAC_SHA512_64 7
#define VOXLOCK_SFRAME_AES_256_CTR_HMAC_SHA512_32 8

/* How a LiveKit key comes from its material. SFrame derives by its own rules: NONE.
 * @see RFC 5869; RFC 8018, section 5.2 */
#define VOXLOCK_E2EE_KDF_NONE 0   /* LiveKit: the material is the key, 16 bytes; no ratchet */
#define VOXLOCK_E2EE_KDF_HKDF 1   /* the material is a key of any length */
#define VOXLOCK_E2EE_KDF_PBKDF2 2 /* the material is a passphrase, UTF-8 without its NUL */

/* What a key is for. */
#define VOXLOCK_E2EE_SEALS 1u
#define VOXLOCK_E2EE_OPENS 2u

/* Limits. */
#define VOXLOCK_E2EE_MAX_MATERIAL 256 /* bytes */
#define VOXLOCK_E2EE_MAX_OVERHEAD 33  /* bytes that sealing adds, of any format */

typedef struct voxlock_frame_cryptor_config {
  uint32_t struct_size;       /* set by voxlock_frame_cryptor_config_init */
  int32_t format;             /* default VOXLOCK_E2EE_LIVEKIT */
  uint32_t ring_size;         /* keys that open at the same time, 1..256; default 16. LiveKit: key
                                 numbers lie below it */
  uint32_t clear_len;         /* LiveKit: bytes at the beginning of a frame that stay clear, 0..64;
                                 default 1, right for every audio codec */
  uint32_t ratchet_window;    /* LiveKit: keys tried ahead of the present one, 0 (default)..16. They
                                 have to be derived first, see voxlock_frame_cryptor_prepare */
  uint32_t pbkdf2_iterations; /* LiveKit: 1000..10000000; default 100000 */
  const uint8_t* salt;        /* LiveKit: of the key derivation, copied. NULL (default):
                                 "LKFrameEncryptionKey" */
  size_t salt_len;            /* bytes, 0..64 */
  const uint8_t* server_trailer; /* LiveKit: the room's sif_trailer, copied. NULL (default): frames
                                    that the server makes itself are refused */
  size_t server_trailer_len;     /* bytes, 0..64 */
  uint32_t server_codec;         /* LiveKit: whose silence a server may send: VOXLOCK_CODEC_OPUS
                                    (default), VOXLOCK_CODEC_PCMU or VOXLOCK_CODEC_PCMA */
  int32_t sframe_suite;          /* default VOXLOCK_SFRAME_AES_128_GCM_SHA256_128 */
  uint64_t first_counter;        /* SFrame: of the first sealed frame; default 0. After a restart
                                    with the same keys it must lie beyond every counter used before
                                    (next_counter of the stats): one that comes twice gives the
                                    content away */
  uint64_t max_frames;           /* sealed with one key, 1..2^32 (default) */
} voxlock_frame_cryptor_config;

typedef struct voxlock_frame_cryptor voxlock_frame_cryptor;

/* Fills a config with defaults.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_frame_cryptor_config_init(voxlock_frame_cryptor_config* config,
                                                      size_t size);

/* Makes a frame cryptor without keys. config: NULL for the defaults. out: receives the handle; set
 * to NULL on failure. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a number out of its
 * range), VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_UNSUPPORTED (suite), VOXLOCK_ERR_NO_MEMORY,
 * VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_frame_cryptor_new(voxlock_context* ctx,
                                              const voxlock_frame_cryptor_config* config,
                                              voxlock_frame_cryptor** out) VOXLOCK_CHECK;

/* Gives the cryptor back; its keys are wiped when no bridge uses it any more. NULL is allowed. */
VOXLOCK_API void voxlock_frame_cryptor_free(voxlock_frame_cryptor* cryptor);

/* Sets a key. With VOXLOCK_E2EE_OPENS it takes its place in the ring, beside the keys of other
 * numbers; with VOXLOCK_E2EE_SEALS it becomes the one that seals. To rotate, let every receiver
 * open with the new number first, then the sender seal with it, and remove the old one when no
 * frame of it can come any more. kid: the key's number; LiveKit: below ring_size, SFrame: any. kdf:
 * VOXLOCK_E2EE_KDF_...; PBKDF2 takes about 50 ms, so do not call it on the media path. material:
 * material_len bytes, 1..VOXLOCK_E2EE_MAX_MATERIAL, copied. uses: a sum of VOXLOCK_E2EE_SEALS and
 * VOXLOCK_E2EE_OPENS; both for a LiveKit key that the room shares. A key that seals must be new:
 * counters go on when one comes again, the count of its frames begins anew.
 * Returns VOXLOCK_OK; VOXLOCK_ERR_INVALID_ARGUMENT (NULL, kdf, uses); VOXLOCK_ERR_E2EE_KEY (length
 * of the material); VOXLOCK_ERR_E2EE_KEY_ID (beyond the ring); VOXLOCK_ERR_E2EE_KEY_USE (SFrame: an
 * SFrame key belongs to one sender and cannot do both); VOXLOCK_ERR_LIMIT (SFrame: the ring is
 * full, remove a key); VOXLOCK_ERR_NO_MEMORY. @see RFC 9605, section 4.4 */
VOXLOCK_API int32_t voxlock_frame_cryptor_set_key(voxlock_frame_cryptor* cryptor, uint64_t kid,
                                                  int32_t kdf, const uint8_t* material,
                                                  size_t material_len, uint32_t uses) VOXLOCK_CHECK;

/* Removes and wipes a key from the uses named. Frames that need it are refused from now on.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, uses), VOXLOCK_ERR_NOT_FOUND (in none of
 * them). */
VOXLOCK_API int32_t voxlock_frame_cryptor_remove_key(voxlock_frame_cryptor* cryptor, uint64_t kid,
                                                     uint32_t uses);

/* LiveKit: goes on to the next key that derives from a present one, wherever that is used, and
 * wipes the one behind. With PBKDF2 about 0.1 s for each use unless it was prepared.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_NOT_FOUND (no such key),
 * VOXLOCK_ERR_UNSUPPORTED (SFrame, VOXLOCK_E2EE_KDF_NONE), VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_frame_cryptor_ratchet(voxlock_frame_cryptor* cryptor,
                                                  uint64_t kid) VOXLOCK_CHECK;

/* LiveKit: derives keys that ratcheting senders may use next, so that opening never has to. Call it
 * off the media path after set_key, and whenever ratcheted of the stats has grown. most: at most so
 * many derivations, with PBKDF2 about 0.1 s each. left: receives how many are still missing; NULL
 * is allowed. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_frame_cryptor_prepare(voxlock_frame_cryptor* cryptor, size_t most,
                                                  size_t* left) VOXLOCK_CHECK;

/* Seals a frame with the key set for it. frame: frame_len bytes; an empty one (DTX) gives an empty
 * one with LiveKit. metadata: metadata_len bytes that are authenticated and not sent, SFrame only;
 * NULL for none. out: receives the sealed frame, must not overlap the input; *len: its capacity,
 * frame_len + voxlock_frame_cryptor_max_overhead is always enough; on return the length. Returns
 * VOXLOCK_OK; VOXLOCK_ERR_INVALID_ARGUMENT (NULL, overlap, metadata with LiveKit);
 * VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells a capacity that is enough, no counter is used up);
 * VOXLOCK_ERR_TRUNCATED (shorter than clear_len); VOXLOCK_ERR_E2EE_NO_KEY;
 * VOXLOCK_ERR_E2EE_EXHAUSTED (set another key); VOXLOCK_ERR_INTERNAL. */
VOXLOCK_API int32_t voxlock_frame_cryptor_seal(voxlock_frame_cryptor* cryptor, const uint8_t* frame,
                                               size_t frame_len, const uint8_t* metadata,
                                               size_t metadata_len, uint8_t* out,
                                               size_t* len) VOXLOCK_CHECK;

/* Opens a frame. On any error nothing but a counter has changed and out holds nothing of the frame.
 * frame: frame_len bytes; an empty one gives an empty one with LiveKit. metadata: what the sender
 * gave; NULL for none. out: receives the frame, must not overlap the input; *len: its capacity,
 * frame_len is always enough; on return the length. Of LiveKit frames that end with the server's
 * trailer only silence comes out, and it is not authenticated. Returns VOXLOCK_OK;
 * VOXLOCK_ERR_INVALID_ARGUMENT (NULL, overlap, metadata with LiveKit); VOXLOCK_ERR_BUFFER_TOO_SMALL
 * (*len tells a capacity that is enough, nothing is used up); for a frame to conceal
 * VOXLOCK_ERR_E2EE_AUTH, VOXLOCK_ERR_E2EE_NO_KEY, VOXLOCK_ERR_E2EE_FRAME, VOXLOCK_ERR_TRUNCATED,
 * VOXLOCK_ERR_E2EE_SERVER_FRAME, VOXLOCK_ERR_E2EE_REPLAYED (SFrame: came before, or is older than
 * 64 frames), VOXLOCK_ERR_INTERNAL. */
VOXLOCK_API int32_t voxlock_frame_cryptor_open(voxlock_frame_cryptor* cryptor, const uint8_t* frame,
                                               size_t frame_len, const uint8_t* metadata,
                                               size_t metadata_len, uint8_t* out,
                                               size_t* len) VOXLOCK_CHECK;

/* The most bytes that sealing adds, VOXLOCK_E2EE_MAX_OVERHEAD at most: make packets that much
 * smaller. Returns the number, 0 for NULL. */
VOXLOCK_API size_t voxlock_frame_cryptor_max_overhead(const voxlock_frame_cryptor* cryptor);

/* Counters since the cryptor was made; all numbers of frames but where it says otherwise. */
typedef struct voxlock_frame_cryptor_stats {
  uint32_t struct_size;  /* sizeof(voxlock_frame_cryptor_stats), set by the caller */
  uint32_t opening_keys; /* keys in the ring */
  uint64_t sealed;
  uint64_t opened;
  uint64_t empty;         /* passed on as they are, both ways */
  uint64_t server_frames; /* silence of the server, passed on */
  uint64_t auth_failed;   /* this and the next ones: refused */
  uint64_t no_key;
  uint64_t malformed;
  uint64_t server_refused;
  uint64_t replayed;
  uint64_t exhausted;
  uint64_t ratcheted; /* keys gone on, by frames of the sender or voxlock_frame_cryptor_ratchet */
  uint64_t next_counter; /* SFrame: of the next sealed frame; keep it where keys outlive the
                            cryptor. LiveKit: 0 */
} voxlock_frame_cryptor_stats;

/* Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_frame_cryptor_get_stats(const voxlock_frame_cryptor* cryptor,
                                                    voxlock_frame_cryptor_stats* out);

#ifdef __cplusplus
}
#endif

#endif
