// A room behind a WHIP server (RFC 9725), a LiveKit server among them: each call is one resource.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/http_client.h"
#include "gateway/room.h"

namespace example {

struct WhipConfig {
  std::string url;          // http or https
  std::string token;        // a token as it is; empty: one is made for each request
  std::string api_key;      // LiveKit: issuer of the token
  std::string api_secret;   // LiveKit: HS256 key of the token; empty and no token: none is sent
  std::string name;         // LiveKit: the room
  std::string identity;     // LiveKit: of the call among the room's participants
  std::string hear;         // LiveKit: IDENTITY:TRACK that the call shall hear; empty: none
  std::string authorities;  // PEM file for https; empty: the system's
};

// Throws std::runtime_error where the configuration cannot work.
std::unique_ptr<Room> make_whip_room(EventLoop& loop, RoomHost& host, const WhipConfig& config);

}  // namespace example
