/* TLS for signalling, sans-I/O, and small certificates. */
#ifndef VOXLOCK_TLS_H
#define VOXLOCK_TLS_H

#include "voxlock/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A certificate with an ECDSA P-256 key. @see RFC 5280 */
typedef struct voxlock_identity voxlock_identity;

typedef struct voxlock_identity_config {
  uint32_t struct_size;           /* sizeof(voxlock_identity_config) */
  uint32_t is_ca;                 /* 1: may issue others; 0: a leaf */
  const char* common_name;        /* letters, digits, '.', '-', '_', ' ', 1..64; NULL: "voxlock" */
  const char* dns_name;           /* subjectAltName; NULL: none */
  const uint8_t* ip;              /* subjectAltName address in network order; NULL: none */
  size_t ip_len;                  /* bytes: 4, 16, or 0 with NULL */
  const char* sip_uri;            /* subjectAltName, "sip:example.net" (RFC 5922); NULL: none */
  uint64_t not_before_s;          /* Unix seconds, inclusive */
  uint64_t not_after_s;           /* Unix seconds, inclusive, below year 10000 */
  const voxlock_identity* issuer; /* NULL: self-signed; borrowed for the call */
} voxlock_identity_config;

#define VOXLOCK_IDENTITY_CERTIFICATE 1
#define VOXLOCK_IDENTITY_KEY 2

/* Makes a key and its certificate.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, names, dates), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_LIMIT (names too long), VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_identity_new(voxlock_context* ctx,
                                         const voxlock_identity_config* config,
                                         voxlock_identity** out) VOXLOCK_CHECK;
/* Gives the handle back and wipes the key; NULL is allowed. */
VOXLOCK_API void voxlock_identity_free(voxlock_identity* identity);
/* Writes the certificate or the key (not encrypted: it is a secret) as PEM, without a NUL.
 * part: VOXLOCK_IDENTITY_*. len: capacity in, length out.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_BUFFER_TOO_SMALL. */
VOXLOCK_API int32_t voxlock_identity_pem(const voxlock_identity* identity, int32_t part,
                                         uint8_t* out, size_t* len);

/* What an endpoint brings along: checked once, shared by its connections, never changed. To reload
 * certificates make new settings for new connections and free the old: connections keep theirs.
 * Making a connection uses the context, so one thread at a time may call voxlock_tls_new; the
 * connections made may then live on other threads, for each has its own copy of keys and
 * certificates. */
typedef struct voxlock_tls_settings voxlock_tls_settings;

#define VOXLOCK_TLS_CLIENT 1
#define VOXLOCK_TLS_SERVER 2

#define VOXLOCK_TLS_CLIENT_AUTH_NONE 0     /* clients show no certificate */
#define VOXLOCK_TLS_CLIENT_AUTH_OPTIONAL 1 /* none, or one that verifies */
#define VOXLOCK_TLS_CLIENT_AUTH_REQUIRED 2 /* mutual TLS */

typedef struct voxlock_tls_settings_config {
  uint32_t struct_size;    /* set by voxlock_tls_settings_config_init */
  int32_t role;            /* VOXLOCK_TLS_CLIENT (default) or VOXLOCK_TLS_SERVER */
  int32_t client_auth;     /* servers: VOXLOCK_TLS_CLIENT_AUTH_*; default NONE */
  uint32_t requires_tls13; /* 1: TLS 1.3 only; default 0: 1.2 and up */
  uint32_t requires_alpn;  /* 1: fail where no protocol is agreed; default 0 */
  uint32_t
      allows_unknown_time; /* 1: skip certificate dates while the wall time is unknown; default 0 */
  const uint8_t*
      certificates;           /* own chain, leaf first: PEM or one DER; NULL for a client without */
  size_t certificates_len;    /* bytes */
  const uint8_t* key;         /* its private key, PEM or DER, not encrypted */
  size_t key_len;             /* bytes */
  const uint8_t* authorities; /* trusted roots, PEM list or one DER; a client needs some: there is
                                 no system store */
  size_t authorities_len;     /* bytes */
  const char* alpn; /* protocols, most wanted first, with commas between: "sip"; NULL: none */
} voxlock_tls_settings_config;

/* Fills a config with defaults. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_tls_settings_config_init(voxlock_tls_settings_config* config,
                                                     size_t size);
/* Makes settings; all bytes are copied.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_LIMIT (an
 * input above 1 MiB), VOXLOCK_ERR_UNSUPPORTED (TLS 1.3), VOXLOCK_ERR_TLS_BAD_CERTIFICATE,
 * VOXLOCK_ERR_TLS_BAD_KEY, VOXLOCK_ERR_TLS_NO_CA, VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_tls_settings_new(voxlock_context* ctx,
                                             const voxlock_tls_settings_config* config,
                                             voxlock_tls_settings** out) VOXLOCK_CHECK;
/* Gives the handle back; NULL is allowed. */
VOXLOCK_API void voxlock_tls_settings_free(voxlock_tls_settings* settings);

