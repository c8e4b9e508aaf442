// pion, a full ICE agent, against our lite one over loopback.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "peer_process.h"
#include "voxlock/voxlock.h"

using namespace voxlock;

namespace {

// More than any step needs on a loaded machine.
constexpr int kStepMs = 20000;

uint64_t now_ns() {
  return test::steady_ns();
}

// Skips where go or its modules are not there.
std::string peer_or_skips() {
  static const std::string program = test::build_go(PION_SOURCE, ".", PION_BUILD "/pion_peer");
  if (!program.empty()) return program;
  std::puts("skipped: go or the module of pion is not there");
  std::exit(77);
}

voxlock_address to_voxlock(const sockaddr_storage& in) {
  voxlock_address out{};
  if (in.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(in);
    std::memcpy(out.ip, &v4.sin_addr, 4);
    out.port = ntohs(v4.sin_port);
    out.family = 4;
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(in);
    std::memcpy(out.ip, &v6.sin6_addr, 16);
    out.port = ntohs(v6.sin6_port);
    out.family = 6;
  }
  return out;
}

// A socket on loopback with our agent behind it, and the peer. A NAT between both may give the
// peer another port.
class Link {
 public:
  explicit Link(int family) : peer({peer_or_skips(), family == AF_INET6 ? "6" : "4"}) {
    socket_ = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket_ >= 0);
    sockaddr_storage local{};
    local.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(local).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
      reinterpret_cast<sockaddr_in6&>(local).sin6_addr = in6addr_loopback;
    }
    socklen_t len = sizeof local;
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&local),
                 family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &len) == 0);
    REQUIRE(voxlock_context_new(nullptr, &ctx_) == VOXLOCK_OK);
    voxlock_ice_config config;
    REQUIRE(voxlock_ice_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.local_count = 1;
    config.local[0] = to_voxlock(local);
    REQUIRE(voxlock_ice_new(ctx_, &config, &ice) == VOXLOCK_OK);
  }
  ~Link() {
    voxlock_ice_free(ice);
    voxlock_context_free(ctx_);
    close(socket_);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Runs until done() is true; false after kStepMs.
  template <typename Done>
  bool run_until(Done&& done) {
    const uint64_t end_ns = now_ns() + uint64_t{kStepMs} * 1'000'000;
    while (!done()) {
      if (now_ns() > end_ns) return false;
      pollfd wait[] = {{socket_, POLLIN, 0}, {peer.fd(), POLLIN, 0}};
      REQUIRE(poll(wait, 2, 100) >= 0);
      if (wait[0].revents != 0) take_datagram();
      if (wait[1].revents != 0) REQUIRE(peer.listen_once());
      take_events();
    }
    return true;
  }
  std::string wait_for(const std::string& word) {
    std::string out;
    INFO(word);
    REQUIRE(run_until([&] { return peer.take(word, out); }));
    return out;
  }
  [[nodiscard]] std::string local(int32_t part) const {
    std::string out(512, '\0');
    size_t len = out.size();
    REQUIRE(voxlock_ice_get_local(ice, part, reinterpret_cast<uint8_t*>(out.data()), &len) ==
            VOXLOCK_OK);
    out.resize(len);
    return out;
  }
  // Hands the peer's description to our agent.
  void take_description() {
    const std::string credentials = wait_for("local");
    const size_t gap = credentials.find(' ');
    REQUIRE(voxlock_ice_set_remote(ice, credentials.substr(0, gap).c_str(),
                                   credentials.substr(gap + 1).c_str()) == VOXLOCK_OK);
    std::string line;
    while (peer.take("candidate", line)) {
      CHECK(voxlock_ice_add_candidate(ice, reinterpret_cast<const uint8_t*>(line.data()),
                                      line.size()) == VOXLOCK_OK);
    }
  }
  void give_description(const std::string& verb) {
    std::string line = local(VOXLOCK_ICE_CANDIDATES);
    line.resize(line.find('\r'));
    peer.tell(verb + " " + local(VOXLOCK_ICE_UFRAG) + " " + local(VOXLOCK_ICE_PWD));
    peer.tell("candidate " + line);
  }
  void connect() {
    take_description();
    give_description("dial");
    wait_for("connected");
    REQUIRE(run_until([&] { return selected.family != 0; }));
  }
  // Both ways over the selected pair.
  void exchange(const std::string& text) {
    data.clear();
    peer.tell("send " + text);
    REQUIRE(run_until([&] { return data == text; }));
    send_to(selected, text.data(), text.size());
    CHECK(wait_for("got") == text);
  }
  [[nodiscard]] voxlock_ice_info info() const {
    voxlock_ice_info out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_ice_get_info(ice, &out) == VOXLOCK_OK);
    return out;
  }

  test::PeerProcess peer;
  voxlock_ice* ice = nullptr;
  voxlock_address selected{};
  uint32_t last_event = 0;
  std::string data;
  uint16_t nat_shift = 0;

 private:
  void take_datagram() {
    uint8_t raw[2048];
    sockaddr_storage source{};
    socklen_t len = sizeof source;
    const ssize_t n =
        recvfrom(socket_, raw, sizeof raw, 0, reinterpret_cast<sockaddr*>(&source), &len);
    REQUIRE(n >= 0);
    voxlock_address from = to_voxlock(source);
    from.port = static_cast<uint16_t>(from.port ^ nat_shift);
    if (voxlock_rtp_classify(raw, static_cast<size_t>(n)) != VOXLOCK_DATAGRAM_STUN) {
      if (voxlock_ice_is_authenticated(ice, 0, &from) == 1)
        data.assign(reinterpret_cast<char*>(raw), static_cast<size_t>(n));
      return;
    }
    uint8_t response[VOXLOCK_ICE_MAX_RESPONSE];
    size_t response_len = sizeof response;
    REQUIRE(voxlock_ice_receive(ice, raw, static_cast<size_t>(n), &from, 0, response, &response_len,
                                now_ns()) == VOXLOCK_OK);
    if (response_len != 0) send_to(from, response, response_len);
  }
  void send_to(const voxlock_address& to, const void* bytes, size_t len) const {
    sockaddr_storage out{};
    const auto port = htons(static_cast<uint16_t>(to.port ^ nat_shift));
    if (to.family == 4) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(out);
      v4.sin_family = AF_INET;
      v4.sin_port = port;
      std::memcpy(&v4.sin_addr, to.ip, 4);
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = port;
      std::memcpy(&v6.sin6_addr, to.ip, 16);
    }
    (void)sendto(socket_, bytes, len, 0, reinterpret_cast<sockaddr*>(&out),
                 to.family == 4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  }
  void take_events() {
    voxlock_ice_event events[4];
    size_t count = 0;
    REQUIRE(voxlock_ice_poll(ice, events, 4, &count, now_ns()) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i) {
      last_event = events[i].type;
      if (events[i].type == VOXLOCK_ICE_SELECTED) selected = events[i].remote;
    }
  }

  voxlock_context* ctx_ = nullptr;
  int socket_ = -1;
};

