/* A leg: one negotiated media session with one peer. SDP goes in and out as text, datagrams go in,
 * events come out. A leg works alone (an endpoint, a frame port) or is joined with a second one by
 * a bridge (voxlock/bridge.h). The host owns the sockets: it sends what VOXLOCK_EV_TRANSMIT says.
 */
#ifndef VOXLOCK_LEG_H
#define VOXLOCK_LEG_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/address.h"
#include "voxlock/audio.h"
#include "voxlock/context.h"
#include "voxlock/export.h"
#include "voxlock/status.h"
#include "voxlock/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A received datagram. A plain value that never grows. */
typedef struct voxlock_datagram {
  const uint8_t* data;    /* borrowed for the call */
  size_t len;             /* bytes */
  voxlock_address source; /* where it came from */
  uint32_t leg;           /* bridge: 0 or 1, the leg whose socket got it; a leg alone: 0 */
  uint32_t local;         /* WebRTC: which of the leg's own addresses it came to, 0 for
                             rtp_address, then further_addresses; else 0 */
  uint32_t reserved;      /* 0 */
} voxlock_datagram;

/* srtp_policy: what may be agreed with the peer. Decided here, never by what the peer offers. */
#define VOXLOCK_SRTP_REQUIRED 0  /* SRTP or no call (default) */
#define VOXLOCK_SRTP_PREFERRED 1 /* SRTP where the peer can, else plain RTP (RFC 8643) */
#define VOXLOCK_SRTP_OFF 2       /* plain RTP only */

/* direction, as seen from this leg. */
#define VOXLOCK_INACTIVE 0
#define VOXLOCK_SENDONLY 1
#define VOXLOCK_RECVONLY 2
#define VOXLOCK_SENDRECV 3

/* signalling: how the SDP (and in SDES the keys) reached the peer; told by the host, reported by
 * voxlock_bridge_protection. */
#define VOXLOCK_SIGNALLING_UNKNOWN 0  /* not told: counts as not verified */
#define VOXLOCK_SIGNALLING_PLAIN 1    /* SIP over UDP or TCP */
#define VOXLOCK_SIGNALLING_TLS 2      /* TLS, peer not verified */
#define VOXLOCK_SIGNALLING_VERIFIED 3 /* TLS and the peer's certificate and name were verified */

/* key_exchange: where the keys of SRTP come from. */
#define VOXLOCK_KEYS_NONE 0
#define VOXLOCK_KEYS_SDES 1 /* as secret as the signalling, and as every server that relays it */
#define VOXLOCK_KEYS_DTLS 2 /* WebRTC: a DTLS handshake with the certificate that the SDP names */

/* nack: generic NACK (RFC 4585). */
#define VOXLOCK_NACK_OFF 0
#define VOXLOCK_NACK_OFFER 1  /* offered and accepted */
#define VOXLOCK_NACK_ACCEPT 2 /* accepted where the peer offers it */

#define VOXLOCK_MAX_FURTHER_ADDRESSES 7
#define VOXLOCK_MAX_SUITES 8
#define VOXLOCK_MAX_CODECS 8

