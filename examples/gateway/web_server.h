// A small HTTP server in the loop of the process (libmicrohttpd, no thread of its own), for one
// page and what it asks. Bodies, headers, connections and idle time are bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/event_loop.h"

struct MHD_Daemon;

namespace example {

struct WebRequest {
  std::string method;
  std::string path;          // as it came, without the query
  std::string content_type;  // empty: none
  std::string body;
};

struct WebResponse {
  unsigned status = 404;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string location;  // empty: none
};

class WebServer {
 public:
  using Handler = std::function<WebResponse(const WebRequest&)>;

  // On IPv4 loopback; port 0: the system chooses. Throws std::runtime_error where it is taken.
  WebServer(EventLoop& loop, uint16_t port, Handler handler);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  // Does what is due; call it before each wait.
  void advance();
  [[nodiscard]] uint64_t next_deadline() const { return due_ns_; }

 private:
  struct Access;
  struct Stop {
    void operator()(MHD_Daemon* daemon) const;
  };

  void run();

  EventLoop& loop_;
  Handler handler_;
  std::unique_ptr<MHD_Daemon, Stop> daemon_;
  int epoll_ = -1;  // of the daemon
  uint16_t port_ = 0;
  uint64_t due_ns_ = UINT64_MAX;
};

}  // namespace example
