/* Speech codecs and the processing chain.
 *
 * Every PCM buffer in this header holds int16_t samples in host byte order, one channel (nothing is
 * interleaved), at 8000, 16000 or 48000 Hz. Lengths called samples count samples, len counts bytes.
 * The RTP timestamp runs on a clock of its own: voxlock_codec_rtp_clock.
 *
 * Encoders, decoders and chains allocate when they are made and never afterwards. Their states are
 * overwritten when they are freed. */
#ifndef VOXLOCK_AUDIO_H
#define VOXLOCK_AUDIO_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Codecs. @see RFC 3551, section 4.5.14 (G.711) and 4.5.11 (L16); RFC 6716 and 7587 (Opus) */
#define VOXLOCK_CODEC_PCMU 1u /* G.711 mu-law, 8000 Hz, one byte a sample */
#define VOXLOCK_CODEC_PCMA 2u /* G.711 A-law, 8000 Hz, one byte a sample */
#define VOXLOCK_CODEC_OPUS                                                                         \
  3u                         /* any of the three rates; at 8000 Hz it joins a G.711 call without a \
                                resampler */
#define VOXLOCK_CODEC_L16 4u /* linear samples in network byte order, any of the three rates */

/* No packet lasts longer (RFC 6716, section 2.1.4), so this many samples hold any packet at any
 * rate. */
#define VOXLOCK_MAX_PACKET_SAMPLES 5760u
/* The longest Opus payload an encoder makes: what a packet of any duration has room for. */
#define VOXLOCK_MAX_OPUS_PAYLOAD 1275u

/* Settings of an encoder or a decoder. Those named opus_ are read for VOXLOCK_CODEC_OPUS only, and
 * by encoders only. */
typedef struct voxlock_codec_config {
  uint32_t struct_size;           /* set by voxlock_codec_config_init */
  uint32_t codec;                 /* VOXLOCK_CODEC_*; default VOXLOCK_CODEC_PCMU */
  uint32_t sample_rate;           /* Hz of the PCM; default 8000, which G.711 must have */
  uint32_t opus_bitrate;          /* bit/s, 6000..128000; 0 (default): 28000 for PCM at 8 kHz, else
                                     48000, which at complexity 1 sound as less does at 5 */
  uint32_t opus_complexity;       /* 0 (cheap) .. 10 (best, four times the time of 1); default 1 */
  uint32_t opus_packet_loss_perc; /* 0..100, the loss to prepare for; default 10. FEC costs bits
                                     only above 0 */
  uint32_t opus_fec;              /* 1 (default): every packet repeats the one before, coarser */
  uint32_t opus_dtx;              /* 1: packets of at most 2 bytes in silence; default 0 */
  uint32_t opus_vbr;              /* 1 (default); 0: packets of equal size, for sizes tell about the
                                     words spoken. @see RFC 6562, section 3 */
} voxlock_codec_config;

/* Fills a config with the defaults above.
 * config: the struct; size: sizeof it as the caller was compiled.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_codec_config_init(voxlock_codec_config* config, size_t size);

/* Returns the RTP clock rate in Hz of a codec run at sample_rate: 48000 for Opus whatever the PCM
 * rate (RFC 7587, section 4.1), else sample_rate or the codec's fixed rate; 0 for an unknown codec.
 * A packet of n samples moves the timestamp by n * clock / sample_rate. */
VOXLOCK_API uint32_t voxlock_codec_rtp_clock(uint32_t codec, uint32_t sample_rate);

typedef struct voxlock_encoder voxlock_encoder;
typedef struct voxlock_decoder voxlock_decoder;

/* Makes an encoder.
 * config: NULL for the defaults. out: receives the handle; set to NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (ctx or out NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_AUDIO_CODEC (unknown), VOXLOCK_ERR_AUDIO_RATE (not one of
 * ours, or not this codec's), VOXLOCK_ERR_AUDIO_CODEC_SETTING (an opus_ field outside its range).
 */
