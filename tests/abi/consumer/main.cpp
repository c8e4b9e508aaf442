// The C program's C++ twin.
#include <voxlock/voxlock.h>

#include <cstdio>
#include <memory>

struct Free {
  void operator()(voxlock_context* ctx) const { voxlock_context_free(ctx); }
};

int main() {
  voxlock_context* raw = nullptr;
  const int32_t rc = voxlock_context_new(nullptr, &raw);
  const std::unique_ptr<voxlock_context, Free> ctx(raw);
  if (rc != VOXLOCK_OK) {
    std::printf("voxlock: %s\n", voxlock_strerror(rc));
    return 1;
  }
  std::printf("%s %d\n", voxlock_version_string(), static_cast<int>(voxlock_has("srtp.private")));
  return 0;
}
