/* SIP messages: parse, look into, write, and cut out of a stream (RFC 3261). No transaction or
 * dialog state lives here; see voxlock/ua.h for that. */
#ifndef VOXLOCK_SIP_H
#define VOXLOCK_SIP_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Text that lies in memory of somebody else: not NUL-terminated, data may be NULL where len is 0.
 */
typedef struct voxlock_sip_text {
  const char* data;
  size_t len; /* bytes */
} voxlock_sip_text;

typedef struct voxlock_sip_config {
  uint32_t struct_size; /* set by voxlock_sip_config_init */
  uint32_t max_message; /* largest message taken, bytes, 256..1048576; default 65536 */
  int32_t is_client; /* framer only: 1 at the end that opened the connection, which receives pongs
                        (RFC 5626); 0 at the end that receives pings; default 0 */
  uint32_t reserved; /* 0 */
} voxlock_sip_config;

/* Fills a config with defaults; size is sizeof it as the caller was compiled.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_sip_config_init(voxlock_sip_config* config, size_t size);

/* A parsed message. It owns a buffer of max_message bytes that is taken once and used again by each
 * parse: every text it hands out points there and is valid until the next parse or free. */
typedef struct voxlock_sip_message voxlock_sip_message;

/* Makes an empty message. config: NULL for defaults. out: set to NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_NO_MEMORY.
 */
VOXLOCK_API int32_t voxlock_sip_message_new(voxlock_context* ctx, const voxlock_sip_config* config,
                                            voxlock_sip_message** out) VOXLOCK_CHECK;

/* Gives the message back; NULL is allowed. */
VOXLOCK_API void voxlock_sip_message_free(voxlock_sip_message* message);

/* What carries a message. On a stream Content-Length is mandatory and data may go on behind the
 * message; a datagram ends with its body (RFC 3261 18.3). */
#define VOXLOCK_SIP_DATAGRAM 0
#define VOXLOCK_SIP_STREAM 1

/* Copies data in and parses the message at its start, checking the whole of it.
 * data, len: borrowed for the call; NULL only with len 0. transport: VOXLOCK_SIP_*.
 * consumed: receives the bytes the message takes up, 0 on an error; may be NULL.
 * On a VOXLOCK_ERR_SIP_* status and VOXLOCK_ERR_TRUNCATED the handle shows what could be read of
 * the new message, so that a request can be answered with voxlock_sip_response_code (RFC
 * 3261 21.4.1); on any other error it is as before. Allocates nothing, linear in len. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_TRUNCATED (a stream needs more bytes),
 * VOXLOCK_ERR_LIMIT (len above max_message), or why the message is refused:
 * VOXLOCK_ERR_SIP_START_LINE, _VERSION, _STATUS_CODE, _SCHEME, _URI, _HOST, _URI_TOO_LONG,
 * _HEADER_LINE, _CONTROL, _UTF8, _TOO_MANY_HEADERS, _TOO_LARGE, _MISSING_HEADER, _DUPLICATE,
 * _CONTENT_LENGTH, _NO_CONTENT_LENGTH, _BODY_SHORT, _EMPTY, _PARAM, _ADDRESS, _VIA, _CSEQ,
 * _CSEQ_METHOD, _CALL_ID, _CONTENT_TYPE, _NUMBER, _TOKEN_LIST, _AUTH.
 * @see RFC 3261, section 7; RFC 4475. */
VOXLOCK_API int32_t voxlock_sip_message_parse(voxlock_sip_message* message, const uint8_t* data,
                                              size_t len, int32_t transport, size_t* consumed);

