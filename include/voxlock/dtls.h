/* DTLS-SRTP: the handshake that agrees on SRTP keys over the media path, sans-I/O.
 *
 * Both ends show a certificate; who the peer is, its fingerprint in the SDP says. One gate stands
 * before the keys: they are exported only while the handshake is over AND the peer's certificate
 * has an expected fingerprint. Anything else wipes them.
 * @see RFC 5763, RFC 5764, RFC 8122, RFC 8842 */
#ifndef VOXLOCK_DTLS_H
#define VOXLOCK_DTLS_H

#include "voxlock/context.h"
#include "voxlock/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Hash functions of fingerprints. MD5 and SHA-1 are refused. */
#define VOXLOCK_FINGERPRINT_SHA256 1
#define VOXLOCK_FINGERPRINT_SHA384 2
#define VOXLOCK_FINGERPRINT_SHA512 3

/* Writes the fingerprint of a certificate as the value of "a=fingerprint": "sha-256 4A:AD:...",
 * without a NUL. certificate: PEM (the first one counts) or DER. hash: VOXLOCK_FINGERPRINT_*.
 * len: capacity in, length out. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_BUFFER_TOO_SMALL, VOXLOCK_ERR_TLS_BAD_CERTIFICATE, VOXLOCK_ERR_NO_MEMORY.
 * @see RFC 8122, section 5 */
VOXLOCK_API int32_t voxlock_fingerprint(voxlock_context* ctx, const uint8_t* certificate,
                                        size_t certificate_len, int32_t hash, char* out,
                                        size_t* len);

/* One association. The SDP decides who is the client ("a=setup:active") and who the server
 * ("passive"). A new association (a=tls-id, fingerprint or setup changed) is a new object.
 * @see RFC 8842, section 5.1 */
typedef struct voxlock_dtls voxlock_dtls;

typedef struct voxlock_dtls_config {
  uint32_t struct_size;             /* set by voxlock_dtls_config_init */
  int32_t role;                     /* VOXLOCK_TLS_CLIENT or VOXLOCK_TLS_SERVER (default) */
  const voxlock_identity* identity; /* own certificate and key, copied; NULL: the next two */
  const uint8_t* certificates;      /* own chain, leaf first: PEM or one DER; copied */
  size_t certificates_len;          /* bytes */
  const uint8_t* key;               /* its private key, PEM or DER, not encrypted; copied */
  size_t key_len;                   /* bytes */
  const char* peer_fingerprints;    /* values of "a=fingerprint", NUL-terminated, with commas
                                       between; any one that matches is enough. NULL: told later by
                                       voxlock_dtls_expect. Never changed once told */
  const int32_t* suites;      /* VOXLOCK_AES_CM_128_HMAC_SHA1_80 (default) and _32, most wanted
                                 first; the GCM suites where voxlock_has("dtls.gcm") */
  size_t suite_count;         /* 0 (default): VOXLOCK_AES_CM_128_HMAC_SHA1_80 */
  uint32_t mtu;               /* most bytes of a datagram, 256..16384; default 1200 */
  uint32_t is_address_proven; /* 1: ICE has authenticated the peer's address; default 0: the
                                 server asks for a cookie first. @see RFC 6347, section 4.2.1 */
  uint64_t first_timeout_ns;  /* before the first retransmission, 100 ms..60 s, doubled each
                                 time; default 1 s. Three times a measured round trip is good */
  uint64_t max_timeout_ns;    /* cap of the doubling, at least first_timeout_ns; default 60 s */
  uint64_t give_up_ns;        /* from start to failure, at least first_timeout_ns; default
                                 30 s */
} voxlock_dtls_config;

/* Fills a config with defaults. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_dtls_config_init(voxlock_dtls_config* config, size_t size);

/* Makes an association. out: receives the handle; set to NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a range, no certificate),
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_UNSUPPORTED (a suite, a hash function),
 * VOXLOCK_ERR_DTLS_FINGERPRINT_WEAK, VOXLOCK_ERR_SYNTAX (a fingerprint),
 * VOXLOCK_ERR_TLS_BAD_CERTIFICATE, VOXLOCK_ERR_TLS_BAD_KEY, VOXLOCK_ERR_NO_MEMORY,
 * VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_dtls_new(voxlock_context* ctx, const voxlock_dtls_config* config,
                                     voxlock_dtls** out) VOXLOCK_CHECK;
/* Gives the handle back and wipes its keys; NULL is allowed. */
VOXLOCK_API void voxlock_dtls_free(voxlock_dtls* dtls);

/* Tells the peer's fingerprints where the config did not, before or after the handshake, once.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, empty, more than 16),
 * VOXLOCK_ERR_DTLS_FINGERPRINT_WEAK, VOXLOCK_ERR_UNSUPPORTED, VOXLOCK_ERR_SYNTAX,
 * VOXLOCK_ERR_WRONG_STATE (told before, or over), VOXLOCK_ERR_DTLS_FINGERPRINT (the handshake was
 * with somebody else: the association has failed). */
