/* External media for a PBX by AudioSocket (Asterisk): the PBX keeps the call and its dialplan and
 * hands 8 kHz PCM to a TCP socket on this machine; here it is denoised and sealed with SRTP for a
 * peer, and back. usage: pbx_audiosocket UUID
 *
 * The first line on stdout is what the dialplan wants, AudioSocket(UUID,127.0.0.1:PORT); the SDP
 * comes then, see media.h. The socket is plain: it is bound to the loopback, takes one PBX, and
 * nothing but the UUID before that. */
#define _POSIX_C_SOURCE 200809L
#include "media.h"

#define KIND_HANGUP 0x00
#define KIND_UUID 0x01
#define KIND_DIGIT 0x03
#define KIND_AUDIO 0x10 /* signed 16 bit, little endian, 8 kHz, mono */
#define HEAD 3u         /* kind, and the length in network order */

typedef struct host {
  media media;
  int pbx;
  buffer in; /* a frame of the PBX, as far as it has come */
  size_t in_len;
  uint32_t timestamp;
  uint8_t uuid[16]; /* of the call that is expected */
  int is_known;     /* the PBX has told it */
  int is_over;
} host;

/* PCM lies in a payload with the high byte first (RFC 3551, section 4.5.11), on the socket last. */
static void swap_bytes(uint8_t* pcm, size_t len) {
  size_t i;
  for (i = 0; i + 1 < len; i += 2) {
    const uint8_t byte = pcm[i];
    pcm[i] = pcm[i + 1];
    pcm[i + 1] = byte;
  }
}

static void write_frame(host* self, uint8_t kind, const uint8_t* data, size_t len) {
  buffer frame = {{kind, (uint8_t)(len >> 8), (uint8_t)len}};
  ssize_t done;
  if (len > sizeof frame - HEAD) return;
  memcpy(frame.bytes + HEAD, data, len);
  if (kind == KIND_AUDIO) swap_bytes(frame.bytes + HEAD, len);
  /* A PBX that reads nothing loses audio and may not hold up the peer; half a frame ends it. */
  done = send(self->pbx, frame.bytes, HEAD + len, MSG_NOSIGNAL | MSG_DONTWAIT);
  voxlock_audio_wipe(frame.samples, 1024);
  if (done >= 0 && done != (ssize_t)(HEAD + len)) self->is_over = 1;
}

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

static int32_t take_frame(host* self, uint8_t kind, uint8_t* data, size_t len) {
  voxlock_port_frame frame = {
      .data = data, .len = len, .timestamp = self->timestamp, .payload_type = 96};
  uint8_t difference = 0;
  size_t i;
  if (kind == KIND_HANGUP) self->is_over = 1;
  if (kind == KIND_UUID && len == 16) {
    for (i = 0; i < 16; ++i) difference |= data[i] ^ self->uuid[i];
    self->is_known = difference == 0;
  }
  if (!self->is_known) return VOXLOCK_ERR_NOT_FOUND;
  if (kind != KIND_AUDIO || len % 2 != 0) return VOXLOCK_OK;
  swap_bytes(data, len);
  self->timestamp += (uint32_t)len / 2;
  return voxlock_port_put(self->media.bridge, PBX, &frame, 1, now_ns());
}

static size_t frame_len(const host* self) {
  return HEAD +
         (self->in_len < HEAD ? 0 : (size_t)self->in.bytes[1] << 8 | (size_t)self->in.bytes[2]);
}

/* Never more than what is missing of one frame, so that none lies behind it. */
static int32_t read_pbx(host* self) {
  const ssize_t got =
      read(self->pbx, self->in.bytes + self->in_len, frame_len(self) - self->in_len);
  int32_t rc;
  if (got <= 0) self->is_over = 1;
  if (got <= 0) return VOXLOCK_OK;
  self->in_len += (size_t)got;
  if (frame_len(self) > sizeof self->in) return VOXLOCK_ERR_LIMIT;
  if (self->in_len < HEAD || self->in_len < frame_len(self)) return VOXLOCK_OK;
  rc = take_frame(self, self->in.bytes[0], self->in.bytes + HEAD, self->in_len - HEAD);
  voxlock_audio_wipe(self->in.samples, 1024);
  self->in_len = 0;
  return rc;
}

/* Does what the events say, until there are no more. */
static int32_t drain(host* self) {
  voxlock_media_event event;
  buffer arena;
  size_t count = 1;
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && count == 1) {
    rc = voxlock_bridge_poll(self->media.bridge, &event, 1, &count, arena.bytes, sizeof arena,
                             now_ns());
    if (rc != VOXLOCK_OK || count == 0) break;
    if (event.type == VOXLOCK_EV_TRANSMIT) send_to_peer(&self->media, &event, arena.bytes);
    if (event.type == VOXLOCK_EV_PAYLOAD)
      write_frame(self, KIND_AUDIO, arena.bytes + event.offset, event.len);
    if (event.type == VOXLOCK_EV_DIGIT) write_frame(self, KIND_DIGIT, &event.digit, 1);
  }
  voxlock_audio_wipe(arena.samples, 1024);
  return rc;
}

static int32_t run(host* self) {
  struct sockaddr_in from;
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && !self->is_over) {
    struct pollfd ready[2] = {{.fd = self->pbx, .events = POLLIN},
                              {.fd = self->media.udp, .events = POLLIN}};
    (void)poll(ready, 2, wait_ms(&self->media));
    if (ready[0].revents != 0) rc = read_pbx(self);
    if (rc == VOXLOCK_OK && ready[1].revents != 0)
      rc = receive(&self->media, self->media.udp, PEER, &from);
    if (rc == VOXLOCK_OK) rc = drain(self);
  }
  if (voxlock_bridge_close(self->media.bridge, now_ns()) == VOXLOCK_OK) (void)drain(self);
  return rc;
}

int main(int argc, char** argv) {
  static host self;
  voxlock_port_config port;
  uint16_t tcp_port = 0;
  const int listener = open_socket(SOCK_STREAM, &tcp_port);
  int32_t rc = voxlock_port_config_init(&port, sizeof port);
  if (argc != 2 || !read_uuid(argv[1], self.uuid)) return 2;
  if (rc != VOXLOCK_OK || listener < 0 || listen(listener, 1) != 0) return 1;
  printf("127.0.0.1:%u\n", (unsigned)tcp_port);
  port.codec = VOXLOCK_CODEC_L16;
  port.sample_rate = 8000;
  rc = media_open(&self.media, &port);
  if (rc == VOXLOCK_OK) {
    self.pbx = accept(listener, NULL, NULL);
    rc = self.pbx < 0 ? VOXLOCK_ERR_NOT_FOUND : run(&self);
  }
  return media_close(&self.media, rc);
}
