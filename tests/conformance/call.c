/* One call by the C ABI, from INVITE to BYE, with seeds for entropy and a made-up time: a phone
 * calls a gateway over TLS with SDES, a bridge there denoises and transcodes PCMU to Opus for a
 * listener, and back. One packet is forged, one is lost, a key is pressed, and a re-INVITE brings
 * new keys. Every byte and event that comes out is a line of stdout. test_call.py and call_test.go
 * make the same call through their bindings, and compare. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <voxlock/voxlock.h>

#define MS UINT64_C(1000000)
#define WALL_NS UINT64_C(1767225600000000000) /* 2026-01-01 */
#define PACKETS 100u
#define BATCH 64u
#define DATAGRAM 2048u

#define CHECK(call)                                                    \
  do {                                                                 \
    const int32_t status_ = (call);                                    \
    if (status_ != VOXLOCK_OK) fail(#call, voxlock_strerror(status_)); \
  } while (0)

static void fail(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/* Datagrams on their way from one host to another. */
typedef struct wire {
  uint8_t bytes[BATCH][DATAGRAM];
  voxlock_datagram rows[BATCH];
  size_t count;
} wire;

typedef struct host {
  const char* name;
  voxlock_context* ctx;
  voxlock_ua* ua;
  voxlock_leg* leg;
  voxlock_address address;
  uint64_t connection;
  uint64_t call;
} host;

static void print_bytes(const uint8_t* data, size_t len) {
  size_t i;
  printf(" ");
  if (len == 0) printf("-");
  for (i = 0; i < len; ++i) printf("%02x", data[i]);
}

static void print_address(const voxlock_address* a) {
  printf(" %u.%u.%u.%u:%u", a->ip[0], a->ip[1], a->ip[2], a->ip[3], a->port);
}

static void print_event(const char* who, const voxlock_media_event* e, const uint8_t* data) {
  printf("%s %u %u", who, (unsigned)e->type, (unsigned)e->leg);
  if (e->type == VOXLOCK_EV_TRANSMIT) {
    print_address(&e->address);
    printf(" %u", e->is_rtcp);
    print_bytes(data, e->len);
  } else if (e->type == VOXLOCK_EV_PAYLOAD) {
    printf(" %u %llu %u %u %u %u", e->payload_type, (unsigned long long)e->sequence, e->timestamp,
           e->ssrc, e->marker, e->lost);
    print_bytes(data, e->len);
  } else if (e->type == VOXLOCK_EV_DIGIT) {
    printf(" %c %u", e->digit, e->duration_ms);
  } else if (e->type == VOXLOCK_EV_BYE || e->type == VOXLOCK_EV_SSRC) {
    printf(" %u", e->ssrc);
  }
  printf("\n");
}

static host make_host(const char* name, uint8_t seed, uint8_t last) {
  host self;
  uint8_t seeds[32];
  voxlock_context_config config;
  memset(&self, 0, sizeof self);
  memset(seeds, seed, sizeof seeds);
  self.name = name;
  self.address = (voxlock_address){.ip = {192, 0, 2, last}, .port = 40000, .family = 4};
  CHECK(voxlock_context_config_init(&config, sizeof config));
  config.seed = seeds;
  config.seed_len = sizeof seeds;
  CHECK(voxlock_context_new(&config, &self.ctx));
  CHECK(voxlock_context_set_wall_time(self.ctx, WALL_NS, 0));
  return self;
}

static void make_ua(host* self, const char* name) {
  voxlock_ua_config config;
  CHECK(voxlock_ua_config_init(&config, sizeof config));
  config.host = name;
  config.host_len = strlen(name);
  CHECK(voxlock_ua_new(self->ctx, &config, &self->ua));
}

static voxlock_leg* make_leg(const host* self, uint16_t port, uint32_t codec) {
  voxlock_leg_config config;
  voxlock_leg* leg;
  CHECK(voxlock_leg_config_init(&config, sizeof config));
  config.rtp_address = self->address;
  config.rtp_address.port = port;
  memset(config.codecs, 0, sizeof config.codecs);
  config.codecs[0] = codec;
  CHECK(voxlock_leg_new(self->ctx, &config, &leg));
  return leg;
}

static void answer_offer(const host* self, const uint8_t* offer, size_t len, uint64_t now) {
  uint8_t sdp[4096];
  size_t sdp_len = sizeof sdp;
  CHECK(voxlock_leg_answer(self->leg, offer, len, sdp, &sdp_len, NULL, now));
  CHECK(voxlock_ua_answer(self->ua, self->call, sdp, sdp_len, now));
}

static void handle(host* self, host* other, const voxlock_ua_event* e, const uint8_t* arena,
                   uint64_t now) {
  const uint8_t* data = arena + e->data_offset;
  const uint8_t* sdp = arena + e->sdp_offset;
  size_t taken = 0;
  switch (e->type) {
    case VOXLOCK_UA_EV_CONNECT:
      self->connection = e->connection;
      CHECK(voxlock_ua_accept(other->ua, e->transport, "192.0.2.1", 9, 40000, &other->connection,
                              now));
      CHECK(voxlock_ua_connected(self->ua, e->connection, now));
      break;
    case VOXLOCK_UA_EV_TRANSMIT:
      CHECK(voxlock_ua_input(other->ua, other->connection, data, e->data_len, &taken, now));
      if (taken != e->data_len) fail("voxlock_ua_input", "bytes are left");
      break;
    case VOXLOCK_UA_EV_INCOMING:
      self->call = e->call;
      CHECK(voxlock_ua_ring(self->ua, e->call, 180, NULL, 0, now));
      answer_offer(self, sdp, e->sdp_len, now);
      break;
    case VOXLOCK_UA_EV_OFFER:
      answer_offer(self, sdp, e->sdp_len, now);
      break;
    case VOXLOCK_UA_EV_ANSWERED:
    case VOXLOCK_UA_EV_UPDATED:
      CHECK(voxlock_leg_accept_answer(self->leg, sdp, e->sdp_len, NULL, now));
      break;
    default:
      break;
  }
}

static void signal_one(host* self, host* other, uint64_t now) {
  static uint8_t arena[65536];
  voxlock_ua_event e;
  size_t count = 1;
  for (;;) {
    size_t len = sizeof arena;
    CHECK(voxlock_ua_poll(self->ua, &e, 1, &count, arena, &len, now));
    if (count == 0) return;
    printf("%s sip %u %u %u", self->name, (unsigned)e.type, (unsigned)e.status, (unsigned)e.cause);
    print_bytes(arena + e.data_offset, e.data_len);
    print_bytes(arena + e.sdp_offset, e.sdp_len);
    printf("\n");
    handle(self, other, &e, arena, now);
  }
}

static void signal_all(host* a, host* b, uint64_t now) {
  int i;
  for (i = 0; i < 6; ++i) {
    signal_one(a, b, now);
    signal_one(b, a, now);
  }
}

/* Takes what a leg or a bridge has: lines, and datagrams for out[0] or out[1] by their leg. */
static void take(const char* who, voxlock_leg* leg, voxlock_bridge* bridge,
                 const voxlock_address* source, wire* const out[2], uint64_t now) {
  static voxlock_media_event events[BATCH];
  static uint8_t arena[BATCH * DATAGRAM];
  size_t count = 1, i;
  while (count != 0) {
    CHECK(bridge != NULL
              ? voxlock_bridge_poll(bridge, events, BATCH, &count, arena, sizeof arena, now)
              : voxlock_leg_poll(leg, events, BATCH, &count, arena, sizeof arena, now));
    for (i = 0; i < count; ++i) {
      const voxlock_media_event* e = &events[i];
      wire* to = out[e->leg];
      print_event(who, e, arena + e->offset);
      if (e->type != VOXLOCK_EV_TRANSMIT) continue;
      if (to->count == BATCH) fail("take", "too many datagrams");
      memcpy(to->bytes[to->count], arena + e->offset, e->len);
      to->rows[to->count] =
          (voxlock_datagram){.data = to->bytes[to->count], .len = e->len, .source = source[e->leg]};
      ++to->count;
    }
  }
}

typedef struct scene {
  host phone, gateway, room;
  voxlock_leg* outward; /* of the gateway, to the room */
  voxlock_bridge* bridge;
  voxlock_encoder* encoder;
} scene;

/* What both peers have goes to the bridge, what that has goes to them. */
static void carry(scene* s, uint32_t packet, uint64_t now) {
  static wire in, back, onward;
  wire* const only[2] = {&in, &in};
  wire* const both[2] = {&back, &onward};
  const voxlock_address own[2] = {s->gateway.address,
                                  {.ip = {192, 0, 2, 2}, .port = 40002, .family = 4}};
  size_t i, of_phone;
  in.count = back.count = onward.count = 0;
  take("phone", s->phone.leg, NULL, &s->phone.address, only, now);
  if (packet == 40) in.count = 0; /* lost */
  if (packet == 30) {             /* a forged copy first */
    memcpy(in.bytes[1], in.bytes[0], in.rows[0].len);
    in.rows[1] = in.rows[0];
    in.rows[1].data = in.bytes[1];
    in.bytes[0][in.rows[0].len - 1] ^= 1;
    in.count = 2;
  }
  of_phone = in.count;
  take("room", s->room.leg, NULL, &s->room.address, only, now);
  for (i = of_phone; i < in.count; ++i) in.rows[i].leg = 1;
  CHECK(voxlock_bridge_input(s->bridge, in.rows, in.count, now));
  take("bridge", NULL, s->bridge, own, both, now);
  CHECK(voxlock_leg_input(s->phone.leg, back.rows, back.count, now));
  CHECK(voxlock_leg_input(s->room.leg, onward.rows, onward.count, now));
}

static void speak(scene* s, uint32_t packet, uint64_t now) {
  static const uint8_t key_press[4] = {5, 0x8a, 0x03, 0x20}; /* "5", its end, 100 ms; RFC 4733 */
  voxlock_leg_media_info media;
  uint8_t payload[160], opus[VOXLOCK_MAX_OPUS_PAYLOAD];
  int16_t pcm[320];
  size_t i, len = sizeof opus;
  media.struct_size = sizeof media;
  for (i = 0; i < sizeof payload; ++i) payload[i] = (uint8_t)(packet * 31 + i * 7);
  CHECK(voxlock_leg_media(s->phone.leg, &media));
  CHECK(voxlock_leg_send(s->phone.leg, media.payload_type_send, payload, sizeof payload,
                         packet * 160, packet == 0, now));
  if (packet == 50)
    CHECK(voxlock_leg_send(s->phone.leg, media.event_type_send, key_press, sizeof key_press,
                           packet * 160, 1, now));
  for (i = 0; i < 320; ++i) pcm[i] = (int16_t)((i * 700) % 20000) - 10000;
  CHECK(voxlock_encoder_encode(s->encoder, pcm, 320, opus, &len));
  CHECK(voxlock_leg_media(s->room.leg, &media));
  CHECK(voxlock_leg_send(s->room.leg, media.payload_type_send, opus, len, packet * 960, packet == 0,
                         now));
}

static void begin(scene* s) {
  static const char kTo[] = "sips:room@gateway.example.net";
  uint8_t offer[4096], answer[4096];
  size_t offer_len = sizeof offer, answer_len = sizeof answer;
  voxlock_ua_invite_config invite;
  voxlock_codec_config codec;
  s->phone = make_host("phone", 1, 1);
  s->gateway = make_host("gateway", 2, 2);
  s->room = make_host("room", 3, 3);
  make_ua(&s->phone, "phone.example.net");
  make_ua(&s->gateway, "gateway.example.net");
  s->phone.leg = make_leg(&s->phone, 40000, VOXLOCK_CODEC_PCMU);
  s->gateway.leg = make_leg(&s->gateway, 40000, VOXLOCK_CODEC_PCMU);
  s->outward = make_leg(&s->gateway, 40002, VOXLOCK_CODEC_OPUS);
  s->room.leg = make_leg(&s->room, 40000, VOXLOCK_CODEC_OPUS);
  CHECK(voxlock_bridge_new(s->gateway.ctx, s->gateway.leg, s->outward, NULL, &s->bridge));
  CHECK(voxlock_codec_config_init(&codec, sizeof codec));
  codec.codec = VOXLOCK_CODEC_OPUS;
  codec.sample_rate = 16000;
  CHECK(voxlock_encoder_new(s->room.ctx, &codec, &s->encoder));
  CHECK(voxlock_leg_offer(s->outward, 0, offer, &offer_len, 0));
  CHECK(voxlock_leg_answer(s->room.leg, offer, offer_len, answer, &answer_len, NULL, 0));
  CHECK(voxlock_leg_accept_answer(s->outward, answer, answer_len, NULL, 0));
  offer_len = sizeof offer;
  CHECK(voxlock_leg_offer(s->phone.leg, 0, offer, &offer_len, 0));
  CHECK(voxlock_ua_invite_config_init(&invite, sizeof invite));
  invite.to = kTo;
  invite.to_len = sizeof kTo - 1;
  invite.sdp = offer;
  invite.sdp_len = offer_len;
  CHECK(voxlock_ua_invite(s->phone.ua, &invite, &s->phone.call, 0));
  signal_all(&s->phone, &s->gateway, 0);
}

static void rekey(scene* s, uint64_t now) {
  uint8_t offer[4096];
  size_t len = sizeof offer;
  CHECK(voxlock_leg_offer(s->phone.leg, VOXLOCK_OFFER_REKEY, offer, &len, now));
  CHECK(voxlock_ua_offer(s->phone.ua, s->phone.call, offer, len, now));
  signal_all(&s->phone, &s->gateway, now);
}

static void end(scene* s, uint64_t now) {
  voxlock_bridge_stats stats = {.struct_size = sizeof stats};
  voxlock_leg_stats trunk = {.struct_size = sizeof trunk};
  int i;
  CHECK(voxlock_ua_hangup(s->phone.ua, s->phone.call, now));
  signal_all(&s->phone, &s->gateway, now);
  CHECK(voxlock_bridge_close(s->bridge, now));
  carry(s, PACKETS, now);
  CHECK(voxlock_bridge_get_stats(s->bridge, &stats));
  CHECK(voxlock_leg_get_stats(s->gateway.leg, &trunk));
  for (i = 0; i < 2; ++i)
    printf("lane %llu %llu %llu %llu\n", (unsigned long long)stats.packets_in[i],
           (unsigned long long)stats.packets_out[i], (unsigned long long)stats.lost[i],
           (unsigned long long)stats.concealed[i]);
  printf("trunk %llu %llu %u\n", (unsigned long long)trunk.packets_in,
         (unsigned long long)trunk.dropped[VOXLOCK_DROP_AUTH], (unsigned)trunk.rekeys);
}

int main(void) {
  static scene s;
  uint32_t packet;
  begin(&s);
  for (packet = 0; packet < PACKETS; ++packet) {
    const uint64_t now = packet * 20 * MS;
    if (packet == 60) rekey(&s, now);
    speak(&s, packet, now);
    carry(&s, packet, now);
  }
  end(&s, PACKETS * 20 * MS);
  voxlock_bridge_free(s.bridge);
  voxlock_encoder_free(s.encoder);
  voxlock_leg_free(s.phone.leg);
  voxlock_leg_free(s.gateway.leg);
  voxlock_leg_free(s.outward);
  voxlock_leg_free(s.room.leg);
  voxlock_ua_free(s.phone.ua);
  voxlock_ua_free(s.gateway.ua);
  voxlock_context_free(s.phone.ctx);
  voxlock_context_free(s.gateway.ctx);
  voxlock_context_free(s.room.ctx);
  return 0;
}
