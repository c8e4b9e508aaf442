// What a relay carries is sealed end to end: no tap can be attached to it.
// expect: no member named
#include "bridge/bridge.h"
#include "bridge/relay.h"

#ifdef VOXLOCK_MISUSE
using Joint = voxlock::bridge::Relay;
#else
using Joint = voxlock::bridge::Bridge;
#endif

voxlock::Status listen(Joint& joint, voxlock::bridge::Tap& tap) {
  return joint.attach(tap, 0).error();
}