VOXLOCK_API int32_t voxlock_dtls_expect(voxlock_dtls* dtls, const char* fingerprints,
                                        uint64_t now_ns) VOXLOCK_CHECK;
/* A client sends its hello; both roles begin to count give_up_ns. Again: no effect.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, or the failure (see receive). */
VOXLOCK_API int32_t voxlock_dtls_start(voxlock_dtls* dtls, uint64_t now_ns);
/* Takes one datagram of the peer. What is malformed or not authentic changes nothing but a counter.
 * A ClientHello may come in fragments of any size. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, or a failure, which is final: VOXLOCK_ERR_DTLS_FINGERPRINT,
 * VOXLOCK_ERR_DTLS_NO_SRTP, VOXLOCK_ERR_DTLS_TIMEOUT, VOXLOCK_ERR_DTLS_ROLE,
 * VOXLOCK_ERR_DTLS_NOT_MUTUAL, VOXLOCK_ERR_TLS_CERT_MISSING, VOXLOCK_ERR_TLS_CERT_WEAK,
 * VOXLOCK_ERR_TLS_ALERT, VOXLOCK_ERR_TLS_VERSION, VOXLOCK_ERR_TLS_NO_SHARED_CIPHER,
 * VOXLOCK_ERR_TLS_RECORD, VOXLOCK_ERR_TLS_HANDSHAKE, VOXLOCK_ERR_NO_MEMORY. Take what is left: the
 * alert for the peer. */
VOXLOCK_API int32_t voxlock_dtls_receive(voxlock_dtls* dtls, const uint8_t* data, size_t len,
                                         uint64_t now_ns);
/* Gives the next datagram for the peer; send each as it is. len: capacity in, length out, 0 for
 * none. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells
 * the size; mtu is always enough). */
VOXLOCK_API int32_t voxlock_dtls_take(voxlock_dtls* dtls, uint8_t* out, size_t* len);
/* Tells when to call voxlock_dtls_advance; UINT64_MAX for never or NULL. */
VOXLOCK_API uint64_t voxlock_dtls_next_deadline(const voxlock_dtls* dtls);
/* Retransmits, or gives up, where the time has come.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, or the failure (see receive). */
VOXLOCK_API int32_t voxlock_dtls_advance(voxlock_dtls* dtls, uint64_t now_ns);
/* Sends close_notify where there is a connection and wipes the keys.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT. */
VOXLOCK_API int32_t voxlock_dtls_close(voxlock_dtls* dtls, uint64_t now_ns);

#define VOXLOCK_DTLS_HANDSHAKE 1
#define VOXLOCK_DTLS_UNVERIFIED 2 /* the handshake is over, the fingerprint has not been told */
#define VOXLOCK_DTLS_CONNECTED 3  /* media is allowed */
#define VOXLOCK_DTLS_CLOSED 4     /* by either end */
#define VOXLOCK_DTLS_FAILED 5

typedef struct voxlock_dtls_info {
  uint32_t struct_size;
  int32_t state;              /* VOXLOCK_DTLS_* */
  int32_t failure;            /* the status that made the state FAILED, else VOXLOCK_OK */
  int32_t doubt;              /* why a ClientHello was refused or the handshake may fail, else
                                 VOXLOCK_OK; not authentic */
  uint32_t media_allowed;     /* 1: handshake over, fingerprint matched, not closed */
  uint32_t is_peer_verified;  /* 1: the fingerprint matched; stays after the end */
  int32_t suite;              /* SRTP suite agreed on, 0: none yet */
  uint32_t alert_received;    /* RFC 5246, section 7.2; 0: none; not authentic in HANDSHAKE */
  uint32_t alert_sent;        /* 0: none */
  char cipher[64];            /* IANA name, ends in NUL, empty before the end of the handshake */
  uint8_t peer_sha256[32];    /* of the peer's certificate in DER; zeros: none seen */
  uint64_t records_dropped;   /* malformed, or of a wrong epoch, type or state */
  uint64_t datagrams_dropped; /* own ones: 16 KiB waited and were not taken */
} voxlock_dtls_info;

/* Tells state and what the handshake agreed on. info->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_dtls_get_info(const voxlock_dtls* dtls, voxlock_dtls_info* info);

/* What voxlock_srtp_new takes. It is a secret: wipe it after use. */
typedef struct voxlock_dtls_keys {
  uint32_t struct_size;
  int32_t suite;        /* VOXLOCK_AES_CM_128_HMAC_SHA1_80 ... */
  uint32_t key_len;     /* bytes of key and of peer_key that count: master key and salt */
  uint32_t reserved;    /* 0 */
  uint8_t key[46];      /* seals what we send */
  uint8_t peer_key[46]; /* opens what comes */
} voxlock_dtls_keys;

/* Exports the SRTP keys of both directions. keys->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_WRONG_STATE (media is not allowed), VOXLOCK_ERR_NO_MEMORY.
 * @see RFC 5764, section 4.2 */
VOXLOCK_API int32_t voxlock_dtls_export_keys(const voxlock_dtls* dtls,
                                             voxlock_dtls_keys* keys) VOXLOCK_CHECK;

#ifdef __cplusplus
}
#endif

#endif
