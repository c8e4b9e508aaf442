/* A whole leg beside a PBX: a back-to-back user agent for one call. The trunk calls it with SIP
 * over TLS and SRTP, it calls the PBX on this machine with SIP over TCP and plain RTP, and a bridge
 * that denoises what the trunk says lies between. usage: pbx_back_to_back CERT.pem KEY.pem PBX_PORT
 *
 * The first line on stdout is where the trunk calls. ../gateway is the same for many calls, with
 * certificates of clients, WebRTC rooms and fail-over. */
#define _POSIX_C_SOURCE 200809L
#include "sip.h"

typedef struct host {
  media media; /* port: the PBX's leg, peer: the trunk's */
  sip sip;
  uint64_t calls[2]; /* by leg, PBX and PEER; 0: none */
  uint8_t answer[8192];
  size_t answer_len; /* to the trunk, once the PBX has taken the call */
} host;

/* An offer that a leg does not take is refused with what its verdict says. */
static int32_t refuse(const host* self, uint64_t call, const voxlock_verdict* verdict) {
  voxlock_ua_refusal refusal;
  const int32_t rc = voxlock_ua_refusal_init(&refusal, sizeof refusal);
  if (rc != VOXLOCK_OK) return rc;
  refusal.status = verdict->sip_status != 0 ? (uint32_t)verdict->sip_status : 486;
  refusal.warn_code = (uint32_t)verdict->warn_code;
  refusal.warning = verdict->warning;
  refusal.warning_len = verdict->warn_code != 0 ? strlen(verdict->warning) : 0;
  return voxlock_ua_reject(self->sip.ua, call, &refusal, now_ns());
}

/* The trunk calls: its answer waits until the PBX has taken the call that goes out now. */
static int32_t begin(host* self, const voxlock_ua_event* e, const uint8_t* sdp) {
  char uri[64];
  uint8_t offer[8192];
  size_t len = sizeof offer;
  voxlock_ua_invite_config invite;
  voxlock_verdict verdict = {.struct_size = sizeof verdict};
  int32_t rc;
  if (self->calls[PEER] != 0 || e->sdp_len == 0) return refuse(self, e->call, &verdict);
  self->answer_len = sizeof self->answer;
  rc = voxlock_leg_answer(self->media.peer, sdp, e->sdp_len, self->answer, &self->answer_len,
                          &verdict, now_ns());
  if (rc != VOXLOCK_OK || verdict.kind == VOXLOCK_REFUSED) return refuse(self, e->call, &verdict);
  self->calls[PEER] = e->call;
  rc = voxlock_leg_offer(self->media.port, 0, offer, &len, now_ns());
  if (rc == VOXLOCK_OK) rc = voxlock_ua_invite_config_init(&invite, sizeof invite);
  if (rc != VOXLOCK_OK) return rc;
  invite.to = uri;
  invite.to_len = (size_t)snprintf(uri, sizeof uri, "sip:trunk@127.0.0.1:%u;transport=tcp",
                                   (unsigned)self->sip.pbx_port);
  invite.sdp = offer;
  invite.sdp_len = len;
  rc = voxlock_ua_invite(self->sip.ua, &invite, &self->calls[PBX], now_ns());
  return rc == VOXLOCK_OK ? voxlock_ua_ring(self->sip.ua, e->call, 180, NULL, 0, now_ns()) : rc;
}

/* A re-INVITE of one side is answered by its leg: the other side does not notice. */
static int32_t renegotiate(host* self, voxlock_leg* leg, const voxlock_ua_event* e,
                           const uint8_t* sdp) {
  uint8_t answer[8192];
  size_t len = sizeof answer;
  voxlock_verdict verdict = {.struct_size = sizeof verdict};
  const int32_t rc =
      e->sdp_len == 0 ? VOXLOCK_ERR_WRONG_STATE
                      : voxlock_leg_answer(leg, sdp, e->sdp_len, answer, &len, &verdict, now_ns());
  if (rc != VOXLOCK_OK || verdict.kind == VOXLOCK_REFUSED) return refuse(self, e->call, &verdict);
  return voxlock_ua_answer(self->sip.ua, e->call, answer, len, now_ns());
}

/* The session's time is half over: an offer says that the call is still there (RFC 4028). */
static int32_t refresh(host* self, voxlock_leg* leg, uint64_t call) {
  uint8_t offer[8192];
  size_t len = sizeof offer;
  const int32_t rc = voxlock_leg_offer(leg, 0, offer, &len, now_ns());
  return rc == VOXLOCK_OK ? voxlock_ua_offer(self->sip.ua, call, offer, len, now_ns()) : rc;
}

/* Our offer was answered. */
static int32_t agree(host* self, voxlock_leg* leg, const voxlock_ua_event* e, const uint8_t* sdp) {
  voxlock_verdict verdict = {.struct_size = sizeof verdict};
  const int32_t rc = voxlock_leg_accept_answer(leg, sdp, e->sdp_len, &verdict, now_ns());
  if (rc != VOXLOCK_OK || verdict.kind == VOXLOCK_REFUSED)
    return voxlock_ua_hangup(self->sip.ua, e->call, now_ns());
  if (e->type == VOXLOCK_UA_EV_UPDATED) return VOXLOCK_OK;
  return voxlock_ua_answer(self->sip.ua, self->calls[PEER], self->answer, self->answer_len,
                           now_ns());
}

/* A key by INFO (RFC 6086) goes on as one, or is lost; one in the media goes through the bridge. */
static void pass_digit(host* self, const voxlock_ua_event* e) {
  const uint64_t other = self->calls[e->call == self->calls[PBX] ? PEER : PBX];
  (void)voxlock_ua_send_digit(self->sip.ua, other, e->digit, e->duration_ms, VOXLOCK_UA_DTMF_RELAY,
                              now_ns());
}

