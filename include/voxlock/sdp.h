/* Session descriptions: look into SDP (RFC 8866), read or write SDES keys (RFC 4568), negotiate for
 * a media path of the host's own. A host needs none of this to run a call, since a leg takes and
 * gives SDP as text (voxlock/leg.h); it serves hosts that route, filter or log descriptions, or
 * that bring their own RTP. */
#ifndef VOXLOCK_SDP_H
#define VOXLOCK_SDP_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/leg.h"
#include "voxlock/sip.h"
#include "voxlock/status.h"
#include "voxlock/tls.h"

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

/* Offer and answer for one audio stream (RFC 3264) without a leg: for hosts with an RTP path of
 * their own, which take from here what was agreed, with SDES (RFC 4568) or as WebRTC (RFC 8829). A
 * leg negotiates by itself and needs none of this. */
typedef struct voxlock_negotiation voxlock_negotiation;

/* Header extensions, bits of a set and, by their place, index of voxlock_negotiated.extension_id.
 */
#define VOXLOCK_EXTENSION_AUDIO_LEVEL 1u   /* RFC 6464; index 0 */
#define VOXLOCK_EXTENSION_MID 2u           /* RFC 9143; index 1 */
#define VOXLOCK_EXTENSION_ABS_SEND_TIME 4u /* index 2 */
#define VOXLOCK_EXTENSION_TRANSPORT_CC 8u  /* transport-wide-cc-extensions-01; index 3 */
#define VOXLOCK_EXTENSIONS 4

/* What the own side can and wants. Texts are NUL-terminated and copied; NULL (default): see there.
 */
typedef struct voxlock_negotiation_config {
  uint32_t struct_size;                /* set by voxlock_negotiation_config_init */
  int32_t key_exchange;                /* VOXLOCK_KEYS_SDES (default) or VOXLOCK_KEYS_DTLS */
  int32_t srtp_policy;                 /* VOXLOCK_SRTP_*; default required, with DTLS no other */
  uint32_t ptime_ms;                   /* 10..60 in steps of 10; default 20 */
  uint32_t suites[VOXLOCK_MAX_SUITES]; /* SDES: as in voxlock_leg_config */
  uint32_t codecs[VOXLOCK_MAX_CODECS]; /* as in voxlock_leg_config */
  voxlock_address rtp_address;         /* own address; with ICE the default one; required */
  voxlock_address rtcp_address;        /* SDES: family 0 (default): RTP port + 1 */
  int32_t telephone_event;             /* 1 (default): RFC 4733 */
  int32_t rtcp_mux;                    /* SDES: 1 (default): RFC 5761; with DTLS always */
  int32_t opus_fec;                    /* default 1 */
  int32_t opus_dtx;                    /* default 0 */
  /* What follows counts with VOXLOCK_KEYS_DTLS only, but for red, nack and rtcp_rsize. */
  const char* fingerprint; /* of the own certificate, as voxlock_fingerprint writes it: "sha-256
                              AB:..."; SHA-256, SHA-384 or SHA-512; required */
  const char* ice_ufrag;   /* the first ICE credentials, 4..32 and 22..64 of A-Z a-z 0-9 + /; both
                              NULL: made here. A restart always makes new ones: take them from
                              voxlock_negotiation_text */
  const char* ice_pwd;
  const char* candidates; /* own ones, "candidate:..." with or without "a=", one a line, at most 16,
                             as voxlock_ice_get_local writes them; NULL: none */
  const char* mid;        /* of the own offers, 1..32 bytes; NULL: "0" */
  const char* stream_id;  /* a=msid, 1..64 bytes each; NULL: no such line */
  const char* track_id;
  const char* cname;         /* 1..64 bytes; required with an ssrc */
  uint32_t ssrc;             /* a=ssrc with the cname; 0 (default): no such line */
  uint32_t max_opus_bitrate; /* maxaveragebitrate asked for, 6000..510000; 0 (default): none */
  uint32_t extensions;       /* VOXLOCK_EXTENSION_* offered and accepted; default 0 */
  int32_t dtls_role;         /* where the peer leaves it to us: VOXLOCK_TLS_CLIENT or
                                VOXLOCK_TLS_SERVER (default) */
  int32_t ice_required;      /* 1 (default). 0: a peer without ICE is taken too (RFC 5763) */
  int32_t ice_lite;          /* 1 (default): said in the description */
  int32_t end_of_candidates; /* 1 (default): no more of the own ones will come */
  int32_t red;               /* RFC 2198 around Opus; default 0 */
  int32_t nack;              /* VOXLOCK_NACK_* (voxlock/leg.h), RFC 4585; default 0 */
  int32_t transport_cc;      /* feedback of transport-wide sequence numbers; default 0 */
  int32_t rtcp_rsize;        /* RFC 5506; default 0 */
  uint32_t reserved;         /* 0 */
} voxlock_negotiation_config;

