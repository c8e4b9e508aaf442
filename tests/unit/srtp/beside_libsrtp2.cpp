// One process, two copies of libsrtp2: the host's shared one is initialised and shut down while our
// sessions work. Arguments: the path of libvoxlock.so. Exit status 77 (skipped) without
// libsrtp2.so.1.
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "voxlock/srtp.h"

namespace {

template <typename Function>
Function symbol(void* library, const char* name) {
  void* const address = dlsym(library, name);
  if (address == nullptr) std::fprintf(stderr, "no symbol %s\n", name);
  return reinterpret_cast<Function>(address);
}

int check(bool is_good, const std::string& what) {
  if (!is_good) std::fprintf(stderr, "failed: %s\n", what.c_str());
  return is_good ? 0 : 1;
}

struct Ours {
  explicit Ours(void* library)
      : context_new(symbol<decltype(&voxlock_context_new)>(library, "voxlock_context_new")),
        context_free(symbol<decltype(&voxlock_context_free)>(library, "voxlock_context_free")),
        config_init(
            symbol<decltype(&voxlock_srtp_config_init)>(library, "voxlock_srtp_config_init")),
        make(symbol<decltype(&voxlock_srtp_new)>(library, "voxlock_srtp_new")),
        free(symbol<decltype(&voxlock_srtp_free)>(library, "voxlock_srtp_free")),
        seal(symbol<decltype(&voxlock_srtp_seal)>(library, "voxlock_srtp_seal")),
        open(symbol<decltype(&voxlock_srtp_open)>(library, "voxlock_srtp_open")) {}

  voxlock_srtp* session(voxlock_context* ctx, int32_t suite, size_t key_len) const {
    static const uint8_t kKey[46] = {9, 9, 9};
    voxlock_srtp_config config;
    if (config_init(&config, sizeof config) != VOXLOCK_OK) return nullptr;
    config.suite = suite;
    config.key = kKey;
    config.key_len = key_len;
    voxlock_srtp* srtp = nullptr;
    return make(ctx, &config, &srtp) == VOXLOCK_OK ? srtp : nullptr;
  }
  [[nodiscard]] bool loops(voxlock_srtp* srtp, uint8_t sequence) const {
    const uint8_t plain[32] = {0x80, 0, 0, sequence, 0, 0, 0, 0, 1, 2, 3, 4, 'h', 'i'};
    uint8_t sealed[64];
    uint8_t opened[64];
    size_t sealed_len = sizeof sealed;
    size_t opened_len = sizeof opened;
    return seal(srtp, plain, sizeof plain, sealed, &sealed_len) == VOXLOCK_OK &&
           open(srtp, sealed, sealed_len, opened, &opened_len, 0) == VOXLOCK_OK &&
           opened_len == sizeof plain && std::memcmp(opened, plain, sizeof plain) == 0;
  }

  decltype(&voxlock_context_new) context_new;
  decltype(&voxlock_context_free) context_free;
  decltype(&voxlock_srtp_config_init) config_init;
  decltype(&voxlock_srtp_new) make;
  decltype(&voxlock_srtp_free) free;
  decltype(&voxlock_srtp_seal) seal;
  decltype(&voxlock_srtp_open) open;
};

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 2) return 2;
  void* const theirs = dlopen("libsrtp2.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (theirs == nullptr) {
    std::printf("skipped: %s\n", dlerror());
    return 77;
  }
  void* const library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const auto init = symbol<int (*)()>(theirs, "srtp_init");
  const auto shutdown = symbol<int (*)()>(theirs, "srtp_shutdown");
  const Ours ours(library);
  int failures = check(init() == 0, "the host's srtp_init");
  voxlock_context* ctx = nullptr;
  failures += check(ours.context_new(nullptr, &ctx) == VOXLOCK_OK, "context");
  voxlock_srtp* const cm = ours.session(ctx, VOXLOCK_AES_CM_128_HMAC_SHA1_80, 30);
  voxlock_srtp* const gcm = ours.session(ctx, VOXLOCK_AEAD_AES_256_GCM, 44);
  failures += check(cm != nullptr && gcm != nullptr, "sessions");
  if (failures != 0) return 1;
  failures += check(ours.loops(cm, 1) && ours.loops(gcm, 1), "before the host's srtp_shutdown");
  failures += check(shutdown() == 0, "the host's srtp_shutdown");
  failures += check(ours.loops(cm, 2) && ours.loops(gcm, 2), "after the host's srtp_shutdown");
  voxlock_srtp* const late = ours.session(ctx, VOXLOCK_AEAD_AES_128_GCM, 28);
  failures += check(late != nullptr && ours.loops(late, 1), "a session made after it");
  for (voxlock_srtp* srtp : {cm, gcm, late}) ours.free(srtp);
  ours.context_free(ctx);
  std::printf("%s\n", failures == 0 ? "two copies of libsrtp2 live side by side" : "FAILED");
  return failures == 0 ? 0 : 1;
}
