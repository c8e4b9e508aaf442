// HTTP requests by libcurl on the event loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/event_loop.h"

namespace example {

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https; a server's certificate and name are always verified
  std::string bearer;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::string authorities;  // PEM file; empty: the system's
  uint32_t timeout_ms = 30'000;
};

struct HttpResponse {
  long status = 0;  // 0: no answer came, see error
  std::string error;
  std::string host;      // who answered, behind redirections
  std::string location;  // absolute
  std::string etag;
  std::string body;  // at most 64 KiB; longer ones are an error
};

// RFC 6454: scheme, host and port are the same. False for what is no URL.
bool is_same_origin(const std::string& a, const std::string& b);
// "sfu.example.net" of "https://user@sfu.example.net:8443/whip", "[::1]" of an IPv6 address; empty
// for what is no URL.
std::string host_of(const std::string& url);

class HttpClient {
 public:
  using Handler = std::function<void(const HttpResponse&)>;

  explicit HttpClient(EventLoop& loop);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The handler is called from advance(), once. Redirections are followed, but never from https to
  // http, and no other host is shown the bearer's token.
  uint64_t send(const HttpRequest& request, Handler handler);
  // The handler is not called any more.
  void cancel(uint64_t id);
  [[nodiscard]] bool is_idle() const;

  void advance();
  [[nodiscard]] uint64_t next_deadline() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace example
