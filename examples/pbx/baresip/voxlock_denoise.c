/* The library's denoiser in a softphone: an audio filter of baresip for both directions of a call.
 * In baresip's configuration: module voxlock_denoise.so
 *
 * PCM of one channel at 8, 16 or 48 kHz in 16 bit; calls of other formats go on without it. */
#include <re.h>
/* Behind re.h, whose types it uses. */
#include <baresip.h>
#include <errno.h>
#include <voxlock/voxlock.h>

#define S16 0

/* A direction of a call; baresip owns it, and calls gone() when it gives it back. */
struct microphone {
  struct aufilt_enc_st base;
  voxlock_chain* chain;
};

struct speaker {
  struct aufilt_dec_st base;
  voxlock_chain* chain;
};

static voxlock_context* g_context; /* made and freed with the module */

static int open_chain(voxlock_chain** chain, const struct aufilt_prm* prm) {
  voxlock_stage denoise;
  voxlock_chain_config config;
  int32_t rc = voxlock_stage_init(&denoise, sizeof denoise, VOXLOCK_STAGE_DENOISE);
  if (rc == VOXLOCK_OK) rc = voxlock_chain_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK || prm->ch != 1 || prm->fmt != S16) return ENOTSUP;
  config.sample_rate = prm->srate;
  config.stages = &denoise;
  config.stage_count = 1;
  rc = voxlock_chain_new(g_context, &config, chain);
  if (rc != VOXLOCK_OK) warning("voxlock_denoise: %s\n", voxlock_strerror(rc));
  return rc == VOXLOCK_OK ? 0 : ENOTSUP;
}

/* A frame that the chain does not take passes as it is. */
static int denoise(voxlock_chain* chain, const struct auframe* frame) {
  size_t samples = frame->sampc;
  int32_t rc = VOXLOCK_OK;
  if (frame->fmt == S16 && frame->sampc != 0)
    rc = voxlock_chain_process(chain, frame->sampv, frame->sampc, frame->sampv, &samples);
  (void)rc;
  return 0;
}

static void microphone_gone(void* data) {
  struct microphone* self = data;
  list_unlink(&self->base.le);
  voxlock_chain_free(self->chain);
}

static int microphone_new(struct aufilt_enc_st** st, void** ctx, const struct aufilt* af,
                          struct aufilt_prm* prm, const struct audio* au) {
  struct microphone* self = mem_zalloc(sizeof *self, microphone_gone);
  int err;
  (void)ctx;
  (void)af;
  (void)au;
  if (self == NULL) return ENOMEM;
  err = open_chain(&self->chain, prm);
  if (err != 0) (void)mem_deref(self);
  if (err == 0) *st = &self->base;
  return err;
}

static int microphone_frame(struct aufilt_enc_st* st, struct auframe* frame) {
  return denoise(((struct microphone*)st)->chain, frame);
}

static void speaker_gone(void* data) {
  struct speaker* self = data;
  list_unlink(&self->base.le);
  voxlock_chain_free(self->chain);
}

static int speaker_new(struct aufilt_dec_st** st, void** ctx, const struct aufilt* af,
                       struct aufilt_prm* prm, const struct audio* au) {
  struct speaker* self = mem_zalloc(sizeof *self, speaker_gone);
  int err;
  (void)ctx;
  (void)af;
  (void)au;
  if (self == NULL) return ENOMEM;
  err = open_chain(&self->chain, prm);
  if (err != 0) (void)mem_deref(self);
  if (err == 0) *st = &self->base;
  return err;
}

static int speaker_frame(struct aufilt_dec_st* st, struct auframe* frame) {
  return denoise(((struct speaker*)st)->chain, frame);
}

static struct aufilt g_filter = {.name = "voxlock_denoise",
                                 .encupdh = microphone_new,
                                 .ench = microphone_frame,
                                 .decupdh = speaker_new,
                                 .dech = speaker_frame};

static int module_open(void) {
  const int32_t rc = voxlock_context_new(NULL, &g_context);
  if (rc != VOXLOCK_OK) return ENOMEM;
  aufilt_register(baresip_aufiltl(), &g_filter);
  info("voxlock_denoise: voxlock %s\n", voxlock_version_string());
  return 0;
}

static int module_close(void) {
  aufilt_unregister(&g_filter);
  voxlock_context_free(g_context);
  g_context = NULL;
  return 0;
}

/* What baresip looks for in a module. */
extern const struct mod_export exports __attribute__((visibility("default")));
const struct mod_export exports = {"voxlock_denoise", "filter", module_open, module_close};
