/* A frame port: a leg whose transport is the host's own. The host has a WebRTC stack, a PBX or an
 * agent at the other end, with the keys that belong to it; voxlock does no cryptography on this
 * hop. A port works in a bridge (voxlock/bridge.h), as its first or second leg, and nowhere else.
 *
 * With VOXLOCK_PORT_FRAMES encoded frames go in by voxlock_port_put and come out as
 * VOXLOCK_EV_PAYLOAD: PCM where the codec is VOXLOCK_CODEC_L16. With VOXLOCK_PORT_RTP whole packets
 * of plain RTP go in by voxlock_bridge_input and come out as VOXLOCK_EV_TRANSMIT, their address
 * empty. Both wait in the clear for voxlock_bridge_poll, and are wiped when they leave.
 *
 * A port has no SDP, no RTCP and no silence timeout: voxlock_leg_offer, _answer, _accept_answer,
 * _input and _send give VOXLOCK_ERR_WRONG_STATE for it. */
#ifndef VOXLOCK_PORT_H
#define VOXLOCK_PORT_H

#include "voxlock/bridge.h"
#include "voxlock/leg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* format */
#define VOXLOCK_PORT_FRAMES 0 /* payloads */
#define VOXLOCK_PORT_RTP 1    /* packets of plain RTP */

#define VOXLOCK_PORT_TYPE_DEFAULT 255u
#define VOXLOCK_MAX_FRAME 2036u /* bytes of a frame */

typedef struct voxlock_port_config {
  uint32_t struct_size;  /* set by voxlock_port_config_init */
  uint32_t format;       /* VOXLOCK_PORT_*; default frames */
  uint32_t codec;        /* VOXLOCK_CODEC_*, both ways; default OPUS */
  uint32_t sample_rate;  /* Hz, L16: 8000, 16000 or 48000; 0 (default): what the codec has, 16000
                            for L16. The timestamps count on voxlock_codec_rtp_clock */
  uint32_t ptime_ms;     /* of what comes out, 10..60 in steps of 10; default 20. Going in, any
                            packet time will do */
  uint32_t payload_type; /* 0..127, both ways; VOXLOCK_PORT_TYPE_DEFAULT (default): 0 for PCMU, 8
                            for PCMA, 111 for Opus, 96 for L16. Not 64..95 with VOXLOCK_PORT_RTP */
  uint32_t event_type;   /* payload type of telephone-event (RFC 4733), on the codec's clock;
                            VOXLOCK_PORT_TYPE_DEFAULT (default): none goes in or out. Digits of
                            the other leg are told as VOXLOCK_EV_DIGIT anyway */
  int32_t host_protects; /* 1: the host says that it encrypts this hop. It decides about the scope
                            of voxlock_bridge_protection, which says VOXLOCK_TRANSPORT_HOST in any
                            case; default 0 */
  int32_t signalling;    /* VOXLOCK_SIGNALLING_*; default unknown */
  uint32_t opus_bitrate; /* as of voxlock_leg_config, of what comes out */
  uint32_t opus_complexity;
  int32_t opus_fec;
  int32_t opus_dtx;
  uint32_t queue_bytes; /* room for what waits for poll, 4096..1048576; default 32768 */
} voxlock_port_config;

/* A frame that goes in. A plain value that never grows. */
typedef struct voxlock_port_frame {
  const uint8_t* data;   /* borrowed for the call */
  size_t len;            /* bytes, up to VOXLOCK_MAX_FRAME */
  uint32_t timestamp;    /* of its first sample, in ticks of the RTP clock from any start; a step is
                            a pause */
  uint32_t lost;         /* frames known to be missing right before it, which are concealed */
  uint32_t payload_type; /* as configured, or event_type */
  uint32_t marker;       /* 1: the first of a talk spurt; else 0 */
} voxlock_port_frame;

/* Fills a config with defaults.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_port_config_init(voxlock_port_config* config, size_t size);

/* Makes a port, to be given to voxlock_bridge_new and back by voxlock_leg_free. Its format is
 * fixed; for another codec make another port and bridge. config: NULL for defaults. out: the
 * handle; NULL on failure. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL, a value outside
 * its range), VOXLOCK_ERR_AUDIO_RATE (a rate that the codec does not have),
 * VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_ENTROPY. */
VOXLOCK_API int32_t voxlock_port_new(voxlock_context* ctx, const voxlock_port_config* config,
                                     voxlock_leg** out) VOXLOCK_CHECK;

/* Takes frames from the host's peer, oldest first. Each is decoded, processed, sealed for the other
 * leg and queued before the call returns; its plaintext is wiped by then.
 * leg: 0 or 1, the bridge's leg that is the port. A frame that a packet would be dropped for (its
 * payload type, its codec, a bridge that is not ready) counts there.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL with a count, a leg above 1, a frame out
 * of its ranges; nothing was taken), VOXLOCK_ERR_WRONG_STATE (that leg is no port of frames),
 * VOXLOCK_ERR_NO_MEMORY (nothing was taken). */
VOXLOCK_API int32_t voxlock_port_put(voxlock_bridge* bridge, uint32_t leg,
                                     const voxlock_port_frame* frames, size_t count,
                                     uint64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif
