/* A tap gives the host a copy of what one peer of a bridge says: for an agent, a recorder,
 * captions. PCM gets out of a bridge by taps and by host processors (VOXLOCK_STAGE_HOST) alone,
 * which voxlock_bridge_protection counts and names, and voxlock_bridge_revoke_taps ends. A frame
 * port is no tap: there the host is the peer, and the report says so (VOXLOCK_TRANSPORT_HOST).
 *
 * A tap is used by the thread of its bridge, and freed in any order with it. A build with
 * VOXLOCK_NO_TAPS has no way out for PCM (voxlock_has("taps") is 0): voxlock_tap_new and a bridge
 * with a host processor are VOXLOCK_ERR_UNSUPPORTED there. */
#ifndef VOXLOCK_TAP_H
#define VOXLOCK_TAP_H

#include "voxlock/bridge.h"
#include "voxlock/leg.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VOXLOCK_MAX_TAPS 4u /* of a leg */

typedef struct voxlock_tap_config {
  uint32_t struct_size; /* set by voxlock_tap_config_init */
  uint32_t buffer_ms;   /* audio that waits for voxlock_tap_read, 120..2000; default 240. Older
                           frames make room for new ones. 96 bytes each */
  const char* name;     /* for the report: 1..23 letters, digits, '-', '_' and '.', NUL-terminated,
                           copied; NULL (default): "tap" */
} voxlock_tap_config;

typedef struct voxlock_tap voxlock_tap;

/* Fills a config with defaults.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_tap_config_init(voxlock_tap_config* config, size_t size);

/* Makes a tap, which hears the peer of a leg from the next packet on: as it goes to the other leg,
 * behind the denoiser and all stages, and only while it goes there. VOXLOCK_EV_PROTECTION tells.
 * leg: of a bridge. config: NULL for defaults. out: the handle; NULL on failure. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a value outside its range),
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_UNSUPPORTED (a build without taps), VOXLOCK_ERR_OPAQUE (the
 * leg is in a relay: what it carries is sealed end to end), VOXLOCK_ERR_WRONG_STATE (it is in no
 * bridge), VOXLOCK_ERR_TAP_REVOKED (voxlock_bridge_revoke_taps was called), VOXLOCK_ERR_LIMIT
 * (VOXLOCK_MAX_TAPS hear it), VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_tap_new(voxlock_context* ctx, voxlock_leg* leg,
                                    const voxlock_tap_config* config,
                                    voxlock_tap** out) VOXLOCK_CHECK;

/* Gives the handle back, and wipes what waits; NULL is allowed. */
VOXLOCK_API void voxlock_tap_free(voxlock_tap* tap);

/* Ends a tap for good: what waits in it is wiped, it hears nothing any more, and reading it is
 * VOXLOCK_ERR_TAP_REVOKED. VOXLOCK_EV_PROTECTION tells. Again is allowed.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL). */
VOXLOCK_API int32_t voxlock_tap_revoke(voxlock_tap* tap);

/* Ends all taps of a bridge for good, and lets no new ones be made. Host processors get nothing any
 * more: their stages pass audio unchanged, with the same delay, and count it (bypassed).
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL). */
VOXLOCK_API int32_t voxlock_bridge_revoke_taps(voxlock_bridge* bridge);

/* What a frame is. */
typedef struct voxlock_tap_frame {
  uint32_t struct_size; /* set by the caller: sizeof(voxlock_tap_frame) */
  uint32_t sample_rate; /* Hz; another one after an agreement on another codec */
  uint64_t position;    /* of its first sample, in samples since the bridge first heard the peer:
                           pauses and long losses are gaps */
  uint64_t lost;        /* frames that were not read in time, since the tap was made */
} voxlock_tap_frame;

/* Takes the oldest frame out: the audio of one packet. It is wiped in the tap; the host wipes its
 * copy (voxlock_audio_wipe).
 * pcm, *samples: mono; buffer and capacity in, samples written out, 0 where nothing waits.
 * VOXLOCK_MAX_PACKET_SAMPLES always suffice. frame: what it is; all zero where nothing waits.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_TAP_REVOKED, VOXLOCK_ERR_BUFFER_TOO_SMALL (*samples tells the room needed; the frame
 * stays). */
VOXLOCK_API int32_t voxlock_tap_read(voxlock_tap* tap, int16_t* pcm, size_t* samples,
                                     voxlock_tap_frame* frame);

#ifdef __cplusplus
}
#endif

#endif
