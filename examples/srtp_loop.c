/* Two ends of SRTP in one program: a sealed packet opens once; replayed and forged ones are
 * refused. usage: srtp_loop [SUITE]   a name as in SDP, default AES_CM_128_HMAC_SHA1_80. RFC 3711,
 * section 3.3 */
#include <stdio.h>
#include <string.h>
#include <voxlock/voxlock.h>

/* A real call takes its keys from the signalling, never from the source. */
static const uint8_t g_key[46] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static int fail(const char* what, const char* why) {
  fprintf(stderr, "srtp_loop: %s: %s\n", what, why);
  return 1;
}

static int find_suite(const char* name, voxlock_srtp_suite* suite) {
  int32_t id;
  suite->struct_size = sizeof *suite;
  for (id = 1; voxlock_srtp_suite_info(id, suite) == VOXLOCK_OK; ++id) {
    if (strcmp(suite->name, name) == 0) return 1;
  }
  return 0;
}

/* One session seals with the key, the other opens with it. */
static int32_t make(voxlock_context* ctx, const voxlock_srtp_suite* suite, int is_sender,
                    voxlock_srtp** out) {
  voxlock_srtp_config config;
  const size_t key_len = (size_t)suite->key_len + suite->salt_len;
  const int32_t rc = voxlock_srtp_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.suite = suite->suite;
  if (is_sender) {
    config.key = g_key;
    config.key_len = key_len;
  } else {
    config.peer_key = g_key;
    config.peer_key_len = key_len;
  }
  return voxlock_srtp_new(ctx, &config, out);
}

/* Opens a packet, says what happened, and tells whether it was what is wanted. */
static int opens_as(const char* title, voxlock_srtp* srtp, const uint8_t* packet, size_t len,
                    int32_t wanted) {
  uint8_t plain[256];
  size_t plain_len = sizeof plain;
  const int32_t rc = voxlock_srtp_open(srtp, packet, len, plain, &plain_len, 0);
  printf("%-9s %s\n", title, rc == VOXLOCK_OK ? "opened" : voxlock_strerror(rc));
  if (rc != wanted) return 0;
  return rc != VOXLOCK_OK || memcmp(plain + 12, "20 ms of speech", 15) == 0;
}

static int run(voxlock_srtp* sender, voxlock_srtp* receiver) {
  uint8_t packet[64];
  uint8_t sealed[256];
  size_t packet_len = sizeof packet;
  size_t len = sizeof sealed;
  voxlock_rtp_header header;
  int32_t rc;
  memset(&header, 0, sizeof header);
  header.struct_size = sizeof header;
  header.sequence = 1;
  header.ssrc = 0x1234;
  rc = voxlock_rtp_build(&header, (const uint8_t*)"20 ms of speech", 15, packet, &packet_len);
  if (rc == VOXLOCK_OK) rc = voxlock_srtp_seal(sender, packet, packet_len, sealed, &len);
  if (rc != VOXLOCK_OK) return fail("seal", voxlock_strerror(rc));
  printf("sealed    %u bytes became %u\n", (unsigned)packet_len, (unsigned)len);
  if (!opens_as("genuine", receiver, sealed, len, VOXLOCK_OK) ||
      !opens_as("replayed", receiver, sealed, len, VOXLOCK_ERR_SRTP_REPLAYED)) {
    return fail("open", "not as expected");
  }
  header.sequence = 2;
  packet_len = sizeof packet;
  len = sizeof sealed;
  rc = voxlock_rtp_build(&header, (const uint8_t*)"20 ms of speech", 15, packet, &packet_len);
  if (rc == VOXLOCK_OK) rc = voxlock_srtp_seal(sender, packet, packet_len, sealed, &len);
  if (rc != VOXLOCK_OK) return fail("seal", voxlock_strerror(rc));
  sealed[12] ^= 1;
  if (!opens_as("forged", receiver, sealed, len, VOXLOCK_ERR_SRTP_AUTH))
    return fail("open", "not as expected");
  sealed[12] ^= 1; /* The forgery changed nothing: the genuine packet still opens. */
  if (!opens_as("genuine", receiver, sealed, len, VOXLOCK_OK))
    return fail("open", "not as expected");
  return 0;
}

int main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "AES_CM_128_HMAC_SHA1_80";
  voxlock_context* ctx = NULL;
  voxlock_srtp* sender = NULL;
  voxlock_srtp* receiver = NULL;
  voxlock_srtp_suite suite;
  int result;
  int32_t rc;
  if (argc > 2) return fail("usage", "srtp_loop [SUITE]");
  if (!find_suite(name, &suite)) return fail(name, "no such suite");
  rc = voxlock_context_new(NULL, &ctx);
  if (rc == VOXLOCK_OK) rc = make(ctx, &suite, 1, &sender);
  if (rc == VOXLOCK_OK) rc = make(ctx, &suite, 0, &receiver);
  result = rc == VOXLOCK_OK ? run(sender, receiver) : fail("setup", voxlock_strerror(rc));
  voxlock_srtp_free(sender);
  voxlock_srtp_free(receiver);
  voxlock_context_free(ctx);
  return result;
}