typedef struct voxlock_leg_config {
  uint32_t struct_size;                /* set by voxlock_leg_config_init */
  int32_t srtp_policy;                 /* VOXLOCK_SRTP_*; default required */
  uint32_t suites[VOXLOCK_MAX_SUITES]; /* SRTP suites (voxlock/srtp.h), preferred first, 0 ends the
                                          list; default: AEAD_AES_256_GCM, AEAD_AES_128_GCM,
                                          AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32 */
  uint32_t codecs[VOXLOCK_MAX_CODECS]; /* VOXLOCK_CODEC_*, preferred first, 0 ends the list;
                                          default: OPUS, PCMU, PCMA */
  uint32_t ptime_ms;            /* packet time wished for, 10..60 in steps of 10; default 20 */
  int32_t telephone_event;      /* 1 (default): RFC 4733 digits are offered and accepted */
  voxlock_address rtp_address;  /* own address as it stands in the SDP; required */
  voxlock_address rtcp_address; /* family 0 (default): RTP port + 1 unless multiplexed */
  int32_t rtcp_mux;             /* 1 (default): RFC 5761 is offered and accepted */
  int32_t symmetric;            /* 1 (default): send to where the newest authenticated packet
                                   came from. Plain RTP is never followed. 0: SDP only */
  int32_t signalling;           /* VOXLOCK_SIGNALLING_*; default unknown */
  uint32_t opus_bitrate;        /* bit/s, 6000..128000; 0 (default): 28000 for PCM at 8 kHz, else
                                   48000 */
  uint32_t opus_complexity;     /* 0..10; default 1 */
  int32_t opus_fec;             /* in-band FEC, default 1 */
  int32_t opus_dtx;             /* discontinuous transmission, default 0 */
  uint32_t rekey_overlap_ms;    /* old receive keys live on after a rekey, 0..60000;
                                   default 5000 */
  uint32_t media_timeout_ms;    /* VOXLOCK_EV_TIMEOUT after so long without an authenticated
                                   packet, 0: never; default 30000 */
  uint32_t queue_bytes;         /* room for events that wait for poll, 4096..1048576; default
                                   8192 */
  uint32_t reserved;            /* 0 */
  const char* cname;            /* RTCP CNAME, 1..63 bytes, NUL-terminated, copied; NULL
                                   (default): 16 random letters, RFC 7022 */
  int32_t key_exchange; /* VOXLOCK_KEYS_SDES (default), or VOXLOCK_KEYS_DTLS: a WebRTC leg. It
                           answers the checks of a full ICE agent at all its addresses (ICE-lite,
                           RFC 8445), sends media only where the peer was heard and consents, and
                           only after the handshake. srtp_policy must be required then, rtcp_mux 1;
                           suites and symmetric do not count */
  int32_t dtls_client;  /* 1: the DTLS client where the peer leaves it to us; default 0 */
  const voxlock_identity* identity; /* with DTLS: the certificate shown to the peer, copied; NULL
                                       (default): one is made for this leg alone */
  const voxlock_address* further_addresses; /* with DTLS: own addresses beside rtp_address, less
                                               wanted ones behind; copied */
  size_t further_address_count;             /* 0 (default)..VOXLOCK_MAX_FURTHER_ADDRESSES */
  uint32_t consent_ms; /* with DTLS: VOXLOCK_EV_DISCONNECTED after so long without a check of the
                          peer, 1000..; default 30000. Full agents check every few seconds.
                          @see RFC 7675, section 5.1 */
  uint32_t reserved2;  /* 0 */
  /* Done where the peer agrees. */
  int32_t nack; /* VOXLOCK_NACK_*: generic NACK for audio, both ways. Missing packets are asked
                   for up to three times within 500 ms; packets that the peer asks for are
                   sent again as they were sealed, three times at most, in half the bytes of
                   the media at most, never over plain RTP. Takes 18 KiB. What a late packet
                   is used for: a leg alone hands it out with its own sequence number, a relay
                   passes it on in its place, and a bridge waits for it as long as its
                   repair_ms says. With SDES an offer of it names RTP/SAVPF (RTP/AVPF where
                   the policy prefers SRTP), which a peer that knows RTP/SAVP alone refuses:
                   then ACCEPT is the better choice. Default OFF; with srtp_policy off no
                   other. @see RFC 4585, sections 4.1 and 6.2.1 */
  int32_t rtcp_rsize; /* 1: feedback goes in packets of its own, without a report; with SDES only
                         where the profile is RTP/SAVPF or RTP/AVPF. Those of the peer are
                         understood in any case. Default 0. @see RFC 5506 */
  int32_t rtcp_xr;    /* 1: VoIP metrics and round trips of receivers are asked for in the SDP, and
                          sent to a peer that asks for them (voxlock/quality.h). Default 0.
                          @see RFC 3611, section 5 */
  uint32_t reserved3; /* 0 */
  int32_t transport_cc; /* 1: packets carry transport-wide numbers; which of the peer's came, and
                           when, is told to it every 100 ms (250 ms without rtcp_rsize), and what it
                           tells is counted. Its extension need not be among extensions. With DTLS.
                           Default 0. @see draft-holmer-rmcat-transport-wide-cc-extensions-01 */
  uint32_t extensions; /* with DTLS; VOXLOCK_EXTENSION_* (voxlock/sdp.h): header extensions that are
                          sent where the peer agrees; default 0. The level is that of the audio
                          which a bridge encodes, and is left out where frames are sealed; a leg
                          alone and a relay have none of their own. The mid goes along until the
                          peer reports about us. @see RFC 6464, 8285, 9143 */
  int32_t red;         /* 1: redundant audio around Opus. Frames of lost packets are taken from the
                          ones behind; each packet that is sent brings earlier frames along: of a
                          bridge, or of voxlock_leg_send. Not where frames are sealed, and not of a
                          relay, which passes payloads as they are. Default 0. @see RFC 2198 */
  uint32_t red_blocks; /* how many earlier frames, 0..2, as far as they fit into 1200 bytes; they
                          wait in the leg for so long. 0: none. Default 1 */
  uint32_t early_media_ms; /* packets that come while an own offer is out, and that no key opens
                              yet, wait so long for its answer, 0..2000: the newest 32 of at most
                              256 bytes. They are opened with the answer's keys by the next input or
                              poll. Takes 10 KiB. Default 0: they are dropped. @see RFC 3264, 5.1 */
  uint32_t reserved4;      /* 0 */
} voxlock_leg_config;

