/* voxlock inside the RTP path of a PBX: SRTP from the trunk comes in, denoised SRTP for the room
 * goes out. The PBX calls on_rtp_from_trunk() for each datagram and sends what it gives. main()
 * plays the PBX for two seconds. usage: pbx_hook [forged]   "forged": no packet is genuine, and the
 * check must fail */
#include <stdio.h>
#include <string.h>
#include <voxlock/voxlock.h>

#define PACKETS 100u
#define SAMPLES 160u /* 20 ms at 8000 Hz */
#define DATAGRAM 1500u

/* Bytes that can be wiped as samples. */
typedef union scratch {
  uint8_t bytes[DATAGRAM];
  int16_t samples[DATAGRAM / 2];
} scratch;

typedef struct hook {
  voxlock_srtp* trunk; /* opens */
  voxlock_srtp* room;  /* seals */
  voxlock_decoder* decoder;
  voxlock_chain* chain;
  voxlock_encoder* encoder;
} hook;

static const uint8_t g_trunk_key[30] = {1, 2, 3}; /* a PBX has these from its signalling */
static const uint8_t g_room_key[30] = {4, 5, 6};

/* Opens, decodes, denoises, encodes, seals. Every return wipes the audio; on an error *out_len is
 * not to be used and the packet is dropped. Sequence number, timestamp and SSRC are kept. */
static int32_t on_rtp_from_trunk(hook* self, const uint8_t* datagram, size_t len, uint8_t* out,
                                 size_t* out_len, uint64_t now_ns) {
  scratch plain;
  scratch payload;
  int16_t pcm[VOXLOCK_MAX_PACKET_SAMPLES];
  size_t plain_len = DATAGRAM;
  size_t payload_len = DATAGRAM;
  size_t samples = VOXLOCK_MAX_PACKET_SAMPLES;
  voxlock_rtp_header header;
  int32_t rc = voxlock_srtp_open(self->trunk, datagram, len, plain.bytes, &plain_len, now_ns);
  if (rc != VOXLOCK_OK)
    return rc; /* forged, replayed: nothing has changed and nothing is to be wiped */
  header.struct_size = sizeof header;
  rc = voxlock_rtp_parse(plain.bytes, plain_len, &header);
  if (rc == VOXLOCK_OK) {
    rc = voxlock_decoder_decode(self->decoder, plain.bytes + header.payload_offset,
                                header.payload_len, pcm, &samples);
  }
  if (rc == VOXLOCK_OK) rc = voxlock_chain_process(self->chain, pcm, samples, pcm, &samples);
  if (rc == VOXLOCK_OK)
    rc = voxlock_encoder_encode(self->encoder, pcm, samples, payload.bytes, &payload_len);
  header.padding_len = 0;
  plain_len = DATAGRAM;
  if (rc == VOXLOCK_OK)
    rc = voxlock_rtp_build(&header, payload.bytes, payload_len, plain.bytes, &plain_len);
  if (rc == VOXLOCK_OK) rc = voxlock_srtp_seal(self->room, plain.bytes, plain_len, out, out_len);
  voxlock_audio_wipe(pcm, VOXLOCK_MAX_PACKET_SAMPLES);
  voxlock_audio_wipe(payload.samples, DATAGRAM / 2);
  voxlock_audio_wipe(plain.samples, DATAGRAM / 2);
  return rc;
}

static int32_t make_srtp(voxlock_context* ctx, const uint8_t* key, int seals, voxlock_srtp** out) {
  voxlock_srtp_config config;
  const int32_t rc = voxlock_srtp_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  if (seals) {
    config.key = key;
    config.key_len = 30;
  } else {
    config.peer_key = key;
    config.peer_key_len = 30;
  }
  return voxlock_srtp_new(ctx, &config, out);
}

static int32_t hook_open(hook* self, voxlock_context* ctx) {
  voxlock_stage denoise;
  voxlock_chain_config config;
  int32_t rc = voxlock_stage_init(&denoise, sizeof denoise, VOXLOCK_STAGE_DENOISE);
  if (rc == VOXLOCK_OK) rc = voxlock_chain_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.stages = &denoise;
  config.stage_count = 1;
  rc = make_srtp(ctx, g_trunk_key, 0, &self->trunk);
  if (rc == VOXLOCK_OK) rc = make_srtp(ctx, g_room_key, 1, &self->room);
  if (rc == VOXLOCK_OK) rc = voxlock_decoder_new(ctx, NULL, &self->decoder); /* NULL: PCMU */
  if (rc == VOXLOCK_OK) rc = voxlock_chain_new(ctx, &config, &self->chain);
  if (rc == VOXLOCK_OK) rc = voxlock_encoder_new(ctx, NULL, &self->encoder);
  return rc;
}

