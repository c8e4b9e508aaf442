/* A bridge joins two legs: media of one peer is opened, decoded, processed, encoded and sealed for
 * the other within the call that brings it. Plaintext exists inside that call only. */
#ifndef VOXLOCK_BRIDGE_H
#define VOXLOCK_BRIDGE_H

#include "voxlock/audio.h"
#include "voxlock/e2ee.h"
#include "voxlock/leg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Directions: index of every [2] below. */
#define VOXLOCK_FORWARD 0  /* from leg 0 (trunk) to leg 1 (room) */
#define VOXLOCK_BACKWARD 1 /* from leg 1 to leg 0 */

typedef struct voxlock_bridge_config {
  uint32_t struct_size;           /* set by voxlock_bridge_config_init */
  uint32_t conceal_max_ms;        /* a longer loss stays a gap, 0..200; default 100 */
  uint32_t denoise_db[2];         /* by direction: noise goes down by at most so much, 1..45; 0: no
                                     denoiser. Default 15 forward, 0 backward */
  uint32_t stage_count[2];        /* further stages behind the denoiser, 0..14; default 0 */
  const voxlock_stage* stages[2]; /* stage_count of them each, all of one struct_size, copied; NULL
                                     with 0. A resampler to the other codec's rate is added where
                                     one is needed */
  voxlock_frame_cryptor*
      cryptor[2]; /* by leg: its peer's frames are sealed end to end. They are
                     opened before they are decoded, and what goes to it is sealed
                     after it was encoded. NULL (default): clear. The bridge keeps
                     the cryptor alive; set keys on it at any time, in the thread
                     of the bridge. A frame that does not open is concealed like a
                     lost one, and without a key nothing is sent */
  uint32_t
      repair_ms[2]; /* by direction: how long packets wait for a lost one in front of them that
                       the leg asked its peer for (voxlock_leg_config.nack), 0..200. It is
                       decoded in its place where it comes in time, and concealed where not.
                       Without loss nothing waits; what does lies in the bridge sealed, with
                       a key of its own, 12 packets at most. 0 (default): nothing waits, a loss is
                       concealed at once and what comes later is dropped (VOXLOCK_DROP_LATE). Good:
                       the round trip and 10 ms. 48 KiB for each direction */
} voxlock_bridge_config;

typedef struct voxlock_bridge voxlock_bridge;

/* Fills a config with defaults.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_bridge_config_init(voxlock_bridge_config* config, size_t size);

/* Joins two legs, before or after they agreed on anything. From now on datagrams, events and timers
 * of both go through the bridge; offers and answers go on through the legs, whose changes the
 * bridge follows. Bridge and legs are freed in any order, and are used by one thread at a time
 * together. trunk: leg 0, room: leg 1; two different legs of the same context. config: NULL for
 * defaults. out: the handle; NULL on failure. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT
 * (NULL, the same leg twice, a value outside its range), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_LEG_ATTACHED (a leg is in a bridge already), VOXLOCK_ERR_UNSUPPORTED (a host
 * processor, in a build without taps), VOXLOCK_ERR_OPAQUE (a leg is in a
 * relay: its content is sealed end to end), VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY,
 * VOXLOCK_ERR_LIMIT (an agreed packet time makes packets too long), and the statuses of
 * voxlock_chain_new for stages that work at no codec's rate, or not at the agreed one. */
VOXLOCK_API int32_t voxlock_bridge_new(voxlock_context* ctx, voxlock_leg* trunk, voxlock_leg* room,
                                       const voxlock_bridge_config* config,
                                       voxlock_bridge** out) VOXLOCK_CHECK;

/* Gives the handle back; NULL is allowed. The legs can be used alone or bridged anew. */
VOXLOCK_API void voxlock_bridge_free(voxlock_bridge* bridge);

/* Takes received datagrams of both legs. Each is opened, processed, sealed for the other leg and
 * queued (VOXLOCK_EV_TRANSMIT) before the call returns; its plaintext is wiped by then. A datagram
 * that does not authenticate changes nothing but a drop counter. Nothing is allocated but in the
 * first call after an agreement. datagrams, count: borrowed; datagram.leg is 0 or 1. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL with a count, a leg above 1; nothing was taken),
 * VOXLOCK_ERR_NO_MEMORY (nothing was taken). */
VOXLOCK_API int32_t voxlock_bridge_input(voxlock_bridge* bridge, const voxlock_datagram* datagrams,
                                         size_t count, uint64_t now_ns);

/* Runs timers and takes events of both legs out; arguments and statuses as of voxlock_leg_poll, and
 * VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_bridge_poll(voxlock_bridge* bridge, voxlock_media_event* events,
                                        size_t cap, size_t* count, uint8_t* arena, size_t arena_cap,
                                        uint64_t now_ns);

/* Returns when poll must be called again, UINT64_MAX for never (also for NULL). */
VOXLOCK_API uint64_t voxlock_bridge_next_deadline(const voxlock_bridge* bridge);

/* Ends both media sessions with RTCP BYE; poll once more.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL). */
VOXLOCK_API int32_t voxlock_bridge_close(voxlock_bridge* bridge, uint64_t now_ns);

/* scope */
#define VOXLOCK_SCOPE_NONE                                            \
  0 /* at least one hop is not encrypted, or nothing is agreed yet; a \
       frame port counts as the host says */
