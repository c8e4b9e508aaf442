/* The part of baresip 1.0 and 1.1 that an audio filter meets, for systems that package libre's
 * headers and none of baresip, as Debian 12 and 13 do. Where baresip's own header is installed,
 * that one is taken. */
#ifndef EXAMPLES_PBX_BARESIP_BARESIP_H
#define EXAMPLES_PBX_BARESIP_BARESIP_H

#include <re.h>

struct audio;
struct aufilt;

/* PCM on its way: sampc samples of all channels in a format, 0 for 16 bit in host order. */
struct auframe {
  int fmt;
  void* sampv;
  size_t sampc;
  uint64_t timestamp;
};

struct aufilt_prm {
  uint32_t srate; /* Hz */
  uint8_t ch;
  int fmt;
};

/* What a filter keeps for one direction of a call begins with one of these. */
struct aufilt_enc_st {
  const struct aufilt* af;
  struct le le;
};

struct aufilt_dec_st {
  const struct aufilt* af;
  struct le le;
};

/* enc: from the microphone to the peer, dec: from the peer to the speaker. */
struct aufilt {
  struct le le;
  const char* name;
  int (*encupdh)(struct aufilt_enc_st** st, void** ctx, const struct aufilt* af,
                 struct aufilt_prm* prm, const struct audio* au);
  int (*ench)(struct aufilt_enc_st* st, struct auframe* frame);
  int (*decupdh)(struct aufilt_dec_st** st, void** ctx, const struct aufilt* af,
                 struct aufilt_prm* prm, const struct audio* au);
  int (*dech)(struct aufilt_dec_st* st, struct auframe* frame);
};

void aufilt_register(struct list* filters, struct aufilt* af);
void aufilt_unregister(struct aufilt* af);
struct list* baresip_aufiltl(void);

void info(const char* format, ...);
void warning(const char* format, ...);

#endif
