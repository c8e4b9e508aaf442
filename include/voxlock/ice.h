/* ICE-lite: answers the connectivity checks of a full, controlling agent (a browser, LiveKit), and
 * says which pair carries media. It sends no checks of its own.
 *
 * Nothing but counters changes before a request has shown a right FINGERPRINT, USERNAME and
 * MESSAGE-INTEGRITY. Requests of strangers are answered seldom and never with more bytes than they
 * had. voxlock_rtp_classify (voxlock/rtp.h) tells which datagrams are STUN.
 * @see RFC 8445, sections 2.5 and 7.3; RFC 8489; RFC 7675 */
#ifndef VOXLOCK_ICE_H
#define VOXLOCK_ICE_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/address.h"
#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VOXLOCK_ICE_MAX_LOCAL 8
#define VOXLOCK_ICE_MAX_RESPONSE 128 /* bytes; no response is longer */

typedef struct voxlock_ice_config {
  uint32_t struct_size;                         /* set by voxlock_ice_config_init */
  uint32_t local_count;                         /* 1..VOXLOCK_ICE_MAX_LOCAL; required */
  voxlock_address local[VOXLOCK_ICE_MAX_LOCAL]; /* where the host's sockets can be reached, most
                                                   wanted first. The place in this list is "local"
                                                   everywhere below */
  const char* ufrag;   /* 4..256 of A-Z a-z 0-9 + /, NUL-terminated, copied. NULL (default), both:
                          made from the context's entropy, 48 and 192 bits */
  const char* pwd;     /* 22..256 of the same */
  uint32_t consent_ms; /* without a check of the peer for so long media must stop, 1000..;
                          default 30000. @see RFC 7675, section 5.1 */
  uint32_t max_errors_per_s; /* responses 400 and 401 to strangers, 0..1000; default 10 */
} voxlock_ice_config;

typedef struct voxlock_ice voxlock_ice;

/* Fills a config with defaults. local and local_count stay empty and must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_ice_config_init(voxlock_ice_config* config, size_t size);

/* Makes an agent. out: receives the handle; NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, an address that is not set, given twice,
 * or 0.0.0.0, a number out of its range), VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_ICE_CREDENTIAL,
 * VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_ice_new(voxlock_context* ctx, const voxlock_ice_config* config,
                                    voxlock_ice** out) VOXLOCK_CHECK;

/* Gives the agent back and wipes its passwords; NULL is allowed. */
VOXLOCK_API void voxlock_ice_free(voxlock_ice* ice);

/* Takes a STUN datagram and gives what to send back.
 * data: len bytes, borrowed. from: its source. local: the candidate it came to. response: send
 * *response_len bytes from that candidate to that source, none where it is 0. *response_len:
 * capacity in, VOXLOCK_ICE_MAX_RESPONSE at least. A datagram to drop is no error; the counters of
 * voxlock_ice_info say why. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, local, an
 * address that is not set), VOXLOCK_ERR_BUFFER_TOO_SMALL (nothing was taken, call again),
 * VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_ice_receive(voxlock_ice* ice, const uint8_t* data, size_t len,
                                        const voxlock_address* from, uint32_t local,
                                        uint8_t* response, size_t* response_len,
                                        uint64_t now_ns) VOXLOCK_CHECK;

/* Event types. A newer event replaces what it outdates: two wait at most. */
#define VOXLOCK_ICE_SELECTED 1         /* the peer nominated: media goes from local to remote now */
#define VOXLOCK_ICE_CONSENT_LOST 2     /* no check for consent_ms: stop sending media */
#define VOXLOCK_ICE_CONSENT_RESTORED 3 /* checks came again: media may go on */

/* A plain value that never grows. */
typedef struct voxlock_ice_event {
  uint32_t type; /* VOXLOCK_ICE_SELECTED ... */
  uint32_t local;
  voxlock_address remote;
  uint32_t reserved; /* 0 */
} voxlock_ice_event;