/* What nearly every reader of a message wants. Missing parts are empty. */
typedef struct voxlock_sip_summary {
  uint32_t struct_size;    /* sizeof(voxlock_sip_summary) */
  int32_t status_code;     /* 100..699 in a response, 0 in a request */
  voxlock_sip_text method; /* request: "INVITE"; response: the method of CSeq */
  voxlock_sip_text uri;    /* Request-URI */
  voxlock_sip_text reason; /* response */
  voxlock_sip_text from_uri;
  voxlock_sip_text from_name; /* display name without quotes, its escapes kept */
  voxlock_sip_text from_tag;
  voxlock_sip_text to_uri;
  voxlock_sip_text to_name;
  voxlock_sip_text to_tag;
  voxlock_sip_text call_id;
  voxlock_sip_text contact_uri;  /* of the first Contact */
  voxlock_sip_text via_branch;   /* of the topmost Via */
  voxlock_sip_text content_type; /* whole value */
  voxlock_sip_text body;         /* may hold any octets */
  uint32_t cseq;                 /* number of CSeq */
  int32_t max_forwards;          /* 0..255, -1 where the field is missing */
  uint32_t header_count;         /* header fields, for voxlock_sip_message_header with NULL */
  int32_t is_answerable; /* 1: a request with what a response needs, even after a failed parse */
} voxlock_sip_summary;

/* Tells about the message parsed last. out->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_WRONG_STATE (nothing was parsed yet). */
VOXLOCK_API int32_t voxlock_sip_message_summary(const voxlock_sip_message* message,
                                                voxlock_sip_summary* out);

typedef struct voxlock_sip_header {
  voxlock_sip_text name;  /* as written, maybe the compact form */
  voxlock_sip_text value; /* without white space at both ends; line folds are still inside */
} voxlock_sip_header;

/* Gets a header field whole. name: NUL-terminated, full or compact, any case; NULL counts all
 * fields. index: 0 is the first of that name. out: receives the field. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_NOT_FOUND (no field of that name and index),
 * VOXLOCK_ERR_WRONG_STATE. */
VOXLOCK_API int32_t voxlock_sip_message_header(const voxlock_sip_message* message, const char* name,
                                               size_t index, voxlock_sip_header* out);

/* Gets one value of a header field: list fields such as Via, Contact, Route and Supported are cut
 * at their commas and counted over all fields of that name (RFC 3261 7.3.1); the Authorization
 * family is not. Arguments and statuses as of voxlock_sip_message_header; name is not NULL. */
VOXLOCK_API int32_t voxlock_sip_message_value(const voxlock_sip_message* message, const char* name,
                                              size_t index, voxlock_sip_text* out);

/* Gets the first body part of a media type, looking into multipart bodies.
 * media_type: NUL-terminated, such as "application/sdp".
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_NOT_FOUND,
 * VOXLOCK_ERR_SIP_MULTIPART (the body is not what its type says), VOXLOCK_ERR_WRONG_STATE. @see RFC
 * 2046, section 5.1; RFC 5621. */
VOXLOCK_API int32_t voxlock_sip_message_body(const voxlock_sip_message* message,
                                             const char* media_type, voxlock_sip_text* out);

/* Tells how to answer a request that was refused.
 * Returns the response code for this status: 400, 414, 415, 416, 420, 501, 505
 * or 513; 0 where no response is due. */
VOXLOCK_API int32_t voxlock_sip_response_code(int32_t status);

typedef struct voxlock_sip_start {
  uint32_t struct_size;    /* sizeof(voxlock_sip_start) */
  int32_t status_code;     /* 100..699 for a response, 0 for a request */
  voxlock_sip_text method; /* request */
  voxlock_sip_text uri;    /* request */
  voxlock_sip_text reason; /* response; empty for the usual phrase */
} voxlock_sip_start;

/* Writes a message: start line, fields in order, Content-Length, body.
 * headers, count: fields with full or compact names, without Content-Length; NULL only with count
 * 0. body, body_len: needs a Content-Type among the fields where it is not empty. out, len:
 * capacity in, length out; NULL or too small tells the needed size. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_BUFFER_TOO_SMALL,
 * VOXLOCK_ERR_SIP_UNSAFE_VALUE (a CR, LF or NUL, a name that is no token, a URI with a space). */
VOXLOCK_API int32_t voxlock_sip_write(const voxlock_sip_start* start,
                                      const voxlock_sip_header* headers, size_t count,
                                      const uint8_t* body, size_t body_len, uint8_t* out,
                                      size_t* len);

#define VOXLOCK_SIP_SCHEME_SIP 0
#define VOXLOCK_SIP_SCHEME_SIPS 1
#define VOXLOCK_SIP_SCHEME_TEL 2
#define VOXLOCK_SIP_SCHEME_OTHER 3

