/* What sockets that carry a call's PCM have in common: the UUID that stands for the call, and the
 * order of bytes. */
#ifndef EXAMPLES_PBX_PCM_SOCKET_H
#define EXAMPLES_PBX_PCM_SOCKET_H

#include "media.h"

/* 32 hexadecimal digits, with or without dashes. */
static int read_uuid(const char* text, uint8_t uuid[16]) {
  size_t n = 0;
  unsigned byte;
  while (*text != 0 && n < 16) {
    if (*text == '-' && text++) continue;
    if (sscanf(text, "%2x", &byte) != 1 || text[1] == 0) return 0;
    uuid[n++] = (uint8_t)byte;
    text += 2;
  }
  return n == 16 && *text == 0;
}

/* In a time that does not tell how much of it is right: whoever knows it gets the call. */
static int is_same_uuid(const uint8_t a[16], const uint8_t b[16]) {
  uint8_t difference = 0;
  size_t i;
  for (i = 0; i < 16; ++i) difference |= a[i] ^ b[i];
  return difference == 0;
}

/* PCM lies in a payload with the high byte first (RFC 3551, section 4.5.11), on the socket last. */
static void swap_bytes(uint8_t* pcm, size_t len) {
  size_t i;
  for (i = 0; i + 1 < len; i += 2) {
    const uint8_t byte = pcm[i];
    pcm[i] = pcm[i + 1];
    pcm[i + 1] = byte;
  }
}

/* Hands PCM as it came from the socket to the bridge. */
static int32_t put_pcm(media* self, uint32_t* timestamp, uint8_t* data, size_t len) {
  voxlock_port_frame frame = {
      .data = data, .len = len, .timestamp = *timestamp, .payload_type = 96};
  if (len % 2 != 0) return VOXLOCK_OK;
  swap_bytes(data, len);
  *timestamp += (uint32_t)len / 2;
  return voxlock_port_put(self->bridge, PBX, &frame, 1, now_ns());
}

#endif
