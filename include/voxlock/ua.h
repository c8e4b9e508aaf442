/* A SIP user agent (RFC 3261) over TCP and TLS: transactions, dialogs, digest authentication,
 * calls. The host owns the connections: it feeds their bytes and does what the events ask for.
 * Session descriptions pass through as bytes, voxlock_leg makes and judges them. */
#ifndef VOXLOCK_UA_H
#define VOXLOCK_UA_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct voxlock_ua voxlock_ua;

/* Transports. */
#define VOXLOCK_UA_TCP 1u
#define VOXLOCK_UA_TLS 2u

/* Digest algorithms as bits (RFC 8760). */
#define VOXLOCK_UA_MD5 1u
#define VOXLOCK_UA_SHA256 2u

/* Event types, in voxlock_ua_event.type. */
#define VOXLOCK_UA_EV_TRANSMIT 1u /* send data on connection */
#define VOXLOCK_UA_EV_CONNECT                                           \
  2u /* open connection to the host named by data, port, transport; for \
        TLS the peer must prove that name; then voxlock_ua_connected,   \
        or voxlock_ua_closed where it fails */
#define VOXLOCK_UA_EV_CLOSE \
  3u /* close connection when all before was sent, then voxlock_ua_closed */
#define VOXLOCK_UA_EV_INCOMING                                               \
  10u /* a call came in, data is its INVITE: ring, answer or reject. No sdp: \
         the answer must hold an offer */
#define VOXLOCK_UA_EV_PROGRESS \
  11u /* provisional response to our INVITE, sdp may be an early answer */
#define VOXLOCK_UA_EV_ANSWERED                                          \
  12u /* 2xx to our INVITE: sdp is the answer; where our INVITE held no \
         offer sdp is one, to be answered with voxlock_ua_answer */
#define VOXLOCK_UA_EV_CONFIRMED \
  13u                             /* the ACK came; sdp is the answer where our 2xx held the offer */
#define VOXLOCK_UA_EV_OFFER 14u   /* a re-INVITE: answer or reject */
#define VOXLOCK_UA_EV_UPDATED 15u /* 2xx to our re-INVITE, sdp as in ANSWERED */
#define VOXLOCK_UA_EV_REFUSED \
  16u                           /* our re-INVITE failed with status, the session stays as it was */
#define VOXLOCK_UA_EV_RETRY 17u /* the back-off after 491 is over: offer again if still wanted */
#define VOXLOCK_UA_EV_OFFER_GONE 18u /* the re-INVITE of the last OFFER was cancelled */
#define VOXLOCK_UA_EV_ENDED 19u      /* the call is over for cause, its id is no longer valid */
#define VOXLOCK_UA_EV_RESULT \
  20u /* final response to our OPTIONS, or status 408 or 503 where none came */
#define VOXLOCK_UA_EV_REFRESH                                           \
  21u /* half of the session's time is over and this side refreshes it: \
         voxlock_ua_offer, or the call ends (RFC 4028) */
#define VOXLOCK_UA_EV_DIGIT                                            \
  22u /* the peer sent a digit by INFO, which was answered 200: digit, \
         duration_ms; sdp is the body it came in */
#define VOXLOCK_UA_EV_DIGIT_REFUSED \
  23u /* our INFO failed with status: the peer takes no digits this way */

/* How a digit stands in an INFO; either is taken. */
#define VOXLOCK_UA_DTMF_RELAY 1u /* application/dtmf-relay: Signal=5, Duration=160 */
#define VOXLOCK_UA_DTMF_PLAIN 2u /* application/dtmf: 5 */

/* Why a call ended, in voxlock_ua_event.cause. */
#define VOXLOCK_UA_CAUSE_NONE 0u
#define VOXLOCK_UA_CAUSE_LOCAL 1u      /* this side hung up or rejected */
#define VOXLOCK_UA_CAUSE_REMOTE 2u     /* BYE from the peer */
#define VOXLOCK_UA_CAUSE_CANCELLED 3u  /* CANCEL by either side */
#define VOXLOCK_UA_CAUSE_REJECTED 4u   /* final response of 300 or above */
#define VOXLOCK_UA_CAUSE_CHALLENGED 5u /* 401 or 407 that the credentials do not answer */
#define VOXLOCK_UA_CAUSE_TIMEOUT 6u    /* no final response */
#define VOXLOCK_UA_CAUSE_NO_ACK 7u     /* our 2xx was never acknowledged */
#define VOXLOCK_UA_CAUSE_TRANSPORT 8u  /* the connection failed */
#define VOXLOCK_UA_CAUSE_PROTOCOL 9u   /* an offer or answer was missing */
#define VOXLOCK_UA_CAUSE_LOST 10u      /* the peer no longer knows the dialog */
#define VOXLOCK_UA_CAUSE_EXPIRED 11u   /* no one refreshed the session in time (RFC 4028) */