bool has_ipv6() {
  const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 local{};
  local.sin6_family = AF_INET6;
  local.sin6_addr = in6addr_loopback;
  const bool is_there = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) == 0;
  if (fd >= 0) close(fd);
  return is_there;
}

}  // namespace

TEST_CASE("pion connects, nominates and exchanges data") {
  Link link(AF_INET);
  link.connect();
  link.exchange("hello");
  const voxlock_ice_info info = link.info();
  CHECK((info.is_selected == 1 && info.has_consent == 1 && info.checks >= 2));
  CHECK((info.bad_username == 0 && info.bad_integrity == 0 && info.not_stun == 0));
  CHECK((info.role_conflicts == 0 && info.unknown_required == 0));
}

TEST_CASE("pion connects over IPv6") {
  if (!has_ipv6()) {
    std::puts("skipped: no IPv6 on loopback");
    return;
  }
  Link link(AF_INET6);
  link.connect();
  link.exchange("hello");
  CHECK(link.selected.family == 6);
}

TEST_CASE("RFC 8445 9: pion restarts, and data flows again") {
  Link link(AF_INET);
  link.connect();
  link.exchange("before");
  link.peer.tell("restart");
  REQUIRE(voxlock_ice_restart(link.ice, nullptr, nullptr) == VOXLOCK_OK);
  link.take_description();
  link.selected = {};
  link.give_description("remote");
  REQUIRE(link.run_until([&] { return link.selected.family != 0; }));
  link.exchange("after");
  CHECK(link.info().has_consent == 1);
}

TEST_CASE("a NAT between gives pion a new port in the middle of a call") {
  Link link(AF_INET);
  link.connect();
  link.exchange("before");
  const uint16_t before = link.selected.port;
  link.nat_shift = 1;
  REQUIRE(link.run_until([&] { return link.selected.port != before; }));
  CHECK(link.selected.port == (before ^ 1));
  link.exchange("after");
  CHECK(link.last_event == VOXLOCK_ICE_SELECTED);
}
