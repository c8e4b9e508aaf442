// Session timers (RFC 4028): a call whose peer is gone without a word ends by itself.
#pragma once

#include <cstdint>

#include "ua/core.h"

namespace voxlock::ua {

// What RFC 4028 4 lets no one go below.
inline constexpr uint32_t kMinSessionS = 90;

// The one option tag this user agent knows.
bool is_known_option(std::string_view tag);
bool supports_timer(const sip::Message& message);

// What an INVITE or re-INVITE of the peer leads to: 0 and a timer for the 2xx, or the code to
// answer (RFC 4028 9, table 2).
struct SessionVerdict {
  uint16_t code = 0;
  SessionTimer timer;
};
SessionVerdict judge_session(const Core& core, const sip::Message& request);
// What a 2xx to our INVITE or re-INVITE granted (RFC 4028 7.2).
SessionTimer granted_session(const sip::Message& response);
// The Min-SE of a 422, 0 where it asks for nothing that can be given.
uint32_t wanted_session_s(const sip::Message& response);

// A 2xx was sent or received: the time counts from here.
void start_session(Core& core, Call& call, SessionTimer timer);
// Half of it is over, or all.
void session_timer_due(Core& core, Call& call);

}  // namespace voxlock::ua