/* Settings. Texts are borrowed for the call, 1 to 255 bytes, not terminated by NUL. */
typedef struct voxlock_ua_config {
  uint32_t struct_size; /* sizeof(voxlock_ua_config) */
  uint32_t survive;     /* 1 (default): calls outlive their connection; 0: they end with it */
  const char* host;     /* name or address peers reach us at, required */
  size_t host_len;
  const char* user; /* user part of Contact; default "voxlock" */
  size_t user_len;
  const char* product; /* User-Agent and Server; default "voxlock"; length 0: none */
  size_t product_len;
  const char* realm; /* peers must authenticate in it; length 0 (default): they need not */
  size_t realm_len;
  uint32_t port_tcp;          /* advertised, 1..65535; default 5060 */
  uint32_t port_tls;          /* advertised, 1..65535; default 5061 */
  uint32_t algorithms;        /* VOXLOCK_UA_MD5 | VOXLOCK_UA_SHA256 (default both) */
  uint32_t retry_after_s;     /* of a 503; default 10 */
  uint64_t nonce_lifetime_ns; /* default 300 s */
  uint64_t t1_ns;             /* RFC 3261 T1, 1 ms..60 s, default 500 ms */
  uint64_t t2_ns;             /* T2, T1..600 s, default 4 s */
  uint64_t t4_ns;             /* T4, up to 600 s, default 5 s */
  uint32_t max_connections;   /* 1..65536, default 64 */
  uint32_t max_calls;         /* 1..65536, default 256; beyond it an INVITE is answered 503 */
  uint32_t max_transactions;  /* 4..262144, default 1024 */
  uint32_t max_message;       /* bytes, 2048..65535, default 16384; longer is answered 513 */
  uint32_t max_output;        /* bytes waiting for poll, 4 * max_message..64 MiB, default 256 KiB */
  uint32_t reserved;          /* 0 */
  uint32_t session_expires_s; /* asked for in an INVITE, min_se_s..86400, default 1800; 0: none */
  uint32_t min_se_s; /* shorter sessions are answered 422, 90..86400, default 90 (RFC 4028) */
} voxlock_ua_config;

/* One event. Offsets count from the start of the arena; a length of 0 means there is none. */
typedef struct voxlock_ua_event {
  uint32_t type;          /* VOXLOCK_UA_EV_... */
  uint32_t status;        /* SIP status code, 0 for none */
  uint64_t call;          /* call id, or the id of voxlock_ua_options */
  uint64_t connection;    /* connection id */
  uint32_t cause;         /* VOXLOCK_UA_CAUSE_... */
  uint32_t transport;     /* VOXLOCK_UA_TCP or _TLS: of CONNECT, TRANSMIT and CLOSE */
  uint32_t port;          /* of CONNECT */
  uint32_t retry_after_s; /* Retry-After of a response, 0 for none */
  uint32_t
      data_offset; /* bytes to send, a host name, or a whole SIP message for voxlock_sip_parse */
  uint32_t data_len;
  uint32_t sdp_offset; /* session description */
  uint32_t sdp_len;
  uint32_t reason_offset; /* reason phrase of a response */
  uint32_t reason_len;
  uint32_t warning_offset; /* first Warning value */
  uint32_t warning_len;
  uint32_t digit;       /* of DIGIT: ASCII 0..9 * # A..D, 'F' for flash; may be part of a PIN */
  uint32_t duration_ms; /* of DIGIT: up to 60000, 0 where the peer does not tell it */
} voxlock_ua_event;

/* A request that starts a call or asks for abilities. Texts are borrowed for the call. */
typedef struct voxlock_ua_invite_config {
  uint32_t struct_size; /* sizeof(voxlock_ua_invite_config) */
  uint32_t transport;   /* of a new connection where the URI names none; default VOXLOCK_UA_TLS */
  uint64_t
      connection; /* an open connection to use; 0 (default): one to the route's or URI's host */
  const char* to; /* sip: or sips: URI, required; sips needs TLS */
  size_t to_len;
  const char* from; /* URI; default sip:user@host */
  size_t from_len;
  const char* display_name; /* without quotes; default none */
  size_t display_name_len;
  const char* route; /* URI of an outbound proxy; default none */
  size_t route_len;
  const uint8_t* sdp; /* the offer; length 0: the peer is asked for one */
  size_t sdp_len;
  const char* headers; /* further header lines, each with CRLF; default none */
  size_t headers_len;
} voxlock_ua_invite_config;

