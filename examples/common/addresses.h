// Between the kernel's socket addresses and the library's.
#pragma once

#include <string>

#include "common/sockets.h"
#include "common/voxlock.h"

namespace example {

voxlock_address to_voxlock(const SocketAddress& address);
SocketAddress to_socket(const voxlock_address& address);

// The first address of a host, as text; throws where there is none. Names are looked up without a
// thread of their own: a gateway for the open Internet would have one.
std::string resolve(const std::string& host);
std::string peer_ip(const SocketAddress& address);

}  // namespace example
