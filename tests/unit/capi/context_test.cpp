#include "voxlock/voxlock.h"

#include <cstdint>
#include <string>

#include "support/allocator.h"
#include "support/catch.h"

using voxlock::test::TestAllocator;

TEST_CASE("a context is made from NULL and from a config") {
  voxlock_context* ctx = nullptr;
  REQUIRE(voxlock_context_new(nullptr, &ctx) == VOXLOCK_OK);
  REQUIRE(ctx != nullptr);
  CHECK(voxlock_context_set_wall_time(ctx, 1, 0) == VOXLOCK_OK);
  voxlock_context_free(ctx);
  voxlock_context_free(nullptr);
}

TEST_CASE("a bad config is refused with its own status and no handle") {
  struct Row {
    const char* title;
    void (*change)(voxlock_context_config&);
    int32_t status;
  };
  static const uint8_t kSeed[64] = {};
  static const voxlock_allocator kNoFunctions{sizeof(voxlock_allocator), 0, nullptr, nullptr,
                                              nullptr};
  static const voxlock_allocator kNoSize{0, 0, nullptr, nullptr, nullptr};
  const Row rows[] = {
      {"struct_size 0", [](auto& c) { c.struct_size = 0; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"struct_size huge", [](auto& c) { c.struct_size = UINT32_MAX; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"short seed", [](auto& c) { c.seed = kSeed, c.seed_len = 15; },
       VOXLOCK_ERR_INVALID_ARGUMENT},
      {"long seed", [](auto& c) { c.seed = kSeed, c.seed_len = 65; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"seed without bytes", [](auto& c) { c.seed_len = 16; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"log level", [](auto& c) { c.log_level = 5; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"allocator", [](auto& c) { c.allocator = &kNoFunctions; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"allocator size", [](auto& c) { c.allocator = &kNoSize; }, VOXLOCK_ERR_STRUCT_SIZE},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    row.change(config);
    auto* ctx = reinterpret_cast<voxlock_context*>(&config);
    CHECK(voxlock_context_new(&config, &ctx) == row.status);
    CHECK(ctx == nullptr);
  }
  CHECK(voxlock_context_new(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_context_config_init(nullptr, 4) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_context_set_wall_time(nullptr, 1, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("every allocation of a context may fail") {
  for (const bool for_good : {false, true}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      TestAllocator allocator;
      allocator.fail_after(n, for_good);
      voxlock_context_config config;
      REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
      config.allocator = allocator.raw();
      voxlock_context* ctx = nullptr;
      const int32_t status = voxlock_context_new(&config, &ctx);
      is_done = !allocator.has_failed;
      CHECK(status == (is_done ? VOXLOCK_OK : VOXLOCK_ERR_NO_MEMORY));
      voxlock_context_free(ctx);
      CHECK(allocator.live_blocks == 0);
      CHECK(allocator.dirty_frees == 0);
    }
  }
}

TEST_CASE("version, features and layouts answer for unknown names too") {
  CHECK(voxlock_version() == 1000);
  CHECK(std::string(voxlock_version_string()) == "0.1.0");
  CHECK(voxlock_has(nullptr) == 0);
  CHECK(voxlock_has("memory.wipe") == 1);
  CHECK(voxlock_has("teleport") == 0);
  for (const char* module :
       {"sip", "sdp", "rtp", "srtp", "tls", "ua", "leg", "bridge", "e2ee.livekit", "e2ee.sframe"})
    CHECK(voxlock_has(module) == 1);
  CHECK(voxlock_sizeof("voxlock_context_config") == sizeof(voxlock_context_config));
  CHECK(voxlock_sizeof("nothing") == 0);
  CHECK(voxlock_sizeof(nullptr) == 0);
  CHECK(voxlock_offsetof("voxlock_context_config", "seed") ==
        offsetof(voxlock_context_config, seed));
  CHECK(voxlock_offsetof("voxlock_context_config", "nothing") == SIZE_MAX);
  CHECK(voxlock_offsetof("nothing", "seed") == SIZE_MAX);
  CHECK(voxlock_offsetof(nullptr, nullptr) == SIZE_MAX);
}
