#include "common/sip_host.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "common/addresses.h"
#include "common/files.h"

namespace example {
namespace {

using TlsHandle = Handle<voxlock_tls, voxlock_tls_free>;

// TCP and TLS handshakes together; a half-open peer is gone after it.
constexpr uint64_t kOpenTimeoutNs = 10'000'000'000;
// An accepted connection that has said nothing the user agent answers is gone after it.
constexpr uint64_t kFirstMessageTimeoutNs = 30'000'000'000;
// How many accepted connections may be without a first message; the oldest makes room.
constexpr size_t kMaxUnproven = 256;
constexpr int kAcceptsPerWake = 32;
// Out of descriptors: the next try to accept.
constexpr uint64_t kAcceptPauseNs = 200'000'000;
// How long a connection that shall close may take to send its rest.
constexpr uint64_t kCloseTimeoutNs = 2'000'000'000;
constexpr uint64_t kWallTimeEveryNs = 60'000'000'000;
// A peer that reads slower than this gathers is dropped.
constexpr size_t kMaxQueued = 512 * 1024;
constexpr size_t kChunk = 16 * 1024;
constexpr int kReadsPerWake = 4;
constexpr size_t kArena = 128 * 1024;

std::string read_text(const std::string& path, const char* what) {
  if (path.empty()) return {};
  std::string text = read_file(path, std::string(what) + " ");
  if (text.empty())
    throw std::runtime_error(std::string("cannot read ") + what + " " + path + ": it is empty");
  return text;
}

const uint8_t* bytes_of(const std::string& text) {
  return text.empty() ? nullptr : reinterpret_cast<const uint8_t*>(text.data());
}

// Strangers get a quarter of the descriptors: calls need theirs for media.
size_t max_unproven() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMaxUnproven;
  return std::clamp<size_t>(limit.rlim_cur / 4, 1, kMaxUnproven);
}

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

struct SipHost::Connection {
  Fd fd;
  TlsHandle tls;     // none: plain TCP
  std::string name;  // for a person
  std::string ip;
  uint16_t port = 0;
  uint64_t id = 0;  // of the user agent; 0 before an accepted connection is open
  uint64_t started_ns = 0;
  uint64_t deadline_ns = UINT64_MAX;
  std::vector<uint8_t> plain;  // waits for TLS to take it
  std::vector<uint8_t> wire;   // waits for the socket to take it
  SecurityInfo info;
  uint32_t interest = 0;
  bool is_client = false;
  bool is_connecting = false;
  bool is_open = false;
  bool is_proven = false;  // the user agent had something to say to it
  bool is_closing = false;
  bool is_dead = false;
};

ContextHandle make_context() {
  auto config = make_config(voxlock_context_config_init);
  voxlock_context* ctx = nullptr;
  check(voxlock_context_new(&config, &ctx), "context");
  check(voxlock_context_set_wall_time(ctx, wall_ns(), now_ns()), "wall time");
  return ContextHandle(ctx);
}

SipHost::SipHost(EventLoop& loop, voxlock_context* ctx, SipHostConfig config, Handler handler)
    : loop_(loop),
      ctx_(ctx),
      config_(std::move(config)),
      handler_(std::move(handler)),
      arena_(kArena) {
  if (config_.is_tls) load_settings();
  if (config_.listens) {
    listener_ = listen_tcp(config_.ip, config_.port);
    port_ = local_port(listener_.get());
    loop_.add(listener_.get(), EPOLLIN, [this](uint32_t) { accept_all(); });
  }
  auto ua = make_config(voxlock_ua_config_init);
  const std::string host =
      config_.ip.find(':') != std::string::npos ? "[" + config_.ip + "]" : config_.ip;
  ua.host = host.data();
  ua.host_len = host.size();
  ua.user = config_.user.data();
  ua.user_len = config_.user.size();
  if (port_ != 0) ua.port_tcp = ua.port_tls = port_;
  ua.max_connections = 1024;
  ua.max_calls = 1024;
  ua.max_transactions = 8192;
  ua.max_output = 4 * 1024 * 1024;
  voxlock_ua* made = nullptr;
  check(voxlock_ua_new(ctx_, &ua, &made), "user agent");
  ua_.reset(made);
}

SipHost::~SipHost() {
  for (auto& [fd, c] : connections_) {
    if (c->is_dead) continue;
    if (c->tls && c->is_open && voxlock_tls_close(c->tls.get()) == VOXLOCK_OK) (void)encrypt(*c);
    if (!c->wire.empty())
      (void)::send(fd, c->wire.data(), c->wire.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    loop_.remove(fd);
  }
  if (listener_) loop_.remove(listener_.get());
}

SipHost::TlsSettings SipHost::make_settings(int32_t role) const {
  const std::string certificate = read_text(config_.certificate, "certificate");
  const std::string key = read_text(config_.key, "key");
  const std::string authorities = read_text(config_.authorities, "authorities");
  auto settings = make_config(voxlock_tls_settings_config_init);
  settings.role = role;
  settings.certificates = bytes_of(certificate);
  settings.certificates_len = certificate.size();
  settings.key = bytes_of(key);
  settings.key_len = key.size();
  settings.authorities = bytes_of(authorities);
  settings.authorities_len = authorities.size();
  // A client that shows a certificate must show a good one; a phone without any may still call.
  if (role == VOXLOCK_TLS_SERVER && !authorities.empty())
    settings.client_auth = VOXLOCK_TLS_CLIENT_AUTH_OPTIONAL;
  voxlock_tls_settings* made = nullptr;
  const int32_t rc = voxlock_tls_settings_new(ctx_, &settings, &made);
  if (rc == VOXLOCK_ERR_TLS_BAD_KEY) check(rc, config_.key);
  if (rc == VOXLOCK_ERR_TLS_BAD_CERTIFICATE) {
    // Without the authorities, is it still there?
    settings.authorities = nullptr;
    settings.authorities_len = 0;
    const bool is_own = voxlock_tls_settings_new(ctx_, &settings, &made) == rc;
    voxlock_tls_settings_free(made);
    check(rc, is_own ? config_.certificate : config_.authorities);
  }
  check(rc, "TLS settings");
  return TlsSettings(made);
}

void SipHost::load_settings() {
  // Both or none: a failure leaves the former ones.
  TlsSettings server = config_.listens ? make_settings(VOXLOCK_TLS_SERVER) : nullptr;
  TlsSettings client = config_.authorities.empty() ? nullptr : make_settings(VOXLOCK_TLS_CLIENT);
  server_settings_ = std::move(server);
  client_settings_ = std::move(client);
}

void SipHost::reload() {
  try {
    if (config_.is_tls) load_settings();
    say("certificates reloaded");
  } catch (const std::exception& error) {
    say(std::string("certificates not reloaded: ") + error.what());
  }
}

uint64_t SipHost::invite(const std::string& to, const std::string& sdp, int32_t& status) {
  auto invite = make_config(voxlock_ua_invite_config_init);
  invite.transport = config_.is_tls ? VOXLOCK_UA_TLS : VOXLOCK_UA_TCP;
  invite.to = to.data();
  invite.to_len = to.size();
  invite.sdp = bytes_of(sdp);
  invite.sdp_len = sdp.size();
  invite.headers = config_.headers.data();
  invite.headers_len = config_.headers.size();
  uint64_t call = 0;
  status = voxlock_ua_invite(ua_.get(), &invite, &call, now_ns());
  return status == VOXLOCK_OK ? call : 0;
}

void SipHost::reject(uint64_t call, const voxlock_verdict& verdict) {
  auto refusal = make_config(voxlock_ua_refusal_init);
  refusal.status = static_cast<uint32_t>(verdict.sip_status);
  refusal.warn_code = static_cast<uint32_t>(verdict.warn_code);
  refusal.warning = verdict.warning;
  refusal.warning_len = std::string_view(verdict.warning).size();
  (void)voxlock_ua_reject(ua(), call, &refusal, now_ns());
}

void SipHost::set_credentials(const std::string& realm, const std::string& user,
                              const std::string& password) {
  check(voxlock_ua_set_credentials(ua_.get(), realm.c_str(), "", user.c_str(), password.c_str()),
        "credentials");
}

SipHost::Connection* SipHost::find(uint64_t id) const {
  for (const auto& [fd, c] : connections_) {
    if (id != 0 && c->id == id && !c->is_dead) return c.get();
  }
  return nullptr;
}

SecurityInfo SipHost::security(uint64_t connection) const {
  const Connection* c = find(connection);
  return c != nullptr ? c->info : SecurityInfo();
}

int32_t SipHost::signalling(uint64_t connection) const {
  if (!config_.is_tls) return VOXLOCK_SIGNALLING_PLAIN;
  // A client's connection exists only after the peer proved its name.
  if (connection == 0) return VOXLOCK_SIGNALLING_VERIFIED;
  return security(connection).is_peer_verified ? VOXLOCK_SIGNALLING_VERIFIED
                                               : VOXLOCK_SIGNALLING_TLS;
}

bool SipHost::is_quiet() const {
  auto stats = make_result<voxlock_ua_stats>();
  check(voxlock_ua_get_stats(ua_.get(), &stats), "user agent");
  return stats.calls == 0 &&
         std::all_of(connections_.begin(), connections_.end(), [](const auto& entry) {
           return entry.second->plain.empty() && entry.second->wire.empty();
         });
}

SipHost::Connection* SipHost::add(Fd fd, bool is_client, const std::string& peer_name,
                                  const std::string& expected_host) {
  auto c = std::make_unique<Connection>();
  c->is_client = c->is_connecting = is_client;
  c->name = peer_name;
  c->info.peer = expected_host;
  c->started_ns = now_ns();
  c->deadline_ns = c->started_ns + kOpenTimeoutNs;
  if (config_.is_tls) {
    const auto& settings = is_client ? client_settings_ : server_settings_;
    if (!settings) throw std::runtime_error("no authorities given (--ca) to verify the peer with");
    voxlock_tls* tls = nullptr;
    check(voxlock_tls_new(ctx_, settings.get(), is_client ? expected_host.c_str() : nullptr, &tls),
          "TLS");
    c->tls.reset(tls);
  }
  c->interest = is_client ? EPOLLOUT : EPOLLIN;
  const int number = fd.get();
  loop_.add(number, c->interest, [this, number](uint32_t events) { on_ready(number, events); });
  c->fd = std::move(fd);
  Connection* out = c.get();
  connections_[number] = std::move(c);
  return out;
}

void SipHost::accept_all() {
  // The rest waits for the next turn of the loop, after those that are gone gave back their
  // descriptors.
  for (int i = 0; i < kAcceptsPerWake; ++i) {
    SocketAddress address;
    address.len = sizeof address.storage;
    Fd fd(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.len,
                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        pause_accepting(std::strerror(errno));
      return;
    }
    try {
      accept_one(std::move(fd), address);
    } catch (const std::exception& error) {
      // One peer that cannot be served is no reason to end the others' calls.
      say(std::string("connection refused: ") + error.what());
    }
  }
}

void SipHost::accept_one(Fd fd, const SocketAddress& address) {
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::string ip = peer_ip(address);
  const uint16_t port = to_voxlock(address).port;
  make_room();
  Connection* c = add(std::move(fd), false, "from " + ip + ":" + std::to_string(port), "");
  c->ip = ip;
  c->port = port;
  if (!c->tls) (void)note_open(*c);
}

// The listening socket stays readable while it cannot be read: without a pause the loop would spin.
void SipHost::pause_accepting(const std::string& why) {
  say("cannot accept a connection: " + why);
  loop_.modify(listener_.get(), 0);
  accept_due_ns_ = now_ns() + kAcceptPauseNs;
}

void SipHost::make_room() {
  size_t unproven = 0;
  Connection* oldest = nullptr;
  for (const auto& [fd, c] : connections_) {
    if (c->is_dead || c->is_client || c->is_proven) continue;
    ++unproven;
    if (oldest == nullptr || c->started_ns < oldest->started_ns) oldest = c.get();
  }
  if (unproven >= max_unproven()) end(*oldest, "too many connections without a message");
}

void SipHost::open(uint64_t id, const std::string& host, uint16_t port, bool is_tls) {
  const std::string name = "to " + host + ":" + std::to_string(port);
  try {
    if (is_tls != config_.is_tls)
      throw std::runtime_error(is_tls ? "this end speaks plain TCP" : "this end speaks TLS");
    Connection* c = add(connect_tcp(resolve(host), port), true, name, host);
    c->id = id;
  } catch (const std::exception& error) {
    say("connection " + name + ": " + error.what());
    (void)voxlock_ua_closed(ua_.get(), id, now_ns());
  }
}

void SipHost::end(Connection& c, const std::string& why) {
  if (c.is_dead) return;
  c.is_dead = true;
  c.plain.clear();
  c.wire.clear();
  loop_.remove(c.fd.get());
  if (!why.empty()) say("connection " + c.name + ": " + why);
  if (c.id != 0) (void)voxlock_ua_closed(ua_.get(), c.id, now_ns());
}

void SipHost::on_ready(int fd, uint32_t epoll_events) {
  const auto found = connections_.find(fd);
  if (found == connections_.end() || found->second->is_dead) return;
  Connection& c = *found->second;
  if (handle(c, epoll_events)) (void)flush(c);
  pump();
}

bool SipHost::handle(Connection& c, uint32_t epoll_events) {
  if (!c.is_connecting)
    return (epoll_events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0 || read_socket(c);
  int error = 0;
  socklen_t len = sizeof error;
  getsockopt(c.fd.get(), SOL_SOCKET, SO_ERROR, &error, &len);
  if (error != 0) {
    end(c, std::strerror(error));
    return false;
  }
  if ((epoll_events & EPOLLOUT) == 0) return true;
  c.is_connecting = false;
  if (!c.tls) return note_open(c);
  const int32_t rc = voxlock_tls_start(c.tls.get(), now_ns());
  if (rc != VOXLOCK_OK) end(c, voxlock_strerror(rc));
  return rc == VOXLOCK_OK;
}

bool SipHost::read_socket(Connection& c) {
  std::array<uint8_t, kChunk> buffer;
  for (int i = 0; i < kReadsPerWake; ++i) {
    const ssize_t n = ::recv(c.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
    if (n <= 0) {
      if (c.tls) (void)voxlock_tls_end_input(c.tls.get(), now_ns());
      // An end in the middle of the handshake is worth a line, the end of an open connection is
      // not.
      end(c, n < 0       ? std::strerror(errno)
             : c.is_open ? ""
                         : "the peer closed during the handshake");
      return false;
    }
    const auto len = static_cast<size_t>(n);
    if (!(c.tls ? feed(c, buffer.data(), len) : deliver(c, buffer.data(), len))) return false;
  }
  return true;
}

bool SipHost::feed(Connection& c, const uint8_t* data, size_t len) {
  while (len != 0) {
    size_t taken = 0;
    const int32_t rc = voxlock_tls_feed(c.tls.get(), data, len, &taken, now_ns());
    if (rc != VOXLOCK_OK) {
      // The alert that tells the peer why is still to be sent.
      (void)flush(c);
      end(c, rc == VOXLOCK_ERR_TLS_CLOSED ? "" : voxlock_strerror(rc));
      return false;
    }
    if (!note_open(c) || !flush(c) || !read_plain(c)) return false;
    if (taken == 0) {
      end(c, "TLS does not go on");
      return false;
    }
    data += taken;
    len -= taken;
  }
  return true;
}

bool SipHost::note_open(Connection& c) {
  if (c.is_open) return true;
  if (c.tls) {
    auto info = make_result<voxlock_tls_info>();
    check(voxlock_tls_get_info(c.tls.get(), &info), "TLS");
    if (info.state != VOXLOCK_TLS_OPEN) return true;
    const std::string peer = c.is_client ? c.info.peer : info.peer_subject;
    c.info = {info.version, info.cipher, static_cast<double>(now_ns() - c.started_ns) / 1e6, true,
              info.is_peer_verified != 0};
    c.info.peer = peer;
  }
  c.is_open = true;
  c.deadline_ns = c.is_client ? UINT64_MAX : now_ns() + kFirstMessageTimeoutNs;
  const int32_t rc = c.is_client
                         ? voxlock_ua_connected(ua_.get(), c.id, now_ns())
                         : voxlock_ua_accept(ua_.get(), c.tls ? VOXLOCK_UA_TLS : VOXLOCK_UA_TCP,
                                             c.ip.data(), c.ip.size(), c.port, &c.id, now_ns());
  if (rc != VOXLOCK_OK) end(c, voxlock_strerror(rc));
  return rc == VOXLOCK_OK;
}

bool SipHost::read_plain(Connection& c) {
  std::array<uint8_t, kChunk> buffer;
  for (;;) {
    size_t len = buffer.size();
    const int32_t rc = voxlock_tls_read(c.tls.get(), buffer.data(), &len);
    if (rc != VOXLOCK_OK) {
      end(c, rc == VOXLOCK_ERR_TLS_CLOSED ? "" : voxlock_strerror(rc));
      return false;
    }
    if (len == 0) return true;
    if (!deliver(c, buffer.data(), len)) return false;
  }
}

bool SipHost::deliver(Connection& c, const uint8_t* data, size_t len) {
  bool has_pumped = false;
  while (len != 0) {
    size_t taken = 0;
    const int32_t rc = voxlock_ua_input(ua_.get(), c.id, data, len, &taken, now_ns());
    if (rc != VOXLOCK_OK || (taken == 0 && has_pumped)) {
      end(c, rc != VOXLOCK_OK ? voxlock_strerror(rc) : "the user agent takes no more");
      return false;
    }
    data += taken;
    len -= taken;
    has_pumped = taken == 0;
    if (len != 0) pump();
    if (c.is_dead) return false;
  }
  return true;
}

bool SipHost::encrypt(Connection& c) {
  if (!c.tls) {
    c.wire.insert(c.wire.end(), c.plain.begin(), c.plain.end());
    c.plain.clear();
    return true;
  }
  for (;;) {
    size_t accepted = 0;
    if (c.is_open && !c.plain.empty()) {
      const int32_t rc = voxlock_tls_write(c.tls.get(), c.plain.data(), c.plain.size(), &accepted);
      if (rc != VOXLOCK_OK) return false;
      c.plain.erase(c.plain.begin(), c.plain.begin() + static_cast<std::ptrdiff_t>(accepted));
    }
    const size_t before = c.wire.size();
    size_t len = kChunk;
    c.wire.resize(before + len);
    check(voxlock_tls_take(c.tls.get(), c.wire.data() + before, &len), "TLS");
    c.wire.resize(before + len);
    if (accepted == 0 && len == 0) return true;
  }
}

bool SipHost::flush(Connection& c) {
  if (c.is_dead || c.is_connecting) return !c.is_dead;
  if (!encrypt(c)) {
    end(c, "cannot encrypt");
    return false;
  }
  size_t sent = 0;
  while (sent < c.wire.size()) {
    const ssize_t n =
        ::send(c.fd.get(), c.wire.data() + sent, c.wire.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      end(c, std::strerror(errno));
      return false;
    }
  }
  c.wire.erase(c.wire.begin(), c.wire.begin() + static_cast<std::ptrdiff_t>(sent));
  if (c.wire.size() + c.plain.size() > kMaxQueued) {
    end(c, "the peer does not read");
    return false;
  }
  const uint32_t interest = EPOLLIN | (c.wire.empty() ? 0u : static_cast<uint32_t>(EPOLLOUT));
  if (interest != c.interest) loop_.modify(c.fd.get(), interest);
  c.interest = interest;
  if (c.is_closing && c.wire.empty()) {
    if (c.tls && voxlock_tls_close(c.tls.get()) == VOXLOCK_OK && encrypt(c) && !c.wire.empty()) {
      (void)::send(c.fd.get(), c.wire.data(), c.wire.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    end(c, "");
    return false;
  }
  return true;
}

void SipHost::pump() {
  if (is_pumping_) return;
  is_pumping_ = true;
  std::array<voxlock_ua_event, 32> events;
  for (size_t count = 1; count != 0;) {
    size_t len = arena_.size();
    const int32_t rc = voxlock_ua_poll(ua_.get(), events.data(), events.size(), &count,
                                       arena_.data(), &len, now_ns());
    if (rc == VOXLOCK_ERR_BUFFER_TOO_SMALL) {
      arena_.resize(len);
      count = 1;
      continue;
    }
    check(rc, "user agent");
    for (size_t i = 0; i < count; ++i) dispatch(events[i]);
  }
  is_pumping_ = false;
}

void SipHost::dispatch(const voxlock_ua_event& event) {
  const auto text = [&](uint32_t offset, uint32_t len) {
    return std::string_view(reinterpret_cast<const char*>(arena_.data()) + offset, len);
  };
  if (event.type == VOXLOCK_UA_EV_CONNECT) {
    open(event.connection, std::string(text(event.data_offset, event.data_len)),
         static_cast<uint16_t>(event.port), event.transport == VOXLOCK_UA_TLS);
    return;
  }
  if (event.type != VOXLOCK_UA_EV_TRANSMIT && event.type != VOXLOCK_UA_EV_CLOSE) {
    handler_({event, text(event.data_offset, event.data_len), text(event.sdp_offset, event.sdp_len),
              text(event.reason_offset, event.reason_len),
              text(event.warning_offset, event.warning_len)});
    return;
  }
  Connection* c = find(event.connection);
  if (c == nullptr) return;
  if (event.type == VOXLOCK_UA_EV_CLOSE) {
    c->is_closing = true;
    c->deadline_ns = now_ns() + kCloseTimeoutNs;
  } else {
    const auto bytes = text(event.data_offset, event.data_len);
    if (c->is_open && !c->is_closing) c->deadline_ns = UINT64_MAX;
    c->is_proven = true;
    c->plain.insert(c->plain.end(), bytes.begin(), bytes.end());
  }
  (void)flush(*c);
}

void SipHost::reap() {
  const uint64_t now = now_ns();
  for (auto& [fd, c] : connections_) {
    if (c->is_dead || c->deadline_ns > now) continue;
    end(*c, c->is_closing      ? "the peer does not read"
            : c->is_connecting ? "no answer"
            : c->is_open       ? "no message came"
                               : "the handshake took too long");
  }
  std::erase_if(connections_, [](const auto& entry) { return entry.second->is_dead; });
}

void SipHost::advance() {
  const uint64_t now = now_ns();
  if (now >= wall_time_due_ns_) {
    (void)voxlock_context_set_wall_time(ctx_, wall_ns(), now);
    wall_time_due_ns_ = now + kWallTimeEveryNs;
  }
  if (now >= accept_due_ns_) {
    accept_due_ns_ = UINT64_MAX;
    loop_.modify(listener_.get(), EPOLLIN);
  }
  pump();
  reap();
  pump();
}

uint64_t SipHost::next_deadline() const {
  uint64_t deadline =
      std::min({wall_time_due_ns_, accept_due_ns_, voxlock_ua_next_deadline(ua_.get())});
  for (const auto& [fd, c] : connections_) deadline = std::min(deadline, c->deadline_ns);
  return deadline;
}

}  // namespace example
