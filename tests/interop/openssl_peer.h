// The openssl program as a peer over loopback: child processes, sockets, and a pump, all bounded in
// time.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "unit/tls/peers.h"

namespace voxlock::test {

// More than any step needs on a loaded machine; a test that waits this long has failed.
inline constexpr int kStepMs = 15000;

class Deadline {
 public:
  [[nodiscard]] int left_ms() const {
    const auto used = std::chrono::steady_clock::now() - begin_;
    return std::max(
        0, kStepMs - static_cast<int>(
                         std::chrono::duration_cast<std::chrono::milliseconds>(used).count()));
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

class Fd {
 public:
  explicit Fd(int raw = -1) : raw_(raw) {}
  ~Fd() { close(); }
  Fd(Fd&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  [[nodiscard]] int raw() const { return raw_; }
  void close() {
    if (raw_ >= 0) ::close(raw_);
    raw_ = -1;
  }

 private:
  int raw_;
};

// One openssl process with pipes. It is killed by its pid at the end, and by the kernel if we die
// first.
class OpenSsl {
 public:
  explicit OpenSsl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    int in[2];
    int out[2];
    REQUIRE(pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(in[0], 0);
      dup2(out[1], 1);
      dup2(out[1], 2);
      execvp(raw[0], raw.data());
      _exit(127);
    }
    Fd child_in(in[0]);
    Fd child_out(out[1]);
    in_ = Fd(in[1]);
    out_ = Fd(out[0]);
  }
  ~OpenSsl() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  OpenSsl(const OpenSsl&) = delete;
  OpenSsl& operator=(const OpenSsl&) = delete;

  void say(std::string_view text) const {
    REQUIRE(::write(in_.raw(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] int fd() const { return out_.raw(); }
  // Appends what it printed; false at the end of its output.
  bool listen_once() {
    char raw[4096];
    const ssize_t n = ::read(out_.raw(), raw, sizeof raw);
    if (n > 0) said_.append(raw, static_cast<size_t>(n));
    return n > 0;
  }
  [[nodiscard]] bool has_said(std::string_view text) const {
    return said_.find(text) != std::string::npos;
  }
  [[nodiscard]] const std::string& said() const { return said_; }
  // The port behind "ACCEPT 127.0.0.1:", which s_server prints once it listens.
  uint16_t port() {
    const Deadline deadline;
    constexpr std::string_view kMark = "ACCEPT 127.0.0.1:";
    while (true) {
      const size_t at = said_.find(kMark);
      if (at != std::string::npos && said_.find('\n', at) != std::string::npos) {
        return static_cast<uint16_t>(std::atoi(said_.c_str() + at + kMark.size()));
      }
      pollfd wait{fd(), POLLIN, 0};
      REQUIRE(poll(&wait, 1, deadline.left_ms()) == 1);
      INFO(said_);
      REQUIRE(listen_once());
    }
  }

 private:
  pid_t pid_ = -1;
  Fd in_;
  Fd out_;
  std::string said_;
};

inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline Fd dial(uint16_t port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  REQUIRE(connect(fd.raw(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(bind(fd_.raw(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(listen(fd_.raw(), 4) == 0);
    REQUIRE(getsockname(fd_.raw(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] Fd accept() const {
    pollfd wait{fd_.raw(), POLLIN, 0};
    REQUIRE(poll(&wait, 1, kStepMs) == 1);
    return Fd(accept4(fd_.raw(), nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  Fd fd_;
  uint16_t port_ = 0;
};

// One of our connections on a socket, and the plaintext that came.
struct Connection {
  Box<tls::Stream> stream;
  Fd socket;
  std::string received;

  void flush() {
    uint8_t wire[4096];
    for (size_t n = stream->take(wire); n != 0; n = stream->take(wire)) {
      // The peer may have hung up; what it thinks of us then comes by read.
      if (send(socket.raw(), wire, n, MSG_NOSIGNAL) < 0) return;
    }
  }
  // False once the transport is over.
  bool receive_once() {
    uint8_t wire[4096];
    const ssize_t n = recv(socket.raw(), wire, sizeof wire, 0);
    if (n <= 0) {
      (void)stream->end_input(0);
    } else {
      ByteView left(wire, static_cast<size_t>(n));
      while (!left.empty()) {
        const auto taken = stream->feed(left, 0);
        if (!taken) break;
        left = left.subspan(*taken);
        drain();
      }
    }
    drain();
    flush();
    return n > 0;
  }
  void drain() {
    uint8_t text[4096];
    while (true) {
      const auto n = stream->read(text);
      if (!n || *n == 0) return;
      received += as_text(ByteView(text).first(*n));
    }
  }
};

// Moves bytes until the condition holds, both ends are over, or time is up.
template <typename Condition>
bool pump(Connection& connection, OpenSsl& peer, Condition is_done) {
  const Deadline deadline;
  bool is_connected = true;
  bool is_running = true;
  connection.flush();
  while (!is_done()) {
    if ((!is_connected && !is_running) || deadline.left_ms() == 0) return false;
    pollfd waits[] = {{is_connected ? connection.socket.raw() : -1, POLLIN, 0},
                      {is_running ? peer.fd() : -1, POLLIN, 0}};
    if (poll(waits, 2, deadline.left_ms()) <= 0) return false;
    if (waits[0].revents != 0) {
      is_connected = connection.receive_once();
      if (!is_connected) connection.socket.close();
    }
    if (waits[1].revents != 0) is_running = peer.listen_once();
  }
  return true;
}

// A folder for the PEM files that openssl reads, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "voxlock-tls-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // A file name that was not given before.
  std::string next() { return path_ / (std::to_string(++count_) + ".pem"); }
  // Writes certificate and key; the path serves as -cert, -key and -CAfile.
  std::string put(const crypto::Identity& identity) {
    const std::string path = next();
    std::string text(8192, '\0');
    bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
    identity.write_certificate_pem(writer);
    identity.write_key_pem(writer);
    text.resize(writer.size());
    std::ofstream(path) << text;
    return path;
  }

 private:
  std::filesystem::path path_;
  int count_ = 0;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// CTest reads 77 as skipped.
inline bool has_openssl_or_skips() {
  if (std::system("openssl version >/dev/null 2>&1") == 0) return true;
  std::puts("skipped: the program openssl is not installed");
  std::exit(77);
}

}  // namespace voxlock::test