/* kind of a verdict: what an offer/answer step did to the running media. */
#define VOXLOCK_CONTINUED 1 /* as before, or the first agreement */
#define VOXLOCK_REKEYED 2   /* new keys; old receive keys live on for rekey_overlap_ms */
#define VOXLOCK_RESTARTED 3 /* codec, suite or transport changed: streams start anew */
#define VOXLOCK_MOVED                                                                         \
  4                       /* keys and codec stay, but the peer's address, the direction, RTCP \
                             multiplexing, a payload type, the packet time or what the peer   \
                             wants its Opus like changed */
#define VOXLOCK_REFUSED 5 /* nothing changed; answer with sip_status and warning */

/* changes of a verdict: bits, all that apply. */
#define VOXLOCK_CHANGED_MEDIA 1u   /* what RESTARTED means, for any reason */
#define VOXLOCK_CHANGED_KEYS 2u    /* SDES */
#define VOXLOCK_CHANGED_ADDRESS 4u /* what MOVED means */
#define VOXLOCK_CHANGED_DTLS 8u    /* a new handshake is due (RFC 8842, section 3.2) */
#define VOXLOCK_CHANGED_ICE 16u    /* new credentials (RFC 8445, section 9) */

typedef struct voxlock_verdict {
  uint32_t struct_size; /* set by the caller */
  int32_t kind;         /* VOXLOCK_CONTINUED ... */
  int32_t reason;       /* 0, or the negative status that says why it was refused */
  int32_t sip_status;   /* REFUSED: for example 488; else 0 */
  int32_t warn_code;    /* RFC 3261, 20.43, for example 305; 0: none */
  uint32_t reserved;
  const char* warning; /* text for the Warning header; static, "" for none */
  uint32_t changes;    /* VOXLOCK_CHANGED_*; 0 for the first agreement and where refused */
  uint32_t reserved2;
} voxlock_verdict;

/* flags of voxlock_leg_offer */
#define VOXLOCK_OFFER_HOLD 1u        /* offer sendonly (inactive where the peer holds) */
#define VOXLOCK_OFFER_REKEY 2u       /* make new keys of our own; DTLS: ask for a new handshake */
#define VOXLOCK_OFFER_ICE_RESTART 4u /* WebRTC: new ICE credentials, RFC 8445, section 9 */

