/* The connections of a SIP user agent with two peers: one that calls in over TLS, and one that is
 * called over TCP on this machine. */
#ifndef EXAMPLES_PBX_SIP_H
#define EXAMPLES_PBX_SIP_H

#include <stdlib.h>

#include "media.h"

typedef struct wire {
  int fd;           /* -1: none */
  voxlock_tls* tls; /* NULL: TCP */
  uint64_t id;      /* of the user agent; 0: before the end of the handshake */
} wire;

/* A member of the program's own struct. */
typedef struct sip {
  voxlock_context* ctx;
  voxlock_tls_settings* settings;
  voxlock_ua* ua;
  int listener;
  wire wires[2]; /* by leg of the bridge, PBX and PEER */
  uint16_t pbx_port;
  void* owner;
  /* Does what an event of a call says. */
  int32_t (*follow)(void* owner, const voxlock_ua_event* event, const uint8_t* arena);
} sip;

static inline void flush(const wire* to) {
  uint8_t data[4096];
  size_t len = sizeof data;
  while (voxlock_tls_take(to->tls, data, &len) == VOXLOCK_OK && len != 0) {
    (void)send(to->fd, data, len, MSG_NOSIGNAL);
    len = sizeof data;
  }
}

static inline void transmit(const wire* to, const uint8_t* data, size_t len) {
  if (to->tls == NULL) (void)send(to->fd, data, len, MSG_NOSIGNAL);
  while (to->tls != NULL && len != 0) {
    size_t accepted = 0;
    if (voxlock_tls_write(to->tls, data, len, &accepted) != VOXLOCK_OK) return;
    flush(to);
    data += accepted;
    len -= accepted;
  }
}

static inline void disconnect(sip* self, wire* w) {
  const uint64_t id = w->id;
  if (w->fd < 0) return;
  voxlock_tls_free(w->tls);
  close(w->fd);
  *w = (wire){.fd = -1};
  if (id != 0) (void)voxlock_ua_closed(self->ua, id, now_ns());
}

/* Opens the connection that the agent wants. */
static inline void connect_to_pbx(sip* self, uint64_t id) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(self->pbx_port)};
  wire* w = &self->wires[PBX];
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  disconnect(self, w);
  *w = (wire){.fd = socket(AF_INET, SOCK_STREAM, 0), .id = id};
  if (w->fd >= 0 && connect(w->fd, (struct sockaddr*)&to, sizeof to) == 0)
    (void)voxlock_ua_connected(self->ua, id, now_ns());
  else if (w->fd >= 0)
    disconnect(self, w);
  else
    (void)voxlock_ua_closed(self->ua, id, now_ns());
}

/* Does what the agent asks for, until there is no more. */
static inline int32_t sip_drain(sip* self) {
  static uint8_t arena[65536];
  voxlock_ua_event e;
  size_t count = 1;
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK) {
    size_t len = sizeof arena;
    wire* w;
    rc = voxlock_ua_poll(self->ua, &e, 1, &count, arena, &len, now_ns());
    if (rc != VOXLOCK_OK || count == 0) break;
    w = &self->wires[self->wires[PBX].id == e.connection ? PBX : PEER];
    if (e.type == VOXLOCK_UA_EV_CONNECT)
      connect_to_pbx(self, e.connection);
    else if (e.type == VOXLOCK_UA_EV_TRANSMIT)
      transmit(w, arena + e.data_offset, e.data_len);
    else if (e.type == VOXLOCK_UA_EV_CLOSE)
      disconnect(self, w);
    else
      rc = self->follow(self->owner, &e, arena);
  }
  memset(arena, 0, sizeof arena); /* descriptions hold keys */
  return rc;
}

/* Hands bytes that arrived to the agent. */
static inline int32_t sip_input(sip* self, const wire* from, const uint8_t* data, size_t len) {
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && len != 0 && from->fd >= 0) {
    size_t taken = 0;
    rc = voxlock_ua_input(self->ua, from->id, data, len, &taken, now_ns());
    data += taken;
    len -= taken;
    if (rc == VOXLOCK_OK) rc = sip_drain(self);
  }
  return rc;
}

