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
  struct sockaddr_in address; /* of the PBX, once it was heard */
} host;

static int32_t read_pbx(media* of) {
  host* self = (host*)of;
  struct sockaddr_in from = {0};
  const struct sockaddr_in known = self->address;
  socklen_t len = sizeof from;
  uint8_t peek;
  if (recvfrom(of->pbx, &peek, 1, MSG_PEEK, (struct sockaddr*)&from, &len) < 0) return VOXLOCK_OK;
  if (known.sin_port != 0 &&
      (from.sin_port != known.sin_port || from.sin_addr.s_addr != known.sin_addr.s_addr)) {
    (void)recv(of->pbx, &peek, 1, 0); /* a stranger's */
    return VOXLOCK_OK;
  }
  of->heard_ns = now_ns();
  return receive(of, of->pbx, PBX, &self->address);
}

static void write_pbx(media* of, const voxlock_media_event* event, uint8_t* data) {
  const host* self = (const host*)of;
  if (event->type == VOXLOCK_EV_TRANSMIT && self->address.sin_port != 0)
    (void)sendto(of->pbx, data, event->len, 0, (const struct sockaddr*)&self->address,
                 sizeof self->address);
}

int main(int argc, char** argv) {
  static host self;
  voxlock_port_config port;
  uint16_t udp_port = 0;
  int32_t rc = voxlock_port_config_init(&port, sizeof port);
  const unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
  self.media.pause_ns = (uint64_t)seconds * UINT64_C(1000000000);
  self.media.pbx = open_socket(SOCK_DGRAM, &udp_port);
  if (rc != VOXLOCK_OK || self.media.pbx < 0 || seconds == 0 || seconds > 3600) return 1;
  printf("127.0.0.1:%u\n", (unsigned)udp_port);
  port.format = VOXLOCK_PORT_RTP;
  port.codec = VOXLOCK_CODEC_PCMU;
  self.media.read_pbx = read_pbx;
  self.media.write_pbx = write_pbx;
  rc = media_open(&self.media, &port);
  if (rc == VOXLOCK_OK) rc = run(&self.media);
  return media_close(&self.media, rc);
}