VOXLOCK_API int32_t voxlock_encoder_new(voxlock_context* ctx, const voxlock_codec_config* config,
                                        voxlock_encoder** out) VOXLOCK_CHECK;

/* Gives the handle back and overwrites its state; NULL is allowed. */
VOXLOCK_API void voxlock_encoder_free(voxlock_encoder* encoder);

/* Encodes the payload of one packet.
 * pcm, samples: mono at the config's sample_rate; 1 sample to 120 ms, for Opus 2.5, 5, 10, 20, 40,
 * 60, 80, 100 or 120 ms. payload, *len: buffer and capacity in, length out. Room is needed for
 * samples bytes (G.711), twice as many (L16) or VOXLOCK_MAX_OPUS_PAYLOAD (Opus, whose packets then
 * vary); must not overlap pcm. With opus_dtx a payload of at most 2 bytes need not be sent. Returns
 * VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (a NULL), VOXLOCK_ERR_AUDIO_FRAME_SIZE,
 * VOXLOCK_ERR_BUFFER_TOO_SMALL (*len tells the room needed; nothing was encoded). */
VOXLOCK_API int32_t voxlock_encoder_encode(voxlock_encoder* encoder, const int16_t* pcm,
                                           size_t samples, uint8_t* payload,
                                           size_t* len) VOXLOCK_CHECK;

/* Changes the opus_ settings between two packets, for example opus_packet_loss_perc by what RTCP
 * reports. The config's codec and sample_rate must be the encoder's.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (a NULL), VOXLOCK_ERR_STRUCT_SIZE,
 * VOXLOCK_ERR_WRONG_STATE (another codec or rate, or not Opus), VOXLOCK_ERR_AUDIO_CODEC_SETTING. */
VOXLOCK_API int32_t voxlock_encoder_configure(voxlock_encoder* encoder,
                                              const voxlock_codec_config* config);

/* Makes a decoder. Arguments and statuses as for voxlock_encoder_new. */
VOXLOCK_API int32_t voxlock_decoder_new(voxlock_context* ctx, const voxlock_codec_config* config,
                                        voxlock_decoder** out) VOXLOCK_CHECK;

/* Gives the handle back and overwrites its state; NULL is allowed. */
VOXLOCK_API void voxlock_decoder_free(voxlock_decoder* decoder);

/* Decodes the payload of one packet of any legal duration.
 * payload, len: as received. An Opus DTX packet gives comfort noise; len 0 gives silence as long as
 * the packet before (20 ms at first). Neither is a loss. pcm, *samples: buffer and capacity in,
 * samples written out; VOXLOCK_MAX_PACKET_SAMPLES always suffice. Mono at the config's sample_rate.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (a NULL), VOXLOCK_ERR_AUDIO_PAYLOAD (malformed:
 * treat it as lost), VOXLOCK_ERR_BUFFER_TOO_SMALL (*samples tells the room needed; decode it
 * again). */
VOXLOCK_API int32_t voxlock_decoder_decode(voxlock_decoder* decoder, const uint8_t* payload,
                                           size_t len, int16_t* pcm, size_t* samples) VOXLOCK_CHECK;

/* Fills in for one lost packet. Opus takes its redundant copy from the next packet or extends what
 * it heard; other codecs fade out over 60 ms and in again over 5 ms. next, next_len: the payload
 * after the gap where it is here already, else NULL and 0; it is not used up, decode it afterwards.
 * pcm, samples: mono at the config's sample_rate; as long as the lost packet was: up to 120 ms, for
 * Opus in steps of 2.5 ms. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (a NULL),
 * VOXLOCK_ERR_AUDIO_FRAME_SIZE. */
VOXLOCK_API int32_t voxlock_decoder_conceal(voxlock_decoder* decoder, const uint8_t* next,
                                            size_t next_len, int16_t* pcm,
                                            size_t samples) VOXLOCK_CHECK;

