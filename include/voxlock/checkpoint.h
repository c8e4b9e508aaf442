/* Checkpoints: live calls that outlive their process. A host stores one of each leg and call where
 * a second process finds it, again and again; when the first is gone, the second goes on: same
 * keys, same SSRCs, no offer, and nothing sealed twice.
 *
 * A checkpoint is sealed with a key of the host (AES-256-GCM; RFC 5869 derives a key of its own for
 * each) and good for one import. It holds the SRTP keys of the call: whoever has it and the host's
 * key can decrypt what was recorded.
 *
 * Nothing is sealed twice (RFC 3711, section 9.1) because both sides keep to one rule. The importer
 * leaves out `allowance` sequence numbers behind the checkpoint; the exporter seals no more than
 * these before the next checkpoint is stored. So even a process that was believed dead and is not
 * cannot repeat an index: voxlock_leg_stored must be called only after the store has taken the
 * checkpoint and nobody else has taken the call over. Let the store decide that by an epoch: who
 * takes over raises it, and a write of an older epoch fails (examples/failover shows it with
 * Redis).
 *
 * The store must not bring an older checkpoint back: what lies in it can be neither read nor
 * changed without the key, but an importer cannot tell that a newer one was there.
 *
 * Store a checkpoint after every offer/answer step as well: one of before a rekey has the old keys.
 *
 * Legs whose keys come by DTLS, and frame ports, are not exported: their peer joins anew. */
#ifndef VOXLOCK_CHECKPOINT_H
#define VOXLOCK_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/leg.h"
#include "voxlock/status.h"
#include "voxlock/ua.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VOXLOCK_CHECKPOINT_KEY 32

typedef struct voxlock_checkpoint_config {
  uint32_t struct_size; /* set by voxlock_checkpoint_config_init */
  uint32_t allowance;   /* export of a leg: packets that may be sealed before the next checkpoint is
                           stored, 50..2000; default 500, 10 s of 20 ms. The receiver sees at most so
                           many lost at the take-over. SRTCP has 64 */
  const uint8_t* key;   /* of the host, borrowed for the call; required */
  size_t key_len;       /* VOXLOCK_CHECKPOINT_KEY */
  uint64_t epoch; /* export: that of this process. Import: the least that is taken; default 0 */
} voxlock_checkpoint_config;

/* Fills a config with defaults; key stays NULL and must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_checkpoint_config_init(voxlock_checkpoint_config* config, size_t size);

/* Writes a checkpoint of a leg; also while a bridge or relay drives it. From the first one on the
 * leg sends only what the last stored one allows, then VOXLOCK_ERR_LEG_CHECKPOINT. An offer that is
 * out is not in it. out, *len: receives the checkpoint, some KiB; number: receives what
 * voxlock_leg_stored takes. now_ns: monotonic time; the context's wall time goes along where the
 * host told it, and tells the importer how far the timestamps have come. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells
 * the size; the leg is as before), VOXLOCK_ERR_WRONG_STATE (nothing agreed yet),
 * VOXLOCK_ERR_LEG_CLOSED, VOXLOCK_ERR_UNSUPPORTED (DTLS, a port), VOXLOCK_ERR_ENTROPY,
 * VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_leg_export(voxlock_leg* leg, const voxlock_checkpoint_config* config,
                                       uint8_t* out, size_t* len, uint64_t* number,
                                       uint64_t now_ns) VOXLOCK_CHECK;

/* Tells that the checkpoint of this number is the one that an importer would find: the leg may seal
 * what it allows. 0: an importer would find none any more, neither one of this leg nor the one that
 * it was imported from; the leg seals without limit. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_NOT_FOUND (not the last number that
 * voxlock_leg_export gave). */
VOXLOCK_API int32_t voxlock_leg_stored(voxlock_leg* leg, uint64_t number);

/* Makes the leg that goes on from a checkpoint. Its sockets must have the addresses that it had. It
 * sends nothing (VOXLOCK_ERR_LEG_CHECKPOINT) before voxlock_leg_stored: somebody might import the
 * same checkpoint after it. Its stream goes on behind the allowance, marked as the beginning of a
 * talk spurt, with the timestamps that the time between asks for.
 * out: the handle; NULL on failure. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_CHECKPOINT_FORMAT,
 * VOXLOCK_ERR_CHECKPOINT_AUTH, VOXLOCK_ERR_CHECKPOINT_EPOCH, VOXLOCK_ERR_CHECKPOINT_USED (one of
 * the same leg was imported with this context before; the last 4096 imports are known),
 * VOXLOCK_ERR_SRTP_KEY_EXPIRED, VOXLOCK_ERR_LIMIT (more than 2^20 SRTCP packets were sealed),
 * VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. After an error that is not one of the checkpoint's
 * the same checkpoint may be tried again. */
VOXLOCK_API int32_t voxlock_leg_import(voxlock_context* ctx,
                                       const voxlock_checkpoint_config* config, const uint8_t* blob,
                                       size_t len, voxlock_leg** out,
                                       uint64_t now_ns) VOXLOCK_CHECK;

/* Writes a checkpoint of a call of a user agent: its dialog and session timer. Requests under way
 * are not in it. allowance does not count. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells the size),
 * VOXLOCK_ERR_UA_NO_CALL, VOXLOCK_ERR_WRONG_STATE (the call does not stand yet), VOXLOCK_ERR_LIMIT,
 * VOXLOCK_ERR_ENTROPY, VOXLOCK_ERR_NO_MEMORY.
 * @see RFC 3261, section 12 */
VOXLOCK_API int32_t voxlock_ua_export(voxlock_ua* ua, uint64_t call,
                                      const voxlock_checkpoint_config* config, uint8_t* out,
                                      size_t* len) VOXLOCK_CHECK;

/* Takes a call in from its checkpoint. *call: its id here. Its next request opens a connection to
 * the peer, and requests of the peer find it on any connection. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_CHECKPOINT_FORMAT,
 * VOXLOCK_ERR_CHECKPOINT_AUTH, VOXLOCK_ERR_CHECKPOINT_EPOCH, VOXLOCK_ERR_CHECKPOINT_USED,
 * VOXLOCK_ERR_LIMIT (calls), VOXLOCK_ERR_WRONG_STATE (the dialog is here already),
 * VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_ua_import(voxlock_ua* ua, const voxlock_checkpoint_config* config,
                                      const uint8_t* blob, size_t len, uint64_t* call,
                                      uint64_t now_ns) VOXLOCK_CHECK;

#ifdef __cplusplus
}
#endif

#endif