/* What was agreed. Never holds keys. */
typedef struct voxlock_leg_media_info {
  uint32_t struct_size;
  uint32_t codec;        /* VOXLOCK_CODEC_* */
  uint32_t rtp_clock_hz; /* 48000 for Opus */
  uint32_t channels;
  uint32_t ptime_ms;          /* of what we send */
  uint32_t payload_type_send; /* what the peer wants to get */
  uint32_t payload_type_recv;
  uint32_t event_type_send; /* telephone-event; 255: not agreed */
  uint32_t event_type_recv;
  int32_t direction;   /* VOXLOCK_SENDRECV ... */
  int32_t is_secure;   /* 1: SRTP */
  uint32_t suite_send; /* 0 where not secure */
  uint32_t suite_recv;
  uint32_t ssrc_send;
  int32_t rtcp_mux;
  uint32_t generation;        /* grows with every applied agreement, and when DTLS brings keys */
  voxlock_address remote_rtp; /* where packets go to now: as agreed or followed, or where ICE found
                                 the peer; family 0: not known yet */
  voxlock_address remote_rtcp;
  int32_t key_exchange;           /* VOXLOCK_KEYS_*, NONE for plain RTP */
  int32_t is_connected;           /* WebRTC: ICE has a path and the peer's consent; else 1 */
  uint8_t local_fingerprint[32];  /* with DTLS: SHA-256 of our certificate; else zeros */
  uint8_t remote_fingerprint[32]; /* of the certificate that the peer proved to own; zeros before
                                     the handshake */
} voxlock_leg_media_info;

/* Causes of a drop, index of voxlock_leg_stats.dropped. Plain RTP is a stranger's where it comes
 * from elsewhere after it came from the address in the peer's SDP. */
#define VOXLOCK_DROP_NOT_MEDIA 0    /* neither RTP nor RTCP (RFC 7983) */
#define VOXLOCK_DROP_MALFORMED 1    /* not a valid RTP or RTCP packet */
#define VOXLOCK_DROP_AUTH 2         /* no live key authenticates it; plain RTP: a stranger's */
#define VOXLOCK_DROP_REPLAY 3       /* seen before, or older than the replay window */
#define VOXLOCK_DROP_NOT_READY 4    /* nothing agreed yet, or the bridge's other leg is not ready */
#define VOXLOCK_DROP_PAYLOAD_TYPE 5 /* a payload type that was not agreed */
#define VOXLOCK_DROP_DIRECTION 6    /* held: the agreed direction does not allow it */
#define VOXLOCK_DROP_LATE 7         /* older than what went on already */
#define VOXLOCK_DROP_CODEC 8        /* the payload does not decode */
#define VOXLOCK_DROP_QUEUE 9        /* the event queue was full */
#define VOXLOCK_DROP_SOURCES 10     /* more SSRCs than are tracked */
#define VOXLOCK_DROP_CAUSES 16

typedef struct voxlock_leg_stats {
  uint32_t struct_size;
  uint32_t ssrc_send;
  uint32_t ssrc_recv; /* 0 before the first packet */
  uint32_t reserved;
  uint64_t packets_in; /* authenticated RTP packets */
  uint64_t bytes_in;   /* their payload */
  uint64_t packets_out;
  uint64_t bytes_out;
  uint64_t rtcp_in;
  uint64_t rtcp_out;
  uint64_t lost_in;       /* expected and not received, RFC 3550 A.3 */
  uint64_t duplicates_in; /* RTP packets whose sequence number had come already */
  uint64_t reordered_in;
  uint64_t jitter_in_us; /* interarrival jitter, RFC 3550 A.8 */
  uint64_t rtt_us;       /* UINT64_MAX: not known yet */
  uint64_t peer_lost;    /* what the peer's reports say about us */
  uint64_t peer_jitter_us;
  uint32_t peer_fraction_lost; /* of 256, in the last report */
  uint32_t rekeys;
  uint64_t followed; /* times the peer's address changed by an authenticated packet */
  uint64_t dropped[VOXLOCK_DROP_CAUSES]; /* by VOXLOCK_DROP_* */
  /* Generic NACK. */
  uint64_t nacked_out;    /* packets that the peer was asked for, each time */
  uint64_t recovered_in;  /* of these: came after that */
  uint64_t unrecovered;   /* missing ones that are not waited for any longer */
  uint64_t resent_out;    /* packets sent again because the peer asked */
  uint64_t resend_denied; /* asked for, but gone or sent too often */
  /* Transport-wide feedback. */
  uint64_t feedback_out;       /* messages about the peer's packets */
  uint64_t feedback_in;        /* the peer's messages */
  uint64_t transport_received; /* packets of ours that it says came */
  uint64_t transport_lost;     /* and those it says did not */
  uint64_t transport_queue_us; /* how much longer the last of them was on its way than the quickest
                                  one: what waits in queues between */
  /* Redundant audio: packets with earlier frames in them. */
  uint64_t redundant_in;
  uint64_t redundant_out;
  /* Why RTP packets did not open, as in voxlock_srtp_stats; of the present DTLS association. */
  int32_t fault; /* VOXLOCK_FAULT_* (voxlock/srtp.h) */
  uint32_t fault_ssrc;
  uint32_t fault_rounds;
  uint32_t reserved2;
  uint64_t faults;
  uint64_t recovered;
} voxlock_leg_stats;

