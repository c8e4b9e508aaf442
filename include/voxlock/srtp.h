/* SRTP and SRTCP: seals and opens packets of one key pair.
 *
 * A packet that fails its tag changes nothing but a drop counter. Packets are opened and sealed out
 * of place. Every session has its own copy of all state; libsrtp2 inside is private to this
 * library. */
#ifndef VOXLOCK_SRTP_H
#define VOXLOCK_SRTP_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Suites. There is no NULL cipher and no AES-192. @see RFC 4568, RFC 6188, RFC 7714 */
#define VOXLOCK_AES_CM_128_HMAC_SHA1_80 1
#define VOXLOCK_AES_CM_128_HMAC_SHA1_32 2
#define VOXLOCK_AES_256_CM_HMAC_SHA1_80 3
#define VOXLOCK_AES_256_CM_HMAC_SHA1_32 4
#define VOXLOCK_AEAD_AES_128_GCM 5
#define VOXLOCK_AEAD_AES_256_GCM 6

/* A row of the suite table. */
typedef struct voxlock_srtp_suite {
  uint32_t struct_size;  /* sizeof(voxlock_srtp_suite), set by the caller */
  int32_t suite;         /* VOXLOCK_AES_CM_128_HMAC_SHA1_80 ... */
  const char* name;      /* as in SDP "a=crypto", static */
  uint32_t key_len;      /* master key, bytes */
  uint32_t salt_len;     /* master salt, bytes; a config's key is both, one behind the other */
  uint32_t rtp_tag_len;  /* bytes that sealing adds to RTP, without MKI */
  uint32_t rtcp_tag_len; /* bytes that sealing adds to RTCP, without its 4-byte index and MKI */
} voxlock_srtp_suite;

/* Tells the row of a suite.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (out NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_UNSUPPORTED (no such suite: count up from 1 until this). */
VOXLOCK_API int32_t voxlock_srtp_suite_info(int32_t suite, voxlock_srtp_suite* out);

/* Flag: SRTCP is authenticated but not encrypted (SDES "UNENCRYPTED_SRTCP"), both ways. */
#define VOXLOCK_SRTP_PLAIN_RTCP 1u

typedef struct voxlock_srtp_config {
  uint32_t struct_size; /* set by voxlock_srtp_config_init */
  int32_t suite;        /* default VOXLOCK_AES_CM_128_HMAC_SHA1_80 */
  const uint8_t* key;   /* master key and salt that seal, copied. NULL: the session cannot seal */
  size_t key_len;       /* key_len + salt_len of the suite */
  const uint8_t*
      peer_key; /* master key and salt that open, copied. NULL: key opens as well, which is
                   safe only where both sides never use the same SSRC (RFC 3711 9.1) */
  size_t peer_key_len;
  const uint8_t* mki;      /* master key identifier in sealed packets, copied. NULL: none */
  size_t mki_len;          /* bytes, 0..128 */
  const uint8_t* peer_mki; /* the one to expect; NULL: mki where key opens as well, else none */
  size_t peer_mki_len;     /* bytes, 0..128 */
  uint32_t replay_window;  /* packets, 64..1024; default 128. SRTCP always has 128 */
  uint32_t max_ssrcs;      /* sources a direction, 1..1024; default 16. A full table refuses further
                              sources and never evicts one: a source forgotten could be replayed */
  uint64_t rtp_lifetime;   /* packets a direction, 1..2^48 (default): SDES lifetime */
  uint64_t rtcp_lifetime;  /* packets a direction, 1..2^31 (default) */
  uint32_t flags;          /* VOXLOCK_SRTP_PLAIN_RTCP or 0 */
  uint32_t reserved;       /* 0 */
} voxlock_srtp_config;

typedef struct voxlock_srtp voxlock_srtp;

/* Fills a config with defaults; key stays NULL and must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_srtp_config_init(voxlock_srtp_config* config, size_t size);

/* Makes a session. out: receives the handle; set to NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, neither key, a length or number out of
 * its range), VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_UNSUPPORTED (suite), VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_srtp_new(voxlock_context* ctx, const voxlock_srtp_config* config,
                                     voxlock_srtp** out) VOXLOCK_CHECK;

/* Gives the session back and wipes its keys; NULL is allowed. */
VOXLOCK_API void voxlock_srtp_free(voxlock_srtp* srtp);