/* How an INVITE is refused. */
typedef struct voxlock_ua_refusal {
  uint32_t struct_size; /* sizeof(voxlock_ua_refusal) */
  uint32_t status;      /* 300..699, default 603 */
  const char* reason;   /* default: the RFC's phrase */
  size_t reason_len;
  const char* warning; /* text of the Warning */
  size_t warning_len;
  uint32_t warn_code;     /* 300..399; 0 (default): no Warning */
  uint32_t retry_after_s; /* 0 (default): no Retry-After */
} voxlock_ua_refusal;

/* Counters since the user agent was made; the first three are present numbers. */
typedef struct voxlock_ua_stats {
  uint32_t struct_size; /* sizeof(voxlock_ua_stats), set by the caller */
  uint32_t connections;
  uint32_t calls;
  uint32_t transactions;
  uint64_t requests_in;
  uint64_t responses_in;
  uint64_t malformed;        /* messages answered 400 and the like, or dropped */
  uint64_t unmatched;        /* responses and ACKs that belong to nothing */
  uint64_t refused_by_limit; /* requests answered 503, or dropped for want of memory */
  uint64_t challenges;       /* 401 sent */
  uint64_t auth_failures;    /* wrong credentials received */
} voxlock_ua_stats;

/* Fills in defaults. size: sizeof the struct as the caller was compiled. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_ua_config_init(voxlock_ua_config* config, size_t size);

/* Fills in defaults; statuses as of voxlock_ua_config_init. */
VOXLOCK_API int32_t voxlock_ua_invite_config_init(voxlock_ua_invite_config* config, size_t size);

/* Fills in defaults; statuses as of voxlock_ua_config_init. */
VOXLOCK_API int32_t voxlock_ua_refusal_init(voxlock_ua_refusal* refusal, size_t size);

/* Makes a user agent; *out is NULL on an error. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT
 * (NULL, no host, a value out of range), VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_NO_MEMORY,
 * VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_ua_new(voxlock_context* ctx, const voxlock_ua_config* config,
                                   voxlock_ua** out);

/* Gives it back without a word to any peer: hang up first. NULL is allowed. */
VOXLOCK_API void voxlock_ua_free(voxlock_ua* ua);

/* Tells of a connection that the host accepted, for TLS after its handshake; *connection is its
 * id. peer: address it came from (for received, RFC 3261 18.2.1), NULL with length 0 where
 * unknown. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_LIMIT (close it),
 * VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_ua_accept(voxlock_ua* ua, uint32_t transport, const char* peer,
                                      size_t peer_len, uint32_t peer_port, uint64_t* connection,
                                      uint64_t now_ns);

/* The connection of a CONNECT event is open. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_UA_NO_CONNECTION, VOXLOCK_ERR_WRONG_STATE (it was open already),
 * VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_ua_connected(voxlock_ua* ua, uint64_t connection, uint64_t now_ns);

/* A connection ended, or could not be opened; its id is no longer valid. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_UA_NO_CONNECTION. @see RFC 3261, section 18.4 */
VOXLOCK_API int32_t voxlock_ua_closed(voxlock_ua* ua, uint64_t connection, uint64_t now_ns);

/* Bytes that arrived. *taken tells how many were used: where fewer than len, poll and hand in
 * the rest. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_UA_NO_CONNECTION. */
VOXLOCK_API int32_t voxlock_ua_input(voxlock_ua* ua, uint64_t connection, const uint8_t* data,
                                     size_t len, size_t* taken, uint64_t now_ns);

/* Does what is due and takes up to cap events, in order; *count tells how many, fewer than cap when
 * there are no more or the arena is full. VOXLOCK_ERR_BUFFER_TOO_SMALL: *count is 0 and *arena_len
 * tells what the first needs. *arena_len: capacity on entry, bytes used on return. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_BUFFER_TOO_SMALL. */
VOXLOCK_API int32_t voxlock_ua_poll(voxlock_ua* ua, voxlock_ua_event* events, size_t cap,
                                    size_t* count, uint8_t* arena, size_t* arena_len,
                                    uint64_t now_ns);

/* When to call voxlock_ua_poll though nothing happened, UINT64_MAX for never or for NULL. While
 * the events that wait fill the output nothing else can be done, so it is UINT64_MAX then too. */
VOXLOCK_API uint64_t voxlock_ua_next_deadline(const voxlock_ua* ua);

/* Starts a call; *call is its id. A commanding function may also return VOXLOCK_ERR_UA_DRAIN:
 * poll first. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_UA_URI, VOXLOCK_ERR_UA_HEADER, VOXLOCK_ERR_UA_TRANSPORT,
 * VOXLOCK_ERR_UA_NO_CONNECTION, VOXLOCK_ERR_UA_DRAIN, VOXLOCK_ERR_LIMIT (calls, transactions,
 * connections or the length of the message), VOXLOCK_ERR_SIP_UNSAFE_VALUE,
 * VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_ua_invite(voxlock_ua* ua, const voxlock_ua_invite_config* config,
                                      uint64_t* call, uint64_t now_ns);

/* Asks for abilities (OPTIONS) outside of calls; *request comes back in RESULT. sdp is not used.
 * Statuses as of voxlock_ua_invite. @see RFC 3261, section 11 */
