/* External media for a PBX by AudioSocket (Asterisk): the PBX keeps the call and its dialplan and
 * hands 8 kHz PCM to a TCP socket on this machine; here it is denoised and sealed with SRTP for a
 * peer, and back. usage: pbx_audiosocket UUID
 *
 * The first line on stdout is what the dialplan wants, AudioSocket(UUID,127.0.0.1:PORT); the SDP
 * comes then, see media.h. The socket is plain: it is bound to the loopback, takes one PBX, and
 * nothing but the UUID before that. */
#define _POSIX_C_SOURCE 200809L
#include "pcm_socket.h"

#define KIND_HANGUP 0x00
#define KIND_UUID 0x01
#define KIND_DIGIT 0x03
#define KIND_AUDIO 0x10 /* signed 16 bit, little endian, 8 kHz, mono */
#define HEAD 3u         /* kind, and the length in network order */

typedef struct host {
  media media;
  buffer in; /* a frame of the PBX, as far as it has come */
  size_t in_len;
  uint32_t timestamp;
  uint8_t uuid[16]; /* of the call that is expected */
  int is_known;     /* the PBX has told it */
} host;

static void write_frame(host* self, uint8_t kind, const uint8_t* data, size_t len) {
  buffer frame = {{kind, (uint8_t)(len >> 8), (uint8_t)len}};
  ssize_t done;
  if (len > sizeof frame - HEAD) return;
  memcpy(frame.bytes + HEAD, data, len);
  if (kind == KIND_AUDIO) swap_bytes(frame.bytes + HEAD, len);
  /* A PBX that reads nothing loses audio and may not hold up the peer; half a frame ends it. */
  done = send(self->media.pbx, frame.bytes, HEAD + len, MSG_NOSIGNAL | MSG_DONTWAIT);
  voxlock_audio_wipe(frame.samples, 1024);
  if (done >= 0 && done != (ssize_t)(HEAD + len)) self->media.is_over = 1;
}

static int32_t take_frame(host* self, uint8_t kind, uint8_t* data, size_t len) {
  if (kind == KIND_HANGUP) self->media.is_over = 1;
  if (kind == KIND_UUID && len == 16) self->is_known = is_same_uuid(data, self->uuid);
  if (!self->is_known) return VOXLOCK_ERR_NOT_FOUND;
  return kind == KIND_AUDIO ? put_pcm(&self->media, &self->timestamp, data, len) : VOXLOCK_OK;
}

static size_t frame_len(const host* self) {
  return HEAD +
         (self->in_len < HEAD ? 0 : (size_t)self->in.bytes[1] << 8 | (size_t)self->in.bytes[2]);
}

/* Never more than what is missing of one frame, so that none lies behind it. */
static int32_t read_pbx(media* of) {
  host* self = (host*)of;
  const ssize_t got =
      read(self->media.pbx, self->in.bytes + self->in_len, frame_len(self) - self->in_len);
  int32_t rc;
  if (got <= 0) self->media.is_over = 1;
  if (got <= 0) return VOXLOCK_OK;
  self->in_len += (size_t)got;
  if (frame_len(self) > sizeof self->in) return VOXLOCK_ERR_LIMIT;
  if (self->in_len < HEAD || self->in_len < frame_len(self)) return VOXLOCK_OK;
  rc = take_frame(self, self->in.bytes[0], self->in.bytes + HEAD, self->in_len - HEAD);
  voxlock_audio_wipe(self->in.samples, 1024);
  self->in_len = 0;
  return rc;
}

static void write_pbx(media* of, const voxlock_media_event* event, uint8_t* data) {
  if (event->type == VOXLOCK_EV_PAYLOAD) write_frame((host*)of, KIND_AUDIO, data, event->len);
  if (event->type == VOXLOCK_EV_DIGIT) write_frame((host*)of, KIND_DIGIT, &event->digit, 1);
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
  self.media.read_pbx = read_pbx;
  self.media.write_pbx = write_pbx;
  rc = media_open(&self.media, &port);
  if (rc == VOXLOCK_OK) {
    self.media.pbx = accept(listener, NULL, NULL);
    rc = self.media.pbx < 0 ? VOXLOCK_ERR_NOT_FOUND : run(&self.media);
  }
  return media_close(&self.media, rc);
}