/* Opens a sealed RTP packet (voxlock_srtp_open) or RTCP compound (voxlock_srtp_open_rtcp).
 * packet: packet_len bytes as they came. out: receives the plain packet, must not overlap packet;
 * *len: its capacity, packet_len is always enough; on return the plain length. now_ns: monotonic
 * time. Returns VOXLOCK_OK; VOXLOCK_ERR_INVALID_ARGUMENT (NULL, overlap);
 * VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells the needed capacity; call again with the same packet);
 * VOXLOCK_ERR_NO_MEMORY (first compound of a source); VOXLOCK_ERR_WRONG_STATE (the session has no
 * key to open); for a packet to drop VOXLOCK_ERR_TRUNCATED, VOXLOCK_ERR_RTP_VERSION,
 * VOXLOCK_ERR_SRTP_AUTH, VOXLOCK_ERR_SRTP_REPLAYED, VOXLOCK_ERR_SRTP_TOO_OLD, VOXLOCK_ERR_SRTP_MKI,
 * VOXLOCK_ERR_SRTP_SSRC_LIMIT, VOXLOCK_ERR_SRTP_RTCP_FLAG, VOXLOCK_ERR_LIMIT (a payload above
 * 1 MiB, a compound above 2 GiB);
 * VOXLOCK_ERR_SRTP_KEY_EXPIRED: negotiate a new key. On an error out holds nothing of the packet.
 * @see RFC 3711, section 3.3 */
VOXLOCK_API int32_t voxlock_srtp_open(voxlock_srtp* srtp, const uint8_t* packet, size_t packet_len,
                                      uint8_t* out, size_t* len, uint64_t now_ns) VOXLOCK_CHECK;
VOXLOCK_API int32_t voxlock_srtp_open_rtcp(voxlock_srtp* srtp, const uint8_t* packet,
                                           size_t packet_len, uint8_t* out, size_t* len,
                                           uint64_t now_ns) VOXLOCK_CHECK;

/* Seals a plain RTP packet (voxlock_srtp_seal) or RTCP compound (voxlock_srtp_seal_rtcp).
 * Start sequence numbers below 2^15, so that a receiver which loses the first packets finds the
 * counter. packet: packet_len bytes. out: receives the sealed packet, must not overlap packet;
 * *len: its capacity; on return the sealed length, packet_len + tag (+ 4 for RTCP) + MKI. Returns
 * VOXLOCK_OK; VOXLOCK_ERR_INVALID_ARGUMENT (NULL, overlap); VOXLOCK_ERR_BUFFER_TOO_SMALL (*len
 * tells the needed size, no index is used up); VOXLOCK_ERR_NO_MEMORY (first compound of a source);
 * VOXLOCK_ERR_WRONG_STATE (no key to seal); VOXLOCK_ERR_TRUNCATED, VOXLOCK_ERR_RTP_VERSION (not
 * RTP); VOXLOCK_ERR_SRTP_REPLAYED, VOXLOCK_ERR_SRTP_TOO_OLD (the sequence number was used before:
 * sealing it again would give the key stream away); VOXLOCK_ERR_SRTP_SSRC_LIMIT; VOXLOCK_ERR_LIMIT;
 * VOXLOCK_ERR_SRTP_KEY_EXPIRED: negotiate a new key; VOXLOCK_ERR_INTERNAL. */
VOXLOCK_API int32_t voxlock_srtp_seal(voxlock_srtp* srtp, const uint8_t* packet, size_t packet_len,
                                      uint8_t* out, size_t* len) VOXLOCK_CHECK;
VOXLOCK_API int32_t voxlock_srtp_seal_rtcp(voxlock_srtp* srtp, const uint8_t* packet,
                                           size_t packet_len, uint8_t* out,
                                           size_t* len) VOXLOCK_CHECK;

/* A packet of a batch. A plain value that never grows. */
typedef struct voxlock_srtp_packet {
  voxlock_srtp* srtp;  /* whose packet it is */
  const uint8_t* data; /* len bytes, borrowed for the call */
  size_t len;
  uint8_t* out;      /* receives the result, must not overlap data */
  size_t out_len;    /* the capacity of out; on return as *len of voxlock_srtp_open or _seal */
  int32_t status;    /* on return: what voxlock_srtp_open or _seal would have returned */
  uint32_t reserved; /* 0 */
} voxlock_srtp_packet;

/* Opens or seals RTP packets of many sessions in one call, with the results and in the order of one
 * call after the other. Neighbours of different sessions go side by side, and the next ones are
 * brought near: less time a packet with the suites of HMAC-SHA1, and with all where the sessions
 * that are alive fill the caches.
 * packets: count of them; their out must not overlap each other. All sessions are used by this
 * thread alone. now_ns: monotonic time. Returns VOXLOCK_OK, also where packets were refused, as the
 * status of each tells; VOXLOCK_ERR_INVALID_ARGUMENT (NULL with a count, reserved is not 0):
 * nothing was done. */
