#include "common/addresses.h"

#include <arpa/inet.h>

#include <cstring>

namespace example {

voxlock_address to_voxlock(const SocketAddress& address) {
  voxlock_address out{};
  if (address.storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    std::memcpy(out.ip, &v4->sin_addr, 4);
    out.port = ntohs(v4->sin_port);
    out.family = 4;
  } else if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    std::memcpy(out.ip, &v6->sin6_addr, 16);
    out.port = ntohs(v6->sin6_port);
    out.family = 6;
  }
  return out;
}

SocketAddress to_socket(const voxlock_address& address) {
  SocketAddress out;
  if (address.family == 4) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    std::memcpy(&v4->sin_addr, address.ip, 4);
    out.len = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    std::memcpy(&v6->sin6_addr, address.ip, 16);
    out.len = sizeof *v6;
  }
  return out;
}

}  // namespace example
