/* A program outside the tree: the installed headers, the installed library, nothing else. */
#include <stdio.h>
#include <voxlock/voxlock.h>

int main(void) {
  static const uint8_t seed[16] = {1};
  voxlock_context_config config;
  voxlock_context* ctx = NULL;
  int32_t rc = voxlock_context_config_init(&config, sizeof config);
  if (rc == VOXLOCK_OK) {
    config.seed = seed;
    config.seed_len = sizeof seed;
    rc = voxlock_context_new(&config, &ctx);
  }
  voxlock_context_free(ctx);
  if (rc != VOXLOCK_OK) {
    printf("voxlock: %s\n", voxlock_strerror(rc));
    return 1;
  }
  if (voxlock_sizeof("voxlock_context_config") != sizeof config) return 1;
  printf("%s %d\n", voxlock_version_string(), (int)voxlock_has("srtp.private"));
  return 0;
}
