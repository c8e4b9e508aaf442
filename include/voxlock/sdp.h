/* Session descriptions: look into SDP (RFC 8866) and read or write SDES keys (RFC 4568). A host
 * needs none of this to run a call, since a leg takes and gives SDP as text (voxlock/leg.h); it
 * serves hosts that route, filter or log descriptions, or that negotiate themselves. */
#ifndef VOXLOCK_SDP_H
#define VOXLOCK_SDP_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/leg.h"
#include "voxlock/sip.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A parsed description. It owns a buffer of max_text bytes that is taken once and used again by
 * each parse: every text it hands out points there and is valid until the next successful parse or
 * free. */
typedef struct voxlock_sdp voxlock_sdp;

/* Makes an empty description. max_text: largest text taken, bytes, 256..65536. out: set to NULL on
 * failure. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_NO_MEMORY. */
VOXLOCK_API int32_t voxlock_sdp_new(voxlock_context* ctx, size_t max_text,
                                    voxlock_sdp** out) VOXLOCK_CHECK;

/* Gives the description back, its copy of the text wiped; NULL is allowed. */
VOXLOCK_API void voxlock_sdp_free(voxlock_sdp* sdp);

/* Copies data in and parses the whole of it. Lines end in CRLF or LF; v=0 and o= are required,
 * unknown types of lines are refused. At most 48 media sections and 512 attributes. data, len:
 * borrowed for the call; NULL only with len 0. On an error the handle still shows the former
 * description. Allocates nothing. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_LIMIT (len above max_text, or too many lines of a kind), or why the text is refused:
 * VOXLOCK_ERR_SDP_LINE, _VERSION, _ORIGIN, _CONNECTION, _MEDIA, _CONTROL. @see RFC 8866, section 5.
 */
VOXLOCK_API int32_t voxlock_sdp_parse(voxlock_sdp* sdp, const uint8_t* data, size_t len);

/* The session level. Missing parts are empty. */
typedef struct voxlock_sdp_summary {
  uint32_t struct_size;            /* sizeof(voxlock_sdp_summary) */
  uint32_t media_count;            /* m= lines, 0..48 */
  voxlock_sip_text username;       /* of o= */
  voxlock_sip_text session_id;     /* of o=, digits */
  voxlock_sip_text version;        /* of o=, digits */
  voxlock_sip_text origin_address; /* of o=, a host name or IP address */
  voxlock_sip_text name;           /* s= */
} voxlock_sdp_summary;

/* Tells about the description parsed last. out->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_WRONG_STATE (nothing was parsed yet). */
VOXLOCK_API int32_t voxlock_sdp_get_summary(const voxlock_sdp* sdp, voxlock_sdp_summary* out);

/* A media section. */
typedef struct voxlock_sdp_media {
  uint32_t struct_size; /* sizeof(voxlock_sdp_media) */
  int32_t direction; /* as its author sees it: VOXLOCK_SENDRECV (default) ... ; the session's where
                        the section states none. A 0.0.0.0 address is not looked at */
  voxlock_sip_text type;       /* "audio" */
  voxlock_sip_text proto;      /* "RTP/SAVP" */
  voxlock_sip_text formats;    /* "0 8 101" */
  voxlock_sip_text connection; /* address of the c= line that counts: the section's or the
                                  session's; without TTL; empty for none */
  voxlock_address address;  /* the same with the port, family 0 where it is no numeric IP address */
  uint32_t port;            /* 0..65535; 0: refused or not wanted */
  uint32_t port_count;      /* 1..65535 */
  uint32_t attribute_count; /* for voxlock_sdp_attribute with NULL */
  uint32_t reserved;
} voxlock_sdp_media;

/* Tells about a media section. index: 0..media_count - 1. out->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_NOT_FOUND (no such section), VOXLOCK_ERR_WRONG_STATE. */
VOXLOCK_API int32_t voxlock_sdp_get_media(const voxlock_sdp* sdp, size_t index,
                                          voxlock_sdp_media* out);

/* Gets an a= line. media: index of a section, -1 for the session level. name: NUL-terminated, in
 * the case as registered; NULL counts all. nth: 0 is the first of that name. out: receives name and
 * value; the value of a flag is empty. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL,
 * media below -1), VOXLOCK_ERR_NOT_FOUND, VOXLOCK_ERR_WRONG_STATE. */
VOXLOCK_API int32_t voxlock_sdp_attribute(const voxlock_sdp* sdp, int32_t media, const char* name,
                                          size_t nth, voxlock_sip_header* out);

#define VOXLOCK_SDP_MAX_KEY 64
#define VOXLOCK_SDP_MAX_MKI 128

/* An a=crypto line. It holds key material: the host wipes its copy after use, also after a call
 * that failed half way through its own code; voxlock keeps none. */
typedef struct voxlock_sdp_crypto {
  uint32_t struct_size;             /* sizeof(voxlock_sdp_crypto) */
  uint32_t tag;                     /* 0..999999999 */
  uint32_t suite;                   /* VOXLOCK_AES_CM_128_HMAC_SHA1_80 ..., 0: not one of ours */
  int32_t usability;                /* parse: VOXLOCK_OK, or why a leg skips the line:
                                       VOXLOCK_ERR_SDP_SUITE, _KEY_COUNT, _SESSION_PARAMETER. write: 0 */
  uint32_t key_len;                 /* bytes of key and salt of the first inline key, 0..46 */
  uint32_t mki_len;                 /* 0..128, 0: no MKI */
  uint64_t lifetime;                /* packets, 1..2^48, 0: not stated */
  uint8_t key[VOXLOCK_SDP_MAX_KEY]; /* master key, then master salt; zeros behind */
  uint8_t mki[VOXLOCK_SDP_MAX_MKI]; /* as on the wire; zeros behind */
} voxlock_sdp_crypto;

/* Reads the value of an a=crypto line, which is what stands behind "a=crypto:".
 * value, len: borrowed for the call; NULL only with len 0. out->struct_size must be set; on an
 * error nothing is written. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_SDP_CRYPTO (broken), VOXLOCK_ERR_SDP_KEY (key, lifetime or
 * MKI), VOXLOCK_ERR_SDP_KEY_COUNT (more than four keys). @see RFC 4568, section 9.2. */
VOXLOCK_API int32_t voxlock_sdp_crypto_parse(const char* value, size_t len,
                                             voxlock_sdp_crypto* out);

/* Writes "<tag> <suite> inline:<key>|<lifetime>|<MKI>:<length>", the last two where they are set.
 * in: key_len is what the suite asks for.
 * out, len: capacity in, length out, not NUL-terminated; NULL or too small tells the needed size.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_SDP_SUITE
 * (suite is 0 or unknown), VOXLOCK_ERR_SDP_KEY (key_len does not fit,
 * or lifetime or mki_len is out of range), VOXLOCK_ERR_BUFFER_TOO_SMALL.
 * @see RFC 4568, section 9.2. */
VOXLOCK_API int32_t voxlock_sdp_crypto_write(const voxlock_sdp_crypto* in, uint8_t* out,
                                             size_t* len);

#ifdef __cplusplus
}
#endif

#endif
