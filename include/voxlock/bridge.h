/* A bridge joins two legs: media of one peer is opened, decoded, processed, encoded and sealed for the
 * other within the call that brings it. Plaintext exists inside that call only. */
#ifndef VOXLOCK_BRIDGE_H
#define VOXLOCK_BRIDGE_H

#include "voxlock/audio.h"
#include "voxlock/leg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Directions: index of every [2] below. */
#define VOXLOCK_FORWARD 0  /* from leg 0 (trunk) to leg 1 (room) */
#define VOXLOCK_BACKWARD 1 /* from leg 1 to leg 0 */

typedef struct voxlock_bridge_config {
  uint32_t struct_size;               /* set by voxlock_bridge_config_init */
  uint32_t stage_count[2];            /* stages of each direction; default 1 (denoise) forward, 0 backward */
  uint32_t conceal_max_ms;            /* a longer gap stays a gap, 0..200; default 100 */
  const voxlock_chain_stage *stages[2]; /* processing of each direction, copied; NULL: the default */
} voxlock_bridge_config;

typedef struct voxlock_bridge voxlock_bridge;

#ifdef __cplusplus
}
#endif

#endif
