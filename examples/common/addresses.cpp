#include "common/addresses.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>

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

std::string resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_UNSPEC;
  addrinfo* list = nullptr;
  const std::string bare = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  const int rc = getaddrinfo(bare.c_str(), nullptr, &hints, &list);
  if (rc != 0) throw std::runtime_error("cannot find " + host + ": " + gai_strerror(rc));
  std::array<char, NI_MAXHOST> text{};
  getnameinfo(list->ai_addr, list->ai_addrlen, text.data(), text.size(), nullptr, 0,
              NI_NUMERICHOST);
  freeaddrinfo(list);
  return text.data();
}

std::string peer_ip(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> text{};
  getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage), address.len, text.data(),
              text.size(), nullptr, 0, NI_NUMERICHOST);
  return text.data();
}

}  // namespace example
