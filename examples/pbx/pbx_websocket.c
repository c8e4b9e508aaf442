/* External media for a PBX by WebSocket, in the manner of FreeSWITCH's audio forks: the PBX opens a
 * WebSocket to this machine and sends 8 kHz PCM in binary messages; here it is denoised and sealed
 * with SRTP for a peer, and back. usage: pbx_websocket UUID
 *
 * The first line on stdout is the URL that the PBX wants, ws://127.0.0.1:PORT/UUID; the SDP comes
 * then, see media.h. Messages of text that come in are left alone; a key that the peer presses goes
 * out as one. libwebsockets has the sockets and the loop. The socket is plain: it is bound to the
 * loopback, takes one PBX, and no other path than the UUID. */
#define _POSIX_C_SOURCE 200809L
#include <libwebsockets.h>

#include "pcm_socket.h"

#define WAITING 8u /* messages; a PBX that reads nothing loses audio */

typedef struct message {
  uint8_t bytes[LWS_PRE + 2048];
  size_t len;
  enum lws_write_protocol kind;
} message;

typedef struct host {
  media media;
  struct lws_context* loop;
  struct lws* pbx;
  lws_sorted_usec_list_t timer;
  buffer in; /* a message of the PBX, as far as it has come */
  size_t in_len;
  message out[WAITING];
  size_t first, count;
  uint32_t timestamp;
  uint8_t uuid[16]; /* of the call that is expected */
  int32_t rc;
} host;

static void enqueue(host* self, enum lws_write_protocol kind, const void* data, size_t len) {
  message* to = &self->out[(self->first + self->count) % WAITING];
  if (self->pbx == NULL || self->count == WAITING || len > sizeof to->bytes - LWS_PRE) return;
  memcpy(to->bytes + LWS_PRE, data, len);
  to->len = len;
  to->kind = kind;
  ++self->count;
  lws_callback_on_writable(self->pbx);
}

static void write_pbx(media* of, const voxlock_media_event* event, uint8_t* data) {
  host* self = (host*)of;
  char text[40];
  if (event->type == VOXLOCK_EV_PAYLOAD) {
    swap_bytes(data, event->len);
    enqueue(self, LWS_WRITE_BINARY, data, event->len);
  } else if (event->type == VOXLOCK_EV_DIGIT) {
    (void)snprintf(text, sizeof text, "{\"event\":\"dtmf\",\"digit\":\"%c\"}", event->digit);
    enqueue(self, LWS_WRITE_TEXT, text, strlen(text));
  }
}

static int write_oldest(host* self) {
  message* oldest = &self->out[self->first];
  int done;
  if (self->count == 0) return 0;
  done = lws_write(self->pbx, oldest->bytes + LWS_PRE, oldest->len, oldest->kind);
  voxlock_audio_wipe((int16_t*)(void*)oldest->bytes, sizeof oldest->bytes / 2);
  self->first = (self->first + 1) % WAITING;
  if (--self->count > 0) lws_callback_on_writable(self->pbx);
  return done < 0 ? -1 : 0;
}

/* A message comes in pieces. */
static int32_t take_piece(host* self, struct lws* wsi, const void* data, size_t len) {
  int32_t rc;
  if (!lws_frame_is_binary(wsi)) return VOXLOCK_OK;
  if (len > VOXLOCK_MAX_FRAME - self->in_len) return VOXLOCK_ERR_LIMIT;
  memcpy(self->in.bytes + self->in_len, data, len);
  self->in_len += len;
  if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) != 0) return VOXLOCK_OK;
  rc = put_pcm(&self->media, &self->timestamp, self->in.bytes, self->in_len);
  voxlock_audio_wipe(self->in.samples, 1024);
  self->in_len = 0;
  return rc;
}

/* The path of the one PBX that is waited for. */
static int is_expected(const host* self, struct lws* wsi) {
  char path[64];
  uint8_t uuid[16];
  const int len = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);
  return self->pbx == NULL && len > 1 && read_uuid(path + 1, uuid) &&
         is_same_uuid(uuid, self->uuid);
}

static void wake(lws_sorted_usec_list_t* timer);

/* Sends what there is, and has itself woken when there is more to do. */
static void go_on(host* self) {
  if (self->rc == VOXLOCK_OK) self->rc = drain(&self->media);
  lws_sul_schedule(self->loop, 0, &self->timer, wake,
                   wait_ms(UINT64_MAX, &self->media) * LWS_US_PER_MS);
}

static void wake(lws_sorted_usec_list_t* timer) {
  go_on(lws_container_of(timer, host, timer));
}

static int on_event(struct lws* wsi, enum lws_callback_reasons reason, void* user, void* data,
                    size_t len) {
  host* self = (host*)lws_context_user(lws_get_context(wsi));
  struct sockaddr_in from;
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_HTTP: /* no WebSocket */
      return -1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      return is_expected(self, wsi) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
      if (self->pbx != NULL) return -1;
      self->pbx = wsi;
      break;
    case LWS_CALLBACK_RECEIVE:
      if (wsi == self->pbx && self->rc == VOXLOCK_OK) self->rc = take_piece(self, wsi, data, len);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return wsi == self->pbx ? write_oldest(self) : -1;
    case LWS_CALLBACK_CLOSED:
      if (wsi == self->pbx) self->media.is_over = 1;
      if (wsi == self->pbx) self->pbx = NULL;
      return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
      if (self->rc == VOXLOCK_OK) self->rc = receive(&self->media, self->media.udp, PEER, &from);
      break;
    default:
      return 0;
  }
  go_on(self);
  return 0;
}

static const struct lws_protocols g_protocols[] = {{.name = "audio", .callback = on_event},
                                                   {.name = NULL}};

/* Opens the loop and a listener on a free port. NULL: they could not be had. */
static struct lws_vhost* listen_for_pbx(host* self) {
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.protocols = g_protocols;
  info.user = self;
  info.iface = "127.0.0.1";
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  lws_set_log_level(LLL_ERR, NULL);
  self->loop = lws_create_context(&info);
  return self->loop == NULL ? NULL : lws_create_vhost(self->loop, &info);
}

static int32_t carry(host* self, struct lws_vhost* vhost) {
  const lws_sock_file_fd_type udp = {.filefd = self->media.udp};
  if (lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, udp, "audio", NULL) == NULL)
    return VOXLOCK_ERR_NO_MEMORY;
  go_on(self);
  while (self->rc == VOXLOCK_OK && !self->media.is_over)
    if (lws_service(self->loop, 0) < 0) break;
  hang_up(&self->media);
  return self->rc;
}

int main(int argc, char** argv) {
  static host self;
  voxlock_port_config port;
  struct lws_vhost* vhost;
  int32_t rc = voxlock_port_config_init(&port, sizeof port);
  if (argc != 2 || !read_uuid(argv[1], self.uuid)) return 2;
  vhost = listen_for_pbx(&self);
  if (rc != VOXLOCK_OK || vhost == NULL) return 1;
  printf("ws://127.0.0.1:%d/%s\n", lws_get_vhost_listen_port(vhost), argv[1]);
  port.codec = VOXLOCK_CODEC_L16;
  port.sample_rate = 8000;
  self.media.write_pbx = write_pbx;
  rc = media_open(&self.media, &port);
  if (rc == VOXLOCK_OK) rc = carry(&self, vhost);
  lws_context_destroy(self.loop);
  return media_close(&self.media, rc);
}
