// Bytes as a host that calls the functions of the C ABI in any order, with handles that are there,
// NULL or freed in any order, configs of any size, times that go back, and memory that runs out.
// Every status is one of the list, a step that fails has changed nothing where that can be seen,
// and in the end all memory is back, wiped.
#include <cstdio>
#include <random>

#include "capi_media.h"
#include "capi_signalling.h"
#include "support/allocator.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

const uint8_t kSeed[] = "a fixed seed makes runs repeat!";

voxlock_context* make_context(const voxlock_allocator* allocator) {
  voxlock_context_config config;
  require(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.allocator = allocator;
  config.seed = kSeed;
  config.seed_len = 31;
  config.wall_time_ns = 1'800'000'000'000'000'000;
  voxlock_context* out = nullptr;
  require(voxlock_context_new(&config, &out) == VOXLOCK_OK);
  return out;
}

const voxlock_identity* shared_identity() {
  static const voxlock_identity* const made = [] {
    voxlock_context* ctx = make_context(nullptr);
    voxlock_identity* out = nullptr;
    voxlock_identity_config config{};
    config.struct_size = sizeof config;
    config.common_name = "b.example";
    config.dns_name = "b.example";
    config.not_after_s = 4'000'000'000;
    require(voxlock_identity_new(ctx, &config, &out) == VOXLOCK_OK);
    voxlock_context_free(ctx);
    return out;
  }();
  return made;
}

void play(ByteView bytes) {
  TestAllocator allocator;
  Script script(bytes);
  voxlock_context* ctx = make_context(allocator.raw());
  MediaHost media(ctx);
  SignallingHost signalling(ctx, shared_identity());
  while (!script.is_over()) {
    const uint32_t step = script.below(60);
    if (step == 0) {
      allocator.fail_after(script.below(40), script.one_in(4));
    } else if (step == 1) {
      known(voxlock_context_set_wall_time(ctx, script.u32(), script.now()));
    } else if (step < 34) {
      media.run(script);
    } else {
      signalling.run(script);
    }
    if (step > 2 && script.one_in(4)) allocator.never_fail();
  }
  allocator.never_fail();
  // The context may go first: its handles keep it.
  const bool is_first = !bytes.empty() && (bytes[0] & 1) != 0;
  if (is_first) voxlock_context_free(ctx);
  Script order(bytes);
  media.free_all(order);
  signalling.free_all(order);
  if (!is_first) voxlock_context_free(ctx);
  require(allocator.live_blocks == 0);
}

// Programs by chance; VOXLOCK_CAPI_RUNS of them by hand.
bool play_seeds() {
  const char* wanted = std::getenv("VOXLOCK_CAPI_RUNS");
  const char* first = std::getenv("VOXLOCK_CAPI_FIRST");
  const uint32_t runs = wanted != nullptr ? static_cast<uint32_t>(std::atoi(wanted)) : 40;
  const uint32_t start = first != nullptr ? static_cast<uint32_t>(std::atoi(first)) : 1;
  for (uint32_t seed = start; seed < start + runs; ++seed) {
    std::mt19937 random(seed);
    std::vector<uint8_t> program(12000);
    for (uint8_t& byte : program) byte = static_cast<uint8_t>(random());
    if (wanted != nullptr) std::fprintf(stderr, "\r%u ", seed);
    play(program);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool has_seeds = play_seeds();
  require(has_seeds);
  play(ByteView(data, size));
  return 0;
}
