/* RTP and RTCP on the wire: parse, build, tell apart; telephone events (DTMF). Stateless functions.
 */
#ifndef VOXLOCK_RTP_H
#define VOXLOCK_RTP_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/export.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a datagram is, by its first bytes. */
#define VOXLOCK_DATAGRAM_UNKNOWN 0
#define VOXLOCK_DATAGRAM_STUN 1
#define VOXLOCK_DATAGRAM_ZRTP 2
#define VOXLOCK_DATAGRAM_DTLS 3
#define VOXLOCK_DATAGRAM_TURN_CHANNEL 4
#define VOXLOCK_DATAGRAM_RTP 5  /* plain or sealed */
#define VOXLOCK_DATAGRAM_RTCP 6 /* plain or sealed */

/* Tells protocols apart that share one transport address. Nothing but the first two bytes is read.
 * datagram: len bytes, NULL allowed with len 0.
 * Returns one of VOXLOCK_DATAGRAM_*; VOXLOCK_DATAGRAM_UNKNOWN for less than two bytes.
 * @see RFC 7983, section 7; RFC 5761, section 4 */
VOXLOCK_API int32_t voxlock_rtp_classify(const uint8_t* datagram, size_t len);

/* An RTP packet taken apart. Offsets count bytes from the start of the packet. */
typedef struct voxlock_rtp_header {
  uint32_t struct_size;  /* sizeof(voxlock_rtp_header), set by the caller */
  uint32_t payload_type; /* 0..127 */
  uint32_t marker;       /* 0 or 1 */
  uint32_t sequence;     /* 0..65535 */
  uint32_t timestamp;    /* in units of the payload's RTP clock */
  uint32_t ssrc;
  uint32_t padding_len;       /* bytes behind the payload, the count byte included; 0..255 */
  uint32_t csrc_count;        /* 0..15, four bytes each from offset 12 on; parse only */
  uint32_t extension_profile; /* 0 without an extension; parse only */
  uint32_t extension_offset;  /* of the extension's words, behind its 4-byte head; parse only */
  uint32_t extension_len;     /* bytes; parse only */
  uint32_t payload_offset;    /* parse only */
  uint32_t payload_len;       /* bytes; parse only */
  uint32_t reserved;          /* 0 */
} voxlock_rtp_header;

/* Takes a plain RTP packet apart.
 * packet: len bytes, at most UINT32_MAX. header: struct_size set; the rest is filled in.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, and for a packet to
 * drop VOXLOCK_ERR_TRUNCATED, VOXLOCK_ERR_RTP_VERSION, VOXLOCK_ERR_RTP_PADDING.
 * @see RFC 3550, section 5.1 */
VOXLOCK_API int32_t voxlock_rtp_parse(const uint8_t* packet, size_t len,
                                      voxlock_rtp_header* header) VOXLOCK_CHECK;

/* Builds an RTP packet without CSRCs and extension.
 * header: payload_type, marker, sequence, timestamp, ssrc and padding_len are used, the others are
 * ignored. payload: payload_len bytes, NULL allowed with 0. out, *len: buffer and capacity; on
 * return the packet's length, 12 + payload_len + padding_len. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a field out of its range), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells the needed size). */
VOXLOCK_API int32_t voxlock_rtp_build(const voxlock_rtp_header* header, const uint8_t* payload,
                                      size_t payload_len, uint8_t* out, size_t* len) VOXLOCK_CHECK;

/* Finds a header extension element, in the one-byte or the two-byte form.
 * packet: len bytes of a plain or sealed RTP packet. id: 1..255. offset, element_len: receive where
 * the element's data lies in the packet, and its length, 0..255. Returns VOXLOCK_OK,
 * VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_NOT_FOUND, VOXLOCK_ERR_TRUNCATED,
 * VOXLOCK_ERR_RTP_VERSION.
 * @see RFC 8285, section 4 */
VOXLOCK_API int32_t voxlock_rtp_extension(const uint8_t* packet, size_t len, uint32_t id,
                                          size_t* offset, size_t* element_len) VOXLOCK_CHECK;