/* One connection. Feed what the transport gave, then read and take until both give 0 bytes. */
typedef struct voxlock_tls voxlock_tls;

#define VOXLOCK_TLS_HANDSHAKE 1
#define VOXLOCK_TLS_OPEN 2
#define VOXLOCK_TLS_CLOSING 3 /* our close_notify is out, the peer's not in */
#define VOXLOCK_TLS_CLOSED 4
#define VOXLOCK_TLS_FAILED 5

typedef struct voxlock_tls_info {
  uint32_t struct_size;
  int32_t state;             /* VOXLOCK_TLS_* */
  int32_t failure;           /* the status that made the state FAILED, else VOXLOCK_OK */
  uint32_t is_peer_verified; /* 1: the peer's certificate passed every check */
  uint32_t alert_received;   /* RFC 5246, section 7.2; 0: none */
  uint32_t alert_sent;       /* 0: none, or encrypted */
  char version[16]; /* "TLS 1.2"; texts end in NUL and are empty before the end of the handshake */
  char cipher[64];  /* IANA name */
  char alpn[32];
  char peer_subject[256];  /* distinguished name, cut */
  uint8_t peer_sha256[32]; /* of the peer's certificate in DER; zeros: none seen */
} voxlock_tls_info;

/* Makes a connection.
 * expected_host: the name or address that was dialled, NUL-terminated: mandatory for a client and
 * checked against the certificate's subjectAltName (DNS, IP, sip: URI; never the CN); NULL for a
 * server. settings: made from the same context; borrowed for the call, the connection keeps what it
 * needs. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_TLS_NO_EXPECTED_NAME,
 * VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. @see RFC 6125, RFC 5922 */
VOXLOCK_API int32_t voxlock_tls_new(voxlock_context* ctx, const voxlock_tls_settings* settings,
                                    const char* expected_host, voxlock_tls** out) VOXLOCK_CHECK;
/* Gives the handle back and wipes its keys; NULL is allowed. */
VOXLOCK_API void voxlock_tls_free(voxlock_tls* tls);
/* Starts a client's handshake, or goes on with one after take made room.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, or the failure of the connection (see feed). */
VOXLOCK_API int32_t voxlock_tls_start(voxlock_tls* tls, uint64_t now_ns);
/* Takes ciphertext. *consumed: bytes taken; fewer than len while buffers are full: read, take, feed
 * the rest. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_NO_MEMORY,
 * VOXLOCK_ERR_TLS_CLOSED, or a failure, which is final: VOXLOCK_ERR_TLS_HANDSHAKE, _CERT_NAME,
 * _CERT_EXPIRED, _CERT_NOT_YET_VALID, _CERT_UNKNOWN_CA, _CERT_WEAK, _CERT_NUL, _CERT_MISSING,
 * _CERT_USAGE, _CLOCK_UNKNOWN, _ALERT, _VERSION, _NO_SHARED_CIPHER, _ALPN, _RECORD, _TRUNCATED.
 * Take what is left: the alert for the peer. */
VOXLOCK_API int32_t voxlock_tls_feed(voxlock_tls* tls, const uint8_t* data, size_t len,
                                     size_t* consumed, uint64_t now_ns);
/* The transport ended. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, or a failure as feed;
 * after the handshake a missing close_notify is told by read as VOXLOCK_ERR_TLS_TRUNCATED. */
VOXLOCK_API int32_t voxlock_tls_end_input(voxlock_tls* tls, uint64_t now_ns);
/* Gives ciphertext for the transport. len: capacity in, length out, 0 for none.
 * Returns VOXLOCK_OK or VOXLOCK_ERR_INVALID_ARGUMENT. */
VOXLOCK_API int32_t voxlock_tls_take(voxlock_tls* tls, uint8_t* out, size_t* len);
/* Encrypts. *accepted: bytes taken; fewer than len while the output is full: take, then write the
 * rest. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_WRONG_STATE (handshake),
 * VOXLOCK_ERR_TLS_CLOSED, or a failure as feed. */
VOXLOCK_API int32_t voxlock_tls_write(voxlock_tls* tls, const uint8_t* data, size_t len,
                                      size_t* accepted);
/* Decrypts. len: capacity in, length out, 0 for nothing yet.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_TLS_CLOSED (the peer's
 * close_notify: all was read), VOXLOCK_ERR_TLS_TRUNCATED, VOXLOCK_ERR_TLS_RECORD, or a failure as
 * feed. */
VOXLOCK_API int32_t voxlock_tls_read(voxlock_tls* tls, uint8_t* out, size_t* len);
/* Sends close_notify, once. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_WRONG_STATE (handshake), or a failure as feed. */
VOXLOCK_API int32_t voxlock_tls_close(voxlock_tls* tls);
/* Tells state and what the handshake agreed on. info->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_tls_get_info(const voxlock_tls* tls, voxlock_tls_info* info);

#ifdef __cplusplus
}
#endif

#endif
