/* What the programs of external media share: one bridge between a port, which is the PBX's side,
 * and a leg, which is the SRTP peer's; its UDP socket; the exchange of SDP over stdin and stdout;
 * and the loop that carries a call. */
#ifndef EXAMPLES_PBX_MEDIA_H
#define EXAMPLES_PBX_MEDIA_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <voxlock/voxlock.h>

#define PBX 0u /* legs of the bridge */
#define PEER 1u

/* Bytes of a datagram, a frame or an event, which can be wiped as samples. */
typedef union buffer {
  uint8_t bytes[2048];
  int16_t samples[1024];
} buffer;

/* The first member of each program's own struct. */
typedef struct media {
  voxlock_context* ctx;
  voxlock_leg *port, *peer;
  voxlock_bridge* bridge;
  int udp;     /* of the peer */
  int pbx;     /* socket of the PBX */
  int is_over; /* the PBX ended the call */
  /* Its socket has something, and the bridge has something for it. */
  int32_t (*read_pbx)(struct media* self);
  void (*write_pbx)(struct media* self, const voxlock_media_event* event, uint8_t* data);
  uint64_t heard_ns; /* when the PBX was */
  uint64_t pause_ns; /* a longer one ends the call; 0: none does */
} media;

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A socket on a free port of the loopback, and which it is. -1: errno says why. */
static inline int open_socket(int type, uint16_t* port) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof own;
  const int fd = socket(AF_INET, type, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&own, len) != 0) return -1;
  if (getsockname(fd, (struct sockaddr*)&own, &len) != 0) return -1;
  *port = ntohs(own.sin_port);
  return fd;
}

/* Hands one datagram of a socket to the bridge. */
static inline int32_t receive(media* self, int udp, uint32_t leg, struct sockaddr_in* from) {
  buffer data;
  socklen_t from_len = sizeof *from;
  voxlock_datagram datagram = {.data = data.bytes, .leg = leg, .source.family = 4};
  const ssize_t got = recvfrom(udp, data.bytes, sizeof data, 0, (struct sockaddr*)from, &from_len);
  int32_t rc;
  if (got < 0) return VOXLOCK_OK;
  datagram.len = (size_t)got;
  datagram.source.port = ntohs(from->sin_port);
  memcpy(datagram.source.ip, &from->sin_addr, 4);
  rc = voxlock_bridge_input(self->bridge, &datagram, 1, now_ns());
  voxlock_audio_wipe(data.samples, 1024);
  return rc;
}

static inline void send_from(int udp, const voxlock_media_event* event, const uint8_t* data) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(event->address.port)};
  memcpy(&to.sin_addr, event->address.ip, 4);
  (void)sendto(udp, data, event->len, 0, (struct sockaddr*)&to, sizeof to);
}

/* Until the bridge, or something else that is due then, wants to be polled; a second at most. */
static inline int wait_ms(uint64_t due, const media* self) {
  const uint64_t bridge = voxlock_bridge_next_deadline(self->bridge), now = now_ns();
  if (bridge < due) due = bridge;
  if (due <= now) return 0;
  return due - now > 1000000000u ? 1000 : (int)((due - now) / 1000000u) + 1;
}

/* An RTP socket on a free port of the loopback. */
static inline int32_t open_rtp(voxlock_address* own, int* udp) {
  *own = (voxlock_address){.ip = {127, 0, 0, 1}, .family = 4};
  *udp = open_socket(SOCK_DGRAM, &own->port);
  return *udp < 0 ? VOXLOCK_ERR_NOT_FOUND : VOXLOCK_OK;
}

/* Writes the offer, ended by a line with a dot, and takes the answer in the same form. Whatever
 * signals does that: a program beside this one, or voxlock_ua in a host of your own. */