/* Event types. */
#define VOXLOCK_EV_TRANSMIT                                           \
  1 /* send arena[offset .. offset+len) to address from the leg's RTP \
       socket (is_rtcp 0) or RTCP socket (1; the RTP one with rtcp_mux) */
#define VOXLOCK_EV_PAYLOAD                                                                         \
  2                        /* a leg alone: the decrypted payload lies in the arena; a frame port:  \
                              the payload for the host's peer (voxlock/port.h). Of a lost packet   \
                              whose frame came along with this one (RFC 2198) there is an event in \
                              front, value 1, with the number it must have had. A peer that        \
                              answered with both laws of G.711 may send either: see payload_type   \
                              (a bridge follows, a relay drops the other one) */
#define VOXLOCK_EV_DIGIT 3 /* the peer pressed a key: digit, duration_ms; once for each press */
#define VOXLOCK_EV_ADDRESS 4    /* an authenticated packet moved the peer to address */
#define VOXLOCK_EV_BYE 5        /* RTCP BYE of the peer's source ssrc */
#define VOXLOCK_EV_TIMEOUT 6    /* no authenticated packet for media_timeout_ms; once per silence */
#define VOXLOCK_EV_SSRC 7       /* the peer's source changed to ssrc */
#define VOXLOCK_EV_OVERFLOW 8   /* value events were lost because the queue was full */
#define VOXLOCK_EV_PROTECTION 9 /* bridge: voxlock_bridge_protection tells something new */
#define VOXLOCK_EV_CONNECTED 10 /* WebRTC: media goes to address from the own address local */
#define VOXLOCK_EV_DISCONNECTED                                 \
  11 /* WebRTC: no check of the peer for consent_ms: nothing is \
        sent until VOXLOCK_EV_CONNECTED */
#define VOXLOCK_EV_SECURED                                              \
  12 /* WebRTC: the handshake is over, and the peer has the certificate \
        that its SDP named: media flows from now on */
#define VOXLOCK_EV_FAILED                                                  \
  13 /* WebRTC: no media from now on. value: minus the status, for example \
        500 for VOXLOCK_ERR_TLS_HANDSHAKE; 0: the peer closed */
#define VOXLOCK_EV_FAULT                                                  \
  14 /* packets of the source ssrc do not open. value: VOXLOCK_FAULT_*    \
        (voxlock/srtp.h); lost: by how many rounds the counters differ;   \
        marker: 1 where they were made equal and the packets open again.  \
        Once for each change; a hint that anybody may have caused who can \
        send to the leg's address */

/* One event. A plain value that never grows: 96 bytes, unused fields 0. */
typedef struct voxlock_media_event {
  uint32_t type; /* VOXLOCK_EV_* */
  uint32_t leg;  /* bridge: 0 or 1 */
  size_t offset; /* of the bytes in the arena */
  size_t len;
  voxlock_address address;
  uint32_t ssrc;
  uint64_t sequence;  /* PAYLOAD: sequence number, extended beyond 16 bits */
  uint32_t timestamp; /* PAYLOAD: of the RTP packet; DIGIT: of the event */
  uint8_t payload_type;
  uint8_t marker;
  uint8_t is_rtcp;
  uint8_t digit; /* ASCII 0..9 * # A..D, 'F' for flash */
  uint32_t duration_ms;
  uint32_t lost; /* PAYLOAD: packets missing right before this one */
  uint64_t value;
  uint32_t local; /* TRANSMIT, CONNECTED: the own address to send from, as in voxlock_datagram */
  uint32_t reserved0;
  uint64_t reserved;
} voxlock_media_event;