static void hook_close(hook* self) {
  voxlock_srtp_free(self->trunk);
  voxlock_srtp_free(self->room);
  voxlock_decoder_free(self->decoder);
  voxlock_chain_free(self->chain);
  voxlock_encoder_free(self->encoder);
}

/* Even noise, which the denoiser learns to take away. */
static void make_noise(int16_t* pcm, uint32_t* state) {
  size_t i;
  for (i = 0; i < SAMPLES; ++i) {
    *state = *state * 1664525u + 1013904223u;
    pcm[i] = (int16_t)((int32_t)(*state >> 21) - 1024);
  }
}

/* The trunk's end seals noise, the room's end opens the answers and measures them. */
static int play(hook* self, voxlock_srtp* caller, voxlock_srtp* room, voxlock_encoder* encoder,
                voxlock_decoder* decoder, int is_forged) {
  uint32_t noise = 1;
  uint32_t level_in = 0;
  uint32_t level_out = 0;
  uint32_t passed = 0;
  uint32_t n;
  for (n = 0; n < PACKETS; ++n) {
    uint8_t payload[SAMPLES], plain[DATAGRAM], wire[DATAGRAM];
    int16_t pcm[SAMPLES];
    size_t payload_len = sizeof payload, plain_len = sizeof plain, wire_len = sizeof wire,
           samples = SAMPLES;
    voxlock_rtp_header header;
    int32_t rc;
    make_noise(pcm, &noise);
    level_in = voxlock_audio_level(pcm, SAMPLES);
    memset(&header, 0, sizeof header);
    header.struct_size = sizeof header;
    header.sequence = n;
    header.timestamp = n * SAMPLES;
    header.ssrc = 0xcafe;
    rc = voxlock_encoder_encode(encoder, pcm, SAMPLES, payload, &payload_len);
    if (rc == VOXLOCK_OK) rc = voxlock_rtp_build(&header, payload, payload_len, plain, &plain_len);
    if (rc == VOXLOCK_OK) rc = voxlock_srtp_seal(caller, plain, plain_len, wire, &wire_len);
    if (rc != VOXLOCK_OK) break;
    if (is_forged) wire[20] ^= 1;
    plain_len = sizeof plain;
    if (on_rtp_from_trunk(self, wire, wire_len, plain, &plain_len, n * UINT64_C(20000000)) !=
        VOXLOCK_OK)
      continue;
    wire_len = sizeof wire;
    rc = voxlock_srtp_open(room, plain, plain_len, wire, &wire_len, n * UINT64_C(20000000));
    if (rc == VOXLOCK_OK) rc = voxlock_rtp_parse(wire, wire_len, &header);
    if (rc == VOXLOCK_OK) {
      rc = voxlock_decoder_decode(decoder, wire + header.payload_offset, header.payload_len, pcm,
                                  &samples);
    }
    if (rc != VOXLOCK_OK || header.sequence != n) break;
    level_out = voxlock_audio_level(pcm, samples);
    ++passed;
  }
  printf("%u of %u packets passed, noise went from -%u to -%u dBov\n", (unsigned)passed,
         (unsigned)PACKETS, (unsigned)level_in, (unsigned)level_out);
  if (passed == PACKETS && level_out >= level_in + 6) return 0;
  fprintf(stderr, "pbx_hook: the audio did not come through as it should\n");
  return 1;
}

int main(int argc, char** argv) {
  hook self = {NULL, NULL, NULL, NULL, NULL};
  voxlock_context* ctx = NULL;
  voxlock_srtp* caller = NULL;
  voxlock_srtp* room = NULL;
  voxlock_encoder* encoder = NULL;
  voxlock_decoder* decoder = NULL;
  int result = 1;
  int32_t rc = voxlock_context_new(NULL, &ctx);
  if (rc == VOXLOCK_OK) rc = hook_open(&self, ctx);
  if (rc == VOXLOCK_OK) rc = make_srtp(ctx, g_trunk_key, 1, &caller);
  if (rc == VOXLOCK_OK) rc = make_srtp(ctx, g_room_key, 0, &room);
  if (rc == VOXLOCK_OK) rc = voxlock_encoder_new(ctx, NULL, &encoder);
  if (rc == VOXLOCK_OK) rc = voxlock_decoder_new(ctx, NULL, &decoder);
  if (rc == VOXLOCK_OK) {
    result =
        play(&self, caller, room, encoder, decoder, argc > 1 && strcmp(argv[1], "forged") == 0);
  } else {
    fprintf(stderr, "pbx_hook: %s\n", voxlock_strerror(rc));
  }
  voxlock_srtp_free(caller);
  voxlock_srtp_free(room);
  voxlock_encoder_free(encoder);
  voxlock_decoder_free(decoder);
  hook_close(&self);
  voxlock_context_free(ctx);
  return result;
}
