// Sockets: TCP for signalling, UDP in batches for media.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/event_loop.h"

namespace example {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t len = 0;
};

// Numeric host and port, "127.0.0.1" or "::1". Throws std::runtime_error with a message for a
// person.
SocketAddress make_address(const std::string& host, uint16_t port);

// A listening TCP socket. Throws where the port is taken.
Fd listen_tcp(const std::string& host, uint16_t port);
// Begins to connect without waiting.
Fd connect_tcp(const std::string& host, uint16_t port);

// A bound non-blocking UDP socket; port 0 lets the system choose. Throws where the port is taken.
Fd bind_udp(const std::string& host, uint16_t port);
uint16_t local_port(int fd);

// One datagram received or to send. The bytes belong to the batch.
struct Packet {
  uint8_t* data;
  size_t len;
  SocketAddress address;
  uint64_t arrival_ns;  // unix time at which the kernel took it, 0 unknown
};

// Receives and sends up to kMax datagrams with one system call each way.
class UdpBatch {
 public:
  static constexpr size_t kMax = 64;
  static constexpr size_t kPacketSize = 2048;

  UdpBatch();
  // Datagrams that are there now, at most kMax; valid until the next call.
  std::span<Packet> receive(int fd);
  // Queues a copy for send(); sends at once where the queue is full.
  void queue(int fd, const SocketAddress& to, const uint8_t* data, size_t len);
  void send();

 private:
  std::vector<uint8_t> in_bytes_;
  std::vector<uint8_t> out_bytes_;
  std::vector<Packet> in_;
  std::vector<Packet> out_;
  size_t out_count_ = 0;
  int out_fd_ = -1;
};

}  // namespace example
