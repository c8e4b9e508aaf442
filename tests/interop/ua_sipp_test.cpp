// Calls between our user agent and sipp (its default scenarios, and two that press keys) over TCP
// on loopback, in both roles.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "support/catch.h"
#include "voxlock/voxlock.h"

namespace {

constexpr int kCalls = 20;
constexpr char kSdp[] =
    "v=0\r\no=voxlock 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 "
    "RTP/AVP 0\r\n";
const auto* kSdpBytes = reinterpret_cast<const uint8_t*>(kSdp);
constexpr size_t kSdpLen = sizeof kSdp - 1;

uint64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

bool has_sipp_or_skips() {
  // sipp -v ends with 99; 127 is the shell's word for a program that is not there.
  const int status = std::system("sipp -v >/dev/null 2>&1");
  if (WIFEXITED(status) && WEXITSTATUS(status) != 127) return true;
  std::puts("skipped: the program sipp is not installed");
  std::exit(77);
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

int listen_on_loopback(uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  sockaddr_in address = loopback(0);
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(fd, 8) == 0);
  socklen_t len = sizeof address;
  REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &len) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

// One sipp process, killed by its pid at the end, and by the kernel if we die first.
class Sipp {
 public:
  explicit Sipp(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "sipp");
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("TERM", "xterm", 0);
    const int null = open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) dup2(null, fd);
    execvp(raw[0], raw.data());
    _exit(127);
  }
  ~Sipp() {
    if (has_ended_) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Sipp(const Sipp&) = delete;
  Sipp& operator=(const Sipp&) = delete;

  bool has_ended() {
    if (!has_ended_) has_ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return has_ended_;
  }
  // 0: every call succeeded.
  [[nodiscard]] int exit_code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool has_ended_ = false;
};

