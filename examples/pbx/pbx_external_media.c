/* External media for a PBX by plain RTP (Asterisk's ExternalMedia channel, format ulaw): the PBX
 * sends its packets to a UDP port of this machine; here they are denoised and sealed with SRTP for
 * a peer, and back. usage: pbx_external_media [SECONDS]
 *
 * The first line on stdout is external_host of the ARI request; the SDP comes then, see media.h.
 * Plain RTP proves nothing about its sender: the socket is bound to the loopback, and heeds the one
 * who came first. A pause of SECONDS (10) ends the call: RTP has no farewell that a PBX would send.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>

#include "media.h"

typedef struct host {
  media media;
  int pbx;
  struct sockaddr_in address; /* of the PBX, once it was heard */
  uint64_t heard_ns, pause_ns;
} host;

static int32_t read_pbx(host* self) {
  struct sockaddr_in from = {0};
  const struct sockaddr_in known = self->address;
  socklen_t len = sizeof from;
  uint8_t peek;
  if (recvfrom(self->pbx, &peek, 1, MSG_PEEK, (struct sockaddr*)&from, &len) < 0) return VOXLOCK_OK;
  if (known.sin_port != 0 &&
      (from.sin_port != known.sin_port || from.sin_addr.s_addr != known.sin_addr.s_addr)) {
    (void)recv(self->pbx, &peek, 1, 0); /* a stranger's */
    return VOXLOCK_OK;
  }
  self->heard_ns = now_ns();
  return receive(&self->media, self->pbx, PBX, &self->address);
}

static int32_t drain(host* self) {
  voxlock_media_event event;
  buffer arena;
  size_t count = 1;
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && count == 1) {
    rc = voxlock_bridge_poll(self->media.bridge, &event, 1, &count, arena.bytes, sizeof arena,
                             now_ns());
    if (rc != VOXLOCK_OK || count == 0) break;
    if (event.type != VOXLOCK_EV_TRANSMIT) continue;
    if (event.leg == PEER)
      send_to_peer(&self->media, &event, arena.bytes);
    else if (self->address.sin_port != 0)
      (void)sendto(self->pbx, arena.bytes + event.offset, event.len, 0,
                   (struct sockaddr*)&self->address, sizeof self->address);
  }
  voxlock_audio_wipe(arena.samples, 1024);
  return rc;
}

static int32_t run(host* self) {
  struct sockaddr_in from;
  int32_t rc = VOXLOCK_OK;
  self->heard_ns = now_ns();
  while (rc == VOXLOCK_OK && now_ns() - self->heard_ns < self->pause_ns) {
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
  uint16_t udp_port = 0;
  int32_t rc = voxlock_port_config_init(&port, sizeof port);
  const unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
  self.pause_ns = (uint64_t)seconds * UINT64_C(1000000000);
  self.pbx = open_socket(SOCK_DGRAM, &udp_port);
  if (rc != VOXLOCK_OK || self.pbx < 0 || seconds == 0 || seconds > 3600) return 1;
  printf("127.0.0.1:%u\n", (unsigned)udp_port);
  port.format = VOXLOCK_PORT_RTP;
  port.codec = VOXLOCK_CODEC_PCMU;
  rc = media_open(&self.media, &port);
  if (rc == VOXLOCK_OK) rc = run(&self);
  return media_close(&self.media, rc);
}
