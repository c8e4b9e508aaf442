// A room that is one web page on loopback: a person answers the call there, by one exchange of
// offer and answer over HTTP, in the manner of WHIP (RFC 9725).
#pragma once

#include <memory>

#include "gateway/room.h"

namespace example {

// Prints the page's address, whose token keeps other pages and users out. Port 0: any. Throws
// std::runtime_error where the port is taken.
std::unique_ptr<Room> make_browser_room(EventLoop& loop, RoomHost& host, uint16_t port);

}  // namespace example