VOXLOCK_API int32_t voxlock_ua_options(voxlock_ua* ua, const voxlock_ua_invite_config* config,
                                       uint64_t* request, uint64_t now_ns);

/* Sends a provisional response (101..199) to an incoming call; sdp may be empty. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_UA_NO_CALL, VOXLOCK_ERR_WRONG_STATE,
 * VOXLOCK_ERR_UA_DRAIN, VOXLOCK_ERR_LIMIT, VOXLOCK_ERR_UA_NO_CONNECTION, VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_ua_ring(voxlock_ua* ua, uint64_t call, uint32_t status,
                                    const uint8_t* sdp, size_t sdp_len, uint64_t now_ns);

/* Gives the description that the call waits for: in a 200 to its INVITE or re-INVITE, or in the
 * ACK where the peer's 2xx held the offer. sdp: not empty. Statuses as of voxlock_ua_ring;
 * VOXLOCK_ERR_WRONG_STATE where nothing waits. */
VOXLOCK_API int32_t voxlock_ua_answer(voxlock_ua* ua, uint64_t call, const uint8_t* sdp,
                                      size_t sdp_len, uint64_t now_ns);

/* voxlock_ua_answer with further header lines, each with CRLF, in the 200. Statuses as of
 * voxlock_ua_answer and VOXLOCK_ERR_UA_HEADER (malformed, or a field that the user agent writes
 * itself); VOXLOCK_ERR_WRONG_STATE also where the description goes into an ACK. */
VOXLOCK_API int32_t voxlock_ua_answer_headers(voxlock_ua* ua, uint64_t call, const uint8_t* sdp,
                                              size_t sdp_len, const char* headers,
                                              size_t headers_len, uint64_t now_ns);

/* Refuses the INVITE or re-INVITE that waits. NULL refusal: 603. Statuses as of voxlock_ua_ring
 * and VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_ua_reject(voxlock_ua* ua, uint64_t call,
                                      const voxlock_ua_refusal* refusal, uint64_t now_ns);

/* Sends a re-INVITE with a new offer; empty sdp asks the peer for one. Statuses as of
 * voxlock_ua_ring and VOXLOCK_ERR_UA_PENDING (an exchange is under way). @see RFC 3261, section
 * 14 */
VOXLOCK_API int32_t voxlock_ua_offer(voxlock_ua* ua, uint64_t call, const uint8_t* sdp,
                                     size_t sdp_len, uint64_t now_ns);

/* Sends a digit by INFO within the dialog, for trunks that take no telephone events (RFC 4733).
 * digit: ASCII 0..9 * # A..D. duration_ms: up to 60000, in VOXLOCK_UA_DTMF_RELAY alone. form:
 * VOXLOCK_UA_DTMF_RELAY or _PLAIN. DIGIT_REFUSED tells where the peer does not want it.
 * Statuses as of voxlock_ua_ring; VOXLOCK_ERR_WRONG_STATE before the call stands. @see RFC 6086 */
VOXLOCK_API int32_t voxlock_ua_send_digit(voxlock_ua* ua, uint64_t call, uint32_t digit,
                                          uint32_t duration_ms, uint32_t form, uint64_t now_ns);

/* Ends a call in any state: CANCEL, BYE, or 603. ENDED tells when it is over. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_UA_NO_CALL, VOXLOCK_ERR_UA_DRAIN,
 * VOXLOCK_ERR_LIMIT, VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_ua_hangup(voxlock_ua* ua, uint64_t call, uint64_t now_ns);

/* As a client: credentials for a realm, bound to the next hop's host name unless peer is empty.
 * A user of length 0 removes. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_LIMIT, VOXLOCK_ERR_NOT_FOUND, VOXLOCK_ERR_NO_MEMORY. @see RFC 3261, section 22 */
VOXLOCK_API int32_t voxlock_ua_set_credentials(voxlock_ua* ua, const char* realm, const char* peer,
                                               const char* user, const char* password);

/* As a server: a user of the config's realm. A password of NULL or "" removes. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_WRONG_STATE (no realm),
 * VOXLOCK_ERR_LIMIT, VOXLOCK_ERR_NOT_FOUND, VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_ua_set_account(voxlock_ua* ua, const char* user, const char* password);

/* Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_ua_get_stats(const voxlock_ua* ua, voxlock_ua_stats* stats);

#ifdef __cplusplus
}
#endif

#endif