/* A report block: what a receiver says about one source. */
typedef struct voxlock_rtcp_block {
  uint32_t struct_size;      /* sizeof(voxlock_rtcp_block), set by the caller */
  uint32_t ssrc;             /* the source */
  uint32_t fraction_lost;    /* since the last report, in 1/256; 0..255 */
  int32_t cumulative_lost;   /* packets; negative where duplicates arrived; clamped to 24 bits */
  uint32_t extended_highest; /* wraps * 65536 + highest sequence number */
  uint32_t jitter;           /* in units of the RTP clock */
  uint32_t last_sr;          /* middle 32 bits of the last SR's NTP time; 0: none came */
  uint32_t delay_since_sr;   /* in 1/65536 s */
} voxlock_rtcp_block;

/* The first report of an RTCP compound. */
typedef struct voxlock_rtcp_report {
  uint32_t struct_size;   /* sizeof(voxlock_rtcp_report), set by the caller */
  uint32_t ssrc;          /* who reports */
  uint64_t ntp;           /* seconds since 1900 in 32.32 fixed point; SR only */
  uint32_t is_sender;     /* 1: SR, 0: RR */
  uint32_t rtp_timestamp; /* SR only */
  uint32_t packets;       /* sent so far, SR only */
  uint32_t octets;        /* of payload sent so far, SR only */
  uint32_t block_count;   /* 0..31; parse only */
  uint32_t is_bye;        /* 1: a BYE is in the compound */
} voxlock_rtcp_report;

/* Checks a plain RTCP compound and reads its first report.
 * datagram: len bytes. report: struct_size set; the rest is filled in, zeros where a reduced-size
 * compound has no report.
 * is_reduced_size: 1 accepts any first packet (agreed by "rtcp-rsize"), 0 wants a report first.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, and for a datagram to
 * drop VOXLOCK_ERR_TRUNCATED, VOXLOCK_ERR_RTP_VERSION, VOXLOCK_ERR_RTP_PADDING,
 * VOXLOCK_ERR_RTCP_COMPOUND.
 * @see RFC 3550, sections 6.4 and A.2; RFC 5506 */
VOXLOCK_API int32_t voxlock_rtcp_parse(const uint8_t* datagram, size_t len, int32_t is_reduced_size,
                                       voxlock_rtcp_report* report) VOXLOCK_CHECK;

/* Reads one block of the compound's first report.
 * index: 0 .. block_count - 1. block: struct_size set; the rest is filled in.
 * Returns what voxlock_rtcp_parse returns, and VOXLOCK_ERR_NOT_FOUND for an index too high. */
VOXLOCK_API int32_t voxlock_rtcp_get_block(const uint8_t* datagram, size_t len, uint32_t index,
                                           voxlock_rtcp_block* block) VOXLOCK_CHECK;

/* Builds a compound: SR or RR with at most one block, SDES with the CNAME, and a BYE where is_bye
 * is 1. block: NULL for none. cname: UTF-8, at most 255 bytes, not NULL. out, *len: buffer and
 * capacity; on return the length. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT,
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells the needed size).
 * @see RFC 3550, section 6.1 */
VOXLOCK_API int32_t voxlock_rtcp_build(const voxlock_rtcp_report* report,
                                       const voxlock_rtcp_block* block, const char* cname,
                                       uint8_t* out, size_t* len) VOXLOCK_CHECK;

/* A telephone event. Packets with the same RTP timestamp and code are one event; its end comes in
 * several copies. */
typedef struct voxlock_dtmf_event {
  uint32_t struct_size; /* sizeof(voxlock_dtmf_event), set by the caller */
  uint32_t code;        /* 0..255; 0..9, 10 '*', 11 '#', 12..15 'A'..'D' */
  uint32_t is_end;      /* 0 or 1 */
  uint32_t volume;      /* 0..63, power in -dBm0 */
  uint32_t duration;    /* 0..65535, in units of the RTP clock, from the packet's timestamp on */
  uint32_t digit;       /* ASCII, 0 for an event that is no DTMF digit; parse only */
} voxlock_dtmf_event;

/* Reads the payload of a telephone-event packet.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT, VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_TRUNCATED.
 * @see RFC 4733, section 2.3 */
VOXLOCK_API int32_t voxlock_dtmf_parse(const uint8_t* payload, size_t len,
                                       voxlock_dtmf_event* event) VOXLOCK_CHECK;

/* Writes the payload of a telephone-event packet: 4 bytes.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a field out of its range),
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells 4). */
VOXLOCK_API int32_t voxlock_dtmf_build(const voxlock_dtmf_event* event, uint8_t* out,
                                       size_t* len) VOXLOCK_CHECK;

#ifdef __cplusplus
}
#endif

#endif