static inline int32_t exchange_sdp(media* self) {
  uint8_t sdp[8192];
  char line[1024];
  size_t len = sizeof sdp;
  voxlock_verdict verdict = {.struct_size = sizeof verdict};
  int32_t rc = voxlock_leg_offer(self->peer, 0, sdp, &len, now_ns());
  if (rc != VOXLOCK_OK) return rc;
  printf("%.*s.\n", (int)len, (const char*)sdp);
  fflush(stdout);
  for (len = 0; fgets(line, sizeof line, stdin) != NULL && line[0] != '.';) {
    const size_t more = strlen(line);
    if (more > sizeof sdp - len) return VOXLOCK_ERR_LIMIT;
    memcpy(sdp + len, line, more);
    len += more;
  }
  rc = voxlock_leg_accept_answer(self->peer, sdp, len, &verdict, now_ns());
  return rc == VOXLOCK_OK && verdict.kind == VOXLOCK_REFUSED ? verdict.reason : rc;
}

/* Does what the events say, until there are no more. */
static inline int32_t drain(media* self) {
  voxlock_media_event event;
  buffer arena;
  size_t count = 1;
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && count == 1) {
    rc = voxlock_bridge_poll(self->bridge, &event, 1, &count, arena.bytes, sizeof arena, now_ns());
    if (rc != VOXLOCK_OK || count == 0) break;
    if (event.type == VOXLOCK_EV_TRANSMIT && event.leg == PEER)
      send_from(self->udp, &event, arena.bytes + event.offset);
    else
      self->write_pbx(self, &event, arena.bytes + event.offset);
  }
  voxlock_audio_wipe(arena.samples, 1024);
  return rc;
}

static inline int is_silent(const media* self) {
  return self->pause_ns != 0 && now_ns() - self->heard_ns >= self->pause_ns;
}

/* Says farewell to the peer. */
static inline void hang_up(media* self) {
  if (voxlock_bridge_close(self->bridge, now_ns()) == VOXLOCK_OK) (void)drain(self);
}

/* Carries the call until the PBX ends it, or something fails. */
static inline int32_t run(media* self) {
  struct sockaddr_in from;
  int32_t rc = VOXLOCK_OK;
  self->heard_ns = now_ns();
  while (rc == VOXLOCK_OK && !self->is_over && !is_silent(self)) {
    struct pollfd ready[2] = {{.fd = self->pbx, .events = POLLIN},
                              {.fd = self->udp, .events = POLLIN}};
    (void)poll(ready, 2, wait_ms(UINT64_MAX, self));
    if (ready[0].revents != 0) rc = self->read_pbx(self);
    if (rc == VOXLOCK_OK && ready[1].revents != 0) rc = receive(self, self->udp, PEER, &from);
    if (rc == VOXLOCK_OK) rc = drain(self);
  }
  hang_up(self);
  return rc;
}

/* Makes both ends and the bridge between them; SRTP towards the peer is required. */
static inline int32_t media_open(media* self, const voxlock_port_config* port) {
  voxlock_leg_config leg;
  int32_t rc = voxlock_context_new(NULL, &self->ctx);
  if (rc == VOXLOCK_OK) rc = voxlock_leg_config_init(&leg, sizeof leg);
  if (rc == VOXLOCK_OK) rc = open_rtp(&leg.rtp_address, &self->udp);
  if (rc == VOXLOCK_OK) rc = voxlock_leg_new(self->ctx, &leg, &self->peer);
  if (rc == VOXLOCK_OK) rc = voxlock_port_new(self->ctx, port, &self->port);
  if (rc == VOXLOCK_OK)
    rc = voxlock_bridge_new(self->ctx, self->port, self->peer, NULL, &self->bridge);
  return rc == VOXLOCK_OK ? exchange_sdp(self) : rc;
}

/* Says how it went, and gives everything back. Returns the exit status. */
static inline int media_close(media* self, int32_t rc) {
  voxlock_bridge_stats stats = {.struct_size = sizeof stats};
  if (self->bridge != NULL && voxlock_bridge_get_stats(self->bridge, &stats) == VOXLOCK_OK)
    printf("%u to the peer, %u to the PBX\n", (unsigned)stats.packets_out[VOXLOCK_FORWARD],
           (unsigned)stats.packets_out[VOXLOCK_BACKWARD]);
  if (rc != VOXLOCK_OK) printf("%s\n", voxlock_strerror(rc));
  voxlock_bridge_free(self->bridge);
  voxlock_leg_free(self->port);
  voxlock_leg_free(self->peer);
  voxlock_context_free(self->ctx);
  return rc != VOXLOCK_OK;
}

#endif
