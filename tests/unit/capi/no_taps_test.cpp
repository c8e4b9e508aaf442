// A library built with VOXLOCK_NO_TAPS: its host gets no audio of a bridge.
#include <string>

#include "support/c_legs.h"

using namespace voxlock::test;

namespace {

int32_t pass(void*, const int16_t*, int16_t*, size_t) {
  return 1;
}

}  // namespace

TEST_CASE("a build without taps has none") {
  CHECK(voxlock_has("taps") == 0);
  Host host;
  voxlock_leg* trunk = leg(host, 1);
  voxlock_leg* room = leg(host, 2);
  voxlock_bridge* bridge = nullptr;
  REQUIRE(voxlock_bridge_new(host.ctx, trunk, room, nullptr, &bridge) == VOXLOCK_OK);
  voxlock_tap* tap = reinterpret_cast<voxlock_tap*>(&host);
  CHECK(voxlock_tap_new(host.ctx, trunk, nullptr, &tap) == VOXLOCK_ERR_UNSUPPORTED);
  CHECK(tap == nullptr);
  CHECK(voxlock_bridge_revoke_taps(bridge) == VOXLOCK_OK);
  voxlock_bridge_free(bridge);
  voxlock_leg_free(trunk);
  voxlock_leg_free(room);
}

TEST_CASE("a build without taps refuses a host processor in a bridge, and no other stage") {
  Host host;
  voxlock_leg* trunk = leg(host, 1, VOXLOCK_CODEC_PCMU);
  voxlock_leg* room = leg(host, 2, VOXLOCK_CODEC_PCMU);
  voxlock_stage stage;
  REQUIRE(voxlock_stage_init(&stage, sizeof stage, VOXLOCK_STAGE_HOST) == VOXLOCK_OK);
  stage.process = pass;
  stage.sample_rate = 8000;
  stage.frame_samples = 160;
  voxlock_bridge_config config;
  REQUIRE(voxlock_bridge_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.stages[VOXLOCK_BACKWARD] = &stage;
  config.stage_count[VOXLOCK_BACKWARD] = 1;
  voxlock_bridge* bridge = nullptr;
  CHECK(voxlock_bridge_new(host.ctx, trunk, room, &config, &bridge) == VOXLOCK_ERR_UNSUPPORTED);
  CHECK(bridge == nullptr);
  stage.kind = VOXLOCK_STAGE_GAIN;
  CHECK(voxlock_bridge_new(host.ctx, trunk, room, &config, &bridge) == VOXLOCK_OK);
  voxlock_bridge_free(bridge);
  voxlock_leg_free(trunk);
  voxlock_leg_free(room);
}
