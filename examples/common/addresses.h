// Between the kernel's socket addresses and the library's.
#pragma once

#include "common/sockets.h"
#include "common/voxlock.h"

namespace example {

voxlock_address to_voxlock(const SocketAddress& address);
SocketAddress to_socket(const voxlock_address& address);

}  // namespace example
