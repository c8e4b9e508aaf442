// A host of the C ABI: a context on a counting allocator that must be empty and clean in the end.
#pragma once

#include <cstdint>
#include <string>

#include "support/allocator.h"
#include "support/catch.h"
#include "voxlock/voxlock.h"

namespace voxlock::test {

inline const uint8_t* raw(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
inline std::string str(const voxlock_sip_text& text) {
  return {text.data, text.len};
}

struct Host {
  Host() {
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allocator = allocator.raw();
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
  }
  ~Host() {
    voxlock_context_free(ctx);
    CHECK(allocator.live_blocks == 0);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  TestAllocator allocator;
  voxlock_context* ctx = nullptr;
};

}  // namespace voxlock::test
