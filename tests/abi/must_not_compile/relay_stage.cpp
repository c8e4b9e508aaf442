// What a relay carries is sealed end to end: no stage can be attached to it.
// expect: no member named
#include "audio/chain.h"
#include "bridge/relay.h"

void join(voxlock::leg::Leg& first, voxlock::leg::Leg& second,
          std::span<const voxlock::audio::StageConfig> stages) {
  voxlock::bridge::RelayConfig config;
#ifdef VOXLOCK_MISUSE
  config.stages[0] = stages;
#else
  (void)stages;
#endif
  voxlock::bridge::Relay relay(first, second, config);
  relay.refresh();
}
