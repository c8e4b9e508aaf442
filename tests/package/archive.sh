#!/usr/bin/env bash
# The installed archive opens no name but ours, and a program that has its own functions by the names of
# the libraries inside links with it and keeps them.
# usage: archive.sh [--debug-build] ARCHIVE EXPORTS_TXT WORK INCLUDE CC [LIBRARY...]
set -euo pipefail

# The constants of a debug build are unique to a process by name ("u"), which no archive can hide.
ignored=none
if [[ $1 == --debug-build ]]; then
  ignored=u
  shift
fi
archive=$1 exports=$2 work=$3 include=$4 cc=$5
shift 5
mkdir -p "$work"
nm -g --defined-only "$archive" | awk -v ignored=$ignored 'NF == 3 && $2 != ignored { print $3 }' | sort >"$work/open.txt"
diff <(sort "$exports") "$work/open.txt" || { echo "the archive's open names are not those of exports.txt"; exit 1; }

cat >"$work/clash.c" <<'TEXT'
#include <stdio.h>
#include <stdlib.h>
#include <voxlock/voxlock.h>
#define OURS(name) void name(void) { abort(); }
OURS(srtp_init) OURS(srtp_protect) OURS(srtp_create) OURS(mbedtls_md_setup) OURS(mbedtls_sha256_starts)
OURS(opus_encoder_create) OURS(opus_encode) OURS(speex_preprocess_run) OURS(speex_preprocess_state_init)
int main(void) {
  static const uint8_t key[30] = {1};
  static const int16_t pcm[160];
  uint8_t packet[64] = {0x80}, sealed[1500];
  size_t len = sizeof sealed;
  voxlock_context *ctx = NULL;
  voxlock_srtp *srtp = NULL;
  voxlock_encoder *encoder = NULL;
  voxlock_srtp_config keys;
  voxlock_codec_config codec;
  int32_t rc = voxlock_context_new(NULL, &ctx);
  if (rc == VOXLOCK_OK) rc = voxlock_srtp_config_init(&keys, sizeof keys);
  if (rc == VOXLOCK_OK) rc = voxlock_codec_config_init(&codec, sizeof codec);
  if (rc != VOXLOCK_OK) return 1;
  keys.key = key;
  keys.key_len = sizeof key;
  codec.codec = VOXLOCK_CODEC_OPUS;
  codec.sample_rate = 8000;
  rc = voxlock_srtp_new(ctx, &keys, &srtp);
  if (rc == VOXLOCK_OK) rc = voxlock_srtp_seal(srtp, packet, sizeof packet, sealed, &len);
  if (rc == VOXLOCK_OK) rc = voxlock_encoder_new(ctx, &codec, &encoder);
  len = sizeof sealed;
  if (rc == VOXLOCK_OK) rc = voxlock_encoder_encode(encoder, pcm, 160, sealed, &len);
  printf("%s\n", voxlock_strerror(rc));
  voxlock_encoder_free(encoder);
  voxlock_srtp_free(srtp);
  voxlock_context_free(ctx);
  return rc != VOXLOCK_OK;
}
TEXT
"$cc" -std=c99 -Wall -Werror "-I$include" "$work/clash.c" -o "$work/clash" "$archive" "$@" -lstdc++ -lm
"$work/clash"
