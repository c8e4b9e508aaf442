#include "voxlock/voxlock.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "support/allocator.h"
#include "support/catch.h"
#include "support/locks.h"

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
      {"memory", [](auto& c) { c.memory = 3; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"reserved", [](auto& c) { c.reserved = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
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
  CHECK(voxlock_context_memory(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
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
    }
  }
}

TEST_CASE("keys and audio lie in arenas unless the host's allocator is to have all") {
  struct Row {
    const char* name;
    uint32_t memory;
    bool has_allocator;
    bool has_arena;
  };
  const Row rows[] = {{"alone", VOXLOCK_MEMORY_AUTO, false, true},
                      {"allocator", VOXLOCK_MEMORY_AUTO, true, false},
                      {"allocator and arena", VOXLOCK_MEMORY_ARENA, true, true}};
  for (const Row& row : rows) {
    INFO(row.name);
    TestAllocator allocator;
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.memory = row.memory;
    if (row.has_allocator) config.allocator = allocator.raw();
    voxlock_context* ctx = nullptr;
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
    voxlock_memory_info before{};
    before.struct_size = sizeof before;
    REQUIRE(voxlock_context_memory(ctx, &before) == VOXLOCK_OK);
    CHECK((before.reserved_bytes != 0) == row.has_arena);
    CHECK(before.locked_bytes <= before.reserved_bytes);
    if (before.is_locked == 1) CHECK(before.locked_bytes == before.reserved_bytes);
    const uint64_t blocks = allocator.live_blocks;
    voxlock_decoder* decoder = nullptr;
    REQUIRE(voxlock_decoder_new(ctx, nullptr, &decoder) == VOXLOCK_OK);
    voxlock_memory_info after = before;
    REQUIRE(voxlock_context_memory(ctx, &after) == VOXLOCK_OK);
    CHECK((after.used_bytes > before.used_bytes) == row.has_arena);
    CHECK((allocator.live_blocks > blocks) == (row.has_allocator && !row.has_arena));
    voxlock_decoder_free(decoder);
    REQUIRE(voxlock_context_memory(ctx, &after) == VOXLOCK_OK);
    CHECK(after.used_bytes == before.used_bytes);
    voxlock_context_free(ctx);
    CHECK(allocator.live_blocks == 0);
  }
}

TEST_CASE("a context that is to lock its memory is made only where it can be") {
  const auto in_child = [](bool may_lock) {
    const pid_t child = fork();
    if (child == 0) {
      const rlimit limit{may_lock ? 65536U : 0U, may_lock ? 65536U : 0U};
      if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || (getuid() == 0 && setuid(65534) != 0))
        _exit(99);
      voxlock_context_config config;
      (void)voxlock_context_config_init(&config, sizeof config);
      config.memory = VOXLOCK_MEMORY_LOCKED;
      voxlock_context* ctx = nullptr;
      const int32_t status = voxlock_context_new(&config, &ctx);
      voxlock_context_free(ctx);
      _exit(status == VOXLOCK_OK ? 0 : -status);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return -WEXITSTATUS(status);
  };
  if (voxlock::test::kHasLocks) CHECK(in_child(false) == VOXLOCK_ERR_NO_MEMORY);
  CHECK(in_child(true) == VOXLOCK_OK);
}

TEST_CASE("a child of fork may free what its parent made, and the parent goes on") {
  if (!voxlock::test::wipes_on_fork()) {
    WARN("skipped: this system takes no advice about mappings");
    return;
  }
  voxlock_context* ctx = nullptr;
  REQUIRE(voxlock_context_new(nullptr, &ctx) == VOXLOCK_OK);
  voxlock_decoder* decoder = nullptr;
  REQUIRE(voxlock_decoder_new(ctx, nullptr, &decoder) == VOXLOCK_OK);
  voxlock_leg* legs[2] = {};
  for (voxlock_leg*& leg : legs) {
    voxlock_leg_config config;
    REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.rtp_address.family = 4;
    config.rtp_address.ip[0] = 192;
    config.rtp_address.port = 4000;
    REQUIRE(voxlock_leg_new(ctx, &config, &leg) == VOXLOCK_OK);
  }
  voxlock_bridge* bridge = nullptr;
  REQUIRE(voxlock_bridge_new(ctx, legs[0], legs[1], nullptr, &bridge) == VOXLOCK_OK);
  const auto free_all = [&] {
    voxlock_bridge_free(bridge);
    for (voxlock_leg* leg : legs) voxlock_leg_free(leg);
    voxlock_decoder_free(decoder);
    voxlock_context_free(ctx);
  };
  const pid_t child = fork();
  if (child == 0) {
    voxlock_leg* leg = nullptr;
    voxlock_leg_config config;
    (void)voxlock_leg_config_init(&config, sizeof config);
    config.rtp_address.family = 4;
    config.rtp_address.ip[0] = 192;
    config.rtp_address.port = 4000;
    // It would draw the keys that the parent draws next.
    if (voxlock_leg_new(ctx, &config, &leg) != VOXLOCK_ERR_NO_MEMORY) _exit(1);
    free_all();
    _exit(leg == nullptr ? 0 : 2);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  int16_t pcm[VOXLOCK_MAX_PACKET_SAMPLES];
  size_t samples = VOXLOCK_MAX_PACKET_SAMPLES;
  const uint8_t payload[160] = {};
  CHECK(voxlock_decoder_decode(decoder, payload, sizeof payload, pcm, &samples) == VOXLOCK_OK);
  free_all();
}

TEST_CASE("version, features and layouts answer for unknown names too") {
  CHECK(voxlock_version() == 1000);
  CHECK(std::string(voxlock_version_string()) == "0.1.0");
  CHECK(voxlock_has(nullptr) == 0);
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