/* Fills a config with defaults. rtp_address, and with DTLS fingerprint, must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_negotiation_config_init(voxlock_negotiation_config* config,
                                                    size_t size);

/* Makes a negotiation. config: required, borrowed for the call. out: set to NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a value outside its range),
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_SDP_FINGERPRINT (malformed), VOXLOCK_ERR_UNSUPPORTED (its
 * hash), VOXLOCK_ERR_SYNTAX (a candidate), VOXLOCK_ERR_LIMIT (too many), VOXLOCK_ERR_NO_MEMORY,
 * VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_negotiation_new(voxlock_context* ctx,
                                            const voxlock_negotiation_config* config,
                                            voxlock_negotiation** out) VOXLOCK_CHECK;

/* Gives the negotiation back, its keys wiped; NULL is allowed. */
VOXLOCK_API void voxlock_negotiation_free(voxlock_negotiation* negotiation);

/* Answers an offer of the peer, all of it or not at all. verdict: may be NULL; struct_size set. A
 * refused offer is no error: VOXLOCK_OK, kind VOXLOCK_REFUSED, *sdp_len 0, nothing changed; its
 * reason with DTLS: VOXLOCK_ERR_SDP_DTLS_REQUIRED, _NO_FINGERPRINT, _FINGERPRINT, _SETUP, _TLS_ID,
 * _ICE, _RTCP_MUX, _MID, beside those of any offer. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_BUFFER_TOO_SMALL (*sdp_len
 * tells the size), VOXLOCK_ERR_WRONG_STATE (an own offer is out), VOXLOCK_ERR_ENTROPY.
 * @see RFC 8829, section 5.3; RFC 9143, section 7.3 */
VOXLOCK_API int32_t voxlock_negotiation_answer(voxlock_negotiation* negotiation,
                                               const uint8_t* offer, size_t offer_len, uint8_t* sdp,
                                               size_t* sdp_len,
                                               voxlock_verdict* verdict) VOXLOCK_CHECK;

/* Makes an offer; what was agreed goes on until its answer. flags: VOXLOCK_OFFER_*.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (also ICE_RESTART without DTLS),
 * VOXLOCK_ERR_BUFFER_TOO_SMALL, VOXLOCK_ERR_WRONG_STATE (one is out already), VOXLOCK_ERR_ENTROPY.
 * @see RFC 8829, section 5.2 */
VOXLOCK_API int32_t voxlock_negotiation_offer(voxlock_negotiation* negotiation, uint32_t flags,
                                              uint8_t* sdp, size_t* sdp_len) VOXLOCK_CHECK;

/* Takes the answer to the own offer. A refused one withdraws the offer.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_WRONG_STATE (no offer is out). */
VOXLOCK_API int32_t voxlock_negotiation_accept_answer(voxlock_negotiation* negotiation,
                                                      const uint8_t* answer, size_t answer_len,
                                                      voxlock_verdict* verdict) VOXLOCK_CHECK;

/* Withdraws the own offer; none out: nothing to do.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL). */
VOXLOCK_API int32_t voxlock_negotiation_rollback(voxlock_negotiation* negotiation);

#define VOXLOCK_MAX_REMOTE_SSRCS 8