#define VOXLOCK_SCOPE_HOP_BY_HOP 1 /* both hops are; content is open inside this bridge */
#define VOXLOCK_SCOPE_END_TO_END 2 /* content is not open here */
/* transport */
#define VOXLOCK_TRANSPORT_NONE 0
#define VOXLOCK_TRANSPORT_RTP 1
#define VOXLOCK_TRANSPORT_SRTP 2
#define VOXLOCK_TRANSPORT_HOST 3 /* a frame port: the host carries it (voxlock/port.h) */
#define VOXLOCK_STAGES_TEXT 96
#define VOXLOCK_TAPS_TEXT 160
#define VOXLOCK_PEER_TEXT 256

/* Index of every [2]: leg for hops, direction (VOXLOCK_FORWARD, VOXLOCK_BACKWARD) for the rest. */
typedef struct voxlock_protection {
  uint32_t struct_size;                /* set by the caller */
  int32_t scope;                       /* VOXLOCK_SCOPE_* */
  int32_t transport[2];                /* VOXLOCK_TRANSPORT_* */
  int32_t key_exchange[2];             /* VOXLOCK_KEYS_* (voxlock/leg.h) */
  uint32_t suite_in[2];                /* SRTP suite of what the leg's peer sends; 0: none */
  uint32_t suite_out[2];               /* of what the leg sends to it */
  int32_t signalling[2];               /* VOXLOCK_SIGNALLING_* as the host told */
  int32_t peer_verified[2];            /* 1: the keys, or with DTLS the fingerprint that
                                          was proved, came over verified TLS */
  int32_t content_opened[2];           /* 1: content of this direction is open inside the bridge */
  char stages[2][VOXLOCK_STAGES_TEXT]; /* what touches it, e.g. "decode,denoise,encode";
                                          NUL-terminated */
  int32_t hop_scope[2]; /* VOXLOCK_SCOPE_NONE; VOXLOCK_SCOPE_HOP_BY_HOP: SRTP with the leg's peer;
                           VOXLOCK_SCOPE_END_TO_END: frames are sealed as well, through that peer
                           and whatever lies behind it */
  int32_t participant;  /* 1: this bridge holds keys of such frames, so their encryption ends in it:
                           whoever shares the keys has to trust it, and should be told */
  uint32_t reserved;    /* 0 */
  uint32_t tap_count[2]; /* who gets a copy of this direction's PCM: taps (voxlock/tap.h) and host
                            processors that were not revoked. 0: none leaves the bridge but to its
                            legs */
  char taps[2][VOXLOCK_TAPS_TEXT]; /* their names, e.g. "agent,recorder,host"; NUL-terminated, cut
                                      at a name */
  uint8_t peer_fingerprint[2][32]; /* with DTLS: SHA-256 of the certificate that the leg's peer
                                      proved to own: who hears there. Zeros with SDES, where it is
                                      whom the signalling reached */
  char peer_name[2][VOXLOCK_PEER_TEXT]; /* whom the signalling reached, as the host told where it
                                           verified that (voxlock_leg_set_signalling);
                                           NUL-terminated, empty where peer_verified is 0 */
} voxlock_protection;

/* Tells the protection of the call as it is now. Follow VOXLOCK_EV_PROTECTION.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_bridge_protection(const voxlock_bridge* bridge,
                                              voxlock_protection* protection);

typedef struct voxlock_bridge_stats {
  uint32_t struct_size; /* set by the caller */
  uint32_t reserved;
  uint64_t packets_in[2]; /* audio packets that went through, by direction */
  uint64_t packets_out[2];
  uint64_t lost[2];             /* missing between them */
  uint64_t concealed[2];        /* of these: filled in */
  uint64_t silences[2];         /* pauses the sender meant */
  uint64_t muted[2];            /* audio of a digit that goes out as an event */
  uint64_t events_out[2];       /* telephone-event packets */
  uint64_t bypassed[2];         /* frames a stage passed unchanged because it failed */
  uint64_t latency_us[2];       /* delay of the chain */
  uint64_t plaintext_count[2];  /* packets whose plaintext time was measured */
  uint64_t plaintext_p50_ns[2]; /* how long plaintext existed per packet; UINT64_MAX: unknown (no
                                   cycle counter, or less than 50 ms of host time seen). Measured by
                                   the CPU's cycle counter against now_ns */
  uint64_t plaintext_p99_ns[2];
  uint64_t plaintext_p999_ns[2];
  uint64_t plaintext_max_ns[2];
  uint64_t unopened[2];  /* sealed frames that did not open: no key, bad tag. Concealed as lost */
  uint64_t unsealed[2];  /* packets not sent because there was no key to seal them */
  uint64_t waited[2];    /* packets that waited for a lost one in front of them (repair_ms) */
  uint64_t recovered[2]; /* lost ones whose frame came along with a later packet (RFC 2198) */
  uint64_t tapped[2];    /* frames of PCM that taps were given (voxlock/tap.h) */
} voxlock_bridge_stats;

/* Tells the counters; those of the legs by voxlock_leg_get_stats.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_bridge_get_stats(const voxlock_bridge* bridge,
                                             voxlock_bridge_stats* stats);

#ifdef __cplusplus
}
#endif

#endif
