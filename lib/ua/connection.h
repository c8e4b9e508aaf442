// Connections of the host: opened by either side, reused by the name they were opened to.
#pragma once

#include <cstdint>
#include <string_view>

#include "ua/core.h"

namespace voxlock::ua {

struct HopRules {
  Transport fallback;      // where the URI names none
  bool needs_tls = false;  // whatever it names
};
// A connection for a request URI or route: one that was opened to the same name, port and
// transport, or a new one. ERR_UA_URI, ERR_LIMIT.
Result<Connection*> connect_to(Core& core, std::string_view uri, HopRules rules);
// Asks the host to open a new connection, once: when its first request stands, so that a command
// that fails has told the host nothing.
void announce(Core& core, uint64_t id);
// Takes a new connection away again where no request came to stand on it.
class ConnectionGuard {
 public:
  ConnectionGuard(Core& core, const Connection& connection) : core_(core), id_(connection.id) {}
  ~ConnectionGuard();
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

 private:
  Core& core_;
  uint64_t id_;
};
Result<Connection*> add_connection(Core& core, Transport transport, std::string_view peer_host,
                                   uint16_t peer_port, bool is_outbound);
void connection_opened(Core& core, Connection& connection);
// Sends what waited for connections to open, while the output has room.
void send_waiting(Core& core);
void connection_closed(Core& core, uint64_t id);
// Works on the frames of the connections that were left with some, while the output has room.
void read_connections(Core& core);
// Reads one connection's frames; false where the output ran out of room.
bool read_connection(Core& core, Connection& connection);

}  // namespace voxlock::ua
