// The host's side of a SIP user agent: listening and connecting TCP sockets, TLS on top of them,
// and the events of voxlock_ua. One of these is the signalling of a whole process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/event_loop.h"
#include "common/sockets.h"
#include "common/voxlock.h"

namespace example {

struct SipHostConfig {
  std::string ip = "127.0.0.1";  // own address, of sockets and of Contact
  bool listens = false;
  uint16_t port = 0;             // to listen on; 0: the system chooses
  bool is_tls = true;            // false: plain TCP, for tests on a closed network
  std::string certificate;       // PEM file; a client may have none
  std::string key;               // PEM file
  std::string authorities;       // PEM file; a client needs it
  std::string user = "voxlock";  // of Contact and From
  std::string headers;           // further ones of our INVITEs, each ended by CR LF
};

// What the handshake of a connection agreed on.
struct SecurityInfo {
  std::string version = "none";  // "TLS 1.2"
  std::string cipher = "none";
  double handshake_ms = 0;
  bool is_tls = false;
  bool is_peer_verified = false;
  std::string peer = {};  // whom the handshake verified: the host dialled, or a client's subject
};

// An event of a call with its texts, valid until the handler returns.
struct SipEvent {
  const voxlock_ua_event& event;
  std::string_view data;  // of INCOMING, ANSWERED ...: the message
  std::string_view sdp;
  std::string_view reason;
  std::string_view warning;
};

class SipHost {
 public:
  using Handler = std::function<void(const SipEvent&)>;

  // Throws std::runtime_error where the port is taken or a file cannot be read.
  SipHost(EventLoop& loop, voxlock_context* ctx, SipHostConfig config, Handler handler);
  ~SipHost();
  SipHost(const SipHost&) = delete;
  SipHost& operator=(const SipHost&) = delete;

  // Commands of calls are given to the user agent itself; their effects leave with the next
  // advance().
  [[nodiscard]] voxlock_ua* ua() const { return ua_.get(); }
  // Starts a call; gives its id, or 0 and the status.
  uint64_t invite(const std::string& to, const std::string& sdp, int32_t& status);
  // Refuses an offer with what a leg's verdict says.
  void reject(uint64_t call, const voxlock_verdict& verdict);
  // Answers a challenge of any realm with these.
  void set_credentials(const std::string& realm, const std::string& user,
                       const std::string& password);

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] SecurityInfo security(uint64_t connection) const;
  // How the SDP of a connection travels, a VOXLOCK_SIGNALLING_*; 0: of a connection that is still
  // to be made.
  [[nodiscard]] int32_t signalling(uint64_t connection) const;
  // True once every byte of signalling has left and every BYE is answered.
  [[nodiscard]] bool is_quiet() const;

  // Reads certificates anew for connections to come; those that stand keep theirs. On failure the
  // old ones stay and the reason goes to standard error.
  void reload();

  // Does what is due; call it before each wait.
  void advance();
  [[nodiscard]] uint64_t next_deadline() const;

 private:
  struct Connection;
  using TlsSettings = Handle<voxlock_tls_settings, voxlock_tls_settings_free>;

  TlsSettings make_settings(int32_t role) const;
  void load_settings();
  void accept_all();
  void accept_one(Fd fd, const SocketAddress& address);
  void pause_accepting(const std::string& why);
  void make_room();
  Connection* add(Fd fd, bool is_client, const std::string& peer_name,
                  const std::string& expected_host);
  void open(uint64_t id, const std::string& host, uint16_t port, bool is_tls);
  void on_ready(int fd, uint32_t epoll_events);
  bool read_socket(Connection& c);
  bool feed(Connection& c, const uint8_t* data, size_t len);
  bool read_plain(Connection& c);
  bool deliver(Connection& c, const uint8_t* data, size_t len);
  bool handle(Connection& c, uint32_t epoll_events);
  void reap();
  bool note_open(Connection& c);
  bool flush(Connection& c);
  bool encrypt(Connection& c);
  void end(Connection& c, const std::string& why);
  void pump();
  void dispatch(const voxlock_ua_event& event);
  [[nodiscard]] Connection* find(uint64_t id) const;

  EventLoop& loop_;
  voxlock_context* ctx_;
  SipHostConfig config_;
  Handler handler_;
  Fd listener_;
  uint16_t port_ = 0;
  TlsSettings server_settings_;
  TlsSettings client_settings_;
  Handle<voxlock_ua, voxlock_ua_free> ua_;
  std::vector<uint8_t> arena_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;  // by descriptor
  uint64_t wall_time_due_ns_ = 0;
  uint64_t accept_due_ns_ = UINT64_MAX;
  bool is_pumping_ = false;
};

// A context that knows the wall time.
ContextHandle make_context();

}  // namespace example