/* All that came out of a record, which may be longer than the buffer. */
static inline int32_t read_plain(sip* self, wire* from) {
  buffer plain;
  size_t got = 1;
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && got != 0 && from->tls != NULL) {
    got = sizeof plain;
    rc = voxlock_tls_read(from->tls, plain.bytes, &got);
    if (rc == VOXLOCK_OK && got != 0 && from->id == 0)
      rc = voxlock_ua_accept(self->ua, VOXLOCK_UA_TLS, NULL, 0, 0, &from->id, now_ns());
    if (rc == VOXLOCK_OK) rc = sip_input(self, from, plain.bytes, got);
  }
  voxlock_audio_wipe(plain.samples, 1024); /* descriptions hold keys */
  return rc;
}

static inline int32_t read_tls(sip* self, wire* from, const uint8_t* data, size_t len) {
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && len != 0 && from->tls != NULL) {
    size_t consumed = 0;
    rc = voxlock_tls_feed(from->tls, data, len, &consumed, now_ns());
    data += consumed;
    len -= consumed;
    flush(from);
    if (rc == VOXLOCK_OK) rc = read_plain(self, from);
  }
  return rc;
}

/* Reads a connection that has something; one that ended or failed is closed. */
static inline void read_wire(sip* self, wire* from) {
  uint8_t data[2048];
  const ssize_t got = recv(from->fd, data, sizeof data, 0);
  int32_t rc = got <= 0 ? VOXLOCK_ERR_TLS_CLOSED : VOXLOCK_OK;
  if (rc == VOXLOCK_OK && from->tls != NULL)
    rc = read_tls(self, from, data, (size_t)got);
  else if (rc == VOXLOCK_OK)
    rc = sip_input(self, from, data, (size_t)got);
  if (rc != VOXLOCK_OK) disconnect(self, from);
}

/* Takes the one connection of the trunk; others wait until it is gone. Whoever has not ended its
 * handshake by then makes room for the next. */
static inline void accept_trunk(sip* self) {
  wire* w = &self->wires[PEER];
  disconnect(self, w);
  w->fd = accept(self->listener, NULL, NULL);
  if (w->fd >= 0 && voxlock_tls_new(self->ctx, self->settings, NULL, &w->tls) != VOXLOCK_OK)
    disconnect(self, w);
}

static inline size_t read_file(const char* path, uint8_t* out, size_t cap) {
  FILE* file = fopen(path, "rb");
  const size_t len = file == NULL ? 0 : fread(out, 1, cap, file);
  if (file != NULL) (void)fclose(file);
  return len;
}

static inline int32_t sip_open(sip* self, voxlock_context* ctx, const char* cert, const char* key) {
  static uint8_t cert_pem[16384], key_pem[16384];
  voxlock_tls_settings_config tls;
  voxlock_ua_config ua;
  uint16_t port = 0;
  int32_t rc = voxlock_tls_settings_config_init(&tls, sizeof tls);
  self->ctx = ctx;
  self->wires[PBX].fd = self->wires[PEER].fd = -1;
  self->listener = open_socket(SOCK_STREAM, &port);
  if (self->listener < 0 || listen(self->listener, 4) != 0) return VOXLOCK_ERR_NOT_FOUND;
  if (rc == VOXLOCK_OK) rc = voxlock_ua_config_init(&ua, sizeof ua);
  if (rc != VOXLOCK_OK) return rc;
  tls.role = VOXLOCK_TLS_SERVER;
  tls.certificates = cert_pem;
  tls.certificates_len = read_file(cert, cert_pem, sizeof cert_pem);
  tls.key = key_pem;
  tls.key_len = read_file(key, key_pem, sizeof key_pem);
  rc = voxlock_tls_settings_new(ctx, &tls, &self->settings);
  memset(key_pem, 0, sizeof key_pem);
  ua.host = "127.0.0.1";
  ua.host_len = strlen(ua.host);
  ua.port_tls = port;
  if (rc == VOXLOCK_OK) rc = voxlock_ua_new(ctx, &ua, &self->ua);
  if (rc == VOXLOCK_OK) printf("sips:trunk@127.0.0.1:%u\n", (unsigned)port);
  fflush(stdout);
  return rc;
}

static inline void sip_close(sip* self) {
  disconnect(self, &self->wires[PBX]);
  disconnect(self, &self->wires[PEER]);
  voxlock_ua_free(self->ua);
  voxlock_tls_settings_free(self->settings);
}

#endif