typedef struct voxlock_decoder_stats {
  uint32_t struct_size;       /* sizeof(voxlock_decoder_stats), set by the caller */
  uint32_t last_samples;      /* of the last packet, 20 ms before the first */
  uint64_t packets;           /* decoded, silent ones included */
  uint64_t silent_packets;    /* DTX or empty */
  uint64_t malformed_packets; /* refused with VOXLOCK_ERR_AUDIO_PAYLOAD */
  uint64_t concealed_frames;  /* made by voxlock_decoder_conceal */
  uint64_t fec_frames;        /* of these, those that the next packet's redundant copy gave */
} voxlock_decoder_stats;

/* Reads the counters.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (a NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_decoder_get_stats(const voxlock_decoder* decoder,
                                              voxlock_decoder_stats* stats);

/* A processor of the host's, for example a vendor's denoiser: a leaf callback that must not call
 * voxlock. user: as configured. in: samples to read; out: room for as many, which do not overlap
 * in. Both mono at the configured rate and valid for the call only. samples: always the configured
 * frame_samples. Returns 0, or anything else for a failure: the frame then passes unchanged and is
 * counted. */
typedef int32_t (*voxlock_audio_process_fn)(void* user, const int16_t* in, int16_t* out,
                                            size_t samples);

/* Kinds of stages, and the fields of voxlock_stage each reads. */
#define VOXLOCK_STAGE_GAIN 1u     /* gain_cdb */
#define VOXLOCK_STAGE_DENOISE 2u  /* attenuation_db, frame_ms */
#define VOXLOCK_STAGE_RESAMPLE 3u /* out_rate, quality */
#define VOXLOCK_STAGE_HOST 4u     /* process, user, sample_rate, frame_samples, latency_samples */

typedef struct voxlock_stage {
  uint32_t struct_size;    /* set by voxlock_stage_init */
  uint32_t kind;           /* VOXLOCK_STAGE_* */
  int32_t gain_cdb;        /* hundredths of a decibel, -6000..3000; default 0. Saturates */
  uint32_t attenuation_db; /* the denoiser takes away at most so much, 1..45; default 15 */
  uint32_t frame_ms;       /* of the denoiser, 10 (default) or 20; also its delay */
  uint32_t out_rate;       /* Hz after the resampler: 8000, 16000 or 48000 (default) */
  uint32_t quality;        /* of the resampler, 0..10; default 3 */
  uint32_t
      sample_rate; /* Hz the host's processor works at: the chain's at this place; put resample
                      stages around a processor that wants another. Default 0, which is refused */
  uint32_t
      frame_samples; /* of every call of process: 1 sample to 120 ms; default 0, which is refused */
  uint32_t latency_samples;         /* delay of the host's processor, up to 1 s; default 0 */
  voxlock_audio_process_fn process; /* must not be NULL for VOXLOCK_STAGE_HOST */
  void* user;                       /* handed to process, may be NULL */
} voxlock_stage;

/* Fills a stage with its kind and the defaults above.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_stage_init(voxlock_stage* stage, size_t size, uint32_t kind);

typedef struct voxlock_chain_config {
  uint32_t struct_size;   /* set by voxlock_chain_config_init */
  uint32_t sample_rate;   /* Hz of the input; default 8000 */
  uint32_t block_samples; /* every voxlock_chain_process call gives a multiple of so many samples;
                             0 (default): 10 ms; at most 120 ms. A stage whose frame is no divisor
                             of it waits for its frame to fill and so adds delay */
  uint32_t stage_count;   /* of stages, 0..16; default 0: audio passes unchanged */
  const voxlock_stage*
      stages; /* in order, all of one struct_size; copied. NULL with stage_count 0 */
} voxlock_chain_config;

