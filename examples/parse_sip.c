/* Parses one SIP message and prints what most readers want. RFC 3261, section 7.
 * usage: parse_sip [FILE]   without a file: standard input */
#include <stdio.h>
#include <voxlock/voxlock.h>

static uint8_t g_input[65536];

static int fail(const char* what, const char* why) {
  fprintf(stderr, "parse_sip: %s: %s\n", what, why);
  return 1;
}

/* Texts point into the message and have no NUL. Bytes that a terminal would obey are shown as '?'.
 */
static void show(const char* label, voxlock_sip_text text) {
  size_t i;
  printf("%-7s ", label);
  for (i = 0; i < text.len; ++i) {
    const unsigned char c = (unsigned char)text.data[i];
    putchar(c < 32 || c == 127 ? '?' : c);
  }
  putchar('\n');
}

static int print_message(const voxlock_sip_message* message) {
  voxlock_sip_summary summary;
  voxlock_sip_text via;
  size_t i;
  int32_t rc;
  summary.struct_size = sizeof summary;
  rc = voxlock_sip_message_summary(message, &summary);
  if (rc != VOXLOCK_OK) return fail("summary", voxlock_strerror(rc));
  if (summary.status_code != 0) printf("status  %d\n", (int)summary.status_code);
  show("method", summary.method);
  if (summary.status_code == 0) show("uri", summary.uri);
  show("from", summary.from_uri);
  show("to", summary.to_uri);
  for (i = 0; voxlock_sip_message_value(message, "Via", i, &via) == VOXLOCK_OK; ++i)
    show("via", via);
  if (summary.body.len == 0) {
    printf("body    none\n");
  } else {
    show("body", summary.content_type);
  }
  return 0;
}

int main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "standard input";
  FILE* file = stdin;
  voxlock_context* ctx = NULL;
  voxlock_sip_message* message = NULL;
  size_t len;
  int has_failed;
  int result;
  int32_t rc;

  if (argc > 2) return fail("usage", "parse_sip [FILE]");
  if (argc == 2 && (file = fopen(name, "rb")) == NULL) return fail(name, "cannot be opened");
  len = fread(g_input, 1, sizeof g_input, file);
  has_failed = ferror(file) || (len == sizeof g_input && fgetc(file) != EOF);
  if (file != stdin) fclose(file);
  if (has_failed) return fail(name, "cannot be read, or is longer than 65536 bytes");

  rc = voxlock_context_new(NULL, &ctx);
  if (rc == VOXLOCK_OK) rc = voxlock_sip_message_new(ctx, NULL, &message);
  if (rc == VOXLOCK_OK)
    rc = voxlock_sip_message_parse(message, g_input, len, VOXLOCK_SIP_DATAGRAM, NULL);
  result = rc == VOXLOCK_OK ? print_message(message) : fail(name, voxlock_strerror(rc));
  voxlock_sip_message_free(message);
  voxlock_context_free(ctx);
  return result;
}
