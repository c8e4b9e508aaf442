// The access token of a LiveKit room: a JWT signed with HS256 (RFC 7519, RFC 7515).
#pragma once

#include <string>

#include "gateway/whip_room.h"

namespace example {

// Valid for ten minutes from now, for one participant of one room. Throws std::runtime_error.
std::string make_room_token(const WhipConfig& config);

}  // namespace example