/* Fills a config with the defaults above.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_chain_config_init(voxlock_chain_config* config, size_t size);

typedef struct voxlock_chain voxlock_chain;

/* Makes a chain.
 * config: NULL for the defaults. out: receives the handle; set to NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (ctx or out NULL, stages NULL with a count),
 * VOXLOCK_ERR_STRUCT_SIZE (of the config or a stage, or stages that differ in it),
 * VOXLOCK_ERR_NO_MEMORY, VOXLOCK_ERR_AUDIO_RATE, VOXLOCK_ERR_AUDIO_BLOCK (too long, or not a whole
 * number of samples after a resampler), VOXLOCK_ERR_AUDIO_STAGE_COUNT,
 * VOXLOCK_ERR_AUDIO_STAGE_KIND, VOXLOCK_ERR_AUDIO_GAIN, VOXLOCK_ERR_AUDIO_ATTENUATION,
 * VOXLOCK_ERR_AUDIO_STAGE_FRAME (frame_ms or frame_samples), VOXLOCK_ERR_AUDIO_RESAMPLE_RATE,
 * VOXLOCK_ERR_AUDIO_RESAMPLE_QUALITY, VOXLOCK_ERR_AUDIO_PROCESSOR (process is NULL),
 * VOXLOCK_ERR_AUDIO_PROCESSOR_RATE, VOXLOCK_ERR_AUDIO_PROCESSOR_LATENCY. */
VOXLOCK_API int32_t voxlock_chain_new(voxlock_context* ctx, const voxlock_chain_config* config,
                                      voxlock_chain** out) VOXLOCK_CHECK;

/* Gives the handle back and overwrites the audio it held; NULL is allowed. */
VOXLOCK_API void voxlock_chain_free(voxlock_chain* chain);

/* Runs audio through the stages. No stage can fail: one that cannot work passes audio and counts
 * it. in, in_samples: a multiple of block_samples, mono at the config's sample_rate; 0 is allowed.
 * out, *out_samples: buffer and capacity in, samples written out: in_samples times the output rate
 * over the input rate. out == in is allowed where the output rate is not higher; otherwise they
 * must not overlap. Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (a NULL),
 * VOXLOCK_ERR_AUDIO_FRAME_SIZE (no multiple), VOXLOCK_ERR_BUFFER_TOO_SMALL (*out_samples tells the
 * room needed), VOXLOCK_ERR_AUDIO_OVERLAP. On error neither chain nor out has changed. */
VOXLOCK_API int32_t voxlock_chain_process(voxlock_chain* chain, const int16_t* in,
                                          size_t in_samples, int16_t* out,
                                          size_t* out_samples) VOXLOCK_CHECK;

/* Tells the delay of the whole chain and its output rate; both fixed when it was made.
 * out_rate: Hz of the output, or NULL. Returns the delay in samples at that rate, rounded up; 0
 * where chain is NULL. */
VOXLOCK_API uint32_t voxlock_chain_latency(const voxlock_chain* chain, uint32_t* out_rate);

typedef struct voxlock_stage_stats {
  uint32_t struct_size;     /* sizeof(voxlock_stage_stats), set by the caller */
  uint32_t kind;            /* VOXLOCK_STAGE_* */
  uint64_t samples;         /* that reached the stage */
  uint64_t frames;          /* it processed: of its own frame size, or blocks where it has none */
  uint64_t bypassed_frames; /* that passed unchanged because it failed */
  uint32_t latency_samples; /* of this stage at its output rate, waiting for full frames included */
  uint32_t reserved;        /* 0 */
} voxlock_stage_stats;

/* Reads the counters of one stage.
 * index: its place in the config's array, from 0.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (a NULL), VOXLOCK_ERR_NOT_FOUND (no such stage:
 * also how to end a loop), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_chain_stage_stats(const voxlock_chain* chain, uint32_t index,
                                              voxlock_stage_stats* stats);

/* Returns the level of a frame in -dBov: 0 (as loud as full scale allows) to 127 (silence; also for
 * an empty or NULL frame). pcm, samples: mono at any rate. @see RFC 6464, section 3 */
VOXLOCK_API uint32_t voxlock_audio_level(const int16_t* pcm, size_t samples);

/* Overwrites a buffer in a way no compiler removes: for the host's own copies of audio, when it is
 * done with them. NULL is allowed. */
VOXLOCK_API void voxlock_audio_wipe(int16_t* pcm, size_t samples);

#ifdef __cplusplus
}
#endif

#endif