typedef struct voxlock_leg voxlock_leg;

/* Fills a config with defaults. rtp_address is left empty and must be set.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_leg_config_init(voxlock_leg_config* config, size_t size);

/* Makes a leg.
 * config: required, borrowed for the call. out: the handle; NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a value outside its range, no address),
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY.
 * @see RFC 8445, section 2.5 (ICE-lite); RFC 5763 (DTLS-SRTP); RFC 8834 */
VOXLOCK_API int32_t voxlock_leg_new(voxlock_context* ctx, const voxlock_leg_config* config,
                                    voxlock_leg** out) VOXLOCK_CHECK;

/* Gives the handle back, wiping its keys; NULL is allowed. A bridge made from the leg goes on. */
VOXLOCK_API void voxlock_leg_free(voxlock_leg* leg);

/* Answers an offer of the peer (first or later).
 * offer: SDP text. sdp, *sdp_len: receives the answer. verdict: may be NULL; struct_size set.
 * An offer that is refused is no error: VOXLOCK_OK, kind VOXLOCK_REFUSED, *sdp_len 0 and the leg as
 * before. Too small a buffer: needed size in *sdp_len and the leg as before; call again. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_BUFFER_TOO_SMALL,
 * VOXLOCK_ERR_WRONG_STATE (an own offer is out: glare, answer 491), VOXLOCK_ERR_NO_MEMORY,
 * VOXLOCK_ERR_ENTROPY.
 * @see RFC 3264; RFC 4568 (keys); RFC 8643 (preferred). */
VOXLOCK_API int32_t voxlock_leg_answer(voxlock_leg* leg, const uint8_t* offer, size_t offer_len,
                                       uint8_t* sdp, size_t* sdp_len, voxlock_verdict* verdict,
                                       uint64_t now_ns) VOXLOCK_CHECK;

/* Makes an offer, first or later. Media goes on as agreed until voxlock_leg_accept_answer.
 * flags: VOXLOCK_OFFER_*. sdp, *sdp_len: receives the offer.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_BUFFER_TOO_SMALL,
 * VOXLOCK_ERR_WRONG_STATE (an offer is out already), VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_leg_offer(voxlock_leg* leg, uint32_t flags, uint8_t* sdp,
                                      size_t* sdp_len, uint64_t now_ns) VOXLOCK_CHECK;

/* Takes the answer to the own offer.
 * Returns as voxlock_leg_answer; VOXLOCK_ERR_WRONG_STATE where no offer is out. A refused answer
 * leaves media as it was and withdraws the offer. */
VOXLOCK_API int32_t voxlock_leg_accept_answer(voxlock_leg* leg, const uint8_t* answer,
                                              size_t answer_len, voxlock_verdict* verdict,
                                              uint64_t now_ns) VOXLOCK_CHECK;

/* Takes another answer to the offer that was answered last: of another branch of a forked call.
 * Media goes to that branch from now on, and what the branches before it send is still opened for
 * rekey_overlap_ms, of three at most. An answer that is refused changes nothing. Returns as
 * voxlock_leg_accept_answer; VOXLOCK_ERR_WRONG_STATE where no offer of ours was answered, a later
 * one of either side was made, or keys come by DTLS; VOXLOCK_ERR_SRTP_KEY_USED where the branch
 * wants a suite that was left already: offer anew.
 * @see RFC 3261, sections 12.1.2 and 13.2.2.4 */
VOXLOCK_API int32_t voxlock_leg_accept_fork(voxlock_leg* leg, const uint8_t* answer,
                                            size_t answer_len, voxlock_verdict* verdict,
                                            uint64_t now_ns) VOXLOCK_CHECK;

