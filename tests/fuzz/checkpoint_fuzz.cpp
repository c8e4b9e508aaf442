// Checkpoints: a forged one is never taken, and a state that opens but says nonsense (of another
// build, or a broken store behind a right key) is loaded whole or not at all.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/context.h"
#include "crypto/drbg.h"
#include "leg/leg.h"
#include "leg/negotiation.h"
#include "voxlock/voxlock.h"

using namespace voxlock;

namespace {

constexpr uint64_t kNow = 1'000'000'000;

void require(bool is_met) {
  if (!is_met) std::abort();
}

struct World {
  Memory memory{nullptr};
  crypto::Drbg random;
  Context context{memory, random, LogSink{}};
  voxlock_context* ctx = nullptr;
  voxlock_ua* ua = nullptr;
  std::vector<uint8_t> state = std::vector<uint8_t>(64 * 1024);

  World() {
    require(random.seed(as_bytes("voxlock test seed 0123456789")).has_value());
    require(voxlock_context_new(nullptr, &ctx) == VOXLOCK_OK);
    voxlock_ua_config config;
    require(voxlock_ua_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.host = "a.example";
    config.host_len = std::strlen(config.host);
    require(voxlock_ua_new(ctx, &config, &ua) == VOXLOCK_OK);
    save();
  }
  Box<leg::Leg> make(uint8_t host) {
    leg::LegConfig config;
    config.rtp_address.family = 4;
    config.rtp_address.port = 4000;
    config.rtp_address.ip = {192, 0, 2, host};
    auto made = leg::Leg::create(context, random, config);
    require(made.has_value());
    return *std::move(made);
  }
  // The state of a leg that has sent.
  void save() {
    auto a = make(1), b = make(2);
    auto from = leg::Negotiation::create(*a, random), to = leg::Negotiation::create(*b, random);
    require(from.has_value() && to.has_value());
    std::array<uint8_t, 4096> offer{}, answer{};
    bytes::Writer offered(offer), answered(answer);
    require(from->offer(*a, {}, offered).has_value());
    require(to->answer(*b, as_text(offered.written()), answered, kNow).has_value());
    require(from->accept_answer(*a, as_text(answered.written()), kNow).has_value());
    std::array<uint8_t, 60> packet{};
    require(a->send(packet, {a->agreement()->payload_type_send, false, 160}, kNow).has_value());
    bytes::Writer writer(state);
    a->save(writer, {100, 64});
    require(from->save(writer).has_value() && writer.ok());
    state.resize(writer.size());
  }
};

// Loads it, and lets what was loaded speak and be saved again.
void load(World& world, ByteView state) {
  Loader loader(state);
  auto leg = leg::Leg::load(world.context, world.random, loader, kNow);
  if (!leg) return;
  auto negotiation = leg::Negotiation::load(**leg, world.random, loader);
  if (!negotiation) return;
  std::array<uint8_t, 60> packet{};
  (void)(*leg)->send(packet, {0, false, 160}, kNow);
  (*leg)->run_timers(2 * kNow);
  std::vector<uint8_t> again(256 * 1024);
  bytes::Writer writer(again);
  (*leg)->save(writer, {100, 64});
  require(negotiation->save(writer).has_value() && writer.ok());
  Loader second(writer.written());
  auto next = leg::Leg::load(world.context, world.random, second, kNow);
  // Only numbers that were near their end keep a leg from going on.
  require(next.has_value() || next.error() != Status::ERR_SYNTAX);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  const std::array<uint8_t, VOXLOCK_CHECKPOINT_KEY> key{1};
  voxlock_checkpoint_config config;
  require(voxlock_checkpoint_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.key = key.data();
  config.key_len = key.size();
  voxlock_leg* leg = nullptr;
  uint64_t call = 0;
  require(voxlock_leg_import(world.ctx, &config, data, size, &leg, kNow) != VOXLOCK_OK);
  require(voxlock_ua_import(world.ua, &config, data, size, &call, kNow) != VOXLOCK_OK);
  load(world, {data, size});
  // The right state with some bytes of another.
  if (size < 3) return 0;
  std::vector<uint8_t> patched = world.state;
  const size_t at = (size_t{data[0]} << 8 | data[1]) % patched.size();
  const size_t len = std::min(size - 2, patched.size() - at);
  std::copy_n(data + 2, len, patched.begin() + static_cast<std::ptrdiff_t>(at));
  load(world, patched);
  return 0;
}
