// voxlock_has: what this build can do.

#include <string_view>

#include "base/beneath.h"
#include "bridge/tap.h"
#include "tls/dtls_engine.h"
#include "tls/settings.h"
#include "voxlock/context.h"

namespace {

using voxlock::tls::DtlsEngine;
using voxlock::tls::SrtpProfile;

struct Feature {
  std::string_view name;
  bool is_there;
};

const Feature kFeatures[] = {
    {"codec.pcmu", true},
    {"codec.pcma", true},
    {"codec.opus", true},
    {"codec.l16", true},
    {"audio.denoise", true},
    {"audio.resample", true},
    {"bridge", true},
    {"checkpoint", true},
    {"e2ee.livekit", true},
    {"e2ee.sframe", true},
    {"ice.lite", true},
    {"leg", true},
    {"leg.port", true},
    {"memory.private", voxlock::beneath::kIsPrivate},
    {"relay", true},
    {"rtp", true},
    {"sdp", true},
    {"sip", true},
    {"srtp", true},
    {"srtp.private", VOXLOCK_SRTP_PRIVATE != 0},
    {"taps", voxlock::bridge::kHasTaps},
    {"dtls", true},
    {"dtls.gcm", DtlsEngine::supports(SrtpProfile::kAeadAes128Gcm)},
    {"tls", true},
    {"tls.1.3", voxlock::tls::has_tls13()},
    {"ua", true},
};

}  // namespace

extern "C" int32_t voxlock_has(const char* feature) {
  if (feature == nullptr) return 0;
  for (const Feature& entry : kFeatures) {
    if (entry.name == feature) return entry.is_there ? 1 : 0;
  }
  return 0;
}
