#include "common/sockets.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>

namespace example {
namespace {

std::string name_of(const std::string& host, uint16_t port) {
  return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

Fd make_socket(const SocketAddress& address, int type) {
  Fd fd(socket(address.storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  return fd;
}

void bind_or_throw(int fd, const SocketAddress& address, const std::string& name) {
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.len) != 0) {
    throw std::runtime_error("cannot listen on " + name + ": " + std::strerror(errno));
  }
}

void set_flag(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

uint64_t kernel_time(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec ts;
    std::memcpy(&ts, CMSG_DATA(c), sizeof ts);
    return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(ts.tv_nsec);
  }
  return 0;
}

}  // namespace

SocketAddress make_address(const std::string& host, uint16_t port) {
  SocketAddress out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.len = sizeof *v4;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    out.len = sizeof *v6;
  } else {
    throw std::runtime_error("'" + host + "' is not an IP address");
  }
  return out;
}

Fd listen_tcp(const std::string& host, uint16_t port) {
  const SocketAddress address = make_address(host, port);
  Fd fd = make_socket(address, SOCK_STREAM);
  set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  bind_or_throw(fd.get(), address, name_of(host, port));
  if (listen(fd.get(), 128) != 0) {
    throw std::runtime_error("cannot listen on " + name_of(host, port) + ": " +
                             std::strerror(errno));
  }
  return fd;
}

Fd connect_tcp(const std::string& host, uint16_t port) {
  const SocketAddress address = make_address(host, port);
  Fd fd = make_socket(address, SOCK_STREAM);
  set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.len) != 0 &&
      errno != EINPROGRESS) {
    throw std::runtime_error("cannot connect to " + name_of(host, port) + ": " +
                             std::strerror(errno));
  }
  return fd;
}

Fd bind_udp(const std::string& host, uint16_t port) {
  const SocketAddress address = make_address(host, port);
  Fd fd = make_socket(address, SOCK_DGRAM);
  bind_or_throw(fd.get(), address, name_of(host, port));
  set_flag(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS);
  return fd;
}

uint16_t local_port(int fd) {
  SocketAddress address;
  address.len = sizeof address.storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.len);
  return ntohs(address.storage.ss_family == AF_INET
                   ? reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port
                   : reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port);
}

UdpBatch::UdpBatch()
    : in_bytes_(kMax * kPacketSize), out_bytes_(kMax * kPacketSize), in_(kMax), out_(kMax) {}

std::span<Packet> UdpBatch::receive(int fd) {
  mmsghdr messages[kMax] = {};
  iovec parts[kMax];
  alignas(cmsghdr) uint8_t control[kMax][CMSG_SPACE(sizeof(timespec))];
  for (size_t i = 0; i < kMax; ++i) {
    parts[i] = {in_bytes_.data() + i * kPacketSize, kPacketSize};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &in_[i].address.storage;
    header.msg_namelen = sizeof in_[i].address.storage;
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    header.msg_control = control[i];
    header.msg_controllen = sizeof control[i];
  }
  const int n = recvmmsg(fd, messages, kMax, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < n; ++i) {
    Packet& packet = in_[static_cast<size_t>(i)];
    packet.data = static_cast<uint8_t*>(parts[i].iov_base);
    packet.len = messages[i].msg_len;
    packet.address.len = messages[i].msg_hdr.msg_namelen;
    packet.arrival_ns = kernel_time(messages[i].msg_hdr);
  }
  return {in_.data(), n > 0 ? static_cast<size_t>(n) : 0};
}

void UdpBatch::queue(int fd, const SocketAddress& to, const uint8_t* data, size_t len) {
  if (len > kPacketSize) return;
  if (out_count_ == kMax || (out_count_ != 0 && out_fd_ != fd)) send();
  out_fd_ = fd;
  Packet& packet = out_[out_count_];
  packet.data = out_bytes_.data() + out_count_ * kPacketSize;
  packet.len = len;
  packet.address = to;
  std::memcpy(packet.data, data, len);
  ++out_count_;
}

void UdpBatch::send() {
  mmsghdr messages[kMax] = {};
  iovec parts[kMax];
  for (size_t i = 0; i < out_count_; ++i) {
    parts[i] = {out_[i].data, out_[i].len};
    messages[i].msg_hdr.msg_name = &out_[i].address.storage;
    messages[i].msg_hdr.msg_namelen = out_[i].address.len;
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (size_t done = 0; done < out_count_;) {
    const int n =
        sendmmsg(out_fd_, messages + done, static_cast<unsigned>(out_count_ - done), MSG_DONTWAIT);
    // A datagram the kernel refuses is lost as if on the wire; the next one gets its chance.
    done += n > 0 ? static_cast<size_t>(n) : 1;
  }
  out_count_ = 0;
}

}  // namespace example
