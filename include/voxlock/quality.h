/* How a call sounds: losses and how they lie in time, delay, and a rating by the E-model. Both
 * ways: what a leg hears, and what its peer says about what it is sent. Polled at any time; with
 * rtcp_xr of voxlock_leg_config the peer gets what is heard here in its RTCP, and sends its own.
 * @see RFC 3611, section 4.7; ITU-T G.107 (06/2015); ITU-T G.113 (11/2007), appendix I */
#ifndef VOXLOCK_QUALITY_H
#define VOXLOCK_QUALITY_H

#include "voxlock/leg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What nobody knows is this, wherever a field says so. Nothing is ever guessed. */
#define VOXLOCK_QUALITY_UNKNOWN 127

/* side */
#define VOXLOCK_QUALITY_HEARD 0u /* what the peer sends, as it is heard here */
#define VOXLOCK_QUALITY_TOLD 1u  /* what is sent here, as the peer says that it hears it */

/* concealment: what stands in for a packet that is missing. @see RFC 3611, section 4.7.6 */
#define VOXLOCK_CONCEALMENT_UNSPECIFIED 0
#define VOXLOCK_CONCEALMENT_DISABLED 1 /* silence */
#define VOXLOCK_CONCEALMENT_ENHANCED 2 /* as good as appendix I of G.711, or the codec's own */
#define VOXLOCK_CONCEALMENT_STANDARD 3 /* something was heard before is played again */

/* jitter_buffer */
#define VOXLOCK_JITTER_BUFFER_UNKNOWN 0
#define VOXLOCK_JITTER_BUFFER_FIXED 2
#define VOXLOCK_JITTER_BUFFER_ADAPTIVE 3

/* Since the source began: another SSRC, or sequence numbers that start over, begin anew. */
typedef struct voxlock_quality {
  uint32_t struct_size;  /* set by the caller */
  int32_t is_known;      /* 1: there is something to tell. HEARD: the source has sent two packets in
                            a row; TOLD: a report came. 0: the rest has no meaning */
  uint32_t ssrc;         /* whom it is about */
  uint32_t gmin;         /* received packets in a row that end a burst of losses; 16 */
  uint32_t loss_rate;    /* packets that did not come, of 256; 0..255 */
  uint32_t discard_rate; /* packets that came too late to be used, of 256; 0..255 */
  uint32_t burst_density; /* missing ones in bursts, of 256 packets there; 0: no burst */
  uint32_t gap_density;   /* missing ones between bursts, of 256 packets there */
  uint32_t burst_ms;      /* mean length; 0: no burst; 65535 at most */
  uint32_t gap_ms;        /* mean length of what lies between bursts; 65535 at most */
  uint32_t round_trip_ms; /* of RTCP; 1..65535, 0: not measured */
  uint32_t end_system_ms; /* what the reporting end adds, sending and receiving; 0: not known */
  int32_t signal_dbm0;    /* level of speech, -128..126, or unknown */
  int32_t noise_dbm0;     /* level between speech, or unknown */
  uint32_t rerl_db;       /* residual echo return loss, 0..126, or unknown */
  uint32_t r_factor;      /* of a conversation, 0..100, or unknown: by G.107 for G.711, where the
                             round trip is known and, with losses, the concealment is. G.113 has no
                             value for Opus */
  uint32_t external_r_factor; /* of another segment of the call, or unknown */
  uint32_t
      mos_lq; /* score of listening, without what delay does: 10..50 for 1.0..5.0, or unknown */
  uint32_t mos_cq;             /* score of a conversation, likewise */
  int32_t concealment;         /* VOXLOCK_CONCEALMENT_* */
  int32_t jitter_buffer;       /* VOXLOCK_JITTER_BUFFER_* */
  uint32_t jitter_buffer_rate; /* how fast it adapts, 0..15 */
  uint32_t buffer_nominal_ms;  /* delay for packets in time */
  uint32_t buffer_maximum_ms;  /* for those that come as late as they may, now */
  uint32_t buffer_absolute_ms; /* and at worst */
  uint32_t reserved;
  uint64_t packets;   /* HEARD: expected; TOLD: 0, as all below */
  uint64_t lost;      /* of these: did not come */
  uint64_t discarded; /* came too late */
  uint64_t bursts;    /* rows of losses with less than gmin packets between them */
} voxlock_quality;

/* Tells the quality of one direction; also while a bridge or a relay drives the leg.
 * side: VOXLOCK_QUALITY_HEARD or _TOLD. quality: struct_size set by the caller.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, another side), VOXLOCK_ERR_STRUCT_SIZE.
 */
VOXLOCK_API int32_t voxlock_leg_get_quality(const voxlock_leg* leg, uint32_t side,
                                            voxlock_quality* quality);

/* What the host does with the audio of a leg alone, which the leg cannot see. It is reported to the
 * peer, and the rating builds upon it. */
typedef struct voxlock_terminal {
  uint32_t struct_size;  /* set by voxlock_terminal_init */
  int32_t concealment;   /* VOXLOCK_CONCEALMENT_*; default unspecified: with losses no rating */
  int32_t jitter_buffer; /* VOXLOCK_JITTER_BUFFER_*; default unknown */
  uint32_t jitter_buffer_rate; /* 0..15; default 0 */
  uint32_t buffer_nominal_ms;  /* 0..65535; default 0, as the next two */
  uint32_t buffer_maximum_ms;
  uint32_t buffer_absolute_ms;
  uint32_t delay_ms; /* sending and receiving together, buffers included; 0 (default): not known */
  int32_t signal_dbm0; /* -128..127; default 127: not known */
  int32_t noise_dbm0;  /* -128..127; default 127: not known */
  uint32_t rerl_db;    /* 0..127; default 127: not known */
  uint32_t reserved;   /* 0 */
} voxlock_terminal;

/* Fills a terminal with defaults.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_terminal_init(voxlock_terminal* terminal, size_t size);

/* Tells a leg about its host, at any time and again when something changes. A bridge does so for
 * its legs itself. terminal: NULL for the defaults. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT (NULL leg, a value outside its range), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_LEG_ATTACHED (a bridge drives this leg). */
VOXLOCK_API int32_t voxlock_leg_set_terminal(voxlock_leg* leg, const voxlock_terminal* terminal);

#ifdef __cplusplus
}
#endif

#endif