/* Withdraws the own offer (the peer refused it, or it was glare). No offer out: nothing to do.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL). */
VOXLOCK_API int32_t voxlock_leg_rollback(voxlock_leg* leg);

/* Tells what was agreed.
 * info: struct_size set by the caller.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_WRONG_STATE (nothing agreed yet). */
VOXLOCK_API int32_t voxlock_leg_media(const voxlock_leg* leg, voxlock_leg_media_info* info);

/* Tells how the signalling reaches the peer from now on, where it is not as in the config any more
 * or its peer has a name: after the connection was made, a re-INVITE over another one, a transfer.
 * The library sees no signalling and believes it; voxlock_bridge_protection passes it on, and
 * VOXLOCK_EV_PROTECTION tells the change. signalling: VOXLOCK_SIGNALLING_*. peer_name: whom TLS
 * verified: the host name that was dialled and that the certificate has, or the subject of a
 * client's certificate. 1..255 printable ASCII characters, copied, only with
 * VOXLOCK_SIGNALLING_VERIFIED; NULL: no name. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT.
 * @see RFC 5922 */
VOXLOCK_API int32_t voxlock_leg_set_signalling(voxlock_leg* leg, int32_t signalling,
                                               const char* peer_name);

/* A leg alone: takes received datagrams; events (PAYLOAD, DIGIT, ...) wait for voxlock_leg_poll. A
 * packet that does not authenticate changes nothing but a drop counter. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT (NULL with a count, a leg index that is not 0),
 * VOXLOCK_ERR_LEG_ATTACHED (a bridge drives this leg), VOXLOCK_ERR_NO_MEMORY (WebRTC: where a
 * handshake ends; datagrams behind that one are lost, the next call or poll tries again).
 * @see RFC 7983 (demultiplexing), RFC 3711, section 3.3 */
VOXLOCK_API int32_t voxlock_leg_input(voxlock_leg* leg, const voxlock_datagram* datagrams,
                                      size_t count, uint64_t now_ns);

/* A leg alone: seals one payload and queues it as VOXLOCK_EV_TRANSMIT.
 * payload: up to 1400 bytes, borrowed. payload_type: as agreed. timestamp: in RTP clock ticks from
 * any start; the random offset of RFC 3550 is added here. marker: 0 or 1. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_WRONG_STATE (nothing agreed), VOXLOCK_ERR_LEG_HELD (the
 * direction, or the peer gave a host name and was not heard yet), VOXLOCK_ERR_LEG_QUEUE_FULL (poll
 * first), VOXLOCK_ERR_LEG_CLOSED, VOXLOCK_ERR_LEG_ATTACHED. */
VOXLOCK_API int32_t voxlock_leg_send(voxlock_leg* leg, uint32_t payload_type,
                                     const uint8_t* payload, size_t len, uint32_t timestamp,
                                     uint32_t marker, uint64_t now_ns);

/* A leg alone: runs timers (RTCP, timeouts) and takes events out, oldest first.
 * events, cap: room for events; *count: how many were written. arena, arena_cap: room for their
 * bytes. An event whose bytes do not fit ends the batch and stays queued. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_LEG_ATTACHED, VOXLOCK_ERR_BUFFER_TOO_SMALL (not even
 * the first event's bytes fit; *count 0; 2048 bytes are always enough). */
VOXLOCK_API int32_t voxlock_leg_poll(voxlock_leg* leg, voxlock_media_event* events, size_t cap,
                                     size_t* count, uint8_t* arena, size_t arena_cap,
                                     uint64_t now_ns);

/* Returns when poll must be called again, UINT64_MAX for never (also for NULL). */
VOXLOCK_API uint64_t voxlock_leg_next_deadline(const voxlock_leg* leg);

/* Ends the media session: an RTCP BYE is queued (poll once more), nothing is sent or accepted
 * after. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_LEG_ATTACHED. */
VOXLOCK_API int32_t voxlock_leg_close(voxlock_leg* leg, uint64_t now_ns);

/* Tells the counters; also while a bridge drives the leg.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_leg_get_stats(const voxlock_leg* leg, voxlock_leg_stats* stats);

#ifdef __cplusplus
}
#endif

#endif
