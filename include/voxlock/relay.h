/* A relay joins two legs of one codec and passes what they carry on unopened: each hop has its own
 * SRTP keys and its own headers, the payload of every packet goes out byte for byte as it came in.
 * Use it where the peers seal their frames end to end (voxlock/e2ee.h).
 *
 * No function of a relay reaches audio, and none takes a stage: voxlock_bridge_new on a leg of a
 * relay gives VOXLOCK_ERR_OPAQUE. RTCP ends at each leg. */
#ifndef VOXLOCK_RELAY_H
#define VOXLOCK_RELAY_H

#include "voxlock/bridge.h"
#include "voxlock/leg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Telephone events (RFC 4733) are in clear beside sealed audio. */
#define VOXLOCK_RELAY_DIGITS_FORWARD 0
#define VOXLOCK_RELAY_DIGITS_BLOCK 1
/* The audio level of each packet (RFC 6464) tells everyone on the way who speaks, when and how
 * loud. Every other header extension stays behind in any case. */
#define VOXLOCK_RELAY_LEVELS_STRIP 0
#define VOXLOCK_RELAY_LEVELS_FORWARD 1

/* Index of every [2]: leg for level_id, direction (VOXLOCK_FORWARD, VOXLOCK_BACKWARD) for stats. */
typedef struct voxlock_relay_config {
  uint32_t struct_size; /* set by voxlock_relay_config_init */
  int32_t digits;       /* default VOXLOCK_RELAY_DIGITS_FORWARD */
  int32_t levels;       /* default VOXLOCK_RELAY_LEVELS_STRIP */
  int32_t is_sealed;    /* 1 (default): the peers seal their frames, as signalling said; nothing in
                           the bytes could tell. 0: they do not, and the report calls the call hop by
                           hop: its content lies open in memory between the two hops */
  uint32_t level_id[2]; /* which header extension of the leg is the audio level, 1..14; 0 (default):
                           the one that the leg agreed on, or none */
} voxlock_relay_config;

typedef struct voxlock_relay voxlock_relay;

/* Fills a config with defaults.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_relay_config_init(voxlock_relay_config* config, size_t size);

/* Joins two legs, before or after they agreed on anything. From now on datagrams, events and timers
 * of both go through the relay; offers and answers go on through the legs. Relay and legs are freed
 * in any order, and are used by one thread at a time together. trunk: leg 0, room: leg 1; two
 * different legs of the same context. config: NULL for defaults. out: the handle; NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, the same leg twice, a value outside its
 * range), VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_LEG_ATTACHED (a leg is in a bridge or a relay
 * already), VOXLOCK_ERR_UNSUPPORTED (a leg is a port of frames: a relay joins packets, which have
 * numbers), VOXLOCK_ERR_RELAY_CODEC (the legs agreed on different codecs: give both the same one,
 * or open the frames in a bridge), VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_relay_new(voxlock_context* ctx, voxlock_leg* trunk, voxlock_leg* room,
                                      const voxlock_relay_config* config,
                                      voxlock_relay** out) VOXLOCK_CHECK;

/* Gives the handle back; NULL is allowed. The legs can be used alone or joined anew. */
VOXLOCK_API void voxlock_relay_free(voxlock_relay* relay);

/* Takes received datagrams of both legs. Each is opened, given the header of the other leg, sealed
 * and queued (VOXLOCK_EV_TRANSMIT) before the call returns. Losses, late packets and pauses stay
 * what they are. A datagram that does not authenticate changes nothing but a drop counter. Nothing
 * is allocated. datagrams, count: borrowed; datagram.leg is 0 or 1. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT (NULL with a count, a leg above 1; nothing was taken),
 * VOXLOCK_ERR_NO_MEMORY (where a handshake ends). */
VOXLOCK_API int32_t voxlock_relay_input(voxlock_relay* relay, const voxlock_datagram* datagrams,
                                        size_t count, uint64_t now_ns);

/* Runs timers and takes events of both legs out; arguments and statuses as of voxlock_leg_poll, and
 * VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_relay_poll(voxlock_relay* relay, voxlock_media_event* events,
                                       size_t cap, size_t* count, uint8_t* arena, size_t arena_cap,
                                       uint64_t now_ns);

/* Returns when poll must be called again, UINT64_MAX for never (also for NULL). */
VOXLOCK_API uint64_t voxlock_relay_next_deadline(const voxlock_relay* relay);

/* Ends both media sessions with RTCP BYE; poll once more.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL). */
VOXLOCK_API int32_t voxlock_relay_close(voxlock_relay* relay, uint64_t now_ns);

/* Tells the protection of the call as it is now. Follow VOXLOCK_EV_PROTECTION.
 * VOXLOCK_SCOPE_END_TO_END: both hops are encrypted and the peers' frames are sealed inside, as far
 * as is_sealed of the config is true. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL),
 * VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_relay_protection(const voxlock_relay* relay,
                                             voxlock_protection* protection);

typedef struct voxlock_relay_stats {
  uint32_t struct_size;   /* set by the caller */
  int32_t status;         /* VOXLOCK_OK while media passes; VOXLOCK_ERR_WRONG_STATE before both legs
                             have agreed; VOXLOCK_ERR_RELAY_CODEC after a re-offer parted them: all
                             media is dropped. VOXLOCK_EV_PROTECTION tells a change */
  uint64_t packets_in[2]; /* audio */
  uint64_t packets_out[2];
  uint64_t lost[2];      /* missing; the gap is passed on */
  uint64_t reordered[2]; /* late ones that were passed on in their place */
  uint64_t too_late[2];  /* dropped: more than 63 packets late, or of before the source's first */
  uint64_t events_out[2];
  uint64_t events_blocked[2];
  uint64_t levels_out[2];
  uint64_t recovered[2]; /* lost ones whose frame came along with a later packet (RFC 2198); they go
                            out in their places */
} voxlock_relay_stats;

/* Tells the counters; those of the legs by voxlock_leg_get_stats.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_relay_get_stats(const voxlock_relay* relay, voxlock_relay_stats* stats);

#ifdef __cplusplus
}
#endif

#endif