/* What was agreed. With SDES it holds keys: the host wipes its copy. */
typedef struct voxlock_negotiated {
  uint32_t struct_size; /* set by the caller */
  int32_t key_exchange; /* VOXLOCK_KEYS_NONE (plain RTP), VOXLOCK_KEYS_SDES, VOXLOCK_KEYS_DTLS */
  uint32_t media_index; /* of the audio section */
  uint32_t codec;       /* VOXLOCK_CODEC_* */
  uint32_t rtp_clock_hz;
  uint32_t channels;
  uint32_t ptime_ms; /* of what we send */
  int32_t direction; /* VOXLOCK_SENDRECV ... */
  uint32_t payload_type_send;
  uint32_t payload_type_recv;
  uint32_t event_type_send; /* telephone-event; 255: not agreed */
  uint32_t event_type_recv;
  uint32_t event_clock_hz;
  int32_t remote_hold;    /* 1: the peer does not want to receive */
  int32_t wants_opus_fec; /* wishes of the peer, RFC 7587 */
  int32_t wants_opus_dtx;
  uint32_t max_opus_bitrate;  /* 0: not stated */
  int32_t rtcp_mux;           /* 1: RTCP on the RTP port */
  voxlock_address remote_rtp; /* family 0: not known from the SDP; with ICE always */
  voxlock_address remote_rtcp;
  /* SDES */
  uint32_t suite;           /* 0 for none */
  uint32_t key_len;         /* bytes of each key */
  uint64_t remote_lifetime; /* packets, 0: not stated */
  uint32_t remote_mki_len;  /* 0: none */
  uint32_t reserved;
  uint8_t local_key[VOXLOCK_SDP_MAX_KEY]; /* master key, then master salt; zeros behind */
  uint8_t remote_key[VOXLOCK_SDP_MAX_KEY];
  uint8_t remote_mki[VOXLOCK_SDP_MAX_MKI];
  /* DTLS */
  int32_t dtls_role;          /* ours: VOXLOCK_TLS_CLIENT or VOXLOCK_TLS_SERVER; 0: no DTLS */
  int32_t ice;                /* 1: both have credentials */
  int32_t remote_ice_lite;    /* 1: the peer sends no checks either; two of them never meet */
  int32_t remote_trickle;     /* 1: more candidates may follow (RFC 8840) */
  int32_t end_of_candidates;  /* 1: no more will come */
  uint32_t candidate_count;   /* of the peer, at most 32 */
  uint32_t fingerprint_count; /* of the peer, at most 8 */
  int32_t bundled;            /* 1: the section is in a BUNDLE group */
  int32_t extmap_mixed;       /* 1: RFC 8285, section 6 */
  uint32_t extension_id[VOXLOCK_EXTENSIONS];       /* 0: not agreed; above 14: two-byte headers */
  int32_t extension_direction[VOXLOCK_EXTENSIONS]; /* VOXLOCK_SENDRECV ... */
  uint32_t red_type_send; /* RFC 2198, with SDES as well; 255: not agreed */
  uint32_t red_type_recv;
  int32_t nack; /* RFC 4585, with SDES as well */
  int32_t transport_cc;
  int32_t rtcp_rsize;  /* RFC 5506, with SDES as well */
  uint32_t ssrc_count; /* sources the peer names: hints, packets decide */
  uint32_t ssrcs[VOXLOCK_MAX_REMOTE_SSRCS];
  uint32_t rtcp_senders_bps;   /* b=RS of the peer, which own descriptions repeat: bit/s of RTCP for
                                  those who send media; UINT32_MAX: not stated. @see RFC 3556 */
  uint32_t rtcp_receivers_bps; /* b=RR, of those who only receive; both 0: nobody sends RTCP */
} voxlock_negotiated;

/* Tells what was agreed. out->struct_size must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_WRONG_STATE (nothing agreed yet). */
VOXLOCK_API int32_t voxlock_negotiation_get(const voxlock_negotiation* negotiation,
                                            voxlock_negotiated* out);

/* Texts of a WebRTC agreement. */
#define VOXLOCK_NEGOTIATED_LOCAL_UFRAG 1 /* with the next: for voxlock_ice_new or _restart */
#define VOXLOCK_NEGOTIATED_LOCAL_PWD 2
#define VOXLOCK_NEGOTIATED_REMOTE_UFRAG 3 /* with the next: for voxlock_ice_set_remote */
#define VOXLOCK_NEGOTIATED_REMOTE_PWD 4
#define VOXLOCK_NEGOTIATED_FINGERPRINTS 5 /* with commas between: peer_fingerprints of DTLS */
#define VOXLOCK_NEGOTIATED_CANDIDATES 6   /* of the peer, "candidate:..." CR LF for each */
#define VOXLOCK_NEGOTIATED_LOCAL_TLS_ID 7
#define VOXLOCK_NEGOTIATED_REMOTE_TLS_ID 8
#define VOXLOCK_NEGOTIATED_MID 9
#define VOXLOCK_NEGOTIATED_STREAM_ID 10 /* of the peer, as the next two */
#define VOXLOCK_NEGOTIATED_TRACK_ID 11
#define VOXLOCK_NEGOTIATED_CNAME 12

/* Writes one of them, without a NUL; what the peer did not say is empty. out, len: capacity in,
 * length out; NULL or too small tells the needed size. The passwords are secrets: wipe them.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, no such part),
 * VOXLOCK_ERR_WRONG_STATE (nothing agreed yet, or not with DTLS), VOXLOCK_ERR_BUFFER_TOO_SMALL. */
VOXLOCK_API int32_t voxlock_negotiation_text(const voxlock_negotiation* negotiation, int32_t part,
                                             uint8_t* out, size_t* len);

#ifdef __cplusplus
}
#endif

#endif