// The smallest host: blocking writes, poll(2) for the rest. Answers what comes in; hangs up what it
// started as soon as that is answered.
class Host {
 public:
  Host() {
    listener_ = listen_on_loopback(port);
    REQUIRE(voxlock_context_new(nullptr, &context_) == VOXLOCK_OK);
    voxlock_ua_config config;
    REQUIRE(voxlock_ua_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.host = "127.0.0.1";
    config.host_len = std::strlen(config.host);
    config.port_tcp = port;
    REQUIRE(voxlock_ua_new(context_, &config, &ua) == VOXLOCK_OK);
  }
  ~Host() {
    voxlock_ua_free(ua);
    voxlock_context_free(context_);
    for (const auto& [id, fd] : sockets_) ::close(fd);
    ::close(listener_);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  template <typename Done>
  bool run_until(Done&& done, int limit_s) {
    const uint64_t end = now_ns() + static_cast<uint64_t>(limit_s) * 1'000'000'000;
    while (!done()) {
      if (now_ns() > end) return false;
      wait();
      drain();
    }
    return true;
  }
  void call(uint16_t peer_port) {
    const std::string to = "sip:service@127.0.0.1:" + std::to_string(peer_port) + ";transport=tcp";
    voxlock_ua_invite_config invite;
    REQUIRE(voxlock_ua_invite_config_init(&invite, sizeof invite) == VOXLOCK_OK);
    invite.to = to.data();
    invite.to_len = to.size();
    invite.sdp = kSdpBytes;
    invite.sdp_len = kSdpLen;
    uint64_t id = 0;
    REQUIRE(voxlock_ua_invite(ua, &invite, &id, now_ns()) == VOXLOCK_OK);
    drain();
  }

  voxlock_ua* ua = nullptr;
  uint16_t port = 0;
  std::map<uint32_t, int> seen;    // events by type
  std::map<uint32_t, int> causes;  // of ENDED
  bool has_sdp_everywhere = true;
  std::string digits;        // that came by INFO
  bool presses_key = false;  // and leaves it to the peer to hang up

 private:
  void wait() {
    std::vector<pollfd> fds{{listener_, POLLIN, 0}};
    std::vector<uint64_t> ids{0};
    for (const auto& [id, fd] : sockets_) {
      fds.push_back({fd, POLLIN, 0});
      ids.push_back(id);
    }
    (void)poll(fds.data(), fds.size(), 20);
    if (fds[0].revents != 0) accept_one();
    for (size_t i = 1; i < fds.size(); ++i) {
      if (fds[i].revents != 0) read(ids[i], fds[i].fd);
    }
  }
  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    uint64_t id = 0;
    REQUIRE(voxlock_ua_accept(ua, VOXLOCK_UA_TCP, "127.0.0.1", 9, 0, &id, now_ns()) == VOXLOCK_OK);
    sockets_[id] = fd;
  }
  void read(uint64_t id, int fd) {
    uint8_t buffer[8192];
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return forget(id);
    size_t at = 0;
    while (at < static_cast<size_t>(n) && sockets_.count(id) != 0) {
      size_t taken = 0;
      REQUIRE(voxlock_ua_input(ua, id, buffer + at, static_cast<size_t>(n) - at, &taken,
                               now_ns()) == VOXLOCK_OK);
      at += taken;
      drain();
    }
  }
  void forget(uint64_t id) {
    ::close(sockets_[id]);
    sockets_.erase(id);
    (void)voxlock_ua_closed(ua, id, now_ns());
  }
  void drain() {
    size_t count = 1;
    while (count != 0) {
      voxlock_ua_event events[16];
      std::vector<uint8_t> arena(65536);
      size_t len = arena.size();
      REQUIRE(voxlock_ua_poll(ua, events, 16, &count, arena.data(), &len, now_ns()) == VOXLOCK_OK);
      for (size_t i = 0; i < count; ++i) handle(events[i], arena.data());
    }
  }
  void handle(const voxlock_ua_event& event, const uint8_t* arena) {
    ++seen[event.type];
    switch (event.type) {
      case VOXLOCK_UA_EV_TRANSMIT:
        return send_all(event, arena);
      case VOXLOCK_UA_EV_CONNECT:
        return connect_to(event);
      case VOXLOCK_UA_EV_CLOSE:
        return forget(event.connection);
      case VOXLOCK_UA_EV_INCOMING:
        has_sdp_everywhere = has_sdp_everywhere && event.sdp_len != 0;
        REQUIRE(voxlock_ua_ring(ua, event.call, 180, nullptr, 0, now_ns()) == VOXLOCK_OK);
        REQUIRE(voxlock_ua_answer(ua, event.call, kSdpBytes, kSdpLen, now_ns()) == VOXLOCK_OK);
        return;
      case VOXLOCK_UA_EV_ANSWERED:
        has_sdp_everywhere = has_sdp_everywhere && event.sdp_len != 0;
        REQUIRE((presses_key ? voxlock_ua_send_digit(ua, event.call, '7', 160,
                                                     VOXLOCK_UA_DTMF_RELAY, now_ns())
                             : voxlock_ua_hangup(ua, event.call, now_ns())) == VOXLOCK_OK);
        return;
      case VOXLOCK_UA_EV_DIGIT:
        digits.push_back(static_cast<char>(event.digit));
        return;
      case VOXLOCK_UA_EV_ENDED:
        ++causes[event.cause];
        return;
      default:
        return;
    }
  }
  void send_all(const voxlock_ua_event& event, const uint8_t* arena) {
    const auto socket = sockets_.find(event.connection);
    size_t at = 0;
    while (socket != sockets_.end() && at < event.data_len) {
      const ssize_t n =
          send(socket->second, arena + event.data_offset + at, event.data_len - at, MSG_NOSIGNAL);
      if (n <= 0) return;
      at += static_cast<size_t>(n);
    }
  }
  void connect_to(const voxlock_ua_event& event) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(static_cast<uint16_t>(event.port));
    sockets_[event.connection] = fd;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return forget(event.connection);
    REQUIRE(voxlock_ua_connected(ua, event.connection, now_ns()) == VOXLOCK_OK);
  }

  voxlock_context* context_ = nullptr;
  int listener_ = -1;
  std::map<uint64_t, int> sockets_;
};