static int32_t end(host* self, uint64_t call) {
  const uint32_t other = call == self->calls[PBX] ? PEER : PBX;
  const uint64_t left = self->calls[other];
  if (call != self->calls[PBX] && call != self->calls[PEER]) return VOXLOCK_OK;
  self->calls[other == PEER ? PBX : PEER] = 0;
  if (left == 0) self->media.is_over = 1;
  return left == 0 ? VOXLOCK_OK : voxlock_ua_hangup(self->sip.ua, left, now_ns());
}

static int32_t follow(void* owner, const voxlock_ua_event* e, const uint8_t* arena) {
  host* self = (host*)owner;
  const uint8_t* sdp = arena + e->sdp_offset;
  voxlock_leg* leg = e->call == self->calls[PBX] ? self->media.port : self->media.peer;
  switch (e->type) {
    case VOXLOCK_UA_EV_INCOMING:
      return begin(self, e, sdp);
    case VOXLOCK_UA_EV_ANSWERED:
    case VOXLOCK_UA_EV_UPDATED:
      return agree(self, leg, e, sdp);
    case VOXLOCK_UA_EV_OFFER:
      return renegotiate(self, leg, e, sdp);
    case VOXLOCK_UA_EV_REFUSED:
      return voxlock_leg_rollback(leg);
    case VOXLOCK_UA_EV_REFRESH:
      return refresh(self, leg, e->call);
    case VOXLOCK_UA_EV_DIGIT:
      pass_digit(self, e);
      return VOXLOCK_OK;
    case VOXLOCK_UA_EV_ENDED:
      return end(self, e->call);
    default:
      return VOXLOCK_OK;
  }
}

static void write_pbx(media* of, const voxlock_media_event* event, uint8_t* data) {
  if (event->type == VOXLOCK_EV_TRANSMIT) send_from(of->pbx, event, data);
}

/* Both legs, each with its socket, and the bridge. What the trunk says is denoised. */
static int32_t open_media(media* self) {
  voxlock_leg_config trunk, pbx;
  voxlock_bridge_config bridge;
  int32_t rc = voxlock_context_new(NULL, &self->ctx);
  if (rc == VOXLOCK_OK) rc = voxlock_leg_config_init(&trunk, sizeof trunk);
  if (rc == VOXLOCK_OK) rc = voxlock_leg_config_init(&pbx, sizeof pbx);
  if (rc == VOXLOCK_OK) rc = voxlock_bridge_config_init(&bridge, sizeof bridge);
  if (rc == VOXLOCK_OK) rc = open_rtp(&trunk.rtp_address, &self->udp);
  if (rc == VOXLOCK_OK) rc = open_rtp(&pbx.rtp_address, &self->pbx);
  if (rc != VOXLOCK_OK) return rc;
  trunk.signalling = VOXLOCK_SIGNALLING_TLS;
  pbx.signalling = VOXLOCK_SIGNALLING_PLAIN;
  pbx.srtp_policy = VOXLOCK_SRTP_OFF;
  bridge.denoise_db[VOXLOCK_FORWARD] = 0;
  bridge.denoise_db[VOXLOCK_BACKWARD] = 15;
  self->write_pbx = write_pbx;
  rc = voxlock_leg_new(self->ctx, &trunk, &self->peer);
  if (rc == VOXLOCK_OK) rc = voxlock_leg_new(self->ctx, &pbx, &self->port);
  if (rc != VOXLOCK_OK) return rc;
  return voxlock_bridge_new(self->ctx, self->port, self->peer, &bridge, &self->bridge);
}

static int32_t carry(host* self) {
  wire* wires = self->sip.wires;
  struct sockaddr_in from;
  int32_t rc = VOXLOCK_OK;
  while (rc == VOXLOCK_OK && !self->media.is_over) {
    struct pollfd ready[5] = {
        {.fd = self->media.pbx, .events = POLLIN},
        {.fd = self->media.udp, .events = POLLIN},
        {.fd = wires[PBX].fd, .events = POLLIN},
        {.fd = wires[PEER].fd, .events = POLLIN},
        {.fd = wires[PEER].id == 0 ? self->sip.listener : -1, .events = POLLIN}};
    (void)poll(ready, 5, wait_ms(voxlock_ua_next_deadline(self->sip.ua), &self->media));
    if (ready[0].revents != 0) rc = receive(&self->media, self->media.pbx, PBX, &from);
    if (rc == VOXLOCK_OK && ready[1].revents != 0)
      rc = receive(&self->media, self->media.udp, PEER, &from);
    if (ready[2].revents != 0) read_wire(&self->sip, &wires[PBX]);
    if (ready[3].revents != 0) read_wire(&self->sip, &wires[PEER]);
    if (ready[4].revents != 0) accept_trunk(&self->sip);
    if (rc == VOXLOCK_OK) rc = drain(&self->media);
    if (rc == VOXLOCK_OK) rc = sip_drain(&self->sip);
  }
  hang_up(&self->media);
  return rc;
}

int main(int argc, char** argv) {
  static host self;
  int32_t rc;
  if (argc != 4) return 2;
  self.sip.owner = &self;
  self.sip.follow = follow;
  self.sip.pbx_port = (uint16_t)strtoul(argv[3], NULL, 10);
  rc = open_media(&self.media);
  if (rc == VOXLOCK_OK) rc = sip_open(&self.sip, self.media.ctx, argv[1], argv[2]);
  if (rc == VOXLOCK_OK) rc = carry(&self);
  sip_close(&self.sip);
  return media_close(&self.media, rc);
}