VOXLOCK_API int32_t voxlock_srtp_open_batch(voxlock_srtp_packet* packets, size_t count,
                                            uint64_t now_ns) VOXLOCK_CHECK;
VOXLOCK_API int32_t voxlock_srtp_seal_batch(voxlock_srtp_packet* packets,
                                            size_t count) VOXLOCK_CHECK;

/* Directions for the rollover counter. */
#define VOXLOCK_SRTP_INBOUND 0
#define VOXLOCK_SRTP_OUTBOUND 1

/* Sets the rollover counter of a source before its first RTP packet: for a receiver that joins late
 * or a sender that takes a stream over. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_WRONG_STATE (no key for the direction, or a packet of the source was processed
 * already), VOXLOCK_ERR_SRTP_SSRC_LIMIT. */
VOXLOCK_API int32_t voxlock_srtp_set_roc(voxlock_srtp* srtp, int32_t direction, uint32_t ssrc,
                                         uint32_t roc);

/* Tells the rollover counter of a source.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_WRONG_STATE (no key for the
 * direction), VOXLOCK_ERR_NOT_FOUND (no packet of the source was processed). */
VOXLOCK_API int32_t voxlock_srtp_get_roc(const voxlock_srtp* srtp, int32_t direction, uint32_t ssrc,
                                         uint32_t* roc);

/* Why the packets of a source do not open: a hint for the host, which decides nothing about
 * packets. Whoever can send datagrams to the host can make some of these up.
 * voxlock_srtp_fault_text says each in words, docs/faults.md what to do. */
#define VOXLOCK_FAULT_NONE 0
#define VOXLOCK_FAULT_UNKNOWN 1    /* no key that is known here made these tags */
#define VOXLOCK_FAULT_ROC_AHEAD 2  /* the sender's rollover counter is ahead of ours: followed */
#define VOXLOCK_FAULT_ROC_BEHIND 3 /* it was reset while the sequence numbers go on */
#define VOXLOCK_FAULT_RESTARTED 4  /* the source begins again under the same key */
#define VOXLOCK_FAULT_OLD_KEY 5    /* a key from before a rekey whose overlap is over */
#define VOXLOCK_FAULT_OTHER_FORK 6 /* the key of another answer to the same offer */
#define VOXLOCK_FAULT_OWN_KEY 7    /* our own key: what we sent comes back */
#define VOXLOCK_FAULT_TAG_LENGTH \
  8 /* the key fits, with the tag of the 32-bit or the 80-bit suite */
#define VOXLOCK_FAULT_MKI_PRESENT 9  /* an MKI stands in the packets and none was agreed */
#define VOXLOCK_FAULT_MKI_MISSING 10 /* the MKI that was agreed is not in the packets */
#define VOXLOCK_FAULT_PLAIN 11       /* plain RTP; it is never taken */

/* Says what a fault means, in one English clause without a full stop.
 * fault: any value; an unknown one gives "unknown fault".
 * Returns a static string, never NULL. Callable from any thread. */
VOXLOCK_API const char* voxlock_srtp_fault_text(int32_t fault);

/* Counters since the session was made; all numbers of packets. */
typedef struct voxlock_srtp_stats {
  uint32_t struct_size; /* sizeof(voxlock_srtp_stats), set by the caller */
  uint32_t ssrcs;       /* inbound sources in the table */
  uint64_t rtp_opened;
  uint64_t rtcp_opened;
  uint64_t rtp_sealed;
  uint64_t rtcp_sealed;
  uint64_t auth_failed; /* this and the next ones: inbound, dropped */
  uint64_t replayed;
  uint64_t too_old;
  uint64_t malformed;
  uint64_t mki_unknown;
  uint64_t ssrc_refused;
  uint64_t key_expired;
  uint64_t rtp_left;  /* packets until a key expires, the smaller of both directions */
  uint64_t rtcp_left; /* the same for SRTCP */
  int32_t fault; /* VOXLOCK_FAULT_* of the last source that was asked about: after 8 RTP packets
                    in a row that voxlock_srtp_open refused, then ever more seldom, and of all
                    sources 4 times at once and then once a second at most */
  uint32_t fault_ssrc;   /* that source */
  uint32_t fault_rounds; /* ROC_AHEAD, ROC_BEHIND, RESTARTED: by how much the counters differ */
  uint32_t reserved;
  uint64_t faults;    /* how often a source got another fault than it had before */
  uint64_t recovered; /* sources that were followed to a counter ahead; @see RFC 3711, 3.3.1 */
} voxlock_srtp_stats;

/* Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_srtp_get_stats(const voxlock_srtp* srtp, voxlock_srtp_stats* out);

#ifdef __cplusplus
}
#endif

#endif