// Waits until a server listens there; the probe is a connection without a word.
bool is_listening(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return result;
}

std::vector<std::string> common(const char* kind, const std::string& scenario) {
  return {kind,       scenario,    "-t", "t1",
          "-i",       "127.0.0.1", "-m", std::to_string(kCalls),
          "-nostdin", "-timeout",  "30", "-timeout_error"};
}

}  // namespace

TEST_CASE("sipp calls us: INVITE, 180, 200, ACK, BYE") {
  (void)has_sipp_or_skips();
  Host host;
  auto arguments = common("-sn", "uac");
  for (const auto& more :
       {std::string("-r"), std::string("20"), "127.0.0.1:" + std::to_string(host.port)}) {
    arguments.push_back(more);
  }
  Sipp sipp(arguments);
  CHECK(host.run_until([&] { return sipp.has_ended(); }, 40));
  CHECK(sipp.exit_code() == 0);
  CHECK(host.seen[VOXLOCK_UA_EV_INCOMING] == kCalls);
  CHECK(host.seen[VOXLOCK_UA_EV_CONFIRMED] == kCalls);
  CHECK(host.causes[VOXLOCK_UA_CAUSE_REMOTE] == kCalls);
  CHECK(host.has_sdp_everywhere);
}

namespace {

// sipp takes our calls by a scenario, and ends by itself with 0 where each ran as that says.
void call_sipp(Host& host, const char* kind, const char* scenario) {
  uint16_t port = 0;
  close(listen_on_loopback(port));
  auto arguments = common(kind, scenario);
  arguments.insert(arguments.end(), {"-p", std::to_string(port)});
  Sipp sipp(arguments);
  REQUIRE(host.run_until([&] { return sipp.has_ended() || is_listening(port); }, 10));
  REQUIRE_FALSE(sipp.has_ended());
  for (int i = 0; i < kCalls; ++i) host.call(port);
  CHECK(host.run_until([&] { return host.seen[VOXLOCK_UA_EV_ENDED] == kCalls; }, 20));
  CHECK(host.run_until([&] { return sipp.has_ended(); }, 20));
  CHECK(sipp.exit_code() == 0);
}

}  // namespace

TEST_CASE("we call sipp: INVITE, 180, 200, ACK, BYE") {
  (void)has_sipp_or_skips();
  Host host;
  call_sipp(host, "-sn", "uas");
  CHECK(host.seen[VOXLOCK_UA_EV_ANSWERED] == kCalls);
  CHECK(host.causes[VOXLOCK_UA_CAUSE_LOCAL] == kCalls);
  CHECK(host.has_sdp_everywhere);
}

TEST_CASE("sipp presses keys by INFO: 200 to both forms, 415 to anything else") {
  (void)has_sipp_or_skips();
  Host host;
  auto arguments = common("-sf", SIPP_SCENARIOS "/info_uac.xml");
  arguments.push_back("127.0.0.1:" + std::to_string(host.port));
  Sipp sipp(arguments);
  CHECK(host.run_until([&] { return sipp.has_ended(); }, 40));
  CHECK(sipp.exit_code() == 0);
  CHECK(host.seen[VOXLOCK_UA_EV_DIGIT] == 2 * kCalls);
  CHECK(std::count(host.digits.begin(), host.digits.end(), '5') == kCalls);
  CHECK(std::count(host.digits.begin(), host.digits.end(), '#') == kCalls);
  CHECK(host.causes[VOXLOCK_UA_CAUSE_REMOTE] == kCalls);
}

TEST_CASE("we press a key for sipp by INFO") {
  (void)has_sipp_or_skips();
  Host host;
  host.presses_key = true;
  call_sipp(host, "-sf", SIPP_SCENARIOS "/info_uas.xml");
  CHECK(host.causes[VOXLOCK_UA_CAUSE_REMOTE] == kCalls);
  CHECK(host.seen[VOXLOCK_UA_EV_DIGIT_REFUSED] == 0);
}