/* Parts of an address or URI; texts point into the input. */
typedef struct voxlock_sip_uri {
  uint32_t struct_size;  /* sizeof(voxlock_sip_uri) */
  int32_t scheme;        /* VOXLOCK_SIP_SCHEME_* */
  voxlock_sip_text uri;  /* without display name, brackets and header parameters */
  voxlock_sip_text user; /* still escaped; the number of a tel URI */
  voxlock_sip_text password;
  voxlock_sip_text host;         /* an IPv6 address keeps its brackets */
  voxlock_sip_text params;       /* of the URI, with the leading ';' */
  voxlock_sip_text headers;      /* without the '?' */
  voxlock_sip_text display_name; /* without quotes */
  voxlock_sip_text field_params; /* behind the URI: ";tag=..." */
  int32_t port;                  /* 0..65535, -1 where none is written */
  uint32_t reserved;             /* 0 */
} voxlock_sip_uri;

/* Takes a URI, or the value of From, To, Contact, Route... apart.
 * text, len: borrowed; the result points into it. out->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_SIP_URI,
 * VOXLOCK_ERR_SIP_HOST, VOXLOCK_ERR_SIP_ADDRESS, VOXLOCK_ERR_SIP_PARAM.
 * @see RFC 3261, sections 19.1 and 20.10; RFC 3966; RFC 5954. */
VOXLOCK_API int32_t voxlock_sip_uri_parse(const char* text, size_t len, voxlock_sip_uri* out);

/* Compares two URIs. out: 1 when they are equal, else 0.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_SIP_URI, VOXLOCK_ERR_SIP_HOST.
 * @see RFC 3261, section 19.1.4; RFC 3966, section 5. */
VOXLOCK_API int32_t voxlock_sip_uri_equal(const char* a, size_t a_len, const char* b, size_t b_len,
                                          int32_t* out);

/* Cuts the byte stream of one TCP or TLS connection into messages. Holds max_message bytes. */
typedef struct voxlock_sip_framer voxlock_sip_framer;

/* Makes a framer. Arguments and statuses as of voxlock_sip_message_new. */
VOXLOCK_API int32_t voxlock_sip_framer_new(voxlock_context* ctx, const voxlock_sip_config* config,
                                           voxlock_sip_framer** out) VOXLOCK_CHECK;

/* Gives the framer back; NULL is allowed. */
VOXLOCK_API void voxlock_sip_framer_free(voxlock_sip_framer* framer);

/* Hands received bytes in. taken: receives how many there was room for; call
 * voxlock_sip_framer_next until it gives VOXLOCK_SIP_FRAME_NONE, then feed the rest. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT. */
VOXLOCK_API int32_t voxlock_sip_framer_feed(voxlock_sip_framer* framer, const uint8_t* data,
                                            size_t len, size_t* taken);

#define VOXLOCK_SIP_FRAME_NONE 0    /* more bytes are needed */
#define VOXLOCK_SIP_FRAME_MESSAGE 1 /* out holds one whole message */
#define VOXLOCK_SIP_FRAME_PING 2    /* answer with CR LF */
#define VOXLOCK_SIP_FRAME_PONG 3    /* the answer to our CR LF CR LF */

/* Takes the next frame. kind: VOXLOCK_SIP_FRAME_*. out: the message, valid until the next feed or
 * free; empty for other kinds. An error is for good, as the message boundaries are lost: out then
 * holds the bytes that could not be framed, and the host closes the connection. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_SIP_TOO_LARGE, VOXLOCK_ERR_SIP_HEADER_LINE,
 * VOXLOCK_ERR_SIP_CONTROL, VOXLOCK_ERR_SIP_CONTENT_LENGTH, VOXLOCK_ERR_SIP_NO_CONTENT_LENGTH,
 * VOXLOCK_ERR_SIP_DUPLICATE, VOXLOCK_ERR_SIP_TOO_MANY_HEADERS.
 * @see RFC 3261, section 18.3; RFC 5626, section 3.5.1. */
VOXLOCK_API int32_t voxlock_sip_framer_next(voxlock_sip_framer* framer, int32_t* kind,
                                            voxlock_sip_text* out);

#ifdef __cplusplus
}
#endif

#endif