/* Runs timers and takes events out, oldest first. *count: events written, cap at most.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL). */
VOXLOCK_API int32_t voxlock_ice_poll(voxlock_ice* ice, voxlock_ice_event* events, size_t cap,
                                     size_t* count, uint64_t now_ns);

/* When to poll again; UINT64_MAX for never and for NULL. */
VOXLOCK_API uint64_t voxlock_ice_next_deadline(const voxlock_ice* ice);

/* Parts of the local description. */
#define VOXLOCK_ICE_UFRAG 1
#define VOXLOCK_ICE_PWD 2
#define VOXLOCK_ICE_CANDIDATES 3 /* "candidate:..." CR LF for each, without "a=" */

/* Writes a part of the local description as text, without a NUL. *len: capacity in, length out.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, no such part),
 * VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells the size). @see RFC 8839, section 5 */
VOXLOCK_API int32_t voxlock_ice_get_local(const voxlock_ice* ice, int32_t part, uint8_t* out,
                                          size_t* len);

/* Tells the peer's credentials. Checks may come before: they are answered, and count from here on.
 * Another ufrag without a restart means another peer: the pairs of the one before are dropped.
 * ufrag, pwd: NUL-terminated, borrowed. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL),
 * VOXLOCK_ERR_ICE_CREDENTIAL. */
VOXLOCK_API int32_t voxlock_ice_set_remote(voxlock_ice* ice, const char* ufrag, const char* pwd);

/* Tells a candidate of the peer: one line, "candidate:...", with or without "a=". TCP, host and
 * mDNS names, component 2 and candidates beyond 32 are ignored: a lite agent needs none of them.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_ICE_CANDIDATE (malformed;
 * the call goes on without it). */
VOXLOCK_API int32_t voxlock_ice_add_candidate(voxlock_ice* ice, const uint8_t* line, size_t len);

/* ICE restart: makes new local credentials (ufrag and pwd NULL) or takes given ones. The old ones
 * are answered and the selected pair carries media until a pair of the new ones is selected.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, only one of both),
 * VOXLOCK_ERR_ICE_CREDENTIAL (grammar, or the ufrag in use), VOXLOCK_ERR_NO_MEMORY,
 * VOXLOCK_ERR_ENTROPY. @see RFC 8445, section 9 */
VOXLOCK_API int32_t voxlock_ice_restart(voxlock_ice* ice, const char* ufrag, const char* pwd);

/* Whether a check of the peer came this way within consent_ms. Ask before a DTLS handshake is read
 * from an address. Returns 1, or 0 (also for NULL). */
VOXLOCK_API int32_t voxlock_ice_is_authenticated(const voxlock_ice* ice, uint32_t local,
                                                 const voxlock_address* remote);

typedef struct voxlock_ice_info {
  uint32_t struct_size;            /* sizeof(voxlock_ice_info), set by the caller */
  uint32_t is_selected;            /* 1: the next two say where media goes */
  uint32_t selected_local;         /* index */
  voxlock_address selected_remote; /* family 0 where nothing is selected */
  uint32_t has_consent;            /* 1: media may be sent */
  uint32_t reserved;               /* 0 */
  uint64_t checks;                 /* authenticated requests, each counted once */
  uint64_t repeated;               /* retransmissions, answered again */
  uint64_t role_conflicts;         /* answered 487: the peer takes itself for controlled */
  uint64_t unknown_required;       /* answered 420 */
  uint64_t errors_sent;            /* 400 and 401 */
  uint64_t errors_withheld;        /* the same, not sent */
  uint64_t not_stun;               /* malformed, no FINGERPRINT or a wrong one */
  uint64_t not_request;            /* indications, responses, other methods */
  uint64_t bad_request;            /* no USERNAME or no MESSAGE-INTEGRITY */
  uint64_t bad_username;
  uint64_t bad_integrity;
  uint64_t replayed; /* a transaction of another address: dropped */
} voxlock_ice_info;

/* Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_ice_get_info(const voxlock_ice* ice, voxlock_ice_info* info);

#ifdef __cplusplus
}
#endif

#endif
